from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A sales territory 区域; accounts lie in one."""

    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A member of staff, or a service user that REST clients act as. Customers do not log in.

    What a user may do follows from the roles (Django groups named in `staff.roles`).
    """

    full_name = models.CharField(_("full name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    is_service = models.BooleanField(
        _("service user"),
        default=False,
        help_text=_("Acts for another system through the REST API; never logs in."),
    )

    class Meta:
        permissions = [("manage_users", _("Can create users and change their roles"))]
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.full_name or self.username


class Team(models.Model):
    """A group of account managers; its leader sees what its members see."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    leader = models.ForeignKey(
        User, models.PROTECT, related_name="led_teams", verbose_name=_("leader")
    )
    members = models.ManyToManyField(User, related_name="teams", verbose_name=_("members"))

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name
