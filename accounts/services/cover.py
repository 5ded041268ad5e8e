"""Who looks after the accounts of somebody on leave 代管, from day to day (A10).

Source: docs/policies/handover.md section 4.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.handover_listeners import cover_changed
from accounts.models import Cover
from accounts.services.handover import may_direct, may_take
from approvals import services as approvals
from kam.core import audit
from kam.core.errors import RuleViolation
from staff.models import User


@transaction.atomic
def propose_cover(
    *,
    person: User,
    cover: User,
    since: date,
    until: date,
    actor: User,
    reason: str = "",
    signs_too: bool = False,
) -> Cover:
    """Ask somebody to look after a person's accounts on the days [since, until).

    The person proposes it, or their director where they cannot; either signs their side with it.
    signs_too: the cover is their deputy in approvals as well, by the person's own word only.
    Refused: authority, same_person, not_staff, span, overlap, own_word, two_sides.
    """
    own = actor.pk == person.pk
    if not own and not may_direct(actor, person):
        message = _("You may not direct a handover of %(user)s.") % {"user": person}
        raise RuleViolation("authority", message)
    if signs_too and not own:
        message = _("The power to sign is lent by %(user)s alone.") % {"user": person}
        raise RuleViolation("own_word", message)
    _refuse_unfit(person, cover, actor)
    if since >= until or until <= timezone.localdate():
        raise RuleViolation("span", _("The last day lies before the first one or in the past."))
    _refuse_overlap(person, since, until)
    named = Cover.objects.create(
        person=person,
        cover=cover,
        since=since,
        until=until,
        reason=reason.strip(),
        signs_too=signs_too,
        proposed_by=actor,
        person_signed_by=actor,
        person_signed_at=timezone.now(),
    )
    span = {"person": str(person), "cover": str(cover), "since": str(since), "until": str(until)}
    audit.record(named, "accounts.cover_proposed", actor=actor, changes=span, reason=reason)
    cover_changed(named, "proposed", actor)
    return named


@transaction.atomic
def accept_cover(cover_id: int, *, actor: User) -> Cover:
    """Sign as the one who covers; it is in force on its days from now on.

    Refused: not_your_turn, closed.
    """
    named = _locked(cover_id)
    if actor.pk != named.cover_id or named.cover_signed_at:
        raise RuleViolation("not_your_turn", _("This does not wait for your signature."))
    named.cover_signed_at = timezone.now()
    if named.signs_too:
        named.deputy = approvals.name_deputy(
            deputy=actor, since=named.since, until=named.until, actor=named.person
        )
    named.save(update_fields=["cover_signed_at", "deputy"])
    audit.record(named, "accounts.cover_accepted", actor=actor)
    cover_changed(named, "accepted", actor)
    return named


@transaction.atomic
def end_cover(cover_id: int, *, actor: User) -> Cover:
    """End a cover from today on, or turn it down: either side, or the person's director.

    Refused: authority, closed.
    """
    named = _locked(cover_id)
    sides = (named.person_id, named.cover_id)
    if actor.pk not in sides and not may_direct(actor, named.person):
        raise RuleViolation("authority", _("Only the two sides may end this."))
    _end(named, actor=actor)
    return named


@transaction.atomic
def pass_on_covers(
    cover_ids: Collection[int], *, giver: User, to: User, actor: User, reason: str
) -> None:
    """Let `to` cover where the giver does; for the giver themselves nobody covers any more.

    The power to sign does not pass on.
    """
    sides = Q(person=giver) | Q(cover=giver)
    found = Cover.objects.filter(sides, pk__in=cover_ids, until__gt=timezone.localdate())
    for pk in found.order_by("pk").values_list("pk", flat=True):
        named = _locked(pk)
        if giver.pk == named.person_id or to.pk == named.person_id:
            _end(named, actor=actor, reason=reason)
            continue
        _end_deputy(named, actor=actor, reason=reason)
        changes = {"cover": [str(giver), str(to)]}
        named.cover, named.signs_too, named.deputy = to, False, None
        named.save(update_fields=["cover", "signs_too", "deputy"])
        audit.record(named, "accounts.cover_passed_on", actor=actor, changes=changes, reason=reason)
        cover_changed(named, "proposed", actor)


def covers_of(person: User) -> list[Cover]:
    """Covers not over yet on either side of which this person stands."""
    sides = Q(person=person) | Q(cover=person)
    found = Cover.objects.filter(sides, until__gt=timezone.localdate())
    return list(found.exclude(until=F("since")).select_related("person", "cover").order_by("pk"))


def _end(named: Cover, *, actor: User, reason: str = "") -> None:
    until = max(timezone.localdate(), named.since) if named.cover_signed_at else named.since
    changes = {"until": [str(named.until), str(until)]}
    named.until, named.ended_by = until, actor
    named.save(update_fields=["until", "ended_by"])
    audit.record(named, "accounts.cover_ended", actor=actor, changes=changes, reason=reason)
    cover_changed(named, "ended", actor)
    _end_deputy(named, actor=actor, reason=reason)


def _end_deputy(named: Cover, *, actor: User, reason: str) -> None:
    if named.deputy_id:
        approvals.end_deputies(
            [named.deputy_id], person=named.person, actor=actor, reason=reason or str(named)
        )


def _locked(cover_id: int) -> Cover:
    covers = Cover.objects.select_for_update(of=("self",)).select_related("person", "cover")
    named = covers.get(pk=cover_id)
    if named.state_on(timezone.localdate()) == "over":
        raise RuleViolation("closed", _("This is over already."))
    return named


def _refuse_unfit(person: User, cover: User, actor: User) -> None:
    if cover.pk == person.pk:
        raise RuleViolation("same_person", _("Somebody else covers."))
    if not may_take(cover):
        message = _("%(user)s cannot take this over.") % {"user": cover}
        raise RuleViolation("not_staff", message)
    if cover.pk == actor.pk:
        message = _("Who covers does not sign for the other side as well.")
        raise RuleViolation("two_sides", message)


def _refuse_overlap(person: User, since: date, until: date) -> None:
    """One cover at a time; who proposes at the same time waits for the person's row."""
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if Cover.objects.filter(person=person, since__lt=until, until__gt=since).exists():
        message = _("%(user)s has a cover on some of these days already.")
        raise RuleViolation("overlap", message % {"user": person})
