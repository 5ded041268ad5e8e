import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("credit", "0001_initial"),
        ("credit", "0002_delivered_on_hold"),
        ("credit", "0003_supervision"),
        ("credit", "0004_rating"),
        ("credit", "0005_statements"),
        ("credit", "0006_review_reminders"),
        ("credit", "0007_collections"),
        ("credit", "0008_letters_name_invoices"),
        ("credit", "0009_aging_from_its_index"),
        ("credit", "0010_proposal_approved_is_signed"),
        ("credit", "0011_ratings_hands_withdrawals"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_tables"),
        ("sales", "0001_tables"),
        ("staff", "0001_tables"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "invoice_number",
                    models.CharField(max_length=60, unique=True, verbose_name="invoice number"),
                ),
                (
                    "order_number",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="order number"
                    ),
                ),
                ("issued_on", models.DateField(verbose_name="issued on")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=8, default=1, max_digits=18, verbose_name="exchange rate"
                    ),
                ),
                (
                    "document_amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="amount in its currency"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "settled",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="settled",
                    ),
                ),
                (
                    "open_amount",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("amount"), "-", models.F("settled")
                        ),
                        output_field=models.DecimalField(decimal_places=4, max_digits=18),
                        verbose_name="open amount",
                    ),
                ),
                (
                    "exposed",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Greatest(
                            django.db.models.expressions.CombinedExpression(
                                models.F("amount"), "-", models.F("settled")
                            ),
                            models.Value(0),
                        ),
                        output_field=models.DecimalField(decimal_places=4, max_digits=18),
                    ),
                ),
                (
                    "disputed",
                    models.BooleanField(db_default=False, default=False, verbose_name="disputed"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "ordering": ["due_on", "issued_on", "invoice_number"],
                "permissions": [
                    ("manage_receivables", "Can record disputes, claims and allocations")
                ],
                "indexes": [
                    models.Index(fields=["-issued_on", "-id"], name="credit_invoice_day"),
                    models.Index(
                        condition=models.Q(("open_amount", 0), _negated=True),
                        fields=["account", "due_on", "issued_on", "invoice_number"],
                        name="credit_invoice_open",
                    ),
                    models.Index(
                        condition=models.Q(("open_amount__gt", 0)),
                        fields=["due_on", "account"],
                        include=("id", "issued_on", "open_amount"),
                        name="credit_invoice_aging",
                    ),
                    models.Index(
                        fields=["account", "-issued_on", "-id"], name="credit_invoice_account"
                    ),
                    models.Index(
                        condition=models.Q(("order_number", ""), _negated=True),
                        fields=["order_number"],
                        name="credit_invoice_order",
                    ),
                    models.Index(fields=["updated_at", "id"], name="credit_invoice_updated"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount__gte", 0),
                                ("settled__gte", 0),
                                ("settled__lte", models.F("amount")),
                            ),
                            models.Q(
                                ("amount__lt", 0),
                                ("settled__gte", models.F("amount")),
                                ("settled__lte", 0),
                            ),
                            _connector="OR",
                        ),
                        name="credit_invoice_settled_within_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("issued_on"))),
                        name="credit_invoice_due_after_issue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="credit_invoice_rate_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "payment_number",
                    models.CharField(max_length=60, unique=True, verbose_name="payment number"),
                ),
                ("received_on", models.DateField(verbose_name="received on")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=8, default=1, max_digits=18, verbose_name="exchange rate"
                    ),
                ),
                (
                    "document_amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="amount in its currency"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "allocated",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="allocated",
                    ),
                ),
                ("instructions", models.JSONField(blank=True, null=True)),
                (
                    "by_hand",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="allocated by hand"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["received_on", "payment_number"],
                "indexes": [
                    models.Index(
                        fields=["account", "-received_on", "-id"], name="credit_payment_account"
                    ),
                    models.Index(fields=["-received_on", "-id"], name="credit_payment_day"),
                    models.Index(
                        condition=models.Q(("allocated__lt", models.F("amount"))),
                        fields=["account", "received_on", "payment_number"],
                        name="credit_payment_unallocated",
                    ),
                    models.Index(fields=["updated_at", "id"], name="credit_payment_updated"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("allocated__gte", 0),
                            ("allocated__lte", models.F("amount")),
                            ("amount__gte", 0),
                        ),
                        name="credit_payment_allocated_within_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="credit_payment_rate_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Not approved"),
                            ("reversed", "Reversed"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_offs",
                        to="credit.invoice",
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
                "verbose_name": "write-off",
                "verbose_name_plural": "write-offs",
                "ordering": ["-proposed_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="credit_writeoff_amount_positive",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("invoice",),
                        name="credit_writeoff_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                ("effective_on", models.DateField(verbose_name="on")),
                (
                    "credit_note",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applied",
                        to="credit.invoice",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="credit.invoice",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="credit.payment",
                    ),
                ),
                (
                    "write_off",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="credit.writeoff",
                    ),
                ),
            ],
            options={
                "verbose_name": "allocation",
                "verbose_name_plural": "allocations",
                "ordering": ["effective_on", "pk"],
                "indexes": [
                    models.Index(
                        fields=["effective_on", "invoice"],
                        include=("amount",),
                        name="credit_allocation_day",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="credit_allocation_amount_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("credit_note", None),
                                ("payment__isnull", False),
                                ("write_off", None),
                            ),
                            models.Q(
                                ("credit_note__isnull", False),
                                ("payment", None),
                                ("write_off", None),
                            ),
                            models.Q(
                                ("credit_note", None),
                                ("payment", None),
                                ("write_off__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_allocation_one_source",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("payment__isnull", False)),
                        fields=("invoice", "payment"),
                        name="credit_allocation_payment_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("credit_note__isnull", False)),
                        fields=("invoice", "credit_note"),
                        name="credit_allocation_note_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Behaviour",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                ("payment_index", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("overdue_share", models.DecimalField(decimal_places=6, max_digits=7, null=True)),
                ("exposure", models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                (
                    "grade",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                    ),
                ),
            ],
            options={
                "verbose_name": "behaviour",
                "verbose_name_plural": "behaviour",
            },
        ),
        migrations.CreateModel(
            name="CreditBudget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Not approved"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="proposed at"
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit-sales budget",
                "verbose_name_plural": "credit-sales budgets",
                "ordering": ["-year", "-version"],
                "permissions": [
                    ("view_supervision", "Can see the credit budget and the ceiling"),
                    ("supervise_credit", "Can propose credit budgets and ceilings"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("year", "version"), name="credit_budget_version"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("year",),
                        name="credit_budget_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("year__gte", 2000), ("year__lte", 2100)),
                        name="credit_budget_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BudgetFigure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.PositiveSmallIntegerField(verbose_name="month")),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.region",
                    ),
                ),
                (
                    "budget",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="figures",
                        to="credit.creditbudget",
                    ),
                ),
            ],
            options={
                "verbose_name": "budget figure",
                "verbose_name_plural": "budget figures",
                "ordering": ["month", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("budget", "month", "region", "manager"),
                        name="credit_budget_figure_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__gte", 0), ("month__gte", 1), ("month__lte", 12)
                        ),
                        name="credit_budget_figure_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("region", None), ("manager", None), _connector="OR"),
                        name="credit_budget_figure_one_scope",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionCase",
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
                        choices=[("overdue", "Overdue"), ("hand", "Opened by hand")],
                        max_length=10,
                        verbose_name="cause",
                    ),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("plan", models.TextField(blank=True, default="", verbose_name="collection plan")),
                (
                    "snoozed_until",
                    models.DateField(blank=True, null=True, verbose_name="put off until"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")],
                        default="open",
                        max_length=6,
                        verbose_name="status",
                    ),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "close_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("settled", "Nothing is overdue any more"),
                            ("written_off", "Written off"),
                            ("other", "Other"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="why it was closed",
                    ),
                ),
                ("close_note", models.TextField(blank=True, default="", verbose_name="remark")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_cases",
                        to="accounts.account",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_cases",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="collector",
                    ),
                ),
            ],
            options={
                "verbose_name": "collection case",
                "verbose_name_plural": "collection cases",
                "ordering": ["-opened_on", "-pk"],
                "permissions": [("collect", "Can work on collection cases")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("account",),
                        name="credit_case_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("close_reason", ""), ("closed_on", None), ("status", "open")),
                            models.Q(
                                ("closed_on__gte", models.F("opened_on")),
                                ("status", "closed"),
                                models.Q(("close_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="credit_case_closed_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionAction",
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
                            ("reminder", "Reminder"),
                            ("call", "Call"),
                            ("letter", "Letter"),
                            ("visit", "Visit"),
                            ("formal_demand", "Formal demand"),
                            ("legal", "Legal action"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("done_on", models.DateField(verbose_name="done on")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("reached", "Reached"),
                            ("not_reached", "Not reached"),
                            ("promised", "Promised to pay"),
                            ("disputed", "Disputes the debt"),
                            ("refused", "Refuses to pay"),
                            ("sent", "Sent"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "letter",
                    models.TextField(blank=True, default="", verbose_name="text of the letter"),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="recorded at"),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="credit.collectioncase",
                    ),
                ),
                (
                    "invoices",
                    models.ManyToManyField(
                        blank=True,
                        related_name="collection_actions",
                        to="credit.invoice",
                        verbose_name="invoices",
                    ),
                ),
            ],
            options={
                "verbose_name": "collection step",
                "verbose_name_plural": "collection steps",
                "ordering": ["-done_on", "-pk"],
                "indexes": [
                    models.Index(fields=["case", "-done_on", "-id"], name="credit_action_case")
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditAlert",
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
                            ("payment_index_fell", "Payment index fell"),
                            ("overdue_share_rose", "Overdue share rose"),
                            ("exposure_grew", "Exposure grew"),
                            ("grade_dropped", "Grade dropped"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("figures", models.JSONField(default=dict)),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged at"),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_alerts",
                        to="accounts.account",
                    ),
                ),
                (
                    "acknowledged_by",
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
                "verbose_name": "credit alert",
                "verbose_name_plural": "credit alerts",
                "ordering": ["-day", "-pk"],
                "permissions": [("acknowledge_alert", "Can acknowledge credit alerts")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("acknowledged_at", None)),
                        fields=["-day", "-id"],
                        name="credit_alert_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "kind", "day"), name="credit_alert_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("acknowledged_at", None),
                                ("acknowledged_by", None),
                                ("comment", ""),
                            ),
                            models.Q(
                                ("acknowledged_at__isnull", False),
                                ("acknowledged_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_alert_acknowledged_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LineProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "limit",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="credit limit"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "terms_days",
                    models.PositiveSmallIntegerField(verbose_name="payment term (days)"),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("open_account", "Open account"),
                            ("consignment", "Consignment"),
                            ("instalments", "Instalments"),
                            ("running_account", "Running account"),
                        ],
                        default="open_account",
                        max_length=16,
                        verbose_name="form of credit",
                    ),
                ),
                (
                    "covers_group",
                    models.BooleanField(default=False, verbose_name="covers the whole group"),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_until", models.DateField(verbose_name="valid until")),
                (
                    "extra",
                    models.DecimalField(
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="temporary increase",
                    ),
                ),
                (
                    "extra_until",
                    models.DateField(blank=True, null=True, verbose_name="increase until"),
                ),
                (
                    "rating",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="rating",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("application", "Application"),
                            ("review", "Half-yearly review"),
                            ("supervision", "Supervision"),
                        ],
                        max_length=12,
                        verbose_name="origin",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Not approved"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("figures", models.JSONField(default=dict)),
                (
                    "proposed_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="proposed at"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_proposals",
                        to="accounts.account",
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
                "verbose_name": "credit application",
                "verbose_name_plural": "credit applications",
                "ordering": ["-proposed_at", "-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("limit__gte", 0), ("extra__gte", 0)),
                        name="credit_lineproposal_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="credit_lineproposal_span",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("extra", 0), ("extra_until", None)),
                            models.Q(
                                ("extra__gt", 0),
                                ("extra_until__gte", models.F("valid_from")),
                                ("extra_until__isnull", False),
                                ("extra_until__lte", models.F("valid_until")),
                            ),
                            _connector="OR",
                        ),
                        name="credit_lineproposal_increase_ends",
                        violation_error_message="A temporary increase needs an end date within the validity of the line.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("account",),
                        name="credit_proposal_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "limit",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="credit limit"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "terms_days",
                    models.PositiveSmallIntegerField(verbose_name="payment term (days)"),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("open_account", "Open account"),
                            ("consignment", "Consignment"),
                            ("instalments", "Instalments"),
                            ("running_account", "Running account"),
                        ],
                        default="open_account",
                        max_length=16,
                        verbose_name="form of credit",
                    ),
                ),
                (
                    "covers_group",
                    models.BooleanField(default=False, verbose_name="covers the whole group"),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_until", models.DateField(verbose_name="valid until")),
                (
                    "extra",
                    models.DecimalField(
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="temporary increase",
                    ),
                ),
                (
                    "extra_until",
                    models.DateField(blank=True, null=True, verbose_name="increase until"),
                ),
                (
                    "rating",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="rating",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_lines",
                        to="accounts.account",
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "proposal",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="line",
                        to="credit.lineproposal",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit line",
                "verbose_name_plural": "credit lines",
                "ordering": ["account", "-valid_from", "-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["account", "-valid_from", "-id"], name="credit_line_in_force"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("limit__gte", 0), ("extra__gte", 0)),
                        name="credit_creditline_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                        name="credit_creditline_span",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("extra", 0), ("extra_until", None)),
                            models.Q(
                                ("extra__gt", 0),
                                ("extra_until__gte", models.F("valid_from")),
                                ("extra_until__isnull", False),
                                ("extra_until__lte", models.F("valid_until")),
                            ),
                            _connector="OR",
                        ),
                        name="credit_creditline_increase_ends",
                        violation_error_message="A temporary increase needs an end date within the validity of the line.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("proposal", None)),
                        fields=("account",),
                        name="credit_line_one_opening",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditParty",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="credit_party",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                (
                    "invoiced",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="unpaid invoices",
                    ),
                ),
                (
                    "ordered",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="orders not yet invoiced",
                    ),
                ),
                (
                    "reserved",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="reservations",
                    ),
                ),
                (
                    "subsidiaries",
                    models.DecimalField(
                        db_default=0,
                        decimal_places=4,
                        default=0,
                        max_digits=18,
                        verbose_name="of subsidiaries",
                    ),
                ),
                (
                    "exposure",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("invoiced"), "+", models.F("ordered")
                                ),
                                "+",
                                models.F("reserved"),
                            ),
                            "+",
                            models.F("subsidiaries"),
                        ),
                        output_field=models.DecimalField(decimal_places=4, max_digits=18),
                        verbose_name="exposure",
                    ),
                ),
                (
                    "hold_reason",
                    models.TextField(
                        blank=True, db_default="", default="", verbose_name="reason of the hold"
                    ),
                ),
                (
                    "held_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="on hold since"),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                        verbose_name="credit group",
                    ),
                ),
                (
                    "held_by",
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
                "verbose_name": "credit party",
                "verbose_name_plural": "credit parties",
                "permissions": [
                    ("hold_account", "Can put an account on credit hold and lift it"),
                    ("release_order", "Can release orders from credit hold"),
                    ("request_release", "Can ask for the release of an order"),
                    ("export_credit", "Can export credit and receivables"),
                ],
                "indexes": [
                    models.Index(fields=["-exposure", "account"], name="credit_party_exposure")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hold_reason", ""), ("held_by", None), ("held_at", None)),
                            models.Q(
                                models.Q(("hold_reason", ""), _negated=True),
                                ("held_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_party_hold_has_reason",
                        violation_error_message="Give a reason exactly when there is a hold.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("group", None),
                            models.Q(("group", models.F("account")), _negated=True),
                            _connector="OR",
                        ),
                        name="credit_party_not_own_group",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order_number",
                    models.CharField(blank=True, max_length=60, verbose_name="order number"),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("order", "Order"),
                            ("check", "Credit check"),
                            ("release", "Release"),
                            ("payment", "Payment"),
                            ("line", "Credit line"),
                            ("hold", "Manual hold"),
                            ("rating", "Rating"),
                            ("day", "New day"),
                            ("policy", "Policy"),
                        ],
                        max_length=10,
                        verbose_name="cause",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("approved", "Approved"),
                            ("held", "On hold"),
                            ("released", "Released"),
                        ],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                ("reasons", models.JSONField(default=list)),
                (
                    "limit",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, null=True, verbose_name="limit"
                    ),
                ),
                (
                    "exposure",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="exposure before"
                    ),
                ),
                ("policy_version", models.PositiveIntegerField()),
                ("comment", models.TextField(blank=True, default="", verbose_name="comment")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_decisions",
                        to="accounts.account",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credit_decisions",
                        to="sales.order",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit decision",
                "verbose_name_plural": "credit decisions",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["account", "-at", "-id"], name="credit_decision_account"),
                    models.Index(
                        condition=models.Q(("order__isnull", False)),
                        fields=["order", "-at", "-id"],
                        name="credit_decision_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="disputed amount"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("price", "Price"),
                            ("quantity", "Quantity"),
                            ("quality", "Quality"),
                            ("delivery", "Delivery"),
                            ("not_ordered", "Not ordered"),
                            ("already_paid", "Already paid"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                (
                    "note",
                    models.TextField(blank=True, default="", verbose_name="what the customer says"),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("suspends_until", models.DateField(verbose_name="suspends until")),
                ("settled_on", models.DateField(blank=True, null=True, verbose_name="settled on")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("justified", "Justified: a credit note follows"),
                            ("partly", "Justified in part"),
                            ("unjustified", "Not justified: the debt stands"),
                            ("withdrawn", "Withdrawn by the customer"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "outcome_note",
                    models.TextField(blank=True, default="", verbose_name="how it was settled"),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="credit.invoice",
                        verbose_name="invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "dispute",
                "verbose_name_plural": "disputes",
                "ordering": ["-opened_on", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="credit_dispute_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", ""), ("settled_on", None)),
                            models.Q(
                                ("settled_on__gte", models.F("opened_on")),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="credit_dispute_settled_with_outcome",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("settled_on", None)),
                        fields=("invoice",),
                        name="credit_dispute_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Instalment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instalments",
                        to="credit.invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "instalment",
                "verbose_name_plural": "instalments",
                "ordering": ["invoice", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "number"), name="credit_instalment_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="credit_instalment_amount_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Investigation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("investigated_on", models.DateField(verbose_name="investigated on")),
                (
                    "payment_behaviour",
                    models.TextField(blank=True, verbose_name="payment behaviour"),
                ),
                (
                    "net_assets",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="net assets",
                    ),
                ),
                (
                    "contingent_debts",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="guarantees and contingent debts",
                    ),
                ),
                (
                    "industry_situation",
                    models.TextField(blank=True, verbose_name="situation of the industry"),
                ),
                (
                    "market_terms_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="competitors' terms (days)"
                    ),
                ),
                (
                    "expected_sales",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="expected credit sales of twelve months, with tax",
                    ),
                ),
                (
                    "bearing_default",
                    models.TextField(blank=True, verbose_name="our capacity to bear a default"),
                ),
                ("sources", models.TextField(verbose_name="sources")),
                ("conclusion", models.TextField(verbose_name="conclusion")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_investigations",
                        to="accounts.account",
                    ),
                ),
                (
                    "attachments",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="accounts.attachment",
                        verbose_name="attachments",
                    ),
                ),
                (
                    "investigated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit investigation",
                "verbose_name_plural": "credit investigations",
                "ordering": ["-investigated_on", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["account", "-investigated_on", "-id"],
                        name="credit_investigation_latest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("contingent_debts", None),
                                ("contingent_debts__gte", 0),
                                _connector="OR",
                            ),
                            models.Q(
                                ("expected_sales", None),
                                ("expected_sales__gte", 0),
                                _connector="OR",
                            ),
                        ),
                        name="credit_investigation_not_negative",
                        violation_error_message="Debts and expected sales are 0 or more.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "claim_amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="amount claimed"
                    ),
                ),
                (
                    "court",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="court"),
                ),
                (
                    "case_number",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="case number"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("preparing", "In preparation"),
                            ("filed", "Filed"),
                            ("judged", "Judged"),
                            ("enforcing", "Enforcement"),
                            ("settled", "Settled"),
                            ("withdrawn", "Withdrawn"),
                            ("closed", "Closed"),
                        ],
                        default="preparing",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("filed_on", models.DateField(blank=True, null=True, verbose_name="filed on")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("outcome", models.TextField(blank=True, default="", verbose_name="outcome")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_cases",
                        to="accounts.account",
                    ),
                ),
                (
                    "invoices",
                    models.ManyToManyField(
                        related_name="legal_cases", to="credit.invoice", verbose_name="invoices"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "legal case",
                "verbose_name_plural": "legal cases",
                "ordering": ["-opened_on", "-pk"],
                "permissions": [("manage_legal", "Can keep legal cases")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("claim_amount__gt", 0)),
                        name="credit_legalcase_amount_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["preparing", "settled", "withdrawn"]),
                            ("filed_on__isnull", False),
                            _connector="OR",
                        ),
                        name="credit_legalcase_filed_has_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__isnull", False),
                                ("status__in", ["settled", "withdrawn", "closed"]),
                            ),
                            models.Q(
                                ("closed_on", None),
                                ("status__in", ["preparing", "filed", "judged", "enforcing"]),
                            ),
                            _connector="OR",
                        ),
                        name="credit_legalcase_closed_has_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NightlyStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.CharField(max_length=40, verbose_name="job")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="started")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                (
                    "done",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="changed"),
                ),
            ],
            options={
                "verbose_name": "step of a night",
                "verbose_name_plural": "steps of a night",
                "ordering": ["-as_of", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "as_of"), name="credit_nightly_step_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done", None), ("finished_at", None)),
                            models.Q(("done__isnull", False), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="credit_nightly_step_finished_with_result",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderCredit",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="credit",
                        serialize=False,
                        to="sales.order",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="decided amount"
                    ),
                ),
                (
                    "uninvoiced",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="not yet invoiced"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("approved", "Credit approved"),
                            ("held", "On credit hold"),
                            ("released", "Released"),
                        ],
                        max_length=10,
                        verbose_name="credit status",
                    ),
                ),
                (
                    "delivered",
                    models.BooleanField(db_default=False, default=False, verbose_name="delivered"),
                ),
                (
                    "exposed",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                delivered=False,
                                status="held",
                                then=models.Value(
                                    0,
                                    output_field=models.DecimalField(
                                        decimal_places=4, max_digits=18
                                    ),
                                ),
                            ),
                            default=models.F("uninvoiced"),
                        ),
                        output_field=models.DecimalField(decimal_places=4, max_digits=18),
                    ),
                ),
                (
                    "released_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True),
                ),
                ("released_until", models.DateField(blank=True, null=True)),
                (
                    "release_request",
                    models.TextField(
                        blank=True, default="", verbose_name="why it should be released"
                    ),
                ),
                (
                    "held_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="held since"),
                ),
                (
                    "decided_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="decided at"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "release_requested_by",
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
                "verbose_name": "credit of an order",
                "verbose_name_plural": "credit of orders",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "held")),
                        fields=["held_since", "order"],
                        name="credit_order_queue",
                    ),
                    models.Index(
                        condition=models.Q(("uninvoiced__gt", 0)),
                        fields=["account"],
                        name="credit_order_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("uninvoiced__gte", 0)),
                        name="credit_ordercredit_uninvoiced_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["approved", "held", "released"])),
                        name="credit_ordercredit_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "released"), _negated=True),
                            models.Q(
                                ("released_amount__isnull", False),
                                ("released_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="credit_ordercredit_released_has_envelope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("held_since__isnull", False), ("status", "held")),
                            models.Q(
                                models.Q(("status", "held"), _negated=True), ("held_since", None)
                            ),
                            _connector="OR",
                        ),
                        name="credit_ordercredit_held_has_moment",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OverdueEpisode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_on", models.DateField(verbose_name="since")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="overdue amount"
                    ),
                ),
                ("days", models.PositiveIntegerField(verbose_name="days overdue")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overdue_episodes",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "overdue account",
                "verbose_name_plural": "overdue accounts",
                "ordering": ["-began_on", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("account",),
                        name="credit_episode_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None),
                            ("ended_on__gte", models.F("began_on")),
                            _connector="OR",
                        ),
                        name="credit_episode_span",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OverdueMeasure",
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
                            ("rating_review", "Review of the rating"),
                            ("investigation", "New credit investigation"),
                            ("collection_plan", "Collection plan"),
                        ],
                        max_length=16,
                        verbose_name="measure",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
                ("comment", models.TextField(blank=True, verbose_name="result")),
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
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measures",
                        to="credit.overdueepisode",
                    ),
                ),
            ],
            options={
                "verbose_name": "overdue measure",
                "verbose_name_plural": "overdue measures",
                "ordering": ["pk"],
                "permissions": [("finish_measure", "Can finish the measures of overdue accounts")],
                "constraints": [
                    models.UniqueConstraint(fields=("episode", "kind"), name="credit_measure_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comment", ""), ("done_at", None), ("done_by", None)),
                            models.Q(
                                ("done_at__isnull", False), models.Q(("comment", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="credit_measure_done_with_result",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentPromise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                ("made_on", models.DateField(verbose_name="made on")),
                ("pay_by", models.DateField(verbose_name="pay by")),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("kept", "Kept"),
                            ("broken", "Broken"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="credit.collectioncase",
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
                        verbose_name="made by",
                    ),
                ),
                (
                    "invoices",
                    models.ManyToManyField(
                        blank=True,
                        related_name="promises",
                        to="credit.invoice",
                        verbose_name="invoices",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="recorded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "promise to pay",
                "verbose_name_plural": "promises to pay",
                "ordering": ["-pay_by", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["pay_by"],
                        name="credit_promise_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="credit_promise_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pay_by__gte", models.F("made_on"))),
                        name="credit_promise_after_made",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_on", None), ("status", "open")),
                            models.Q(
                                ("decided_on__isnull", False),
                                ("status__in", ["kept", "broken", "withdrawn"]),
                            ),
                            _connector="OR",
                        ),
                        name="credit_promise_decided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
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
                            ("checks", "Credit checks of orders"),
                            ("terms", "Limits and terms"),
                            ("scorecard", "Rating scorecard"),
                            ("receivables", "Aging, interest and limitation"),
                            ("collections", "Collections"),
                            ("supervision", "Supervision and reviews"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
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
                "verbose_name": "credit policy",
                "verbose_name_plural": "credit policies",
                "ordering": ["kind", "-version"],
                "permissions": [("propose_policy", "Can propose credit policies")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "version"), name="credit_policy_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "checks",
                                    "terms",
                                    "scorecard",
                                    "receivables",
                                    "collections",
                                    "supervision",
                                ],
                            )
                        ),
                        name="credit_policy_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                (
                    "grade",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="grade",
                    ),
                ),
                (
                    "points",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=7, null=True, verbose_name="points"
                    ),
                ),
                ("grade_by_points", models.CharField(blank=True, max_length=3)),
                ("lines", models.JSONField(default=list)),
                ("caps", models.JSONField(default=list)),
                ("refusal", models.JSONField(blank=True, null=True)),
                ("suggestion", models.JSONField(blank=True, null=True)),
                (
                    "policy_version",
                    models.PositiveIntegerField(verbose_name="version of the scorecard"),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("manual", "By hand"),
                            ("application", "Application"),
                            ("review", "Half-yearly review"),
                            ("overdue", "Overdue"),
                            ("policy", "Policy"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="comment")),
                ("rated_at", models.DateTimeField(auto_now_add=True, verbose_name="rated at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_ratings",
                        to="accounts.account",
                    ),
                ),
                (
                    "rated_by",
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
                "verbose_name": "rating",
                "verbose_name_plural": "ratings",
                "ordering": ["-as_of", "-pk"],
                "indexes": [
                    models.Index(fields=["account", "-as_of", "-id"], name="credit_rating_latest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("grade", ""), ("points", None), ("refusal__isnull", False)),
                            models.Q(
                                models.Q(("grade", ""), _negated=True),
                                ("points__isnull", False),
                                ("refusal__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="credit_rating_grade_or_refusal",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceivablesCeiling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Awaiting approval"),
                            ("approved", "Approved"),
                            ("rejected", "Not approved"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="proposed at"
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="ceiling",
                    ),
                ),
                ("effective_from", models.DateField(verbose_name="effective from")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "ceiling on receivables",
                "verbose_name_plural": "ceilings on receivables",
                "ordering": ["-effective_from", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", None), ("amount__gte", 0), _connector="OR"),
                        name="credit_ceiling_not_negative",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("status",),
                        name="credit_ceiling_one_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order_number",
                    models.CharField(blank=True, max_length=60, verbose_name="order number"),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("live", "Live"),
                            ("used", "Used by the order"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="live",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "exposed",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(status="live", then=models.F("amount")),
                            default=models.Value(
                                0, output_field=models.DecimalField(decimal_places=4, max_digits=18)
                            ),
                        ),
                        output_field=models.DecimalField(decimal_places=4, max_digits=18),
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "live")),
                        fields=["account", "expires_at"],
                        name="credit_reservation_live",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)),
                        name="credit_reservation_amount_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["live", "used", "cancelled", "expired"])
                        ),
                        name="credit_reservation_status_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status", "live"), models.Q(("order_number", ""), _negated=True)
                        ),
                        fields=("order_number",),
                        name="credit_reservation_one_live_per_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewCampaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", models.CharField(max_length=12, unique=True, verbose_name="period")),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "reminded_on",
                    models.DateField(blank=True, null=True, verbose_name="reminded on"),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
            ],
            options={
                "verbose_name": "review campaign",
                "verbose_name_plural": "review campaigns",
                "ordering": ["-due_on", "-pk"],
                "permissions": [
                    ("open_campaign", "Can open review campaigns"),
                    ("prepare_review", "Can change what a review proposes"),
                    ("submit_review", "Can submit reviews for signature"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("opened_on"))),
                        name="credit_campaign_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("figures", models.JSONField(default=dict)),
                (
                    "rating_before",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="rating before",
                    ),
                ),
                (
                    "rating",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="rating",
                    ),
                ),
                (
                    "proposed_rating",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AAA", "AAA"),
                            ("AA", "AA"),
                            ("A", "A"),
                            ("BBB", "BBB"),
                            ("BB", "BB"),
                            ("B", "B"),
                            ("C", "C"),
                            ("D", "D"),
                        ],
                        max_length=3,
                        verbose_name="proposed rating",
                    ),
                ),
                (
                    "proposed_limit",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="proposed limit"
                    ),
                ),
                (
                    "proposed_terms_days",
                    models.PositiveSmallIntegerField(verbose_name="proposed term (days)"),
                ),
                ("code", models.CharField(max_length=20, verbose_name="rule")),
                ("comment", models.TextField(blank=True, verbose_name="reason")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("prepared", "To be submitted"),
                            ("submitted", "Awaiting signatures"),
                            ("not_approved", "Not approved"),
                            ("approved", "Approved"),
                        ],
                        default="prepared",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_reviews",
                        to="accounts.account",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.creditline",
                    ),
                ),
                (
                    "proposal",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review",
                        to="credit.lineproposal",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="credit.reviewcampaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "credit review",
                "verbose_name_plural": "credit reviews",
                "ordering": ["campaign", "account"],
                "indexes": [
                    models.Index(fields=["campaign", "status"], name="credit_review_progress")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "account"), name="credit_review_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("proposed_limit__gte", 0)),
                        name="credit_review_limit_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("changed_by", None), ("comment", "")),
                            models.Q(
                                ("changed_by__isnull", False),
                                models.Q(("comment", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="credit_review_change_has_reason",
                        violation_error_message="Say why the proposal of the rules is changed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["prepared", "submitted", "not_approved", "approved"])
                        ),
                        name="credit_review_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "prepared"), ("proposal__isnull", False), _connector="OR"
                        ),
                        name="credit_review_submitted_has_proposal",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateField(verbose_name="from")),
                ("until", models.DateField(verbose_name="to")),
                (
                    "balance",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="balance"),
                ),
                ("sent_on", models.DateField(verbose_name="sent on")),
                ("sent_to", models.CharField(max_length=200, verbose_name="sent to")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("sent", "Awaiting an answer"),
                            ("confirmed", "Confirmed"),
                            ("disputed", "Disputed"),
                        ],
                        default="sent",
                        max_length=10,
                        verbose_name="answer",
                    ),
                ),
                (
                    "answered_on",
                    models.DateField(blank=True, null=True, verbose_name="answered on"),
                ),
                (
                    "answered_by",
                    models.CharField(
                        blank=True, default="", max_length=100, verbose_name="answered by"
                    ),
                ),
                ("note", models.TextField(blank=True, default="", verbose_name="remark")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "attachment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.attachment",
                        verbose_name="file",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sent by",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement of account",
                "verbose_name_plural": "statements of account",
                "ordering": ["-sent_on", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["account", "-sent_on", "-id"], name="credit_statement_account"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))),
                        name="credit_statement_period_ascends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_on", None), ("outcome", "sent")),
                            models.Q(
                                ("answered_on__gte", models.F("sent_on")),
                                ("outcome__in", ["confirmed", "disputed"]),
                            ),
                            _connector="OR",
                        ),
                        name="credit_statement_answered_after_sent",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="collectioncase",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3580b076e349078505f7d403dc620c1d6ffe65a3",
                    operation="DELETE",
                    pgid="pgtrigger_kept_cef29",
                    table="credit_collectioncase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_signed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NEW.status = 'approved' AND NOT EXISTS (\n                    SELECT FROM approvals_request AS request\n                    JOIN django_content_type AS subject ON subject.id = request.content_type_id\n                        AND subject.app_label = 'credit' AND subject.model = 'creditbudget'\n                    WHERE request.object_id = NEW.id AND request.status = 'approved'\n                ) THEN\n                    RAISE check_violation\n                    USING MESSAGE = 'this counts only with an approved request';\n                END IF;\n                RETURN NEW;\n            ",
                    hash="b227a99e10b4799a3af55c583c9dd414583189e0",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_approved_is_signed_832a0",
                    table="credit_creditbudget",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditbudget",
            trigger=pgtrigger.compiler.Trigger(
                name="decided_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"status\" = 'proposed'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="97b3f068f762f6b674b1823c63c89bcadfec15b9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_decided_is_immutable_dd36c",
                    table="credit_creditbudget",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="budgetfigure",
            trigger=pgtrigger.compiler.Trigger(
                name="of_an_approved_budget_is_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT FROM credit_creditbudget WHERE status <> 'proposed'\n                            AND id IN (coalesce(NEW.budget_id, 0), coalesce(OLD.budget_id, 0))\n                    ) THEN\n                        RAISE check_violation USING MESSAGE = 'a decided budget is not changed';\n                    END IF;\n                    RETURN coalesce(NEW, OLD);\n                ",
                    hash="57fca2648ea18266d2bbc139447b4b66660862b6",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_of_an_approved_budget_is_fixed_9cf5c",
                    table="credit_budgetfigure",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditparty",
            trigger=pgtrigger.compiler.Trigger(
                name="roll_up_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NOT EXISTS (SELECT FROM new_rows WHERE group_id IS NOT NULL) THEN\n                    RETURN NULL;\n                END IF;\n                INSERT INTO credit_creditparty AS head (account_id, subsidiaries)\n                SELECT group_id, sum(own) FROM (SELECT group_id, invoiced + ordered + reserved AS own FROM new_rows) AS change\n                WHERE group_id IS NOT NULL\n                GROUP BY group_id HAVING sum(own) <> 0 ORDER BY group_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET subsidiaries = head.subsidiaries + excluded.subsidiaries;\n                RETURN NULL;\n            ",
                    hash="b7cd633ec13c9a4270502e1ada74c09e333c19f2",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_roll_up_insert_d961d",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="credit_creditparty",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditparty",
            trigger=pgtrigger.compiler.Trigger(
                name="roll_up_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NOT EXISTS (SELECT FROM new_rows WHERE group_id IS NOT NULL UNION ALL SELECT FROM old_rows WHERE group_id IS NOT NULL) THEN\n                    RETURN NULL;\n                END IF;\n                INSERT INTO credit_creditparty AS head (account_id, subsidiaries)\n                SELECT group_id, sum(own) FROM (SELECT group_id, invoiced + ordered + reserved AS own FROM new_rows\n                  UNION ALL SELECT group_id, -(invoiced + ordered + reserved) FROM old_rows) AS change\n                WHERE group_id IS NOT NULL\n                GROUP BY group_id HAVING sum(own) <> 0 ORDER BY group_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET subsidiaries = head.subsidiaries + excluded.subsidiaries;\n                RETURN NULL;\n            ",
                    hash="9e873ba5484e14343bb89e6427f3478915ad63ff",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_roll_up_update_143c7",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="credit_creditparty",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditparty",
            trigger=pgtrigger.compiler.Trigger(
                name="roll_up_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NOT EXISTS (SELECT FROM old_rows WHERE group_id IS NOT NULL) THEN\n                    RETURN NULL;\n                END IF;\n                INSERT INTO credit_creditparty AS head (account_id, subsidiaries)\n                SELECT group_id, sum(own) FROM (SELECT group_id, -(invoiced + ordered + reserved) AS own FROM old_rows) AS change\n                WHERE group_id IS NOT NULL\n                GROUP BY group_id HAVING sum(own) <> 0 ORDER BY group_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET subsidiaries = head.subsidiaries + excluded.subsidiaries;\n                RETURN NULL;\n            ",
                    hash="9a428c95d9917a1abaa7f598e0a23731ea7d21a3",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_roll_up_delete_f725c",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="credit_creditparty",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."cause" IS DISTINCT FROM (NEW."cause") OR OLD."comment" IS DISTINCT FROM (NEW."comment") OR OLD."exposure" IS DISTINCT FROM (NEW."exposure") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."limit" IS DISTINCT FROM (NEW."limit") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."order_number" IS DISTINCT FROM (NEW."order_number") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."policy_version" IS DISTINCT FROM (NEW."policy_version") OR OLD."reasons" IS DISTINCT FROM (NEW."reasons"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="eb04fdcf3fd1e7940843006ef76ccf7b89eee3ae",
                    operation="UPDATE",
                    pgid="pgtrigger_append_only_9494b",
                    table="credit_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5e41249d0b0a3ec8c95969e3175b16eeeb96b85c",
                    operation="DELETE",
                    pgid="pgtrigger_kept_33716",
                    table="credit_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="investigation",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."bearing_default" IS DISTINCT FROM (NEW."bearing_default") OR OLD."conclusion" IS DISTINCT FROM (NEW."conclusion") OR OLD."contingent_debts" IS DISTINCT FROM (NEW."contingent_debts") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."expected_sales" IS DISTINCT FROM (NEW."expected_sales") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."industry_situation" IS DISTINCT FROM (NEW."industry_situation") OR OLD."investigated_by_id" IS DISTINCT FROM (NEW."investigated_by_id") OR OLD."investigated_on" IS DISTINCT FROM (NEW."investigated_on") OR OLD."market_terms_days" IS DISTINCT FROM (NEW."market_terms_days") OR OLD."net_assets" IS DISTINCT FROM (NEW."net_assets") OR OLD."payment_behaviour" IS DISTINCT FROM (NEW."payment_behaviour") OR OLD."sources" IS DISTINCT FROM (NEW."sources"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="040f957d9112e054a0075d76e83e7ec67e28554f",
                    operation="UPDATE",
                    pgid="pgtrigger_append_only_7c27d",
                    table="credit_investigation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="investigation",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="aaf281dfda1d0b6db35e49edb23cfcead1768c77",
                    operation="DELETE",
                    pgid="pgtrigger_kept_8a45e",
                    table="credit_investigation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, invoiced)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET invoiced = party.invoiced + excluded.invoiced;\n                RETURN NULL;\n            ",
                    hash="3d7abd990e3078dfbe0733d59eee4b014ccae992",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_exposure_insert_00585",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="credit_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, invoiced)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows\n                 UNION ALL SELECT account_id, -exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET invoiced = party.invoiced + excluded.invoiced;\n                RETURN NULL;\n            ",
                    hash="8c0bbb346b6ba199f6c3e8ffa08548db8f2f7566",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_exposure_update_37c5c",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="credit_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="invoice",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, invoiced)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, -exposed AS exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET invoiced = party.invoiced + excluded.invoiced;\n                RETURN NULL;\n            ",
                    hash="db5f1b8e125d73f8449beef86231145a2b7eceb0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_exposure_delete_ecd07",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="credit_invoice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dispute",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_as_given",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."opened_on" IS DISTINCT FROM (NEW."opened_on") OR OLD."opened_by_id" IS DISTINCT FROM (NEW."opened_by_id") OR OLD."suspends_until" IS DISTINCT FROM (NEW."suspends_until"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c63ebdb1b121e764dda8d064a258348a80452b44",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_as_given_00383",
                    table="credit_dispute",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dispute",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3ef7003f9340d145fad51f8296fdf24f1fcb0dc9",
                    operation="DELETE",
                    pgid="pgtrigger_kept_03ab7",
                    table="credit_dispute",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="collectionaction",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."done_on" IS DISTINCT FROM (NEW."done_on") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."letter" IS DISTINCT FROM (NEW."letter") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."outcome" IS DISTINCT FROM (NEW."outcome") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f6c73da044a7280eb21e4d31794ed75e08b9a84d",
                    operation="UPDATE",
                    pgid="pgtrigger_append_only_be302",
                    table="credit_collectionaction",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="collectionaction",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="4bb4a18d9255f7f7bdd74a188567dd1abd736878",
                    operation="DELETE",
                    pgid="pgtrigger_kept_363d5",
                    table="credit_collectionaction",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="legalcase",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="f4904f7fcbd42a7d4fc000f67794d9ab8fdb5434",
                    operation="DELETE",
                    pgid="pgtrigger_kept_77247",
                    table="credit_legalcase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lineproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_signed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NEW.status = 'approved' AND NOT EXISTS (\n                    SELECT FROM approvals_request AS request\n                    JOIN django_content_type AS subject ON subject.id = request.content_type_id\n                        AND subject.app_label = 'credit' AND subject.model = 'lineproposal'\n                    WHERE request.object_id = NEW.id AND request.status = 'approved'\n                ) THEN\n                    RAISE check_violation\n                    USING MESSAGE = 'this counts only with an approved request';\n                END IF;\n                RETURN NEW;\n            ",
                    hash="085360297dfb4f2131e1d389a80a1ad10ba05c22",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_approved_is_signed_50b54",
                    table="credit_lineproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lineproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="closed_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.status <> 'proposed' AND to_jsonb(OLD) - 'account_id' IS DISTINCT FROM to_jsonb(NEW) - 'account_id')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="12f60aec6c19110d958748871dcddf7457a75d40",
                    operation="UPDATE",
                    pgid="pgtrigger_closed_is_immutable_a2ad3",
                    table="credit_lineproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lineproposal",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="a7df754c8449b99c53ec1321293ebc73bae45d8f",
                    operation="DELETE",
                    pgid="pgtrigger_kept_5b618",
                    table="credit_lineproposal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditline",
            trigger=pgtrigger.compiler.Trigger(
                name="needs_signature",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE proposed credit_lineproposal; signed bigint;",
                    func="\n        IF NEW.proposal_id IS NULL THEN\n            IF EXISTS (SELECT FROM credit_creditline WHERE account_id = NEW.account_id) THEN\n                RAISE check_violation\n                USING MESSAGE = 'an opening line is only for an account without a line';\n            END IF;\n            RETURN NEW;\n        END IF;\n        SELECT * INTO proposed FROM credit_lineproposal WHERE id = NEW.proposal_id;\n        IF (proposed.account_id, proposed.limit, proposed.currency, proposed.terms_days,\n            proposed.form, proposed.covers_group, proposed.valid_from, proposed.valid_until,\n            proposed.extra, proposed.extra_until, proposed.rating)\n           IS DISTINCT FROM\n           (NEW.account_id, NEW.limit, NEW.currency, NEW.terms_days, NEW.form, NEW.covers_group,\n            NEW.valid_from, NEW.valid_until, NEW.extra, NEW.extra_until, NEW.rating) THEN\n            RAISE check_violation USING MESSAGE = 'a credit line must be what was proposed';\n        END IF;\n        SELECT signature.id INTO signed\n        FROM approvals_request AS request\n        JOIN django_content_type AS subject ON subject.id = request.content_type_id\n            AND subject.app_label = 'credit' AND subject.model = 'lineproposal'\n        JOIN approvals_signature AS signature ON signature.request_id = request.id\n            AND signature.round = request.round AND signature.decision = 'approve'\n            AND signature.signer_id = NEW.approved_by_id\n            AND signature.signer_id <> request.requested_by_id\n        WHERE request.object_id = NEW.proposal_id AND request.status = 'approved'\n        LIMIT 1;\n        IF signed IS NULL THEN\n            RAISE check_violation\n            USING MESSAGE = 'a credit line needs an approved request signed by another person';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="51b22d1e0848b8c9ba11e191ad18e5543e40c874",
                    operation="INSERT",
                    pgid="pgtrigger_needs_signature_8bd24",
                    table="credit_creditline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="creditline",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="5cf68e1791ad41af4de9995526b7d20179b0beeb",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_changed_fb415",
                    table="credit_creditline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ordercredit",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, ordered)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET ordered = party.ordered + excluded.ordered;\n                RETURN NULL;\n            ",
                    hash="f7892fa54c935f2680c63e8f869028d98e35cd3b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_exposure_insert_c5c91",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="credit_ordercredit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ordercredit",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, ordered)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows\n                 UNION ALL SELECT account_id, -exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET ordered = party.ordered + excluded.ordered;\n                RETURN NULL;\n            ",
                    hash="4aa05ad9a223e83bc0b33c177599fff529975de3",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_exposure_update_f7d8f",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="credit_ordercredit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ordercredit",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, ordered)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, -exposed AS exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET ordered = party.ordered + excluded.ordered;\n                RETURN NULL;\n            ",
                    hash="644cf89d3802e64c642cbc87153907d65f08e6a0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_exposure_delete_7436f",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="credit_ordercredit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentpromise",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_as_given",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."made_on" IS DISTINCT FROM (NEW."made_on") OR OLD."pay_by" IS DISTINCT FROM (NEW."pay_by") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."recorded_by_id" IS DISTINCT FROM (NEW."recorded_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1cff819f0587872c1cab49843c23f7c966b407e5",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_as_given_2c689",
                    table="credit_paymentpromise",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentpromise",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="574a635d757e4a01db9d96b2820756bbaf352634",
                    operation="DELETE",
                    pgid="pgtrigger_kept_27e81",
                    table="credit_paymentpromise",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="policy",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.\"status\" = 'approved')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="f52419949c648e7e721c89974890fd9cd8b1562a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_approved_is_immutable_a991c",
                    table="credit_policy",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rating",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."as_of" IS DISTINCT FROM (NEW."as_of") OR OLD."caps" IS DISTINCT FROM (NEW."caps") OR OLD."cause" IS DISTINCT FROM (NEW."cause") OR OLD."comment" IS DISTINCT FROM (NEW."comment") OR OLD."grade" IS DISTINCT FROM (NEW."grade") OR OLD."grade_by_points" IS DISTINCT FROM (NEW."grade_by_points") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."lines" IS DISTINCT FROM (NEW."lines") OR OLD."points" IS DISTINCT FROM (NEW."points") OR OLD."policy_version" IS DISTINCT FROM (NEW."policy_version") OR OLD."rated_at" IS DISTINCT FROM (NEW."rated_at") OR OLD."rated_by_id" IS DISTINCT FROM (NEW."rated_by_id") OR OLD."refusal" IS DISTINCT FROM (NEW."refusal") OR OLD."suggestion" IS DISTINCT FROM (NEW."suggestion"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f6104ff93da3bcf4a613ec594f5c0b01ed49e5b2",
                    operation="UPDATE",
                    pgid="pgtrigger_append_only_404a4",
                    table="credit_rating",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rating",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5a1289607bce76096248b8ba81daef884fe9928d",
                    operation="DELETE",
                    pgid="pgtrigger_kept_537c2",
                    table="credit_rating",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receivablesceiling",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_is_signed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                IF NEW.status = 'approved' AND NOT EXISTS (\n                    SELECT FROM approvals_request AS request\n                    JOIN django_content_type AS subject ON subject.id = request.content_type_id\n                        AND subject.app_label = 'credit' AND subject.model = 'receivablesceiling'\n                    WHERE request.object_id = NEW.id AND request.status = 'approved'\n                ) THEN\n                    RAISE check_violation\n                    USING MESSAGE = 'this counts only with an approved request';\n                END IF;\n                RETURN NEW;\n            ",
                    hash="24be7691e1a3d4c6376c3c8ba3ebe534cd52dbdf",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_approved_is_signed_5a710",
                    table="credit_receivablesceiling",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="receivablesceiling",
            trigger=pgtrigger.compiler.Trigger(
                name="decided_is_immutable",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NOT (OLD.\"status\" = 'proposed'))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="499ef5da7f767cec22ba917cab58889a36e8bde3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_decided_is_immutable_da64f",
                    table="credit_receivablesceiling",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reservation",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, reserved)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET reserved = party.reserved + excluded.reserved;\n                RETURN NULL;\n            ",
                    hash="8186c619bf14c6990871a7a475576a5db60bcad3",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_exposure_insert_ad0e6",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="credit_reservation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reservation",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, reserved)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, exposed FROM new_rows\n                 UNION ALL SELECT account_id, -exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET reserved = party.reserved + excluded.reserved;\n                RETURN NULL;\n            ",
                    hash="2d19b4194c81ba3793a3daf7a066b1d19d5bf159",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_exposure_update_7c5f7",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="credit_reservation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reservation",
            trigger=pgtrigger.compiler.Trigger(
                name="exposure_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                INSERT INTO credit_creditparty AS party (account_id, reserved)\n                SELECT account_id, sum(exposed) FROM (SELECT account_id, -exposed AS exposed FROM old_rows) AS change\n                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id\n                ON CONFLICT (account_id) DO UPDATE\n                SET reserved = party.reserved + excluded.reserved;\n                RETURN NULL;\n            ",
                    hash="3c8014d91dee7f82f1d90136add1e0d6dec3199b",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_exposure_delete_46cb0",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="credit_reservation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="writeoff",
            trigger=pgtrigger.compiler.Trigger(
                name="needs_signature",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF NEW.status NOT IN ('approved', 'reversed')\n        OR (TG_OP = 'UPDATE' AND OLD.status = NEW.status) THEN\n        RETURN NEW;\n    END IF;\n    IF NEW.status = 'reversed' AND (TG_OP = 'INSERT' OR OLD.status <> 'approved') THEN\n        RAISE check_violation USING MESSAGE = 'only an approved write-off is reversed';\n    END IF;\n    IF NOT EXISTS (\n        SELECT FROM approvals_request AS request\n        JOIN django_content_type AS subject ON subject.id = request.content_type_id\n            AND subject.app_label = 'credit' AND subject.model = 'writeoff'\n        JOIN approvals_signature AS signature ON signature.request_id = request.id\n            AND signature.round = request.round AND signature.decision = 'approve'\n            AND signature.signer_id <> request.requested_by_id\n        WHERE request.object_id = NEW.id AND request.status = 'approved'\n            AND request.kind = CASE NEW.status WHEN 'approved' THEN 'credit.write_off'\n                ELSE 'credit.write_off_reversal' END\n    ) THEN\n        RAISE check_violation\n        USING MESSAGE = 'a write-off needs an approved request signed by another person';\n    END IF;\n    RETURN NEW;\n",
                    hash="db8adac19c0f96ff34e98c307c2aad01c508de89",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_needs_signature_d1bdd",
                    table="credit_writeoff",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="writeoff",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_as_proposed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="71daac23fb09537ca3967eb5e674addec7942e87",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_as_proposed_54848",
                    table="credit_writeoff",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="writeoff",
            trigger=pgtrigger.compiler.Trigger(
                name="decided_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.status IN ('rejected', 'reversed') OR (OLD.status = 'approved' AND NEW.status NOT IN ('approved', 'reversed')))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8a3ced4547488e833d8a764d9ff8d66fd22411e2",
                    operation="UPDATE",
                    pgid="pgtrigger_decided_stays_a1e4d",
                    table="credit_writeoff",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="writeoff",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="126a5a792ce3d5c95651ece6d828e7106d826855",
                    operation="DELETE",
                    pgid="pgtrigger_kept_a6cf5",
                    table="credit_writeoff",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="allocation",
            trigger=pgtrigger.compiler.Trigger(
                name="written_off_as_signed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.write_off_id IS NOT NULL)",
                    declare="DECLARE signed credit_writeoff; used numeric;",
                    func="\n        SELECT * INTO signed FROM credit_writeoff WHERE id = NEW.write_off_id;\n        SELECT coalesce(sum(amount), 0) INTO used FROM credit_allocation\n        WHERE write_off_id = NEW.write_off_id AND id <> NEW.id;\n        IF signed.status <> 'approved' OR signed.invoice_id <> NEW.invoice_id\n            OR used + NEW.amount > signed.amount THEN\n            RAISE check_violation\n            USING MESSAGE = 'only what an approved write-off says is written off';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="f6704963da8bbda51f45f2b4da51d3bd4173dcc0",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_written_off_as_signed_b3930",
                    table="credit_allocation",
                    when="BEFORE",
                ),
            ),
        ),
    ]
