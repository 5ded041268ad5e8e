"""Receivables over REST: invoices and payments in bulk for ERP systems, and the aging."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from credit.rules.documents import InvoiceIn, PaymentIn
from credit.services.invoices import upsert_invoices
from credit.services.payments import upsert_payments
from kam.core.api.bulk import answer, read_bulk
from kam.core.api.bulk_schema import ATOMIC, BulkAnswerSerializer, bulk_request
from kam.core.api.views import ApiView
from kam.core.http import StaffApiRequest

WRITE = {"POST": "receivables:write"}


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


api_urls = [
    path("invoices/bulk/", InvoicesBulk.as_view()),
    path("payments/bulk/", PaymentsBulk.as_view()),
]
