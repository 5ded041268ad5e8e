import datetime

from django.db import migrations
from django.utils import timezone

NOTE = "Shipped default 系统默认政策: strategic from 5 %, key from 1 % of the company's net sales."


def ship_default_policy(apps, schema_editor):
    """The first version, in force from the beginning, without a proposer or approver."""
    apps.get_model("tiering", "TierPolicy").objects.create(
        version=1,
        status="approved",
        effective_from=datetime.date(2000, 1, 1),
        note=NOTE,
        recency_cuts=[45, 91, 182, 273],
        frequency_cuts=[2, 4, 12, 26],
        monetary_cuts=["1000", "10000", "100000", "1000000"],
        decided_at=timezone.now(),
    )


class Migration(migrations.Migration):
    dependencies = [("tiering", "0001_initial")]
    operations = [migrations.RunPython(ship_default_policy, migrations.RunPython.noop)]
