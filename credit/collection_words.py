"""What collections say on an account's timeline and in the audit trail."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import timeline
from credit.models import CollectionAction, CollectionCase, Dispute, LegalCase
from kam.core import audit_words
from kam.core.charts import money
from kam.core.words import labelled

# What the codes in an event's data are called.
_NAMES: dict[str, dict[str, Any]] = {
    "kind": dict(CollectionAction.Kind.choices),
    "outcome": {**dict(CollectionAction.Outcome.choices), **dict(Dispute.Outcome.choices)},
    "cause": {
        **dict(CollectionCase.Cause.choices),
        **dict(CollectionCase.CloseReason.choices),
        **dict(Dispute.Reason.choices),
    },
    "status": dict(LegalCase.Status.choices),
}


class _Values(dict[str, str]):
    """What is missing reads as nothing: old events may lack what new ones have."""

    def __missing__(self, key: str) -> str:
        return ""


def _say(text: str) -> timeline.Say:
    def say(data: Mapping[str, Any]) -> str:
        values = _Values({name: _word(name, value) for name, value in data.items()})
        words = (_(text) % values).strip()
        more = values["note"] or values["reason"]
        return labelled(words, more) if more else words

    return say


def _word(name: str, value: Any) -> str:
    if name == "amount":
        try:
            return money(Decimal(value))
        except InvalidOperation:
            return str(value)
    return str(_NAMES.get(name, {}).get(value, value))


KINDS: dict[str, tuple[str, str]] = {
    "case_opened": ("cash", gettext_noop("Collection case opened (%(cause)s)")),
    "case_planned": ("users", gettext_noop("Collection plan: %(owner)s %(plan)s")),
    "case_put_off": ("clock", gettext_noop("Next collection step put off until %(until)s")),
    "case_closed": ("circle-check", gettext_noop("Collection case closed (%(cause)s)")),
    "collection_step_taken": ("phone", gettext_noop("%(kind)s on %(done_on)s %(outcome)s")),
    "promise_made": ("calendar", gettext_noop("Promised to pay %(amount)s by %(pay_by)s")),
    "promise_kept": (
        "circle-check",
        gettext_noop("Promise kept: %(amount)s by %(pay_by)s"),
    ),
    "promise_broken": (
        "alert-triangle",
        gettext_noop("Promise broken: %(amount)s by %(pay_by)s"),
    ),
    "promise_withdrawn": (
        "circle-x",
        gettext_noop("Promise withdrawn: %(amount)s by %(pay_by)s"),
    ),
    "promise_open": (
        "calendar",
        gettext_noop("Promise open again: %(amount)s by %(pay_by)s"),
    ),
    "dispute_opened": (
        "alert-triangle",
        gettext_noop("Invoice %(invoice)s disputed for %(amount)s (%(cause)s)"),
    ),
    "dispute_settled": (
        "circle-check",
        gettext_noop("Dispute about invoice %(invoice)s settled (%(outcome)s)"),
    ),
    "write_off_proposed": (
        "trash",
        gettext_noop("Write-off of %(amount)s of invoice %(invoice)s proposed"),
    ),
    "write_off_approved": ("trash", gettext_noop("%(amount)s of invoice %(invoice)s written off")),
    "write_off_rejected": (
        "x",
        gettext_noop("Write-off of %(amount)s of invoice %(invoice)s not approved"),
    ),
    "write_off_reversal_proposed": (
        "refresh",
        gettext_noop("Reversal of the write-off of invoice %(invoice)s proposed"),
    ),
    "write_off_reversed": (
        "refresh",
        gettext_noop("Write-off of %(amount)s of invoice %(invoice)s reversed"),
    ),
    "legal_case_opened": ("scale", gettext_noop("Legal case over %(amount)s in preparation")),
    "legal_case_moved": ("scale", gettext_noop("Legal case %(number)s: %(status)s")),
}

ACTIONS: audit_words.Words = {
    "credit.case_opened": gettext_lazy("Collection case opened"),
    "credit.case_planned": gettext_lazy("Collection case planned"),
    "credit.case_put_off": gettext_lazy("Collection step put off"),
    "credit.case_closed": gettext_lazy("Collection case closed"),
    "credit.collection_step_taken": gettext_lazy("Collection step taken"),
    "credit.promise_made": gettext_lazy("Promise to pay recorded"),
    "credit.promise_kept": gettext_lazy("Promise to pay kept"),
    "credit.promise_broken": gettext_lazy("Promise to pay broken"),
    "credit.promise_withdrawn": gettext_lazy("Promise to pay withdrawn"),
    "credit.promise_open": gettext_lazy("Promise to pay open again"),
    "credit.dispute_opened": gettext_lazy("Dispute opened"),
    "credit.dispute_settled": gettext_lazy("Dispute settled"),
    "credit.write_off_proposed": gettext_lazy("Write-off proposed"),
    "credit.write_off_approved": gettext_lazy("Write-off approved"),
    "credit.write_off_rejected": gettext_lazy("Write-off not approved"),
    "credit.write_off_reversal_proposed": gettext_lazy("Reversal of a write-off proposed"),
    "credit.write_off_reversed": gettext_lazy("Write-off reversed"),
    "credit.legal_case_opened": gettext_lazy("Legal case opened"),
    "credit.legal_case_moved": gettext_lazy("Legal case moved on"),
}


def register_own() -> None:
    """The kinds of collections; called when the app is ready."""
    for noun_past, (icon, text) in KINDS.items():
        timeline.register(f"credit.{noun_past}", icon=icon, say=_say(text))
    audit_words.register(ACTIONS)
