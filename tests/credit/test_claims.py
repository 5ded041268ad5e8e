"""Disputes and legal cases, below the pages, and what they do to decisions and limitation."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Event
from credit.models import Dispute, LegalCase
from credit.queries.claims import claims
from credit.queries.overdue import Overdue, overdue, past_due
from credit.queries.restarts import restarts
from credit.rules.claims import LateInterestPolicy, LimitationPolicy, Restart, RestartKind
from credit.rules.documents import InvoiceIn
from credit.services import collections, disputes, legal, promises
from credit.services.invoices import upsert_invoices
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from tests.credit.documents import make_invoice
from tests.factories import make_account

TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture
def invoice(k1):
    return make_invoice(k1, 1000, invoice_number="I1", due_on=date(2026, 1, 31))


def code_of(call, *args, **kwargs):
    with pytest.raises(RuleViolation) as caught:
        call(*args, **kwargs)
    return caught.value.code


# --- disputes


def test_the_disputed_amount_alone_is_not_overdue_for_sixty_days_at_most(k1, invoice, fiona):
    days = (TODAY() - invoice.due_on).days

    disputes.open_dispute(invoice.pk, amount=Decimal(400), reason="quality", actor=fiona)

    invoice.refresh_from_db()
    assert invoice.disputed
    assert overdue([k1.pk], TODAY()) == {k1.pk: Overdue(Decimal(600), days)}
    assert past_due([k1.pk], TODAY()) == {k1.pk: Overdue(Decimal(1000), days)}
    assert overdue([k1.pk], TODAY() + 59 * DAY)[k1.pk].amount == 600
    assert overdue([k1.pk], TODAY() + 60 * DAY)[k1.pk].amount == 1000


def test_the_erp_does_not_end_a_dispute_that_is_open_here(k1, invoice, fiona):
    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(400), reason="price", actor=fiona)
    row = InvoiceIn(
        invoice_number=invoice.invoice_number,
        account_number="K1",
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        amount=invoice.amount,
        disputed=False,
    )

    assert upsert_invoices([(0, row)], actor=fiona).unchanged == 1
    row.amount += 1
    assert upsert_invoices([(0, row)], actor=fiona).updated == 1
    invoice.refresh_from_db()
    assert invoice.disputed
    disputes.settle_dispute(dispute.pk, outcome="justified", actor=fiona)
    invoice.refresh_from_db()
    assert not invoice.disputed


def test_a_settled_dispute_counts_no_more(k1, invoice, fiona):
    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(1000), reason="price", actor=fiona)
    assert overdue([k1.pk], TODAY()) == {}

    disputes.settle_dispute(dispute.pk, outcome="unjustified", note="合同有约定", actor=fiona)

    invoice.refresh_from_db()
    assert not invoice.disputed
    assert overdue([k1.pk], TODAY())[k1.pk].amount == 1000
    kinds = set(Event.objects.filter(account=k1).values_list("kind", flat=True))
    assert kinds == {"credit.dispute_opened", "credit.dispute_settled"}
    assert AuditEntry.objects.filter(action="credit.dispute_settled", actor=fiona).exists()


def test_refusals_of_a_dispute(invoice, fiona):
    def code(amount):
        return code_of(
            disputes.open_dispute, invoice.pk, amount=Decimal(amount), reason="price", actor=fiona
        )

    assert code("0") == "amount"
    assert code("1000.0001") == "amount"
    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(1), reason="price", actor=fiona)
    assert code("1") == "already_disputed"
    disputes.settle_dispute(dispute.pk, outcome="withdrawn", actor=fiona)
    again = {"outcome": "withdrawn", "actor": fiona}
    assert code_of(disputes.settle_dispute, dispute.pk, **again) == "settled"
    assert Dispute.objects.count() == 1


def interest_of(invoice, as_of):
    invoice.refresh_from_db()
    rules = LateInterestPolicy(base_rate=Decimal("0.0365"), multiple=Decimal(1))  # 0.01 % a day
    return claims([invoice], as_of, interest=rules, limits=LimitationPolicy())[invoice.pk].interest


def test_only_what_is_in_dispute_bears_no_interest_for_sixty_days_at_most(invoice, fiona):
    days = (TODAY() - invoice.due_on).days
    assert interest_of(invoice, TODAY()) == Decimal(days) / 10

    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(400), reason="price", actor=fiona)
    assert interest_of(invoice, TODAY()) == Decimal(days) * 6 / 100
    assert interest_of(invoice, TODAY() + 59 * DAY) == Decimal(days + 59) * 6 / 100
    assert interest_of(invoice, TODAY() + 60 * DAY) == Decimal(days + 60) / 10

    disputes.settle_dispute(dispute.pk, outcome="unjustified", actor=fiona)
    assert interest_of(invoice, TODAY()) == Decimal(days) / 10


def test_an_invoice_disputed_by_the_erp_bears_no_interest_as_a_whole(invoice):
    invoice.disputed = True
    invoice.save(update_fields=["disputed"])

    assert interest_of(invoice, TODAY()) == 0


# --- legal cases


def prepare(k1, invoice, actor, **fields):
    terms = {"invoices": [invoice], "claim_amount": Decimal(1200), **fields}
    return legal.open_legal_case(k1.pk, actor=actor, **terms)


def move(legal_case, status, actor, **fields):
    terms = {"on": TODAY(), "expected": legal_case.status, **fields}
    return legal.move_on(legal_case.pk, status=status, actor=actor, **terms)


def test_a_legal_case_goes_from_preparation_to_its_end(k1, invoice, fiona):
    case = collections.open_case(k1.pk)
    legal_case = prepare(k1, invoice, fiona)

    legal_case = move(legal_case, "filed", fiona, court="徐汇区人民法院", case_number="(2026)1号")
    legal_case = move(legal_case, "judged", fiona)
    legal_case = move(legal_case, "enforcing", fiona)
    legal_case = move(legal_case, "closed", fiona, outcome="全额执行到位")

    assert (legal_case.status, legal_case.closed_on) == ("closed", TODAY())
    assert list(case.actions.values_list("kind", flat=True)) == ["legal"]
    assert Event.objects.filter(account=k1, kind="credit.legal_case_moved").count() == 4


ALLOWED = [(status, following) for status, next_ in LegalCase.NEXT.items() for following in next_]


@pytest.mark.parametrize("status", LegalCase.Status.values)
@pytest.mark.parametrize("following", LegalCase.Status.values)
def test_a_legal_case_moves_along_its_table_only(k1, invoice, fiona, status, following):
    legal_case = prepare(k1, invoice, fiona)
    ended = not LegalCase.NEXT[status]
    LegalCase.objects.filter(pk=legal_case.pk).update(
        status=status, filed_on=TODAY(), closed_on=TODAY() if ended else None, outcome="x"
    )
    legal_case.refresh_from_db()

    def go():
        return move(legal_case, following, fiona, court="法院", case_number="1")

    if (status, following) in ALLOWED:
        assert go().status == following
    else:
        assert code_of(go) == "not_next"


def test_refusals_of_legal_cases(k1, invoice, fiona):
    other = make_invoice(make_account())
    assert code_of(prepare, k1, invoice, fiona, invoices=[]) == "no_invoice"
    assert code_of(prepare, k1, invoice, fiona, invoices=[other]) == "other_invoice"
    assert code_of(prepare, k1, invoice, fiona, claim_amount=Decimal(0)) == "amount"
    legal_case = prepare(k1, invoice, fiona)
    assert code_of(move, legal_case, "filed", fiona, court="法院") == "court_missing"
    assert code_of(move, legal_case, "filed", fiona, on=TODAY() + DAY) == "future"
    assert code_of(move, legal_case, "withdrawn", fiona) == "outcome_missing"
    assert code_of(move, legal_case, "filed", fiona, expected="filed") == "stale"
    legal_case = move(legal_case, "filed", fiona, court="法院", case_number="1")
    assert code_of(move, legal_case, "judged", fiona, on=TODAY() - DAY) == "before_filing"


def test_what_lets_the_limitation_begin_anew_names_the_invoice(k1, invoice, fiona):
    other = make_invoice(k1, 7)
    case = collections.open_case(k1.pk)
    letter = {"kind": "letter", "letter": "催款函", "actor": fiona}
    collections.record_action(case.pk, done_on=TODAY() - 2 * DAY, invoices=[invoice], **letter)
    collections.record_action(
        case.pk, kind="call", done_on=TODAY(), invoices=[invoice], actor=fiona
    )
    collections.record_action(case.pk, done_on=TODAY(), **letter)
    promises.promise(case.pk, amount=Decimal(9), pay_by=TODAY(), invoices=[invoice], actor=fiona)
    move(prepare(k1, invoice, fiona), "filed", fiona, court="法院", case_number="1")

    found = restarts([invoice.pk, other.pk], TODAY())

    assert found == {
        invoice.pk: [
            Restart(kind=RestartKind.CLAIM, on=TODAY() - 2 * DAY),
            Restart(kind=RestartKind.ACKNOWLEDGEMENT, on=TODAY()),
            Restart(kind=RestartKind.PROCEEDINGS, on=TODAY()),
        ]
    }
    assert restarts([invoice.pk], TODAY() - DAY)[invoice.pk] == found[invoice.pk][:1]
