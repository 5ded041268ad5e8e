"""The grade of a customer that counts: docs/policies/credit.md sections 3.6 and 6.2."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from credit.models import CreditLine, CreditParty, Rating


def grade_that_counts(
    account_id: int,
    *,
    lines: Mapping[int, CreditLine],
    ratings: Mapping[int, Rating],
    head: int | None,
) -> str | None:
    """The grade given last: by a rating that counts, or when the account's own line was asked for.

    lines: those in force, with `rated_at`. ratings: of `counting_ratings`. head: of the group of
    the account, whose grade counts where the account has neither a line nor a rating.
    """
    line, rating = lines.get(account_id), ratings.get(account_id)
    if rating and not (line and line.rating and line.rated_at > rating.rated_at):
        return rating.grade
    if line:
        return line.rating or None
    return grade_that_counts(head, lines=lines, ratings=ratings, head=None) if head else None


def counting_ratings(account_ids: Collection[int], on: date) -> dict[int, Rating]:
    """The latest rating of accounts that counts, as of a day.

    One that could not rate says nothing and leaves the grade before it.
    """
    counting = Rating.objects.filter(account__in=account_ids, counts=True).exclude(grade="")
    return {each.account_id: each for each in counting.latest_on(on)}


def grades(account_ids: Collection[int], on: date) -> dict[int, str]:
    """The grades of accounts that count on a day; who has none is left out. Three queries."""
    grouped = CreditParty.objects.filter(pk__in=account_ids).exclude(group=None)
    heads: dict[int, int | None] = dict(grouped.values_list("pk", "group_id"))
    wanted = {*account_ids, *filter(None, heads.values())}
    lines = CreditLine.objects.filter(account__in=wanted).in_force(on).with_rated_at()
    by_account = {line.account_id: line for line in lines}
    ratings = counting_ratings(wanted, on)
    found = (
        (pk, grade_that_counts(pk, lines=by_account, ratings=ratings, head=heads.get(pk)))
        for pk in account_ids
    )
    return {pk: grade for pk, grade in found if grade}
