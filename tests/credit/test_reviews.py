"""The half-yearly review: opened once, frozen, signed by five, in force after the last."""

import smtplib
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services as approvals
from approvals.models import Deputy, Request
from credit import tasks
from credit.models import CreditLine, LineProposal, Review, ReviewCampaign
from credit.services import campaigns, lines, reviews
from kam.core.errors import RuleViolation
from kam.core.today import registered
from tests.credit.documents import make_invoice
from tests.credit.lines import make_line
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


@pytest.fixture
def floyd(db):
    return make_user("floyd", "finance", full_name="Floyd")


@pytest.fixture
def signers(diana, fiona, gm):
    """Sales, finance and legal, then the deputy general manager, then the general manager."""
    lena = make_user("lena", "legal", full_name="Lena")
    return diana, fiona, lena, make_user("dora", "deputy_gm", full_name="Dora"), gm


@pytest.fixture
def review(k1, gm):
    """The review of a line of 1,000 for 30 days."""
    make_line(k1, approved_by=gm)
    return campaigns.open_campaign(on=today(), actor=None).reviews.get()


def request_of(review):
    review.refresh_from_db()
    return Request.objects.of(review.proposal).get()


def sign(review, *people, decision="approve", comment=""):
    for person in people:
        request = request_of(review)
        approvals.sign(
            request.pk, actor=person, decision=decision, comment=comment, seen=request.digest
        )


def limit_of(account):
    return lines.in_force(account.pk, today()).limit


# --- opening


@pytest.mark.parametrize(
    ("on", "opened"),
    [(date(2026, 5, 30), 0), (date(2026, 5, 31), 1), (date(2026, 6, 30), 1), (date(2026, 7, 1), 0)],
)
def test_a_campaign_opens_by_itself_thirty_days_before_it_is_due(k1, gm, on, opened):
    make_line(k1, approved_by=gm)

    assert campaigns.open_due(on) == opened

    assert ReviewCampaign.objects.count() == opened
    assert campaigns.open_due(on) == 0


def test_opened_again_it_takes_in_only_who_came_since(review, gm, fiona):
    make_invoice(review.account, 500)
    later = make_account()
    make_line(later, approved_by=gm)

    campaign = campaigns.open_campaign(on=today(), actor=fiona)

    assert campaign == review.campaign
    assert set(campaign.reviews.values_list("account", flat=True)) == {review.account_id, later.pk}
    review.refresh_from_db()
    assert review.figures["exposure"] == "0"  # frozen: the invoice came afterwards


def test_who_has_no_credit_is_not_reviewed(gm):
    make_line(make_account(), approved_by=gm, limit=0)
    make_line(make_account(), approved_by=gm, valid_until=today() - timedelta(days=1))
    make_line(make_account(), approved_by=gm, valid_from=today() + timedelta(days=1))

    assert campaigns.open_campaign(on=today(), actor=None).reviews.count() == 0


def test_the_figures_are_frozen_and_a_bad_payer_is_proposed_nothing(k1, gm):
    make_line(k1, approved_by=gm, rating="A")
    due = today() - timedelta(days=90)
    make_invoice(k1, 400, issued_on=due, due_on=due)

    review = campaigns.open_campaign(on=today(), actor=None).reviews.get()

    assert review.figures["exposure"] == "400.0000"
    assert (review.figures["overdue"], review.figures["overdue_days"]) == ("400.0000", 90)
    assert (review.rating_before, review.proposed_limit) == ("A", 0)
    assert review.code == "cut_to_nothing"


def test_the_number_of_queries_does_not_grow_with_the_customers(gm):
    def queries(customers):
        for _ in range(customers):
            make_line(make_account(), approved_by=gm)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            campaigns.open_campaign(on=today(), actor=None)
        return len(caught)

    queries(1)

    assert queries(10) == queries(1)


# --- signatures


def test_only_the_last_signature_puts_the_line_in_force(review, floyd, signers):
    reviews.submit(review.pk, actor=floyd)

    sign(review, *signers[:4])
    assert CreditLine.objects.count() == 1
    sign(review, signers[4])

    line = lines.in_force(review.account_id, today())
    review.refresh_from_db()
    assert (review.status, line.proposal) == ("approved", review.proposal)
    assert (line.limit, line.approved_by, line.valid_from) == (1000, signers[4], today())


