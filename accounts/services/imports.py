"""Accounts from a file: read, shown as a preview, then applied with the same rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import frames, rules
from accounts.fields import FIELDS, READ_ONLY
from accounts.models import Account, ImportBatch, Industry
from accounts.services import duplicates, upsert
from accounts.services.planning import PlannedRow
from kam.core import audit
from kam.core.errors import RuleViolation
from kam.core.exports import restored
from kam.core.words import labelled
from staff.models import Region, User

LANGUAGES = ("zh-hans", "en")
NEW_NAMES_SHOWN = 100  # of a field, those of most rows
UNREADABLE = {
    "too_large": gettext_lazy("The file is larger than 10 MB. Split it."),
    "empty": gettext_lazy("The file is empty."),
    "encrypted": gettext_lazy("The workbook has a password. Save it without one."),
    "old_excel": gettext_lazy("This is an old .xls file. Save it as .xlsx and upload that."),
    "bomb": gettext_lazy("The workbook unpacks to more than 100 MB. It was not opened."),
    "broken_workbook": gettext_lazy("This is not an Excel workbook, or it is damaged."),
    "undecodable": gettext_lazy("This is neither a workbook nor text in UTF-8, UTF-16 or GB18030."),
    "broken_csv": gettext_lazy(
        "The CSV is broken in row %(row)s: the text that begins there with a quotation mark does"
        " not end with one. Mend that row and upload the file again."
    ),
    "too_many_rows": gettext_lazy("The file has more than 20,000 rows. Split it."),
    "too_many_columns": gettext_lazy("The file has more than 200 columns."),
    "no_rows": gettext_lazy("The file has no rows below its titles."),
}


@transaction.atomic
def start_import(
    file_name: str, data: bytes, *, actor: User, clear_empty: bool = False
) -> ImportBatch:
    """Read a file and keep a preview of what it would do; nothing else is written.

    With `clear_empty` an empty cell empties the field, else it leaves the field as it is.
    Raises RuleViolation with the code of frames.UnreadableFileError, or `no_account_number`.
    """
    try:
        table = frames.read_table(data)
    except frames.UnreadableFileError as error:
        message = str(UNREADABLE[error.code]) % {"row": error.row}
        raise RuleViolation(error.code, message) from error
    mapping = frames.map_titles(table.titles, _labels())
    if "account_number" not in mapping:
        message = _("No column is called account number; the titles are: %(titles)s.")
        raise RuleViolation("no_account_number", message % {"titles": ", ".join(table.titles)})
    batch = ImportBatch(
        file_name=file_name[-200:].replace("\0", ""),
        uploaded_by=actor,
        encoding=table.encoding,
        header=[list(pair) for pair in zip(table.titles, mapping, strict=True)],
        clear_empty=clear_empty,
        rows=[
            {"row": int(number), "cells": [_storable(cell) for cell in cells]}
            for number, cells in zip(table.frame.index, table.frame.to_numpy(), strict=True)
        ],
    )
    renew_preview(batch)
    return batch


def apply_import(batch_id: int, *, actor: User) -> ImportBatch:
    """Store the rows of a preview, all in one transaction; rows with errors are left out.

    When the archives have changed since the preview was made, nothing is stored: the preview is
    made anew and RuleViolation `stale` asks to look at it.
    """
    try:
        with transaction.atomic():
            batch = locked_preview(batch_id)
            store(batch, actor=actor)
    except RuleViolation as violation:
        if violation.code == "stale":
            with transaction.atomic():
                renew_preview(locked_preview(batch_id))
        raise
    return batch


def locked_preview(batch_id: int) -> ImportBatch:
    """The batch, locked. Raises RuleViolation `not_a_preview` when it is none any more."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
    if batch.status != ImportBatch.Status.PREVIEW:
        message = _("This import has been confirmed or dropped already.")
        raise RuleViolation("not_a_preview", message)
    return batch


def store(batch: ImportBatch, *, actor: User) -> None:
    """Store the rows of a locked batch; RuleViolation `stale` when they would do something else."""
    seen = _seen(batch.rows)
    planned = upsert.store(
        given_rows(batch), actor=actor, reason=_("Import of %(file)s") % {"file": batch}
    )
    _preview(batch, planned)
    if _seen(batch.rows) != seen:
        message = _("Archives were changed meanwhile. Look at the new preview.")
        raise RuleViolation("stale", message)
    batch.status, batch.applied_at = ImportBatch.Status.APPLIED, timezone.now()
    batch.save()
    counts = {"created": batch.created, "updated": batch.updated}
    audit.record(batch, "accounts.import_applied", actor=actor, changes=counts)


def renew_preview(batch: ImportBatch, *, error: str = "") -> None:
    """Make the preview of a locked batch anew; `error`: why it was not stored."""
    planned = upsert.plan(given_rows(batch))
    _preview(batch, planned)
    _name_look_alikes(batch, planned)
    batch.new_names = new_names(planned)
    batch.status, batch.error = ImportBatch.Status.PREVIEW, error
    batch.save()


