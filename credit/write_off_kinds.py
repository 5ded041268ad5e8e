"""What of collections needs signatures: write-offs and their reversal.

Shipped routes (docs/policies/credit.md section 10.5): below 10,000 another person of finance or a
general manager; below 100,000 a general manager; from 100,000 on legal, then the general manager.
"""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from credit.models import WriteOff
from credit.services import write_offs

SMALL, LARGE = Decimal(10_000), Decimal(100_000)
LABELS = {
    "account": _("account"),
    "invoice": _("invoice"),
    "due_on": _("due on"),
    "invoice_amount": _("amount of the invoice"),
    "open_amount": _("open amount"),
    "amount": _("written off"),
}
ROUTE = (
    rules.Band(until=SMALL, stages=(rules.any_of("finance", "deputy_gm", "gm"),)),
    rules.Band(since=SMALL, until=LARGE, stages=(rules.any_of("deputy_gm", "gm"),)),
    rules.Band(since=LARGE, stages=(rules.one("legal"), rules.one("gm"))),
)


def register_own() -> None:
    """The kinds of this part; called when the app is ready."""
    kinds.register(
        kinds.Kind(
            key=write_offs.WRITE_OFF,
            label=_("Write-off"),
            subject_url=_url,
            snapshot=write_offs.snapshot,
            on_approved=write_offs.approve,
            on_closed=write_offs.reject,
            default_route=ROUTE,
            labels=LABELS,
        )
    )
    kinds.register(
        kinds.Kind(
            key=write_offs.REVERSAL,
            label=_("Reversal of a write-off"),
            subject_url=_url,
            snapshot=write_offs.snapshot,
            on_approved=write_offs.reverse,
            on_closed=write_offs.keep,
            default_route=ROUTE,
            labels=LABELS,
        )
    )


def _url(request: Request) -> str:
    return WriteOff(pk=request.object_id).get_absolute_url()