def test_the_stages_come_in_order(review, floyd, signers):
    diana, fiona, lena, dora, gm = signers
    reviews.submit(review.pk, actor=floyd)

    assert code_of(sign, review, dora) == "not_your_turn"
    sign(review, lena, fiona)
    assert code_of(sign, review, gm) == "not_your_turn"
    sign(review, diana, dora)
    assert limit_of(review.account) == 1000


def test_a_cut_needs_no_committee_and_a_raise_its_every_member(review, floyd, signers):
    carla, carlo = (make_user(name, "credit_committee") for name in ("carla", "carlo"))
    reviews.change_proposal(
        review.pk, limit=Decimal(2000), terms_days=30, rating="A", comment="Grows", actor=floyd
    )
    reviews.submit(review.pk, actor=floyd)
    assert request_of(review).kind == reviews.RAISE

    sign(review, *signers[:3])
    assert code_of(sign, review, signers[3]) == "not_your_turn"
    sign(review, carla)
    assert code_of(sign, review, signers[3]) == "not_your_turn"
    sign(review, carlo, *signers[3:])

    line = lines.in_force(review.account_id, today())
    assert (line.limit, line.rating) == (2000, "A")


@pytest.mark.parametrize(
    ("limit", "days", "kind"),
    [("1000", 30, "KEEP"), ("1000.0001", 30, "RAISE"), ("999", 30, "KEEP"), ("1000", 31, "RAISE")],
)
def test_more_credit_takes_the_route_with_the_committee(review, floyd, signers, limit, days, kind):
    make_user("carla", "credit_committee")
    reviews.change_proposal(
        review.pk, limit=Decimal(limit), terms_days=days, rating="", comment="x", actor=floyd
    )

    reviews.submit(review.pk, actor=floyd)

    assert request_of(review).kind == getattr(reviews, kind)


def test_who_changed_a_proposal_submits_it_and_never_signs_it(review, fiona, floyd, signers):
    reviews.change_proposal(
        review.pk, limit=Decimal(500), terms_days=30, rating="", comment="Careful", actor=fiona
    )

    assert code_of(reviews.submit, review.pk, actor=floyd) == "changed_by_another"
    reviews.submit(review.pk, actor=fiona)
    assert code_of(sign, review, fiona) == "own_request"
    sign(review, signers[0], floyd, *signers[2:])
    assert limit_of(review.account) == 500


def test_a_change_needs_a_reason_and_a_review_in_preparation(review, floyd, signers):
    change = {"limit": Decimal(1), "terms_days": 1, "rating": "", "actor": floyd}
    assert code_of(reviews.change_proposal, review.pk, comment=" ", **change) == "reason_required"

    reviews.submit(review.pk, actor=floyd)

    assert (
        code_of(reviews.change_proposal, review.pk, comment="x", **change) == "not_in_preparation"
    )
    assert code_of(reviews.submit, review.pk, actor=floyd) == "not_in_preparation"


def test_a_rejected_review_can_be_submitted_again(review, floyd, signers):
    reviews.submit(review.pk, actor=floyd)
    sign(review, signers[0], decision="reject", comment="Look at the orders first")
    review.refresh_from_db()
    assert review.status == "not_approved"

    reviews.submit(review.pk, actor=floyd)
    sign(review, *signers)

    review.refresh_from_db()
    assert (review.status, CreditLine.objects.count()) == ("approved", 2)


def test_a_review_does_not_pass_a_line_that_was_cut_meanwhile(review, floyd, signers, gm):
    reviews.submit(review.pk, actor=floyd)
    sign(review, *signers[:4])
    review.refresh_from_db()
    figures = {**review.proposal.figures, "line": None}
    LineProposal.objects.filter(pk=review.proposal_id).update(figures=figures)

    assert code_of(sign, review, signers[4]) == "stale"
    assert limit_of(review.account) == 1000


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-06-10T09:00+08:00", date(2027, 1, 30)), ("2026-12-10T09:00+08:00", date(2027, 7, 30))],
)
def test_a_line_is_renewed_through_the_grace_of_the_next_review(k1, gm, floyd, signers, now, until):
    with time_machine.travel(now, tick=False):
        make_line(k1, approved_by=gm, valid_until=today() + timedelta(days=9))
        review = campaigns.open_campaign(on=today(), actor=None).reviews.get()
        reviews.submit(review.pk, actor=floyd)
        sign(review, *signers)

        assert lines.in_force(k1.pk, today()).valid_until == until


