"""Pages that bring accounts in from files and take them out."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import tasks
from accounts.fields import FIELDS
from accounts.filters import Filters
from accounts.forms_transfer import ExportForm, UploadForm
from accounts.models import Account, ImportBatch
from accounts.services import exporting, exports, import_jobs, imports
from accounts.views.duplicates import REASON_LABELS
from kam.core.errors import RuleViolation
from kam.core.exports import download
from kam.core.http import StaffRequest, refusals_shown

ROWS_PER_PAGE = 50
LATE = timedelta(minutes=2)
OUTCOMES = ("created", "updated", "unchanged", "rejected")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.import_account", raise_exception=True)
def import_accounts(request: StaffRequest) -> HttpResponse:
    """Upload a file; /accounts/import/."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = imports.start_import(
                file.name or "",
                file.read(),
                actor=request.user,
                clear_empty=form.cleaned_data["clear_empty"],
            )
        except RuleViolation as violation:
            form.add_error("file", violation.message)
        else:
            return redirect("accounts:import_batch", batch.pk)
    batches = ImportBatch.objects.select_related("uploaded_by").defer("rows", "header")[:20]
    context = {"form": form, "batches": batches}
    return render(request, "accounts/import.html", context, status=422 if form.errors else 200)


@require_safe
@permission_required("accounts.import_account", raise_exception=True)
def import_batch(request: StaffRequest, pk: int) -> HttpResponse:
    """What an import would do or has done, row by row; /accounts/import/<pk>/."""
    if request.htmx and request.htmx.target == "progress":
        return _progress(request, pk)
    batch = get_object_or_404(ImportBatch.objects.select_related("uploaded_by"), pk=pk)
    outcome = request.GET.get("outcome", "")
    rows = [row for row in batch.rows if outcome not in OUTCOMES or row["outcome"] == outcome]
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    labels = imports.field_labels()
    similar = [pk for row in page for pk, _why in row.get("alike", [])]
    seen = Account.objects.visible_to(request.user).in_bulk(similar)
    context = {
        "batch": batch,
        "mapping": [(title, labels.get(name, ""), name in FIELDS) for title, name in batch.header],
        "outcome": outcome if outcome in OUTCOMES else "",
        "counts": [(name, getattr(batch, name)) for name in OUTCOMES],
        "page": page,
        "rows": [_shown(batch, row, labels, seen) for row in page],
        "new_names": [(labels[field], names) for field, names in batch.new_names.items()],
        "is_late": _is_late(batch),
    }
    return render(request, "accounts/import_batch.html", context)


def _progress(request: StaffRequest, pk: int) -> HttpResponse:
    """How far a worker is; asked for every other second, so without the rows."""
    batch = get_object_or_404(ImportBatch.objects.defer("rows"), pk=pk)
    if batch.status != ImportBatch.Status.QUEUED:
        return HttpResponseClientRefresh()
    context = {"batch": batch, "is_late": _is_late(batch)}
    return render(request, "accounts/import_batch.html#progress", context)


def _is_late(batch: ImportBatch) -> bool:
    """Whether it waits so long that no worker can have been told."""
    if batch.status != ImportBatch.Status.QUEUED or batch.started_at or not batch.confirmed_at:
        return False
    return timezone.now() - batch.confirmed_at > LATE


def _shown(
    batch: ImportBatch, row: dict[str, Any], labels: dict[str, str], seen: dict[int, Account]
) -> dict[str, Any]:
    named = {name: cell for (_t, name), cell in zip(batch.header, row["cells"], strict=True)}
    return {
        **row,
        "number": named.get("account_number", ""),
        "name": named.get("name", ""),
        "alike": [
            (seen.get(pk), [REASON_LABELS[reason] for reason in why])
            for pk, why in row.get("alike", [])
        ],
        "changes": [(labels[name], *values) for name, values in row["changes"].items()],
        "errors": [
            (labels.get(error["field"], error["field"]), error["detail"]) for error in row["errors"]
        ],
    }


@require_POST
@permission_required("accounts.import_account", raise_exception=True)
def apply_import(request: StaffRequest, pk: int) -> HttpResponse:
    """Store the rows of a preview: a small file at once, a large one by a worker."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    with refusals_shown(request):
        if len(batch.rows) > import_jobs.ROWS_AT_ONCE:
            _queue(request, pk)
        else:
            imports.apply_import(pk, actor=request.user)
            messages.success(request, _("The import was applied."))
    return redirect("accounts:import_batch", pk)


def _queue(request: StaffRequest, pk: int) -> None:
    import_jobs.queue_import(pk, actor=request.user)
    if not tasks.enqueue(pk):
        messages.warning(
            request,
            _("No worker can be reached just now. The import waits and is picked up later."),
        )


@require_POST
@permission_required("accounts.import_account", raise_exception=True)
def discard_import(request: StaffRequest, pk: int) -> HttpResponse:
    """Drop a preview."""
    get_object_or_404(ImportBatch.objects.defer("rows"), pk=pk)
    with refusals_shown(request):
        imports.discard_import(pk, actor=request.user)
        return redirect("accounts:import")
    return redirect("accounts:import_batch", pk)


@require_safe
@permission_required("accounts.import_account", raise_exception=True)
def import_errors(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The refused rows with what is wrong in them, to mend and upload again."""
    titles, rows = imports.failed_rows(get_object_or_404(ImportBatch, pk=pk))
    return download(f"import-{pk}-errors", "xlsx", titles, rows)


@require_safe
@permission_required("accounts.import_account", raise_exception=True)
def import_template(request: StaffRequest) -> HttpResponseBase:
    """An empty workbook with a column for each field."""
    labels = imports.field_labels()
    return download("accounts-template", "xlsx", [labels[name] for name in FIELDS], [])


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.export_account", raise_exception=True)
def export_accounts(request: StaffRequest) -> HttpResponseBase:
    """The accounts of a list as a file; /accounts/export/?<the list's query string>."""
    filters = Filters(request.GET, user=request.user)
    accounts = filters.apply(Account.objects.visible_to(request.user)).order_by("name_sort", "pk")
    titles = exports.columns(request.user)
    form = ExportForm(
        request.POST or None, columns=list(titles.items()), initial={"columns": list(FIELDS)}
    )
    if request.method == "POST" and form.is_valid():
        names, kind = form.cleaned_data["columns"], form.cleaned_data["format"]
        try:
            rows = exports.export_rows(
                accounts,
                names,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                query=filters.query,
                file_format=kind,
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            file_name = f"accounts-{timezone.localdate()}"
            return download(file_name, kind, [titles[name] for name in names], rows)
    context = {
        "form": form,
        "filters": filters,
        "back": f"{reverse('accounts:list')}?{filters.query}",
        "number": accounts.count(),
        "quota": exporting.quota(exports.KIND, user=request.user),
    }
    return render(request, "accounts/export.html", context, status=422 if form.errors else 200)
