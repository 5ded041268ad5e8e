"""The half-yearly review: campaigns, their progress, preparing and signing."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Account
from approvals import queries as approvals
from approvals.models import Request
from credit.forms_reviews import ReviewFilterForm, ReviewForm
from credit.models import Review, ReviewCampaign
from credit.models.reviews import ReviewQuerySet
from credit.queries import campaigns as progress_of
from credit.queries import ceiling, review_pages
from credit.queries.reviews import lapsing
from credit.services import campaigns, reviews
from kam.core import money
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown, row_id
from kam.core.words import labelled

PAGE_SIZE = 50
MOST_ACCOUNTS = 200  # that a search looks at
MOST_SHOWN = 20  # lines that soon lapse


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """All campaigns, and the lines that were not reviewed in time or soon will not be."""
    today = timezone.localdate()
    late = lapsing(today)
    visible = Account.objects.visible_to(request.user).filter(pk__in=late)
    accounts = {account.pk: account for account in visible}
    rows = [(accounts[pk], standing) for pk, standing in late.items() if pk in accounts]
    found = ReviewCampaign.objects.select_related("opened_by")
    context = {
        "campaigns": [(campaign, progress_of.progress(campaign, today)) for campaign in found[:20]],
        "late": rows[:MOST_SHOWN],
        "more_late": max(len(rows) - MOST_SHOWN, 0),
    }
    return render(request, "credit/campaigns.html", context)


@require_POST
@permission_required("credit.open_campaign", raise_exception=True)
def open_now(request: StaffRequest) -> HttpResponse:
    """Open the campaign of this period, or take in who came since."""
    campaign = campaigns.open_campaign(on=timezone.localdate(), actor=request.user)
    number = campaign.reviews.count()
    text = ngettext(
        "The campaign is open with %(n)s review.",
        "The campaign is open with %(n)s reviews.",
        number,
    )
    messages.success(request, text % {"n": number})
    return redirect(campaign)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def campaign(request: StaffRequest, period: str) -> HttpResponse:
    """How far a campaign is, and its reviews; POST submits those that are ticked."""
    found = get_object_or_404(ReviewCampaign.objects.select_related("opened_by"), period=period)
    if request.method == "POST":
        return _submit_many(request, found)
    today = timezone.localdate()
    form = ReviewFilterForm(request.GET)
    rows = review_pages.for_list(found.reviews.visible_to(request.user))
    rows = _filtered(rows, form, request) if form.is_valid() else rows.none()
    context = {
        "campaign": found,
        "progress": progress_of.progress(found, today),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "form": form,
        "mine": progress_of.requests_of(found).waiting_for(request.user).count(),
        "may_remind": found.reminded_on != today and request.user.has_perm("credit.open_campaign"),
        "ceiling": ceiling.state(today),
    }
    return render(request, "credit/campaign.html", context)


def _filtered(
    rows: ReviewQuerySet, form: ReviewFilterForm, request: StaffRequest
) -> ReviewQuerySet:
    wanted = Q()
    if text := form.cleaned_data["search"]:
        found = Account.objects.visible_to(request.user).search(text).values("pk")[:MOST_ACCOUNTS]
        wanted &= Q(account__in=[row["pk"] for row in found])
    if status := form.cleaned_data["status"]:
        wanted &= Q(status=status)
    if change := form.cleaned_data["change"]:
        kept = Q(proposed_limit=F("line__limit"))
        wanted &= kept if change == "kept" else ~kept
    return rows.filter(wanted)


def _submit_many(request: StaffRequest, found: ReviewCampaign) -> HttpResponse:
    if not request.user.has_perm("credit.submit_review"):
        return render(request, "403.html", status=403)
    ticked = [row_id(pk) for pk in request.POST.getlist("review")][:PAGE_SIZE]
    mine = found.reviews.visible_to(request.user).to_submit().filter(pk__in=ticked)
    ids = list(mine.values_list("pk", flat=True))
    refused = review_pages.named(reviews.submit_all(ids, actor=request.user))
    _say(
        request,
        ngettext("%(n)s review was submitted.", "%(n)s reviews were submitted.", len(ids)),
        len(ids) - len(refused),
        [labelled(review.account, why) for review, why in refused],
    )
    return redirect(request.get_full_path())


def _say(request: StaffRequest, text: str, number: int, refused: Sequence[str]) -> None:
    if number:
        messages.success(request, text % {"n": number})
    elif not refused:
        messages.warning(request, _("Nothing was ticked."))
    for why in refused:
        messages.error(request, why)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.view_creditparty", raise_exception=True)
def sign(request: StaffRequest, period: str) -> HttpResponse:
    """The reviews of a campaign that wait for this person; POST approves those that are ticked.

    Each gets a signature of its own, on what its row showed: a row that changed is refused.
    """
    found = get_object_or_404(ReviewCampaign, period=period)
    if request.method == "POST":
        visible = Request.objects.visible_to(request.user)
        known = {
            str(pk) for pk in visible.filter(kind__in=reviews.KINDS).values_list("pk", flat=True)
        }
        ticked = [pk for pk in request.POST.getlist("request") if pk in known][:PAGE_SIZE]
        seen = [(int(pk), request.POST.get(f"seen-{pk}", "")) for pk in ticked]
        refused = reviews.sign_all(seen, actor=request.user)
        titles = dict(visible.filter(pk__in=dict(refused)).values_list("pk", "title"))
        _say(
            request,
            ngettext("%(n)s review was signed.", "%(n)s reviews were signed.", len(seen)),
            len(seen) - len(refused),
            [labelled(titles[pk], why) for pk, why in refused],
        )
        return redirect("credit:campaign_sign", period)
    waiting = progress_of.requests_of(found).waiting_for(request.user).count()
    context = {
        "campaign": found,
        "rows": review_pages.to_sign(found, request.user, most=PAGE_SIZE),
        "waiting": waiting,
    }
    return render(request, "credit/campaign_sign.html", context)


@require_POST
@permission_required("credit.open_campaign", raise_exception=True)
def remind(request: StaffRequest, period: str) -> HttpResponse:
    """Mail everybody whose signatures the campaign waits for."""
    found = get_object_or_404(ReviewCampaign, period=period)
    with refusals_shown(request):
        campaigns.remind(found.pk, actor=request.user)
        messages.success(request, _("A reminder is on its way."))
    return redirect(found)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def review(request: StaffRequest, review_id: int) -> HttpResponse:
    """One review: frozen figures, the proposal, its signatures, and what may be done."""
    found = _get(request, review_id)
    form = ReviewForm(
        initial={
            "limit": money.plain(found.proposed_limit),
            "terms_days": found.proposed_terms_days,
            "rating": found.proposed_rating,
            "comment": found.comment,
        }
    )
    return _page(request, found, form)


@require_POST
@permission_required("credit.prepare_review", raise_exception=True)
def change(request: StaffRequest, review_id: int) -> HttpResponse:
    """Propose something else than the rules."""
    found = _get(request, review_id)
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            reviews.change_proposal(found.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("The proposal is changed; submit it now."))
            return redirect(found)
    return _page(request, found, form)


@require_POST
@permission_required("credit.submit_review", raise_exception=True)
def submit(request: StaffRequest, review_id: int) -> HttpResponse:
    """Ask for the signatures."""
    found = _get(request, review_id)
    with refusals_shown(request):
        reviews.submit(found.pk, actor=request.user)
        messages.success(request, _("The review awaits signatures."))
    return redirect(found)


def _get(request: StaffRequest, review_id: int) -> Review:
    visible = Review.objects.visible_to(request.user)
    rows = visible.select_related("account", "campaign", "line", "changed_by", "proposal")
    return get_object_or_404(rows, pk=review_id)


def _page(request: StaffRequest, found: Review, form: ReviewForm) -> HttpResponse:
    asked = Request.objects.of(found.proposal).first() if found.proposal else None
    signatures = list(asked.signatures.select_related("signer", "on_behalf_of")) if asked else []
    prepares = found.status in Review.PREPARATION
    context = {
        "review": found,
        "form": form,
        "asked": asked,
        "stages": approvals.stage_rows(asked, signatures) if asked else [],
        "may_change": prepares and request.user.has_perm("credit.prepare_review"),
        "may_submit": prepares
        and request.user.has_perm("credit.submit_review")
        and found.changed_by_id in (None, request.user.pk),
    }
    return render(request, "credit/review.html", context, status=422 if form.errors else 200)
