"""Credit over REST: where an account stands, and credit checks with reservations."""

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import Account
from credit import explanations
from credit.queries.held_orders import look
from credit.rules.decisions import Reason
from credit.services import reservations
from kam.core.api.fields import MoneyField, StrictSerializer
from kam.core.api.parameters import invalid
from kam.core.api.views import ApiView
from kam.core.http import StaffApiRequest
from kam.core.money import amount as rounded
from kam.core.policy_data import to_json
from sales.services.rates import stored_rates

MOST = Decimal(10) ** 12
SMALLEST = Decimal("0.01")
_PLAIN = re.compile(r"\+?[0-9]{1,18}(\.[0-9]{1,4})?")


@extend_schema_field(OpenApiTypes.DECIMAL)
class AmountField(serializers.Field[Decimal, Any, str, Any]):
    """Money in: a number or a plain decimal string above 0 with up to 4 decimals."""

    def to_internal_value(self, data: Any) -> Decimal:
        text = data if isinstance(data, str) else ""
        if isinstance(data, (int, Decimal)) and not isinstance(data, bool):
            text = format(Decimal(data), "f")
        if not _PLAIN.fullmatch(text) or not 0 < (amount := Decimal(text)) < MOST:
            raise serializers.ValidationError(
                _("Give an amount above 0 with up to 4 decimals."), code="invalid"
            )
        return amount


class CheckInSerializer(StrictSerializer):
    account_number = serializers.CharField(max_length=40)
    amount = AmountField()
    currency = serializers.RegexField(
        r"^[A-Z]{3}\Z",
        required=False,
        error_messages={
            "invalid": gettext_lazy("A currency is three capital letters, such as USD.")
        },
    )
    order_number = serializers.CharField(required=False, max_length=60)
    reserve = serializers.BooleanField(default=False)


class ReasonSerializer(serializers.Serializer[explanations.Explained]):
    code = serializers.CharField()
    detail = serializers.CharField(source="text")


class CheckSerializer(serializers.Serializer[reservations.Check]):
    decision = serializers.ChoiceField(
        choices=["approved", "held"], source="judgement.outcome.value"
    )
    reasons = serializers.SerializerMethodField()
    limit = MoneyField(help_text="0.00 where the credit line gives no credit.")
    exposure = MoneyField(help_text="After this check, with what it reserved.")
    available = MoneyField(help_text="After this check; negative when the limit is passed.")
    decision_id = serializers.IntegerField(source="decision.pk")

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, check: reservations.Check) -> Any:
        return _reasons(check.judgement.reasons)


class StandingSerializer(serializers.Serializer[Any]):
    limit = MoneyField(help_text="0.00 where there is no valid credit line.")
    currency = serializers.CharField(help_text="Of all amounts: the reporting currency.")
    terms_days = serializers.IntegerField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    rating = serializers.CharField(allow_null=True)
    exposure = MoneyField()
    available = MoneyField()
    overdue_amount = MoneyField()
    oldest_overdue_days = serializers.IntegerField()
    on_hold = serializers.BooleanField(
        help_text="Whether the smallest order would be held now; without a line it would."
    )
    hold_reasons = ReasonSerializer(many=True)


class AccountCredit(ApiView):
    required_scopes = {"GET": "credit:read"}
    required_permissions = {"GET": "credit.view_creditparty"}

    @extend_schema(operation_id="account_credit", responses=StandingSerializer)
    def get(self, request: StaffApiRequest, account_number: str) -> Response:
        """Limit, exposure, what is left, what is overdue, and whether orders would be held."""
        accounts = Account.objects.visible_to(request.user)
        ids = accounts.ids_by_number([account_number])  # after a merge, the one that took its place
        account = get_object_or_404(accounts, pk=ids.get(account_number))
        standing = look({account.pk})
        position, line = standing.position(account.pk), standing.line(account.pk)
        reasons = standing.decide(account.pk, SMALLEST).reasons
        answer = {
            "limit": position.usable_limit,
            "currency": settings.REPORTING_CURRENCY,
            "terms_days": line.terms_days if line else None,
            "valid_until": position.valid_until,
            "rating": position.rating,
            "exposure": position.exposure,
            "available": standing.available(account.pk),
            "overdue_amount": position.overdue_amount,
            "oldest_overdue_days": position.max_overdue_days,
            "on_hold": bool(reasons),
            "hold_reasons": explanations.explain(to_json(reasons)),
        }
        return Response(StandingSerializer(answer).data)


class CreditChecks(ApiView):
    required_scopes = {"POST": "credit:check"}

    @extend_schema(
        operation_id="credit_check", request=CheckInSerializer, responses=CheckSerializer
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Whether an order may be delivered on credit; with `reserve` its amount is kept for it."""
        body = CheckInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        number = sent["account_number"]
        ids = Account.objects.visible_to(request.user).ids_by_number([number])
        if number not in ids:
            message = _("There is no account %s.") % number
            raise invalid("account_number", message, "unknown_account")
        check = reservations.check(
            ids[number],
            amount=_converted(sent["amount"], sent.get("currency", settings.REPORTING_CURRENCY)),
            actor=request.user,
            order_number=sent.get("order_number", ""),
            reserve=sent["reserve"],
        )
        return Response(CheckSerializer(check).data)


def _converted(amount: Decimal, currency: str) -> Decimal:
    if currency == settings.REPORTING_CURRENCY:
        return amount
    today = timezone.localdate()
    rate = stored_rates()(currency, today)
    if rate is None:
        message = _("No exchange rate is stored for %(currency)s on %(day)s; give %(own)s.")
        known = {"currency": currency, "day": today, "own": settings.REPORTING_CURRENCY}
        raise invalid("currency", message % known, "no_exchange_rate")
    return rounded(amount * rate)


def _reasons(reasons: tuple[Reason, ...]) -> Any:
    explained: Any = explanations.explain(to_json(reasons))
    return ReasonSerializer(explained, many=True).data


api_urls = [
    path("accounts/<str:account_number>/credit/", AccountCredit.as_view()),
    path("credit-checks/", CreditChecks.as_view()),
]
