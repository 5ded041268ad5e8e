"""The SQL of the recompute: one statement works out every account, a few write what changed.

`RESULT` is a temporary table of the session that computes: one row per live account.
`tiering.rules` says the same in Python, rule by rule.
"""

# ruff: noqa: S608 - put together from nothing but the constants of this module

from __future__ import annotations

from datetime import date
from typing import Any

from tiering import rules

RESULT = "tiering_result"
MOVE = "tiering_move"
CONTINUATION = "tiering_continuation"
DROP = f"DROP TABLE IF EXISTS {RESULT}, {MOVE}, {CONTINUATION}"

# What makes a new row of the history; the figures beside it do not.
STATE = ("tier", "basis", "designation_id", "r", "f", "m", "segment", "abc")

_QUINTILE = (
    "least(5, 5 * (rank() OVER (PARTITION BY frequency > 0 ORDER BY {order}) - 1)"
    " / greatest(count(*) OVER (PARTITION BY frequency > 0) - 1, 1) + 1)"
)
# Alone among the buyers: 5, not 1.
_ALONE = "CASE WHEN count(*) OVER (PARTITION BY frequency > 0) = 1 THEN 5 ELSE {score} END"

_SCORES = {
    rules.QUINTILE: {
        # float8 sorts several times faster than numeric; the numeric after it decides where
        # two amounts are the same float8.
        "r": _ALONE.format(score=_QUINTILE.format(order="last_purchase_on")),
        "f": _ALONE.format(score=_QUINTILE.format(order="frequency")),
        "m": _ALONE.format(score=_QUINTILE.format(order="net_sales::float8, net_sales")),
    },
    rules.FIXED: {
        "r": "5 - width_bucket(%(as_of)s - last_purchase_on - 1, %(recency_cuts)s::int[])",
        "f": "1 + width_bucket(frequency::int, %(frequency_cuts)s::int[])",
        "m": "1 + width_bucket(net_sales, %(monetary_cuts)s::numeric[])",
    },
}

# What the ledger says of each account in the window: the same sums as the bare aggregate.
SUMS = """
    SELECT account_id,
           sum(net_amount) AS net_sales,
           max(ordered_on) FILTER (WHERE net_amount > 0) AS last_purchase_on,
           count(*) FILTER (WHERE net_amount > 0) AS frequency
    FROM sales_order
    WHERE status <> 'cancelled' AND ordered_on > %(after)s AND ordered_on <= %(as_of)s
"""
SUMS_OF_ACCOUNTS = f"{SUMS} AND account_id = ANY(%(accounts)s) GROUP BY account_id"
COMPANY_NET_SALES = """
    SELECT coalesce(sum(net_amount), 0) FROM sales_order
    WHERE status <> 'cancelled' AND ordered_on > %(after)s AND ordered_on <= %(as_of)s
"""

_COMPUTE = """
WITH sums AS MATERIALIZED ({sums} GROUP BY account_id),
company AS (
    SELECT coalesce(sum(net_sales), 0) AS net_sales FROM sums
),
designated AS (
    SELECT DISTINCT ON (account_id) account_id, id, tier
    FROM tiering_designation
    WHERE status = 'approved' AND effective_from <= %(as_of)s AND expires_on >= %(as_of)s
      AND (revoked_on IS NULL OR revoked_on > %(as_of)s)
    ORDER BY account_id, (tier = 'strategic') DESC, id DESC
),
figures AS (
    SELECT a.id AS account_id,
           coalesce(s.net_sales, 0) AS net_sales,
           s.last_purchase_on,
           coalesce(s.frequency, 0) AS frequency
    FROM accounts_account a LEFT JOIN sums s ON s.account_id = a.id
    WHERE a.merged_into_id IS NULL
),
ranked AS (
    SELECT figures.*,
           {r} AS r,
           {f} AS f,
           {m} AS m,
           row_number() OVER descending AS place,
           sum(greatest(net_sales, 0)) OVER descending AS cumulative,
           sum(greatest(net_sales, 0)) OVER () AS positive
    FROM figures
    WINDOW descending AS (
        ORDER BY net_sales::float8 DESC, net_sales DESC, account_id ROWS UNBOUNDED PRECEDING
    )
),
shared AS (
    SELECT ranked.*,
           company.net_sales AS company_net_sales,
           CASE
               WHEN company.net_sales <= 0 THEN 'ordinary'
               WHEN ranked.net_sales >= %(strategic_share)s * company.net_sales THEN 'strategic'
               WHEN ranked.net_sales >= %(key_share)s * company.net_sales THEN 'key'
               ELSE 'ordinary'
           END AS share_tier
    FROM ranked CROSS JOIN company
)
SELECT s.account_id,
       coalesce(d.tier, s.share_tier) AS tier,
       CASE WHEN d.id IS NULL THEN 'share' ELSE 'designation' END AS basis,
       d.id AS designation_id,
       s.net_sales,
       s.company_net_sales,
       CASE WHEN frequency > 0 THEN s.last_purchase_on END AS last_purchase_on,
       s.frequency::int AS frequency,
       CASE WHEN frequency > 0 THEN r::smallint END AS r,
       CASE WHEN frequency > 0 THEN f::smallint END AS f,
       CASE WHEN frequency > 0 THEN m::smallint END AS m,
       CASE
           WHEN frequency = 0 THEN ''
           ELSE CASE WHEN m >= %(high_score)s THEN 'important_' ELSE 'general_' END
             || CASE
                    WHEN r >= %(high_score)s AND f >= %(high_score)s THEN 'value'
                    WHEN r >= %(high_score)s THEN 'develop'
                    WHEN f >= %(high_score)s THEN 'keep'
                    ELSE 'retain'
                END
       END AS segment,
       CASE
           WHEN s.net_sales <= 0 THEN 'C'
           WHEN cumulative - s.net_sales < %(abc_a_share)s * positive THEN 'A'
           WHEN cumulative - s.net_sales < %(abc_b_share)s * positive THEN 'B'
           ELSE 'C'
       END AS abc,
       s.place,
       s.cumulative
FROM shared s
LEFT JOIN designated d  -- only where it lifts
  ON d.account_id = s.account_id
 AND (s.share_tier = 'ordinary' OR d.tier = 'strategic' AND s.share_tier = 'key')
"""


