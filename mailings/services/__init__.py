"""Every write of mailings: drafts, sending, opting out."""

from mailings.services.drafts import delete_draft, save_draft
from mailings.services.sending import (
    deliver,
    resume_mailing,
    send_again,
    start_mailing,
    stop_mailing,
    under_way,
)

__all__ = [
    "delete_draft",
    "deliver",
    "resume_mailing",
    "save_draft",
    "send_again",
    "start_mailing",
    "stop_mailing",
    "under_way",
]
