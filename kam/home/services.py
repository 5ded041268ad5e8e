"""What somebody decides about the items of their day."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.today import registered, row_of
from kam.home import notices, rules
from kam.home.models import TodayMark
from kam.home.today import Entry, within_reach
from notifications import services as notifications

if TYPE_CHECKING:
    from staff.models import User


@transaction.atomic
def tick(entry: Entry, *, actor: User) -> TodayMark | None:
    """Say that something is done: a mark in the list, or, without one, the work itself where its
    kind finishes it. What goes away by itself, when its cause does, is not ticked."""
    if entry.kind.finish:
        entry.kind.finish(row_of(entry.item.key), actor)
        return None
    if not entry.item.may_tick:
        raise RuleViolation("not_ticked", _("This goes away when its cause does; put it off."))
    if entry.given:
        given = TodayMark.objects.select_for_update(of=("self",)).get(pk=entry.given.pk)
        return _write(given, done_at=timezone.now(), by=actor, marked_at=timezone.now())
    return _mark(entry, actor, done_at=timezone.now())


def take_back(key: str, *, actor: User) -> None:
    """Undo the work that `tick` did. Refused: not_yours, by the service of its kind.

    ObjectDoesNotExist where the actor does not see it any more.
    """
    kind = registered().get(key.partition(":")[0])
    if kind is None or kind.take_back is None or not actor.has_perm(kind.permission):
        raise ObjectDoesNotExist
    kind.take_back(row_of(key), actor)


@transaction.atomic
def put_off(entry: Entry, *, until: date, actor: User) -> TodayMark:
    """Let something wait until a day; it comes back earlier when it becomes urgent."""
    if not rules.may_put_off(until, today=timezone.localdate()):
        message = _("Choose a day from tomorrow, within %(days)d days.")
        raise RuleViolation("put_off_day", message % {"days": rules.PUT_OFF_DAYS})
    return _mark(entry, actor, put_off_until=until)


@transaction.atomic
def hand_over(entry: Entry, *, to: User, note: str = "", actor: User) -> TodayMark:
    """Give one's own item to a colleague who sees the customer; it waits in their list."""
    if not entry.may_hand_over or to == actor:
        raise RuleViolation("not_handed_over", _("This cannot be handed over."))
    number = entry.item.account_number
    if not (to.is_active and within_reach(to, [entry])):
        message = _("%(person)s does not see this customer, or may not do this.")
        raise RuleViolation("not_theirs", message % {"person": to})
    marks = TodayMark.objects.filter(key=entry.item.key)
    marks.filter(user=to).delete()  # it is new to them
    marks.filter(user=actor).exclude(handed_to=to).delete()  # a new one, of which they are told
    mark = _mark(entry, actor, handed_to=to, note=note)
    audit.record(
        mark,
        "home.item_handed_over",
        actor=actor,
        changes={"handed_to": ["", str(to)], "account": ["", number]},
        reason=note,
    )
    _tell(mark, entry, to=to, actor=actor)
    return mark


@transaction.atomic
def give_back(entry: Entry, *, actor: User) -> None:
    """Return what one was handed: it waits again in the list it came from."""
    if not entry.given:
        raise RuleViolation("not_given", _("Nobody has handed this to you."))
    TodayMark.objects.filter(pk=entry.given.pk, handed_to=actor).delete()
    TodayMark.objects.filter(user=actor, key=entry.item.key).delete()


@transaction.atomic
def undo(mark_id: int, *, actor: User) -> None:
    """Take a mark back; the item waits again. What a colleague had done waits with them again.

    Only for whose list it is, or who made the mark; TodayMark.DoesNotExist else.
    """
    mine = TodayMark.objects.filter(Q(user=actor) | Q(by=actor))
    mark = mine.select_for_update(of=("self",)).get(pk=mark_id)
    notifications.settle(notices.HANDED_OVER, causes_begin=f"home.mark:{mark.pk}:")
    if mark.handed_to_id and mark.done_at and mark.by_id == actor.pk != mark.user_id:
        _write(mark, done_at=None, by=mark.user)
    else:
        mark.delete()


def _tell(mark: TodayMark, entry: Entry, *, to: User, actor: User) -> None:
    """Tell the receiver once, also when the form is sent twice."""
    notifications.notify(
        [to],
        notices.HANDED_OVER,
        cause=f"home.mark:{mark.pk}:",
        url=reverse("home:today"),
        data={"who": str(actor), "title": entry.item.title, "note": mark.note},
        account=Account.objects.get(account_number=entry.item.account_number),
    )


def purge(now: datetime) -> int:
    """Delete marks that do not count any more; how many."""
    deleted, _per_model = TodayMark.objects.lapsed(now).delete()
    return deleted


def _mark(entry: Entry, actor: User, **values: Any) -> TodayMark:
    """The one mark of this item in the actor's list."""
    nothing = {"done_at": None, "put_off_until": None, "handed_to": None, "note": ""}
    fields = nothing | values | {"urgency": entry.item.urgency, "by": actor}
    fields["marked_at"] = timezone.now()
    mark, _created = TodayMark.objects.update_or_create(
        user=actor, key=entry.item.key, defaults=fields
    )
    return mark


def _write(mark: TodayMark, **fields: Any) -> TodayMark:
    for name, value in fields.items():
        setattr(mark, name, value)
    mark.save(update_fields=list(fields))
    return mark
