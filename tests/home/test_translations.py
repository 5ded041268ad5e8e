"""Chinese is what people read first: nothing may be missing, doubtful or lost in translation."""

import re
from pathlib import Path

import polib
import pytest

CATALOG = Path(__file__).resolve().parents[2] / "locale/zh_Hans/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]")


@pytest.fixture(scope="module")
def catalog():
    return polib.pofile(str(CATALOG))


def test_every_string_is_translated(catalog):
    assert [entry.msgid for entry in catalog.untranslated_entries()] == []


def test_no_translation_is_a_guess(catalog):
    assert [entry.msgid for entry in catalog.fuzzy_entries()] == []


def test_translations_keep_the_placeholders(catalog):
    wrong = [
        entry.msgid
        for entry in catalog.translated_entries()
        for text in [entry.msgstr or entry.msgstr_plural[0]]
        if set(PLACEHOLDER.findall(text))
        - set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    ]
    assert wrong == []
