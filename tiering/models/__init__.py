"""Policies, designations, service standards, runs and what came of them: import from here."""

from tiering.models.designation import Designation, DesignationQuerySet
from tiering.models.policy import TierPolicy, TierPolicyQuerySet
from tiering.models.record import TierRecord, TierRecordQuerySet
from tiering.models.run import TierRun, TierRunQuerySet
from tiering.models.standard import ServiceStandard, ServiceStandardQuerySet

__all__ = [
    "Designation",
    "DesignationQuerySet",
    "ServiceStandard",
    "ServiceStandardQuerySet",
    "TierPolicy",
    "TierPolicyQuerySet",
    "TierRecord",
    "TierRecordQuerySet",
    "TierRun",
    "TierRunQuerySet",
]
