"""A lapsed line gives no credit, whatever was written beside it: the choice was never read."""

from django.db import migrations

FORGET = """
ALTER TABLE credit_policy DISABLE TRIGGER USER;
UPDATE credit_policy SET content = content #- '{review,effect}' WHERE kind = 'supervision';
ALTER TABLE credit_policy ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("credit", "0004_fill_line_reviewed_on")]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
