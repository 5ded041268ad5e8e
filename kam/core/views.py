from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kam.core import audit_words, keyset
from kam.core import tokens as token_services
from kam.core.errors import RuleViolation
from kam.core.forms import AuditFilter, TokenForm
from kam.core.http import StaffRequest
from kam.core.models import ApiToken, AuditEntry

PAGE_SIZE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("core.manage_tokens", raise_exception=True)
def tokens(request: StaffRequest) -> HttpResponse:
    """The tokens of all service users; POST makes one and shows its key, this once."""
    form = TokenForm(request.POST or None)
    new_token, key = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            new_token, key = _issue(form, request)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            form = TokenForm()
    rows = ApiToken.objects.select_related("user", "created_by")
    page = _page(request, rows, keys=("-created_at", "-pk"))
    context = {"form": form, "page": page, "new_token": new_token, "key": key}
    return render(request, "core/tokens.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _issue(form: TokenForm, request: StaffRequest) -> tuple[ApiToken, str]:
    chosen = dict(form.cleaned_data)
    user = token_services.service_user(chosen.pop("username"), actor=request.user)
    return token_services.issue(user=user, actor=request.user, **chosen)


@require_POST
@permission_required("core.manage_tokens", raise_exception=True)
def revoke_token(request: StaffRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=token_id)
    token_services.revoke(token.pk, actor=request.user)
    messages.success(request, _("The token %(token)s is revoked.") % {"token": token})
    return redirect("core:tokens")


@require_safe
@permission_required("core.view_auditentry", raise_exception=True)
def audit(request: StaffRequest) -> HttpResponse:
    """Who changed what. Business data in it shows only to who may see such data anyway."""
    form = AuditFilter(request.GET)
    page = _page(request, form.entries(), keys=("-at", "-pk"))
    rows = [_row(request, entry) for entry in page.rows]
    context = {"form": form, "page": page, "rows": rows}
    return render(request, "core/audit.html", context, status=422 if form.errors else 200)


def _row(request: StaffRequest, entry: AuditEntry) -> dict[str, Any]:
    """An entry in words; names and values only for who may see such data."""
    app, _dot, model = entry.subject_type.partition(".")
    shows_values = app in ("core", "staff") or request.user.has_perm(f"{app}.view_{model.lower()}")
    return {
        "entry": entry,
        "shows_values": shows_values,
        "action": audit_words.action(entry.action),
        "subject": audit_words.subject(entry.subject_type),
        "changes": [
            (
                audit_words.field(entry.subject_type, name),
                _said(entry.subject_type, name, value) if shows_values else "",
            )
            for name, value in entry.changes.items()
        ],
    }


def _said(label: str, name: str, change: Any) -> str:
    """A change as "old → new"."""
    values = change if isinstance(change, list) else [change]
    return " → ".join(audit_words.value(label, name, value) for value in values)


def _page(request: HttpRequest, rows: QuerySet[Any], keys: tuple[str, ...]) -> keyset.Page:
    """The page the cursor points at; a cursor that is none of ours is a page that is not there."""
    try:
        return keyset.fetch(rows, keys=keys, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except keyset.InvalidCursor as error:
        raise Http404 from error
