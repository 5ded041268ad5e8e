from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from kam.home.demo.load import load
from kam.home.demo.people import PASSWORD, PEOPLE
from staff.models import User


class Command(BaseCommand):
    help = "Load fictional companies, orders and users into an empty archive; say who logs in."

    def handle(self, *args: Any, **options: Any) -> None:
        load(timezone.localdate())
        if User.objects.filter(username=PEOPLE[0][0]).exists():
            self.stdout.write(f"Demo users, password {PASSWORD}")
            for username, full_name, role in PEOPLE:
                self.stdout.write(f"  {username:<11} {full_name}  {role}")
