"""What the questions, the legal points and the advice of a qualification are called."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import timeline
from accounts.qualification_rules import Advice, Screening
from kam.core import audit_words
from kam.core.audit_words import Words
from kam.core.words import labelled, listed

NAMES: Words = {
    "need": gettext_lazy("Need"),
    "money": gettext_lazy("Money"),
    "authority": gettext_lazy("Authority"),
    "licence": gettext_lazy("The business licence is valid and covers this business"),
    "enforcement": gettext_lazy("Not on the list of persons who evade court judgments"),
    "sanctions": gettext_lazy("Not under sanctions or export control"),
    "permits": gettext_lazy("Has the permits that our goods need"),
    "conflict": gettext_lazy("No conflict with our own contracts, territories or people"),
}
HINTS: Words = {
    "need": gettext_lazy("Do they need what we make: which products, how much, from when?"),
    "money": gettext_lazy("Can they pay for it: turnover, credit rating, payment record?"),
    "authority": gettext_lazy("Do we speak with somebody who decides, or know who does?"),
}
ADVICE: Words = {
    Advice.INCOMPLETE: gettext_lazy("Not everything is known yet"),
    Advice.BARRED: gettext_lazy("Do not deal with this company; it does not fulfil"),
    Advice.ACCEPT: gettext_lazy("Make it a customer"),
    Advice.CONDITIONAL: gettext_lazy("Worth an effort: one thing is missing"),
    Advice.CULTIVATE: gettext_lazy("Keep in touch, do not invest yet: two things are missing"),
    Advice.STOP: gettext_lazy("Do not pursue: need, money and authority are all missing"),
}
NAMED = 3  # at most so many things are named, else counted
ACTIONS: Words = {
    "accounts.prospect_opened": gettext_lazy("Prospect opened"),
    "accounts.prospect_assessed": gettext_lazy("Prospect assessed"),
    "accounts.prospect_accepted": gettext_lazy("Prospect became a customer"),
    "accounts.prospect_rejected": gettext_lazy("Prospect not pursued"),
}
FIELDS: Words = {
    "need": gettext_lazy("Need"),
    "need_note": gettext_lazy("Need, in words"),
    "money": gettext_lazy("Money"),
    "money_note": gettext_lazy("Money, in words"),
    "authority": gettext_lazy("Authority"),
    "authority_note": gettext_lazy("Authority, in words"),
    "legal": gettext_lazy("Restrictions"),
    "legal_note": gettext_lazy("Restrictions, in words"),
}


def advice(screening: Screening) -> str:
    """The advice in words, with what is missing or not known."""
    codes = screening.open or screening.missing
    names = listed(NAMES[code] for code in codes)
    if len(codes) > NAMED:
        names = _("%(count)d answers are missing") % {"count": len(codes)}
    text = str(ADVICE[screening.advice])
    return labelled(text, names) if names else text


def _decided(text: str) -> timeline.Say:
    def say(data: Mapping[str, Any]) -> str:
        return _(text) % {"reasons": data.get("reasons", "")}

    return say


def register_own() -> None:
    """What happens to prospects; called when the app is ready."""
    timeline.register(
        "accounts.prospect_opened",
        icon="filter",
        say=lambda data: _("Prospect: need, money, authority and restrictions to be clarified"),
    )
    timeline.register(
        "accounts.prospect_accepted",
        icon="circle-check",
        say=_decided(gettext_noop("The prospect became a customer: %(reasons)s")),
    )
    timeline.register(
        "accounts.prospect_rejected",
        icon="circle-x",
        say=_decided(gettext_noop("The prospect is not pursued: %(reasons)s")),
    )
    audit_words.register(ACTIONS, FIELDS)
