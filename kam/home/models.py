from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.home import rules

KEPT_DAYS = 90  # a mark that puts off or hands over
DONE_KEPT_DAYS = 400  # one that says done: what comes every year has a key of its year


class TodayMarkQuerySet(models.QuerySet["TodayMark"]):
    def lapsed(self, now: datetime) -> Self:
        """Marks too old to count; what they set aside waits again where it came from."""
        return self.filter(
            Q(done_at=None, marked_at__lt=now - timedelta(days=KEPT_DAYS))
            | Q(marked_at__lt=now - timedelta(days=DONE_KEPT_DAYS))
        )


class TodayMark(models.Model):
    """What somebody decided about one item of the Today page 今日待办: done, put off, handed over.

    `user` is whose list the item comes from. One that is handed over waits in the list of
    `handed_to`; when they have done it, `done_at` is set and `by` is theirs.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="today_marks")
    key = models.CharField(max_length=120)  # kam.core.today.Item.key
    done_at = models.DateTimeField(_("done at"), null=True)
    put_off_until = models.DateField(_("put off until"), null=True)
    handed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="today_handed",
        verbose_name=_("handed over to"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    urgency = models.PositiveSmallIntegerField()  # of the item when it was marked
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)

    objects = TodayMarkQuerySet.as_manager()

    class Meta:
        ordering = ["-marked_at", "-pk"]
        verbose_name = _("mark of the day")
        verbose_name_plural = _("marks of the day")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="home_todaymark_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=False)
                | Q(put_off_until__isnull=False)
                | Q(handed_to__isnull=False),
                name="home_todaymark_says_something",
            ),
            models.CheckConstraint(
                condition=Q(put_off_until=None) | Q(handed_to=None),
                name="home_todaymark_put_off_or_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(handed_to=None) | ~Q(handed_to=models.F("user")),
                name="home_todaymark_to_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["handed_to"],
                condition=Q(handed_to__isnull=False, done_at=None),
                name="home_todaymark_handed",
            )
        ]

    def __str__(self) -> str:
        return self.key

    def aside(self) -> rules.Aside:
        """The mark as plain values, for `kam.home.rules`."""
        return rules.Aside(
            done=self.done_at is not None,
            put_off_until=self.put_off_until,
            handed_over=self.handed_to_id is not None,
            urgency=self.urgency,
        )
