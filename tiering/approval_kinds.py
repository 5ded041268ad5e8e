"""What approvals sign here: tier policies, designations and service standards."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from approvals import kinds, rules
from approvals.models import Request
from tiering.models import ServiceStandard, TierPolicy
from tiering.services import designations, policies, standards


def register_own() -> None:
    """Make the kinds known; called when the app is ready."""
    kinds.register(
        kinds.Kind(
            key=policies.POLICY_KIND,
            label=_("Tier policy"),
            subject_url=lambda request: _policy_url("tiering:policy", request),
            what_if_url=lambda request: _policy_url("tiering:policy_preview", request),
            snapshot=policies.snapshot_policy,
            on_approved=policies.approve_policy,
            on_closed=policies.close_policy,
            default_route=rules.route(rules.any_of("deputy_gm", "gm")),
            labels={name: _label(name) for name in ("version", *policies.TERMS)},
            words={"rfm_method": dict(TierPolicy.Method.choices)},
        )
    )
    kinds.register(
        kinds.Kind(
            key=designations.DESIGNATION_KIND,
            label=_("Designation"),
            subject_url=_designation_url,
            snapshot=designations.snapshot_designation,
            on_approved=designations.approve_designation,
            on_closed=designations.close_designation,
            default_route=rules.route(rules.any_of("ka_director", "deputy_gm", "gm")),
            labels={
                "account": _("account"),
                "tier": _("tier"),
                "effective_from": _("effective from"),
                "expires_on": _("expires on"),
            },
            words={"tier": dict(Tier.choices)},
        )
    )
    _register_standards()


def _register_standards() -> None:
    kinds.register(
        kinds.Kind(
            key=standards.STANDARD_KIND,
            label=_("Service standard"),
            subject_url=_standard_url,
            snapshot=standards.snapshot_standard,
            on_approved=standards.approve_standard,
            on_closed=standards.close_standard,
            default_route=rules.route(rules.any_of("deputy_gm", "gm")),
            labels={
                "version": _("version"),
                "effective_from": _("effective from"),
                "changes": _("what changes"),
            },
        )
    )


def _standard_url(request: Request) -> str:
    return ServiceStandard.objects.get(pk=request.object_id).get_absolute_url()


def _label(name: str) -> str:
    return TierPolicy._meta.get_field(name).verbose_name  # type: ignore[union-attr,return-value]


def _policy_url(name: str, request: Request) -> str:
    policy = TierPolicy.objects.get(pk=request.object_id)
    return reverse(name, args=[policy.version])


def _designation_url(request: Request) -> str:
    return reverse("tiering:designation", args=[request.object_id])
