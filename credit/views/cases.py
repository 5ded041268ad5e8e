"""The page of a collection case, and the forms that work on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import timeline
from accounts.models import Account, Event
from credit import collection_forms as forms
from credit import collection_words, letters, policies
from credit.models import (
    CollectionAction,
    CollectionCase,
    Dispute,
    Invoice,
    LegalCase,
    Payment,
    PaymentPromise,
    Policy,
    WriteOff,
)
from credit.queries.claims import claims
from credit.queries.promises import judged
from credit.queries.worklist import items
from credit.services import collections, disputes, legal, promises, write_offs
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

EVENTS = 100
_CENT = Decimal("0.01")
PAY_WITHIN = timedelta(days=7)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Everything about the collection from one account."""
    case = _get(request, case_id)
    today = timezone.localdate()
    found = items(request.user, today, account_id=case.account_id)
    context = {
        "case": case,
        "item": found[0] if found and case.is_open else None,
        "invoices": _invoices(case),
        "promises": _promises(case),
        "disputes": Dispute.objects.filter(invoice__account=case.account_id).select_related(
            "invoice"
        ),
        "write_offs": WriteOff.objects.filter(invoice__account=case.account_id).select_related(
            "invoice"
        ),
        "legal_cases": LegalCase.objects.filter(account=case.account_id),
        "letters": case.actions.exclude(letter="").select_related("actor"),
        "events": _events(case),
        "earlier": case.account.collection_cases.exclude(pk=case.pk),
    }
    return render(request, "credit/case.html", context)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def account_panel(request: StaffRequest, account_number: str) -> HttpResponse:
    """What collections know of an account, for its credit page."""
    accounts = Account.objects.visible_to(request.user)
    account = get_object_or_404(accounts, account_number=account_number)
    context = {
        "account": account,
        "case": account.collection_cases.filter(status="open").select_related("owner").first(),
        "promises": PaymentPromise.objects.filter(case__account=account)[:5],
        "disputes": Dispute.objects.filter(
            invoice__account=account, settled_on=None
        ).select_related("invoice"),
    }
    return render(request, "credit/collections_panel.html", context)


def _invoices(case: CollectionCase) -> list[dict[str, Any]]:
    """What is open, with interest and the last day to sue."""
    today = timezone.localdate()
    rows = Invoice.objects.filter(account=case.account_id).unpaid()
    invoices = list(rows.prefetch_related("instalments"))
    rules = policies.in_force(Policy.Kind.RECEIVABLES, today).rules
    found = claims(invoices, today, interest=rules.interest, limits=rules.limitation)
    return [{"invoice": invoice, "claim": found[invoice.pk]} for invoice in invoices]


def _promises(case: CollectionCase) -> list[dict[str, Any]]:
    """The promises of a case with the payments that prove what became of them."""
    rows = list(case.promises.select_related("contact", "recorded_by").prefetch_related("invoices"))
    proofs = judged([case.account_id], timezone.localdate()) if rows else {}
    proof = {pk: each.proof.items() for pk, each in proofs.items()}
    payments = Payment.objects.in_bulk({key for pairs in proof.values() for key, _amount in pairs})
    return [
        {
            "promise": promise,
            "proof": [(payments[key], amount) for key, amount in proof.get(promise.pk, ())],
        }
        for promise in rows
    ]


def _events(case: CollectionCase) -> list[dict[str, Any]]:
    kinds = [f"credit.{name}" for name in collection_words.KINDS]
    rows = Event.objects.filter(
        account=case.account_id, kind__in=kinds, at__date__gte=case.opened_on
    ).select_related("actor")
    return [
        {"event": each, "icon": timeline.icon(each), "text": timeline.say(each)}
        for each in rows[:EVENTS]
    ]


# --- forms


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def step(request: StaffRequest, case_id: int) -> HttpResponse:
    """Record a call, a visit or a reminder."""
    case = _get(request, case_id)
    form = forms.StepForm(request.POST or None, case=case, initial=request.GET.dict())
    return _form_page(request, case, form, _("Record a step"), collections.record_action)


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def letter(request: StaffRequest, case_id: int) -> HttpResponse:
    """Write a letter from the figures of the chosen invoices and record that it was sent."""
    case = _get(request, case_id)
    today = timezone.localdate()
    kinds = dict(forms.LetterForm.base_fields["kind"].choices)  # type: ignore[attr-defined]
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else CollectionAction.Kind.LETTER
    overdue = Invoice.objects.filter(account=case.account_id).overdue(today)
    chosen = _chosen(request, case) or list(overdue.prefetch_related("instalments"))
    text = letters.letter(
        kind, name=case.account.name, invoices=chosen, on=today, pay_by=today + PAY_WITHIN
    )
    initial = {"kind": kind, "invoices": chosen, "letter": text}
    form = forms.LetterForm(request.POST or None, case=case, initial=initial)
    return _form_page(request, case, form, _("Letter"), collections.record_action)


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def promise(request: StaffRequest, case_id: int) -> HttpResponse:
    """Record a promise to pay."""
    case = _get(request, case_id)
    chosen = _chosen(request, case)
    initial = {"invoices": chosen, "amount": _sum(chosen)}
    form = forms.PromiseForm(request.POST or None, case=case, initial=initial)
    return _form_page(request, case, form, _("Promise to pay"), promises.promise)


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def withdraw_promise(request: StaffRequest, case_id: int) -> HttpResponse:
    """Take back a promise that was recorded in error."""
    case = _get(request, case_id)
    form = forms.WithdrawForm(request.POST or None, case=case, initial=request.GET.dict())
    return _form_page(
        request,
        case,
        form,
        _("Withdraw a promise"),
        lambda _case_id, *, promise, **given: promises.withdraw(promise.pk, **given),
    )


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def put_off(request: StaffRequest, case_id: int) -> HttpResponse:
    """Put the next step off to a day of choice."""
    case = _get(request, case_id)
    form = forms.PutOffForm(request.POST or None, case=case)
    return _form_page(request, case, form, _("Put off"), collections.snooze)


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def plan(request: StaffRequest, case_id: int) -> HttpResponse:
    """Who collects, and how."""
    case = _get(request, case_id)
    initial = {"owner": case.owner_id, "plan": case.plan}
    form = forms.PlanForm(request.POST or None, case=case, initial=initial)
    return _form_page(request, case, form, _("Collection plan"), collections.plan_case)


