from django.db import models
from django.utils.translation import gettext_lazy as _


class NightlyStep(models.Model):
    """One step of the nightly run for one day: begun once, and finished or to be taken up again."""

    job = models.CharField(_("job"), max_length=40)
    as_of = models.DateField(_("as of"))
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    done = models.PositiveIntegerField(_("changed"), null=True, blank=True)  # as the step counts

    class Meta:
        ordering = ["-as_of", "pk"]
        verbose_name = _("step of a night")
        verbose_name_plural = _("steps of a night")
        constraints = [
            models.UniqueConstraint(fields=["job", "as_of"], name="credit_nightly_step_once"),
            models.CheckConstraint(
                condition=models.Q(finished_at=None, done=None)
                | models.Q(finished_at__isnull=False, done__isnull=False),
                name="credit_nightly_step_finished_with_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.as_of}"
