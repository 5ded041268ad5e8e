from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kam.core.errors import RuleViolation
from staff import services
from staff.roles import ROLES


class Command(BaseCommand):
    help = "Create a member of staff; prints a random password on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--role", action="append", required=True, dest="roles", help=", ".join(ROLES)
        )
        parser.add_argument("--full-name", default="")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _user, password = services.create_user(
                options["username"],
                roles=options["roles"],
                actor=None,
                full_name=options["full_name"],
                email=options["email"],
            )
        except RuleViolation as violation:
            raise CommandError(violation.message) from violation
        self.stdout.write(password)
