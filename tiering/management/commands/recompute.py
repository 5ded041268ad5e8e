from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kam.core.errors import RuleViolation
from tiering import services
from tiering.models import TierRun


class Command(BaseCommand):
    help = "Work out tiers, RFM scores, segments and ABC classes of every account for a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD; default: today")

    def handle(self, *args: Any, as_of: date | None, **options: Any) -> None:
        """Run now, in this process, and print the run's figures."""
        try:
            run = services.recompute(
                as_of or timezone.localdate(), actor=None, trigger=TierRun.Trigger.COMMAND
            )
        except RuleViolation as violation:
            raise CommandError(violation.message) from violation
        self.stdout.write(
            f"{run.as_of}: {run.accounts} accounts, company net sales {run.company_net_sales}; "
            f"strategic {run.strategic}, key {run.key}, ordinary {run.ordinary}; "
            f"{run.changed} changed"
        )
