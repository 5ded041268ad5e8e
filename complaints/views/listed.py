"""The rows of the list of complaints as text: a template that has only to copy is quick."""

from __future__ import annotations

import html
from collections.abc import Iterable
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


def rows(listed: Iterable[Row]) -> list[dict[str, Any]]:
    """What the list shows of each, escaped."""
    channels = {code: str(label) for code, label in words.CHANNELS.items()}
    categories = {code: str(label) for code, label in words.CATEGORIES.items()}
    now, late = timezone.now(), _("late")
    return [
        {
            "url": _address("complaints:complaint", row.complaint_number),
            "title": _title(row.title),
            "about": _cell(
                f"{row.complaint_number} · {channels[row.channel]}"
                f" · {categories.get(row.category, row.category)}"
            ),
            "account": _cell(row.account__name or ""),
            "account_url": _address("accounts:detail", row.account__account_number or ""),
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
        for row in listed
    ]


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
