from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals import services
from approvals.forms import DeputyForm
from approvals.models import Deputy
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: StaffRequest) -> HttpResponse:
    """Who signs for me, for whom I sign, and the form that names a deputy."""
    form = DeputyForm(request.POST or None, principal=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            services.name_deputy(actor=request.user, **form.span())
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The deputy is named."))
            return redirect("approvals:deputies")
    mine = Q(principal=request.user) | Q(deputy=request.user)
    context = {
        "form": form,
        "deputies": Deputy.objects.filter(mine).select_related("principal", "deputy")[:100],
        "today": timezone.localdate(),
    }
    return render(request, "approvals/deputies.html", context, status=422 if form.errors else 200)


@require_POST
def end(request: StaffRequest, deputy_id: int) -> HttpResponse:
    """From today on this deputy signs for me no more."""
    deputy = get_object_or_404(Deputy, pk=deputy_id, principal=request.user)
    with refusals_shown(request):
        services.end_deputy(deputy.pk, actor=request.user)
        messages.success(request, _("The deputy signs for you no more."))
    return redirect("approvals:deputies")
