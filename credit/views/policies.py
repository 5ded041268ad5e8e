"""The rules of credit 信用政策: what is in force, what was, and new versions."""

from __future__ import annotations

import json
import re
import types
from dataclasses import is_dataclass
from datetime import timedelta
from typing import Any, Union, get_args, get_origin, get_type_hints

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Request
from credit import policies, policy_words
from credit.forms_terms import DayInput
from credit.models import Policy
from credit.queries import what_if
from credit.rules.rating import LimitPolicy
from credit.services import policy_changes
from kam.core.errors import RuleViolation
from kam.core.http import StaffRequest

# Kinds whose values have a field each; of the others the lists may grow, so they are one text.
PLAIN: dict[str, type[Any]] = {
    Policy.Kind.CHECKS: policies.Checks,
    Policy.Kind.TERMS: LimitPolicy,
    Policy.Kind.SUPERVISION: policies.Supervision,
}

_WHOLE = re.compile(r"-?[0-9]{1,18}")


class PolicyForm(forms.Form):
    """A new version: every value of the version in force, from tomorrow on."""

    effective_from = forms.DateField(
        label=gettext_lazy("effective from"),
        widget=DayInput,
        help_text=gettext_lazy("Today or later: rules do not reach back."),
    )
    note = forms.CharField(
        label=gettext_lazy("reason for the change"), widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, kind: str, content: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.content = kind, content
        self.initial.setdefault("effective_from", timezone.localdate() + timedelta(days=1))
        if kind in PLAIN:
            for path, value in policy_words.flat(content).items():
                self.fields[path] = _field(path, value)
        else:
            self.fields["content"] = forms.JSONField(
                label=gettext_lazy("content"),
                initial=content,
                encoder=_Indented,
                widget=forms.Textarea({"rows": 28, "spellcheck": "false"}),
                help_text=gettext_lazy(
                    "Lists may grow and shrink. What does not fit together is named."
                ),
            )

    def written(self) -> Any:
        """The content that a valid form describes."""
        if self.kind not in PLAIN:
            return self.cleaned_data["content"]
        content: dict[str, Any] = json.loads(json.dumps(self.content))
        for path in policy_words.flat(self.content):
            *above, name = path.split(".")
            place = content
            for each in above:
                place = place[each]
            place[name] = _value(PLAIN[self.kind], path, self.cleaned_data[path])
        return content


class _Indented(json.JSONEncoder):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"indent": 2, "ensure_ascii": False})


def _field(path: str, value: Any) -> forms.Field:
    name = policy_words.label(path)
    if isinstance(value, bool):
        return forms.BooleanField(label=name, initial=value, required=False)
    return forms.CharField(label=name, initial=value, required=False, max_length=40)


def _value(cls: type[Any], path: str, typed: Any) -> Any:
    """What a field holds as JSON: nothing is off, a whole number where the rule wants one."""
    if isinstance(typed, bool):
        return typed
    text = typed.strip()
    if not text:
        return None
    wants_int = _hint(cls, path.split(".")) is int
    return int(text) if wants_int and _WHOLE.fullmatch(text) else text


def _hint(hint: Any, path: list[str]) -> Any:
    """The type of the value at a place of a policy."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not types.NoneType)
    if not path:
        return hint
    if is_dataclass(hint):
        return _hint(get_type_hints(hint)[path[0]], path[1:])
    return _hint(get_args(hint)[1], path[1:])


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def index(request: StaffRequest) -> HttpResponse:
    """Every kind of rules with its version in force and those to come or waiting."""
    today = timezone.localdate()
    rows = [
        {
            "kind": kind,
            "label": label,
            "in_force": Policy.objects.in_force(kind, today).first(),
            "coming": Policy.objects.filter(kind=kind)
            .exclude(status=Policy.Status.REJECTED)
            .filter(effective_from__gt=today)
            .order_by("effective_from", "version"),
        }
        for kind, label in Policy.Kind.choices
    ]
    return render(request, "credit/policies.html", {"rows": rows})


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def detail(request: StaffRequest, kind: str, version: int) -> HttpResponse:
    """One version in words beside the one in force, and all others of its kind."""
    policy = _get(kind, version)
    today = timezone.localdate()
    in_force = Policy.objects.in_force(kind, today).first()
    asked = Request.objects.of(policy).first()
    changed = policy_changes.differences(in_force, policy) if policy != in_force else []
    context = {
        "policy": policy,
        "in_force": in_force,
        "words": policy_words.in_words(kind, policy.content),
        "changed": [
            (policy_words.label(path), *(policy_words.said(path, text) for text in texts))
            for path, *texts in changed
        ],
        "versions": Policy.objects.filter(kind=kind).select_related("proposed_by"),
        "asked": asked,
        "may_open": asked is not None
        and Request.objects.visible_to(request.user).filter(pk=asked.pk).exists(),
        "signatures": asked.signatures.select_related("signer") if asked else [],
        "may_try": policy != in_force
        and kind in (Policy.Kind.CHECKS, Policy.Kind.SCORECARD, Policy.Kind.TERMS),
    }
    return render(request, "credit/policy.html", context)


@require_safe
@permission_required("credit.view_creditparty", raise_exception=True)
def try_out(request: StaffRequest, kind: str, version: int) -> HttpResponse:
    """What would be different if this version were in force already; writes nothing."""
    policy = _get(kind, version)
    found = _effects(request, kind, policy.content)
    context = {"policy": policy, **found}
    template = "credit/policy_effects.html"
    return render(request, f"{template}#effects" if request.htmx else template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("credit.propose_policy", raise_exception=True)
def propose(request: StaffRequest, kind: str) -> HttpResponse:
    """Write a new version, try it, and put it before the general manager."""
    if kind not in Policy.Kind.values:
        raise Http404
    in_force = Policy.objects.in_force(kind, timezone.localdate()).first()
    content = policies.content(
        kind, policies.read(kind, in_force.content) if in_force else policies.shipped(kind)
    )
    form = PolicyForm(request.POST or None, kind=kind, content=content)
    found: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            if "try" in request.POST:
                found = _effects(request, kind, form.written())
            else:
                policy = _propose(form, request)
                messages.success(request, _("The policy awaits approval."))
                return redirect(policy)
        except RuleViolation as violation:
            form.add_error(None, violation.message)
    context = {"form": form, "kind": kind, "label": Policy.Kind(kind).label, **found}
    status = 422 if form.errors else 200
    return render(request, "credit/policy_form.html", context, status=status)


def _propose(form: PolicyForm, request: StaffRequest) -> Policy:
    return policy_changes.propose_policy(
        kind=form.kind,
        content=form.written(),
        effective_from=form.cleaned_data["effective_from"],
        note=form.cleaned_data["note"],
        actor=request.user,
    )


def _effects(request: StaffRequest, kind: str, content: Any) -> dict[str, Any]:
    rules = policies.read(kind, content)
    found = what_if.effects(kind, rules, timezone.localdate(), viewer=request.user)
    return {
        "tried": found is not None,
        "effects": (found or [])[: what_if.SHOWN],
        "number": len(found or []),
        "is_untried": found is None,
    }


def _get(kind: str, version: int) -> Policy:
    rows = Policy.objects.select_related("proposed_by")
    return get_object_or_404(rows, kind=kind, version=version)