@require_http_methods(["GET", "POST"])
@permission_required("credit.collect", raise_exception=True)
def close(request: StaffRequest, case_id: int) -> HttpResponse:
    """Close the case."""
    case = _get(request, case_id)
    form = forms.CloseForm(request.POST or None, case=case)
    return _form_page(request, case, form, _("Close the case"), collections.close_case)


@require_http_methods(["GET", "POST"])
@permission_required("credit.manage_receivables", raise_exception=True)
def dispute(request: StaffRequest, case_id: int) -> HttpResponse:
    """Record that the customer contests an invoice."""
    case = _get(request, case_id)
    form = forms.DisputeForm(request.POST or None, case=case, initial=_first(request, case))
    return _form_page(
        request,
        case,
        form,
        _("Dispute"),
        lambda _case_id, *, invoice, **given: disputes.open_dispute(invoice.pk, **given),
    )


@require_http_methods(["GET", "POST"])
@permission_required("credit.manage_receivables", raise_exception=True)
def write_off(request: StaffRequest, case_id: int) -> HttpResponse:
    """Propose to give up a receivable."""
    case = _get(request, case_id)
    form = forms.WriteOffForm(request.POST or None, case=case, initial=_first(request, case))
    return _form_page(
        request,
        case,
        form,
        _("Propose a write-off"),
        lambda _case_id, *, invoice, **given: write_offs.propose(invoice.pk, **given),
    )


@require_http_methods(["GET", "POST"])
@permission_required("credit.manage_legal", raise_exception=True)
def legal_case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Prepare a legal case."""
    case = _get(request, case_id)
    chosen = _chosen(request, case)
    initial = {"invoices": chosen, "claim_amount": _sum(chosen)}
    form = forms.LegalForm(request.POST or None, case=case, initial=initial)
    return _form_page(
        request,
        case,
        form,
        _("Legal case"),
        lambda _case_id, **given: legal.open_legal_case(case.account_id, **given),
    )


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def sent_letter(request: StaffRequest, action_id: int) -> HttpResponse:
    """A letter as it was sent, to be printed."""
    found = CollectionAction.objects.visible_to(request.user).exclude(letter="")
    action = get_object_or_404(found.select_related("case__account", "actor"), pk=action_id)
    return render(request, "credit/letter.html", {"action": action})


def _get(request: StaffRequest, case_id: int) -> CollectionCase:
    rows = CollectionCase.objects.visible_to(request.user)
    rows = rows.select_related("account__manager", "owner", "opened_by", "closed_by")
    return get_object_or_404(rows, pk=case_id)


def _chosen(request: StaffRequest, case: CollectionCase) -> list[Invoice]:
    """The invoices that were ticked on the page of the case."""
    ids = [value for value in request.GET.getlist("invoice") if value.isdecimal()]
    rows = Invoice.objects.filter(account=case.account_id).unpaid()
    rows = rows.filter(pk__in=[int(value) for value in ids if len(value) < 18])
    return list(rows.prefetch_related("instalments"))


def _first(request: StaffRequest, case: CollectionCase) -> dict[str, Any]:
    if chosen := _chosen(request, case):
        return {"invoice": chosen[0].pk, "amount": _sum(chosen[:1])}
    return {}


def _sum(invoices: list[Invoice]) -> Decimal | None:
    """What is open of them, without zeros behind the second decimal; None for none."""
    if not invoices:
        return None
    total = sum((each.open_amount for each in invoices), Decimal(0))
    return total.quantize(_CENT) if total == total.quantize(_CENT) else total


def _form_page(
    request: StaffRequest,
    case: CollectionCase,
    form: forms.OfCaseForm,
    title: str,
    save: Callable[..., object],
) -> HttpResponse:
    """Show a form about a case; `save` takes the case's id, the actor and what was filled in."""
    if request.method == "POST" and form.is_valid():
        try:
            save(case.pk, actor=request.user, **form.cleaned_data)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            messages.success(request, _("Recorded."))
            return redirect(case)
    context = {"case": case, "form": form, "title": title}
    return render(request, "credit/case_form.html", context, status=422 if form.errors else 200)
