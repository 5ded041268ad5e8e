from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from kam.core import tokens
from kam.core.errors import RuleViolation
from kam.core.scopes import SCOPES


class Command(BaseCommand):
    help = "Make an API token for a service user (made when missing); prints only the token."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="a service user, not a person")
        parser.add_argument(
            "--scope", action="append", required=True, dest="scopes", help=", ".join(SCOPES)
        )
        parser.add_argument("--days", type=int, default=365, help="days it is valid (365)")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                user = tokens.service_user(options["username"], actor=None)
                _token, key = tokens.issue(
                    user=user,
                    scopes=options["scopes"],
                    actor=None,
                    name=options["name"],
                    days=options["days"],
                )
        except RuleViolation as violation:
            raise CommandError(violation.message) from violation
        self.stdout.write(key)
