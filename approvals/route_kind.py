"""Routes are themselves approved by the mechanism they govern."""

from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from approvals.services import routes


def register_own() -> None:
    kinds.register(
        kinds.Kind(
            key=routes.ROUTE_KIND,
            label=_("Approval route"),
            subject_url=_url,
            snapshot=routes.snapshot_route,
            on_approved=routes.approve_route,
            on_closed=routes.reject_route,
            default_route=rules.route(rules.any_of("deputy_gm", "gm")),
            labels={
                "kind": _("kind"),
                "effective_from": _("effective from"),
                "bands": _("who signs"),
            },
        )
    )


def _url(request: Request) -> str:
    return routes.Route.objects.get(pk=request.object_id).get_absolute_url()
