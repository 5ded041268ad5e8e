"""How customers pay 付款表现: what they paid late in a period, and by how many days."""

from datetime import date, timedelta

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.models.account import sees_all_accounts
from credit.forms_receivables import PeriodForm
from credit.queries import indicators
from kam.core.http import StaffRequest
from sales.rules import year_before

MOST_ROWS = 200


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def payers(request: StaffRequest) -> HttpResponse:
    """Who settled invoices in a period, the latest on average first; the last twelve months."""
    today = timezone.localdate()
    year = {"since": year_before(today) + timedelta(days=1), "until": today}
    form = PeriodForm(request.GET if "since" in request.GET else year)
    if not form.is_valid():
        return render(request, "credit/payers.html", {"form": form}, status=422)
    period = form.cleaned_data
    found = _found(request, **period)
    shown = found[:MOST_ROWS]
    accounts = Account.objects.in_bulk([pk for pk, _record in shown])
    context = {
        "form": form,
        **period,
        "rows": [(accounts[pk], record) for pk, record in shown],
        "more": len(found) - len(shown),
        "paid": sum(record.paid for _pk, record in found),
        "late": sum(record.late for _pk, record in found),
    }
    return render(request, "credit/payers.html", context)


def _found(
    request: StaffRequest, since: date, until: date
) -> list[tuple[int, indicators.Punctuality]]:
    visible = Account.objects.visible_to(request.user)
    accounts = None if sees_all_accounts(request.user) else visible
    return indicators.payers(since, until, accounts=accounts)
