from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.core import once

if TYPE_CHECKING:
    from staff.models import User


class CaseQuerySet(models.QuerySet["HandoverCase"]):
    def visible_to(self, user: User) -> Self:
        """All for who manages handovers; otherwise one's own and those one takes over from."""
        if user.has_perm("accounts.manage_handover"):
            return self
        taking = HandoverTransfer.objects.filter(taker=user).values("case")
        return self.filter(Q(giver=user) | Q(pk__in=taking))


class HandoverCase(models.Model):
    """Somebody gives up what they hold 交接 (A10): it lists what is open until nothing is left.

    Written only by `accounts.services.handover`, and never deleted: who had what stays known.
    """

    class Kind(models.TextChoices):
        LEAVING = "leaving", _("Leaves the company")
        MOVING = "moving", _("Takes another post")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("hands over")
    )
    kind = models.CharField(_("reason"), max_length=10, choices=Kind)
    last_day = models.DateField(_("last day"))
    note = models.TextField(_("remark"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    access_ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # None with a moment: by itself after the last day
    access_ended_at = models.DateTimeField(_("access ended at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        permissions = [
            ("manage_handover", _("Can open handovers and sign for who has left")),
            ("hand_over_managers", _("Can do so for those who manage handovers")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["giver"], condition=Q(status="open"), name="accounts_handover_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(giver=F("opened_by")), name="accounts_handover_opened_by_another"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | Q(status="closed", closed_at__isnull=False),
                name="accounts_handover_closed_at",
            ),
        ]

    def __str__(self) -> str:
        return _("Handover of %(giver)s, %(day)s") % {"giver": self.giver, "day": self.last_day}

    def get_absolute_url(self) -> str:
        return reverse("accounts:handover", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether something may still be handed over in it."""
        return self.status == self.Status.OPEN


class TransferQuerySet(models.QuerySet["HandoverTransfer"]):
    def pending(self) -> Self:
        """Transfers that wait for a signature."""
        return self.filter(moved_at=None, withdrawn_at=None)


class HandoverTransfer(models.Model):
    """What one person takes over in a handover: all of it, or parts. It moves when both signed."""

    case = models.ForeignKey(HandoverCase, models.PROTECT, related_name="transfers")
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("takes over")
    )
    # {"accounts.manager": [["17", "K1 华锐科技", "/accounts/K1/"], …]}: by part, as it was signed
    items = models.JSONField(default=dict)
    count = models.PositiveIntegerField(_("items"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    giver_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # the giver, or who stands in for one that has left
    giver_signed_at = models.DateTimeField(_("giver signed at"), null=True, blank=True)
    taker_signed_at = models.DateTimeField(_("taker signed at"), null=True, blank=True)
    moved_at = models.DateTimeField(_("moved at"), null=True, blank=True)
    settled = models.PositiveIntegerField(default=0)  # were not open any more when it moved
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawal = models.TextField(_("why it was withdrawn"), blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["case", "pk"]
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(
                condition=Q(giver_signed_at=None, giver_signed_by=None)
                | Q(giver_signed_at__isnull=False, giver_signed_by__isnull=False),
                name="accounts_transfer_giver_signed_by",
            ),
            models.CheckConstraint(
                condition=Q(giver_signed_by=None) | ~Q(giver_signed_by=F("taker")),
                name="accounts_transfer_two_sides",
            ),
            models.CheckConstraint(
                condition=Q(moved_at=None)
                | Q(
                    giver_signed_at__isnull=False, taker_signed_at__isnull=False, withdrawn_at=None
                ),
                name="accounts_transfer_moved_when_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.taker}"

    @property
    def is_pending(self) -> bool:
        """Whether it waits for a signature."""
        return self.moved_at is None and self.withdrawn_at is None


class CoverQuerySet(models.QuerySet["Cover"]):
    def in_force(self, on: date) -> Self:
        """Covers that both sides signed and whose span holds this day."""
        return self.filter(
            since__lte=on,
            until__gt=on,
            person_signed_at__isnull=False,
            cover_signed_at__isnull=False,
        )

    def taken_by(self, user: User) -> Self:
        """Covers in force today by which this user looks after what somebody else has."""
        return self.in_force(timezone.localdate()).filter(cover=user)

    def hands_of(self, user: User) -> list[int]:
        """Ids of this user and of those for whom they look after things today.

        Read at once: with a few people known, the database plans well what is joined to them.
        """
        away = self.taken_by(user).order_by().values_list("person", flat=True)
        return once.read(("hands", user.pk), lambda: [user.pk, *away])

    def visible_to(self, user: User) -> Self:
        """All for who manages handovers; otherwise those one is a side of."""
        if user.has_perm("accounts.manage_handover"):
            return self
        return self.filter(Q(person=user) | Q(cover=user))


class Cover(models.Model):
    """Who looks after somebody's accounts 代管 on the days [since, until) of their leave.

    It begins and ends by itself: what is in force is read from the dates.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("away")
    )
    cover = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("covers")
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("back on"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    signs_too = models.BooleanField(
        _("also signs approvals as a deputy"), default=False
    )  # only by the person's own word
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), default=timezone.now)
    person_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # the person, or who stands in for one that cannot sign
    person_signed_at = models.DateTimeField(null=True, blank=True)
    cover_signed_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )  # before its time
    deputy = models.OneToOneField(
        "approvals.Deputy", models.PROTECT, null=True, blank=True, related_name="+"
    )  # also signs approvals, where the person said so

    objects = CoverQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("leave cover")
        verbose_name_plural = _("leave covers")
        constraints = [
            models.CheckConstraint(
                condition=~Q(person=F("cover")), name="accounts_cover_is_another"
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="accounts_cover_span"),
        ]
        indexes = [
            models.Index(
                fields=["cover", "until"],
                include=["person", "since", "person_signed_at", "cover_signed_at"],
                name="accounts_cover_now",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cover} → {self.person} {self.since}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:cover", args=[self.pk])

    def state_on(self, day: date) -> str:
        """Where it stands on a day: "proposed", "coming", "now" or "over"."""
        if self.until <= day or self.until == self.since:
            return "over"
        if not (self.person_signed_at and self.cover_signed_at):
            return "proposed"
        return "now" if self.since <= day else "coming"
