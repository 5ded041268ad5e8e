"""Every write of approvals: requests, routes, deputies. Called by pages, tasks and other apps."""

from approvals.services.deputies import end_deputy, name_deputy
from approvals.services.handing_over import (
    asked_by,
    awaiting,
    deputies_of,
    end_deputies,
    keep,
    replace_in_route,
    reseat,
    routes_naming,
)
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
    "asked_by",
    "awaiting",
    "deputies_of",
    "end_deputies",
    "end_deputy",
    "expire_due",
    "keep",
    "name_deputy",
    "open_request",
    "propose_route",
    "recall",
    "remind",
    "replace_in_route",
    "reseat",
    "resubmit",
    "routes_naming",
    "ship_default_routes",
    "sign",
]
