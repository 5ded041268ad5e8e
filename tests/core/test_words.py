"""The signs between words are those of the reader's language."""

import pytest
from django.template import engines
from django.utils import translation

from kam.core.words import labelled, listed


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Status: open · a, b"), ("zh-hans", "Status：open · a、b")]
)
def test_labels_and_lists_are_written_as_in_the_language_of_the_reader(language, said):
    page = engines["django"].from_string(
        '{% load words %}Status{% colon %}open · {{ "ab"|make_list|listed }}'
    )

    with translation.override(language):
        shown = page.render({})
        spoken = f"{labelled('Status', 'open')} · {listed('ab')}"

    assert (shown, spoken) == (said, said)
