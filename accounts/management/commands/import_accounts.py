from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import imports
from kam.core.errors import RuleViolation
from staff.models import User


class Command(BaseCommand):
    help = "Import accounts from an .xlsx or .csv file; rows with errors are named and left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="who imports (username), for the audit")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
        parser.add_argument("--clear-empty", action="store_true", help="empty cells empty fields")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            actor = User.objects.get(username=options["user"])
            batch = imports.start_import(
                file.name, file.read_bytes(), actor=actor, clear_empty=options["clear_empty"]
            )
            if options["dry_run"]:
                imports.discard_import(batch.pk, actor=actor)
            else:
                batch = imports.apply_import(batch.pk, actor=actor)
        except (OSError, User.DoesNotExist, RuleViolation) as error:
            raise CommandError(str(getattr(error, "message", error))) from error
        for row in batch.rows:
            for wrong in row["errors"]:
                self.stderr.write(f"row {row['row']}: {wrong['field']}: {wrong['detail']}")
        self.stdout.write(
            f"created {batch.created}, updated {batch.updated}, "
            f"unchanged {batch.unchanged}, rejected {batch.rejected}"
        )
