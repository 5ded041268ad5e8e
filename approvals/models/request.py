from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.kinds import kind_label
from approvals.models.deputy import voices_of
from approvals.models.route import Route

if TYPE_CHECKING:
    from staff.models import User

SIGNED_BY_ANOTHER = """
    IF NEW.status = 'approved' AND NOT EXISTS (
        SELECT FROM approvals_signature AS s
        WHERE s.request_id = NEW.id AND s.round = NEW.round AND s.decision = 'approve'
          AND s.signer_id <> NEW.requested_by_id
    ) THEN
        RAISE EXCEPTION 'approvals_signed_by_another: request % has no signature of another person',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'approved' AND EXISTS (
        SELECT FROM jsonb_array_elements(NEW.plan) WITH ORDINALITY AS stage(terms, place)
        WHERE CASE terms->>'rule'
                WHEN 'any' THEN 1
                WHEN 'n_of_m' THEN (terms->>'n')::int
                ELSE jsonb_array_length(terms->'seats')
            END > (
                SELECT count(*) FROM approvals_signature AS s
                WHERE s.request_id = NEW.id AND s.round = NEW.round AND s.decision = 'approve'
                  AND s.stage = place - 1 AND s.seat < jsonb_array_length(terms->'seats')
            )
    ) THEN
        RAISE EXCEPTION 'approvals_signed_by_all: request % lacks signatures of its plan',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

FOUR_EYES = """
    PERFORM FROM approvals_request AS r
        WHERE r.id = NEW.request_id AND (
            r.requested_by_id IN (NEW.signer_id, NEW.on_behalf_of_id)
            OR r.kept_by_id IN (NEW.signer_id, NEW.on_behalf_of_id)
        );
    IF FOUND THEN
        RAISE EXCEPTION 'approvals_four_eyes: nobody decides on their own request'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM approvals_request AS r
        WHERE r.id = NEW.request_id AND r.status = 'pending' AND r.round = NEW.round;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'approvals_signs_open_round: the request does not wait in this round'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class RequestQuerySet(models.QuerySet["Request"]):
    def visible_to(self, user: User) -> Self:
        """Requests this user asked for, signs or signed (by role, in person, as a deputy)."""
        if user.has_perm("approvals.view_all_requests"):
            return self
        voices = voices_of(user)
        signed = Signature.objects.filter(request=OuterRef("pk"), signer=user)
        return self.filter(
            Q(requested_by=user)
            | Q(kept_by=user)
            | Exists(signed)
            | Q(people__overlap=list(voices))
            | Q(roles__overlap=sorted({role for roles in voices.values() for role in roles}))
        )

    def waiting_for(self, user: User) -> Self:
        """Requests that this user may sign now, for themselves or as a deputy."""
        this_round = Signature.objects.filter(request=OuterRef("pk"), round=OuterRef("round"))
        mine = Q(pk__in=[])
        for voice, roles in voices_of(user).items():
            spoken = this_round.alias(voice=Coalesce("on_behalf_of", "signer")).filter(voice=voice)
            awaited = Q(awaits_people__contains=[voice]) | Q(awaits_roles__overlap=list(roles))
            mine |= Q(awaited, ~Q(requested_by=voice), ~Exists(spoken))
        return self.filter(mine, status=Request.Status.PENDING).exclude(
            Q(requested_by=user) | Q(kept_by=user) | Exists(this_round.filter(signer=user))
        )

    def open(self) -> Self:
        """Requests that are not closed: they wait for signatures or for a change."""
        return self.filter(status__in=Request.OPEN)

    def of(self, subject: models.Model, kind: str | None = None) -> Self:
        """The requests about this object, newest first."""
        found = self.filter(
            content_type=ContentType.objects.get_for_model(subject), object_id=subject.pk
        )
        return (found.filter(kind=kind) if kind else found).order_by("-requested_at", "-pk")


