"""The kind of approval for new versions of the rules of credit: the general manager signs."""

from django.utils.translation import gettext_lazy as _

from approvals import kinds, rules
from approvals.models import Request
from credit import policy_words
from credit.models import Policy
from credit.services import policy_changes


def register_own() -> None:
    """The kind of this app; called when it is ready."""
    kinds.register(
        kinds.Kind(
            key=policy_changes.KIND,
            label=_("Credit policy"),
            subject_url=_url,
            snapshot=policy_changes.snapshot,
            on_approved=policy_changes.approve,
            on_closed=policy_changes.close,
            default_route=rules.route(rules.one("gm")),
            labels={
                "kind": _("kind"),
                "version": _("version"),
                "effective_from": _("effective from"),
                "changes": _("what changes"),
            },
            words={"kind": dict(Policy.Kind.choices)},
            texts={"changes": policy_words.changes},
        )
    )


def _url(request: Request) -> str:
    return Policy.objects.get(pk=request.object_id).get_absolute_url()
