from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.forms import DecisionForm
from approvals.models import Request
from approvals.queries import desk_of, is_returned
from kam.core.charts import percent
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown
from tiering import queries, services
from tiering.forms import PolicyForm
from tiering.models import TierPolicy
from tiering.services.policies import POLICY_KIND

POLICY_MAKERS = ("tiering.propose_policy", "tiering.approve_policy")
COMPARED = [name for name in PolicyForm.Meta.fields if name != "note"]


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def policies(request: StaffRequest) -> HttpResponse:
    """Every version of the policy and which one is in force."""
    context = {
        "policies": TierPolicy.objects.select_related("proposed_by", "decided_by"),
        "in_force": TierPolicy.objects.in_force(timezone.localdate()).first(),
    }
    return render(request, "tiering/policies.html", context)


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def policy(request: StaffRequest, version: int) -> HttpResponse:
    """One version beside the one in force, and what may be done with it."""
    policy = _get(version)
    in_force = TierPolicy.objects.in_force(timezone.localdate()).first()
    asked = Request.objects.of(policy, POLICY_KIND).first()
    context = {
        "policy": policy,
        "in_force": in_force,
        "terms": _terms(policy, in_force),
        "asked": asked,
        "desk": desk_of(asked, request.user) if asked else None,
        "form": DecisionForm(),
        "may_preview": _may_preview(request, policy),
    }
    return render(request, "tiering/policy.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("tiering.propose_policy", raise_exception=True)
def create(request: StaffRequest) -> HttpResponse:
    """Draft a new version, beginning with the terms in force."""
    in_force = TierPolicy.objects.in_force(timezone.localdate()).first() or TierPolicy()
    form = PolicyForm(request.POST or None, initial=PolicyForm.from_policy(in_force))
    return _save(request, form, lambda **terms: services.draft_policy(**terms))


@require_http_methods(["GET", "POST"])
@permission_required("tiering.propose_policy", raise_exception=True)
def edit(request: StaffRequest, version: int) -> HttpResponse:
    """Change a draft, or a proposal that was sent back."""
    policy = _get(version)
    form = PolicyForm(request.POST or None, instance=policy)
    return _save(request, form, lambda **terms: services.edit_policy(policy.pk, **terms), policy)


@require_POST
@permission_required("tiering.propose_policy", raise_exception=True)
def propose(request: StaffRequest, version: int) -> HttpResponse:
    """Ask for the signatures that put a draft in force."""
    policy = _get(version)
    with refusals_shown(request):
        services.propose_policy(policy.pk, actor=request.user)
        messages.success(request, _("The policy awaits signatures."))
    return redirect(policy)


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def preview(request: StaffRequest, version: int) -> HttpResponse:
    """Who would move if this version were in force already; writes nothing.

    For those who propose policies and for those who sign or watch the request.
    """
    policy = _get(version)
    if not _may_preview(request, policy):
        raise PermissionDenied
    as_of = queries.default_as_of()
    context = {
        "policy": policy,
        "as_of": as_of,
        "effects": queries.preview_policy(policy.terms(), as_of),
    }
    template = "tiering/policy_preview.html"
    return render(request, f"{template}#effects" if request.htmx else template, context)


def _get(version: int) -> TierPolicy:
    policies = TierPolicy.objects.select_related("proposed_by", "decided_by")
    return get_object_or_404(policies, version=version)


def _may_preview(request: StaffRequest, policy: TierPolicy) -> bool:
    if any(map(request.user.has_perm, POLICY_MAKERS)):
        return True
    return Request.objects.visible_to(request.user).of(policy, POLICY_KIND).exists()


def _save(
    request: StaffRequest,
    form: PolicyForm,
    write: Callable[..., TierPolicy],
    policy: TierPolicy | None = None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():  # a refused proposal leaves no draft behind
                saved = write(actor=request.user, **form.cleaned_data)
                if "propose" in request.POST:
                    services.propose_policy(saved.pk, actor=request.user)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            return redirect(saved)
    returned = policy is not None and is_returned(policy, POLICY_KIND)
    context = {"form": form, "policy": policy, "returned": returned}
    status = 422 if form.errors else 200
    return render(request, "tiering/policy_form.html", context, status=status)


def _terms(policy: TierPolicy, other: TierPolicy | None) -> list[dict[str, Any]]:
    """Each term with its value here and in the policy in force, for the page's table."""
    return [
        {
            "label": PolicyForm.base_fields[name].label,
            "value": _shown(policy, name),
            "other": _shown(other, name) if other else "",
            "differs": other is not None and _shown(policy, name) != _shown(other, name),
        }
        for name in COMPARED
    ]


def _shown(policy: TierPolicy, name: str) -> Any:
    value = getattr(policy, name)
    if name == "rfm_method":
        return policy.get_rfm_method_display()
    if name.endswith("_cuts"):
        return " / ".join(number_format(cut, force_grouping=True) for cut in value) or "–"
    return percent(value) if name.endswith("_share") else value
