"""Pages of duplicates: find, compare, merge, undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import rules
from accounts.forms_transfer import DifferentForm, MergeForm, UndoForm
from accounts.models import Account, AccountMerge
from accounts.services import duplicates as finding
from accounts.services import merge as merging
from accounts.services.imports import field_labels
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest, refusals_shown

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from staff.models import User

GROUPS_PER_PAGE = 25
MEMBERS_SHOWN = 20
REASON_LABELS: dict[str, str | Promise] = {
    "name": gettext_lazy("Same name"),
    "credit_code": gettext_lazy("Same credit code"),
    "phone": gettext_lazy("Same phone"),
}


@require_safe
@permission_required("accounts.merge_account", raise_exception=True)
def duplicates(request: StaffRequest) -> HttpResponse:
    """Accounts that may be one customer; /accounts/duplicates/."""
    found = finding.groups(Account.objects.visible_to(request.user))
    page = Paginator(found, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    shown = [pk for group in page for pk in group.ids[:MEMBERS_SHOWN]]
    accounts = Account.objects.select_related("manager").in_bulk(shown)
    groups = [
        {
            "members": [accounts[pk] for pk in group.ids[:MEMBERS_SHOWN] if pk in accounts],
            "more": max(0, len(group.ids) - MEMBERS_SHOWN),
            "reasons": [REASON_LABELS[reason] for reason in group.reasons],
        }
        for group in page
    ]
    return render(request, "accounts/duplicates.html", {"page": page, "groups": groups})


@require_safe
@permission_required("accounts.add_account", raise_exception=True)
def similar(request: StaffRequest) -> HttpResponse:
    """While an archive is being opened: who this may be already; a part of that page.

    Of accounts that the user may not see only the fact is told, not which.
    """
    name, code, phone = (request.GET.get(key, "")[:200] for key in ("name", "credit_code", "phone"))
    context = {
        "alike": look_alikes(request.user, name, code, phone),
        "warning": rules.credit_code_warning(code) if code.strip() else "",
        "create_anyway": "create_anyway" in request.GET,
    }
    return render(request, "accounts/similar.html", context)


def look_alikes(
    user: User, name: str, code: str, phone: str
) -> list[tuple[Account | None, list[str | Promise]]]:
    """Who a new archive may be already, and why; None for one that this user may not see."""
    found = finding.find_similar(*(text.replace("\0", "") for text in (name, code, phone)))
    visible = set(
        Account.objects.visible_to(user)
        .filter(pk__in=[account.pk for account, _reasons in found])
        .values_list("pk", flat=True)
    )
    return [
        (account if account.pk in visible else None, [REASON_LABELS[reason] for reason in reasons])
        for account, reasons in found
    ]


@require_POST
@permission_required("accounts.merge_account", raise_exception=True)
def dismiss(request: StaffRequest) -> HttpResponse:
    """They are different customers: do not suggest them again."""
    visible = Account.objects.visible_to(request.user)
    form = DifferentForm(request.POST, accounts=visible)
    if form.is_valid():
        chosen = form.cleaned_data["account"]
        finding.dismiss(chosen.values_list("pk", flat=True), actor=request.user)
        messages.success(request, _("They will not be suggested again."))
    else:
        messages.error(request, _("One of these accounts is there no longer."))
    return redirect("accounts:duplicates")


@dataclass(frozen=True)
class ComparedField:
    """A row of the comparison; `is_conflict`: both have something, and not the same."""

    name: str
    label: str
    survivor: str
    absorbed: str
    is_conflict: bool


@permission_required("accounts.merge_account", raise_exception=True)
def merge(request: StaffRequest) -> HttpResponse:
    """Two accounts side by side, to be merged; /accounts/merge/?survivor=…&absorbed=…"""
    data = request.POST if request.method == "POST" else request.GET
    survivor = _account(request, data.get("survivor", ""))
    absorbed = _account(request, data.get("absorbed", ""))
    conflicts = merging.conflicts(survivor, absorbed)
    labels = field_labels()
    form = MergeForm(request.POST or None, fields=[(name, labels[name]) for name in conflicts])
    if request.method == "POST" and form.is_valid():
        try:
            done = merging.merge_accounts(
                survivor,
                absorbed,
                actor=request.user,
                fields_from=form.cleaned_data["fields_from"],
                reason=form.cleaned_data["reason"],
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Merged."))
            return redirect("accounts:merged", done.pk)
    context = {
        "form": form,
        "survivor": survivor,
        "absorbed": absorbed,
        "fields": _compared(survivor, absorbed, conflicts, labels),
        "chosen": request.POST.getlist("fields_from"),
        "reasons": [REASON_LABELS[reason] for reason in finding.shared(survivor, absorbed)],
    }
    return render(request, "accounts/merge.html", context, status=422 if form.errors else 200)


def _account(request: StaffRequest, number: str) -> Account:
    accounts = Account.objects.visible_to(request.user).live()
    return get_object_or_404(
        accounts.select_related("region", "industry", "manager", "parent"),
        account_number=number.replace("\0", ""),
    )


def _compared(
    survivor: Account, absorbed: Account, conflicts: list[str], labels: dict[str, str]
) -> list[ComparedField]:
    """The fields in which either has something, conflicts first."""
    rows = [
        ComparedField(
            name, labels[name], _shown(survivor, name), _shown(absorbed, name), name in conflicts
        )
        for name in ["account_number", *merging.MERGEABLE]
    ]
    return sorted(
        (row for row in rows if row.survivor or row.absorbed), key=lambda row: not row.is_conflict
    )


def _said(name: str, stored: Any) -> str:
    """A value as a merge keeps it, in words: of a region its name, of a choice its label."""
    account = Account(**{Account._meta.get_field(name).attname: stored})  # type: ignore[union-attr]
    return _shown(account, name)


def _shown(account: Account, name: str) -> str:
    display = getattr(account, f"get_{name}_display", None)
    value: Any = display() if display else getattr(account, name)
    return "" if value is None else str(value)


@require_safe
@permission_required("accounts.merge_account", raise_exception=True)
def merges(request: StaffRequest) -> HttpResponse:
    """What has been merged; /accounts/merges/."""
    page = Paginator(_merges(request), 50).get_page(request.GET.get("page"))
    return render(request, "accounts/merges.html", {"page": page})


@require_safe
@permission_required("accounts.merge_account", raise_exception=True)
def merged(request: StaffRequest, pk: int) -> HttpResponse:
    """What one merge moved and filled, and the way back."""
    found = get_object_or_404(_merges(request), pk=pk)
    labels = field_labels()
    context = {
        "merge": found,
        "moved": [(merging.called(name), len(pks)) for name, pks in sorted(found.moved.items())],
        "left": [(merging.called(name), len(pks)) for name, pks in sorted(found.left.items())],
        "filled": [
            (labels[name], *(_said(name, value) for value in values))
            for name, values in found.filled.items()
        ],
        "undo_first": found.undo_first(),
    }
    return render(request, "accounts/merged.html", context)


@require_POST
@permission_required("accounts.merge_account", raise_exception=True)
def undo_merge(request: StaffRequest, pk: int) -> HttpResponse:
    """Take two archives apart again."""
    found = get_object_or_404(_merges(request), pk=pk)
    form = UndoForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return redirect("accounts:merged", pk)
    with refusals_shown(request):
        merging.undo_merge(found.pk, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The merge was undone."))
    return redirect("accounts:merged", pk)


def _merges(request: StaffRequest) -> QuerySet[AccountMerge]:
    visible = Account.objects.visible_to(request.user)
    return AccountMerge.objects.filter(survivor__in=visible).select_related(
        "survivor", "absorbed", "merged_by", "undone_by"
    )
