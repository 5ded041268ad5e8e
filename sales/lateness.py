"""Orders whose promised day goes by (B2): told once for each day that was promised."""

from datetime import date, timedelta

from django.db import connection, transaction

# What was late long ago, when the orders were first loaded, is no news.
NEWS_FOR = timedelta(days=30)

_TELL = """
WITH late AS (
    INSERT INTO sales_lateorder (order_id, promised_on, told_at)
    SELECT id, promised_on, now() FROM sales_order
    WHERE status = 'open' AND delivered_on IS NULL AND account_id IS NOT NULL
      AND promised_on < %(on)s AND promised_on >= %(since)s
    ORDER BY id
    ON CONFLICT (order_id, promised_on) DO NOTHING
    RETURNING order_id
)
INSERT INTO accounts_event (account_id, at, kind, data)
SELECT o.account_id, now(), 'sales.order_late', jsonb_build_object(
    'order_number', o.order_number, 'ordered_on', o.ordered_on, 'promised_on', o.promised_on,
    'amount', round(o.net_amount, 2)::text
)
FROM late JOIN sales_order o ON o.id = late.order_id
ORDER BY o.id
"""


@transaction.atomic
def tell_late_orders(*, on: date) -> int:
    """Write an event for every order that should have been delivered before this day and is not;
    how many those were. Safe to repeat, also at the same time; a missed night is made up for."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL, {"on": on, "since": on - NEWS_FOR})
        return cursor.rowcount
