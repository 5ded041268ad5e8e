"""Every write of tiering: runs, policies, designations. Called by page, API, task and command."""

from tiering.services.designations import (
    approve_designation,
    propose_designation,
    reject_designation,
    revoke_designation,
)
from tiering.services.policies import (
    approve_policy,
    draft_policy,
    edit_policy,
    propose_policy,
    reject_policy,
    ship_default_policy,
)
from tiering.services.runs import (
    execute_run,
    nightly_dates,
    policy_in_force,
    recompute,
    request_run,
    vacuum_ledger,
)

__all__ = [
    "approve_designation",
    "approve_policy",
    "draft_policy",
    "edit_policy",
    "execute_run",
    "nightly_dates",
    "policy_in_force",
    "propose_designation",
    "propose_policy",
    "recompute",
    "reject_designation",
    "reject_policy",
    "request_run",
    "revoke_designation",
    "ship_default_policy",
    "vacuum_ledger",
]
