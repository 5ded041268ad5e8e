from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import blind_spots, rules, timeline
from accounts.figures import net_sales
from accounts.forms import GROUPS
from accounts.models import Account, Attachment, Contact, Event
from kam.core import audit_words
from kam.core.http import StaffRequest, row_id
from kam.core.models import AuditEntry

EVENTS_SHOWN = 20


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def account_detail(request: StaffRequest, account_number: str) -> HttpResponse:
    """All about one customer 客户360: facts, people, group, files, timeline, figures of other apps.

    One that was merged away leads to the archive that took it up.
    """
    account = visible_account(request, account_number)
    if account.merged_into_id:
        survivor = get_object_or_404(
            Account.objects.visible_to(request.user), pk=account.merged_into_id
        )
        messages.info(
            request, _("%(number)s was merged into this archive.") % {"number": account_number}
        )
        return redirect(survivor)
    today = timezone.localdate()
    context = {
        "account": account,
        "today": today,
        "is_due": account.review_due_on is not None and account.review_due_on <= today,
        "code_warning": account.credit_code and rules.credit_code_warning(account.credit_code),
        "groups": _facts(account),
        **_people(request, account),
        "team": account.service_team.select_related("user").order_by("until", "role", "pk"),
        "attachments": account.attachments.select_related("uploaded_by"),
        **_events(account, before=None),
        **_group(request, account),
    }
    return render(request, "accounts/account_detail.html", context)


def _people(request: StaffRequest, account: Account) -> dict[str, Any]:
    """The contacts as this reader may see them, and what is missing among them."""
    contacts = Contact.objects.read_by(request.user).filter(account=account)
    found = list(contacts.select_related("counterpart"))
    may_see = request.user.has_perm("accounts.view_contact")
    today = timezone.localdate()
    return {
        "contacts": found,
        "masked": sum(contact.is_masked for contact in found),
        "blind_spots": blind_spots.of(account, found, today=today) if may_see else [],
    }


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def account_events(request: StaffRequest, account_number: str) -> HttpResponse:
    """Older events of the timeline; the next part of the page, or a page of its own."""
    account = visible_account(request, account_number)
    before = request.GET.get("before", "")
    context = {"account": account, **_events(account, before=before)}
    part = "#events" if request.htmx else ""
    return render(request, f"accounts/account_events.html{part}", context)


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def account_history(request: StaffRequest, account_number: str) -> HttpResponse:
    """Who changed which field of the archive, from what to what."""
    account = visible_account(request, account_number)
    entries = AuditEntry.objects.filter(
        subject_type=Account._meta.label, subject_id=account.pk
    ).select_related("actor")
    shown = [
        (entry, audit_words.action(entry.action), _changes(entry))
        for entry in entries.order_by("-at", "-pk")[:200]
    ]
    context = {"account": account, "entries": shown}
    part = "#entries" if request.htmx else ""
    return render(request, f"accounts/account_history.html{part}", context)


def _changes(entry: AuditEntry) -> list[tuple[str, list[str]]]:
    """What is called how, and its value before and after; one that is no pair only after."""
    label = entry.subject_type
    return [
        (
            audit_words.field(label, name),
            [
                audit_words.value(label, name, value)
                for value in (change if isinstance(change, list) else ["", change])
            ],
        )
        for name, change in entry.changes.items()
    ]


@require_safe
@permission_required("accounts.view_account", raise_exception=True)
def attachment(request: StaffRequest, account_number: str, pk: int) -> FileResponse:
    """A file of the archive, always as a download: what is in it never runs on our pages."""
    account = visible_account(request, account_number)
    found = get_object_or_404(Attachment.objects.visible_to(request.user), account=account, pk=pk)
    response = FileResponse(found.file.open("rb"), as_attachment=True, filename=found.name)
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def visible_account(request: StaffRequest, account_number: str) -> Account:
    """The account of a page's address, if the user may see it; else 404."""
    accounts = Account.objects.visible_to(request.user).select_related(
        "manager", "region", "industry", "parent", "merged_into"
    )
    return get_object_or_404(
        accounts.defer("search_text", "search_grams"), account_number=account_number
    )


def _facts(account: Account) -> list[dict[str, Any]]:
    """The four groups of facts; of each only what is known, and what is missing as a list."""
    groups = []
    for key, (label, names) in GROUPS.items():
        fields = [Account._meta.get_field(name) for name in names]
        known: list[tuple[Any, Any]] = []
        missing: list[tuple[Any, Any]] = []
        for field in fields:
            display = getattr(account, f"get_{field.name}_display", None)
            value = display() if display else getattr(account, field.name)
            entry = (field.verbose_name, value)  # type: ignore[union-attr]
            (known if value not in ("", None) else missing).append(entry)
        groups.append(
            {"key": key, "label": label, "known": known, "missing": [name for name, _v in missing]}
        )
    return groups


def _events(account: Account, *, before: str | None) -> dict[str, Any]:
    events: QuerySet[Event] = account.events.select_related("actor").order_by("-at", "-pk")
    if edge := account.events.filter(pk=row_id(before or "") or 0).first():
        events = events.filter(at__lte=edge.at).exclude(at=edge.at, pk__gte=edge.pk)
    found = list(events[: EVENTS_SHOWN + 1])
    shown = found[:EVENTS_SHOWN]
    return {
        "events": [(event, timeline.icon(event), timeline.say(event)) for event in shown],
        "older": shown[-1].pk if len(found) > EVENTS_SHOWN else None,
    }


def _group(request: StaffRequest, account: Account) -> dict[str, Any]:
    """The companies of the group as a tree with the net sales of each and of all (A20).

    Those that the user may not see count in the total but are not named.
    """
    head = Account.objects.group_line(account.pk)[-1]
    members = list(
        Account.objects.in_group(head)
        .live()
        .only("account_number", "name", "parent", "tier")
        .order_by("name_sort", "pk")
    )
    if len(members) < 2:
        return {"group": []}
    visible = set(
        Account.objects.visible_to(request.user)
        .filter(pk__in=[member.pk for member in members])
        .values_list("pk", flat=True)
    )
    sales = net_sales(timezone.localdate(), [member.pk for member in members])
    tree = [
        {
            "account": member if member.pk in visible else None,
            "levels": range(depth),
            "net_sales": sales.get(member.pk, 0),
            "is_here": member.pk == account.pk,
        }
        for depth, member in _as_tree(members, head)
    ]
    return {
        "group": tree,
        "group_total": sum(sales.values()),
        "subsidiaries": len(members) - 1,
        "own_subsidiaries": sum(member.parent_id == account.pk for member in members),
    }


def _as_tree(members: list[Account], head: int) -> list[tuple[int, Account]]:
    """The members from the head down, each with its depth."""
    below: dict[int | None, list[Account]] = {}
    for member in members:
        below.setdefault(member.parent_id, []).append(member)
    tree: list[tuple[int, Account]] = []
    waiting = [(0, member) for member in members if member.pk == head]
    while waiting:
        depth, member = waiting.pop()
        tree.append((depth, member))
        waiting += [(depth + 1, child) for child in reversed(below.get(member.pk, []))]
    return tree
