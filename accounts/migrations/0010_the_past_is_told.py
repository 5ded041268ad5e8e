from django.db import migrations

# Nobody is to hear today of what happened before there were notices. A new column takes a constant
# for the rows that are there without touching one of them, however many millions they are.
TOLD = """
ALTER TABLE accounts_event DROP COLUMN dispatched_at;
ALTER TABLE accounts_event ADD COLUMN dispatched_at timestamptz NULL DEFAULT now();
ALTER TABLE accounts_event ALTER COLUMN dispatched_at DROP DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_needs_and_handover")]

    operations = [migrations.RunSQL(TOLD, migrations.RunSQL.noop)]
