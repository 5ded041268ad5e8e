"""The pages for customers, without a login: to complain, and to follow a complaint."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import words
from complaints.forms_public import ASKED, ComplaintForm, FollowForm, stamp
from complaints.models import Complaint
from complaints.rules import REOPEN_DAYS, Outcome, Status
from complaints.services import public
from kam.core.errors import RuleViolation

FORMS_PER_HOUR = 10  # from one address
ALL_FORMS_PER_HOUR = 300
LOOKS_PER_HOUR = 30  # at number and secret, from one address
OPENED = "complaints_followed"  # in the session: number -> digest of the secret that opened it
GIVEN = "complaint_given"  # in the session: number and secret of the one just sent


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """The web form 网上投诉: rate limited, with traps for programs."""
    if request.method != "POST":
        return _form(request, ComplaintForm(initial={"opened": stamp()}))
    address = get_adapter(request).get_client_ip(request)
    allowed = public.allow("form", address, per_hour=FORMS_PER_HOUR)
    if not (allowed and public.allow("form", "all", per_hour=ALL_FORMS_PER_HOUR)):
        return _too_many(request)
    form = ComplaintForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            registered = public.complain(
                sender=form.sender(),
                category=form.cleaned_data["category"],
                title=form.cleaned_data["title"],
                description=form.cleaned_data["description"],
                upload=form.cleaned_data["file"],
            )
        except RuleViolation as violation:
            form.add_error("file", violation.message)
        else:
            complaint = registered.complaint
            _open(request, complaint)
            request.session[GIVEN] = [complaint.complaint_number, registered.secret]
            return redirect("complaints:received")
    data = request.POST.copy()
    data["opened"] = stamp()
    form.data = data
    return _form(request, form)


@never_cache
@login_not_required
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """The number and the secret of the complaint that was just sent."""
    if GIVEN not in request.session:
        return redirect("complaints:complain")
    number, secret = request.session[GIVEN]
    url = settings.SITE_URL + reverse("complaints:follow")
    context = {"number": number, "secret": secret, "url": url}
    return render(request, "complaints/received.html", context)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Where a customer gives number and secret. Unknown and wrong are told in the same words."""
    form = FollowForm(request.POST or None)
    if request.method == "POST":
        address = get_adapter(request).get_client_ip(request)
        if not public.allow("follow", address, per_hour=LOOKS_PER_HOUR):
            return _too_many(request)
        if form.is_valid():
            complaint = public.followed(**form.cleaned_data)
            if complaint is not None:
                _open(request, complaint)
                return redirect("complaints:followed", complaint.complaint_number)
            form.add_error(None, _("No complaint has this number and this secret."))
    status = 422 if form.errors else 200
    return render(request, "complaints/follow.html", {"form": form}, status=status)


@never_cache
@login_not_required
@require_safe
def followed(request: HttpRequest, complaint_number: str) -> HttpResponse:
    """How a complaint stands, for its customer: nothing of what we write among ourselves."""
    complaint = _opened(request, complaint_number)
    if complaint is None:
        return redirect("complaints:follow")
    asked = _asked(complaint)
    return _page(request, complaint, ASKED[asked]() if asked else None)


@never_cache
@login_not_required
@require_POST
def answer(request: HttpRequest, complaint_number: str) -> HttpResponse:
    """The customer answers what their page asks: a question, whether they are content, whether it
    is over."""
    complaint = _opened(request, complaint_number)
    if complaint is None:
        return redirect("complaints:follow")
    if not public.allow("answer", complaint_number, per_hour=LOOKS_PER_HOUR):
        return _too_many(request)
    asked = _asked(complaint)
    if asked and asked == request.POST.get("asked", "content"):
        form = ASKED[asked](request.POST, request.FILES)
        return _send(request, complaint, form)
    messages.error(request, _("This has been answered already. Here is how it stands now."))
    return redirect("complaints:followed", complaint_number)


def _send(request: HttpRequest, complaint: Complaint, form: Any) -> HttpResponse:
    if not form.is_valid():
        return _page(request, complaint, form)
    try:
        form.send(complaint.pk)
    except RuleViolation as violation:
        if violation.code not in ("moved", "not_waiting"):
            form.add_error("file", violation.message)
            return _page(request, complaint, form)
        # Its message names who of us did what.
        messages.error(request, _("This has been answered already. Here is how it stands now."))
    else:
        messages.success(request, _("Thank you for your answer."))
    return redirect("complaints:followed", complaint.complaint_number)


def _asked(complaint: Complaint) -> str:
    """What the customer is asked now, a key of ASKED; "" for nothing."""
    if complaint.is_waiting:
        return "question"
    if complaint.status == Status.REPLIED:
        return "content"
    ended = complaint.closed_at or complaint.confirmed_at
    if ended is None or complaint.outcome == Outcome.BAD_FAITH:
        return ""
    return "over" if timezone.now() < ended + timedelta(days=REOPEN_DAYS) else ""


def _form(request: HttpRequest, form: ComplaintForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "complaints/complain.html", {"form": form}, status=status)


def _too_many(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    response = render(request, "complaints/too_many.html", status=429)
    response["Retry-After"] = 3600 - now.minute * 60 - now.second
    return response


def _open(request: HttpRequest, complaint: Complaint) -> None:
    opened = request.session.get(OPENED, {})
    opened[complaint.complaint_number] = complaint.follow_digest
    request.session[OPENED] = opened


def _opened(request: HttpRequest, number: str) -> Complaint | None:
    """The complaint, when the secret that is valid now opened it in this session."""
    digest = request.session.get(OPENED, {}).get(number)
    if not digest:
        return None
    return get_object_or_404(Complaint, complaint_number=number, follow_digest=digest)


def _page(request: HttpRequest, complaint: Complaint, form: Form | None) -> HttpResponse:
    is_told = complaint.replied_at is not None
    context: dict[str, Any] = {
        "complaint": complaint,
        "status": words.STATUSES[Status(complaint.status)],
        "steps": [
            (_("Received"), complaint.received_at, None),
            (_("Acknowledged"), complaint.acknowledged_at, complaint.acknowledge_due_at),
            (pgettext("complaint", "Solution found"), complaint.resolved_at, complaint.due_at),
            (_("You were informed"), complaint.replied_at, None),
            (_("Closed"), complaint.closed_at, None),
        ],
        "reply": complaint.reply if is_told else "",
        "files": complaint.files.filter(uploaded_by=None),
        "form": form,
        "asked": _asked(complaint),
        "now": timezone.now(),
    }
    status = 422 if form and form.errors else 200
    return render(request, "complaints/followed.html", context, status=status)
