from django.db import migrations

# Half width and upper case, as every door keeps them now: only then do duplicates find each other.
SPELLED_ALIKE = """
UPDATE accounts_account
SET credit_code = upper(btrim(normalize(credit_code, NFKC)))
WHERE credit_code <> upper(btrim(normalize(credit_code, NFKC)))
    AND char_length(btrim(normalize(credit_code, NFKC))) <= 18
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_breach_index")]
    operations = [migrations.RunSQL(SPELLED_ALIKE, migrations.RunSQL.noop)]
