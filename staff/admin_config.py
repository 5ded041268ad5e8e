from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Apart from apps.py, where Django would take it for the configuration of staff."""

    default = False
    default_site = "staff.admin_site.StaffAdminSite"
