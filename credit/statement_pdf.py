"""The statement of account 对账单 as a PDF, for the customer to sign and send back.

Chinese comes from the CID font that every PDF reader knows; nothing has to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from accounts.models import Account
from credit.queries.statement import AccountStatement
from credit.rules.receivables import days_overdue
from kam.core.charts import money
from kam.core.words import labelled

FONT = "STSong-Light"
_GRID = [
    ("FONT", (0, 0), (-1, -1), FONT, 8.5),
    ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f7")),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#c8d1dc")),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
_LAST = [
    ("BACKGROUND", (0, -1), (-1, -1), colors.HexColor("#f6f8fb")),
    ("LINEABOVE", (0, -1), (-1, -1), 0.8, colors.HexColor("#67788a")),
]


@cache
def _font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def _style(size: float, *, leading: float = 1.5, **more: object) -> ParagraphStyle:
    return ParagraphStyle("text", fontName=_font(), fontSize=size, leading=size * leading, **more)


def render(account: Account, statement: AccountStatement, currency: str) -> bytes:
    """The PDF of a statement in the language of the reader."""
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=_("Statement of account"),
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    about = f"{account.account_number}, {statement.since} – {statement.until}"
    document.build(_story(account, statement, currency), canvasmaker=_pages_of(about))
    return target.getvalue()


def _story(account: Account, statement: AccountStatement, currency: str) -> list[Flowable]:
    heading = _style(18, alignment=1, spaceAfter=8)
    body, head = _style(9.5), _style(11, spaceBefore=8, spaceAfter=4)
    values = {
        "since": statement.since,
        "until": statement.until,
        "account": f"{account.name} ({account.account_number})",
        "currency": currency,
        "balance": money(statement.closing),
    }
    balance = _("Balance on %(until)s: %(balance)s")
    lines = [
        _("Customer: %(account)s"),
        _("Period: %(since)s to %(until)s; amounts in %(currency)s"),
        balance,
    ]
    sender = settings.COMPANY_NAME
    return [
        *([Paragraph(escape(sender), _style(11, alignment=1))] if sender else []),
        Paragraph(escape(_("Statement of account")), heading),
        *(Paragraph(escape(line % values), body) for line in lines),
        Spacer(1, 4 * mm),
        _movements(statement),
        *(
            [
                CondPageBreak(40 * mm),  # the heading with some rows below it
                Paragraph(escape(_("Unpaid invoices")), head),
                _unpaid(statement),
            ]
            if statement.unpaid
            else []
        ),
        Spacer(1, 10 * mm),
        KeepTogether(_answer(body, balance % values)),
    ]


def _movements(statement: AccountStatement) -> Table:
    titles = [_("Day"), _("Kind"), _("Number"), _("Invoiced"), _("Paid"), _("Balance")]
    opening = [
        str(statement.since), _("Balance brought forward"), "", "", "", money(statement.opening)
    ]  # fmt: skip
    rows = [
        [
            str(line.on),
            line.label,
            _cell(line.number),
            _amount(line.debit),
            _amount(line.credit),
            money(line.balance),
        ]
        for line in statement.lines
    ]
    invoiced = sum((line.debit for line in statement.lines), Decimal(0))
    paid = sum((line.credit for line in statement.lines), Decimal(0))
    closing = [
        str(statement.until), _("Total"), "", money(invoiced), money(paid), money(statement.closing)
    ]  # fmt: skip
    return _table([titles, opening, *rows, closing], [21, 30, 45, 26, 26, 26], numbers=3)


def _unpaid(statement: AccountStatement) -> Table:
    titles = [_("Invoice"), _("Issued on"), _("Due on"), _("Days overdue"), _("Unpaid")]
    rows = [
        [
            _cell(invoice.number),
            str(invoice.issued_on),
            str(invoice.due_on),
            str(days_overdue(invoice.due_on, statement.until) or ""),
            money(invoice.open_amount),
        ]
        for invoice in statement.unpaid
    ]
    if statement.unmatched:
        rows.append(
            [_("Paid or credited, not yet matched"), "", "", "", money(-statement.unmatched)]
        )
    total = [_("Total"), "", "", "", money(statement.closing)]
    return _table([titles, *rows, total], [58, 28, 28, 30, 30], numbers=3)


def _table(rows: Sequence[Sequence[object]], widths: Sequence[int], *, numbers: int) -> Table:
    right = ("ALIGN", (numbers, 0), (-1, -1), "RIGHT")
    _font()
    return Table(
        [list(row) for row in rows],
        colWidths=[width * mm for width in widths],
        repeatRows=1,
        style=TableStyle([*_GRID, *_LAST, right]),
    )


def _cell(text: str) -> Paragraph:
    """Text that is broken where it does not fit."""
    return Paragraph(escape(text), _style(8.5, leading=1.2, wordWrap="CJK"))


def _amount(value: Decimal) -> str:
    return money(value) if value else ""


def _answer(body: ParagraphStyle, balance: str) -> list[Flowable]:
    """Where the customer confirms or disputes the balance."""
    request = _("Please check this balance, mark your answer, sign, seal and send it back.")
    choices = ["[  ] " + _("The balance is right."), "[  ] " + _("The balance is not right:")]
    line = "_" * 40
    return [
        Paragraph(escape(text), body)
        for text in [
            balance,
            request,
            *choices,
            labelled(_("Signature and seal"), line),
            labelled(_("Day"), line),
        ]
    ]


def _pages_of(about: str) -> type[Canvas]:
    """A canvas that writes below each page what it is of, and which of how many."""

    class Pages(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._drawn: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  the name it has in reportlab
            self._drawn.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._drawn, start=1):
                self.__dict__.update(page)
                self.setFont(_font(), 8)
                self.drawString(18 * mm, 10 * mm, f"{about} ({timezone.localdate()})")
                self.drawRightString(A4[0] - 18 * mm, 10 * mm, f"{number} / {len(self._drawn)}")
                super().showPage()
            super().save()

    return Pages
