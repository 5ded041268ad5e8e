"""Plain functions that make credit lines as an import of opening lines does."""

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account
from credit.models import CreditLine
from staff.models import User


def make_line(account: Account, *, approved_by: User, **fields: Any) -> CreditLine:
    """An opening line of 1,000 for 30 days, through 2026 and 2027."""
    values = {
        "limit": Decimal(1000),
        "currency": "CNY",
        "terms_days": 30,
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2027, 12, 31),
        "reason": "opening",
    }
    return CreditLine.objects.create(account=account, approved_by=approved_by, **values | fields)
