import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("visits", "0001_initial")]

    initial = True

    dependencies = [
        ("accounts", "0001_tables"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="MaintenanceSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        help_text="The machine, line or contract.",
                        max_length=200,
                        verbose_name="what is serviced",
                    ),
                ),
                ("every_days", models.PositiveSmallIntegerField(verbose_name="every so many days")),
                ("next_on", models.DateField(verbose_name="next on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenance_schedules",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenance_schedules",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who goes",
                    ),
                ),
            ],
            options={
                "verbose_name": "maintenance schedule",
                "verbose_name_plural": "maintenance schedules",
                "ordering": ["next_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_on", None)),
                        fields=["next_on"],
                        name="visits_schedule_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("every_days__gte", 1), ("every_days__lte", 3660)),
                        name="visits_schedule_interval",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OverdueNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("strategic", "Strategic"),
                            ("key", "Key"),
                            ("ordinary", "Ordinary"),
                        ],
                        max_length=10,
                        verbose_name="tier",
                    ),
                ),
                (
                    "standard_version",
                    models.PositiveIntegerField(verbose_name="version of the service standard"),
                ),
                ("noticed_on", models.DateField(verbose_name="noticed on")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overdue_visit_notices",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "overdue visit",
                "verbose_name_plural": "overdue visits",
                "ordering": ["-noticed_on", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "due_on"), name="visits_notice_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(verbose_name="visits per day at most"),
                ),
                ("explanation", models.JSONField(default=dict)),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="accepted at")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visit_plans",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who visits",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "visit plan",
                "verbose_name_plural": "visit plans",
                "ordering": ["-month", "owner"],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "month"), name="visits_plan_once"),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="visits_plan_first_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("capacity__gte", 1), ("capacity__lte", 20)),
                        name="visits_plan_capacity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("accepted_by", None)),
                            models.Q(
                                ("accepted_at__isnull", False), ("accepted_by__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="visits_plan_accepted_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("on_site", "On-site visit"),
                            ("return", "Return visit"),
                            ("mutual", "Mutual visit"),
                            ("management", "Management visit"),
                            ("maintenance", "Maintenance visit"),
                        ],
                        default="on_site",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("planned", "Planned"),
                            ("started", "Checked in"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="planned",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("planned_on", models.DateField(verbose_name="day")),
                ("planned_at", models.TimeField(blank=True, null=True, verbose_name="time")),
                ("purpose", models.TextField(blank=True, verbose_name="purpose")),
                ("due_on", models.DateField(null=True, verbose_name="due on")),
                ("why", models.JSONField(default=dict)),
                ("started_at", models.DateTimeField(null=True, verbose_name="checked in at")),
                (
                    "latitude",
                    models.DecimalField(
                        decimal_places=6, max_digits=8, null=True, verbose_name="latitude"
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        decimal_places=6, max_digits=9, null=True, verbose_name="longitude"
                    ),
                ),
                (
                    "accuracy",
                    models.PositiveIntegerField(null=True, verbose_name="accuracy in metres"),
                ),
                ("visited_on", models.DateField(blank=True, null=True, verbose_name="held on")),
                ("findings", models.TextField(blank=True, verbose_name="findings")),
                (
                    "competitor_news",
                    models.TextField(blank=True, verbose_name="news of competitors"),
                ),
                (
                    "needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=500),
                        default=list,
                        verbose_name="needs",
                    ),
                ),
                ("next_step", models.TextField(blank=True, verbose_name="next step")),
                ("done_at", models.DateTimeField(null=True, verbose_name="reported at")),
                (
                    "cancel_reason",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="why it was cancelled"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "colleagues",
                    models.ManyToManyField(
                        blank=True,
                        related_name="visits_joined",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="colleagues",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who visits",
                    ),
                ),
                (
                    "participants",
                    models.ManyToManyField(
                        blank=True,
                        related_name="visits",
                        to="accounts.contact",
                        verbose_name="participants",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="visits.maintenanceschedule",
                        verbose_name="maintenance schedule",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="visits",
                        to="visits.visitplan",
                        verbose_name="visit plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "visit",
                "verbose_name_plural": "visits",
                "ordering": [
                    "planned_on",
                    models.OrderBy(models.F("planned_at"), nulls_last=True),
                    "pk",
                ],
                "indexes": [
                    models.Index(fields=["owner", "planned_on"], name="visits_visit_owner"),
                    models.Index(fields=["-planned_on", "-id"], name="visits_visit_day"),
                    models.Index(
                        condition=models.Q(
                            ("status", "done"), models.Q(("kind", "maintenance"), _negated=True)
                        ),
                        fields=["account", "-visited_on"],
                        name="visits_visit_last",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["proposed", "planned", "started"])),
                        fields=["planned_on"],
                        name="visits_visit_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "done"), _negated=True),
                            models.Q(
                                ("done_at__isnull", False),
                                ("done_by__isnull", False),
                                ("next_step__regex", "\\S"),
                                ("purpose__regex", "\\S"),
                                ("visited_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="visits_visit_done_with_next_step",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "started"), _negated=True),
                            ("started_at__isnull", False),
                            _connector="OR",
                        ),
                        name="visits_visit_started_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "cancelled"),
                                models.Q(("cancel_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "cancelled"), _negated=True),
                                ("cancel_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="visits_visit_cancelled_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accuracy", None), ("latitude", None), ("longitude", None)),
                            models.Q(
                                ("latitude__gte", -90),
                                ("latitude__lte", 90),
                                ("longitude__gte", -180),
                                ("longitude__lte", 180),
                                ("started_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="visits_visit_position",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "proposed"), _negated=True),
                            ("plan__isnull", False),
                            _connector="OR",
                        ),
                        name="visits_visit_proposed_by_plan",
                    ),
                    models.UniqueConstraint(
                        fields=("schedule", "due_on"), name="visits_visit_of_schedule"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=300, verbose_name="what is to be done")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("result", models.CharField(blank=True, max_length=500, verbose_name="result")),
                ("done_at", models.DateTimeField(null=True, verbose_name="done at")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visit_follow_ups",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follow_ups",
                        to="visits.visit",
                    ),
                ),
            ],
            options={
                "verbose_name": "follow-up",
                "verbose_name_plural": "follow-ups",
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["owner", "due_on"],
                        name="visits_followup_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("done_by", None), ("result", "")),
                            models.Q(
                                ("done_at__isnull", False),
                                ("done_by__isnull", False),
                                models.Q(("result", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="visits_followup_done_with_result",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="last used")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar subscription",
                "verbose_name_plural": "calendar subscriptions",
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("user",),
                        name="visits_link_one_live",
                    )
                ],
            },
        ),
    ]
