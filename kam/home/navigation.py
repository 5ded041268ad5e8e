"""The side navigation: which entries a user may open and which one is open now."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page in the navigation. `key` is its letter after `g` on the keyboard."""

    label: str | Promise
    url_name: str
    icon: str
    key: str
    permission: str = ""
    section: str | Promise = ""  # the heading it stands under
    badge: str = ""  # the page that says how much waits there; asked for after the page is shown


ENTRIES = [
    Entry(label=_("Today"), url_name="home:today", icon="checkbox", key="n"),
    Entry(label=_("Dashboard"), url_name="home:dashboard", icon="home", key="h"),
    Entry(
        label=_("Approvals"),
        url_name="approvals:list",
        icon="clipboard-check",
        key="w",
        badge="approvals:badge",
    ),
    Entry(
        section=_("Customers"),
        label=_("Accounts"),
        url_name="accounts:list",
        icon="building",
        key="a",
        permission="accounts.view_account",
    ),
    Entry(
        section=_("Customers"),
        label=_("Visits"),
        url_name="visits:board",
        icon="map-pin",
        key="v",
        permission="visits.view_visit",
    ),
    Entry(
        section=_("Customers"),
        label=_("Complaints"),
        url_name="complaints:list",
        icon="message-report",
        key="q",
        permission="complaints.view_complaint",
    ),
    Entry(
        section=_("Customers"),
        label=_("Needs"),
        url_name="accounts:needs",
        icon="clipboard-list",
        key="e",
        permission="accounts.view_need",
    ),
    Entry(
        section=_("Customers"),
        label=_("Handovers"),
        url_name="accounts:handovers",
        icon="users",
        key="u",
        permission="accounts.view_account",
    ),
    Entry(
        section=_("Customers"),
        label=_("Prospects"),
        url_name="accounts:prospects",
        icon="filter",
        key="f",
        permission="accounts.view_account",
    ),
    Entry(
        section=_("Customers"),
        label=_("Mailings"),
        url_name="mailings:list",
        icon="mail",
        key="j",
        permission="mailings.view_mailing",
    ),
    Entry(
        section=_("Customers"),
        label=_("Duplicates"),
        url_name="accounts:duplicates",
        icon="git-merge",
        key="d",
        permission="accounts.merge_account",
    ),
    Entry(
        section=_("Customers"),
        label=_("Import"),
        url_name="accounts:import",
        icon="file-import",
        key="i",
        permission="accounts.import_account",
    ),
    Entry(
        section=_("Sales"),
        label=_("Orders"),
        url_name="sales:orders",
        icon="receipt",
        key="o",
        permission="sales.view_order",
    ),
    Entry(
        section=_("Sales"),
        label=_("Products"),
        url_name="sales:products",
        icon="package",
        key="p",
        permission="sales.view_order",
    ),
    Entry(
        section=_("Tiers and value"),
        label=_("Tiers"),
        url_name="tiering:overview",
        icon="pyramid",
        key="t",
        permission="tiering.view_tierrecord",
    ),
    Entry(
        section=_("Tiers and value"),
        label=_("Recompute runs"),
        url_name="tiering:runs",
        icon="refresh",
        key="r",
        permission="tiering.view_tierrecord",
    ),
    Entry(
        section=_("Tiers and value"),
        label=_("Policies"),
        url_name="tiering:policies",
        icon="scale",
        key="y",
        permission="tiering.view_tierrecord",
    ),
    Entry(
        section=_("Tiers and value"),
        label=_("Designations"),
        url_name="tiering:designations",
        icon="award",
        key="s",
        permission="tiering.view_tierrecord",
    ),
    Entry(
        section=_("Tiers and value"),
        label=_("Service standards"),
        url_name="tiering:standards",
        icon="clipboard-list",
        key="b",
        permission="tiering.view_tierrecord",
    ),
    Entry(
        section=_("Credit"),
        label=_("Credit"),
        url_name="credit:queue",
        icon="cash",
        key="c",
        permission="credit.view_creditparty",
    ),
    Entry(
        section=_("System"),
        label=_("API tokens"),
        url_name="core:tokens",
        icon="key",
        key="k",
        permission="core.manage_tokens",
    ),
    Entry(
        section=_("System"),
        label=_("Webhooks"),
        url_name="notifications:webhooks",
        icon="webhook",
        key="x",
        permission="notifications.manage_webhooks",
    ),
    Entry(
        section=_("System"),
        label=_("Audit trail"),
        url_name="core:audit",
        icon="history",
        key="l",
        permission="core.view_auditentry",
    ),
    Entry(
        section=_("System"),
        label=_("Administration"),
        url_name="admin:index",
        icon="settings",
        key="m",
        permission="staff.manage_users",
    ),
]


@dataclass(frozen=True)
class Link:
    """An entry as the page shows it."""

    entry: Entry
    url: str
    active: bool
    badge_url: str = ""


@cache
def address(url_name: str) -> str:
    """The path of a page; "" for one that this installation does not have."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def links(request: HttpRequest) -> list[Link]:
    """The entries this user may open, the one that holds the current page marked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    granted = set() if user.is_superuser else user.get_all_permissions()
    urls = [
        (entry, address(entry.url_name))
        for entry in ENTRIES
        if user.is_superuser or not entry.permission or entry.permission in granted
    ]
    open_url = max((url for _entry, url in urls if _holds(url, request.path)), key=len, default="")
    return [
        Link(entry, url, url == open_url, address(entry.badge) if entry.badge else "")
        for entry, url in urls
        if url
    ]


def _holds(url: str, path: str) -> bool:
    return bool(url) and (path == url or (url != "/" and path.startswith(url)))


def context(request: HttpRequest) -> dict[str, Callable[[], list[Link]]]:
    """Context processor: `navigation`, worked out once, and only by templates that show it."""
    return {"navigation": cache(partial(links, request))}
