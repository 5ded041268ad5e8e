"""What the database itself keeps true about write-offs: none counts without another's signature."""

from __future__ import annotations

import pgtrigger

# approved and reversed each need a request of their own kind, signed by another person
_SIGNED = """
    IF NEW.status NOT IN ('approved', 'reversed')
        OR (TG_OP = 'UPDATE' AND OLD.status = NEW.status) THEN
        RETURN NEW;
    END IF;
    IF NEW.status = 'reversed' AND (TG_OP = 'INSERT' OR OLD.status <> 'approved') THEN
        RAISE check_violation USING MESSAGE = 'only an approved write-off is reversed';
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_request AS request
        JOIN django_content_type AS subject ON subject.id = request.content_type_id
            AND subject.app_label = 'credit' AND subject.model = 'writeoff'
        JOIN approvals_signature AS signature ON signature.request_id = request.id
            AND signature.round = request.round AND signature.decision = 'approve'
            AND signature.signer_id <> request.requested_by_id
        WHERE request.object_id = NEW.id AND request.status = 'approved'
            AND request.kind = CASE NEW.status WHEN 'approved' THEN 'credit.write_off'
                ELSE 'credit.write_off_reversal' END
    ) THEN
        RAISE check_violation
        USING MESSAGE = 'a write-off needs an approved request signed by another person';
    END IF;
    RETURN NEW;
"""

WRITE_OFF_TRIGGERS = [
    pgtrigger.Trigger(
        name="needs_signature",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=_SIGNED,
    ),
    pgtrigger.ReadOnly(
        name="stays_as_proposed", fields=["invoice", "amount", "reason", "proposed_by"]
    ),
    pgtrigger.Protect(
        name="decided_stays",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.status IN ('rejected', 'reversed')"
            " OR (OLD.status = 'approved' AND NEW.status NOT IN ('approved', 'reversed'))"
        ),
    ),
    pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
]

WRITTEN_OFF_AS_SIGNED = pgtrigger.Trigger(
    name="written_off_as_signed",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.write_off_id IS NOT NULL"),
    declare=[("signed", "credit_writeoff"), ("used", "numeric")],
    func="""
        SELECT * INTO signed FROM credit_writeoff WHERE id = NEW.write_off_id;
        SELECT coalesce(sum(amount), 0) INTO used FROM credit_allocation
        WHERE write_off_id = NEW.write_off_id AND id <> NEW.id;
        IF signed.status <> 'approved' OR signed.invoice_id <> NEW.invoice_id
            OR used + NEW.amount > signed.amount THEN
            RAISE check_violation
            USING MESSAGE = 'only what an approved write-off says is written off';
        END IF;
        RETURN NEW;
    """,
)
