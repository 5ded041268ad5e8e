"""Accounts to a file, for who may take them out of the house (A11): always with a reason, logged.

The columns are the archive's fields, titled so that an import reads them again, and for who may see
contacts the main contact; its details are masked where the actor does not serve the account, unless
an allowance says otherwise. Rows are read and written in a stream.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.fields import FIELDS
from accounts.models import SECRET_FIELDS, Account, AccountQuerySet, Contact
from accounts.rules import MASK
from accounts.services import exporting, secrets
from accounts.services.imports import field_labels
from accounts.services.planning import SOURCES
from staff.models import User

KIND = "accounts.account"

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
    may_see_contacts = user.has_perm("accounts.view_contact")
    return {
        name: title for name, title in titles().items() if may_see_contacts or name not in _CONTACT
    }


def titles() -> dict[str, str]:
    """Every column that there is, with its title."""
    labels = field_labels()
    found = {name: labels[name] for name in _OWN}
    for name, field in _CONTACT.items():
        label = str(Contact._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
        found[name] = _("Main contact: %(field)s") % {"field": label}
    return found


@transaction.atomic
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
    Refused: export_quota.
    """
    allowed = columns(actor)
    names = [name for name in names if name in allowed]
    shows_details = any(_CONTACT.get(name) in SECRET_FIELDS for name in names)
    in_clear = shows_details and exporting.quota(KIND, user=actor).in_clear
    exporting.take_out(
        accounts,
        KIND,
        "accounts.accounts_exported",
        actor=actor,
        reason=reason,
        query=query,
        columns=names,
        file_format=file_format,
        in_clear=in_clear,
    )
    if in_clear:
        _note_openings(accounts, actor=actor, reason=reason)
    return _rows(accounts, names, reader=None if in_clear else actor)


def _note_openings(accounts: AccountQuerySet, *, actor: User, reason: str) -> None:
    """Log each main contact whose details leave although the actor does not serve the account."""
    foreign = accounts.exclude(pk__in=Account.objects.served_by(actor).values("pk"))
    main = foreign.annotate(main=Subquery(_main_contact().values("pk")[:1]))
    contacts = Contact.objects.filter(pk__in=main.order_by().values("main"))
    secrets.note_openings(contacts, reason=reason, actor=actor)


def _rows(
    accounts: AccountQuerySet, names: Sequence[str], *, reader: User | None
) -> Iterator[list[Any]]:
    choices = {
        place: {str(value): str(label) for value, label in _choices(name)}
        for place, name in enumerate(names)
        if name == "tier" or (name in FIELDS and FIELDS[name].kind == "choice")
    }
    for values in _selected(accounts, names, reader).iterator(chunk_size=_CHUNK):
        row = [_cell(value) for value in values]
        for place, labels in choices.items():
            row[place] = labels.get(row[place], row[place])
        yield row


def _choices(name: str) -> Any:
    return Account._meta.get_field(name).flatchoices  # type: ignore[union-attr]


def _selected(accounts: AccountQuerySet, names: Sequence[str], reader: User | None) -> Any:
    """The columns; the details of contacts as this reader may take them out, None: in the clear."""
    extra = {
        f"export_{name}": _contact_column(_CONTACT[name], reader)
        if name in _CONTACT
        else F(SOURCES.get(name, name))
        for name in names
    }
    return accounts.values_list(*extra.values())


def _main_contact() -> Any:
    found = Contact.objects.filter(account=OuterRef("pk"), has_left=False)
    return found.order_by("-is_primary", "pk")


def _contact_column(field: str, reader: User | None) -> Any:
    shown = Subquery(_main_contact().values(field)[:1])
    if reader is None or field not in SECRET_FIELDS:
        return shown
    return Case(
        When(Q(pk__in=Account.objects.served_by(reader).values("pk")), then=shown),
        When(GreaterThan(shown, Value("")), then=Value(MASK)),
        default=Value(""),
        output_field=CharField(),
    )


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return value
