import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("sales", "0001_initial"),
        ("sales", "0002_autovacuum"),
        ("sales", "0003_credit_status"),
        ("sales", "0004_export_permission"),
        ("sales", "0005_late_orders"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("rate", models.DecimalField(decimal_places=8, max_digits=18, verbose_name="rate")),
            ],
            options={
                "verbose_name": "exchange rate",
                "verbose_name_plural": "exchange rates",
                "ordering": ["currency", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("currency", "valid_from"), name="sales_rate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0)), name="sales_rate_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "order_number",
                    models.CharField(max_length=60, unique=True, verbose_name="order number"),
                ),
                ("ordered_on", models.DateField(verbose_name="ordered on")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=8, default=1, max_digits=18, verbose_name="exchange rate"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("delivered", "Delivered"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="delivered",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "promised_on",
                    models.DateField(blank=True, null=True, verbose_name="promised on"),
                ),
                (
                    "delivered_on",
                    models.DateField(blank=True, null=True, verbose_name="delivered on"),
                ),
                ("version", models.BigIntegerField(blank=True, null=True, verbose_name="version")),
                (
                    "net_amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="net amount"),
                ),
                (
                    "credit_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Credit approved"),
                            ("held", "On credit hold"),
                            ("released", "Released"),
                        ],
                        db_default="",
                        default="",
                        editable=False,
                        max_length=10,
                        verbose_name="credit status",
                    ),
                ),
                ("content_digest", models.BinaryField(max_length=16)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ["-ordered_on", "-pk"],
                "permissions": [("export_order", "Can export orders to files")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "cancelled"), _negated=True),
                        fields=["account", "ordered_on"],
                        include=("net_amount",),
                        name="sales_order_rfm",
                    ),
                    models.Index(
                        fields=["account", "-ordered_on", "-id"], name="sales_order_account_day"
                    ),
                    models.Index(fields=["-ordered_on", "-id"], name="sales_order_day"),
                    models.Index(fields=["updated_at", "id"], name="sales_order_updated"),
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["promised_on"],
                        name="sales_order_promised",
                    ),
                    models.Index(
                        condition=models.Q(("credit_status", "held")),
                        fields=["account", "-ordered_on", "-id"],
                        name="sales_order_held",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "delivered", "cancelled"])),
                        name="sales_order_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="sales_order_rate_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credit_status__in", ["", "approved", "held", "released"])
                        ),
                        name="sales_order_credit_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LateOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("promised_on", models.DateField()),
                ("told_at", models.DateTimeField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sales.order",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "promised_on"), name="sales_lateorder_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="product code")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "category",
                    models.CharField(
                        blank=True, db_index=True, max_length=60, verbose_name="category"
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=20, verbose_name="unit")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ["code"],
                "indexes": [
                    models.Index(fields=["updated_at", "id"], name="sales_product_updated")
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line_number", models.PositiveIntegerField(verbose_name="line")),
                (
                    "description",
                    models.CharField(blank=True, max_length=200, verbose_name="description"),
                ),
                (
                    "quantity",
                    models.DecimalField(decimal_places=3, max_digits=15, verbose_name="quantity"),
                ),
                (
                    "unit_price",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="unit price"),
                ),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        max_digits=18,
                        null=True,
                        verbose_name="unit cost",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=18, verbose_name="amount"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sales.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="sales.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "order line",
                "verbose_name_plural": "order lines",
                "ordering": ["line_number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "line_number"), name="sales_line_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity__gte", 0), ("unit_price__gte", 0), _connector="OR"
                        ),
                        name="sales_line_not_double_negative",
                    ),
                ],
            },
        ),
    ]
