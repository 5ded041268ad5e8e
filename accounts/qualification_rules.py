"""Whether a prospect 潜在客户 is worth pursuing: Need, Money, Authority (MAN 法则) and what the law
or our own rules forbid. Pure functions, no Django. Source: docs/policies/qualification.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

YES, NO, UNKNOWN = "yes", "no", ""
QUESTIONS = ("need", "money", "authority")
# What must be in order before we deal with a company at all.
LEGAL_POINTS = ("licence", "enforcement", "sanctions", "permits", "conflict")
ENOUGH = 2  # of the three questions


class Advice(StrEnum):
    """What the answers say."""

    INCOMPLETE = "incomplete"  # something is not known yet
    BARRED = "barred"  # the law, or our own rules, forbid it
    ACCEPT = "accept"  # need, money and authority
    CONDITIONAL = "conditional"  # one of the three is missing: worth an effort
    CULTIVATE = "cultivate"  # two are missing: keep in touch, do not invest yet
    STOP = "stop"  # none: not a customer


@dataclass(frozen=True)
class Screening:
    """What the answers come to. missing: the questions answered with no; open: not answered yet."""

    advice: Advice
    missing: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def may_accept(self) -> bool:
        """Whether the prospect can become a customer: never against a legal bar, nor while
        something is unknown or more than one of the three is missing."""
        return self.advice in (Advice.ACCEPT, Advice.CONDITIONAL)


def screen(answers: Mapping[str, str], legal: Mapping[str, str]) -> Screening:
    """What the answers to the three questions and to the legal points come to.

    A legal point answered with no decides alone; then everything must be known; then it counts
    how many of need, money and authority there are. What is not in a mapping is not known.
    """
    barred = tuple(point for point in LEGAL_POINTS if legal.get(point) == NO)
    if barred:
        return Screening(Advice.BARRED, missing=barred)
    unknown = [name for name in QUESTIONS if answers.get(name, UNKNOWN) == UNKNOWN]
    unknown += [point for point in LEGAL_POINTS if legal.get(point, UNKNOWN) == UNKNOWN]
    missing = tuple(name for name in QUESTIONS if answers.get(name) == NO)
    if unknown:
        return Screening(Advice.INCOMPLETE, missing=missing, open=tuple(unknown))
    there = len(QUESTIONS) - len(missing)
    advice = {3: Advice.ACCEPT, ENOUGH: Advice.CONDITIONAL, 1: Advice.CULTIVATE}
    return Screening(advice.get(there, Advice.STOP), missing=missing)
