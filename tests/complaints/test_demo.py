"""The complaints of the demo: every point of the procedure can be looked at."""

import pytest
from django.utils import timezone

from complaints.models import Action, Compensation, Complaint, Escalation, Finding, Report
from kam.home.demo import complaints
from kam.home.demo.people import make_people
from tests.factories import make_account, make_product

pytestmark = pytest.mark.django_db


def test_there_is_a_year_of_them_and_one_at_each_point():
    users = make_people()
    managers = [users["li.na"], users["zhang.wei"], users["zhao.lei"]]
    for number in range(18):
        make_account(
            manager=managers[number % 3], tier=("strategic", "key", "ordinary")[number % 3]
        )
    make_product("P1")

    complaints.load(timezone.localdate(), users)

    assert Complaint.objects.open().count() == 9
    assert Complaint.objects.filter(status="closed").exclude(cause="").count() == complaints.PAST
    found = set(Complaint.objects.values_list("status", flat=True))
    assert found >= {"registered", "acknowledged", "investigating", "replied", "closed"}
    for model in (Report, Action, Compensation, Finding, Escalation):
        assert model.objects.exists()
    assert Complaint.objects.filter(account=None).count() == 1
