"""What the codes of `complaints.rules` are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.rules import Cause, Channel, Outcome, Rung, Severity, Status

if TYPE_CHECKING:
    from django.utils.functional import Promise

type Words = dict[str, str | Promise]

CHANNELS: Words = {
    Channel.PHONE: _("Phone"),
    Channel.EMAIL: _("E-mail"),
    Channel.POST: _("Post"),
    Channel.FAX: _("Fax"),
    Channel.WEB: _("Web form"),
    Channel.PERSON: _("In person"),
    Channel.REFERRAL: _("Referred by others"),
    Channel.API: _("Another system"),
}
SEVERITIES: Words = {
    Severity.MINOR: _("Minor"),
    Severity.MODERATE: _("Moderate"),
    Severity.SEVERE: _("Severe"),
}
STATUSES: Words = {
    Status.REGISTERED: pgettext_lazy("complaint", "Registered"),
    Status.ACKNOWLEDGED: pgettext_lazy("complaint", "Acknowledged"),
    Status.INVESTIGATING: pgettext_lazy("complaint", "Being investigated"),
    Status.RESOLVED: pgettext_lazy("complaint", "Solution found"),
    Status.REPLIED: pgettext_lazy("complaint", "Customer informed"),
    Status.CONFIRMED: pgettext_lazy("complaint", "Confirmed by the customer"),
    Status.CLOSED: pgettext_lazy("complaint", "Closed"),
}
OUTCOMES: Words = {
    Outcome.JUSTIFIED: _("Justified"),
    Outcome.PARTLY: _("Justified in part"),
    Outcome.UNJUSTIFIED: _("Not justified"),
    Outcome.BAD_FAITH: _("Made in bad faith"),
    Outcome.WITHDRAWN: _("Withdrawn by the customer"),
}
CAUSES: Words = {
    Cause.MATERIAL: _("Material"),
    Cause.PROCESS: _("Way of working"),
    Cause.EQUIPMENT: _("Equipment"),
    Cause.PEOPLE: _("People and training"),
    Cause.INSPECTION: _("Inspection and measuring"),
    Cause.DESIGN: _("Design"),
    Cause.SUPPLIER: _("Supplier"),
    Cause.LOGISTICS: _("Transport and storage"),
    Cause.COMMUNICATION: _("Communication"),
    Cause.CUSTOMER_USE: _("Use by the customer"),
    Cause.OTHER: pgettext_lazy("cause", "Other"),
}
CATEGORIES: Words = {
    "quality": _("Product quality"),
    "delivery": _("Delivery"),
    "service": _("Service"),
    "price": _("Price"),
    "billing": _("Invoices and payment"),
    "documents": _("Documents"),
    "conduct": _("Conduct of staff"),
    "other": pgettext_lazy("category", "Other"),
}
RUNGS: Words = {
    Rung.MANAGER: _("Account manager"),
    Rung.DIRECTOR: _("Key-account director"),
    Rung.DEPUTY_GM: _("Deputy general manager"),
}


def choices(words: Words) -> list[tuple[str, str | Promise]]:
    """Words as the choices of a column."""
    return [(str(code), label) for code, label in words.items()]
