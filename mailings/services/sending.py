"""Sending a mailing: one letter for one address, whoever and whatever stops in between.

A letter is claimed by a commit before it is handed over. So a run that is repeated, or one beside
it, takes only what nobody has begun; what was begun and never finished is not sent again but named.
Source: docs/policies/mailings.md section 2.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.core.mail import mailers
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import OptOut
from accounts.services import kept_live, record_event
from kam.core import audit
from kam.core.errors import RuleViolation
from mailings import letters, recipients
from mailings.models import Delivery, Mailing
from mailings.rules import LOST_AFTER, WAITS, Verdict, judge, said
from mailings.services.drafts import own_draft

if TYPE_CHECKING:
    from staff.models import User

logger = logging.getLogger(__name__)
Status = Delivery.Status
MOST_IN_A_RUN = 2000  # so that a run ends well before a worker's time limit


@transaction.atomic
def start_mailing(mailing_id: int, *, actor: User) -> int:
    """Write down the recipients and begin to send; how many there are.

    Refused: not_author, not_a_draft, no_recipients. Who commits tells a worker.
    """
    mailing = own_draft(mailing_id, actor=actor)
    kept_live(recipients.reachable(mailing).order_by().values_list("account", flat=True))
    created = Delivery.objects.bulk_create(
        [
            Delivery(
                mailing=mailing,
                contact=contact,
                account_id=contact.account_id,
                name=contact.name,
                email=contact.email,
                email_key=contact.email.lower(),
            )
            for contact in recipients.reachable(mailing)
        ],
        batch_size=2000,
    )
    if not created:
        raise RuleViolation("no_recipients", _("Nobody can be written to."))
    _move(mailing, Mailing.Status.SENDING, actor=actor, letters=len(created))
    return len(created)


@transaction.atomic
def stop_mailing(mailing_id: int, *, actor: User) -> Mailing:
    """Send no further letters; those that are out stay. Refused: not_sending."""
    mailing = _locked(mailing_id, Mailing.Status.SENDING)
    _move(mailing, Mailing.Status.STOPPED, actor=actor)
    return mailing


@transaction.atomic
def resume_mailing(mailing_id: int, *, actor: User) -> Mailing:
    """Go on with a stopped mailing. Refused: not_author, not_stopped."""
    mailing = _locked(mailing_id, Mailing.Status.STOPPED)
    if mailing.created_by_id != actor.pk:
        raise RuleViolation("not_author", _("Only the author may do that."))
    _move(mailing, Mailing.Status.SENDING, actor=actor)
    return mailing


@transaction.atomic
def send_again(delivery_id: int, *, actor: User) -> Delivery:
    """Try a letter once more that failed or of which nobody knows; a person decides that.

    Refused: not_author, not_to_repeat.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
    mailing = Mailing.objects.select_for_update(of=("self",)).get(pk=delivery.mailing_id)
    if mailing.created_by_id != actor.pk:
        raise RuleViolation("not_author", _("Only the author may do that."))
    if delivery.status not in (Status.FAILED, Status.UNCLEAR):
        raise RuleViolation("not_to_repeat", _("This letter is not to be repeated."))
    changes = {"delivery": delivery.pk, "status": [delivery.status, Status.WAITING]}
    _set(delivery, Status.WAITING, attempts=0, try_at=timezone.now(), error="")
    audit.record(mailing, "mailings.letter_repeated", actor=actor, changes=changes)
    if mailing.status == Mailing.Status.SENT:
        _move(mailing, Mailing.Status.SENDING, actor=actor)
    return delivery


def under_way() -> list[int]:
    """The mailings that have letters to send, the oldest first."""
    sending = Mailing.objects.filter(status=Mailing.Status.SENDING).order_by("started_at", "pk")
    return list(sending.values_list("pk", flat=True))


def deliver(mailing_id: int) -> int:
    """Send what is waiting; how many letters were handed over. May run twice, also at once."""
    _name_the_lost(mailing_id)
    sent = 0
    connection: Any = mailers["default"]
    try:
        connection.open()
        for _turn in range(MOST_IN_A_RUN):
            delivery = _claim(mailing_id)
            if delivery is None:
                break
            sent += _hand_over(delivery, connection)
    except OSError:  # no mail server: nothing is claimed, all wait
        logger.warning("Mailing %s waits: the mail server does not answer", mailing_id)
    finally:
        connection.close()
    _finish(mailing_id)
    return sent


