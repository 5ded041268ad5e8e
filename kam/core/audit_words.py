"""What the audit trail's actions, subjects and fields are called on pages.

An app names its own in its `ready()`; what nobody named shows as it is stored.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

_actions: dict[str, str | Promise] = {}
_fields: dict[str, str | Promise] = {}
_values: dict[str, list[Callable[[str], str]]] = {}
_concealed: dict[str, Collection[str]] = {}
CONCEALED = "••••••"


def register(
    actions: Words,
    fields: Words | None = None,
    values: Mapping[str, Callable[[str], str]] | None = None,
) -> None:
    """Name actions ("<app>.<noun>_<past participle>"), and changes that are no model's fields.

    values: of such a change, what makes words of a stored value; it leaves what it does not know.
    """
    _actions.update(actions)
    _fields.update(fields or {})
    for name, say in (values or {}).items():
        _values.setdefault(name, []).append(say)


def conceal(label: str, fields: Collection[str]) -> None:
    """These fields of a model are secret: the trail says that they changed, not what they hold."""
    _concealed[label] = fields


def action_choices() -> list[tuple[str, str | Promise]]:
    """Every named action, those of one app together."""
    return sorted(_actions.items())


def action(code: str) -> str:
    """The action in words."""
    return str(_actions.get(code, code))


def subject(label: str) -> str:
    """What kind of thing a model label stands for: "tiering.TierRun" is a recompute run."""
    model = _model(label)
    return capfirst(str(model._meta.verbose_name)) if model else label


def field(label: str, name: str) -> str:
    """What a changed field of a model is called."""
    verbose = getattr(_field(label, name), "verbose_name", None) or _fields.get(name, name)
    return capfirst(str(verbose))


def value(label: str, name: str, stored: object) -> str:
    """A stored value in words: a choice by its label, nothing as a dash."""
    if name in _concealed.get(label, ()):
        return CONCEALED
    if isinstance(stored, list | dict):
        return ", ".join(value(label, name, part) for part in stored) or "—"
    choices = dict(getattr(_field(label, name), "flatchoices", ()))
    text = str(choices.get(stored, stored))
    for say in _values.get(name, ()):
        text = say(text)
    return {"": "—", "None": "—", "True": gettext("yes"), "False": gettext("no")}.get(text, text)


def _field(label: str, name: str) -> Any:
    """The field of a model; None for a change that is no field's."""
    model = _model(label)
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _model(label: str) -> type[Model] | None:
    """The model of a label; None for one that this version no longer has."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


ACTIONS: Words = {
    "core.service_user_created": _("Service user made"),
    "core.token_issued": _("Token made"),
    "core.token_revoked": _("Token revoked"),
}
FIELDS: Words = {
    "created": _("created"),
    "updated": _("updated"),
    "roles": _("roles"),
    "since": _("since"),
    "until": _("until"),
}
