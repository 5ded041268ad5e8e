"""Keep the visibility map of the ledger fresh, so that the aggregate of the recompute stays an
index-only scan; by default autovacuum waits until a fifth of the rows has changed."""

from django.db import migrations

SETTINGS = {
    "sales_order": {
        "autovacuum_vacuum_scale_factor": 0.005,
        "autovacuum_vacuum_insert_scale_factor": 0.02,
        "autovacuum_analyze_scale_factor": 0.02,
        "fillfactor": 90,
    },
    "sales_orderline": {
        "autovacuum_vacuum_scale_factor": 0.02,
        "autovacuum_vacuum_insert_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
    },
}


def _set(table: str, settings: dict[str, float]) -> str:
    return f"ALTER TABLE {table} SET ({', '.join(f'{k} = {v}' for k, v in settings.items())})"


def _reset(table: str, settings: dict[str, float]) -> str:
    return f"ALTER TABLE {table} RESET ({', '.join(settings)})"


class Migration(migrations.Migration):
    replaces = [
        ("sales", "0001_initial"),
        ("sales", "0002_autovacuum"),
        ("sales", "0003_credit_status"),
        ("sales", "0004_export_permission"),
        ("sales", "0005_late_orders"),
    ]
    dependencies = [("sales", "0001_tables")]

    operations = [
        migrations.RunSQL(_set(table, settings), _reset(table, settings))
        for table, settings in SETTINGS.items()
    ]
