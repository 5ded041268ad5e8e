"""The rows of the list of complaints as text: fifty of them took the template long."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from complaints import words
from complaints.models import Complaint, deadline_of
from complaints.paging import Row

LONGEST_TITLE = 60
_badges: dict[tuple[Any, ...], SafeString] = {}
_ROW = """<tr>
<td><a href="{url}" hx-boost="false">{title}</a><div class="text-secondary">{about}</div></td>
<td data-label="{account_label}">{account}</td>
<td data-label="{severity_label}">{severity}</td>
<td data-label="{status_label}">{status}</td>
<td class="text-nowrap {deadline_css}" data-label="{deadline_label}">{deadline}</td>
<td data-label="{assignee_label}">{assignee}</td>
<td class="text-nowrap" data-label="{received_label}">{received}</td>
</tr>"""


def rows(listed: Iterable[Row]) -> SafeString:
    """The rows of the table."""
    labels = {
        "account_label": _cell(_("Account")),
        "severity_label": _cell(_("Severity")),
        "status_label": _cell(_("Status")),
        "deadline_label": _cell(_("Deadline")),
        "assignee_label": _cell(_("Who solves it")),
        "received_label": _cell(_("Received")),
    }
    return SafeString("\n".join(_ROW.format_map(labels | row) for row in _shown(listed)))


def _shown(listed: Iterable[Row]) -> Iterator[dict[str, SafeString]]:
    """What the list shows of each, escaped."""
    channels = {code: str(label) for code, label in words.CHANNELS.items()}
    categories = {code: str(label) for code, label in words.CATEGORIES.items()}
    now, late, unknown = timezone.now(), _("late"), _cell(_("not known"))
    for row in listed:
        yield {
            "url": _address("complaints:complaint", row.complaint_number),
            "title": _title(row.title),
            "about": _cell(
                f"{row.complaint_number} · {channels[row.channel]}"
                f" · {categories.get(row.category, row.category)}"
            ),
            "account": _account(row, unknown),
            "severity": _badge("severity", severity=row.severity),
            "status": _badge(
                "status",
                status=row.status,
                closed_at=row.closed_at is not None,
                resolved_at=row.resolved_at is not None,
                waiting_since=row.waiting_since is not None,
                escalation_level=row.escalation_level > 0,
                imported=row.imported,
            ),
            **_deadline(row, now, late),
            "assignee": _cell(row.assignee__full_name or row.assignee__username or "—"),
            "received": _moment(row.received_at),
        }


def _account(row: Row, unknown: str) -> SafeString:
    if not row.account__account_number:
        return SafeString(f'<span class="text-secondary">{unknown}</span>')
    url = _address("accounts:detail", row.account__account_number)
    return SafeString(f'<a href="{url}" hx-boost="false">{_cell(row.account__name or "")}</a>')


def _badge(name: str, **looks: Any) -> SafeString:
    """A badge; drawn once for all complaints that look the same in a language."""
    key = (get_language(), name, *looks.values())
    if key not in _badges:
        complaint = Complaint(**looks)
        _badges[key] = render_to_string(f"complaints/{name}.html", {"complaint": complaint})
    return _badges[key]


def _deadline(row: Row, now: datetime, late: str) -> dict[str, SafeString]:
    deadline = deadline_of(row)
    if deadline is None:
        return {"deadline": SafeString("—"), "deadline_css": SafeString("text-secondary")}
    if deadline >= now:
        return {"deadline": _moment(deadline), "deadline_css": SafeString("")}
    text = f"{_moment(deadline)} · {late}"
    return {"deadline": _cell(text), "deadline_css": SafeString("text-danger")}


def _title(title: str) -> SafeString:
    short = title if len(title) <= LONGEST_TITLE else Truncator(title).chars(LONGEST_TITLE)
    return _cell(short)


def _moment(at: datetime) -> SafeString:
    return SafeString(timezone.localtime(at).isoformat(" ", "minutes")[:16])


def _cell(text: str) -> SafeString:
    return SafeString(html.escape(text))


def _address(name: str, number: str) -> SafeString:
    return SafeString(_address_of(name) % quote(number, safe=""))


@cache
def _address_of(name: str) -> str:
    """The address of something's page with %s for its number."""
    return reverse(name, args=["X"]).replace("X", "%s")
