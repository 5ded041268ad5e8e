"""Complaints at any point of the procedure, through the services that everybody uses."""

from typing import Any

from complaints.models import Complaint
from complaints.services import procedure, registering
from tests.factories import make_user


def make_complaint(account: Any = None, *, actor: Any = None, **fields: Any) -> Complaint:
    """A complaint that has just been registered."""
    given = {
        "channel": "phone",
        "category": "quality",
        "severity": "moderate",
        "title": "密封圈漏油",
        **fields,
    }
    return registering.register(account=account, actor=actor, **given).complaint


def solver(username: str = "") -> Any:
    """Somebody who may work on every complaint."""
    return make_user(username, "ka_director")


def bring_to(complaint: Complaint, status: str, *, actor: Any) -> Complaint:
    """Take the shortest way to a status."""
    steps = {
        "acknowledged": lambda pk: procedure.acknowledge(pk, actor=actor),
        "investigating": lambda pk: procedure.investigate(pk, actor=actor),
        "resolved": lambda pk: procedure.resolve(
            pk, outcome="justified", solution="换货", cause="material", actor=actor
        ),
        "replied": lambda pk: procedure.reply(pk, text="已换货", actor=actor),
        "confirmed": lambda pk: procedure.confirm(pk, actor=actor),
        "closed": lambda pk: procedure.close(pk, actor=actor),
    }
    names = ["registered", *steps]
    for name in names[names.index(complaint.status) + 1 : names.index(status) + 1]:
        steps[name](complaint.pk)
    complaint.refresh_from_db()
    return complaint
