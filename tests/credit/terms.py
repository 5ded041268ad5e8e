"""Plain functions that ask for credit terms and sign for them, through the services."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from approvals import services as approvals
from approvals.models import Request
from credit.models import CreditLine, Investigation
from credit.rules.lines import LineTerms
from credit.services import proposals
from tests.factories import make_user


def make_terms(limit="50000", **fields):
    """Terms of 30 days from today for a year."""
    today = timezone.localdate()
    values = {
        "limit": Decimal(limit),
        "terms_days": 30,
        "valid_from": today,
        "valid_until": today + timedelta(days=365),
    }
    return LineTerms(**values | fields)


def make_investigation(account, by, **fields):
    values = {
        "investigated_on": date(2026, 1, 1),
        "sources": "Annual report",
        "conclusion": "Sound",
    }
    return Investigation.objects.create(account=account, investigated_by=by, **values | fields)


def propose(account, actor, limit="50000", *, reason="It grows", investigation=None, **terms):
    """An application with an investigation; `terms` beside the limit."""
    known = investigation or Investigation.objects.filter(account=account).first()
    return proposals.propose_terms(
        account,
        terms=make_terms(limit, **terms),
        reason=reason,
        beyond_reason="A strategic customer",
        actor=actor,
        investigation=known or make_investigation(account, actor),
    )


def request_of(proposal):
    return Request.objects.of(proposal).first()


def sign(proposal, actor, decision="approve", comment=""):
    request = request_of(proposal)
    return approvals.sign(
        request.pk, actor=actor, decision=decision, comment=comment, seen=request.digest
    )


def sign_all(proposal, *people):
    for person in people:
        sign(proposal, person)
    return CreditLine.objects.get(proposal=proposal)


def put_in_force(account, limit, **terms):
    """Terms that give no more than those in force, asked for by one and signed by another."""
    signer = make_user(role="finance")
    return sign_all(propose(account, make_user(role="account_manager"), limit, **terms), signer)
