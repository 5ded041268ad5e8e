from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import Account
from kam.core.http import StaffRequest
from kam.home import charts, queries
from sales.models import Order
from staff.models import User
from staff.roles import ROLE_NAMES
from tiering.models import TierRun
from tiering.queries import newest_run, tier_totals

PARETO_ACCOUNTS = 20
TOP_ACCOUNTS = 10


def dashboard(request: StaffRequest) -> HttpResponse:
    """Where the key-account business stands and what waits for the reader."""
    user = request.user
    if not user.has_perm("accounts.view_account"):
        return render(request, "home/system.html")
    context: dict[str, Any] = {
        "run": newest_run(),
        "currency": settings.REPORTING_CURRENCY,
        "latest": TierRun.objects.order_by("requested_at").last(),
    }
    if context["run"]:
        context |= _standing(user, context["run"])
    else:
        context["started"] = {
            "accounts": Account.objects.visible_to(user).exists(),
            "orders": Order.objects.visible_to(user).exists(),
        }
    return render(request, "home/dashboard.html", context | _work(user))


def _standing(user: User, run: TierRun) -> dict[str, Any]:
    """Tiers, top accounts and movers as of the newest run."""
    totals = tier_totals(user, run)
    top = queries.top_with_change(user, run, PARETO_ACCOUNTS)
    of_all = run.company_net_sales if user.has_perm("accounts.view_all_accounts") else None
    total = sum((tier.net_sales for tier in totals), Decimal(0)) if of_all is None else of_all
    return {
        "totals": totals,
        "top": top[:TOP_ACCOUNTS],
        "pareto": charts.pareto([account.row for account in top], total) if top else None,
        "movers": queries.movers_of_a_month(user, run),
    }


def _work(user: User) -> dict[str, Any]:
    """What waits for this user; a list they have no part in is left out."""
    today = timezone.localdate()
    work = {"late": queries.late_deliveries(user, today)}
    if user.has_perm("accounts.change_account"):
        work["reviews"] = queries.reviews_due(user, today)
    if user.has_perm("tiering.approve_designation"):
        work["designations"] = queries.designations_to_decide(user)
    if user.has_perm("tiering.propose_designation") or "designations" in work:
        work["expiring"] = queries.designations_expiring(user, today)
    if user.has_perm("tiering.approve_policy"):
        work["policies"] = queries.policies_to_decide(user)
    return work


@permission_required("sales.view_order", raise_exception=True)
def sales_trend(request: StaffRequest) -> HttpResponse:
    """Net sales of the last 12 months beside the year before; loaded by the dashboard."""
    run = newest_run()
    sales = queries.sales_trend(request.user, run.as_of if run else timezone.localdate())
    context = {
        "sales": sales,
        "trend": charts.trend(sales),
        "currency": settings.REPORTING_CURRENCY,
    }
    template = "home/sales_trend.html#panel" if request.htmx else "home/sales_trend.html"
    return render(request, template, context)


def me(request: StaffRequest) -> HttpResponse:
    """Who is logged in, with which roles; as a fragment, the head of the user menu."""
    names = request.user.groups.values_list("name", flat=True)
    context = {"roles": [ROLE_NAMES.get(name, name) for name in sorted(names)]}
    template = "home/me.html#head" if request.htmx else "home/me.html"
    return render(request, template, context)
