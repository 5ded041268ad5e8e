from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit.services.opening_file import WrongFileError, import_file
from kam.core.errors import RuleViolation
from staff.models import User


class Command(BaseCommand):
    help = (
        "Take over opening credit lines from a CSV file (account_number, limit, terms_days, "
        "valid_until, rating), once for each account: all rows, or none when one is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--approved-by",
            required=True,
            help="who granted them (username): of finance, the credit committee or the general "
            "managers, and not the manager of one of these accounts",
        )
        parser.add_argument("--reason", required=True, help="why, for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["approved_by"]
        approver = User.objects.filter(username=username).first()
        if approver is None:
            raise CommandError(f"There is no user {username}.")
        try:
            data = options["file"].read_bytes()
            made = import_file(data, approved_by=approver, reason=options["reason"])
        except WrongFileError as error:
            for row in error.rows:
                self.stderr.write(str(row))
            raise CommandError(f"{len(error.rows)} errors; nothing was stored.") from error
        except (OSError, RuleViolation) as error:
            raise CommandError(str(getattr(error, "message", error))) from error
        self.stdout.write(f"{len(made)} credit lines taken over")
