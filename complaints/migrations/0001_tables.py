import datetime

import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("complaints", "0001_initial"),
        ("complaints", "0002_public_calls_and_summaries"),
        ("complaints", "0003_open_without_history"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_tables"),
        ("sales", "0001_tables"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Complaint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "complaint_number",
                    models.CharField(max_length=60, unique=True, verbose_name="complaint number"),
                ),
                (
                    "contact_text",
                    models.CharField(
                        blank=True,
                        help_text="Name and how to reach them, where they are no contact of the archive.",
                        max_length=200,
                        verbose_name="who complains",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("email", "E-mail"),
                            ("post", "Post"),
                            ("fax", "Fax"),
                            ("web", "Web form"),
                            ("person", "In person"),
                            ("referral", "Referred by others"),
                            ("api", "Another system"),
                        ],
                        max_length=10,
                        verbose_name="channel",
                    ),
                ),
                ("category", models.CharField(max_length=80, verbose_name="category")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("minor", "Minor"),
                            ("moderate", "Moderate"),
                            ("severe", "Severe"),
                        ],
                        default="moderate",
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("acknowledged", "Acknowledged"),
                            ("investigating", "Being investigated"),
                            ("resolved", "Solution found"),
                            ("replied", "Customer informed"),
                            ("confirmed", "Confirmed by the customer"),
                            ("closed", "Closed"),
                        ],
                        default="registered",
                        max_length=13,
                        verbose_name="status",
                    ),
                ),
                ("imported", models.BooleanField(default=False, verbose_name="loaded as history")),
                (
                    "tier",
                    models.CharField(
                        blank=True,
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
                    models.PositiveIntegerField(null=True, verbose_name="service standard"),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="received"
                    ),
                ),
                (
                    "acknowledge_due_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="to acknowledge by"),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged"),
                ),
                (
                    "due_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="to resolve by"),
                ),
                (
                    "resolved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="solution found"),
                ),
                (
                    "replied_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="customer informed"),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="confirmed"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "waiting_since",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="waiting for the customer since"
                    ),
                ),
                (
                    "waited",
                    models.DurationField(
                        default=datetime.timedelta(0), verbose_name="working time waited"
                    ),
                ),
                (
                    "acknowledgement_missed_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "resolution_missed_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                ("escalate_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("escalation_level", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "reopened",
                    models.PositiveSmallIntegerField(default=0, verbose_name="times reopened"),
                ),
                ("outcome", models.CharField(blank=True, max_length=80, verbose_name="outcome")),
                ("solution", models.TextField(blank=True, verbose_name="solution")),
                ("reply", models.TextField(blank=True, verbose_name="what the customer was told")),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("material", "Material"),
                            ("process", "Way of working"),
                            ("equipment", "Equipment"),
                            ("people", "People and training"),
                            ("inspection", "Inspection and measuring"),
                            ("design", "Design"),
                            ("supplier", "Supplier"),
                            ("logistics", "Transport and storage"),
                            ("communication", "Communication"),
                            ("customer_use", "Use by the customer"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                        verbose_name="root cause",
                    ),
                ),
                ("follow_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who solves it",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sales.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="registered by",
                    ),
                ),
            ],
            options={
                "verbose_name": "complaint",
                "verbose_name_plural": "complaints",
                "ordering": ["-received_at", "-pk"],
                "permissions": [("export_complaint", "Can export complaints")],
                "indexes": [
                    models.Index(fields=["-received_at", "-id"], name="complaints_received"),
                    models.Index(
                        fields=["account", "-received_at", "-id"], name="complaints_account"
                    ),
                    models.Index(
                        fields=["status", "-received_at", "-id"], name="complaints_status"
                    ),
                    models.Index(
                        fields=["channel", "-received_at", "-id"], name="complaints_channel"
                    ),
                    models.Index(
                        fields=["category", "-received_at", "-id"], name="complaints_category"
                    ),
                    models.Index(
                        fields=["severity", "-received_at", "-id"], name="complaints_severity"
                    ),
                    models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            models.F("due_at"),
                            datetime.datetime(9999, 1, 1, 0, 0, tzinfo=datetime.UTC),
                            output_field=models.DateTimeField(),
                        ),
                        models.F("id"),
                        condition=models.Q(("closed_at", None), ("imported", False)),
                        name="complaints_due",
                    ),
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["assignee"],
                        name="complaints_to_solve",
                    ),
                    models.Index(
                        condition=models.Q(("escalate_at__isnull", False)),
                        fields=["escalate_at"],
                        name="complaints_escalate",
                    ),
                    models.Index(
                        fields=["received_at"],
                        include=(
                            "channel",
                            "category",
                            "cause",
                            "severity",
                            "tier",
                            "status",
                            "due_at",
                            "resolved_at",
                            "waiting_since",
                            "account",
                        ),
                        name="complaints_summary",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("imported", True),
                            models.Q(("acknowledged_at", None), ("status", "registered")),
                            models.Q(
                                models.Q(("status", "registered"), _negated=True),
                                ("acknowledged_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_complaint_acknowledged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("resolved_at__isnull", False),
                                ("status__in", ["resolved", "replied", "confirmed", "closed"]),
                            ),
                            models.Q(
                                models.Q(
                                    ("status__in", ["resolved", "replied", "confirmed", "closed"]),
                                    _negated=True,
                                ),
                                ("resolved_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_complaint_resolved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            models.Q(
                                models.Q(("status", "closed"), _negated=True), ("closed_at", None)
                            ),
                            _connector="OR",
                        ),
                        name="complaints_complaint_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("imported", True),
                            models.Q(
                                ("status__in", ["resolved", "replied", "confirmed", "closed"]),
                                _negated=True,
                            ),
                            models.Q(("outcome", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="complaints_complaint_resolved_with_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("waiting_since", None),
                            models.Q(
                                ("escalate_at", None),
                                ("status__in", ["acknowledged", "investigating"]),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_complaint_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolved_at", None),
                            ("resolved_at__gte", models.F("received_at")),
                            _connector="OR",
                        ),
                        name="complaints_complaint_resolved_after_received",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("imported", False), ("escalate_at", None), _connector="OR"
                        ),
                        name="complaints_complaint_history_rests",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("escalation_level__lte", 3)),
                        name="complaints_complaint_level",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Action",
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
                            ("corrective", "Corrective action"),
                            ("preventive", "Preventive action"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("text", models.TextField(verbose_name="what is done")),
                ("due_on", models.DateField(verbose_name="by")),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
                ("done_note", models.TextField(blank=True, verbose_name="what was done")),
                (
                    "verified_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="verified"),
                ),
                ("verification", models.TextField(blank=True, verbose_name="how it was verified")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
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
                        related_name="complaint_actions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="actions",
                        to="complaints.complaint",
                    ),
                ),
            ],
            options={
                "verbose_name": "action",
                "verbose_name_plural": "actions",
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["owner", "due_on"],
                        name="complaints_action_to_do",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("done_by", None)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="complaints_action_done_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_at", None), ("verified_by", None)),
                            models.Q(
                                ("done_at__isnull", False),
                                ("verified_at__isnull", False),
                                models.Q(("verification", ""), _negated=True),
                                models.Q(("verified_by", models.F("done_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_action_verified_by_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Compensation",
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
                            ("refund", "Refund"),
                            ("discount", "Price reduction"),
                            ("replacement", "Replacement"),
                            ("service", "Free service"),
                            ("gift", "Gift"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="worth"),
                ),
                ("promise", models.TextField(verbose_name="what is promised")),
                ("reason", models.TextField(verbose_name="reason")),
                ("due_on", models.DateField(verbose_name="by")),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for signatures"),
                            ("approved", "Promised"),
                            ("rejected", "Rejected"),
                            ("delivered", "Delivered"),
                        ],
                        default="proposed",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "delivered_on",
                    models.DateField(blank=True, null=True, verbose_name="delivered on"),
                ),
                ("delivery_note", models.TextField(blank=True, verbose_name="remark")),
                (
                    "delivered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compensations",
                        to="complaints.complaint",
                    ),
                ),
            ],
            options={
                "verbose_name": "compensation",
                "verbose_name_plural": "compensations",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="complaints_compensation_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delivered_on__isnull", False), ("status", "delivered")),
                            models.Q(
                                models.Q(("status", "delivered"), _negated=True),
                                ("delivered_on", None),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_compensation_delivered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("status", "proposed")),
                            models.Q(
                                models.Q(("status", "proposed"), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_compensation_decided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplaintFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        max_length=300, upload_to="complaints/%Y/%m/", verbose_name="file"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("size", models.PositiveBigIntegerField(verbose_name="size")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "description",
                    models.CharField(blank=True, max_length=200, verbose_name="description"),
                ),
                (
                    "uploaded_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="uploaded at"),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "file of a complaint",
                "verbose_name_plural": "files of complaints",
                "ordering": ["uploaded_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("acknowledge", "Not acknowledged in time"),
                            ("resolve", "Not resolved in time"),
                            ("asked", "Asked for"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                (
                    "rung",
                    models.CharField(
                        choices=[
                            ("manager", "Account manager"),
                            ("director", "Key-account director"),
                            ("deputy_gm", "Deputy general manager"),
                        ],
                        max_length=10,
                        verbose_name="to",
                    ),
                ),
                ("deadline", models.DateTimeField(null=True, verbose_name="deadline")),
                (
                    "escalated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="escalated"
                    ),
                ),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="complaints.complaint",
                    ),
                ),
            ],
            options={
                "verbose_name": "escalation",
                "verbose_name_plural": "escalations",
                "ordering": ["escalated_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("complaint", "cause", "rung", "deadline"),
                        name="complaints_escalation_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asked_by__isnull", False), ("cause", "asked")),
                            models.Q(
                                models.Q(("cause", "asked"), _negated=True),
                                ("deadline__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_escalation_has_ground",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("good", "In good faith"), ("bad", "In bad faith")],
                        max_length=4,
                        verbose_name="finding",
                    ),
                ),
                ("evidence", models.TextField(verbose_name="evidence")),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for a second person"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="proposed",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.TextField(blank=True, verbose_name="remark")),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ["-proposed_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("complaint",),
                        name="complaints_finding_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None), ("decided_by", None), ("status", "proposed")
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("status__in", ["confirmed", "refused"]),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_finding_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="complaints_finding_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("evidence", ""), _negated=True),
                        name="complaints_finding_has_evidence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MonthlySummary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(unique=True, verbose_name="month")),
                ("findings", models.TextField(verbose_name="what stands out")),
                (
                    "improvements",
                    models.TextField(verbose_name="what is improved, by whom, by when"),
                ),
                ("written_at", models.DateTimeField(auto_now=True, verbose_name="written")),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly summary",
                "verbose_name_plural": "monthly summaries",
                "ordering": ["-month"],
            },
        ),
        migrations.CreateModel(
            name="PublicCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=100, unique=True)),
                ("hour", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "public call",
                "verbose_name_plural": "public calls",
                "indexes": [models.Index(fields=["hour"], name="complaints_publiccall_hour")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("team", models.TextField(blank=True, verbose_name="D1 Team")),
                ("problem", models.TextField(blank=True, verbose_name="D2 Problem")),
                ("containment", models.TextField(blank=True, verbose_name="D3 Containment")),
                (
                    "occurrence_cause",
                    models.TextField(blank=True, verbose_name="D4 Why it could happen"),
                ),
                (
                    "escape_cause",
                    models.TextField(blank=True, verbose_name="D4 Why it was not noticed"),
                ),
                ("lessons", models.TextField(blank=True, verbose_name="D8 Lessons")),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "complaint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "8D report",
                "verbose_name_plural": "8D reports",
            },
        ),
        migrations.CreateModel(
            name="SimilarCustomer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="told")),
                ("note", models.TextField(blank=True, verbose_name="remark")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="similar_customers",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "told_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "similar customer",
                "verbose_name_plural": "similar customers",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("complaint", "account"), name="complaints_similar_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("told_at", None), ("told_by", None)),
                            models.Q(("told_at__isnull", False), ("told_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="complaints_similar_told_by",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="complaint",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="6c3ab5e4b2870c8904f128c40380ff643fc22534",
                    operation="DELETE",
                    pgid="pgtrigger_kept_5abf1",
                    table="complaints_complaint",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="compensation",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_as_proposed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."complaint_id" IS DISTINCT FROM (NEW."complaint_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."promise" IS DISTINCT FROM (NEW."promise") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."due_on" IS DISTINCT FROM (NEW."due_on") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c1fa35355d63d96901c15b8e770bfe9ffdf6d6c8",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_as_proposed_9edcb",
                    table="complaints_compensation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="compensation",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="89754b946686ee37c0ff799deb80555f31f72c08",
                    operation="DELETE",
                    pgid="pgtrigger_kept_febb2",
                    table="complaints_compensation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="43d8eba1868f491adba6a82b8bb14227053b9b51",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_2dcf4",
                    table="complaints_escalation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="finding",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_as_proposed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."complaint_id" IS DISTINCT FROM (NEW."complaint_id") OR OLD."verdict" IS DISTINCT FROM (NEW."verdict") OR OLD."evidence" IS DISTINCT FROM (NEW."evidence") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="69118e0add75dc2c75979fea7e385d4495ec650d",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_as_proposed_bb75d",
                    table="complaints_finding",
                    when="BEFORE",
                ),
            ),
        ),
    ]
