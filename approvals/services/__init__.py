"""Every write of approvals: requests, routes, deputies. Called by pages, tasks and other apps."""

from approvals.services.deputies import end_deputy, name_deputy
from approvals.services.requests import (
    expire_due,
    open_request,
    recall,
    remind,
    resubmit,
    sign,
)
from approvals.services.routes import propose_route, ship_default_routes

__all__ = [
    "end_deputy",
    "expire_due",
    "name_deputy",
    "open_request",
    "propose_route",
    "recall",
    "remind",
    "resubmit",
    "ship_default_routes",
    "sign",
]
