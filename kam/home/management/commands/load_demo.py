from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Load fictional companies, orders and users into an empty archive."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("no demo data yet")
