"""Tiers, RFM scores and recompute runs over REST."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from kam.core import money
from kam.core.api.fields import MoneyField
from kam.core.api.parameters import date_parameter, invalid, read_date
from kam.core.api.views import ApiView, ListApiView
from kam.core.errors import RuleViolation
from kam.core.http import StaffApiRequest
from tiering import queries, rules, services, tasks
from tiering.models import TierRecord, TierRecordQuerySet, TierRun
from tiering.queries import AccountState, Figures

READ = {"GET": "tiers:read"}
PEOPLE_READ = {"GET": "tiering.view_tierrecord"}
AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATE,
    description="Any day up to today; default: the day of the newest run, else today.",
)


@extend_schema_field(OpenApiTypes.STR)
class ShareField(serializers.Field[Decimal, Any, str, Any]):
    """A share of 1 out: a string with 6 decimals, rounded half even only here."""

    def to_representation(self, value: Decimal) -> str:
        return str(money.display_share(value))


class WindowSerializer(serializers.Serializer[rules.Window]):
    since = serializers.DateField()
    until = serializers.DateField()


class DesignationSerializer(serializers.Serializer[Any]):
    tier = serializers.CharField()
    reason = serializers.CharField()
    approved_by = serializers.CharField(source="decided_by")
    expires_on = serializers.DateField()


class TierSerializer(serializers.Serializer[AccountState]):
    account_number = serializers.CharField(source="account.account_number")
    tier = serializers.CharField()
    basis = serializers.ChoiceField(TierRecord.Basis.choices)
    since = serializers.DateField()
    as_of = serializers.DateField()
    net_sales = MoneyField(source="figures.net_sales")
    company_net_sales = MoneyField()
    share = ShareField()
    window = WindowSerializer()
    policy_version = serializers.IntegerField(source="policy.version")
    designation = DesignationSerializer(allow_null=True)
    explanation = serializers.ListField(child=serializers.CharField())


class RfmSerializer(serializers.Serializer[AccountState]):
    as_of = serializers.DateField()
    recency_days = serializers.IntegerField()
    frequency = serializers.IntegerField(source="figures.frequency")
    monetary = MoneyField(source="figures.net_sales")
    r = serializers.IntegerField()
    f = serializers.IntegerField()
    m = serializers.IntegerField()
    segment = serializers.CharField()


class TierCountsSerializer(serializers.Serializer[TierRun]):
    strategic = serializers.IntegerField(allow_null=True)
    key = serializers.IntegerField(allow_null=True)
    ordinary = serializers.IntegerField(allow_null=True)


class RunSerializer(serializers.ModelSerializer[TierRun]):
    company_net_sales = MoneyField(allow_null=True)
    tiers = TierCountsSerializer(source="*")

    class Meta:
        model = TierRun
        fields: ClassVar[list[str]] = [
            "id",
            "as_of",
            "status",
            "company_net_sales",
            "accounts",
            "changed",
            "tiers",
            "started_at",
            "finished_at",
        ]


class RunRequestSerializer(serializers.Serializer[Any]):
    as_of = serializers.DateField(required=False)


class QueuedRunSerializer(serializers.ModelSerializer[TierRun]):
    class Meta:
        model = TierRun
        fields: ClassVar[list[str]] = ["id", "status"]


class ResultSerializer(serializers.Serializer[TierRecord]):
    """One account's row of a run; its figures come with the context, a page at a time."""

    account_number = serializers.CharField()
    tier = serializers.CharField()
    share = ShareField()
    net_sales = MoneyField()
    recency_days = serializers.IntegerField(allow_null=True)
    frequency = serializers.IntegerField(allow_null=True)
    monetary = MoneyField(allow_null=True)
    r = serializers.IntegerField(allow_null=True)
    f = serializers.IntegerField(allow_null=True)
    m = serializers.IntegerField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    abc = serializers.CharField()


class AccountTier(ApiView):
    required_scopes = READ
    required_permissions = PEOPLE_READ

    @extend_schema(operation_id="account_tier", responses=TierSerializer, parameters=[AS_OF])
    def get(self, request: StaffApiRequest, account_number: str) -> Response:
        """What tier an account has, or had on any day, and why."""
        return Response(TierSerializer(_state(request, account_number)).data)


class AccountRfm(ApiView):
    required_scopes = READ
    required_permissions = PEOPLE_READ

    @extend_schema(operation_id="account_rfm", responses=RfmSerializer, parameters=[AS_OF])
    def get(self, request: StaffApiRequest, account_number: str) -> Response:
        """Recency, frequency and monetary value with their scores and the value segment."""
        state = _state(request, account_number)
        if state.recency_days is None or state.r is None:
            raise NotFound(_("There was no purchase in the window."), code="no_purchases")
        return Response(RfmSerializer(state).data)


