"""The people at a customer: their buying centre, and their details opened from outside."""

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import blind_spots, services
from accounts.forms import OpenContactsForm, OpeningFilter
from accounts.models import Account, BuyingRole, Contact, ContactOpening, OptOut
from accounts.models.contact import ContactOpeningQuerySet
from accounts.services import opt_outs, secrets
from accounts.views.detail import visible_account
from accounts.views.edit import done, live_account, sent
from kam.core import keyset
from kam.core.http import StaffRequest, refusals_shown, row_id

PAGE_SIZE = 50


@require_safe
@permission_required("accounts.view_contact", raise_exception=True)
def buying_centre(request: StaffRequest, account_number: str) -> HttpResponse:
    """Who plays which part in the customer's decision, and what we do not know of it (A5)."""
    account = visible_account(request, account_number)
    contacts = list(of_account(request, account).filter(has_left=False))
    today = timezone.localdate()
    roles: list[tuple[str, Any]] = [*BuyingRole.choices, ("", _("Part not known"))]
    context = {
        "account": account,
        "roles": [
            (label, [contact for contact in contacts if contact.buying_role == role])
            for role, label in roles
            if role or any(not contact.buying_role for contact in contacts)
        ],
        "blind_spots": blind_spots.of(account, contacts, today=today),
        "today": today,
    }
    return render(request, "accounts/buying_centre.html", context)


def of_account(request: StaffRequest, account: Account) -> QuerySet[Contact]:
    """The contacts of an account as this reader may see them."""
    contacts = Contact.objects.read_by(request.user).filter(account=account)
    return contacts.select_related("counterpart")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("accounts.view_contact", raise_exception=True)
def open_contacts(request: StaffRequest, account_number: str) -> HttpResponse:
    """Open details that are masked for the reader, with a reason."""
    account = live_account(request, account_number)
    masked = of_account(request, account).filter(Q(is_masked=True))
    wanted = [row_id(pk) for pk in request.GET.getlist("contact")]
    form = OpenContactsForm(sent(request), contacts=masked, initial={"contacts": wanted})

    def open_them() -> None:
        secrets.open_contacts(
            [contact.pk for contact in form.cleaned_data["contacts"]],
            reason=form.cleaned_data["reason"],
            actor=request.user,
        )

    if done(request, form, open_them, _("Opened for one hour.")):
        return redirect(f"{account.get_absolute_url()}#contacts")
    context = {
        "account": account,
        "form": form,
        "title": _("Open contact details"),
        "is_masked": masked.exists(),
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/contacts_open.html", context, status=status)


@require_POST
@permission_required("accounts.change_contact", raise_exception=True)
def touch_contact(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    """Note that somebody spoke to this contact today."""
    account = live_account(request, account_number)
    contact = get_object_or_404(of_account(request, account), pk=pk)
    services.touch_contacts([contact.pk], on=timezone.localdate(), actor=request.user)
    messages.success(request, _("Noted: spoken to today."))
    return redirect("accounts:buying_centre", account_number)


@require_POST
@permission_required("accounts.change_contact", raise_exception=True)
def contact_mailings(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    """The contact told us that they want no mailings, or want them again."""
    account = live_account(request, account_number)
    contact = get_object_or_404(of_account(request, account), pk=pk)
    if not contact.email:
        raise Http404
    with refusals_shown(request):
        if request.POST.get("wanted"):
            opt_outs.opt_in(contact.email, actor=request.user)
        else:
            opt_outs.opt_out(contact.email, via=OptOut.Via.TOLD, actor=request.user)
        messages.success(request, _("Noted; every mailing respects it."))
    return redirect(f"{account.get_absolute_url()}#contacts")


@require_safe
@permission_required("accounts.view_contactopening", raise_exception=True)
def openings(request: StaffRequest) -> HttpResponse:
    """Who opened whose details, and why; /accounts/openings/."""
    form = OpeningFilter(request.GET)
    rows = ContactOpening.objects.visible_to(request.user).select_related("user", "account")
    rows = _narrowed(rows, form) if form.is_valid() else rows.none()
    try:
        page = keyset.fetch(
            rows, keys=("-at", "-pk"), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE
        )
    except keyset.InvalidCursor as error:
        raise Http404 from error
    context = {"form": form, "page": page}
    status = 422 if form.errors else 200
    return render(request, "accounts/openings.html", context, status=status)


def _narrowed(rows: ContactOpeningQuerySet, form: OpeningFilter) -> ContactOpeningQuerySet:
    wanted = form.cleaned_data
    if who := wanted["who"]:
        rows = rows.filter(Q(user__username__iexact=who) | Q(user__full_name__icontains=who))
    if number := wanted["account"]:
        rows = rows.filter(account__account_number=number)
    if since := wanted["since"]:
        rows = rows.filter(at__gte=timezone.make_aware(datetime.combine(since, time.min)))
    return rows
