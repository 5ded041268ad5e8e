"""Accounts to a file, for who may take them out of the house (A11): always with a reason, logged.

The columns are the archive's fields, titled so that an import reads them again, and for who may see
contacts the main contact. Rows are read and written in a stream.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.fields import FIELDS
from accounts.models import Account, AccountQuerySet, Contact
from accounts.services.imports import field_labels
from accounts.services.planning import SOURCES
from kam.core.exports import record_export
from staff.models import User

_CHUNK = 2000
_OWN = [*FIELDS, "tier", "reviewed_on", "review_due_on", "created_at", "updated_at"]
_CONTACT = {
    "contact_name": "name",
    "contact_position": "position",
    "contact_phone": "phone",
    "contact_mobile": "mobile",
    "contact_email": "email",
    "contact_wechat": "wechat",
}


def columns(user: User) -> dict[str, str]:
    """The columns that this user may export, with their titles."""
    labels = field_labels()
    titles = {name: labels[name] for name in _OWN}
    if user.has_perm("accounts.view_contact"):
        for name, field in _CONTACT.items():
            label = str(Contact._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
            titles[name] = _("Main contact: %(field)s") % {"field": label}
    return titles


def export_rows(
    accounts: AccountQuerySet,
    names: Sequence[str],
    *,
    actor: User,
    reason: str,
    query: str,
    file_format: str,
) -> Iterator[list[Any]]:
    """Log the export, then give its rows. `query`: the query string of the filters, for the log.

    The entry names who, how many, which filters and which columns; it is there before any row is.
    """
    allowed = columns(actor)
    names = [name for name in names if name in allowed]
    record_export(
        accounts,
        "accounts.accounts_exported",
        actor=actor,
        reason=reason,
        query=query,
        columns=names,
        file_format=file_format,
    )
    return _rows(accounts, names)


def _rows(accounts: AccountQuerySet, names: Sequence[str]) -> Iterator[list[Any]]:
    choices = {
        place: {str(value): str(label) for value, label in _choices(name)}
        for place, name in enumerate(names)
        if name == "tier" or (name in FIELDS and FIELDS[name].kind == "choice")
    }
    for values in _selected(accounts, names).iterator(chunk_size=_CHUNK):
        row = [_cell(value) for value in values]
        for place, labels in choices.items():
            row[place] = labels.get(row[place], row[place])
        yield row


def _choices(name: str) -> Any:
    return Account._meta.get_field(name).flatchoices  # type: ignore[union-attr]


def _selected(accounts: AccountQuerySet, names: Sequence[str]) -> Any:
    main = Contact.objects.filter(account=OuterRef("pk"), has_left=False).order_by(
        "-is_primary", "pk"
    )
    extra = {
        f"export_{name}": Subquery(main.values(_CONTACT[name])[:1])
        if name in _CONTACT
        else F(SOURCES.get(name, name))
        for name in names
    }
    return accounts.values_list(*extra.values())


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return value
