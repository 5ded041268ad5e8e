"""What becomes of a letter that could not be handed over, and what a letter says. Pure.

Source: docs/policies/mailings.md.
"""

import re
import smtplib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from accounts.rules import MASK

# Waits before a letter is tried again; after the last one it has failed.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# A letter that was begun and not heard of for so long was lost with its worker.
LOST_AFTER = timedelta(minutes=15)


class Verdict(StrEnum):
    """What an error means for the letter."""

    TRY_AGAIN = "try_again"  # it cannot have gone out
    REFUSED = "refused"  # nor will it ever
    UNCLEAR = "unclear"  # it may have gone out: nobody sends it again but a person


def judge(error: Exception) -> Verdict:
    """Whether the letter may have left our hands when this happened."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return Verdict.REFUSED if all(code >= 500 for code in codes) else Verdict.TRY_AGAIN
    if isinstance(error, smtplib.SMTPResponseException):
        # An answer of the server: with 4xx and 5xx it took nothing.
        if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
            return Verdict.REFUSED
        return Verdict.TRY_AGAIN
    if isinstance(error, ConnectionRefusedError):
        return Verdict.TRY_AGAIN
    if isinstance(error, ValueError):  # a header or an address that cannot be written
        return Verdict.REFUSED
    return Verdict.UNCLEAR


def said(error: Exception, *, masking: str) -> str:
    """What went wrong, in words that do not name the address: readers may not know it."""
    text = str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        text = "; ".join(f"{code} {_decoded(reply)}" for code, reply in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        text = f"{error.smtp_code} {_decoded(error.smtp_error)}"
    hidden = re.sub(re.escape(masking), MASK, text, flags=re.IGNORECASE)
    return f"{type(error).__name__}: {hidden}"


def _decoded(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with {name} and {company} filled in; other braces stay as they are."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
