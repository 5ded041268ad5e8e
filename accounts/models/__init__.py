from accounts.models.account import (
    REVIEW_DUE,
    TIER_RANK,
    Account,
    AccountQuerySet,
    Industry,
    Motive,
    Segment,
    ServiceMember,
    SizeClass,
    Tier,
    field_labels,
    sees_all_accounts,
)
from accounts.models.contact import Contact, ContactQuerySet
from accounts.models.merge import AccountMerge, DuplicateDismissal
from accounts.models.records import Attachment, AttachmentQuerySet, Event, EventQuerySet
from accounts.models.transfer import ImportBatch

__all__ = [
    "REVIEW_DUE",
    "TIER_RANK",
    "Account",
    "AccountMerge",
    "AccountQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Contact",
    "ContactQuerySet",
    "DuplicateDismissal",
    "Event",
    "EventQuerySet",
    "ImportBatch",
    "Industry",
    "Motive",
    "Segment",
    "ServiceMember",
    "SizeClass",
    "Tier",
    "field_labels",
    "sees_all_accounts",
]
