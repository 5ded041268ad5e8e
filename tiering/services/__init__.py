"""Every write of tiering: runs, policies, designations. Called by page, API, task and command."""

from tiering.services.designations import (
    edit_designation,
    propose_designation,
    revoke_designation,
)
from tiering.services.policies import (
    draft_policy,
    edit_policy,
    propose_policy,
    ship_default_policy,
)
from tiering.services.proposals import open_missing_requests
from tiering.services.runs import (
    execute_run,
    nightly_dates,
    policy_in_force,
    recompute,
    request_run,
    vacuum_ledger,
)

__all__ = [
    "draft_policy",
    "edit_designation",
    "edit_policy",
    "execute_run",
    "nightly_dates",
    "open_missing_requests",
    "policy_in_force",
    "propose_designation",
    "propose_policy",
    "recompute",
    "request_run",
    "revoke_designation",
    "ship_default_policy",
    "vacuum_ledger",
]
