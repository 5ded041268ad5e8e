"""What of supervision needs signatures: the budget and the ceiling on receivables."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from credit.models import CreditBudget
from credit.services import supervision
from credit.supervision_words import ACTIONS
from kam.core import audit_words


def register_own() -> None:
    """The kinds and words of this part; called when the app is ready."""
    audit_words.register(ACTIONS)
    kinds.register(
        kinds.Kind(
            key=supervision.BUDGET,
            label=_("Credit-sales budget"),
            subject_url=_budget_url,
            snapshot=supervision.snapshot_budget,
            on_approved=supervision.approve,
            on_closed=supervision.reject,
            default_route=rules.route(rules.one("deputy_gm"), rules.one("gm")),
            labels={
                "year": _("year"),
                "regions_and_managers": _("of regions and managers"),
            },
        )
    )
    kinds.register(
        kinds.Kind(
            key=supervision.CEILING,
            label=_("Ceiling on receivables"),
            subject_url=lambda request: reverse("credit:ceiling"),
            snapshot=supervision.snapshot_ceiling,
            on_approved=supervision.approve,
            on_closed=supervision.reject,
            default_route=rules.route(rules.one("deputy_gm"), rules.one("gm")),
            labels={"amount": _("ceiling"), "effective_from": _("effective from")},
        )
    )


def _budget_url(request: Request) -> str:
    return CreditBudget(pk=request.object_id).get_absolute_url()
