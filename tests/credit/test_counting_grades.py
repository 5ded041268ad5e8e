"""Which grade counts: everywhere the same one, and none before it was decided on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Event
from approvals import services as approvals
from approvals.models import Request
from credit.models import OverdueMeasure, Rating
from credit.queries import table
from credit.queries.figures import figures
from credit.queries.grades import grades
from credit.queries.held_orders import look
from credit.rules.grades import GRADES
from credit.services import alerts, campaigns, measures, reviews
from kam.core import metrics
from sales.models import Order
from tests.credit.documents import make_invoice
from tests.credit.erp import grant, order, send
from tests.credit.terms import make_investigation
from tests.factories import make_order, make_user

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


@pytest.fixture
def sound(k1, anna):
    """A customer with a line of grade D whose figures give the best grade."""
    k1.dealing_since = today() - timedelta(days=3000)
    k1.save(update_fields=["dealing_since"])
    make_order(k1, str(today() - timedelta(days=700)))
    make_investigation(k1, anna, net_assets=Decimal(200_000_000), contingent_debts=0)
    grant(k1, 1000, rating="D")
    return k1


def everywhere(account):
    """The grade of an account at each place that shows or uses it."""
    on, ids = today(), [account.pk]
    rows = table.accounts_of(type(account).objects.filter(pk=account.pk), on)
    metric = metrics.values("credit_rating", on, ids).get(account.pk)
    (behaviour,) = alerts._behaviours(ids, on)
    return {
        "orders": look({account.pk}).grade(account.pk) or "",
        "table": table.rows_of(list(rows), on)[0].grade,
        "metric": "" if metric is None else GRADES[len(GRADES) - metric],
        "figures": figures(account.pk, on, terms_days=30)["rating"],
        "alerts": behaviour.grade,
    }


def same(grade):
    return dict.fromkeys(("orders", "table", "metric", "figures", "alerts"), grade)


def rated(account, grade, **fields):
    refusal = None if grade else {"code": "no_figures", "metrics": []}
    return Rating.objects.create(
        account=account, as_of=today(), grade=grade, points=1 if grade else None, refusal=refusal,
        policy_version=1, cause=Rating.Cause.MANUAL, **fields,
    )  # fmt: skip


def signed(review, *people):
    for person in people:
        request = Request.objects.of(review.proposal).get()
        approvals.sign(request.pk, actor=person, decision="approve", seen=request.digest)


@pytest.fixture
def signers(diana, fiona, gm):
    return diana, fiona, make_user("lena", "legal"), make_user("dora", "deputy_gm"), gm


@pytest.mark.parametrize(
    ("of_line", "given", "counts"),
    [
        ("A", [], "A"),
        ("A", ["C"], "C"),
        ("A", ["C", ""], "C"),  # what could not be rated leaves the grade before it
        ("", ["B"], "B"),
        ("", [], ""),
    ],
)
def test_one_grade_counts_everywhere(k1, of_line, given, counts):
    grant(k1, 1000, rating=of_line)
    for grade in given:
        rated(k1, grade)

    assert everywhere(k1) == same(counts)


def test_the_table_is_filtered_by_the_grade_that_counts(k1, client, fiona):
    grant(k1, 1000, rating="A")
    rated(k1, "B", counts=False)
    client.force_login(fiona)

    def found(grade):
        return len(client.get("/credit/limits/", {"grade": grade}).context["rows"])

    assert (found("A"), found("B")) == (1, 0)


def test_opening_a_review_moves_no_grade_and_lets_no_order_go(sound, fiona, signers):
    send(order())
    assert Order.objects.get(order_number="O1").credit_status == "held"

    review = campaigns.open_campaign(on=today(), actor=fiona).reviews.get()

    assert (review.rating_before, review.rating) == ("D", "AA")
    assert everywhere(sound) == same("D")
    assert Order.objects.get(order_number="O1").credit_status == "held"
    assert not Event.objects.filter(kind="credit.rating_changed").exists()


def test_the_grade_of_a_review_counts_with_the_last_signature(sound, fiona, signers):
    send(order())
    review = campaigns.open_campaign(on=today(), actor=None).reviews.get()
    floyd = make_user("floyd", "finance")
    reviews.change_proposal(
        review.pk, limit=Decimal(1000), terms_days=30, rating="BB", comment="Careful", actor=floyd
    )
    review = reviews.submit(review.pk, actor=floyd)

    signed(review, *signers[:4])
    assert everywhere(sound) == same("D")
    signed(review, signers[4])

    assert everywhere(sound) == same("BB")
    assert Order.objects.get(order_number="O1").credit_status == "approved"
    told = Event.objects.get(kind="credit.rating_changed")
    assert (told.data["from"], told.data["to"], told.actor) == ("D", "BB", signers[4])


def test_a_grade_lowered_while_a_review_is_signed_stays_lowered(sound, signers):
    review = campaigns.open_campaign(on=today(), actor=None).reviews.get()
    review = reviews.submit(review.pk, actor=make_user("floyd", "finance"))
    rated(sound, "C")

    signed(review, *signers)

    assert everywhere(sound) == same("C")


def test_a_better_grade_found_by_the_night_counts_once_another_person_rates(
    client, sound, anna, fiona
):
    make_invoice(sound, "100", due_on=today() - timedelta(days=3))

    measures.start_due(today())

    assert OverdueMeasure.objects.exists()
    found = Rating.objects.get(cause=Rating.Cause.OVERDUE)
    assert (found.grade in GRADES[:4], found.counts) == (True, False)
    assert everywhere(sound) == same("D")
    client.force_login(fiona)
    assert client.get(found.get_absolute_url()).status_code == 200
    client.force_login(anna)  # who investigated
    client.post(reverse("credit:rate", args=["K1"]))
    assert everywhere(sound) == same("D")
    client.force_login(fiona)
    client.post(reverse("credit:rate", args=["K1"]))
    assert everywhere(sound) == same(found.grade)


def test_a_lower_grade_found_by_the_night_counts_at_once(k1, anna):
    grant(k1, 1000, rating="AAA")
    make_investigation(k1, anna, net_assets=Decimal(-1), contingent_debts=0)
    make_invoice(k1, "100", due_on=today() - timedelta(days=200))

    measures.start_due(today())

    assert everywhere(k1) == same("D")
    assert grades([k1.pk], today()) == {k1.pk: "D"}
