"""The reasons of a credit decision in words, and what would clear each.

A reason is stored as {"code", "figures", "remedies"}; the words are made for each reader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from kam.core.charts import money, percent

NAMES = {
    "manual_hold": gettext_lazy("Manual hold"),  # 人工冻结
    "no_credit_line": gettext_lazy("No credit line"),  # 无授信
    "line_expired": gettext_lazy("Credit line expired"),  # 授信到期
    "exposure_over_limit": gettext_lazy("Over the credit limit"),  # 超额度
    "group_limit": gettext_lazy("Over the limit of the group"),  # 超集团额度
    "company_ceiling": gettext_lazy("Over the ceiling on receivables"),  # 超应收总量
    "single_order_maximum": gettext_lazy("Over the maximum of one order"),  # 单笔上限
    "overdue_days": gettext_lazy("Overdue for too long"),  # 逾期天数
    "overdue_amount": gettext_lazy("Too much overdue"),  # 逾期金额
    "overdue_share": gettext_lazy("Too large a share of the limit overdue"),  # 逾期占额度
    "rating_too_low": gettext_lazy("Rating too low"),  # 等级过低
}

TEXTS = {
    "manual_hold": gettext_noop("The customer was put on hold: %(reason)s"),
    "no_credit_line": gettext_noop("No credit line was ever granted."),
    "line_expired": gettext_noop(
        "The credit line gives no credit today; its last day: %(valid_until)s."
    ),
    "exposure_over_limit": gettext_noop(
        "With this order of %(amount)s the exposure of %(exposure)s passes the limit of %(limit)s"
        " by %(over)s."
    ),
    "group_limit": gettext_noop(
        "The line of the group leaves %(headroom)s: the order of %(amount)s is %(over)s too much."
    ),
    "company_ceiling": gettext_noop(
        "The ceiling on all receivables leaves %(headroom)s: the order of %(amount)s is %(over)s"
        " too much."
    ),
    "single_order_maximum": gettext_noop(
        "The order of %(amount)s is larger than the maximum of %(maximum)s."
    ),
    "overdue_days": gettext_noop(
        "The oldest debt is %(days)s days overdue; %(allowed)s are allowed."
    ),
    "overdue_amount": gettext_noop("%(overdue)s are overdue; %(allowed)s are allowed."),
    "overdue_share": gettext_noop(
        "%(overdue)s are overdue; %(allowed)s are allowed, %(share)s of the limit."
    ),
    "rating_too_low": gettext_noop("The rating is %(rating)s; the lowest allowed is %(lowest)s."),
}

REMEDIES = {
    "pay": gettext_noop("The customer pays %(amount)s."),
    "reduce_order": gettext_noop("The order is reduced to %(amount)s."),
    "raise_limit": gettext_noop("The limit is raised to %(limit)s."),
    "grant_line": gettext_noop("A credit line of %(limit)s is granted."),
    "renew_line": gettext_noop("The credit line is renewed with %(limit)s."),
    "free_group_limit": gettext_noop("%(amount)s become free within the line of the group."),
    "free_company_ceiling": gettext_noop("%(amount)s become free under the ceiling."),
    "pay_older_than": gettext_noop("All that is overdue for more than %(days)s days is paid."),
    "pay_overdue": gettext_noop("The customer pays %(amount)s of what is overdue."),
    "improve_rating": gettext_noop("The rating becomes %(rating)s or better."),
    "lift_hold": gettext_noop("The hold is lifted."),
}


@dataclass(frozen=True)
class Explained:
    """One reason in words: what it is called, what it says, what would clear it."""

    code: str
    name: str
    text: str
    remedies: tuple[str, ...]


def name(code: str) -> str:
    """What a reason is called; its bare code when nobody knows it."""
    return str(NAMES.get(code, code))


def explain(reasons: Sequence[Mapping[str, Any]]) -> list[Explained]:
    """The stored reasons of a decision in words, in the language of the reader."""
    return [
        Explained(
            code=reason["code"],
            name=name(reason["code"]),
            text=_say(TEXTS, reason),
            remedies=tuple(_say(REMEDIES, remedy) for remedy in reason.get("remedies", [])),
        )
        for reason in reasons
    ]


def _say(texts: Mapping[str, str], told: Mapping[str, Any]) -> str:
    code, figures = told["code"], told.get("figures", {})
    if code not in texts:
        return str(code)
    shown = {key: _shown(key, value) for key, value in figures.items()}
    return _(texts[code]) % defaultdict(str, shown)


def _shown(key: str, value: Any) -> str:
    """Amounts as money, shares in percent, all else as it is."""
    if value is None:
        return "—"
    if key == "share":
        return percent(Decimal(value))
    if isinstance(value, str) and key not in {"reason", "rating", "lowest", "valid_until"}:
        try:
            return money(Decimal(value))
        except InvalidOperation:
            return value
    return str(value)


def alert_figure(kind: str, value: str | None) -> str:
    """A figure of an alert of that kind: a share in percent, a number grouped, a grade as it is."""
    if not value:
        return "—"
    return _shown("share" if kind == "overdue_share_rose" else kind, value)
