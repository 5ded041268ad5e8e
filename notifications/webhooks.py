"""What other systems are told of: an app registers its webhook events in its `ready()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from accounts.models import Event

Payload = Callable[["Event"], dict[str, Any]]


@dataclass(frozen=True)
class Hook:
    """What an event of an account becomes outside: a name, and what its data say."""

    name: str
    label: str | Promise
    payload: Payload


_hooks: dict[str, list[Hook]] = defaultdict(list)


def register(name: str, *, label: str | Promise, event_kind: str, payload: Payload) -> None:
    """Send events of this kind to the endpoints that subscribed to `name` ("tier_changed").

    label: what people read beside the name. payload: `(event)` gives what JSON can hold, money as
    strings; docs/api/webhooks.md lists the members. It must not query: `event.account` is loaded,
    and there is none (`account_id` None) in what `services.send_without_account` sends. Several
    kinds may have one name.
    """
    if any(hook.name == name for hook in _hooks[event_kind]):
        raise ValueError(f"{event_kind} is sent as {name} already")
    _hooks[event_kind].append(Hook(name, label, payload))


def names() -> list[str]:
    """The names that endpoints may subscribe to, sorted."""
    return sorted({hook.name for hooks in _hooks.values() for hook in hooks})


def choices() -> list[tuple[str, str]]:
    """The names with what they mean, for a form."""
    labels = {hook.name: hook.label for hooks in _hooks.values() for hook in hooks}
    return [(name, f"{label} · {name}") for name, label in sorted(labels.items())]


def hooks_of(event_kind: str) -> list[Hook]:
    """What is sent of events of this kind."""
    return list(_hooks.get(event_kind, []))
