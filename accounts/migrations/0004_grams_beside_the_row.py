from django.db import migrations

# The grams are read by their index alone; kept beside the row they leave it a third as long.
APART = """
ALTER TABLE accounts_account ALTER COLUMN search_grams SET STORAGE EXTERNAL;
ALTER TABLE accounts_account SET (toast_tuple_target = 1024);
"""
TOGETHER = """
ALTER TABLE accounts_account ALTER COLUMN search_grams SET STORAGE EXTENDED;
ALTER TABLE accounts_account RESET (toast_tuple_target);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_guards")]

    operations = [migrations.RunSQL(APART, TOGETHER)]
