"""Mail servers that misbehave: real backends of Django, told by the address what to do."""

import smtplib
import threading
from typing import ClassVar

from django.core.mail.backends.base import BaseEmailBackend


class Server(BaseEmailBackend):
    """Takes letters, and does to some addresses what real servers do."""

    taken: ClassVar[list[str]] = []
    is_down: ClassVar[bool] = False
    dies_at: ClassVar[str] = ""
    on_letter: ClassVar[object] = None
    _lock = threading.Lock()

    def open(self):
        if Server.is_down:
            raise ConnectionRefusedError

    def send_messages(self, email_messages):
        for message in email_messages:
            (address,) = message.to
            message.message()  # builds the headers
            if address == Server.dies_at:
                raise Killed
            if address.startswith("refused"):
                raise smtplib.SMTPRecipientsRefused({address: (550, b"no such user")})
            if address.startswith("busy"):
                raise smtplib.SMTPRecipientsRefused({address: (451, b"later")})
            if address.startswith("silent"):
                raise TimeoutError
            with Server._lock:
                Server.taken.append(address)
            if Server.on_letter:
                Server.on_letter(address)
        return len(email_messages)


class Killed(BaseException):
    """What a killed worker does: nothing after it runs."""
