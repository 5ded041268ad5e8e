"""Pages of the account list by keyset, from any archive size at the same cost.

docs/adr/0004-account-search.md says why, with the measurements.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.db.models import F, Func
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext_lazy as _

from accounts.models import REVIEW_DUE, TIER_RANK, Account, Tier

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import AccountQuerySet

PAGE_SIZE = 50
# One account of 64, drawn by lot, or of a great archive this many. 51 matches of 64th parts mean
# some 3,300 in all: fewer are collected and sorted, more are met soon enough along an index.
SCATTER_END = 2**32
SAMPLE = SCATTER_END // 64
SAMPLE_ROWS = 2_000
FEW = 500
# A filter that leaves no more than this leaves a search no more to collect.
SMALL = 3_500
# Filters that have an index of their own in the order of names, with all that others look at.
# Following the narrowest of them takes no look at the table, so it is never worth a question.
FOLLOWED = {"tier", "manager", "region", "industry"}
BY_NAME = {"name", "-name"}


class Way(StrEnum):
    """How the rows of a page are come by."""

    ALONG_INDEX = "i"  # many accounts: along the index of the sort key until the page is full
    COLLECTED = "c"  # few: all matches through the filters' indexes, then sorted
    SCATTERED = "s"  # a search that finds many: along `scatter`, in no order people know


class Row(NamedTuple):
    """What the list shows of an account and is sorted by. Models would cost as much again."""

    pk: int
    account_number: str
    name: str
    tier: str
    name_sort: str
    scatter: int
    updated_at: datetime
    review_due_on: date | None
    manager__username: str | None
    manager__full_name: str | None
    industry__name: str | None
    region__name: str | None


@dataclass(frozen=True)
class Sort:
    """An order of the list: its keys in SQL and the same of a row, the id left out."""

    label: str | Promise
    keys: tuple[Combinable, ...]
    values: Callable[[Row], Sequence[Any]]
    types: tuple[Callable[[Any], Any], ...] = (str,)


_TIERS = [Tier.STRATEGIC, Tier.KEY, Tier.ORDINARY]
SORTS = {
    "name": Sort(_("Name"), (F("name_sort"),), lambda a: [a.name_sort]),
    "number": Sort(_("Number"), (F("account_number"),), lambda a: [a.account_number]),
    "tier": Sort(
        _("Tier"),
        (TIER_RANK, F("name_sort")),
        lambda a: [_TIERS.index(Tier(a.tier)), a.name_sort],
        (int, str),
    ),
    "updated": Sort(
        _("Last change"),
        (F("updated_at"),),
        lambda a: [a.updated_at.isoformat()],
        (datetime.fromisoformat,),
    ),
    "review": Sort(
        _("Review due"),
        (REVIEW_DUE,),
        lambda a: [(a.review_due_on or date.max).isoformat()],
        (date.fromisoformat,),
    ),
}
_SCATTER = Sort("", (F("scatter"),), lambda a: [a.scatter], (int,))


@dataclass(frozen=True)
class Cursor:
    """Where a page ends and the next begins: the sort key and id of the row beside it."""

    way: Way
    backward: bool
    values: tuple[Any, ...]

    def encode(self) -> str:
        text = json.dumps([self.way, int(self.backward), *self.values], ensure_ascii=False)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *, sort: Sort) -> Self | None:
        """The cursor in a URL; None when it is none, or none of this sort."""
        try:
            padded = text + "=" * (-len(text) % 4)
            way, backward, *values = json.loads(base64.urlsafe_b64decode(padded))
            order = _SCATTER if Way(way) is Way.SCATTERED else sort
            kinds: list[Callable[[Any], Any]] = [*order.types, int]
            parsed = tuple(kind(value) for kind, value in zip(kinds, values, strict=True))
        except (binascii.Error, ValueError, TypeError, OverflowError):
            return None
        if any(isinstance(value, str) and "\x00" in value for value in parsed):
            return None
        return cls(Way(way), bool(backward), parsed)


@dataclass(frozen=True)
class Page:
    """Some rows of the list and the way to those before and after."""

    rows: list[Row] = field(default_factory=list)
    next: str = ""
    previous: str = ""
    is_unsorted: bool = False  # a search found too many to sort


def page(
    accounts: AccountQuerySet,
    *,
    search: str,
    order: str,
    cursor: str,
    narrowed_by: Mapping[str, Any],
    sees_all: bool,
) -> Page:
    """One page of the accounts that a search finds among `accounts`; "" finds all.

    `order` is a key of SORTS, "-" before it for the reverse. `narrowed_by`: the filters that
    leave out some accounts, with their values; `sees_all`: not just those of one manager or team
    are in question.
    """
    sort, reverse = SORTS[order.removeprefix("-")], order.startswith("-")
    at = Cursor.decode(cursor, sort=sort) if cursor else None
    matches = accounts.containing(search)
    if at:
        way = at.way
    elif sees_all:
        way = _way(accounts, matches, search, narrowed_by=narrowed_by, by_name=order in BY_NAME)
    else:
        way = Way.COLLECTED
    if way is Way.SCATTERED:
        sort, reverse = _SCATTER, False
    keys = plain = [*sort.keys, F("pk")]
    if way is Way.COLLECTED:
        keys = [*map(_unindexed, sort.keys), F("pk")]
        if sees_all:
            matches = _collected(accounts, search, narrowed_by)
    backward = at.backward if at else False
    descending = reverse != backward
    if at:
        compare = TupleLessThan if descending else TupleGreaterThan
        matches = matches.filter(compare(Tuple(*keys), at.values))
    found = matches.order_by(*_directed(keys, descending=descending)).values("pk")[: PAGE_SIZE + 1]
    shown = Account.objects.filter(pk__in=found).order_by(*_directed(plain, descending=descending))
    rows = [Row(*values) for values in shown.values_list(*Row._fields)]
    return _page(rows, sort=sort, way=way, backward=backward, is_first=at is None)


def _way(
    accounts: AccountQuerySet,
    matches: AccountQuerySet,
    search: str,
    *,
    narrowed_by: Mapping[str, Any],
    by_name: bool,
) -> Way:
    is_followed = not FOLLOWED.isdisjoint(narrowed_by)
    if not search and (not narrowed_by or (by_name and is_followed)):
        return Way.ALONG_INDEX
    if search and is_followed and _left(_Asked(narrowed_by, accounts)) <= SMALL:
        return Way.COLLECTED
    end = min(SAMPLE, _end_of_sample(int(time.time()) // 3600))
    many = math.ceil((PAGE_SIZE + 1) * end / SAMPLE)
    sample = matches.filter(scatter__lt=end).order_by("scatter", "pk").values_list("pk")
    if len(sample[:many]) < many:
        return Way.COLLECTED
    return Way.SCATTERED if search else Way.ALONG_INDEX


class _Asked:
    """Filters and what they leave; equal to others by the filters, and for an hour."""

    def __init__(self, narrowed_by: Mapping[str, Any], accounts: AccountQuerySet) -> None:
        self.accounts = accounts
        self._key = (int(time.time()) // 3600, frozenset(narrowed_by.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=256)
def _left(asked: _Asked) -> int:
    """How many accounts filters leave, whatever is searched among them; no more than some are
    counted, and once an hour."""
    return asked.accounts.values_list("pk")[: SMALL + 1].count()


@lru_cache(maxsize=1)
def _end_of_sample(_hour: int) -> int:
    """Where `scatter` has met SAMPLE_ROWS accounts; asked once an hour."""
    places = Account.objects.order_by("scatter", "pk").values_list("scatter", flat=True)
    return next(iter(places[SAMPLE_ROWS : SAMPLE_ROWS + 1]), SCATTER_END)


def _collected(
    accounts: AccountQuerySet, search: str, narrowed_by: Mapping[str, Any]
) -> AccountQuerySet:
    """All that match, by grams; where filters leave few, these are read instead."""
    is_followed = not FOLLOWED.isdisjoint(narrowed_by)
    if search and is_followed and _left(_Asked(narrowed_by, accounts)) <= FEW:
        # No limit that is met, but one that keeps the planner from reading more than the few.
        few = accounts.order_by().values("pk")[:SCATTER_END]
        return Account.objects.filter(pk__in=few).containing(search)
    return accounts.search(search)


def _unindexed(key: Combinable) -> Func:
    """The same value in a form that no index has: the planner may not walk along one for it."""
    return Func(key, key, function="COALESCE")


def _directed(keys: list[Any], *, descending: bool) -> list[OrderBy]:
    return [OrderBy(key, descending=descending) for key in keys]


def _page(rows: list[Row], *, sort: Sort, way: Way, backward: bool, is_first: bool) -> Page:
    has_more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    if backward:
        rows.reverse()

    def beside(row: Row, *, backward: bool) -> str:
        return Cursor(way, backward, (*sort.values(row), row.pk)).encode()

    has_next, has_previous = (True, has_more) if backward else (has_more, not is_first)
    return Page(
        rows=rows,
        next=beside(rows[-1], backward=False) if rows and has_next else "",
        previous=beside(rows[0], backward=True) if rows and has_previous else "",
        is_unsorted=way is Way.SCATTERED,
    )
