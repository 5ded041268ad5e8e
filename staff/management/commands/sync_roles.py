from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kam.core.errors import RuleViolation
from staff import services


class Command(BaseCommand):
    help = "Bring the groups in line with the table of roles (also done after every migrate)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = services.sync_roles()
        except RuleViolation as violation:
            raise CommandError(violation.message) from violation
        self.stdout.write(f"Changed: {', '.join(changed) or 'nothing'}")
