"""What every write to a collection case begins with."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import Contact
from accounts.services import kept_row
from credit.models import CollectionCase, Invoice
from kam.core.errors import RuleViolation


def locked_case(case_id: int) -> CollectionCase:
    """A case under lock. Refused: closed."""
    case = kept_row(CollectionCase.objects.select_related("account", "owner"), case_id)
    if not case.is_open:
        raise RuleViolation("closed", _("This case is closed."))
    return case


def refuse_other_contact(case: CollectionCase, contact: Contact | None) -> None:
    """Refused: other_contact (of another account)."""
    if contact is not None and contact.account_id != case.account_id:
        raise RuleViolation("other_contact", _("This contact belongs to another account."))


def refuse_other_invoices(case: CollectionCase, invoices: Iterable[Invoice]) -> None:
    """Refused: other_invoice (of another account)."""
    if any(invoice.account_id != case.account_id for invoice in invoices):
        raise RuleViolation("other_invoice", _("This invoice belongs to another account."))
