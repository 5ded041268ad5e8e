"""What customers do themselves: complain by the web form, and answer our reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import Account, Contact
from complaints.models import Complaint, PublicCall
from complaints.rules import Channel
from complaints.services import procedure
from complaints.services.files import add_file
from complaints.services.registering import Registered, register
from kam.core.words import labelled

_COUNT = """
INSERT INTO complaints_publiccall AS stored (key, hour, count) VALUES (%s, %s, 1)
ON CONFLICT (key) DO UPDATE SET
    hour = excluded.hour,
    count = CASE WHEN stored.hour = excluded.hour THEN stored.count + 1 ELSE 1 END
RETURNING count
"""
_KEPT = timedelta(days=1)
_FEWEST_DIGITS = 7  # of a telephone number


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who fills in the web form, as they say themselves."""

    company: str
    account_number: str
    name: str
    phone: str
    email: str


def allow(what: str, address: str, *, per_hour: int) -> bool:
    """Count a call from outside; whether it is one of the first `per_hour` of this clock hour.

    Counted in a transaction of its own, so that what is refused counts too.
    """
    digest = salted_hmac("complaints.public", address, algorithm="sha256").hexdigest()[:32]
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [f"{what}:{digest}", hour])
        (count,) = cursor.fetchone()
    if count == 1:
        PublicCall.objects.filter(hour__lt=hour - _KEPT).delete()
    return bool(count <= per_hour)


@transaction.atomic
def complain(
    *,
    sender: Sender,
    category: str,
    title: str,
    description: str,
    upload: UploadedFile | None = None,
) -> Registered:
    """Register what a customer wrote into the web form, with the file they sent.

    It is put to an account only when the number and a way to reach the sender fit one contact
    there: numbers can be guessed. Otherwise nobody's, until somebody looks. How to reach a known
    contact stays in the archive alone. Refused: what `register` and `add_file` refuse.
    """
    contact = _known(sender)
    registered = register(
        account=contact.account if contact else None,
        contact=contact,
        contact_text="" if contact else _how_to_reach(sender),
        channel=Channel.WEB,
        category=category,
        title=title,
        description=f"{description.strip()}\n\n{_who(sender)}",
        actor=None,
    )
    if upload is not None:
        add_file(registered.complaint.pk, upload=upload, actor=None)
    return registered


@transaction.atomic
def answer_question(complaint_id: int, *, text: str, upload: UploadedFile | None = None) -> None:
    """The customer answers what we asked: the clock runs on.

    Refused: not_waiting, and what `add_file` refuses.
    """
    procedure.resume(complaint_id, actor=None, note=text)
    if upload is not None:
        add_file(complaint_id, upload=upload, actor=None)


def followed(number: str, secret: str) -> Complaint | None:
    """The complaint that this number and this secret open."""
    complaint = Complaint.objects.filter(complaint_number=number).first()
    return complaint if complaint is not None and complaint.follows(secret) else None


def _known(sender: Sender) -> Contact | None:
    """The sender among the contacts of the account whose number they gave."""
    if not sender.account_number:
        return None
    ids = Account.objects.ids_by_number([sender.account_number])
    contacts = Contact.objects.filter(account__in=ids.values(), has_left=False)
    for contact in contacts.select_related("account").order_by("pk"):
        if sender.email and sender.email.casefold() == contact.email.casefold():
            return contact
        phone = _digits(sender.phone)
        if len(phone) >= _FEWEST_DIGITS and phone in map(_digits, (contact.phone, contact.mobile)):
            return contact
    return None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _how_to_reach(sender: Sender) -> str:
    """Read by fewer people than the description; the longest of the form but a company fit."""
    parts = (sender.name, sender.phone, sender.email, sender.company)
    return ", ".join(part for part in parts if part)[:200]


def _who(sender: Sender) -> str:
    facts = {
        _("Company"): sender.company,
        _("Customer number"): sender.account_number,
        _("Name"): sender.name,
    }
    return "\n".join(labelled(label, value) for label, value in facts.items() if value)
