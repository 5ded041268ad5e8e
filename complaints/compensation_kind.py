"""Compensations need signatures.

Shipped route (docs/policies/complaints.md section 7): below 5,000 the director or a general
manager; below 50,000 the director, then a general manager; from 50,000 on finance, then the
general manager.
"""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from complaints.models import Compensation
from complaints.services import compensations

SMALL, LARGE = Decimal(5_000), Decimal(50_000)
LABELS = {
    "account": _("account"),
    "complaint": _("complaint"),
    "compensation_kind": _("kind"),
    "amount": _("worth"),
    "promise": _("what is promised"),
    "due_on": _("due by"),
}
ROUTE = (
    rules.Band(until=SMALL, stages=(rules.any_of("ka_director", "deputy_gm", "gm"),)),
    rules.Band(
        since=SMALL, until=LARGE, stages=(rules.one("ka_director"), rules.any_of("deputy_gm", "gm"))
    ),
    rules.Band(since=LARGE, stages=(rules.one("finance"), rules.one("gm"))),
)


def register_own() -> None:
    """The kind of this app; called when it is ready."""
    kinds.register(
        kinds.Kind(
            key=compensations.COMPENSATION,
            label=_("Compensation"),
            subject_url=_url,
            snapshot=compensations.snapshot,
            on_approved=compensations.approve,
            on_closed=compensations.reject,
            default_route=ROUTE,
            labels=LABELS,
            words={"compensation_kind": dict(Compensation.Kind.choices)},
        )
    )


def _url(request: Request) -> str:
    rows = Compensation.objects.select_related("complaint")
    return rows.get(pk=request.object_id).get_absolute_url()