def compute(policy: rules.Policy) -> str:
    """The statement that works out every live account; its parameters: `parameters()`."""
    return _COMPUTE.format(sums=SUMS, **_SCORES[policy.rfm_method])


def create_result(policy: rules.Policy) -> str:
    """`compute()` into the temporary table of the session."""
    return f"CREATE TEMPORARY TABLE {RESULT} AS {compute(policy)}"


def compute_account(policy: rules.Policy) -> str:
    """The row of one account, %(account)s: no rows for one that is not live."""
    return f"""
        SELECT tier, basis, designation_id, net_sales, last_purchase_on, frequency,
               company_net_sales, r, f, m, segment, abc
        FROM ({compute(policy)}) AS result WHERE account_id = %(account)s
    """


def count_moves(policy: rules.Policy) -> str:
    """How many accounts would move from the tier they have to the one of this policy."""
    return f"""
        SELECT a.tier, result.tier, count(*)
        FROM ({compute(policy)}) AS result
        JOIN accounts_account a ON a.id = result.account_id AND a.tier <> result.tier
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
    """


def parameters(as_of: date, policy: rules.Policy) -> dict[str, Any]:
    """What `compute()` is run with for this day under this policy."""
    return {
        "as_of": as_of,
        "after": rules.window(as_of, policy.window_months).after,
        "strategic_share": policy.strategic_share,
        "key_share": policy.key_share,
        "high_score": policy.high_score,
        "abc_a_share": policy.abc_a_share,
        "abc_b_share": policy.abc_b_share,
        "recency_cuts": list(policy.recency_cuts),
        "frequency_cuts": list(policy.frequency_cuts),
        "monetary_cuts": list(policy.monetary_cuts),
    }


# --- writing ------------------------------------------------------------------
# %(as_of)s: the day D of the run. %(next)s: the day of the next recorded run, null when D is
# the newest. %(run)s, %(policy)s: their keys. The new state holds on [D, next).

_DIFFERS = " OR ".join(f"c.{column} IS DISTINCT FROM t.{column}" for column in STATE)
_COVERS = "c.valid_from <= %(as_of)s AND (c.valid_to IS NULL OR c.valid_to > %(as_of)s)"

# Accounts whose state on D is not the recorded one, with the row that covers D, if any; and
# rows that cover D of accounts that are live no more (merged): `tier` is null.
FIND_MOVES = f"""
CREATE TEMPORARY TABLE {MOVE} AS
SELECT coalesce(t.account_id, c.account_id) AS account_id,
       c.id AS record_id, c.valid_from, c.valid_to, c.tier AS old_tier,
       {", ".join(f"t.{column}" for column in STATE)},
       t.net_sales, t.company_net_sales, t.last_purchase_on, t.frequency
FROM {RESULT} t
FULL JOIN (SELECT * FROM tiering_tierrecord c WHERE {_COVERS}) c ON c.account_id = t.account_id
WHERE c.id IS NULL OR t.account_id IS NULL OR {_DIFFERS}
"""