class Runs(ApiView):
    required_scopes = {"POST": "tiers:run"}
    required_permissions = {"POST": "tiering.run_recompute"}

    @extend_schema(
        operation_id="tiering_run_create",
        request=RunRequestSerializer,
        responses={202: QueuedRunSerializer},
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Ask for a recompute of a day (default: today); it is done by a worker."""
        try:
            run = services.request_run(
                _requested_day(request), actor=request.user, trigger=TierRun.Trigger.API
            )
        except RuleViolation as violation:
            raise invalid("as_of", violation.message, violation.code) from violation
        answer = QueuedRunSerializer(run).data
        tasks.enqueue(run)
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class Run(ApiView):
    required_scopes = {"GET": ("tiers:read", "tiers:run")}  # who starts a run may watch it
    required_permissions = PEOPLE_READ

    @extend_schema(operation_id="tiering_run", responses=RunSerializer)
    def get(self, request: Request, run_id: int) -> Response:
        """How far a recompute is, and its figures once it has succeeded."""
        return Response(RunSerializer(get_object_or_404(TierRun, pk=run_id)).data)


class Results(ListApiView):
    request: StaffApiRequest
    required_scopes = READ
    required_permissions = PEOPLE_READ
    serializer_class = ResultSerializer
    keyset = ("account_number",)

    @extend_schema(
        operation_id="tiering_results",
        parameters=[OpenApiParameter("run", OpenApiTypes.INT, required=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every account's row of one run."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> TierRecordQuerySet:
        run = _recorded_run(self.request.query_params.get("run", ""))
        records = TierRecord.objects.visible_to(self.request.user).on(run.as_of)
        return records.annotate(account_number=F("account__account_number"))

    def paginate_queryset(self, queryset: Any) -> list[Any]:
        """The rows of the page with the ledger's figures of the run's day."""
        records = super().paginate_queryset(queryset) or []
        run = _recorded_run(self.request.query_params["run"])
        ids = [record.account_id for record in records]
        terms = run.policy.terms()
        figures = queries.ledger_figures(ids, run.as_of, terms)
        company = queries.company_net_sales(run.as_of, terms, run)
        return [
            _result(row, figures.get(row.account_id, Figures()), run.as_of, company)
            for row in records
        ]


def _state(request: StaffApiRequest, account_number: str) -> AccountState:
    """The state on `?as_of=` of a visible account; 404 for others, 422 for a future day.

    From the day on which it was merged, the state of the account that took its place.
    """
    as_of = date_parameter(request, "as_of") or queries.default_as_of()
    if as_of > timezone.localdate():
        raise invalid("as_of", _("This day lies in the future."), "future_date")
    named = get_object_or_404(Account.objects, account_number=account_number)
    of_day = queries.standing_for(named, as_of)
    account = get_object_or_404(Account.objects.visible_to(request.user), pk=of_day.pk)
    try:
        state = queries.state_on(account, as_of)
    except RuleViolation as violation:
        raise invalid("as_of", violation.message, violation.code) from violation
    if state is None:
        raise Http404
    return state


def _requested_day(request: Request) -> date:
    body = request.data
    if not isinstance(body, dict):
        raise invalid("non_field_errors", _("Send a JSON object."))
    for name in body.keys() - {"as_of"}:
        raise invalid(str(name), _("There is no such field."), "unknown_field")
    if body.get("as_of") is None:
        return timezone.localdate()
    return read_date("as_of", body["as_of"])


def _recorded_run(text: str) -> TierRun:
    """The run of `?run=`, whose results must still stand in the history."""
    if not (text.isascii() and text.isdigit()):
        raise invalid("run", _("Give the number of a run."))
    run = get_object_or_404(TierRun.objects.select_related("policy"), pk=int(text[:18]))
    if run.recorded_at is None:
        raise RuleViolation("run_not_finished", _("This run has no results yet."))
    if TierRun.objects.covering(run.as_of) != run:
        raise RuleViolation("run_replaced", _("A later run of that day replaced these results."))
    return run


def _result(record: Any, figures: Figures, as_of: date, company: Decimal) -> dict[str, Any]:
    last = figures.last_purchase_on
    bought = last is not None and record.r is not None
    return {
        "account_number": record.account_number,
        "tier": record.tier,
        "share": rules.share(figures.net_sales, company),
        "net_sales": figures.net_sales,
        "recency_days": (as_of - last).days if last and bought else None,
        "frequency": figures.frequency if bought else None,
        "monetary": figures.net_sales if bought else None,
        "r": record.r,
        "f": record.f,
        "m": record.m,
        "segment": record.segment or None,
        "abc": record.abc,
    }


api_urls = [
    path("accounts/<str:account_number>/tier/", AccountTier.as_view()),
    path("accounts/<str:account_number>/rfm/", AccountRfm.as_view()),
    path("tiering/runs/", Runs.as_view()),
    path("tiering/runs/<int:run_id>/", Run.as_view()),
    path("tiering/results/", Results.as_view()),
]
