"""What credit says of one order: why it waits, what was decided, asking for release, releasing."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from credit import explanations
from credit.forms import AskForm, ReleaseForm
from credit.models import OrderCredit
from credit.queries.held_orders import history, reasons_now, release_terms
from credit.services import releases
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest
from kam.core.policy_data import to_json
from sales.models import Order


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def order(request: StaffRequest, order_number: str) -> HttpResponse:
    """The credit of one order; by POST (`action`: ask or release) it is asked for or let go."""
    orders = Order.objects.visible_to(request.user).select_related("account")
    found = get_object_or_404(orders.exclude(account=None), order_number=order_number)
    action = request.POST.get("action", "")
    ask = AskForm(request.POST if action == "ask" else None)
    release = ReleaseForm(
        request.POST if action == "release" else None, terms=release_terms(found.net_amount)
    )
    if action and _done(request, found, ask if action == "ask" else release):
        return redirect("credit:order", order_number)
    return _shown(request, found, ask, release)


def _done(request: StaffRequest, order: Order, form: AskForm | ReleaseForm) -> bool:
    """Whether what was sent has been done; else the form says why not."""
    right = "request_release" if isinstance(form, AskForm) else "release_order"
    if not request.user.has_perm(f"credit.{right}"):
        raise PermissionDenied
    if not form.is_valid():
        return False
    try:
        if isinstance(form, AskForm):
            releases.ask_release(order.pk, actor=request.user, **form.cleaned_data)
            messages.success(request, _("Release was asked for."))
        else:
            releases.release(order.pk, actor=request.user, **form.cleaned_data)
            messages.success(request, _("The order was released."))
    except RuleViolation as violation:
        form.add_error(None, violation.message)
        return False
    return True


def _shown(request: StaffRequest, order: Order, ask: AskForm, release: ReleaseForm) -> HttpResponse:
    row = OrderCredit.objects.filter(order=order).select_related("release_requested_by").first()
    is_held = row is not None and row.status == Order.CreditStatus.HELD
    reasons = reasons_now([row])[order.pk] if row is not None and is_held else ()
    is_own = row is not None and request.user.pk in (
        row.release_requested_by_id,
        order.account.manager_id if order.account else None,
    )
    context = {
        "order": order,
        "row": row,
        "is_held": is_held,
        "reasons": explanations.explain(to_json(reasons)),
        "decisions": [(each, explanations.explain(each.reasons)) for each in history(order.pk)],
        "ask": ask,
        "release": release,
        "may_ask": is_held and request.user.has_perm("credit.request_release"),
        "may_release": is_held and not is_own and request.user.has_perm("credit.release_order"),
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "credit/order.html#panel" if request.htmx else "credit/order.html"
    return render(request, template, context, status=422 if ask.errors or release.errors else 200)