_CONTENT = (
    "run_id, policy_id, tier, basis, designation_id, net_sales, company_net_sales, "
    "last_purchase_on, frequency, r, f, m, segment, abc"
)
_COLUMNS = f"account_id, valid_from, valid_to, {_CONTENT}"

# From `next` on the old state continues: a copy of the row that is about to be cut off.
CONTINUATIONS = f"""
CREATE TEMPORARY TABLE {CONTINUATION} AS
SELECT c.account_id, %(next)s::date AS valid_from, c.valid_to,
       {", ".join(f"c.{column}" for column in _CONTENT.split(", "))}
FROM tiering_tierrecord c JOIN {MOVE} m ON m.record_id = c.id
WHERE c.valid_to IS NULL OR c.valid_to > %(next)s
"""
CONTINUE = f"INSERT INTO tiering_tierrecord ({_COLUMNS}) SELECT * FROM {CONTINUATION}"

CLOSE = f"""
UPDATE tiering_tierrecord c SET valid_to = %(as_of)s
FROM {MOVE} m WHERE c.id = m.record_id AND m.valid_from < %(as_of)s
"""
REPLACE = f"""
DELETE FROM tiering_tierrecord c
USING {MOVE} m WHERE c.id = m.record_id AND m.valid_from = %(as_of)s
"""

# After a row of the same day was deleted, the row before it may say what is now right.
EXTEND = f"""
WITH extended AS (
    UPDATE tiering_tierrecord c SET valid_to = %(next)s
    FROM {MOVE} t
    WHERE t.valid_from = %(as_of)s AND t.tier IS NOT NULL
      AND c.account_id = t.account_id AND c.valid_to = %(as_of)s AND NOT ({_DIFFERS})
    RETURNING c.account_id
)
DELETE FROM {MOVE} m USING extended e WHERE m.account_id = e.account_id
"""
INSERT = f"""
INSERT INTO tiering_tierrecord ({_COLUMNS})
SELECT account_id, %(as_of)s, %(next)s, %(run)s, %(policy)s, tier, basis, designation_id,
       net_sales, company_net_sales, last_purchase_on, frequency, r, f, m, segment, abc
FROM {MOVE} WHERE tier IS NOT NULL
"""

# --- publishing, by the newest run only -----------------------------------------
PUBLISH = f"""
WITH locked AS (
    SELECT a.id, t.tier FROM accounts_account a JOIN {RESULT} t ON t.account_id = a.id
    WHERE a.tier <> t.tier ORDER BY a.id FOR NO KEY UPDATE OF a
)
UPDATE accounts_account a SET tier = l.tier, updated_at = now()
FROM locked l WHERE a.id = l.id
"""
# The first tier of an account is no change: it stands on the timeline and nobody is told.
ANNOUNCE = f"""
INSERT INTO accounts_event (account_id, at, kind, actor_id, data)
SELECT account_id, now(),
    CASE WHEN old_tier IS NULL THEN 'tiering.tier_assigned' ELSE 'tiering.tier_changed' END,
    %(actor)s, jsonb_build_object(
    'from', old_tier, 'to', tier, 'basis', basis, 'as_of', %(as_of)s::date,
    'net_sales', round(net_sales, 2)::text,
    'company_net_sales', round(company_net_sales, 2)::text,
    'share', CASE WHEN company_net_sales > 0
                  THEN round(net_sales / company_net_sales, 6) ELSE 0 END::text,
    'policy_version', %(policy_version)s, 'run', %(run)s
)
FROM {MOVE} WHERE tier IS NOT NULL AND tier <> coalesce(old_tier, 'ordinary')
ORDER BY account_id
"""

# --- the figures of the run -------------------------------------------------------
GROUPS = f"""
SELECT tier, abc, segment, r, f, count(*), sum(net_sales) FROM {RESULT}
GROUP BY GROUPING SETS ((tier), (abc), (segment), (r, f))
"""
COMPANY = f"""
SELECT coalesce((SELECT company_net_sales FROM {RESULT} LIMIT 1), ({COMPANY_NET_SALES}))
"""
CURVE = f"""
SELECT place, cumulative FROM {RESULT}
WHERE place %% greatest((SELECT count(*) FROM {RESULT}) / %(points)s, 1) = 0 OR place = 1
   OR place = (SELECT count(*) FROM {RESULT})
ORDER BY place
"""
TOP = f"SELECT account_id, net_sales FROM {RESULT} WHERE place <= %(top)s ORDER BY place"
CHANGED = """
SELECT count(*)
FROM tiering_tierrecord new LEFT JOIN tiering_tierrecord old
  ON old.account_id = new.account_id AND old.valid_to = new.valid_from
WHERE new.valid_from = %(as_of)s AND new.tier <> coalesce(old.tier, 'ordinary')
"""
