"""The kinds of approval for credit terms: more than now, and not more.

Shipped routes (docs/policies/credit.md section 2): for more, whatever the amount, everybody of
the credit committee and then the general manager; for no more than now, finance or the
key-account director, from a million on one of the general managers too.
"""

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from credit.models import CreditForm, LineProposal
from credit.rating_words import MORE
from credit.services import proposals

LARGE = Decimal(1_000_000)
LABELS = {
    "account": _("account"),
    "origin": _("origin"),
    "line": _("line in force"),
    "limit": _("credit limit"),
    "currency": _("currency"),
    "terms_days": _("payment term (days)"),
    "form": _("form of credit"),
    "covers_group": _("covers the whole group"),
    "members": _("the group: member · its own limit · its exposure"),
    "valid_from": _("valid from (the day of approval, if that is later)"),
    "valid_until": _("valid until"),
    "extra": _("temporary increase"),
    "extra_until": _("increase until"),
    "rating": _("rating"),
    "gives_more": _("more than now"),
    "beyond_first_terms": _("beyond the first terms of a new customer"),
    "beyond_reason": _("why beyond the first terms"),
    "exposure": _("exposure"),
    "overdue_amount": _("overdue amount"),
    "overdue_days": _("days overdue"),
    "net_sales": _("12-month net sales"),
    "payment_index": _("payment index"),
    "rating_points": _("points"),
    "months_of_dealing": _("full months since the first order in the ledger"),
    "suggested_limit": _("suggested limit"),
    "suggested_terms_days": _("suggested term (days)"),
    "investigation": _("credit investigation"),
}
WORDS = {
    "form": dict(CreditForm.choices),
    "origin": dict(LineProposal.Origin.choices),
    "gives_more": MORE,
}


def register_own() -> None:
    """The kinds of this app; called when it is ready."""
    _register(
        proposals.RAISE,
        _("Raise of credit"),
        rules.route(rules.each_of("credit_committee"), rules.one("gm")),
    )
    first = rules.any_of("finance", "ka_director")
    _register(
        proposals.KEEP,
        _("Credit terms, no raise"),
        (
            rules.Band(until=LARGE, stages=(first,)),
            rules.Band(since=LARGE, stages=(first, rules.any_of("deputy_gm", "gm"))),
        ),
    )


def _register(key: str, label: str | Promise, route: tuple[rules.Band, ...]) -> None:
    kinds.register(
        kinds.Kind(
            key=key,
            label=label,
            subject_url=_url,
            snapshot=proposals.snapshot,
            on_approved=proposals.approve,
            on_closed=proposals.close,
            default_route=route,
            labels=LABELS,
            words=WORDS,
        )
    )


def _url(request: Request) -> str:
    return LineProposal.objects.get(pk=request.object_id).get_absolute_url()
