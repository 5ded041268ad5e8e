"""What the policies hold, what is shipped, and which version counts on a day."""

from datetime import date

import pytest
from django.utils import translation

from credit import policies, policy_words
from credit.models import Policy
from kam.core.errors import RuleViolation

pytestmark = pytest.mark.django_db
KINDS = Policy.Kind.values


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shipped_and_reads_back_as_it_was_written(kind):
    found = policies.in_force(kind, date(2026, 1, 1))

    assert found.version == 1
    assert found.rules == policies.shipped(kind)


def test_what_is_shipped_is_not_shipped_again():
    policies.ship_defaults(using="default")

    assert Policy.objects.count() == len(KINDS)


def test_the_latest_approved_version_that_has_begun_counts(django_assert_num_queries):
    content = {"reservation_minutes": 5}
    values = {"kind": "checks", "content": content}
    Policy.objects.create(
        version=2, effective_from=date(2026, 3, 1), status=Policy.Status.APPROVED, **values
    )
    Policy.objects.create(version=3, effective_from=date(2026, 2, 1), **values)

    with django_assert_num_queries(1):
        before = policies.in_force("checks", date(2026, 2, 28))
    after = policies.in_force("checks", date(2026, 3, 1))

    assert (before.version, before.rules.reservation_minutes) == (1, 60)
    assert (after.version, after.rules.reservation_minutes) == (2, 5)


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("checks", {"reservation_minutes": 0}, "at least a minute"),
        ("checks", {"release": {"days": -1}}, "must not be negative"),
        ("checks", {"checks": {"overdue_day": 3}}, "checks.overdue_day"),
        ("checks", {"checks": {"overdue_share": 0.1}}, "checks.overdue_share"),
        ("supervision", {"review": {"lapse_days": -1}}, "no negative days"),
        ("scorecard", {"criteria": [], "grades": []}, "grades"),
        ("collections", [], "object"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(kind, content, words):
    with pytest.raises(RuleViolation, match=words) as refusal:
        policies.read(kind, content)

    assert refusal.value.code == "invalid_policy"


def test_a_policy_is_stored_without_floats():
    stored = policies.content("checks", policies.shipped("checks"))

    assert stored["release"]["tolerance_share"] == "0.05"


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_the_shipped_policies_has_a_name(kind):
    with translation.override("en"):
        words = policy_words.in_words(kind, policies.content(kind, policies.shipped(kind)))

    assert words
    for name, value in words:
        assert name[:1].isupper()
        assert not set("[]_.") & set(name)
        assert "_" not in value
