"""The statement of account 对账单 as a PDF, for the customer to sign and send back.

Chinese comes from the CID font that every PDF reader knows; nothing has to be installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO

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
    BaseDocTemplate,
    Flowable,
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

FONT = "STSong-Light"
_GRID = [
    ("FONT", (0, 0), (-1, -1), FONT, 8.5),
    ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f7")),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#c8d1dc")),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]


@cache
def _font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def _style(size: float, **more: object) -> ParagraphStyle:
    return ParagraphStyle("text", fontName=_font(), fontSize=size, leading=size * 1.5, **more)


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
    document.build(_story(account, statement, currency), onFirstPage=_foot, onLaterPages=_foot)
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
    lines = [
        _("Customer: %(account)s"),
        _("Period: %(since)s to %(until)s; amounts in %(currency)s"),
        _("Balance on %(until)s: %(balance)s"),
    ]
    return [
        Paragraph(escape(_("Statement of account")), heading),
        *(Paragraph(escape(line % values), body) for line in lines),
        Spacer(1, 4 * mm),
        _movements(statement),
        *(
            [Paragraph(escape(_("Unpaid invoices")), head), _unpaid(statement)]
            if statement.unpaid
            else []
        ),
        Spacer(1, 10 * mm),
        *_answer(body),
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
    closing = [str(statement.until), _("Balance"), "", "", "", money(statement.closing)]
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
    return _table([titles, *rows], [58, 28, 28, 30, 30], numbers=3)


def _table(rows: Sequence[Sequence[object]], widths: Sequence[int], *, numbers: int) -> Table:
    right = ("ALIGN", (numbers, 0), (-1, -1), "RIGHT")
    _font()
    return Table(
        [list(row) for row in rows],
        colWidths=[width * mm for width in widths],
        repeatRows=1,
        style=TableStyle([*_GRID, right]),
    )


def _cell(text: str) -> Paragraph:
    """Text that is broken where it does not fit."""
    return Paragraph(escape(text), _style(8.5, wordWrap="CJK"))


def _amount(value: Decimal) -> str:
    return money(value) if value else ""


def _answer(body: ParagraphStyle) -> list[Flowable]:
    """Where the customer confirms or disputes the balance."""
    request = _("Please check this balance, mark your answer, sign, seal and send it back.")
    choices = ["[  ] " + _("The balance is right."), "[  ] " + _("The balance is not right:")]
    line = "_" * 40
    return [
        Paragraph(escape(text), body)
        for text in [
            request,
            *choices,
            f"{_('Signature and seal')}: {line}",
            f"{_('Day')}: {line}",
        ]
    ]


def _foot(canvas: Canvas, document: BaseDocTemplate) -> None:
    canvas.setFont(_font(), 8)
    canvas.drawString(18 * mm, 10 * mm, str(timezone.localdate()))
    canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))
