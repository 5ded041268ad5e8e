from accounts.models.account import (
    REVIEW_DUE,
    TIER_RANK,
    Account,
    AccountQuerySet,
    Industry,
    Motive,
    SizeClass,
    Stage,
    Tier,
    field_labels,
    ids_served_by,
    sees_all_accounts,
)
from accounts.models.contact import (
    OPEN_FOR,
    SECRET_FIELDS,
    Attitude,
    BuyingRole,
    Contact,
    ContactOpening,
    ContactQuerySet,
    Influence,
    OptOut,
)
from accounts.models.exports import Export, ExportAllowance
from accounts.models.handover import Cover, HandoverCase, HandoverTransfer
from accounts.models.merge import AccountMerge, DuplicateDismissal
from accounts.models.need import Need, NeedQuerySet
from accounts.models.qualification import Qualification, QualificationQuerySet
from accounts.models.records import BREACHES, Attachment, AttachmentQuerySet, Event, EventQuerySet
from accounts.models.segment import Segment
from accounts.models.team import ServiceMember
from accounts.models.transfer import ImportBatch

__all__ = [
    "BREACHES",
    "OPEN_FOR",
    "REVIEW_DUE",
    "SECRET_FIELDS",
    "TIER_RANK",
    "Account",
    "AccountMerge",
    "AccountQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Attitude",
    "BuyingRole",
    "Contact",
    "ContactOpening",
    "ContactQuerySet",
    "Cover",
    "DuplicateDismissal",
    "Event",
    "EventQuerySet",
    "Export",
    "ExportAllowance",
    "HandoverCase",
    "HandoverTransfer",
    "ImportBatch",
    "Industry",
    "Influence",
    "Motive",
    "Need",
    "NeedQuerySet",
    "OptOut",
    "Qualification",
    "QualificationQuerySet",
    "Segment",
    "ServiceMember",
    "SizeClass",
    "Stage",
    "Tier",
    "field_labels",
    "ids_served_by",
    "sees_all_accounts",
]
