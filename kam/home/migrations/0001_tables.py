import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("home", "0001_initial")]

    initial = True

    dependencies = [
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="TodayMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("done_at", models.DateTimeField(null=True, verbose_name="done at")),
                ("put_off_until", models.DateField(null=True, verbose_name="put off until")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                ("urgency", models.PositiveSmallIntegerField()),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handed_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="today_handed",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handed over to",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="today_marks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mark of the day",
                "verbose_name_plural": "marks of the day",
                "ordering": ["-marked_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None), ("handed_to__isnull", False)),
                        fields=["handed_to"],
                        name="home_todaymark_handed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="home_todaymark_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_at__isnull", False),
                            ("put_off_until__isnull", False),
                            ("handed_to__isnull", False),
                            _connector="OR",
                        ),
                        name="home_todaymark_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("put_off_until", None), ("handed_to", None), _connector="OR"
                        ),
                        name="home_todaymark_put_off_or_handed_over",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("handed_to", None),
                            models.Q(("handed_to", models.F("user")), _negated=True),
                            _connector="OR",
                        ),
                        name="home_todaymark_to_another",
                    ),
                ],
            },
        ),
    ]
