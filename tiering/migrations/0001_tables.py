from decimal import Decimal

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("tiering", "0001_initial"),
        ("tiering", "0002_recalled_designations"),
        ("tiering", "0003_service_standard"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_tables"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Designation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[("strategic", "Strategic"), ("key", "Key")],
                        max_length=10,
                        verbose_name="tier",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("recalled", "Recalled"),
                            ("expired", "Not decided in time"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("expires_on", models.DateField(verbose_name="expires on")),
                ("revoked_on", models.DateField(blank=True, null=True, verbose_name="revoked on")),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision_comment",
                    models.TextField(blank=True, verbose_name="comment on the decision"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="designations",
                        to="accounts.account",
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
                "verbose_name": "designation",
                "verbose_name_plural": "designations",
                "ordering": ["-proposed_at", "-pk"],
                "permissions": [
                    ("propose_designation", "Can propose designations"),
                    ("approve_designation", "Can approve, reject and revoke designations"),
                ],
                "indexes": [models.Index(fields=["expires_on"], name="tiering_designation_expiry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["strategic", "key"])),
                        name="tiering_designation_tier",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_on__gte", models.F("effective_from"))),
                        name="tiering_designation_span",
                        violation_error_message="A designation cannot expire before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="tiering_designation_four_eyes",
                        violation_error_message="Nobody decides on their own proposal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "recalled", "expired"]),
                            ("decided_by__isnull", False),
                            _connector="OR",
                        ),
                        name="tiering_designation_decided_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceStandard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("content", models.JSONField(verbose_name="content")),
                ("note", models.TextField(blank=True, verbose_name="reason for the change")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "proposed_by",
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
                "verbose_name": "service standard",
                "verbose_name_plural": "service standards",
                "ordering": ["-version"],
                "permissions": [("propose_standard", "Can propose service standards")],
            },
        ),
        migrations.CreateModel(
            name="TierPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("note", models.TextField(blank=True, verbose_name="reason for the change")),
                (
                    "strategic_share",
                    models.DecimalField(
                        decimal_places=6,
                        default=Decimal("0.05"),
                        max_digits=7,
                        verbose_name="strategic from a share of",
                    ),
                ),
                (
                    "key_share",
                    models.DecimalField(
                        decimal_places=6,
                        default=Decimal("0.01"),
                        max_digits=7,
                        verbose_name="key from a share of",
                    ),
                ),
                (
                    "window_months",
                    models.PositiveSmallIntegerField(default=12, verbose_name="window in months"),
                ),
                (
                    "rfm_method",
                    models.CharField(
                        choices=[("quintile", "Quintiles (percent rank)"), ("fixed", "Fixed bins")],
                        default="quintile",
                        max_length=10,
                        verbose_name="RFM method",
                    ),
                ),
                (
                    "recency_cuts",
                    models.JSONField(blank=True, default=list, verbose_name="recency cuts (days)"),
                ),
                (
                    "frequency_cuts",
                    models.JSONField(
                        blank=True, default=list, verbose_name="frequency cuts (purchases)"
                    ),
                ),
                (
                    "monetary_cuts",
                    models.JSONField(
                        blank=True, default=list, verbose_name="monetary cuts (net sales)"
                    ),
                ),
                (
                    "high_score",
                    models.PositiveSmallIntegerField(
                        default=4, verbose_name="a score is high from"
                    ),
                ),
                (
                    "abc_a_share",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0.80"),
                        max_digits=5,
                        verbose_name="class A up to a share of",
                    ),
                ),
                (
                    "abc_b_share",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0.95"),
                        max_digits=5,
                        verbose_name="class B up to a share of",
                    ),
                ),
                ("proposed_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision_comment",
                    models.TextField(blank=True, verbose_name="comment on the decision"),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "tier policy",
                "verbose_name_plural": "tier policies",
                "ordering": ["-version"],
                "permissions": [
                    ("propose_policy", "Can draft and propose tier policies"),
                    ("approve_policy", "Can approve and reject tier policies"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("key_share__gt", 0),
                            ("strategic_share__gt", models.F("key_share")),
                            ("strategic_share__lte", 1),
                        ),
                        name="tiering_policy_shares_ordered",
                        violation_error_message="The strategic share must be above the key share, both between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("abc_a_share__gt", 0),
                            ("abc_b_share__gt", models.F("abc_a_share")),
                            ("abc_b_share__lte", 1),
                        ),
                        name="tiering_policy_abc_ordered",
                        violation_error_message="The share of class B must be above that of class A.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("window_months__gte", 1), ("window_months__lte", 60)),
                        name="tiering_policy_window",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("high_score__gte", 2), ("high_score__lte", 5)),
                        name="tiering_policy_high_score",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_by", None),
                            ("decided_by", None),
                            models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="tiering_policy_four_eyes",
                        violation_error_message="Nobody decides on their own proposal.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TierRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0, verbose_name="progress")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("nightly", "Nightly"),
                            ("page", "Page"),
                            ("api", "API"),
                            ("command", "Command"),
                        ],
                        max_length=10,
                        verbose_name="started from",
                    ),
                ),
                ("requested_at", models.DateTimeField(verbose_name="requested at")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("recorded_at", models.DateTimeField(null=True, verbose_name="recorded at")),
                (
                    "company_net_sales",
                    models.DecimalField(
                        decimal_places=4, max_digits=20, null=True, verbose_name="company net sales"
                    ),
                ),
                ("accounts", models.PositiveIntegerField(null=True, verbose_name="accounts")),
                ("changed", models.PositiveIntegerField(null=True, verbose_name="changed")),
                ("strategic", models.PositiveIntegerField(null=True, verbose_name="strategic")),
                ("key", models.PositiveIntegerField(null=True, verbose_name="key")),
                ("ordinary", models.PositiveIntegerField(null=True, verbose_name="ordinary")),
                ("figures", models.JSONField(default=dict)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="tiering.tierpolicy",
                        verbose_name="policy",
                    ),
                ),
                (
                    "requested_by",
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
                "verbose_name": "recompute run",
                "verbose_name_plural": "recompute runs",
                "ordering": ["-as_of", "-pk"],
                "permissions": [("run_recompute", "Can start a recompute")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("recorded_at__isnull", False)),
                        fields=["as_of"],
                        name="tiering_run_recorded",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("as_of", "policy"), name="tiering_run_once"),
                    models.CheckConstraint(
                        condition=models.Q(("progress__lte", 100)),
                        name="tiering_run_progress_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "succeeded"), _negated=True),
                            ("finished_at__isnull", False),
                            _connector="OR",
                        ),
                        name="tiering_run_finished",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TierRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_to", models.DateField(null=True, verbose_name="to")),
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
                    "basis",
                    models.CharField(
                        choices=[("share", "Share of sales"), ("designation", "Designation")],
                        default="share",
                        max_length=12,
                    ),
                ),
                (
                    "net_sales",
                    models.DecimalField(decimal_places=4, max_digits=20, verbose_name="net sales"),
                ),
                ("company_net_sales", models.DecimalField(decimal_places=4, max_digits=20)),
                ("last_purchase_on", models.DateField(null=True, verbose_name="last purchase")),
                ("frequency", models.PositiveIntegerField(default=0, verbose_name="purchases")),
                ("r", models.PositiveSmallIntegerField(null=True)),
                ("f", models.PositiveSmallIntegerField(null=True)),
                ("m", models.PositiveSmallIntegerField(null=True)),
                (
                    "segment",
                    models.CharField(blank=True, max_length=20, verbose_name="value segment"),
                ),
                ("abc", models.CharField(max_length=1, verbose_name="ABC class")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tier_records",
                        to="accounts.account",
                    ),
                ),
                (
                    "designation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tiering.designation",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tiering.tierpolicy",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="tiering.tierrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "tier record",
                "verbose_name_plural": "tier records",
                "ordering": ["-valid_from"],
                "indexes": [models.Index(fields=["valid_from"], name="tiering_record_from")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "valid_from"), name="tiering_record_start"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to", None)),
                        fields=("account",),
                        name="tiering_record_one_current",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="tiering_record_span",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("f", None), ("m", None), ("r", None), ("segment", "")),
                            models.Q(
                                ("f__range", (1, 5)),
                                ("m__range", (1, 5)),
                                ("r__range", (1, 5)),
                                models.Q(("segment", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="tiering_record_scores",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("basis", "share"), ("designation", None)),
                            models.Q(("basis", "designation"), ("designation__isnull", False)),
                            _connector="OR",
                        ),
                        name="tiering_record_basis",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="servicestandard",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"status\" = 'approved')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="588ee83b976b871ec003b02be436d7ed7a2a5ded",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_approved_is_immutable_fda3a",
                    table="tiering_servicestandard",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tierpolicy",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"status\" = 'approved')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cca3bd673c450dc86be9c7c46a24a26bc90a709f",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_approved_is_immutable_5fc7e",
                    table="tiering_tierpolicy",
                    when="BEFORE",
                ),
            ),
        ),
    ]
