"""The forms that work on a complaint: one table of steps, one way to show and save them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from complaints import forms
from complaints.models import Action, Compensation, Complaint, Finding, SimilarCustomer
from complaints.services import (
    compensations,
    escalations,
    files,
    findings,
    procedure,
    registering,
    reports,
)
from complaints.views.listing import SHOWN_ONCE
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.functional import Promise

    from staff.models import User

CHANGE = "complaints.change_complaint"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do to a complaint, or to a part of it.

    save: called with the id of the complaint or part, the actor and what the form holds.
    part: the model of the part. by_owner: also for the owner of the part, who may have no other
    business with complaints; all else is for who may change them.
    """

    key: str
    title: str | Promise
    form: type[forms.ForUser]
    save: Callable[..., object]
    part: type[Model] | None = None
    by_owner: bool = False
    anchor: str = ""

    @property
    def is_upload(self) -> bool:
        return self.form is forms.FileForm


def _steps(*steps: Step) -> dict[str, Step]:
    return {step.key: step for step in steps}


STEPS = _steps(
    Step(
        key="acknowledge",
        title=gettext_lazy("Acknowledge the complaint"),
        form=forms.NoteForm,
        save=procedure.acknowledge,
    ),
    Step(
        key="investigate",
        title=gettext_lazy("Begin the investigation"),
        form=forms.NoteForm,
        save=procedure.investigate,
    ),
    Step(
        key="wait",
        title=gettext_lazy("Wait for the customer"),
        form=forms.QuestionForm,
        save=procedure.wait,
    ),
    Step(
        key="resume",
        title=gettext_lazy("Customer has answered"),
        form=forms.NoteForm,
        save=procedure.resume,
    ),
    Step(
        key="resolve",
        title=gettext_lazy("Solution found"),
        form=forms.ResolveForm,
        save=procedure.resolve,
    ),
    Step(
        key="withdraw",
        title=gettext_lazy("Withdraw the solution"),
        form=forms.ReasonForm,
        save=procedure.withdraw_solution,
    ),
    Step(
        key="reply",
        title=gettext_lazy("Inform the customer"),
        form=forms.ReplyForm,
        save=procedure.reply,
    ),
    Step(
        key="confirm",
        title=gettext_lazy("Customer is content"),
        form=forms.NoteForm,
        save=procedure.confirm,
    ),
    Step(
        key="contest",
        title=gettext_lazy("Customer is not content"),
        form=forms.ReasonForm,
        save=procedure.contest,
    ),
    Step(
        key="close",
        title=gettext_lazy("Close the complaint"),
        form=forms.NoteForm,
        save=procedure.close,
    ),
    Step(key="reopen", title=gettext_lazy("Reopen"), form=forms.ReasonForm, save=procedure.reopen),
    Step(
        key="assign", title=gettext_lazy("Assign"), form=forms.AssignForm, save=registering.assign
    ),
    Step(
        key="escalate",
        title=gettext_lazy("Escalate"),
        form=forms.EscalateForm,
        save=escalations.escalate,
    ),
    Step(
        key="correct",
        title=gettext_lazy("Correct"),
        form=forms.CorrectForm,
        save=registering.correct,
    ),
    Step(
        key="secret",
        title=gettext_lazy("New access for the customer"),
        form=forms.ForUser,
        save=registering.renew_secret,
    ),
    Step(
        key="finding",
        title=gettext_lazy("Good or bad faith"),
        form=forms.FindingForm,
        save=findings.propose_finding,
        anchor="faith",
    ),
    Step(
        key="report",
        title=gettext_lazy("8D report"),
        form=forms.ReportForm,
        save=reports.write_report,
        anchor="report",
    ),
    Step(
        key="action",
        title=gettext_lazy("New action"),
        form=forms.ActionForm,
        save=reports.add_action,
        anchor="actions",
    ),
    Step(
        key="similar",
        title=gettext_lazy("Similar customer"),
        form=forms.SimilarForm,
        save=reports.add_similar,
        anchor="similar",
    ),
    Step(
        key="find-similar",
        title=gettext_lazy("List who bought the same product within a year"),
        form=forms.ForUser,
        save=reports.find_similar,
        anchor="similar",
    ),
    Step(
        key="compensation",
        title=gettext_lazy("Propose a compensation"),
        form=forms.CompensationForm,
        save=compensations.propose_compensation,
        anchor="compensation",
    ),
    Step(
        key="file",
        title=gettext_lazy("New file"),
        form=forms.FileForm,
        save=files.add_file,
        anchor="files",
    ),
)
PART_STEPS = _steps(
    Step(
        key="decide",
        title=gettext_lazy("Decide on the finding"),
        form=forms.DecideForm,
        save=findings.decide_finding,
        part=Finding,
        anchor="faith",
    ),
    Step(
        key="finish",
        title=gettext_lazy("Action is done"),
        form=forms.FinishForm,
        save=reports.finish_action,
        part=Action,
        by_owner=True,
        anchor="actions",
    ),
    Step(
        key="verify",
        title=gettext_lazy("Verify the action"),
        form=forms.VerifyForm,
        save=reports.verify_action,
        part=Action,
        anchor="actions",
    ),
    Step(
        key="drop",
        title=gettext_lazy("Take the action back"),
        form=forms.ReasonForm,
        save=reports.drop_action,
        part=Action,
        anchor="actions",
    ),
    Step(
        key="told",
        title=gettext_lazy("Customer was told"),
        form=forms.ToldForm,
        save=reports.tell_similar,
        part=SimilarCustomer,
        anchor="similar",
    ),
    Step(
        key="leave-out",
        title=gettext_lazy("Leave this customer out"),
        form=forms.ReasonForm,
        save=reports.drop_similar,
        part=SimilarCustomer,
        anchor="similar",
    ),
    Step(
        key="deliver",
        title=gettext_lazy("Compensation delivered"),
        form=forms.DeliverForm,
        save=compensations.deliver,
        part=Compensation,
        anchor="compensation",
    ),
)


