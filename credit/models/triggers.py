# ruff: noqa: S608 - put together from nothing but the constants of this module
"""What the database itself keeps true about credit, whatever door a change comes through."""

from __future__ import annotations

import pgtrigger
from django.conf import settings

# Whose word an opening line, or another group of companies, may rest on.
GRANTORS = ("finance", "credit_committee", "deputy_gm", "gm")

_CHANGES = {
    "insert": "SELECT account_id, exposed FROM new_rows",
    "update": """SELECT account_id, exposed FROM new_rows
                 UNION ALL SELECT account_id, -exposed FROM old_rows""",
    "delete": "SELECT account_id, -exposed AS exposed FROM old_rows",
}
_OPERATIONS = {
    "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="new_rows")),
    "update": (pgtrigger.Update, pgtrigger.Referencing(old="old_rows", new="new_rows")),
    "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="old_rows")),
}


def keep_exposure(column: str) -> list[pgtrigger.Trigger]:
    """Triggers that add what changes in `exposed` to a column of the account's credit party.

    One set-based statement for each statement of the cause; parties are locked by ascending id.
    """
    return [
        pgtrigger.Trigger(
            name=f"exposure_{name}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            func=f"""
                INSERT INTO credit_creditparty AS party (account_id, {column})
                SELECT account_id, sum(exposed) FROM ({_CHANGES[name]}) AS change
                GROUP BY account_id HAVING sum(exposed) <> 0 ORDER BY account_id
                ON CONFLICT (account_id) DO UPDATE
                SET {column} = party.{column} + excluded.{column};
                RETURN NULL;
            """,
        )
        for name, (operation, referencing) in _OPERATIONS.items()
    ]


_OWN = "invoiced + ordered + reserved"
_GROUP_CHANGES = {
    "insert": f"SELECT group_id, {_OWN} AS own FROM new_rows",
    "update": f"""SELECT group_id, {_OWN} AS own FROM new_rows
                  UNION ALL SELECT group_id, -({_OWN}) FROM old_rows""",
    "delete": f"SELECT group_id, -({_OWN}) AS own FROM old_rows",
}
_IN_GROUP = "WHERE group_id IS NOT NULL"
_GROUP_CHANGED = {
    "insert": f"SELECT FROM new_rows {_IN_GROUP}",
    "update": f"SELECT FROM new_rows {_IN_GROUP} UNION ALL SELECT FROM old_rows {_IN_GROUP}",
    "delete": f"SELECT FROM old_rows {_IN_GROUP}",
}


def roll_up() -> list[pgtrigger.Trigger]:
    """Triggers that bring a subsidiary's own exposure to the head of its credit group."""
    return [
        pgtrigger.Trigger(
            name=f"roll_up_{name}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            # Fires for its own statement too, and must then do nothing.
            func=f"""
                IF NOT EXISTS ({_GROUP_CHANGED[name]}) THEN
                    RETURN NULL;
                END IF;
                INSERT INTO credit_creditparty AS head (account_id, subsidiaries)
                SELECT group_id, sum(own) FROM ({_GROUP_CHANGES[name]}) AS change
                WHERE group_id IS NOT NULL
                GROUP BY group_id HAVING sum(own) <> 0 ORDER BY group_id
                ON CONFLICT (account_id) DO UPDATE
                SET subsidiaries = head.subsidiaries + excluded.subsidiaries;
                RETURN NULL;
            """,
        )
        for name, (operation, referencing) in _OPERATIONS.items()
    ]


# A party changes its group as the newest `GroupMove` of the account says, or not at all.
GROUP_IS_CONFIRMED = [
    pgtrigger.Trigger(
        name="group_is_confirmed",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("group_id"),
        condition=pgtrigger.AnyChange("group"),
        func="""
            IF NOT EXISTS (
                SELECT FROM (SELECT group_id FROM credit_groupmove
                             WHERE account_id = NEW.account_id ORDER BY id DESC LIMIT 1) AS move
                WHERE move.group_id IS NOT DISTINCT FROM NEW.group_id
            ) THEN
                RAISE check_violation USING MESSAGE = 'nobody confirmed this credit group';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Protect(
        name="begins_without_group",
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__group__isnull=False),
    ),
]


def only_added(*may_change: str) -> list[pgtrigger.Trigger]:
    """Triggers of rows that are only ever added; may_change: columns that may change all the same.

    These are the account, which a merge of two archives changes, and links that may be cut.
    """
    return [
        pgtrigger.Protect(
            name="append_only",
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(exclude=list(may_change)),
        ),
        pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
    ]


def may_grant(person: str, account: str) -> str:
    """SQL: a person may answer for the credit of an account: by role, and not as its manager."""
    return f"""EXISTS (
            SELECT FROM staff_user AS person
            JOIN staff_user_groups AS member ON member.user_id = person.id
            JOIN auth_group AS role ON role.id = member.group_id AND role.name IN {GRANTORS}
            JOIN accounts_account AS account ON account.id = {account}
                AND account.manager_id IS DISTINCT FROM person.id
            WHERE person.id = {person} AND person.is_active AND NOT person.is_service
        )"""


# The day on which people last decided on a line with all its figures before them: section 11.3.
_DECIDED_TODAY = f"""
        NEW.reviewed_on = greatest(
            NEW.valid_from, (NEW.created_at AT TIME ZONE '{settings.TIME_ZONE}')::date);
"""
LINE_NEEDS_SIGNATURE = pgtrigger.Trigger(
    name="needs_signature",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("proposed", "credit_lineproposal"), ("signed", "text")],
    func=f"""
        {_DECIDED_TODAY}
        IF NEW.proposal_id IS NULL THEN
            IF EXISTS (SELECT FROM credit_creditline WHERE account_id = NEW.account_id) THEN
                RAISE check_violation
                USING MESSAGE = 'an opening line is only for an account without a line';
            END IF;
            IF NOT {may_grant("NEW.approved_by_id", "NEW.account_id")} THEN
                RAISE check_violation
                USING MESSAGE = 'this person may not answer for an opening line of this account';
            END IF;
            RETURN NEW;
        END IF;
        SELECT * INTO proposed FROM credit_lineproposal WHERE id = NEW.proposal_id;
        IF (proposed.account_id, proposed.limit, proposed.currency, proposed.terms_days,
            proposed.form, proposed.covers_group, proposed.valid_from, proposed.valid_until,
            proposed.extra, proposed.extra_until, proposed.rating)
           IS DISTINCT FROM
           (NEW.account_id, NEW.limit, NEW.currency, NEW.terms_days, NEW.form, NEW.covers_group,
            NEW.valid_from, NEW.valid_until, NEW.extra, NEW.extra_until, NEW.rating) THEN
            RAISE check_violation USING MESSAGE = 'a credit line must be what was proposed';
        END IF;
        SELECT request.kind INTO signed
        FROM approvals_request AS request
        JOIN django_content_type AS subject ON subject.id = request.content_type_id
            AND subject.app_label = 'credit' AND subject.model = 'lineproposal'
        JOIN approvals_signature AS signature ON signature.request_id = request.id
            AND signature.round = request.round AND signature.decision = 'approve'
            AND signature.signer_id = NEW.approved_by_id
            AND signature.signer_id <> request.requested_by_id
        WHERE request.object_id = NEW.proposal_id AND request.status = 'approved'
        LIMIT 1;
        IF signed IS NULL THEN
            RAISE check_violation
            USING MESSAGE = 'a credit line needs an approved request signed by another person';
        END IF;
        IF signed = 'credit.line' THEN  -- no more than before: no review
            NEW.reviewed_on = coalesce((
                SELECT reviewed_on FROM credit_creditline
                WHERE account_id = NEW.account_id AND valid_from <= NEW.valid_from
                ORDER BY valid_from DESC, id DESC LIMIT 1
            ), NEW.reviewed_on);
        END IF;
        RETURN NEW;
    """,
)


def signed_if_approved(model: str) -> pgtrigger.Trigger:
    """Trigger of a model with a status: approved only by a signed request.

    model: its name in lower case, as in the content types of this app.
    """
    return pgtrigger.Trigger(
        name="approved_is_signed",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
                IF NEW.status = 'approved' AND NOT EXISTS (
                    SELECT FROM approvals_request AS request
                    JOIN django_content_type AS subject ON subject.id = request.content_type_id
                        AND subject.app_label = 'credit' AND subject.model = '{model}'
                    WHERE request.object_id = NEW.id AND request.status = 'approved'
                ) THEN
                    RAISE check_violation
                    USING MESSAGE = 'this counts only with an approved request';
                END IF;
                RETURN NEW;
            """,
    )


def approved_is_signed(model: str) -> list[pgtrigger.Trigger]:
    """Triggers of such a model that is never edited either once it is decided on."""
    return [
        signed_if_approved(model),
        pgtrigger.Protect(
            name="decided_is_immutable",
            operation=pgtrigger.Update | pgtrigger.Delete,
            condition=~pgtrigger.Q(old__status="proposed"),
        ),
    ]
