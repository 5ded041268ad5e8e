from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Self

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

from approvals import kinds, rules

if TYPE_CHECKING:
    from staff.models import User

BANDS_COVER_ALL = """
    IF EXISTS (SELECT FROM approvals_route WHERE id = {route}) AND NOT EXISTS (
        SELECT FROM (
            SELECT since, until, lag(until) OVER w AS before, row_number() OVER w AS place,
                   count(*) OVER () AS bands
            FROM approvals_band WHERE route_id = {route} WINDOW w AS (ORDER BY since)
        ) AS band
        HAVING count(*) > 0 AND bool_and(
            (place = 1 AND since = 0 OR place > 1 AND since IS NOT DISTINCT FROM before)
            AND (until IS NULL) = (place = bands)
        )
    ) THEN
        RAISE EXCEPTION 'approvals_bands_cover_all: the bands of route % must cover every '
            'amount from 0 once', {route} USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""

ROUTE_IS_SIGNED = """
    IF NEW.status = 'approved' AND NEW.proposed_by_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM approvals_request AS r
        WHERE r.kind = 'approvals.route' AND r.object_id = NEW.id AND r.status = 'approved'
    ) THEN
        RAISE EXCEPTION 'approvals_route_is_signed: route % has no approved request', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

SIGNED_BY_ANOTHER = """
    IF NEW.status = 'approved' AND NOT EXISTS (
        SELECT FROM approvals_signature AS s
        WHERE s.request_id = NEW.id AND s.round = NEW.round AND s.decision = 'approve'
          AND s.signer_id <> NEW.requested_by_id
    ) THEN
        RAISE EXCEPTION 'approvals_signed_by_another: request % has no signature of another person',
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


class RouteQuerySet(models.QuerySet["Route"]):
    def in_force(self, on: date) -> Self:
        """Approved routes that have begun by this day; of each kind the deciding one first."""
        return self.filter(status=Route.Status.APPROVED, effective_from__lte=on).order_by(
            "kind", "-effective_from", "-version"
        )


class Route(models.Model):
    """Who signs requests of a kind 审批流程: policy data, in versions, effective from a day.

    In force on a day is the approved version with the latest `effective_from` up to it. An
    approved one is never edited (database trigger). Source: docs/policies/approvals.md section 2.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Awaiting approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    kind = models.CharField(_("kind"), max_length=60)
    version = models.PositiveIntegerField(_("version"))
    effective_from = models.DateField(_("effective from"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    note = models.TextField(_("reason for the change"), blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-version"]
        verbose_name = _("approval route")
        verbose_name_plural = _("approval routes")
        permissions = [("propose_route", _("Can propose approval routes"))]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="approvals_route_version"),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "approved", "rejected"]),
                name="approvals_route_status",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | Q(proposed_by__isnull=False),
                name="approvals_route_only_the_first_is_shipped",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="approved_route_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="approved"),
            ),
            pgtrigger.ReadOnly(
                name="route_keeps_its_author", fields=["kind", "version", "proposed_by"]
            ),
            pgtrigger.Trigger(
                name="route_is_signed",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ROUTE_IS_SIGNED,
            ),
            pgtrigger.Trigger(
                name="route_bands_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="NEW.id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_label} {self.version} ({self.effective_from})"

    def get_absolute_url(self) -> str:
        return reverse("approvals:route", args=[self.pk])

    @property
    def kind_label(self) -> str:
        """What the kind is called; its key where no app knows it any more."""
        return kind_label(self.kind)

    def terms(self) -> tuple[rules.Band, ...]:
        """The bands as plain values, for `approvals.rules`."""
        return tuple(band.terms() for band in self.bands.all())


class Band(models.Model):
    """Amounts from `since` up to but not including `until`, and the stages that sign for them."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="bands")
    since = models.DecimalField(_("from"), max_digits=20, decimal_places=4, default=0)
    until = models.DecimalField(_("below"), max_digits=20, decimal_places=4, null=True, blank=True)
    # [{"rule": "all", "n": 0, "signers": [{"role": "gm", "each_member": false}]}]; see rules.Stage
    stages = models.JSONField(_("stages"))

    class Meta:
        ordering = ["route", "since"]
        constraints = [
            models.UniqueConstraint(fields=["route", "since"], name="approvals_band_since"),
            models.CheckConstraint(
                condition=Q(since__gte=0) & (Q(until=None) | Q(until__gt=F("since"))),
                name="approvals_band_span",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="bands_of_an_approved_route_are_immutable",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM approvals_route WHERE id = OLD.route_id AND status = 'approved'
                    ) THEN
                        RAISE EXCEPTION 'approvals_route_is_immutable: route % is approved',
                            OLD.route_id;
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="bands_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="NEW.route_id"),
            ),
            pgtrigger.Trigger(
                name="bands_left_cover_all",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=BANDS_COVER_ALL.format(route="OLD.route_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.since} – {self.until or '…'}"

    def terms(self) -> rules.Band:
        """The band as plain values, for `approvals.rules`."""
        stages = rules.stages_from_json(self.stages)
        return rules.Band(since=self.since, until=self.until, stages=stages)


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


class DeputyQuerySet(models.QuerySet["Deputy"]):
    def in_force(self, on: date) -> Self:
        """Deputies whose span holds this day."""
        return self.filter(since__lte=on, until__gt=on)


class Deputy(models.Model):
    """Who signs for somebody who is away 代理人, on the days [since, until)."""

    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("principal")
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("deputy")
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("until"))

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        constraints = [
            models.CheckConstraint(
                condition=~Q(principal=F("deputy")), name="approvals_deputy_is_another"
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("since")), name="approvals_deputy_span"
            ),
        ]
        indexes = [models.Index(fields=["deputy", "until"], name="approvals_deputy_span_idx")]

    def __str__(self) -> str:
        return f"{self.deputy} → {self.principal}"


def kind_label(key: str) -> str:
    """What a kind is called; its key where no app knows it any more."""
    known: Any = kinds.registered().get(key)
    return str(known.label) if known else key


def voices_of(user: User) -> dict[int, frozenset[str]]:
    """Whom this user signs for today, themselves first, each with their roles. Two queries."""
    deputised = Deputy.objects.in_force(timezone.localdate()).filter(
        deputy=user, principal__is_active=True
    )
    roles: dict[int, set[str]] = {user.pk: set(user.groups.values_list("name", flat=True))}
    for principal, role in deputised.values_list("principal", "principal__groups__name"):
        roles.setdefault(principal, set())
        if role:
            roles[principal].add(role)
    return {voice: frozenset(names) for voice, names in roles.items()}
