from django.db import migrations

NO_PARENT_CYCLE = """
CREATE FUNCTION accounts_refuse_parent_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- One change of the hierarchy at a time: two that each are fine may close a circle together.
  PERFORM pg_advisory_xact_lock(hashtext('accounts.parent'));
  IF EXISTS (
    WITH RECURSIVE above(id) AS (
      SELECT NEW.parent_id
      UNION
      SELECT a.parent_id FROM accounts_account a JOIN above ON a.id = above.id
      WHERE a.parent_id IS NOT NULL
    )
    SELECT FROM above WHERE id = NEW.id
  ) THEN
    RAISE EXCEPTION 'account % would be its own parent', NEW.account_number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_account_no_parent_cycle';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_account_no_parent_cycle
  AFTER INSERT OR UPDATE OF parent_id ON accounts_account
  FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)
  EXECUTE FUNCTION accounts_refuse_parent_cycle();
"""
PARENT_CYCLE_AGAIN = """
DROP TRIGGER accounts_account_no_parent_cycle ON accounts_account;
DROP FUNCTION accounts_refuse_parent_cycle();
"""

# A merge moves an event to another account, and the dispatcher ticks it off; no more than that.
EVENTS_STAY = """
CREATE FUNCTION accounts_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.id, OLD.at, OLD.kind, OLD.actor_id, OLD.data)
      IS DISTINCT FROM (NEW.id, NEW.at, NEW.kind, NEW.actor_id, NEW.data) THEN
    RAISE EXCEPTION 'events are never changed or deleted'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_event_append_only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER accounts_event_append_only BEFORE UPDATE OR DELETE ON accounts_event
  FOR EACH ROW EXECUTE FUNCTION accounts_refuse_event_change();
"""
EVENTS_CHANGE = """
DROP TRIGGER accounts_event_append_only ON accounts_event;
DROP FUNCTION accounts_refuse_event_change();
"""

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
    dependencies = [("accounts", "0001_tables")]

    operations = [
        migrations.RunSQL(NO_PARENT_CYCLE, PARENT_CYCLE_AGAIN),
        migrations.RunSQL(EVENTS_STAY, EVENTS_CHANGE),
        migrations.RunSQL(APART, TOGETHER),
    ]
