"""The rules cite numbered sections of the policy document: they must be there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEADINGS = set(
    re.findall(r"(?m)^#+ (\d+(?:\.\d+)?)\.? ", (ROOT / "docs/policies/credit.md").read_text())
)
MODULES = [*(ROOT / "credit/rules").glob("[a-z]*.py"), ROOT / "kam/core/scorecards.py"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_section_that_a_rule_cites_exists(module):
    cited = set(re.findall(r"[Ss]ections? (\d+(?:\.\d+)?)", module.read_text()))

    assert cited <= HEADINGS
    assert cited or module.stem == "months"
