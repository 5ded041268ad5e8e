import datetime

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_initial"),
        ("accounts", "0003_guards"),
        ("accounts", "0004_grams_beside_the_row"),
        ("accounts", "0005_what_a_merge_settles"),
        ("accounts", "0006_imports_by_a_worker"),
        ("accounts", "0007_lists_by_name"),
        ("accounts", "0008_buying_centre_and_secrets"),
        ("accounts", "0009_needs_and_handover"),
        ("accounts", "0010_the_past_is_told"),
        ("accounts", "0011_undispatched_events"),
        ("accounts", "0012_cover_signs_too"),
        ("accounts", "0013_prospects"),
    ]

    initial = True

    dependencies = [
        ("approvals", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("staff", "0001_tables"),
        ("staff", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Industry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
            ],
            options={
                "verbose_name": "industry",
                "verbose_name_plural": "industries",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account_number",
                    models.CharField(
                        help_text="The customer number in the ERP: the key of imports and of the API.",
                        max_length=40,
                        unique=True,
                        verbose_name="account number",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "short_name",
                    models.CharField(blank=True, max_length=60, verbose_name="short name"),
                ),
                (
                    "english_name",
                    models.CharField(blank=True, max_length=200, verbose_name="English name"),
                ),
                (
                    "credit_code",
                    models.CharField(
                        blank=True,
                        help_text="18 characters 统一社会信用代码; a wrong check digit is a warning, not an error.",
                        max_length=18,
                        verbose_name="unified social credit code",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address")),
                ("phone", models.CharField(blank=True, max_length=60, verbose_name="phone")),
                ("website", models.CharField(blank=True, max_length=200, verbose_name="website")),
                ("owners", models.CharField(blank=True, max_length=200, verbose_name="owners")),
                (
                    "legal_representative",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="legal representative"
                    ),
                ),
                (
                    "size_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fortune_500", "Fortune Global 500"),
                            ("large", "Large enterprise"),
                            ("sme", "Small or medium enterprise"),
                        ],
                        max_length=12,
                        verbose_name="size class",
                    ),
                ),
                (
                    "business_kind",
                    models.CharField(blank=True, max_length=200, verbose_name="kind of business"),
                ),
                (
                    "motive",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consumer", "Consumer"),
                            ("manufacturer", "Manufacturer"),
                            ("trader", "Trader"),
                            ("agent", "Agent (government, group purchasing)"),
                        ],
                        max_length=12,
                        verbose_name="purchase motive",
                    ),
                ),
                (
                    "dealing_since",
                    models.DateField(blank=True, null=True, verbose_name="dealing since"),
                ),
                ("market_area", models.TextField(blank=True, verbose_name="market area")),
                ("sales_capacity", models.TextField(blank=True, verbose_name="sales capacity")),
                (
                    "development_potential",
                    models.TextField(blank=True, verbose_name="development potential"),
                ),
                (
                    "business_philosophy",
                    models.TextField(blank=True, verbose_name="business philosophy"),
                ),
                (
                    "business_direction",
                    models.TextField(blank=True, verbose_name="business direction"),
                ),
                ("business_policy", models.TextField(blank=True, verbose_name="business policy")),
                ("sales_record", models.TextField(blank=True, verbose_name="sales record")),
                ("market_share", models.TextField(blank=True, verbose_name="market share")),
                (
                    "market_position",
                    models.TextField(
                        blank=True, verbose_name="market position and competitiveness"
                    ),
                ),
                (
                    "competitor_relations",
                    models.TextField(blank=True, verbose_name="relations to competitors"),
                ),
                ("our_relations", models.TextField(blank=True, verbose_name="relations to us")),
                ("sales_activity", models.TextField(blank=True, verbose_name="sales activity")),
                (
                    "existing_problems",
                    models.TextField(blank=True, verbose_name="existing problems"),
                ),
                ("strategy", models.TextField(blank=True, verbose_name="strategy")),
                ("outlook", models.TextField(blank=True, verbose_name="outlook")),
                (
                    "image_reputation",
                    models.TextField(blank=True, verbose_name="image and reputation"),
                ),
                ("finances", models.TextField(blank=True, verbose_name="finances")),
                ("credit_standing", models.TextField(blank=True, verbose_name="credit standing")),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("strategic", "Strategic"),
                            ("key", "Key"),
                            ("ordinary", "Ordinary"),
                        ],
                        default="ordinary",
                        editable=False,
                        max_length=10,
                        verbose_name="tier",
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("customer", "Customer"),
                            ("rejected", "Not pursued"),
                        ],
                        db_default="customer",
                        default="customer",
                        editable=False,
                        max_length=8,
                        verbose_name="stage",
                    ),
                ),
                (
                    "reviewed_on",
                    models.DateField(blank=True, null=True, verbose_name="last reviewed"),
                ),
                (
                    "review_due_on",
                    models.DateField(blank=True, null=True, verbose_name="review due"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("name_sort", models.CharField(editable=False, max_length=400)),
                ("name_initials", models.CharField(editable=False, max_length=200)),
                ("name_key", models.CharField(editable=False, max_length=200)),
                ("phone_key", models.CharField(editable=False, max_length=60)),
                ("search_text", models.TextField(default="", editable=False)),
                (
                    "search_grams",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, editable=False
                    ),
                ),
                ("scatter", models.BigIntegerField(default=0, editable=False)),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="managed_accounts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account manager",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged_accounts",
                        to="accounts.account",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subsidiaries",
                        to="accounts.account",
                        verbose_name="parent company",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="staff.region",
                        verbose_name="region",
                    ),
                ),
                (
                    "industry",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="accounts.industry",
                        verbose_name="industry",
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "ordering": ["name_sort", "pk"],
                "permissions": [
                    ("view_all_accounts", "Can see the accounts of every manager"),
                    ("assign_account_manager", "Can give an account to another manager"),
                    ("import_account", "Can import accounts from files"),
                    ("export_account", "Can export accounts to files"),
                    ("merge_account", "Can merge duplicate accounts and undo it"),
                ],
                "indexes": [
                    models.Index(
                        fields=["name_sort", "id"],
                        include=(
                            "merged_into",
                            "tier",
                            "manager",
                            "region",
                            "industry",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_by_name",
                    ),
                    models.Index(
                        fields=["tier", "name_sort", "id"],
                        include=(
                            "merged_into",
                            "manager",
                            "region",
                            "industry",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_tier_by_name",
                    ),
                    models.Index(
                        fields=["manager", "name_sort", "id"],
                        include=(
                            "merged_into",
                            "tier",
                            "region",
                            "industry",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_manager_by_name",
                    ),
                    models.Index(
                        fields=["region", "name_sort", "id"],
                        include=(
                            "merged_into",
                            "tier",
                            "manager",
                            "industry",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_region_by_name",
                    ),
                    models.Index(
                        fields=["industry", "name_sort", "id"],
                        include=(
                            "merged_into",
                            "tier",
                            "manager",
                            "region",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_industry_by_name",
                    ),
                    models.Index(
                        models.Case(
                            models.When(then=0, tier="strategic"),
                            models.When(then=1, tier="key"),
                            default=2,
                            output_field=models.IntegerField(),
                        ),
                        models.F("name_sort"),
                        models.F("id"),
                        name="accounts_acc_tier_rank",
                    ),
                    models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            models.F("review_due_on"),
                            datetime.date(9999, 12, 31),
                            output_field=models.DateField(),
                        ),
                        models.F("id"),
                        name="accounts_acc_review_due",
                    ),
                    models.Index(fields=["updated_at", "id"], name="accounts_acc_updated"),
                    models.Index(
                        fields=["scatter", "id"],
                        include=(
                            "search_text",
                            "merged_into",
                            "tier",
                            "manager",
                            "region",
                            "industry",
                            "size_class",
                            "motive",
                            "parent",
                            "review_due_on",
                        ),
                        name="accounts_acc_sample",
                    ),
                    models.Index(
                        condition=models.Q(("stage", "customer"), _negated=True),
                        fields=["stage", "name_sort", "id"],
                        name="accounts_acc_prospects",
                    ),
                    models.Index(fields=["name_key"], name="accounts_acc_name_key"),
                    models.Index(
                        condition=models.Q(("credit_code", ""), _negated=True),
                        fields=["credit_code"],
                        name="accounts_acc_credit_code",
                    ),
                    models.Index(
                        condition=models.Q(("phone_key", ""), _negated=True),
                        fields=["phone_key"],
                        name="accounts_acc_phone_key",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["search_grams"], name="accounts_acc_grams"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["strategic", "key", "ordinary"])),
                        name="accounts_account_tier_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["prospect", "customer", "rejected"])),
                        name="accounts_account_stage_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("parent", None),
                            models.Q(("parent", models.F("pk")), _negated=True),
                            _connector="OR",
                        ),
                        name="accounts_account_not_own_parent",
                        violation_error_message="A company cannot be its own parent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account_number__regex", "^[^\\s/\\\\?#%]{1,40}$")),
                        name="accounts_account_number_form",
                        violation_error_message="Use 1 to 40 characters without spaces or slashes.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "account_number",
                    models.CharField(
                        help_text="The customer number in the ERP: the key of imports and of the API.",
                        max_length=40,
                        verbose_name="account number",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "short_name",
                    models.CharField(blank=True, max_length=60, verbose_name="short name"),
                ),
                (
                    "english_name",
                    models.CharField(blank=True, max_length=200, verbose_name="English name"),
                ),
                (
                    "credit_code",
                    models.CharField(
                        blank=True,
                        help_text="18 characters 统一社会信用代码; a wrong check digit is a warning, not an error.",
                        max_length=18,
                        verbose_name="unified social credit code",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address")),
                ("phone", models.CharField(blank=True, max_length=60, verbose_name="phone")),
                ("website", models.CharField(blank=True, max_length=200, verbose_name="website")),
                ("owners", models.CharField(blank=True, max_length=200, verbose_name="owners")),
                (
                    "legal_representative",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="legal representative"
                    ),
                ),
                (
                    "size_class",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fortune_500", "Fortune Global 500"),
                            ("large", "Large enterprise"),
                            ("sme", "Small or medium enterprise"),
                        ],
                        max_length=12,
                        verbose_name="size class",
                    ),
                ),
                (
                    "business_kind",
                    models.CharField(blank=True, max_length=200, verbose_name="kind of business"),
                ),
                (
                    "motive",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consumer", "Consumer"),
                            ("manufacturer", "Manufacturer"),
                            ("trader", "Trader"),
                            ("agent", "Agent (government, group purchasing)"),
                        ],
                        max_length=12,
                        verbose_name="purchase motive",
                    ),
                ),
                (
                    "dealing_since",
                    models.DateField(blank=True, null=True, verbose_name="dealing since"),
                ),
                ("market_area", models.TextField(blank=True, verbose_name="market area")),
                ("sales_capacity", models.TextField(blank=True, verbose_name="sales capacity")),
                (
                    "development_potential",
                    models.TextField(blank=True, verbose_name="development potential"),
                ),
                (
                    "business_philosophy",
                    models.TextField(blank=True, verbose_name="business philosophy"),
                ),
                (
                    "business_direction",
                    models.TextField(blank=True, verbose_name="business direction"),
                ),
                ("business_policy", models.TextField(blank=True, verbose_name="business policy")),
                ("sales_record", models.TextField(blank=True, verbose_name="sales record")),
                ("market_share", models.TextField(blank=True, verbose_name="market share")),
                (
                    "market_position",
                    models.TextField(
                        blank=True, verbose_name="market position and competitiveness"
                    ),
                ),
                (
                    "competitor_relations",
                    models.TextField(blank=True, verbose_name="relations to competitors"),
                ),
                ("our_relations", models.TextField(blank=True, verbose_name="relations to us")),
                ("sales_activity", models.TextField(blank=True, verbose_name="sales activity")),
                (
                    "existing_problems",
                    models.TextField(blank=True, verbose_name="existing problems"),
                ),
                ("strategy", models.TextField(blank=True, verbose_name="strategy")),
                ("outlook", models.TextField(blank=True, verbose_name="outlook")),
                (
                    "image_reputation",
                    models.TextField(blank=True, verbose_name="image and reputation"),
                ),
                ("finances", models.TextField(blank=True, verbose_name="finances")),
                ("credit_standing", models.TextField(blank=True, verbose_name="credit standing")),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("strategic", "Strategic"),
                            ("key", "Key"),
                            ("ordinary", "Ordinary"),
                        ],
                        default="ordinary",
                        editable=False,
                        max_length=10,
                        verbose_name="tier",
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("customer", "Customer"),
                            ("rejected", "Not pursued"),
                        ],
                        db_default="customer",
                        default="customer",
                        editable=False,
                        max_length=8,
                        verbose_name="stage",
                    ),
                ),
                (
                    "reviewed_on",
                    models.DateField(blank=True, null=True, verbose_name="last reviewed"),
                ),
                (
                    "review_due_on",
                    models.DateField(blank=True, null=True, verbose_name="review due"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account manager",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.account",
                        verbose_name="parent company",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="accounts.account",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="staff.region",
                        verbose_name="region",
                    ),
                ),
                (
                    "industry",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.industry",
                        verbose_name="industry",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AccountMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("merged_at", models.DateTimeField(auto_now_add=True, verbose_name="merged at")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("moved", models.JSONField(default=dict)),
                ("left", models.JSONField(default=dict)),
                ("filled", models.JSONField(default=dict)),
                ("demoted", models.JSONField(default=list)),
                ("dismissals", models.JSONField(default=list)),
                ("undone_at", models.DateTimeField(null=True, verbose_name="undone at")),
                (
                    "absorbed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_absorbed",
                        to="accounts.account",
                    ),
                ),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_kept",
                        to="accounts.account",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "merge",
                "verbose_name_plural": "merges",
                "ordering": ["-merged_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("survivor", models.F("absorbed")), _negated=True),
                        name="accounts_merge_two_accounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by", None)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_merge_undone_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
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
                        max_length=300, upload_to="attachments/%Y/%m/", verbose_name="file"
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
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="accounts.account",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["-uploaded_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("position", models.CharField(blank=True, max_length=60, verbose_name="position")),
                (
                    "department",
                    models.CharField(blank=True, max_length=60, verbose_name="department"),
                ),
                (
                    "buying_role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("user", "User"),
                            ("influencer", "Influencer"),
                            ("decision_maker", "Decision maker"),
                            ("approver", "Approver"),
                            ("buyer", "Buyer"),
                            ("gatekeeper", "Gatekeeper"),
                        ],
                        max_length=15,
                        verbose_name="buying role",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=60, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=60, verbose_name="mobile")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("wechat", models.CharField(blank=True, max_length=60, verbose_name="WeChat")),
                ("birthday", models.DateField(blank=True, null=True, verbose_name="birthday")),
                (
                    "interests",
                    models.CharField(blank=True, max_length=200, verbose_name="interests"),
                ),
                (
                    "education",
                    models.CharField(blank=True, max_length=200, verbose_name="education"),
                ),
                ("experience", models.TextField(blank=True, verbose_name="experience")),
                ("notes", models.TextField(blank=True, verbose_name="notes")),
                (
                    "attitude",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("champion", "Champion"),
                            ("supporter", "Supporter"),
                            ("neutral", "Neutral"),
                            ("sceptic", "Sceptic"),
                            ("opponent", "Opponent"),
                        ],
                        max_length=10,
                        verbose_name="attitude",
                    ),
                ),
                (
                    "influence",
                    models.CharField(
                        blank=True,
                        choices=[("high", "High"), ("medium", "Medium"), ("low", "Low")],
                        max_length=6,
                        verbose_name="influence",
                    ),
                ),
                (
                    "last_touch_on",
                    models.DateField(blank=True, null=True, verbose_name="last touch"),
                ),
                ("is_primary", models.BooleanField(default=False, verbose_name="main contact")),
                (
                    "has_left",
                    models.BooleanField(default=False, verbose_name="has left the company"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="accounts.account",
                    ),
                ),
                (
                    "counterpart",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counterparts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="our contact person",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ["has_left", "-is_primary", "name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ContactHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("position", models.CharField(blank=True, max_length=60, verbose_name="position")),
                (
                    "department",
                    models.CharField(blank=True, max_length=60, verbose_name="department"),
                ),
                (
                    "buying_role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("user", "User"),
                            ("influencer", "Influencer"),
                            ("decision_maker", "Decision maker"),
                            ("approver", "Approver"),
                            ("buyer", "Buyer"),
                            ("gatekeeper", "Gatekeeper"),
                        ],
                        max_length=15,
                        verbose_name="buying role",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=60, verbose_name="phone")),
                ("mobile", models.CharField(blank=True, max_length=60, verbose_name="mobile")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("wechat", models.CharField(blank=True, max_length=60, verbose_name="WeChat")),
                ("birthday", models.DateField(blank=True, null=True, verbose_name="birthday")),
                (
                    "interests",
                    models.CharField(blank=True, max_length=200, verbose_name="interests"),
                ),
                (
                    "education",
                    models.CharField(blank=True, max_length=200, verbose_name="education"),
                ),
                ("experience", models.TextField(blank=True, verbose_name="experience")),
                ("notes", models.TextField(blank=True, verbose_name="notes")),
                (
                    "attitude",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("champion", "Champion"),
                            ("supporter", "Supporter"),
                            ("neutral", "Neutral"),
                            ("sceptic", "Sceptic"),
                            ("opponent", "Opponent"),
                        ],
                        max_length=10,
                        verbose_name="attitude",
                    ),
                ),
                (
                    "influence",
                    models.CharField(
                        blank=True,
                        choices=[("high", "High"), ("medium", "Medium"), ("low", "Low")],
                        max_length=6,
                        verbose_name="influence",
                    ),
                ),
                (
                    "last_touch_on",
                    models.DateField(blank=True, null=True, verbose_name="last touch"),
                ),
                ("is_primary", models.BooleanField(default=False, verbose_name="main contact")),
                (
                    "has_left",
                    models.BooleanField(default=False, verbose_name="has left the company"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "counterpart",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="our contact person",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="accounts.contact",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ContactOpening",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contact_name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="opened at"
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_openings",
                        to="accounts.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="openings",
                        to="accounts.contact",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening of contact details",
                "verbose_name_plural": "openings of contact details",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="accounts_opening_at"),
                    models.Index(fields=["contact", "user", "-at"], name="accounts_opening_holds"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Cover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateField(verbose_name="from")),
                ("until", models.DateField(verbose_name="back on")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "signs_too",
                    models.BooleanField(
                        default=False, verbose_name="also signs approvals as a deputy"
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="proposed at"
                    ),
                ),
                ("person_signed_at", models.DateTimeField(blank=True, null=True)),
                ("cover_signed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="covers",
                    ),
                ),
                (
                    "deputy",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.deputy",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="away",
                    ),
                ),
                (
                    "person_signed_by",
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
                "verbose_name": "leave cover",
                "verbose_name_plural": "leave covers",
                "ordering": ["-since", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["cover", "until"],
                        include=("person", "since", "person_signed_at", "cover_signed_at"),
                        name="accounts_cover_now",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("person", models.F("cover")), _negated=True),
                        name="accounts_cover_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))),
                        name="accounts_cover_span",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateDismissal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dismissed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dismissed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))),
                        name="accounts_dismissal_ordered",
                    ),
                    models.UniqueConstraint(
                        fields=("first", "second"), name="accounts_dismissal_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("data", models.JSONField(default=dict)),
                ("dispatched_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
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
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["account", "-at", "-id"], name="accounts_event_timeline"),
                    models.Index(
                        condition=models.Q(("dispatched_at", None)),
                        fields=["id"],
                        name="accounts_event_undispatched",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("month", models.DateField()),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("rows", models.PositiveIntegerField(verbose_name="rows")),
                (
                    "in_clear",
                    models.BooleanField(
                        default=False, verbose_name="with contact details of others"
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken by",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["user", "kind", "month"], name="accounts_export_quota")
                ],
            },
        ),
        migrations.CreateModel(
            name="ExportAllowance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="asked at"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("rows", models.PositiveIntegerField(verbose_name="additional rows")),
                (
                    "in_clear",
                    models.BooleanField(
                        default=False,
                        verbose_name="with contact details of customers that I do not serve",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
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
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
            ],
            options={
                "verbose_name": "export allowance",
                "verbose_name_plural": "export allowances",
                "ordering": ["-asked_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rows__gt", 0), ("in_clear", True), _connector="OR"),
                        name="accounts_allowance_of_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverCase",
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
                            ("leaving", "Leaves the company"),
                            ("moving", "Takes another post"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("last_day", models.DateField(verbose_name="last day")),
                ("note", models.TextField(blank=True, verbose_name="remark")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="opened at"
                    ),
                ),
                (
                    "access_ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="access ended at"),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="closed at"),
                ),
                (
                    "access_ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="hands over",
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
                "verbose_name": "handover",
                "verbose_name_plural": "handovers",
                "ordering": ["-opened_at", "-pk"],
                "permissions": [
                    ("manage_handover", "Can open handovers and sign for who has left"),
                    ("hand_over_managers", "Can do so for those who manage handovers"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("giver",),
                        name="accounts_handover_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("giver", models.F("opened_by")), _negated=True),
                        name="accounts_handover_opened_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("status", "open")),
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            _connector="OR",
                        ),
                        name="accounts_handover_closed_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverTransfer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("items", models.JSONField(default=dict)),
                ("count", models.PositiveIntegerField(verbose_name="items")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="proposed at"
                    ),
                ),
                (
                    "giver_signed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="giver signed at"),
                ),
                (
                    "taker_signed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="taker signed at"),
                ),
                ("moved_at", models.DateTimeField(blank=True, null=True, verbose_name="moved at")),
                ("settled", models.PositiveIntegerField(default=0)),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at"),
                ),
                ("withdrawal", models.TextField(blank=True, verbose_name="why it was withdrawn")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="accounts.handovercase",
                    ),
                ),
                (
                    "giver_signed_by",
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
                    "taker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="takes over",
                    ),
                ),
                (
                    "withdrawn_by",
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
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "ordering": ["case", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("giver_signed_at", None), ("giver_signed_by", None)),
                            models.Q(
                                ("giver_signed_at__isnull", False),
                                ("giver_signed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_transfer_giver_signed_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("giver_signed_by", None),
                            models.Q(("giver_signed_by", models.F("taker")), _negated=True),
                            _connector="OR",
                        ),
                        name="accounts_transfer_two_sides",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("moved_at", None),
                            models.Q(
                                ("giver_signed_at__isnull", False),
                                ("taker_signed_at__isnull", False),
                                ("withdrawn_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_transfer_moved_when_signed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("preview", "Preview"),
                            ("queued", "Being imported"),
                            ("applied", "Applied"),
                            ("discarded", "Discarded"),
                        ],
                        default="preview",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "uploaded_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="uploaded at"),
                ),
                ("applied_at", models.DateTimeField(null=True, verbose_name="applied at")),
                ("encoding", models.CharField(blank=True, max_length=20)),
                ("header", models.JSONField(default=list)),
                ("clear_empty", models.BooleanField(default=False)),
                ("rows", models.JSONField(default=list)),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("new_names", models.JSONField(default=dict)),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
                ("language", models.CharField(blank=True, max_length=10)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-uploaded_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "queued"), _negated=True),
                            ("confirmed_by__isnull", False),
                            _connector="OR",
                        ),
                        name="accounts_import_queued_by_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="what the customer wants")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product or feature"),
                            ("quality", "Quality"),
                            ("price", "Price or terms"),
                            ("delivery", "Delivery"),
                            ("service", "Service"),
                            ("other", "Other"),
                        ],
                        default="product",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("visit", "Visit"),
                            ("survey", "Survey"),
                            ("complaint", "Complaint"),
                            ("call", "Call"),
                            ("order", "Order"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                ("source_url", models.CharField(blank=True, max_length=200)),
                (
                    "product",
                    models.CharField(
                        blank=True,
                        help_text="Its code, or what such a product would be called.",
                        max_length=60,
                        verbose_name="product",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("collected", "Collected"),
                            ("analysed", "Analysed"),
                            ("answered", "Answered"),
                            ("confirmed", "Confirmed by the customer"),
                            ("declined", "Declined"),
                        ],
                        default="collected",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "collected_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="collected at"
                    ),
                ),
                ("answer_due_on", models.DateField(verbose_name="answer due")),
                (
                    "feasibility",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (3, "We have it already"),
                            (2, "With an adaptation"),
                            (1, "Only with a new development"),
                            (0, "Not feasible"),
                        ],
                        null=True,
                        verbose_name="feasibility",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[(3, "High"), (2, "Normal"), (1, "Low")],
                        null=True,
                        verbose_name="priority",
                    ),
                ),
                ("analysis", models.TextField(blank=True, verbose_name="analysis")),
                (
                    "analysed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="analysed at"),
                ),
                ("answer", models.TextField(blank=True, verbose_name="answer")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                ("outcome", models.TextField(blank=True, verbose_name="what the customer says")),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="closed at"),
                ),
                ("rejections", models.PositiveSmallIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="needs",
                        to="accounts.account",
                    ),
                ),
                (
                    "analysed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "collected_by",
                    models.ForeignKey(
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needs",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who answers",
                    ),
                ),
            ],
            options={
                "verbose_name": "need",
                "verbose_name_plural": "needs",
                "ordering": ["-collected_at", "-pk"],
                "indexes": [
                    models.Index(fields=["-collected_at", "-id"], name="accounts_need_newest"),
                    models.Index(
                        condition=models.Q(("status__in", ["collected", "analysed"])),
                        fields=["owner", "answer_due_on"],
                        name="accounts_need_to_answer",
                    ),
                    models.Index(
                        django.db.models.functions.text.Upper("product"),
                        models.F("status"),
                        condition=models.Q(("product", ""), _negated=True),
                        name="accounts_need_product",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "collected"),
                            ("status", "declined"),
                            models.Q(("feasibility__isnull", False), ("priority__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_need_analysed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["answered", "confirmed"]), _negated=True),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="accounts_need_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["confirmed", "declined"]),
                                models.Q(("outcome", ""), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            models.Q(
                                models.Q(("status__in", ["confirmed", "declined"]), _negated=True),
                                ("closed_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_need_closed_with_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OptOut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email_key", models.CharField(max_length=254)),
                (
                    "via",
                    models.CharField(
                        choices=[("link", "By the link in a mailing"), ("told", "Told us")],
                        max_length=4,
                        verbose_name="told how",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
                ),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                (
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "opt-out",
                "verbose_name_plural": "opt-outs",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("email_key",),
                        name="accounts_optout_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Qualification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "need",
                    models.CharField(
                        blank=True,
                        choices=[("", "not known yet"), ("yes", "yes"), ("no", "no")],
                        max_length=3,
                        verbose_name="Need",
                    ),
                ),
                ("need_note", models.TextField(blank=True, verbose_name="what they need")),
                (
                    "money",
                    models.CharField(
                        blank=True,
                        choices=[("", "not known yet"), ("yes", "yes"), ("no", "no")],
                        max_length=3,
                        verbose_name="Money",
                    ),
                ),
                ("money_note", models.TextField(blank=True, verbose_name="how they can pay")),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        choices=[("", "not known yet"), ("yes", "yes"), ("no", "no")],
                        max_length=3,
                        verbose_name="Authority",
                    ),
                ),
                ("authority_note", models.TextField(blank=True, verbose_name="who decides")),
                (
                    "legal",
                    models.JSONField(default=dict, verbose_name="Legal and company restrictions"),
                ),
                (
                    "legal_note",
                    models.TextField(blank=True, verbose_name="what was looked up, and where"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "To be decided"),
                            ("accepted", "Became a customer"),
                            ("rejected", "Not pursued"),
                        ],
                        default="open",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("reasons", models.TextField(blank=True, verbose_name="reasons for the decision")),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="begun at"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="qualifications",
                        to="accounts.account",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
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
                "verbose_name": "qualification",
                "verbose_name_plural": "qualifications",
                "ordering": ["-opened_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("account",),
                        name="accounts_qualification_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None),
                                ("decided_by", None),
                                ("reasons", ""),
                                ("status", "open"),
                            ),
                            models.Q(
                                ("status__in", ["accepted", "rejected"]),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("reasons", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="accounts_qualification_decided_with_reasons",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "is_shared",
                    models.BooleanField(default=False, verbose_name="shared with everybody"),
                ),
                ("query", models.CharField(max_length=1000)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "segment",
                "verbose_name_plural": "segments",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "name"),
                        name="accounts_segment_name",
                        violation_error_message="You already have a view of this name.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("sales", "Sales"),
                            ("technical", "Technical support"),
                            ("service", "Customer service"),
                            ("logistics", "Logistics"),
                            ("finance", "Finance"),
                            ("sponsor", "Executive sponsor"),
                        ],
                        max_length=12,
                        verbose_name="role",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_team",
                        to="accounts.account",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
            ],
            options={
                "verbose_name": "service team member",
                "verbose_name_plural": "service team",
                "ordering": ["role", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("until", None)),
                        fields=["user"],
                        name="accounts_member_now",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("account", "user", "role"),
                        name="accounts_servicemember_once",
                        violation_error_message="This person already has this role here.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("until", None), ("until__gte", models.F("since")), _connector="OR"
                        ),
                        name="accounts_servicemember_span",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."attitude" IS DISTINCT FROM (NEW."attitude") OR OLD."birthday" IS DISTINCT FROM (NEW."birthday") OR OLD."buying_role" IS DISTINCT FROM (NEW."buying_role") OR OLD."counterpart_id" IS DISTINCT FROM (NEW."counterpart_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."department" IS DISTINCT FROM (NEW."department") OR OLD."education" IS DISTINCT FROM (NEW."education") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."experience" IS DISTINCT FROM (NEW."experience") OR OLD."has_left" IS DISTINCT FROM (NEW."has_left") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."influence" IS DISTINCT FROM (NEW."influence") OR OLD."interests" IS DISTINCT FROM (NEW."interests") OR OLD."is_primary" IS DISTINCT FROM (NEW."is_primary") OR OLD."last_touch_on" IS DISTINCT FROM (NEW."last_touch_on") OR OLD."mobile" IS DISTINCT FROM (NEW."mobile") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."notes" IS DISTINCT FROM (NEW."notes") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."wechat" IS DISTINCT FROM (NEW."wechat"))',
                    func='INSERT INTO "accounts_contacthistory" ("account_id", "attitude", "birthday", "buying_role", "counterpart_id", "created_at", "department", "education", "email", "experience", "has_left", "id", "influence", "interests", "is_primary", "last_touch_on", "mobile", "name", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "position", "wechat") VALUES (NEW."account_id", NEW."attitude", NEW."birthday", NEW."buying_role", NEW."counterpart_id", NEW."created_at", NEW."department", NEW."education", NEW."email", NEW."experience", NEW."has_left", NEW."id", NEW."influence", NEW."interests", NEW."is_primary", NEW."last_touch_on", NEW."mobile", NEW."name", NEW."notes", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."position", NEW."wechat"); RETURN NULL;',
                    hash="8f5ff8514c80f56e14899ee77c26082334754719",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_15daf",
                    table="accounts_contact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contact",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "accounts_contacthistory" ("account_id", "attitude", "birthday", "buying_role", "counterpart_id", "created_at", "department", "education", "email", "experience", "has_left", "id", "influence", "interests", "is_primary", "last_touch_on", "mobile", "name", "notes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "position", "wechat") VALUES (OLD."account_id", OLD."attitude", OLD."birthday", OLD."buying_role", OLD."counterpart_id", OLD."created_at", OLD."department", OLD."education", OLD."email", OLD."experience", OLD."has_left", OLD."id", OLD."influence", OLD."interests", OLD."is_primary", OLD."last_touch_on", OLD."mobile", OLD."name", OLD."notes", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."position", OLD."wechat"); RETURN NULL;',
                    hash="941cad119654053d3d55fd0351e8a262ce25d773",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_115a7",
                    table="accounts_contact",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactopening",
            trigger=pgtrigger.compiler.Trigger(
                name="openings_stay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9b5096d2ca9c772fa712aaa0abdb1f549fa3e2c8",
                    operation="DELETE",
                    pgid="pgtrigger_openings_stay_fac0e",
                    table="accounts_contactopening",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactopening",
            trigger=pgtrigger.compiler.Trigger(
                name="openings_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."contact_name" IS DISTINCT FROM (NEW."contact_name"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e4aade8249219d853c5e7d8388b1a3a57b335e06",
                    operation="UPDATE",
                    pgid="pgtrigger_openings_are_never_changed_56ec7",
                    table="accounts_contactopening",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."account_number" IS DISTINCT FROM (NEW."account_number") OR OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."business_direction" IS DISTINCT FROM (NEW."business_direction") OR OLD."business_kind" IS DISTINCT FROM (NEW."business_kind") OR OLD."business_philosophy" IS DISTINCT FROM (NEW."business_philosophy") OR OLD."business_policy" IS DISTINCT FROM (NEW."business_policy") OR OLD."competitor_relations" IS DISTINCT FROM (NEW."competitor_relations") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."credit_code" IS DISTINCT FROM (NEW."credit_code") OR OLD."credit_standing" IS DISTINCT FROM (NEW."credit_standing") OR OLD."dealing_since" IS DISTINCT FROM (NEW."dealing_since") OR OLD."development_potential" IS DISTINCT FROM (NEW."development_potential") OR OLD."english_name" IS DISTINCT FROM (NEW."english_name") OR OLD."existing_problems" IS DISTINCT FROM (NEW."existing_problems") OR OLD."finances" IS DISTINCT FROM (NEW."finances") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."image_reputation" IS DISTINCT FROM (NEW."image_reputation") OR OLD."industry_id" IS DISTINCT FROM (NEW."industry_id") OR OLD."legal_representative" IS DISTINCT FROM (NEW."legal_representative") OR OLD."manager_id" IS DISTINCT FROM (NEW."manager_id") OR OLD."market_area" IS DISTINCT FROM (NEW."market_area") OR OLD."market_position" IS DISTINCT FROM (NEW."market_position") OR OLD."market_share" IS DISTINCT FROM (NEW."market_share") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."motive" IS DISTINCT FROM (NEW."motive") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."our_relations" IS DISTINCT FROM (NEW."our_relations") OR OLD."outlook" IS DISTINCT FROM (NEW."outlook") OR OLD."owners" IS DISTINCT FROM (NEW."owners") OR OLD."parent_id" IS DISTINCT FROM (NEW."parent_id") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."region_id" IS DISTINCT FROM (NEW."region_id") OR OLD."review_due_on" IS DISTINCT FROM (NEW."review_due_on") OR OLD."reviewed_on" IS DISTINCT FROM (NEW."reviewed_on") OR OLD."sales_activity" IS DISTINCT FROM (NEW."sales_activity") OR OLD."sales_capacity" IS DISTINCT FROM (NEW."sales_capacity") OR OLD."sales_record" IS DISTINCT FROM (NEW."sales_record") OR OLD."short_name" IS DISTINCT FROM (NEW."short_name") OR OLD."size_class" IS DISTINCT FROM (NEW."size_class") OR OLD."stage" IS DISTINCT FROM (NEW."stage") OR OLD."strategy" IS DISTINCT FROM (NEW."strategy") OR OLD."tier" IS DISTINCT FROM (NEW."tier") OR OLD."website" IS DISTINCT FROM (NEW."website"))',
                    func='INSERT INTO "accounts_accounthistory" ("account_number", "address", "business_direction", "business_kind", "business_philosophy", "business_policy", "competitor_relations", "created_at", "credit_code", "credit_standing", "dealing_since", "development_potential", "english_name", "existing_problems", "finances", "id", "image_reputation", "industry_id", "legal_representative", "manager_id", "market_area", "market_position", "market_share", "merged_into_id", "motive", "name", "our_relations", "outlook", "owners", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "region_id", "review_due_on", "reviewed_on", "sales_activity", "sales_capacity", "sales_record", "short_name", "size_class", "stage", "strategy", "tier", "website") VALUES (NEW."account_number", NEW."address", NEW."business_direction", NEW."business_kind", NEW."business_philosophy", NEW."business_policy", NEW."competitor_relations", NEW."created_at", NEW."credit_code", NEW."credit_standing", NEW."dealing_since", NEW."development_potential", NEW."english_name", NEW."existing_problems", NEW."finances", NEW."id", NEW."image_reputation", NEW."industry_id", NEW."legal_representative", NEW."manager_id", NEW."market_area", NEW."market_position", NEW."market_share", NEW."merged_into_id", NEW."motive", NEW."name", NEW."our_relations", NEW."outlook", NEW."owners", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."region_id", NEW."review_due_on", NEW."reviewed_on", NEW."sales_activity", NEW."sales_capacity", NEW."sales_record", NEW."short_name", NEW."size_class", NEW."stage", NEW."strategy", NEW."tier", NEW."website"); RETURN NULL;',
                    hash="cca4bb207dd933d47eea2b878488fd96eacd8783",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_834ae",
                    table="accounts_account",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "accounts_accounthistory" ("account_number", "address", "business_direction", "business_kind", "business_philosophy", "business_policy", "competitor_relations", "created_at", "credit_code", "credit_standing", "dealing_since", "development_potential", "english_name", "existing_problems", "finances", "id", "image_reputation", "industry_id", "legal_representative", "manager_id", "market_area", "market_position", "market_share", "merged_into_id", "motive", "name", "our_relations", "outlook", "owners", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "region_id", "review_due_on", "reviewed_on", "sales_activity", "sales_capacity", "sales_record", "short_name", "size_class", "stage", "strategy", "tier", "website") VALUES (OLD."account_number", OLD."address", OLD."business_direction", OLD."business_kind", OLD."business_philosophy", OLD."business_policy", OLD."competitor_relations", OLD."created_at", OLD."credit_code", OLD."credit_standing", OLD."dealing_since", OLD."development_potential", OLD."english_name", OLD."existing_problems", OLD."finances", OLD."id", OLD."image_reputation", OLD."industry_id", OLD."legal_representative", OLD."manager_id", OLD."market_area", OLD."market_position", OLD."market_share", OLD."merged_into_id", OLD."motive", OLD."name", OLD."our_relations", OLD."outlook", OLD."owners", OLD."parent_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."region_id", OLD."review_due_on", OLD."reviewed_on", OLD."sales_activity", OLD."sales_capacity", OLD."sales_record", OLD."short_name", OLD."size_class", OLD."stage", OLD."strategy", OLD."tier", OLD."website"); RETURN NULL;',
                    hash="80f7b76855d9ff0ed547e5c3a0974967f808c640",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f7f6a",
                    table="accounts_account",
                    when="AFTER",
                ),
            ),
        ),
    ]
