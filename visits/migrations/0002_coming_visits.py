from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("visits", "0001_tables"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("status__in", ["proposed", "planned", "started"])),
                fields=["account", "planned_on"],
                name="visits_visit_coming",
            ),
        ),
    ]
