from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import (
    GROUPS,
    AccountForm,
    AttachmentForm,
    ContactForm,
    ManagerForm,
    MemberForm,
    NewAccountForm,
    ParentForm,
    RemoveContactForm,
)
from accounts.models import Account, Attachment, Contact, ServiceMember
from accounts.services.qualification import create_prospect
from accounts.views.detail import visible_account
from accounts.views.duplicates import look_alikes
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest


@require_http_methods(["GET", "POST"])
@permission_required("accounts.add_account", raise_exception=True)
def create_account(request: StaffRequest) -> HttpResponse:
    """Open an archive. Who may not assign managers becomes the manager."""
    may_assign = request.user.has_perm("accounts.assign_account_manager")
    initial = {"is_prospect": "prospect" in request.GET}
    form = NewAccountForm(sent(request), may_assign=may_assign, initial=initial)

    def create() -> None:
        values = {**form.cleaned_data}
        manager = values.pop("manager", None) if may_assign else request.user
        opens = create_prospect if values.pop("is_prospect") else services.create_account
        opens(
            account_number=values.pop("account_number"),
            name=values.pop("name"),
            manager=manager,
            fields=values,
            actor=request.user,
        )

    alike = _look_alikes(request, form)
    if not alike and done(request, form, create, _("The archive is open.")):
        return redirect("accounts:detail", form.cleaned_data["account_number"])
    return _page(request, "accounts/account_create.html", {"form": form, "alike": alike})


def _look_alikes(request: StaffRequest, form: NewAccountForm) -> list[Any]:
    """Who it may be already, unless that was looked at or something else is wrong."""
    if request.method != "POST" or not form.is_valid() or "create_anyway" in request.POST:
        return []
    entered = (form.cleaned_data[name] for name in ("name", "credit_code", "phone"))
    if alike := look_alikes(request.user, *entered):
        form.add_error(None, _("Nothing was stored yet: this customer may have an archive."))
    return alike


@require_http_methods(["GET", "POST"])
@permission_required("accounts.change_account", raise_exception=True)
def edit_account(request: StaffRequest, account_number: str, group: str = "basic") -> HttpResponse:
    """Change one group of the facts of an account."""
    account = live_account(request, account_number)
    if group not in GROUPS:
        raise Http404
    form = AccountForm(sent(request), instance=account, group=group)

    def change() -> None:
        services.change_account(
            account.pk,
            fields=form.facts_entered(),
            expected=moment(form.cleaned_data["expected"]),
            reviewed=form.cleaned_data["reviewed"],
            reason=form.cleaned_data["reason"],
            actor=request.user,
        )

    if done(request, form, change, _("Saved.")):
        return redirect(account)
    context = {"account": account, "form": form, "groups": GROUPS, "group": group}
    return _page(request, "accounts/account_edit.html", context)


@require_POST
@permission_required("accounts.change_account", raise_exception=True)
def review_account(request: StaffRequest, account_number: str) -> HttpResponse:
    """Note that the archive was gone through and is right."""
    account = live_account(request, account_number)
    services.review_account(account.pk, actor=request.user)
    messages.success(request, _("Reviewed; due again in half a year."))
    return redirect(account)


@require_http_methods(["GET", "POST"])
@permission_required("accounts.assign_account_manager", raise_exception=True)
def change_manager(request: StaffRequest, account_number: str) -> HttpResponse:
    """Give the account to another account manager."""
    account = live_account(request, account_number)
    form = ManagerForm(sent(request), initial={"manager": account.manager_id})

    def change() -> None:
        services.change_manager(account.pk, actor=request.user, **form.cleaned_data)

    return _small(request, account, form, change, _("Change the account manager"))


@require_http_methods(["GET", "POST"])
@permission_required("accounts.change_account", raise_exception=True)
def change_parent(request: StaffRequest, account_number: str) -> HttpResponse:
    """Put the account under its parent company, or on its own."""
    account = live_account(request, account_number)
    initial = {"parent": account.parent.account_number if account.parent else ""}
    form = ParentForm(sent(request), user=request.user, initial=initial)

    def change() -> None:
        services.set_parent(account.pk, parent=form.cleaned_data["parent"], actor=request.user)

    return _small(request, account, form, change, _("Change the parent company"))


@require_http_methods(["GET", "POST"])
@permission_required("accounts.add_contact", raise_exception=True)
def add_contact(request: StaffRequest, account_number: str) -> HttpResponse:
    account = live_account(request, account_number)
    form = ContactForm(sent(request))

    def add() -> None:
        services.add_contact(account.pk, fields=form.details(), actor=request.user)

    return _small(request, account, form, add, _("New contact"))


