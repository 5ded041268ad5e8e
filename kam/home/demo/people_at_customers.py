"""Buying centres of the demo customers, and what was told to their people."""

from datetime import date, datetime, time, timedelta
from random import Random

from django.db.models import Q
from django.utils import timezone

from accounts.models import Attitude, Contact, Influence, OptOut, Segment
from accounts.services import opt_outs, secrets
from mailings import recipients
from mailings import services as mailings
from mailings.models import Delivery, Mailing
from staff.models import User

SEED = 41
ATTITUDES = [
    *[Attitude.SUPPORTER] * 4,
    *[Attitude.NEUTRAL] * 3,
    Attitude.CHAMPION,
    Attitude.SCEPTIC,
    Attitude.OPPONENT,
]
INFLUENCE = {"decision_maker": Influence.HIGH, "approver": Influence.HIGH, "user": Influence.LOW}
SENT = (
    "新一代产品发布通知",
    "{name}您好：\n\n新一代产品将于下月上市，样品可向客户经理预约。\n\n大客户部",
)
DRAFT = (
    "年度价格政策调整说明",
    "{name}您好：\n\n{company}下一年度的价格政策已更新，欢迎来电。\n\n大客户部",
)


def load(today: date, users: dict[str, User]) -> None:
    """Describe the buying centres; one notice that was sent, one in preparation, one opening."""
    _describe_contacts(today)
    director = users["wang.jun"]
    contact = Contact.objects.read_by(director).filter(Q(is_masked=True)).order_by("pk").first()
    if contact:
        secrets.open_contacts([contact.pk], reason="高层互访前确认联系方式", actor=director)
    gone = Contact.objects.exclude(email="").order_by("-pk").first()
    if gone:
        opt_outs.opt_out(gone.email, via=OptOut.Via.TOLD, actor=director)
    _send_notice(today, director)
    mailings.save_draft(
        subject=DRAFT[0],
        body=DRAFT[1],
        segment=Segment.objects.filter(owner=director).first(),
        buying_roles=["decision_maker", "buyer"],
        main_only=False,
        actor=director,
    )


def _describe_contacts(today: date) -> None:
    rng = Random(SEED)  # noqa: S311 - not a secret
    contacts = list(Contact.objects.select_related("account").order_by("pk"))
    for contact in contacts:
        contact.attitude = rng.choice(ATTITUDES)
        contact.influence = INFLUENCE.get(contact.buying_role, Influence.MEDIUM)
        if rng.random() < 0.8:
            contact.counterpart_id = contact.account.manager_id
        if rng.random() < 0.9:
            contact.last_touch_on = today - timedelta(days=int(rng.expovariate(1 / 35)))
    names = ["attitude", "influence", "counterpart", "last_touch_on"]
    Contact.objects.bulk_update(contacts, names, batch_size=500)


def _send_notice(today: date, author: User) -> None:
    """A notice of last week; its letters stand in the record and were never mailed."""
    at = timezone.make_aware(datetime.combine(today - timedelta(days=7), time(10)))
    mailing = Mailing.objects.create(
        subject=SENT[0],
        body=SENT[1],
        main_only=True,
        query="tier=strategic",
        segment_name="战略客户",
        created_by=author,
        created_at=at,
        status=Mailing.Status.SENT,
        started_at=at,
        finished_at=at,
    )
    Delivery.objects.bulk_create(
        Delivery(
            mailing=mailing,
            contact=contact,
            account_id=contact.account_id,
            name=contact.name,
            email=contact.email,
            email_key=contact.email.lower(),
            status=Delivery.Status.SENT,
            attempts=1,
            claimed_at=at,
            sent_at=at,
        )
        for contact in recipients.reachable(mailing)
    )
