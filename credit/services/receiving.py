"""What storing invoices and storing payments have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.services import kept_live
from credit.models import CreditParty, Decision, Invoice, OrderCredit, Payment
from credit.services import collections, orders
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from sales.rules import FieldError
from sales.services.orders import kept_account_ids
from sales.services.rates import stored_rates
from sales.wording import refusal

if TYPE_CHECKING:
    from staff.models import User


class Prepared(Protocol):
    """A checked row: its natural key and whose it is."""

    @property
    def number(self) -> str: ...
    @property
    def account_number(self) -> str: ...


class Prepare[Row, Checked](Protocol):
    def __call__(
        self,
        row: Row,
        /,
        *,
        reporting_currency: str,
        stored_rate: Callable[[str, date], Decimal | None],
    ) -> Checked: ...


def read_rows[Row, Checked: Prepared](
    rows: Iterable[tuple[int, Row]],
    outcome: BulkOutcome,
    *,
    check: Prepare[Row, Checked],
    key: str,
    atomic: bool,
) -> tuple[dict[int, Checked], dict[str, int]]:
    """The good rows by their place in the call, and the ids of their accounts by number.

    The accounts are kept from being merged until the transaction ends.
    """
    stored_rate = stored_rates()
    good: dict[int, Checked] = {}
    for index, row in rows:
        try:
            good[index] = check(
                row, reporting_currency=settings.REPORTING_CURRENCY, stored_rate=stored_rate
            )
        except FieldError as error:
            outcome.reject(refusal(index, getattr(row, key), error))
    account_ids = kept_account_ids({row.account_number for row in good.values()}, actor=None)
    for index, checked in list(good.items()):
        if checked.account_number not in account_ids:
            detail = _("There is no account %s.") % checked.account_number
            outcome.reject(
                RowError(index, checked.number, "account_number", "unknown_account", detail)
            )
            del good[index]
    if atomic and outcome.rejected:
        raise BulkRejected(outcome)
    return good, account_ids


def locked_documents[Document: (Invoice, Payment)](
    read: Callable[[], Sequence[Document]], account_ids: Collection[int]
) -> tuple[dict[str, Document], set[int]]:
    """Documents by number and the accounts concerned, with the locks of their parties.

    Those of their groups are taken as well, all by ascending id, for what is decided again at
    the end. A document may have moved to another account while we waited: then once more.
    """
    locked: set[int] = set()
    while True:
        documents = {str(document): document for document in read()}
        wanted = set(account_ids) | {each.account_id for each in documents.values()}
        if wanted <= locked:
            return documents, wanted
        locked |= wanted
        CreditParty.objects.locked(orders.with_groups(set(wanted)))


def locked_invoice(invoice_id: int) -> Invoice:
    """An invoice as it is under the lock of its account's party, the mutex of its receivables."""
    rows = Invoice.objects.filter(pk=invoice_id).select_related("account")
    kept_live(rows.values_list("account", flat=True))
    documents, _accounts = locked_documents(lambda: list(rows.all()), ())
    (invoice,) = documents.values()
    return invoice


def differs(document: Any, content: Mapping[str, Any]) -> bool:
    """Whether a stored document says something else than this."""
    return any(getattr(document, name) != value for name, value in content.items())


def debtors_of(order_numbers: Collection[str]) -> set[int]:
    """The accounts whose exposure these orders count in."""
    known = OrderCredit.objects.filter(order__order_number__in=list(order_numbers))
    return set(known.values_list("account_id", flat=True))


def decide_again(
    account_ids: Collection[int], order_numbers: Collection[str], *, actor: User
) -> None:
    """Bring up to date what of these orders is not invoiced; look at held orders, promises to pay
    and collection cases again."""
    orders.recount(order_numbers)
    orders.redecide(account_ids, cause=Decision.Cause.PAYMENT, actor=actor)
    collections.receivables_changed(account_ids, actor=actor)
