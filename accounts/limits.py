"""Limits of this app that an approved policy sets.

The policy is kept above this app; who keeps it provides the limits in its `ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Limits:
    """silent_after_days: by tier, without a touch until a buying centre is a blind spot.

    export_rows: by kind of list, rows that one person may export in a month; a kind that is not
    named has what it was registered with.
    """

    silent_after_days: Mapping[str, int]
    export_rows: Mapping[str, int]


_sources: list[Callable[[date], Limits]] = []


def provide(source: Callable[[date], Limits]) -> None:
    """Say where the limits of a day are found."""
    _sources[:] = [source]


def in_force(on: date) -> Limits:
    """The limits that count on a day: one query."""
    return _sources[0](on)
