"""A merge and its undoing with a row of every model that refers to an account; group totals."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import ContactOpening, Qualification
from accounts.services import merge as merging
from complaints.models import Complaint, SimilarCustomer
from credit.models import CreditParty, Reservation
from notifications.models import Notification
from sales.rules import LineIn, OrderIn
from sales.services import orders as ledger
from tests.accounts.test_merge import everything
from tests.architecture.test_access import world as world
from tests.credit.documents import make_invoice
from tests.factories import make_account, make_contact, make_order, make_service_user
from visits.models import OverdueNotice

pytestmark = pytest.mark.django_db
FIGURES = ("invoiced", "ordered", "reserved", "subsidiaries", "exposure")


def open_order(account, number, amount):
    line = LineIn(product_code="P1", quantity=Decimal(1), unit_price=Decimal(amount))
    order = OrderIn(
        order_number=number,
        account_number=account.account_number,
        ordered_on=timezone.localdate(),
        status="open",
        lines=[line],
    )
    ledger.upsert_orders([(0, order)], actor=make_service_user())


@pytest.fixture
def full(world, k1, anna):
    """K1 with a row of everything; most of it is there for the walk over the addresses."""
    today = timezone.localdate()
    make_account(account_number="SUB", parent=k1)
    Qualification.objects.create(account=k1, opened_by=anna)
    contact = make_contact(k1, name="李雷")
    ContactOpening.objects.create(
        contact=contact, contact_name="李雷", account=k1, user=anna, reason="x"
    )
    Notification.objects.create(user=anna, account=k1, kind="t.x", cause="t:2")
    other = Complaint.objects.get()
    SimilarCustomer.objects.create(complaint=other, account=k1, added_by=anna)
    OverdueNotice.objects.create(
        account=k1, due_on=today, tier="key", standard_version=1, noticed_on=today
    )
    open_order(k1, "OPEN-K1", "70")
    Reservation.objects.create(account=k1, amount=5, expires_at=timezone.now() + timedelta(hours=1))
    return k1


def figures(account):
    return CreditParty.objects.filter(account=account).values(*FIGURES).get()


def test_whatever_refers_to_an_account_comes_back_when_a_merge_is_undone(full, diana):
    survivor = make_account(account_number="S1")
    make_invoice(survivor)
    open_order(survivor, "OPEN-S1", "30")
    without = [
        name
        for name, model, field in merging._references()
        if not model._base_manager.filter(**{field: full.pk}).exists()
    ]
    assert without == [], "the account of this test needs rows of these models"
    before = everything()
    owed = {account: figures(account) for account in (survivor, full)}

    done = merging.merge_accounts(survivor, full, actor=diana)

    together = figures(survivor)
    for name in ("invoiced", "ordered", "reserved"):
        assert together[name] == owed[survivor][name] + owed[full][name], name
        assert figures(full)[name] == 0
    assert owed[full]["reserved"] > 0
    assert owed[full]["invoiced"] > 0

    merging.undo_merge(done.pk, actor=diana)

    assert everything() == before
    assert {account: figures(account) for account in owed} == owed


def test_a_group_sells_what_all_its_companies_sell_those_one_may_not_see_too(client, anna, boris):
    """A subsidiary that another manager has counts in the total; its name is not shown."""
    head = make_account(account_number="HEAD", manager=anna)
    below = make_account(account_number="BELOW", name="看不见的公司", parent=head, manager=boris)
    lower = make_account(account_number="LOWER", parent=below, manager=anna)
    for account, amount in ((head, "1000.10"), (below, "200.02"), (lower, "30.00")):
        make_order(account, timezone.localdate(), amount)
    make_order(make_account(), timezone.localdate(), "5000")
    client.force_login(anna)

    shown = client.get("/accounts/HEAD/")

    assert shown.context["group_total"] == Decimal("1230.12")
    assert "1,230.12" in shown.text
    assert "看不见的公司" not in shown.text