@pytest.mark.parametrize(
    ("limit", "code", "suggested", "extra"),
    [
        ("1000", "kept", "5000", "500"),
        ("0", "cut_to_nothing", None, "0"),
        ("0", "kept", "5000", "0"),  # cut by hand
        ("800", "cut_to_suggestion", "800", "0"),
        ("600", "cut_to_suggestion", "800", "200"),  # lower still, by hand
        ("100", "cut_to_suggestion", "800", "500"),
    ],
)
def test_a_cut_leaves_no_temporary_increase_beyond_it(
    k1, gm, floyd, signers, limit, code, suggested, extra
):
    until = today() + timedelta(days=20)
    make_line(k1, approved_by=gm, extra=Decimal(500), extra_until=until)
    review = campaigns.open_campaign(on=today(), actor=None).reviews.get()
    figures = {**review.figures, "suggested_limit": suggested}
    Review.objects.update(proposed_limit=Decimal(limit), code=code, figures=figures)

    reviews.submit(review.pk, actor=floyd)
    sign(review, *signers)

    line = lines.in_force(k1.pk, today())
    assert (line.limit, line.extra) == (Decimal(limit), Decimal(extra))
    assert line.extra_until == (until if line.extra else None)


# --- many at once


def test_many_are_submitted_and_signed_each_with_a_signature_of_its_own(gm, floyd, signers):
    for _ in range(3):
        make_line(make_account(), approved_by=gm)
    campaign = campaigns.open_campaign(on=today(), actor=None)
    ids = list(campaign.reviews.values_list("pk", flat=True))

    assert reviews.submit_all(ids, actor=floyd) == []
    for person in signers:
        waiting = Request.objects.waiting_for(person)
        seen = list(waiting.values_list("pk", "digest"))
        assert (len(seen), reviews.sign_all(seen, actor=person)) == (3, [])

    assert set(campaign.reviews.values_list("status", flat=True)) == {"approved"}
    snapshots = {
        signature.snapshot["account"]
        for request in Request.objects.all()
        for signature in request.signatures.all()
    }
    assert len(snapshots) == 3


def test_one_that_cannot_be_signed_does_not_stop_the_others(gm, floyd, signers):
    for _ in range(2):
        make_line(make_account(), approved_by=gm)
    campaign = campaigns.open_campaign(on=today(), actor=None)
    reviews.submit_all(campaign.reviews.values_list("pk", flat=True), actor=floyd)
    (first, seen), (second, _seen) = Request.objects.order_by("pk").values_list("pk", "digest")

    refused = reviews.sign_all([(first, seen), (second, "old")], actor=signers[0])

    assert [request_id for request_id, _why in refused] == [second]
    assert Request.objects.get(pk=first).signatures.count() == 1


def test_everybody_awaited_is_reminded_once_a_day(
    review, floyd, signers, django_capture_on_commit_callbacks
):
    type(floyd).objects.filter(pk__in=[s.pk for s in signers]).update(email="someone@example.com")
    reviews.submit(review.pk, actor=floyd)

    with django_capture_on_commit_callbacks(execute=True):
        campaigns.remind(review.campaign_id, actor=floyd)

    assert len(mail.outbox) == 3  # sales, finance and legal; the general managers later
    assert code_of(campaigns.remind, review.campaign_id, actor=floyd) == "reminded"
    assert Review.objects.get().status == "submitted"


# --- reminders


@pytest.fixture
def awaited(review, floyd, signers):
    """The review waits for sales, finance and legal, who can be written to."""
    for person in (floyd, *signers):
        person.email = f"{person.username}@example.com"
        person.save(update_fields=["email"])
    reviews.submit(review.pk, actor=floyd)
    return review


def addressed():
    return sorted(letter.to[0].partition("@")[0] for letter in mail.outbox)