@require_http_methods(["GET", "POST"])
@permission_required("complaints.view_complaint", raise_exception=True)
def step(request: StaffRequest, complaint_number: str, key: str) -> HttpResponse:
    """Do one of STEPS to a complaint."""
    return _work(request, complaint_number, STEPS, key)


@require_http_methods(["GET", "POST"])
@permission_required("complaints.view_complaint", raise_exception=True)
def part_step(request: StaffRequest, complaint_number: str, key: str, pk: int) -> HttpResponse:
    """Do one of PART_STEPS to a part of a complaint."""
    return _work(request, complaint_number, PART_STEPS, key, pk)


def _work(
    request: StaffRequest, number: str, steps: dict[str, Step], key: str, pk: int | None = None
) -> HttpResponse:
    if key not in steps:
        raise Http404
    wanted = steps[key]
    rows = Complaint.objects.filter(complaint_number=number, imported=False)
    complaint = get_object_or_404(
        rows.visible_to(request.user).select_related("account", "product", "report")
    )
    _refuse_stranger(request.user, wanted, complaint, pk)
    data = request.POST if request.method == "POST" else None
    form = wanted.form(data, request.FILES or None, user=request.user, complaint=complaint)
    if request.method == "POST" and form.is_valid():
        try:
            made = wanted.save(
                complaint.pk if pk is None else pk, actor=request.user, **form.cleaned_data
            )
        except RuleViolation as violation:
            form.add_error(None, violation.message)
        else:
            if isinstance(made, registering.Registered):
                request.session[SHOWN_ONCE] = [complaint.pk, made.secret]
            messages.success(request, _("Recorded."))
            address = complaint.get_absolute_url()
            return redirect(f"{address}#{wanted.anchor}" if wanted.anchor else address)
    context = {
        "complaint": complaint,
        "step": wanted,
        "form": form,
        "categories": forms.category_choices(),
    }
    status = 422 if form.errors else 200
    return render(request, "complaints/step.html", context, status=status)


def _refuse_stranger(user: User, wanted: Step, complaint: Complaint, pk: int | None) -> None:
    """404 for a part that is not there, 403 for who may not do this."""
    is_owner = False
    if wanted.part is not None:
        parts = wanted.part._default_manager.filter(complaint=complaint)
        part: Any = get_object_or_404(parts, pk=pk)
        is_owner = wanted.by_owner and part.owner_id == user.pk
    if not (is_owner or user.has_perm(CHANGE)):
        raise PermissionDenied