class Request(models.Model):
    """Something that needs signatures 审批申请. Written only by `approvals.services`.

    `snapshot` is what the signers see, frozen; `digest` stands for it, the texts and the round:
    a decision names the digest it was made on.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Awaiting signatures")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        RETURNED = "returned", _("Returned for change")
        RECALLED = "recalled", _("Recalled")
        EXPIRED = "expired", _("Expired")

    OPEN = (Status.PENDING, Status.RETURNED)

    kind = models.CharField(_("kind"), max_length=60)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.BigIntegerField()
    subject = GenericForeignKey()
    title = models.CharField(_("title"), max_length=200)
    amount = models.DecimalField(
        _("amount"), max_digits=20, decimal_places=4, null=True, blank=True
    )  # reporting currency
    reason = models.TextField(_("reason"))
    snapshot = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=64)  # SHA-256, hex
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested at"))
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken over by"),
    )  # recalls and submits again in the place of who asked, and signs it as little
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    route = models.ForeignKey(Route, models.PROTECT, related_name="+")
    plan = models.JSONField(default=list)  # the stages with their seats; see rules.PlannedStage
    stage = models.PositiveSmallIntegerField(_("stage"), null=True)  # from 0; none when complete
    # Everybody who has a seat in any round, and the seats that may sign now.
    roles = ArrayField(models.CharField(max_length=60), default=list)
    people = ArrayField(models.BigIntegerField(), default=list)
    awaits_roles = ArrayField(models.CharField(max_length=60), default=list)
    awaits_people = ArrayField(models.BigIntegerField(), default=list)
    expires_at = models.DateTimeField(_("expires at"))
    reminded_on = models.DateField(_("reminded on"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        permissions = [("view_all_requests", _("Can see all approval requests"))]
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="approvals_request_subject"),
            models.Index(fields=["status", "expires_at"], name="approvals_request_expiry"),
            GinIndex(fields=["roles"], name="approvals_request_roles"),
            GinIndex(fields=["people"], name="approvals_request_people"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "content_type", "object_id"],
                condition=Q(status__in=["pending", "returned"]),
                name="approvals_request_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "returned"]) ^ Q(closed_at__isnull=False),
                name="approvals_request_closed_at",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="signed_by_another",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=SIGNED_BY_ANOTHER,
            ),
            pgtrigger.Protect(
                name="closed_request_is_immutable",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__status__in=["pending", "returned"]),
            ),
            pgtrigger.Protect(name="request_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="request_keeps_its_author",
                fields=["kind", "content_type", "object_id", "requested_by"],
            ),
            pgtrigger.Protect(
                name="round_keeps_what_is_asked",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.round < OLD.round OR NEW.round = OLD.round AND (OLD.snapshot, OLD.digest,"
                    " OLD.amount, OLD.plan, OLD.title, OLD.reason) IS DISTINCT FROM (NEW.snapshot,"
                    " NEW.digest, NEW.amount, NEW.plan, NEW.title, NEW.reason)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("approvals:request", args=[self.pk])

    @property
    def kind_label(self) -> str:
        """What the kind is called; its key where no app knows it any more."""
        return kind_label(self.kind)

    @property
    def is_open(self) -> bool:
        """Whether it waits for signatures or for a change."""
        return self.status in self.OPEN

    @property
    def last_day(self) -> date:
        """The last day, local, on which it can be signed."""
        return timezone.localdate(self.expires_at - timedelta(microseconds=1))

    def is_asked_by(self, user: User) -> bool:
        """Whether this user asked for it, or took it over from who did: no signature of theirs."""
        return user.pk in (self.requested_by_id, self.kept_by_id)

    def last_comment(self) -> str:
        """What the latest signer of this round wrote."""
        given = self.signatures.filter(round=self.round).order_by("-pk")
        return given.values_list("comment", flat=True).first() or ""


class Signature(models.Model):
    """One decision of one person on a request, with what they saw. Append-only (triggers)."""

    class Decision(models.TextChoices):
        APPROVE = "approve", _("Approved")
        REJECT = "reject", _("Rejected")
        RETURN = "return", _("Returned for change")

    request = models.ForeignKey(Request, models.PROTECT, related_name="signatures")
    round = models.PositiveSmallIntegerField(_("round"))
    stage = models.PositiveSmallIntegerField(_("stage"))
    seat = models.PositiveSmallIntegerField()  # its place in the stage
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed by")
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    decision = models.CharField(_("decision"), max_length=10, choices=Decision)
    comment = models.TextField(_("comment"), blank=True)
    digest = models.CharField(max_length=64)  # of what the signer saw
    snapshot = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    signed_at = models.DateTimeField(_("signed at"), default=timezone.now)

    class Meta:
        ordering = ["request", "signed_at", "pk"]
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round", "signer"], name="approvals_signature_once"
            ),
            models.UniqueConstraint(
                "request",
                "round",
                Coalesce("on_behalf_of", "signer"),
                name="approvals_signature_one_voice",
            ),
            models.UniqueConstraint(
                fields=["request", "round", "stage", "seat"],
                condition=Q(decision="approve"),
                name="approvals_signature_one_seat",
            ),
            models.CheckConstraint(
                condition=Q(decision="approve") | ~Q(comment=""),
                name="approvals_signature_says_why",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("signer")),
                name="approvals_signature_deputy_is_another",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="four_eyes",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=FOUR_EYES,
            ),
            pgtrigger.Protect(
                name="signature_is_kept", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer_id} {self.decision}"
