"""Every write to the customer archives; pages, API, imports and commands call these."""

from accounts.services.archive import (
    change_account,
    change_manager,
    create_account,
    kept_live,
    kept_row,
    live_locked,
    review_account,
    set_parent,
    survivor_locked,
    withdraw_review,
)
from accounts.services.attachments import add_attachment, remove_attachment
from accounts.services.contacts import (
    add_contact,
    change_contact,
    remove_contact,
    touch_contacts,
)
from accounts.services.segments import change_segment, delete_segment, save_segment
from accounts.services.team import add_member, end_member
from accounts.services.timeline import record_event

__all__ = [
    "add_attachment",
    "add_contact",
    "add_member",
    "change_account",
    "change_contact",
    "change_manager",
    "change_segment",
    "create_account",
    "delete_segment",
    "end_member",
    "kept_live",
    "kept_row",
    "live_locked",
    "record_event",
    "remove_attachment",
    "remove_contact",
    "review_account",
    "save_segment",
    "set_parent",
    "survivor_locked",
    "touch_contacts",
    "withdraw_review",
]
