"""Credit decides, collects and is asked for terms while the account is being merged."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import Account
from accounts.services import archive
from credit.models import CollectionCase, CreditParty, Dispute, Invoice
from credit.services import (
    collections,
    disputes,
    holds,
    investigations,
    legal,
    promises,
    quick,
    receiving,
    reconcile,
    releases,
    reservations,
    statements,
    write_offs,
)
from kam.core.prepared import Prepared
from sales.models import Order
from sales.services import new_order
from tests.concurrency.merges import coming_in, where
from tests.credit import erp
from tests.credit.documents import make_invoice
from tests.credit.erp import grant
from tests.factories import make_service_user, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def a_debtor(account, actor):
    """Who owes for an order and may owe more, as the survivor may."""
    for number in ("K1", account.account_number):
        grant(Account.objects.get(account_number=number), 100)
    erp.send(erp.order("O0", "10", account.account_number), actor=make_service_user())
    return account


# --- checks and orders


def send_at_once(account, actor):
    sent = erp.order("O1", "20", account.account_number)
    return erp.send(sent, actor=actor).created


def ask_before(account, actor):
    asked = {"amount": Decimal(20), "order_number": "O1", "reserve": True}
    return reservations.check(account.pk, actor=actor, **asked).decision.outcome


def exposures():
    parties = CreditParty.objects.exclude(exposure=0)
    return dict(parties.values_list("account__account_number", "exposure"))


DECIDED = [(send_at_once, 1, new_order, "_ADD"), (ask_before, "approved", quick, "_KEEP")]


@pytest.mark.parametrize(("ask", "told", "_module", "_name"), DECIDED)
def test_what_is_decided_at_once_is_decided_for_the_survivor(
    monkeypatch, ask, told, _module, _name
):
    assert coming_in(monkeypatch, ask, a_debtor) == told
    assert exposures() == {"K1": 30}
    assert reconcile.differences() == []


@pytest.mark.parametrize(("ask", "_told", "module", "name"), DECIDED)
def test_control_without_keeping_the_account_each_waits_for_the_other(
    monkeypatch, ask, _told, module, name
):
    kept: Prepared = getattr(module, name)
    unkept = replace(kept, name="unkept", sql=kept.sql.replace("FOR KEY SHARE", ""))
    monkeypatch.setattr(module, name, unkept)

    with pytest.raises(OperationalError, match="deadlock"):
        coming_in(monkeypatch, ask, a_debtor)


# --- work on what moves


def with_all_that_moves(account, actor):
    """A debtor with an order on hold, two invoices, a dispute and a collection case."""
    a_debtor(account, actor)
    erp.send(erp.order("O9", "500", account.account_number), actor=make_service_user())
    make_invoice(account, 20, invoice_number="I1", due_on=date(2099, 1, 1))
    disputed = make_invoice(account, 20, invoice_number="I2", due_on=date(2099, 1, 1))
    disputes.open_dispute(disputed.pk, amount=Decimal(1), reason="quality", actor=actor)
    collections.open_case(account.pk, cause="hand", actor=actor)
    return account


def release(_account, actor):
    releases.release(
        Order.objects.get(order_number="O9").pk,
        actor=make_user("releaser", "finance"),
        comment="可以发货",
        seen_amount=Decimal(500),
        seen_reasons={"exposure_over_limit"},
    )


def dispute(_account, actor):
    invoice = Invoice.objects.get(invoice_number="I1")
    disputes.open_dispute(invoice.pk, amount=Decimal(1), reason="price", actor=actor)


def settle(_account, actor):
    disputes.settle_dispute(Dispute.objects.get().pk, outcome="withdrawn", actor=actor)


def write_off(_account, actor):
    invoice = Invoice.objects.get(invoice_number="I1")
    make_user("gm", "gm")
    write_offs.propose(invoice.pk, amount=Decimal(5), reason="破产", actor=actor)


def the_case():
    return CollectionCase.objects.get().pk


def promise(_account, actor):
    today = timezone.localdate()
    day = today + timedelta(days=3)
    promises.promise(the_case(), amount=Decimal(5), pay_by=day, made_on=today, actor=actor)


def call(_account, actor):
    today = timezone.localdate()
    collections.record_action(the_case(), kind="call", done_on=today, note="没人接", actor=actor)


def snooze(_account, actor):
    day = timezone.localdate() + timedelta(days=2)
    collections.snooze(the_case(), until=day, actor=actor)


def close(_account, actor):
    collections.close_case(the_case(), reason="other", note="已解决", actor=actor)


BY_ITS_ROW = [release, promise, call, snooze, close]
BY_ITS_PARTY = [dispute, settle, write_off]


@pytest.mark.parametrize("work", BY_ITS_ROW + BY_ITS_PARTY, ids=lambda work: work.__name__)
def test_work_on_what_moves_waits_for_the_merge(monkeypatch, work):
    coming_in(monkeypatch, work, with_all_that_moves)

    assert where("invoices") == where("collection_cases") == where("orders") == ["K1"]
    assert reconcile.differences() == []


@pytest.mark.parametrize(
    ("work", "module"),
    [(work, archive) for work in BY_ITS_ROW] + [(work, receiving) for work in BY_ITS_PARTY],
    ids=lambda each: each.__name__,
)
def test_control_without_keeping_its_account_first_each_waits_for_the_other(
    monkeypatch, work, module
):
    monkeypatch.setattr(module, "kept_live", lambda ids: None)

    with pytest.raises(OperationalError, match="deadlock"):
        coming_in(monkeypatch, work, with_all_that_moves)


# --- what is new


def set_hold(account, actor):
    holds.set_hold(account.pk, actor=actor, reason="停产")


def send_statement(account, actor):
    day = timezone.localdate()
    statements.send_statement(
        account, since=day, until=day, sent_on=day, sent_to="王芳", actor=actor
    )


def investigate(account, actor):
    found = {"investigated_on": timezone.localdate(), "sources": "年报", "conclusion": "良好"}
    investigations.record_investigation(account, actor=actor, **found)


def go_to_court(account, actor):
    invoice = Invoice.objects.get(invoice_number="I1")
    claim = {"claim_amount": Decimal(20), "court": "浦东法院"}
    legal.open_legal_case(account.pk, invoices=[invoice], actor=actor, **claim)


@pytest.mark.parametrize(
    "enter", [set_hold, send_statement, investigate, go_to_court], ids=lambda work: work.__name__
)
def test_what_is_new_is_refused_and_not_lost(monkeypatch, enter):
    assert coming_in(monkeypatch, enter, with_all_that_moves) == "merged"
    assert not CreditParty.objects.exclude(hold_reason="").exists()