@require_http_methods(["GET", "POST"])
@permission_required("accounts.change_contact", raise_exception=True)
def edit_contact(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    """Change what is known of a contact; who does not serve the account opens them first."""
    account = live_account(request, account_number)
    contact = _contact(request, account, pk)
    if contact.is_masked:
        way = reverse("accounts:contacts_open", args=[account_number])
        return redirect(f"{way}?contact={contact.pk}")
    form = ContactForm(sent(request), instance=contact)

    def change() -> None:
        services.change_contact(
            contact.pk,
            fields=form.details(),
            expected=moment(form.cleaned_data["expected"]),
            actor=request.user,
        )

    remove = "accounts:contact_remove"
    return _small(request, account, form, change, contact.name, contact=contact, remove=remove)


@require_http_methods(["GET", "POST"])
@permission_required("accounts.change_contact", raise_exception=True)
def remove_contact(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    """Delete a contact, with a reason."""
    account = live_account(request, account_number)
    contact = _contact(request, account, pk)
    form = RemoveContactForm(sent(request))

    def remove() -> None:
        services.remove_contact(contact.pk, actor=request.user, **form.cleaned_data)

    title = _("Delete the contact %(name)s") % {"name": contact.name}
    return _small(request, account, form, remove, title, is_danger=True)


@require_http_methods(["GET", "POST"])
@permission_required("accounts.change_servicemember", raise_exception=True)
def add_member(request: StaffRequest, account_number: str) -> HttpResponse:
    account = live_account(request, account_number)
    form = MemberForm(sent(request))

    def add() -> None:
        services.add_member(account.pk, actor=request.user, **form.cleaned_data)

    return _small(request, account, form, add, _("New member of the service team"))


@require_POST
@permission_required("accounts.change_servicemember", raise_exception=True)
def end_member(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    account = live_account(request, account_number)
    member = get_object_or_404(ServiceMember, account=account, pk=pk)
    services.end_member(member.pk, actor=request.user)
    messages.success(request, _("Left the service team."))
    return redirect(account)


@require_http_methods(["GET", "POST"])
@permission_required("accounts.add_attachment", raise_exception=True)
def add_attachment(request: StaffRequest, account_number: str) -> HttpResponse:
    account = live_account(request, account_number)
    form = AttachmentForm(sent(request), request.FILES or None)

    def add() -> None:
        services.add_attachment(
            account.pk,
            upload=form.cleaned_data["file"],
            description=form.cleaned_data["description"],
            actor=request.user,
        )

    return _small(request, account, form, add, _("New file"), is_upload=True)


@require_POST
@permission_required("accounts.add_attachment", raise_exception=True)
def remove_attachment(request: StaffRequest, account_number: str, pk: int) -> HttpResponse:
    account = live_account(request, account_number)
    attachment = get_object_or_404(Attachment, account=account, pk=pk)
    services.remove_attachment(attachment.pk, actor=request.user)
    messages.success(request, _("The file is deleted."))
    return redirect(account)


def live_account(request: StaffRequest, account_number: str) -> Account:
    """The visible account of the address; 404 for one that was merged away."""
    account = visible_account(request, account_number)
    if account.merged_into_id:
        raise Http404
    return account


def sent(request: StaffRequest) -> QueryDict | None:
    """What a form was sent with, be it nothing; None when it was only asked for."""
    return request.POST if request.method == "POST" else None


def _contact(request: StaffRequest, account: Account, pk: int) -> Contact:
    return get_object_or_404(Contact.objects.read_by(request.user), account=account, pk=pk)


def moment(text: str) -> datetime:
    """The moment in a hidden field; one that nothing has when it was tampered with."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1900, 1, 1, tzinfo=UTC)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def done(
    request: StaffRequest, form: forms.BaseForm, action: Callable[[], None], success: str
) -> bool:
    """Whether the form was sent, is in order and the service did it; else the form says why not."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        action()
    except RuleViolation as violation:
        form.add_error(None, violation.message)
        return False
    messages.success(request, success)
    return True


def _small(
    request: StaffRequest,
    account: Account,
    form: forms.BaseForm,
    action: Callable[[], None],
    title: str,
    **context: Any,
) -> HttpResponse:
    """A page with one form about an account; back to the account when it is done."""
    if done(request, form, action, _("Saved.")):
        return redirect(account)
    context |= {"account": account, "form": form, "title": title}
    return _page(request, "accounts/account_form.html", context)


def _page(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, status=422 if context["form"].errors else 200)
