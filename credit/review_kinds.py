"""What of the half-yearly review needs signatures, and whose (docs/policies/credit.md 12.4)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from credit.line_kinds import LABELS, WORDS
from credit.models import Review
from credit.models.reviews import RULES
from credit.services import reviews

_FIRST = rules.all_of("ka_director", "finance", "legal")
_LAST = (rules.one("deputy_gm"), rules.one("gm"))


def register_own() -> None:
    """The kinds of this part; called when the app is ready."""
    _register(reviews.KEEP, _("Half-yearly review"), rules.route(_FIRST, *_LAST))
    _register(
        reviews.RAISE,
        _("Half-yearly review that gives more credit"),
        rules.route(_FIRST, rules.each_of("credit_committee"), *_LAST),
    )


def _register(key: str, label: Promise, route: tuple[rules.Band, ...]) -> None:
    kinds.register(
        kinds.Kind(
            key=key,
            label=label,
            subject_url=_url,
            snapshot=reviews.snapshot,
            on_approved=reviews.approve,
            on_closed=reviews.close,
            default_route=route,
            expires_days=60,
            labels={
                "period": _("period"),
                "rule": _("rule"),
                "rating_now": _("rating before and now"),
                **LABELS,
            },
            words={"rule": RULES, **WORDS},
        )
    )


def _url(request: Request) -> str:
    return Review.objects.get(proposal=request.object_id).get_absolute_url()
