"""Which accounts a credit group consists of, and on whose word."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.lines import CreditLine
from credit.models.triggers import may_grant, only_added


class GroupMove(models.Model):
    """An account came into a credit group, or left one. Only ever added (trigger).

    Either with a signed line of the head, whose signers saw the account among its members (to leave
    it needs only the line), or by the word of somebody who answers for credit and
    is not the manager of the account. `CreditParty.group` follows it: the database sees to that.
    """

    moves_on_merge = False  # as the group does not

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    group = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,  # it left
        blank=True,
        related_name="+",
        verbose_name=_("credit group"),
    )
    line = models.ForeignKey(
        CreditLine, models.PROTECT, null=True, blank=True, related_name="+"
    )  # of the head; None: confirmed by hand
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change of a credit group")
        verbose_name_plural = _("changes of credit groups")
        triggers = [
            *only_added(),
            pgtrigger.Trigger(
                name="is_answered_for",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    IF NEW.line_id IS NULL AND {may_grant("NEW.confirmed_by_id", "NEW.account_id")}
                    THEN
                        RETURN NEW;
                    END IF;
                    PERFORM FROM credit_creditline AS line
                    LEFT JOIN credit_lineproposal AS proposal ON proposal.id = line.proposal_id
                    WHERE line.id = NEW.line_id AND line.approved_by_id = NEW.confirmed_by_id
                        AND (line.account_id = NEW.group_id AND line.covers_group
                            AND (proposal.id IS NULL OR proposal.figures->'members' @>
                                jsonb_build_array(jsonb_build_object('account', NEW.account_id)))
                            OR NEW.group_id IS NULL
                            AND line.account_id = (SELECT group_id FROM credit_creditparty
                                                   WHERE account_id = NEW.account_id));
                    IF NOT FOUND THEN
                        RAISE check_violation
                        USING MESSAGE = 'nobody who may has confirmed this credit group';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608  put together from constants
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="credit_groupmove_latest")]

    def __str__(self) -> str:
        return f"{self.account} → {self.group or '–'}"
