"""What collections did that lets the limitation of invoices begin anew 时效中断.

Only what names the invoice counts: the earlier day is the safe one (policy section 8.6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from credit.models import CollectionAction, LegalCase, PaymentPromise
from credit.rules.claims import Restart, RestartKind


def restarts(invoice_ids: Collection[int], as_of: date) -> dict[int, list[Restart]]:
    """Letters, promises and suits about these invoices by that day; three queries."""
    found: dict[int, list[Restart]] = defaultdict(list)
    letters = CollectionAction.objects.filter(
        kind__in=CollectionAction.PROVABLE, invoices__in=invoice_ids, done_on__lte=as_of
    ).values_list("invoices", "done_on")
    promised = (
        PaymentPromise.objects.standing()
        .filter(invoices__in=invoice_ids, made_on__lte=as_of)
        .values_list("invoices", "made_on")
    )
    filed = LegalCase.objects.filter(invoices__in=invoice_ids, filed_on__lte=as_of).values_list(
        "invoices", "filed_on"
    )
    for kind, rows in (
        (RestartKind.CLAIM, letters),
        (RestartKind.ACKNOWLEDGEMENT, promised),
        (RestartKind.PROCEEDINGS, filed),
    ):
        for invoice_id, on in rows.order_by():
            if on is not None:
                found[invoice_id].append(Restart(kind=kind, on=on))
    return found
