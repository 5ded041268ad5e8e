"""When the lines that are there were last reviewed: as the trigger writes it of new ones."""

from django.conf import settings
from django.db import migrations

_OWN_DAY = f"""greatest(decided.valid_from,
    (decided.created_at AT TIME ZONE '{settings.TIME_ZONE}')::date)"""
FILL = f"""
ALTER TABLE credit_creditline DISABLE TRIGGER USER;
UPDATE credit_creditline AS line SET reviewed_on = coalesce((
    SELECT {_OWN_DAY}
    FROM credit_creditline AS decided
    WHERE decided.account_id = line.account_id
        AND (decided.valid_from, decided.id) <= (line.valid_from, line.id)
        AND NOT EXISTS (
            SELECT FROM approvals_request AS request
            JOIN django_content_type AS subject ON subject.id = request.content_type_id
                AND subject.app_label = 'credit' AND subject.model = 'lineproposal'
            WHERE request.object_id = decided.proposal_id AND request.status = 'approved'
                AND request.kind = 'credit.line')
    ORDER BY decided.valid_from DESC, decided.id DESC LIMIT 1
), greatest(line.valid_from, (line.created_at AT TIME ZONE '{settings.TIME_ZONE}')::date));
ALTER TABLE credit_creditline ENABLE TRIGGER USER;
"""  # noqa: S608  put together from the above


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0003_line_reviewed_on"),
        ("approvals", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
