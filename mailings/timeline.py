"""What mailings say on the timeline of an account."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.timeline import register


def register_own() -> None:
    register("mailings.notice_sent", icon="mail", say=_sent)


def _sent(data: Mapping[str, Any]) -> str:
    return _("Notice sent: %(subject)s") % {"subject": data.get("subject", "")}
