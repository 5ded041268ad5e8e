"""Ratings with every point, and the credit archive they rest on."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services as accounts
from accounts.models import Account
from credit import rating_words
from credit.forms_terms import InvestigationForm
from credit.models import Investigation, Policy, Rating
from credit.rules.rating import PAYMENT_METRICS
from credit.services import investigations, ratings
from credit.views.applications import visible_account
from kam.core import scorecards
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

INVESTIGATED = {"net_assets", "contingent_share", "terms_over_market"}


@require_POST
@permission_required("credit.add_lineproposal", raise_exception=True)
def rate(request: StaffRequest, account_number: str) -> HttpResponse:
    """Rate an account by the scorecard in force, as of today."""
    account = visible_account(request, account_number)
    try:
        found = ratings.rate(
            [account.pk],
            actor=request.user,
            cause=Rating.Cause.MANUAL,
            comment=request.POST.get("comment", "").replace("\0", "")[:2000],
        )
    except RuleViolation as violation:
        messages.error(request, violation.message)
        return redirect("credit:account_terms", account_number)
    if not found:
        messages.error(request, _("This account was merged into another one."))
        return redirect("credit:account_terms", account_number)
    return redirect(found[0])


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def detail(request: StaffRequest, rating_id: int) -> HttpResponse:
    """One rating: each point with its figure, caps, the suggested limit, what changed since."""
    rating = get_object_or_404(
        Rating.objects.visible_to(request.user).select_related("account", "rated_by"), pk=rating_id
    )
    earlier = Rating.objects.filter(account=rating.account_id, as_of__lte=rating.as_of)
    before = earlier.exclude(pk__gte=rating.pk).order_by("-as_of", "-pk").first()
    context = {
        "rating": rating,
        "account": rating.account,
        "lines": [_line(line, rating) for line in rating.lines],
        "caps": [_cap(cap) for cap in rating.caps],
        "refusal": _refusal(rating),
        "steps": _steps(rating),
        "before": before,
        "changes": _changes(before, rating),
        "policy": Policy.objects.filter(
            kind=Policy.Kind.SCORECARD, version=rating.policy_version
        ).first(),
        "currency": settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/rating.html", context)


def _cap(cap: dict[str, Any]) -> dict[str, Any]:
    return cap | {
        "label": rating_words.metric_label(cap["metric"]),
        "figure": rating_words.figure(cap["metric"], cap["figure"]),
    }


def _line(line: dict[str, Any], rating: Rating) -> dict[str, Any]:
    found = line["bin"] or {}
    return {
        "label": rating_words.metric_label(line["metric"]),
        "figure": rating_words.figure(line["metric"], line["figure"]),
        "range": rating_words.figures_between(
            line["metric"], found.get("lower"), found.get("upper")
        ),
        "missing": rating_words.MISSING.get(line["missing"], ""),
        "points": line["points"],
        "weight": line["weight"],
        "contribution": line["contribution"],
        "url": _records(line["metric"], rating.account),
    }


def _records(metric: str, account: Account) -> str:
    """Where the records behind a figure are: its invoices, its credit archive, its archive."""
    if metric in INVESTIGATED:
        return reverse("credit:account_terms", args=[account.account_number])
    if metric in PAYMENT_METRICS or metric == "receivables_share":
        return f"{reverse('credit:invoices')}?account={quote(account.account_number)}"
    return account.get_absolute_url()


def _refusal(rating: Rating) -> dict[str, Any] | None:
    if rating.refusal is None:
        return None
    return {
        "text": rating_words.REFUSALS.get(rating.refusal["code"], rating.refusal["code"]),
        "metrics": [rating_words.metric_label(name) for name in rating.refusal["metrics"]],
    }


def _steps(rating: Rating) -> list[str]:
    steps = (rating.suggestion or {}).get("steps", [])
    return [rating_words.step(step["code"], step["figures"]) for step in steps]


def _changes(before: Rating | None, now: Rating) -> list[dict[str, Any]]:
    """What moved the points since the rating before, the strongest first (section 3.6)."""
    old = ratings.score_of(before) if before else None
    new = ratings.score_of(now)
    if old is None or new is None:
        return []
    return [
        {
            "label": rating_words.metric_label(change.metric),
            "before": rating_words.figure(change.metric, change.figure_before),
            "now": rating_words.figure(change.metric, change.figure_now),
            "effect": change.effect,
        }
        for change in scorecards.changes(old, new)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.add_lineproposal", raise_exception=True)
def investigate(request: StaffRequest, account_number: str) -> HttpResponse:
    """Write down what was found out about a customer."""
    account = visible_account(request, account_number)
    form = InvestigationForm(request.POST or None, request.FILES or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            found = _record(account, form, request)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The investigation is in the credit archive."))
            return redirect(found)
    context = {"account": account, "form": form, "currency": settings.REPORTING_CURRENCY}
    status = 422 if form.errors else 200
    return render(request, "credit/investigation_form.html", context, status=status)


@transaction.atomic
def _record(account: Account, form: InvestigationForm, request: StaffRequest) -> Investigation:
    data = dict(form.cleaned_data)
    upload, files = data.pop("upload"), list(data.pop("attachments", []))
    if upload:
        files.append(accounts.add_attachment(account.pk, upload=upload, actor=request.user))
    return investigations.record_investigation(
        account, actor=request.user, attachments=files, **data
    )


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def investigation(request: StaffRequest, investigation_id: int) -> HttpResponse:
    """One investigation of the credit archive with its files."""
    found = get_object_or_404(
        Investigation.objects.visible_to(request.user).select_related("account", "investigated_by"),
        pk=investigation_id,
    )
    context = {
        "investigation": found,
        "account": found.account,
        "attachments": found.attachments.all(),
        "currency": settings.REPORTING_CURRENCY,
    }
    return render(request, "credit/investigation.html", context)
