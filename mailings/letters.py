"""What a letter of a mailing says, and the link in it by which its reader opts out."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from mailings.models import Delivery, Mailing
from mailings.rules import filled

_SIGNER = Signer(salt="mailings.opt-out")


def token_of(delivery_id: int) -> str:
    """What the link of this letter is known by; nobody can make one up."""
    return _SIGNER.sign(str(delivery_id))


def delivery_of(token: str) -> Delivery | None:
    """The letter whose link this is."""
    try:
        pk = int(_SIGNER.unsign(token))
    except (BadSignature, ValueError):
        return None
    return Delivery.objects.filter(pk=pk).first()


def opt_out_url(delivery_id: int) -> str:
    return settings.SITE_URL + reverse("mailings:opt_out", args=[token_of(delivery_id)])


def text(mailing: Mailing, *, name: str, company: str, url: str) -> str:
    """The text as one reader gets it, in the language of the house."""
    with translation.override(settings.LANGUAGE_CODE):
        end = _("You get this message as a contact of %(company)s. No more of these:\n%(url)s") % {
            "company": company,
            "url": url,
        }
    foot = "\n".join(filter(None, [settings.COMPANY_NAME, end]))
    return f"{filled(mailing.body, {'name': name, 'company': company})}\n\n-- \n{foot}\n"


def of(delivery: Delivery) -> EmailMessage:
    """The letter; its id is the same whenever it is made, so that a repeat can be recognised."""
    mailing, url = delivery.mailing, opt_out_url(delivery.pk)
    company = delivery.account.short_name or delivery.account.name
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    author = mailing.created_by
    return EmailMessage(
        subject=filled(mailing.subject, {"name": delivery.name, "company": company}),
        body=text(mailing, name=delivery.name, company=company, url=url),
        to=[delivery.email],
        reply_to=[author.email] if author.email else None,
        headers={
            "Message-ID": f"<mailing.{mailing.pk}.{delivery.pk}@{domain}>",
            "List-Unsubscribe": f"<{url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