def test_a_reminder_leads_to_the_site(awaited, settings):
    settings.SITE_URL = "https://kam.example.com/"

    tasks.mail_review_reminders(awaited.campaign_id)

    period = awaited.campaign.period
    assert all(f"https://kam.example.com/credit/reviews/{period}/" in m.body for m in mail.outbox)
    assert addressed() == ["diana", "fiona", "lena"]


class NotToFiona(EmailBackend):
    """A mail server that takes no letter to Fiona."""

    def send_messages(self, letters):
        if letters[0].to == ["fiona@example.com"]:
            raise smtplib.SMTPRecipientsRefused({"fiona@example.com": (550, b"no")})
        return super().send_messages(letters)


def test_a_letter_that_cannot_be_sent_stops_no_other(awaited, settings):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.NotToFiona"}}

    assert tasks.mail_review_reminders(awaited.campaign_id) == 2

    assert addressed() == ["diana", "lena"]


def test_a_deputy_is_reminded_beside_whom_they_stand_in_for(awaited, signers):
    deputy = make_user("dieter", "ka_director", email="dieter@example.com")
    for principal, stand_in in ((signers[2], deputy), (signers[0], make_user("mute"))):
        until = today() + timedelta(days=1)
        Deputy.objects.create(principal=principal, deputy=stand_in, since=today(), until=until)
    tasks.mail_review_reminders(awaited.campaign_id)
    assert addressed() == ["diana", "dieter", "fiona", "lena"]

    mail.outbox.clear()
    sign(awaited, signers[2])
    tasks.mail_review_reminders(awaited.campaign_id)
    assert addressed() == ["diana", "dieter", "fiona"]


@pytest.mark.parametrize(
    ("opened", "last", "nights", "reminded"),
    [
        (date(2026, 6, 1), None, [date(2026, 6, 8)], [date(2026, 6, 8)]),
        (date(2026, 6, 3), None, [date(2026, 6, 5)], []),
        (date(2026, 6, 1), None, [date(2026, 6, 9)], [date(2026, 6, 9)]),  # Monday's did not run
        (date(2026, 6, 1), None, [date(2026, 6, 9), date(2026, 6, 10)], [date(2026, 6, 9)]),
        (date(2026, 6, 1), date(2026, 6, 7), [date(2026, 6, 8)], [date(2026, 6, 8)]),
        (date(2026, 6, 1), date(2026, 6, 8), [date(2026, 6, 14)], []),
    ],
)
def test_a_week_without_its_monday_is_reminded_all_the_same(
    awaited, opened, last, nights, reminded
):
    ReviewCampaign.objects.update(opened_on=opened, reminded_on=last, due_on=date(2026, 6, 30))
    sent = []
    for night in nights:
        with time_machine.travel(f"{night}T02:00+08:00", tick=False):
            sent += [night] * campaigns.remind_due(night)

    assert sent == reminded


def waiting(user):
    items = (item for entry in registered().values() for item in entry.provide(user, timezone.now())
             if entry.key in ("credit.review", "credit.lapse"))  # fmt: skip
    return [item.key.rpartition(":")[0].partition(":")[0] for item in items]


def test_who_has_to_submit_finds_it_on_the_list_of_today(review, anna, boris, floyd, signers):
    (item,) = registered()["credit.review"].provide(anna, timezone.now())
    assert (item.url, item.due) == (review.campaign.get_absolute_url(), review.campaign.due_on)
    assert [waiting(person) for person in (floyd, boris)] == [["credit.review"], []]

    reviews.submit(review.pk, actor=floyd)

    assert [waiting(person) for person in (anna, floyd)] == [[], []]


@pytest.mark.parametrize(
    ("day", "kinds"), [("2026-07-17", []), ("2026-07-18", ["credit.lapse"]),
                       ("2026-08-17", ["credit.lapse"])]
)  # fmt: skip
def test_a_line_about_to_lapse_stands_on_the_list_of_its_manager(k1, gm, anna, boris, day, kinds):
    with time_machine.travel("2026-01-17T08:00+08:00", tick=False):
        make_line(k1, approved_by=gm)
    with time_machine.travel(f"{day}T08:00+08:00", tick=False):
        assert (waiting(anna), waiting(boris)) == (kinds, [])
