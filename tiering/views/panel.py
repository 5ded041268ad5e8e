from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Account
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from tiering import queries
from tiering.forms import DayForm
from tiering.models import Designation
from tiering.segments import SEGMENT_LABELS


@require_safe
@permission_required("tiering.view_tierrecord", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """Tier, scores, segment and class of an account on any day, why, and how it came to that."""
    accounts = Account.objects.visible_to(request.user)
    account = get_object_or_404(accounts, account_number=account_number)
    form = DayForm(request.GET or None)
    state = None
    as_of = (form.is_valid() and form.cleaned_data["as_of"]) or queries.default_as_of()
    if as_of > timezone.localdate():
        form.add_error("as_of", _("This day lies in the future."))
    else:
        try:
            state = queries.state_on(account, as_of)
        except RuleViolation as violation:
            form.add_error("as_of", violation.message)
    designations = Designation.objects.filter(account=account)
    context = {
        "account": account,
        "form": form,
        "as_of": as_of,
        "state": state,
        "segment": SEGMENT_LABELS.get(state.segment, "") if state else "",
        "history": queries.tier_history(account),
        "designations": designations.select_related("proposed_by", "decided_by"),
    }
    template = "tiering/account_panel.html"
    return render(request, f"{template}#panel" if request.htmx else template, context)
