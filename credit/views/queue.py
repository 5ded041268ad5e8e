"""The queue of orders on credit hold."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Account
from credit import explanations
from credit.forms import QueueFilterForm
from credit.queries.held_orders import held_orders, reasons_now
from kam.core import keyset
from kam.core.http import StaffRequest
from kam.core.policy_data import to_json

PAGE_SIZE = 25
MOST_ACCOUNTS = 200  # that a search looks at


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def queue(request: StaffRequest) -> HttpResponse:
    """Orders on hold, the longest waiting first, each with what would clear it."""
    form = QueueFilterForm(request.GET)
    rows = held_orders(request.user)
    rows = rows.filter(_wanted(form, request)) if form.is_valid() else rows.none()
    try:
        page = keyset.fetch(
            rows,
            keys=("held_since", "order_id"),
            cursor=request.GET.get("cursor", ""),
            size=PAGE_SIZE,
        )
    except keyset.InvalidCursor as error:
        raise BadRequest from error
    reasons = reasons_now(page.rows)
    context = {
        "form": form,
        "page": page,
        "held": [(row, explanations.explain(to_json(reasons[row.order_id]))) for row in page.rows],
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    template = "credit/queue.html#results" if request.htmx else "credit/queue.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _wanted(form: QueueFilterForm, request: StaffRequest) -> Q:
    wanted = Q()
    if text := form.cleaned_data["search"]:
        found = Account.objects.visible_to(request.user).search(text).values("pk")[:MOST_ACCOUNTS]
        accounts = [row["pk"] for row in found]
        wanted &= Q(order__order_number__startswith=text) | Q(account__in=accounts)
    if form.cleaned_data["asked"]:
        wanted &= ~Q(release_request="")
    if (delivered := form.cleaned_data["delivered"]) != "":
        wanted &= Q(delivered=delivered == "yes")
    return wanted
