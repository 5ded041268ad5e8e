"""Receivables over REST: invoices and payments in bulk for ERP systems, and the aging."""

from typing import Any

from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import Account
from accounts.models.account import sees_all_accounts
from credit.queries.receivables import aging, aging_policy, total
from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services.invoices import upsert_invoices
from credit.services.payments import upsert_payments
from kam.core.api.bulk import answer, read_bulk
from kam.core.api.bulk_schema import ATOMIC, BulkAnswerSerializer, bulk_request
from kam.core.api.fields import MoneyField
from kam.core.api.parameters import date_parameter
from kam.core.api.views import ApiView
from kam.core.http import StaffApiRequest

WRITE = {"POST": "receivables:write"}
READ = {"GET": "credit:read"}
PEOPLE_READ = {"GET": "credit.view_creditparty"}


class InvoicesBulk(ApiView):
    request: StaffApiRequest
    required_scopes = WRITE

    @extend_schema(
        operation_id="invoices_bulk",
        request=bulk_request("invoices", InvoiceIn),
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Create invoices or bring them to what is sent, by number; negative: a credit note."""
        body = read_bulk(request, member="invoices", item_type=InvoiceIn, key="invoice_number")
        outcome = upsert_invoices(
            body.items, actor=request.user, atomic=body.atomic, outcome=body.outcome
        )
        return answer(outcome)


class PaymentsBulk(ApiView):
    request: StaffApiRequest
    required_scopes = WRITE

    @extend_schema(
        operation_id="payments_bulk",
        request=bulk_request("payments", PaymentIn),
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Create payments or bring them to what is sent, by number, and settle invoices."""
        body = read_bulk(request, member="payments", item_type=PaymentIn, key="payment_number")
        outcome = upsert_payments(
            body.items, actor=request.user, atomic=body.atomic, outcome=body.outcome
        )
        return answer(outcome)


class AgedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    amount = MoneyField()


class AgingSerializer(serializers.Serializer[Any]):
    as_of = serializers.DateField()
    account_number = serializers.CharField(allow_null=True)
    buckets = serializers.DictField(child=AgedSerializer())
    total = AgedSerializer()


class Aging(ApiView):
    request: StaffApiRequest
    required_scopes = READ
    required_permissions = PEOPLE_READ

    @extend_schema(
        operation_id="receivables_aging",
        responses=AgingSerializer,
        parameters=[
            OpenApiParameter("as_of", {"type": "string", "format": "date"}, description="Today."),
            OpenApiParameter("account", str, description="Account number; all without it."),
        ],
    )
    def get(self, request: StaffApiRequest) -> Response:
        """What is unpaid by days overdue, as of any day; every bucket is always there."""
        as_of = date_parameter(request, "as_of") or timezone.localdate()
        number = request.query_params.get("account", "")
        visible = Account.objects.visible_to(request.user)
        accounts = None if sees_all_accounts(request.user) else visible
        if number:
            ids = visible.ids_by_number([number])
            if not ids:
                raise Http404
            accounts = visible.filter(pk__in=ids.values())
        buckets = aging(as_of, accounts=accounts, policy=aging_policy())
        answer = {
            "as_of": as_of,
            "account_number": number or None,
            "buckets": {name: AgedSerializer(aged).data for name, aged in buckets.items()},
            "total": AgedSerializer(total(buckets)).data,
        }
        return Response(answer)


api_urls = [
    path("receivables/aging/", Aging.as_view()),
    path("invoices/bulk/", InvoicesBulk.as_view()),
    path("payments/bulk/", PaymentsBulk.as_view()),
]
