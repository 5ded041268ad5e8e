from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import timeline
from tests.factories import make_order
from tiering import services
from tiering.models import TierRun

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["tier_assigned", "tier_changed"])
def test_a_tier_says_from_what_to_what_and_why(k1, kind):
    today = timezone.localdate()
    if kind == "tier_changed":
        services.recompute(today - timedelta(days=1), actor=None, trigger=TierRun.Trigger.COMMAND)
    make_order(k1, today, "1250.00")

    services.recompute(today, actor=None, trigger=TierRun.Trigger.COMMAND)

    said = timeline.say(k1.events.get(kind=f"tiering.{kind}"))
    assert "1,250.00" in said
    assert "100.00 %" in said
    assert "%(" not in said


@pytest.mark.parametrize("verb", ["proposed", "approved", "rejected", "revoked"])
def test_every_step_of_a_designation_is_said_in_words(verb, k1):
    event = k1.events.model(kind=f"tiering.designation_{verb}", data={"tier": "key"})

    assert "tiering." not in timeline.say(event)
