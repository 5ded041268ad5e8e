"""The worklist of collections, and what is done from its rows."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Account
from credit.collection_forms import WorklistFilter
from credit.models import CollectionAction, CollectionCase
from credit.queries.worklist import Item, items
from credit.services import collections
from kam.core.http import StaffRequest, refusals_shown

PAGE_SIZE = 50
PUT_OFF_DAYS = 7
LETTERS = CollectionAction.PROVABLE


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def worklist(request: StaffRequest) -> HttpResponse:
    """Overdue accounts ranked by the policy's points, each with its next step."""
    form = WorklistFilter(request.GET)
    found = items(request.user, timezone.localdate())
    if form.is_valid():
        found = [each for each in found if _wanted(each, form, request)]
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "total": sum(each.ranked.case.overdue_amount for each in found),
        "letters": LETTERS,
        "put_off_days": PUT_OFF_DAYS,
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
    }
    template = "credit/worklist.html#results" if request.htmx else "credit/worklist.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_POST
@permission_required("credit.collect", raise_exception=True)
def open_case(request: StaffRequest, account_number: str) -> HttpResponse:
    """Open the account's case, or go to the one that is open."""
    account = _account(request, account_number)
    with refusals_shown(request):
        return redirect(
            collections.open_case(account.pk, cause=CollectionCase.Cause.HAND, actor=request.user)
        )
    return redirect("credit:collections")


@require_POST
@permission_required("credit.collect", raise_exception=True)
def done(request: StaffRequest, account_number: str) -> HttpResponse:
    """The step that is due was taken: a reminder, call or visit without further words.

    `step` is what the row said; when something else is due by now nothing is recorded.
    """
    account = _account(request, account_number)
    found = _item(request, account)
    step = found.step if found else None
    if step is None or not step.is_due or step.action != request.POST.get("step"):
        messages.error(request, _("Another step is due by now; please look again."))
    elif step.action in (*LETTERS, CollectionAction.Kind.LEGAL):
        messages.error(request, _("This step is recorded on the page of the case."))
    else:
        case = collections.open_case(account.pk, actor=request.user)
        collections.record_action(
            case.pk, kind=step.action, done_on=timezone.localdate(), actor=request.user
        )
        messages.success(
            request,
            _("%(step)s recorded for %(account)s.")
            % {
                "step": step.label,
                "account": account,
            },
        )
    return _back(request)


@require_POST
@permission_required("credit.collect", raise_exception=True)
def put_off(request: StaffRequest, account_number: str) -> HttpResponse:
    """The next step waits for a week."""
    account = _account(request, account_number)
    case = collections.open_case(account.pk, actor=request.user)
    until = timezone.localdate() + timedelta(days=PUT_OFF_DAYS)
    collections.snooze(case.pk, until=until, actor=request.user)
    messages.success(
        request, _("%(account)s is put off until %(day)s.") % {"account": account, "day": until}
    )
    return _back(request)


def _account(request: StaffRequest, account_number: str) -> Account:
    accounts = Account.objects.visible_to(request.user).live()
    return get_object_or_404(accounts, account_number=account_number)


def _item(request: StaffRequest, account: Account) -> Item | None:
    found = items(request.user, timezone.localdate(), account_id=account.pk)
    return found[0] if found else None


def _back(request: StaffRequest) -> HttpResponse:
    """To the worklist as it was narrowed."""
    response = redirect("credit:collections")
    if query := request.POST.get("query"):
        response["Location"] += f"?{iri_to_uri(query)}"
    return response


def _wanted(item: Item, form: WorklistFilter, request: StaffRequest) -> bool:
    wanted = form.cleaned_data
    step = item.step
    return (
        (wanted["who"] != "mine" or item.is_of(request.user))
        and (not wanted["step"] or (step is not None and step.action == wanted["step"]))
        and (not wanted["region"] or item.account.region_id == wanted["region"].pk)
        and (wanted["show"] != "waiting" or item.is_waiting)
        and (wanted["show"] != "due" or (step is not None and step.is_due and not item.is_waiting))
    )
