import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from credit.services import reconcile
from kam.core import money
from staff.models import User


class Command(BaseCommand):
    help = "Compare the stored figures of credit with the ledger; exit code 1 when they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="bring them to what the ledger says")
        parser.add_argument("--user", help="who repairs (username), for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = None
        if options["user"]:
            actor = User.objects.filter(username=options["user"]).first()
            if actor is None:
                raise CommandError(f"There is no user {options['user']}.")
        found = reconcile.repair(actor=actor) if options["fix"] else reconcile.differences()
        numbers = dict(
            Account.objects.filter(pk__in={each.account_id for each in found}).values_list(
                "pk", "account_number"
            )
        )
        for each in found:
            where = f"{numbers[each.account_id]} {each.what} {each.key}".strip()
            stored, counted = money.amount(each.stored), money.amount(each.counted)
            self.stdout.write(f"{where}: stored {stored}, ledger {counted}")
        verb = "repaired" if options["fix"] else "found"
        self.stdout.write(f"{len(found)} differences {verb}")
        if found and not options["fix"]:
            sys.exit(1)
