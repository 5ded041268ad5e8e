"""Service standards 服务标准: what each tier is promised, what was not kept, new versions."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Request
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from tiering import rules, standard_words, standards
from tiering.forms_standards import StandardForm
from tiering.models import ServiceStandard
from tiering.queries.breaches import breaches
from tiering.services import standards as changes

BREACH_MONTHS = 12


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """The standard in force and what was not kept of it in the last twelve months."""
    today = timezone.localdate()
    in_force = ServiceStandard.objects.in_force(today).select_related("proposed_by").first()
    window = rules.window(today, BREACH_MONTHS)
    context = {
        "breaches": breaches(request.user, window.since, window.until),
        "window": window,
        **_shown(
            request, in_force or ServiceStandard(content=standards.content(standards.SHIPPED))
        ),
    }
    return render(request, "tiering/standards.html", context)


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def detail(request: StaffRequest, version: int) -> HttpResponse:
    """One version, what it changes of the one in force, and who signed it."""
    rows = ServiceStandard.objects.select_related("proposed_by")
    standard = get_object_or_404(rows, version=version)
    return render(request, "tiering/standard.html", _shown(request, standard))


def _shown(request: StaffRequest, standard: ServiceStandard) -> dict[str, object]:
    in_force = ServiceStandard.objects.in_force(timezone.localdate()).first()
    asked = Request.objects.of(standard, changes.STANDARD_KIND).first() if standard.pk else None
    seen = Request.objects.visible_to(request.user)
    promised = standards.read(standard.content)
    return {
        "standard": standard,
        "in_force": in_force,
        "tiers": standard_words.TIERS,
        "lines": standard_words.lines(promised),
        "rules": standard_words.rules(promised),
        "hours": standard_words.hours_in_words(promised),
        "changed": changes.differences(in_force, standard) if standard != in_force else [],
        "versions": ServiceStandard.objects.select_related("proposed_by"),
        "asked": asked,
        "may_open": asked is not None and seen.filter(pk=asked.pk).exists(),
        "signatures": asked.signatures.select_related("signer") if asked else [],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("tiering.propose_standard", raise_exception=True)
def propose(request: StaffRequest) -> HttpResponse:
    """Write a new version and put it before the general management."""
    in_force = ServiceStandard.objects.in_force(timezone.localdate()).first()
    standard = standards.read(in_force.content) if in_force else standards.SHIPPED
    form = StandardForm(request.POST or None, standard=standard)
    if request.method == "POST" and form.is_valid():
        try:
            proposed = changes.propose_standard(
                content=form.written(),
                effective_from=form.cleaned_data["effective_from"],
                note=form.cleaned_data["note"],
                actor=request.user,
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The standard awaits approval."))
            return redirect(proposed)
    context = {"form": form, "tiers": standard_words.TIERS}
    status = 422 if form.errors else 200
    return render(request, "tiering/standard_form.html", context, status=status)
