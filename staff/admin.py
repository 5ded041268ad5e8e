"""Users, roles, teams and regions, for who has `staff.manage_users`."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kam.core import audit
from staff.models import Region, Team, User
from staff.roles import ROLE_NAMES

if TYPE_CHECKING:
    from django.forms import ModelForm

AUDITED = ["username", "full_name", "email", "phone", "is_active", "is_service"]


class ManagesUsers:
    """All or nothing with `staff.manage_users`; nothing is deleted that others point at."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("staff.manage_users")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("staff.manage_users")

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _role(name: str) -> str:
    return str(ROLE_NAMES.get(name, name))


class RoleFilter(admin.RelatedFieldListFilter):
    """The roles by what they are called."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        choices = super().field_choices(field, request, model_admin)
        return [(key, _role(str(name))) for key, name in choices]


@admin.register(User)
class StaffUserAdmin(ManagesUsers, UserAdmin):
    """Who leaves is made inactive, not deleted: their name stands in the history."""

    list_display = ["username", "full_name", "email", "roles", "is_active", "is_service"]
    list_filter = ["is_active", "is_service", ("groups", RoleFilter)]
    search_fields = ["username", "full_name", "email"]
    filter_horizontal = ["groups"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["full_name", "email", "phone"]}),
        (_("Roles"), {"fields": ["is_active", "is_service", "groups"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    @admin.display(description=_("Roles"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(_role(group.name) for group in user.groups.all()))

    def role_names(self, user: User) -> str:
        """As the audit trail stores them: the same in every language."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            vars(field)["label_from_instance"] = lambda group: _role(group.name)
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def save_related(
        self, request: HttpRequest, form: "ModelForm[Any]", formsets: Any, change: Any
    ) -> None:
        """Save the roles, and write down what changed on the user and in the roles."""
        user = form.instance
        before = self.role_names(user) if change else ""
        super().save_related(request, form, formsets, change)
        user = User.objects.get(pk=user.pk)
        changes: dict[str, list[str]] = {
            name: [str(form.initial.get(name, "")), str(getattr(user, name))]
            for name in form.changed_data
            if name in AUDITED
        }
        if before != (after := self.role_names(user)):
            changes["roles"] = [before, after]
        action = "staff.user_changed" if change else "staff.user_created"
        audit.record(user, action, actor=cast(User, request.user), changes=changes)


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ManagesUsers, GroupAdmin):
    """Roles follow from the table in `staff.roles`: here they are read only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


class Audited(admin.ModelAdmin):
    """Writes down who made or changed a row: whom a team consists of decides who sees what."""

    audited: list[str]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        form.before = self._entered(obj.pk) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        row, after = form.instance, self._entered(form.instance.pk)
        changes = {
            name: [form.before.get(name, ""), said]
            for name, said in after.items()
            if form.before.get(name, "") != said
        }
        action = f"staff.{row._meta.model_name}_{'changed' if change else 'created'}"
        audit.record(row, action, actor=cast(User, request.user), changes=changes)

    def _entered(self, pk: int) -> dict[str, str]:
        row = self.model._default_manager.get(pk=pk)
        held = {name: getattr(row, name) for name in self.audited}
        return {
            name: ", ".join(sorted(map(str, value.all()))) if hasattr(value, "all") else str(value)
            for name, value in held.items()
        }


@admin.register(Team)
class TeamAdmin(ManagesUsers, Audited):
    audited = ["name", "leader", "members"]
    list_display = ["name", "leader"]
    list_select_related = ["leader"]
    filter_horizontal = ["members"]


@admin.register(Region)
class RegionAdmin(ManagesUsers, Audited):
    audited = ["name"]
    list_display = ["name"]
    search_fields = ["name"]
