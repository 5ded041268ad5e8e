"""The first signature that the archive asks for: more exports than a month's quota."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import export_kinds
from accounts.services import exporting, exports
from approvals import kinds, rules
from approvals.models import Request

ACCOUNTS = export_kinds.Kind(
    key=exports.KIND,
    label=_("Accounts"),
    permission="accounts.export_account",
    rows_a_month=2_000,
)


def register_own() -> None:
    """Called when the app is ready."""
    export_kinds.register(ACCOUNTS)
    kinds.register(
        kinds.Kind(
            key=exporting.ALLOWANCE,
            label=_("Additional exports"),
            subject_url=_url,
            snapshot=exporting.snapshot,
            on_approved=exporting.approve,
            on_closed=exporting.reject,
            default_route=rules.route(rules.any_of("ka_director", "deputy_gm", "gm")),
            expires_days=7,
            labels={
                "user": _("exported by"),
                "kind": _("kind"),
                "month": _("month"),
                "rows": _("additional rows"),
                "in_clear": _("with contact details of customers not served"),
            },
        )
    )


def _url(request: Request) -> str:
    return reverse("accounts:exports")