@transaction.atomic
def _claim(mailing_id: int) -> Delivery | None:
    """The next letter, marked as begun; None when none is due or the mailing was stopped."""
    waiting = Delivery.objects.filter(
        mailing=mailing_id,
        mailing__status=Mailing.Status.SENDING,
        status=Status.WAITING,
        try_at__lte=timezone.now(),
    )
    written_off = OptOut.objects.filter(email_key=OuterRef("email_key"), ended_at=None)
    locked = waiting.select_related("mailing__created_by", "account", "contact")
    while delivery := (
        locked.annotate(wants_none=Exists(written_off))
        .order_by("pk")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    ):
        contact = delivery.contact
        if not (delivery.wants_none or contact is None or contact.has_left):
            _set(delivery, Status.SENDING, attempts=delivery.attempts + 1, claimed_at=_now())
            return delivery
        _set(delivery, Status.LEFT_OUT, error=_left_out(delivery))
    return None


def _left_out(delivery: Any) -> str:
    return _("wants no mailings") if delivery.wants_none else _("is not there any more")


def _hand_over(delivery: Delivery, connection: Any) -> bool:
    """Give a claimed letter to the mail server and write down what came of it."""
    try:
        connection.send_messages([letters.of(delivery)])
    except Exception as error:
        _note_error(delivery, error)
        connection.close()
        connection.open()
        return False
    _done(delivery, Status.SENT, sent_at=_now(), error="")
    return True


def _note_error(delivery: Delivery, error: Exception) -> None:
    verdict = judge(error)
    text = said(error, masking=delivery.email)[:300]
    if verdict is Verdict.TRY_AGAIN and delivery.attempts <= len(WAITS):
        wait = WAITS[delivery.attempts - 1]
        _done(delivery, Status.WAITING, try_at=_now() + wait, error=text)
    elif verdict is Verdict.UNCLEAR:
        _done(delivery, Status.UNCLEAR, error=text)
    else:
        _done(delivery, Status.FAILED, error=text)


def _done(delivery: Delivery, status: str, **values: Any) -> None:
    """What came of a letter, if nobody took it out of our hands meanwhile."""
    mine = Delivery.objects.filter(pk=delivery.pk, claimed_at=delivery.claimed_at)
    mine.filter(status__in=[Status.SENDING, Status.UNCLEAR]).update(status=status, **values)


def _name_the_lost(mailing_id: int) -> None:
    lost = Delivery.objects.filter(
        mailing=mailing_id, status=Status.SENDING, claimed_at__lt=_now() - LOST_AFTER
    )
    lost.update(status=Status.UNCLEAR, error=_("The worker died while it was being sent."))


@transaction.atomic
def _finish(mailing_id: int) -> None:
    """Close a mailing with no open letters and tell the accounts, once."""
    mailing = Mailing.objects.select_for_update(of=("self",)).get(pk=mailing_id)
    letters_of = Delivery.objects.filter(mailing=mailing)
    if (
        mailing.status != Mailing.Status.SENDING
        or letters_of.filter(status__in=Delivery.OPEN).exists()
    ):
        return
    since = mailing.finished_at  # it was finished before: a letter was repeated
    told = letters_of.filter(status=Status.SENT)
    if since:
        told = told.filter(sent_at__gt=since)
    accounts = told.order_by("account").values_list("account", flat=True).distinct()
    data = {"subject": mailing.subject, "mailing": mailing.pk}
    record_event(accounts, "mailings.notice_sent", actor=mailing.created_by, data=data)
    _move(mailing, Mailing.Status.SENT, actor=None)


def _move(mailing: Mailing, status: str, *, actor: User | None, **changes: Any) -> None:
    told = {"status": [mailing.status, str(status)], **changes}
    mailing.status = Mailing.Status(status)
    mailing.started_at = mailing.started_at or _now()
    if status == Mailing.Status.SENT:
        mailing.finished_at = _now()
    mailing.save(update_fields=["status", "started_at", "finished_at"])
    audit.record(mailing, f"mailings.mailing_{_VERBS[mailing.status]}", actor=actor, changes=told)


_VERBS = {"sending": "started", "stopped": "stopped", "sent": "finished"}


def _locked(mailing_id: int, status: str) -> Mailing:
    mailing = Mailing.objects.select_for_update(of=("self",)).get(pk=mailing_id)
    if mailing.status != status:
        message = _("This mailing is: %(status)s.") % {"status": mailing.get_status_display()}
        raise RuleViolation(f"not_{status}", message)
    return mailing


def _set(delivery: Delivery, status: str, **values: Any) -> None:
    for name, value in {"status": status, **values}.items():
        setattr(delivery, name, value)
    delivery.save(update_fields=["status", *values])


def _now() -> Any:
    return timezone.now()
