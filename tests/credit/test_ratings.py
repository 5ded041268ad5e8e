"""Ratings: every point from its figure, in a query for each figure; never edited."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Event
from credit.models import Allocation, Decision, Payment, Rating
from credit.queries import behaviour
from credit.queries.held_orders import look
from credit.rules.indicators import Experience
from credit.services import ratings, reservations
from kam.core import metrics, scorecards
from kam.core.errors import RuleViolation
from sales.models import Order
from tests.credit.documents import make_invoice
from tests.credit.erp import form_group, grant, order, send
from tests.credit.terms import make_investigation, propose, sign_all
from tests.factories import make_account, make_order, make_service_user, make_user

pytestmark = pytest.mark.django_db

ON = date(2026, 3, 1)


def pay(invoice, amount, on, number=""):
    payment = Payment.objects.create(
        payment_number=number or f"P-{invoice}-{on}-{amount}",
        account=invoice.account,
        received_on=on,
        currency="CNY",
        document_amount=amount,
        amount=amount,
        allocated=amount,
    )
    Allocation.objects.create(invoice=invoice, payment=payment, amount=amount, effective_on=on)
    invoice.settled += Decimal(amount)
    invoice.save(update_fields=["settled"])


def rate(*accounts, actor=None, **fields):
    given = {"as_of": ON, "actor": actor, "cause": Rating.Cause.MANUAL, **fields}
    return ratings.rate([account.pk for account in accounts], **given)


# --- the figures


def test_experiences_are_what_was_paid_late_and_what_is_overdue_still():
    account = make_account()
    late = make_invoice(account, "100", due_on=date(2026, 1, 31))
    pay(late, "60", date(2026, 2, 10))
    make_invoice(account, "50", due_on=date(2026, 4, 1))  # not due yet

    found = behaviour.experiences([account.pk], date(2025, 3, 1), ON)

    assert sorted(found[account.pk], key=lambda each: each.days_late) == [
        Experience(amount=Decimal(60), days_late=10),
        Experience(amount=Decimal(40), days_late=29),
    ]
    owed = behaviour.owed([account.pk], ON)[account.pk]
    assert owed == (Decimal(90), Decimal(40), 29)


def test_figures_of_an_earlier_day_do_not_know_what_came_later():
    account = make_account()
    invoice = make_invoice(account, "100", due_on=date(2026, 1, 31))
    pay(invoice, "100", date(2026, 2, 20))

    assert behaviour.owed([account.pk], date(2026, 2, 10))[account.pk].days == 10
    assert behaviour.owed([account.pk], date(2026, 2, 20)) == {}
    assert behaviour.company_receivables(date(2026, 2, 10)) == 100
    assert behaviour.company_receivables(date(2026, 2, 20)) == 0


def test_instalments_are_due_part_by_part():
    account = make_account()
    invoice = make_invoice(account, "90", due_on=date(2026, 4, 15))
    for number, month in enumerate((1, 2, 4), start=1):
        invoice.instalments.create(number=number, due_on=date(2026, month, 15), amount=30)
    pay(invoice, "40", date(2026, 1, 20))

    found = behaviour.experiences([account.pk], date(2025, 3, 1), ON)[account.pk]

    assert sorted((each.days_late, each.amount) for each in found) == [
        (-26, Decimal(10)),
        (5, Decimal(30)),
        (14, Decimal(20)),
    ]
    assert behaviour.owed([account.pk], ON)[account.pk] == (Decimal(50), Decimal(20), 14)


def test_disputed_invoices_are_not_overdue():
    account = make_account()
    make_invoice(account, "100", disputed=True)

    assert behaviour.owed([account.pk], ON)[account.pk] == (Decimal(100), 0, 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("days_overdue", 29),
        ("overdue_share", Decimal("0.400000")),
        ("receivables_share", Decimal("1.000000")),
        ("payment_index", Decimal("50.00")),
        ("payment_punctuality", Decimal("0.000000")),
        ("average_days_late", Decimal("29.00")),
        ("net_assets", Decimal(2_000_000)),
        ("contingent_share", Decimal("0.250000")),
        ("years_of_dealing", Decimal("2.00")),
    ],
)
def test_metrics_for_rating_and_tiering(anna, name, expected):
    account = make_account(dealing_since=date(2024, 3, 1))
    make_invoice(account, "40")
    make_invoice(account, "60", due_on=date(2026, 5, 1))
    make_investigation(account, anna, net_assets=2_000_000, contingent_debts=500_000)
    without = make_account()

    values = metrics.values(name, ON, [account.pk, without.pk])

    assert dict(values) == {account.pk: expected}


def test_use_of_the_limit_is_known_of_today_only():
    account = make_account()
    make_invoice(account, "40")

    assert metrics.values("credit_utilisation", timezone.localdate(), [account.pk]).empty
    assert metrics.values("credit_utilisation", ON, [account.pk]).empty


# --- the rating


@pytest.fixture
def known(anna):
    """A customer of two years of whom the figures of the shipped card are known."""
    account = make_account(account_number="K9", dealing_since=date(2024, 1, 1), manager=anna)
    make_order(account, "2024-02-01")
    make_investigation(
        account, anna, net_assets=20_000_000, contingent_debts=0, expected_sales=1_000_000
    )
    return account


def test_a_rating_holds_every_line_and_the_suggested_limit(known, anna):
    (rating,) = rate(known, actor=anna, comment="First look")

    by_metric = {line["metric"]: line for line in rating.lines}
    assert by_metric["net_assets"]["figure"] == "20000000.0000"
    assert by_metric["net_assets"]["points"] == "80"
    assert by_metric["payment_index"]["missing"] == "exclude"
    total = sum(Decimal(line["contribution"]) for line in rating.lines)
    assert abs(total - rating.points) < Decimal("0.0001")
    assert rating.grade == rating.grade_by_points == "A"
    # 1,000,000 x 30 / 365 x 1.2, rounded up to the cent
    assert rating.suggestion["limit"] == "98630.14"
    assert [step["code"] for step in rating.suggestion["steps"]] == [
        "need",
        "cap_by_grade",
        "limit",
    ]
    event = Event.objects.get(kind="credit.rating_changed")
    assert (event.account, event.data["from"], event.data["to"]) == (known, "", "A")


def test_a_customer_of_whom_nothing_is_known_is_not_rateable():
    account = make_account()

    (rating,) = rate(account)

    assert (rating.grade, rating.points) == ("", None)
    assert rating.refusal["code"] == "no_figures"
    assert "net_assets" in rating.refusal["metrics"]


def test_payment_history_alone_rates_nobody():
    account = make_account()
    make_invoice(account, "40", due_on=date(2026, 2, 1))

    (rating,) = rate(account)

    # of all receivables it is the only debtor: that is no payment behaviour
    assert rating.lines or rating.refusal["code"] == "one_sided"


@pytest.mark.parametrize(("days", "grade"), [(60, "A"), (61, "BB"), (180, "BB"), (181, "D")])
def test_old_debts_cap_the_grade(known, days, grade):
    make_invoice(known, "1", due_on=ON - timedelta(days=days), issued_on=date(2025, 1, 1))
    make_invoice(known, "9999", due_on=date(2026, 4, 1))
    make_invoice(make_account(), "9999999", due_on=date(2026, 4, 1))

    (rating,) = rate(known)

    assert rating.grade == (grade if days > 60 else rating.grade_by_points)
    assert bool(rating.caps) == (days > 60)


def test_a_new_customer_is_held_to_first_terms(anna):
    account = make_account(dealing_since=date(2010, 1, 1))
    make_investigation(
        account, anna, net_assets=900_000_000, contingent_debts=0, expected_sales=9_000_000
    )

    (rating,) = rate(account)

    assert (rating.suggestion["grade"], rating.suggestion["limit"]) == ("BBB", "50000")


def test_what_changed_between_two_ratings_comes_with_its_reasons(known, anna):
    (before,) = rate(known)
    make_investigation(
        known, anna, net_assets=-5, contingent_debts=0, investigated_on=date(2026, 2, 20)
    )
    (now,) = rate(known)

    moved = scorecards.changes(ratings.score_of(before), ratings.score_of(now))

    assert moved[0].metric == "net_assets"
    assert (moved[0].figure_before, moved[0].figure_now) == (Decimal(20_000_000), Decimal(-5))
    assert now.caps == [{"metric": "net_assets", "figure": "-5.0000", "grade": "B"}]
    assert Event.objects.filter(kind="credit.rating_changed").count() == 2


def test_the_same_grade_again_is_no_event(known):
    rate(known)
    rate(known)

    assert Rating.objects.count() == 2
    assert Event.objects.filter(kind="credit.rating_changed").count() == 1


def test_ratings_are_never_edited_by_orm_or_sql(known):
    (rating,) = rate(known)

    for tamper in (
        lambda: Rating.objects.filter(pk=rating.pk).update(grade="AAA"),
        lambda: Rating.objects.filter(pk=rating.pk).delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            tamper()


def test_no_rating_of_a_day_to_come(known):
    with pytest.raises(RuleViolation) as refused:
        rate(known, as_of=timezone.localdate() + timedelta(days=1))

    assert refused.value.code == "future"


def test_many_accounts_take_as_many_queries_as_one(known):
    many = [known, *(make_account() for _ in range(9))]

    with CaptureQueriesContext(
        connection,
    ) as one:
        rate(known)
    with CaptureQueriesContext(connection) as ten:
        rate(*many)

    assert len(ten) <= len(one) + 1  # the event of a changed grade


# --- what it means for orders


def rated(account, grade, *, as_of=ON):
    """A rating as it stands in the archive."""
    return Rating.objects.create(
        account=account,
        as_of=as_of,
        grade=grade,
        points=1 if grade else None,
        refusal=None if grade else {"code": "no_figures", "metrics": []},
        policy_version=1,
        cause=Rating.Cause.MANUAL,
    )


def credit_status(number="O1"):
    return Order.objects.get(order_number=number).credit_status


def check(account):
    return reservations.check(account.pk, amount=Decimal(1), actor=make_service_user())


@pytest.mark.parametrize(
    ("of_line", "given", "outcome"),
    [
        ("A", [], "approved"),
        ("D", [], "held"),
        ("", ["D"], "held"),
        ("A", ["D"], "held"),
        ("D", ["C"], "approved"),
        ("A", ["C", "D"], "held"),
        ("A", ["D", "C"], "approved"),
        ("A", ["D", ""], "held"),  # what could not be rated leaves the grade before it
    ],
)
def test_orders_and_checks_go_by_the_newest_grade(k1, of_line, given, outcome):
    grant(k1, 1000, rating=of_line)
    for grade in given:
        rated(k1, grade)

    send(order())

    assert credit_status() == outcome
    assert check(k1).judgement.outcome == outcome


def test_a_line_asked_for_after_the_rating_brings_its_own_grade(k1):
    rated(k1, "D")
    grant(k1, 1000, rating="C")

    send(order())

    assert credit_status() == "approved"
    assert check(k1).judgement.outcome == "approved"


def test_a_rating_between_application_and_last_signature_counts(k1, anna, gm):
    carla = make_user("carla", "credit_committee")
    rated(k1, "B")
    proposal = propose(k1, anna)
    rated(k1, "D")

    line = sign_all(proposal, carla, gm)

    assert (line.rating, look({k1.pk}).grade(k1.pk)) == ("B", "D")
    assert check(k1).judgement.outcome == "held"


def test_a_subsidiary_without_line_and_rating_has_the_grade_of_its_head(k1):
    head = make_account(account_number="H")
    Account.objects.filter(pk=k1.pk).update(parent=head)
    grant(head, 1000, rating="A", covers_group=True)
    form_group(head)

    assert look({k1.pk}).grade(k1.pk) == "A"
    rated(head, "D")
    assert look({k1.pk}).grade(k1.pk) == "D"
    rated(k1, "B")
    assert look({k1.pk}).grade(k1.pk) == "B"


def test_orders_on_hold_are_looked_at_again_when_the_customer_is_rated(known, fiona):
    grant(known, 1000)
    rated(known, "D")
    send(order(account="K9"))
    assert credit_status() == "held"

    rate(known, actor=fiona)

    assert credit_status() == "approved"
    assert Decision.objects.latest("pk").cause == "rating"


def test_a_worse_grade_takes_no_approval_back(known, anna):
    grant(known, 1000)
    send(order(account="K9"))
    make_invoice(known, "1", due_on=ON - timedelta(days=200), issued_on=date(2025, 1, 1))

    (rating,) = rate(known, actor=anna)

    assert (rating.grade, credit_status()) == ("D", "approved")


@pytest.mark.parametrize("raiser", ["manager", "investigator", "another"])
def test_a_grade_rises_by_the_hand_of_another_person_only(client, k1, anna, fiona, raiser):
    rated(k1, "C", as_of=timezone.localdate())
    investigator = fiona if raiser == "investigator" else anna
    make_investigation(
        k1, investigated_on=timezone.localdate(), by=investigator, net_assets=Decimal(200_000_000)
    )
    client.force_login(anna if raiser == "manager" else fiona)

    client.post("/credit/accounts/K1/rate/")

    is_raised = Rating.objects.filter(account=k1).exclude(grade="C").exists()
    assert is_raised == (raiser == "another")


def test_a_grade_is_lowered_by_the_account_manager_too(client, k1, anna):
    rated(k1, "AAA", as_of=timezone.localdate())
    make_investigation(k1, investigated_on=timezone.localdate(), by=anna, net_assets=Decimal(-1))
    client.force_login(anna)

    client.post("/credit/accounts/K1/rate/")

    assert Rating.objects.filter(account=k1).exclude(grade="AAA").exists()
