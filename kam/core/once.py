"""What many parts of one page ask the database for is asked once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Within, nothing is written: what `read` has read stays true to the end."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def read[Answer](key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer of `ask`; of an earlier one with this key while `reading`."""
    known = _known.get()
    if known is None:
        return ask()
    if key not in known:
        known[key] = ask()
    answer: Answer = known[key]
    return answer
