"""The text of collection letters, with the figures of the day it is written.

Letters go to customers in China, so they are Chinese whatever the language of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.conf import settings

from credit.models import CollectionAction, Invoice
from credit.rules.receivables import days_overdue

_TITLES = {
    CollectionAction.Kind.LETTER: "催款函",
    CollectionAction.Kind.FORMAL_DEMAND: "律师函",
}
_LETTER = """{title}

{name}：

截至{today}，贵公司尚欠我公司以下款项，均已逾期：

{lines}

合计：人民币 {total} 元。

请贵公司于 {pay_by} 前将上述款项汇入我公司账户。如已付款，请将付款凭证告知我公司；
如对账目有异议，请于收到本函之日起七日内书面提出。
{more}
特此函告。

{signed}
"""
_DEMAND = """
逾期未付的，我公司将依法提起诉讼，并主张逾期利息及实现债权的全部费用。
本函同时构成对上述债权的书面催告，诉讼时效自送达之日起重新计算。
"""


def letter(kind: str, *, name: str, invoices: Iterable[Invoice], on: date, pay_by: date) -> str:
    """The letter about these invoices; what of them is overdue stands in it, with its days."""
    amounts = ((each, each.overdue_amount(on)) for each in invoices)
    owed = [(each, amount) for each, amount in amounts if amount]
    lines = "\n".join(
        f"{number}. 发票 {each.invoice_number}，到期日 {each.next_due_on}，"
        f"逾期 {days_overdue(each.next_due_on, on)} 天，未付金额 {amount:,.2f} 元"
        for number, (each, amount) in enumerate(owed, start=1)
    )
    return _LETTER.format(
        title=_TITLES[CollectionAction.Kind(kind)],
        name=name,
        signed="\n".join(filter(None, [settings.COMPANY_NAME, str(on)])),
        today=on,
        lines=lines,
        total=f"{sum((amount for _each, amount in owed), Decimal(0)):,.2f}",
        pay_by=pay_by,
        more=_DEMAND if kind == CollectionAction.Kind.FORMAL_DEMAND else "",
    )
