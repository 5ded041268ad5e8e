"""The small words that stand between others, as the reader's language writes them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def labelled(label: object, value: object) -> str:
    """ "Status: open" 状态：未完成."""
    return _("%(label)s: %(value)s") % {"label": label, "value": value}


def listed(names: Iterable[object]) -> str:
    """ "Zhang Wei, Li Na" 张伟、李娜."""
    return pgettext("between the names of a list", ", ").join(str(name) for name in names)
