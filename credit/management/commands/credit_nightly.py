from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from credit.services.nightly import run_night


class Command(BaseCommand):
    help = "Do what of credit's night is not done yet for a day: reviews, measures, alerts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD; default: today")

    def handle(self, *args: Any, as_of: date | None, **options: Any) -> None:
        """Run now, in this process, and print what each step did."""
        day = as_of or timezone.localdate()
        did = run_night(day)
        for job, number in did.items():
            self.stdout.write(f"{day} {job}: {number}")
        if not did:
            self.stdout.write(f"{day}: everything was done already")
