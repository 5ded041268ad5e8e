"""What the public pages and the monthly summary keep."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PublicCall(models.Model):
    """How often something was called from outside within an hour; see `services.public.allow`.

    `key` names what was called and a digest of whose address, never the address.
    """

    key = models.CharField(max_length=100, unique=True)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("public call")
        verbose_name_plural = _("public calls")
        indexes = [models.Index(fields=["hour"], name="complaints_publiccall_hour")]

    def __str__(self) -> str:
        return f"{self.key} {self.count}"


class MonthlySummary(models.Model):
    """What was learnt from the complaints of a month 月度总结, and what is improved."""

    month = models.DateField(_("month"), unique=True)  # its first day
    findings = models.TextField(_("what stands out"))
    improvements = models.TextField(_("what is improved, by whom, by when"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("written"), auto_now=True)

    class Meta:
        ordering = ["-month"]
        verbose_name = _("monthly summary")
        verbose_name_plural = _("monthly summaries")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