@transaction.atomic
def discard_import(batch_id: int, *, actor: User) -> None:
    """Drop a preview and what the file said. Raises RuleViolation `not_a_preview`."""
    batch = locked_preview(batch_id)
    batch.status, batch.rows = ImportBatch.Status.DISCARDED, []
    batch.save()
    audit.record(batch, "accounts.import_discarded", actor=actor)


def given_rows(batch: ImportBatch) -> list[dict[str, Any]]:
    """The rows as `upsert_accounts` takes them."""
    columns = [(place, name) for place, (_title, name) in enumerate(batch.header) if name in FIELDS]
    table = frames.cells_to_values([row["cells"] for row in batch.rows], columns, _choices())
    given = [{str(name): text for name, text in row.items()} for row in table.to_dict("records")]
    if batch.clear_empty:
        return given
    return [
        {name: text for name, text in row.items() if text or name == "account_number"}
        for row in given
    ]


def failed_rows(batch: ImportBatch) -> tuple[list[str], list[list[str]]]:
    """The titles and the rows that were refused, as they were, with a column that says why."""
    titles = [title for title, _name in batch.header]
    labels = field_labels()
    return [*titles, _("Error")], [
        [
            *(restored(cell) for cell in row["cells"]),
            "; ".join(
                labelled(labels.get(error["field"], error["field"]), error["detail"])
                for error in row["errors"]
            ),
        ]
        for row in batch.rows
        if row.get("errors")
    ]


def field_labels() -> dict[str, str]:
    """What the fields are called, in the reader's language."""
    fields = Account._meta.concrete_fields
    return {field.name: str(field.verbose_name) for field in fields}


def _labels() -> dict[str, list[str]]:
    """All that a column may be titled; read-only ones are known so that they can be passed over."""
    names = [*FIELDS, *READ_ONLY]
    labels: dict[str, list[str]] = {name: [] for name in names}
    for language in LANGUAGES:
        with translation.override(language):
            titles = field_labels()
        for name in names:
            labels[name].append(titles[name])
    return labels


def _choices() -> dict[str, dict[str, str]]:
    """`{field: {what people call a choice, in any language: its value}}`."""
    choices = {
        name: {frames.plain_title(value): value for value in field.choices}
        for name, field in FIELDS.items()
        if field.kind == "choice"
    }
    for language in LANGUAGES:
        with translation.override(language):
            for name, words in choices.items():
                labels = Account._meta.get_field(name).flatchoices  # type: ignore[union-attr]
                words |= {frames.plain_title(str(label)): str(value) for value, label in labels}
    return choices


def _storable(cell: str) -> str:
    """JSON in PostgreSQL holds no NUL: it is kept as its picture, and refused as what it was."""
    return cell.replace("\0", frames.NUL_PICTURE)


def _preview(batch: ImportBatch, planned: Sequence[PlannedRow]) -> None:
    outcome = upsert.outcome_of(planned)
    batch.created, batch.updated = outcome.created, outcome.updated
    batch.unchanged, batch.rejected = outcome.unchanged, outcome.rejected
    batch.rows = [
        {
            "row": row["row"],
            "cells": row["cells"],
            "outcome": plan.outcome,
            "changes": {
                name: [_shown(old), _shown(new)] for name, (old, new) in plan.changes.items()
            }
            if plan.outcome == "updated"
            else {},
            "warning": _code_warning(plan),
            "alike": row.get("alike", []),
            "errors": [{"field": error.field, "detail": error.detail} for error in plan.errors],
        }
        for row, plan in zip(batch.rows, planned, strict=True)
    ]


def new_names(planned: Sequence[PlannedRow]) -> dict[str, Any]:
    """The regions and industries that would be made: `ImportBatch.new_names`."""
    good = [row for row in planned if row.outcome in ("created", "updated")]
    made: dict[str, Any] = {}
    for field, model in (("region", Region), ("industry", Industry)):
        rows = Counter(str(row.values[field]) for row in good if row.values.get(field))
        known = set(model._default_manager.values_list("name", flat=True)) if rows else set()
        if missing := [name for name, _count in rows.most_common() if name not in known]:
            near = rules.near_matches(missing[:NEW_NAMES_SHOWN], known)
            names = [[name, rows[name], meant] for name, meant in near.items()]
            made[field] = {"count": len(missing), "names": names}
    return made


def _name_look_alikes(batch: ImportBatch, planned: Sequence[PlannedRow]) -> None:
    """Keep with each row that would make an account which ones it may be already, and why."""
    new = [row for row in planned if row.outcome == "created"]
    found = duplicates.find_similar_many([row.values for row in new])
    for row in batch.rows:
        row["alike"] = []
    for plan, alike in zip(new, found, strict=True):
        batch.rows[plan.index]["alike"] = alike


def _code_warning(plan: PlannedRow) -> str:
    """Why a social credit code looks wrong; it is taken over all the same."""
    code = plan.values.get("credit_code")
    return rules.credit_code_warning(str(code)) if code else ""


def _shown(value: str | date | None) -> str:
    return "" if value is None else str(value)


def _seen(rows: Sequence[dict[str, Any]]) -> list[tuple[str, Any, int]]:
    """What a preview showed of each row."""
    return [(row["outcome"], row["changes"], len(row["errors"])) for row in rows]
