"""Orders and products over REST: bulk upserts for ERP systems, and reading."""

from typing import ClassVar

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import Account
from kam.core.api.bulk import answer, read_bulk
from kam.core.api.bulk_schema import ATOMIC, BulkAnswerSerializer, bulk_request
from kam.core.api.fields import MoneyField
from kam.core.api.parameters import choice_parameter, date_parameter
from kam.core.api.views import ApiView, DetailApiView, ListApiView
from kam.core.http import StaffApiRequest
from sales.models import Order, OrderLine, OrderQuerySet, Product
from sales.rules import OrderIn, ProductIn
from sales.services.orders import upsert_orders
from sales.services.products import upsert_products

READ = {"GET": "orders:read"}
WRITE = {"POST": "orders:write"}
PEOPLE_READ = {"GET": "sales.view_order"}
CREATE_MISSING = "create_missing_accounts"


class OrdersBulk(ApiView):
    request: StaffApiRequest
    required_scopes = WRITE

    @extend_schema(
        operation_id="orders_bulk",
        request=bulk_request("orders", OrderIn, [CREATE_MISSING]),
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Create orders or bring them to what is sent, by order number; lines are replaced."""
        body = read_bulk(
            request,
            member="orders",
            item_type=OrderIn,
            key="order_number",
            options=[CREATE_MISSING],
        )
        outcome = upsert_orders(
            body.items,
            actor=request.user,
            atomic=body.atomic,
            create_missing_accounts=body.options.get(CREATE_MISSING, False),
            outcome=body.outcome,
        )
        return answer(outcome)


class ProductsBulk(ApiView):
    required_scopes = WRITE

    @extend_schema(
        operation_id="products_bulk",
        request=bulk_request("products", ProductIn),
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Create products or bring them to what is sent, by code; what is left out stays."""
        body = read_bulk(request, member="products", item_type=ProductIn, key="product_code")
        outcome = upsert_products(
            body.items, actor=request.user, atomic=body.atomic, outcome=body.outcome
        )
        return answer(outcome)


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    product_code = serializers.CharField(source="product.code")
    amount = MoneyField()

    class Meta:
        model = OrderLine
        fields: ClassVar[list[str]] = [
            "line_number",
            "product_code",
            "description",
            "quantity",
            "unit_price",
            "unit_cost",
            "amount",
        ]


class OrderSerializer(serializers.ModelSerializer[Order]):
    account_number = serializers.CharField(source="account.account_number", allow_null=True)
    credit_status = serializers.ChoiceField(  # "" where the account buys without credit
        choices=Order.CreditStatus.choices, allow_blank=True, read_only=True
    )
    net_amount = MoneyField()
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = [
            "order_number",
            "account_number",
            "ordered_on",
            "currency",
            "exchange_rate",
            "status",
            "credit_status",
            "promised_on",
            "delivered_on",
            "version",
            "net_amount",
            "updated_at",
            "lines",
        ]


@extend_schema(
    parameters=[
        OpenApiParameter("account", str, description="Account number."),
        OpenApiParameter("since", {"type": "string", "format": "date"}),
        OpenApiParameter("until", {"type": "string", "format": "date"}),
        OpenApiParameter("status", str, enum=Order.Status.values),
        OpenApiParameter("credit_status", str, enum=Order.CreditStatus.values),
    ]
)
class Orders(ListApiView):
    """Orders of the accounts one may see, the latest first; both days of a period included."""

    request: StaffApiRequest
    required_scopes = READ
    required_permissions = PEOPLE_READ
    serializer_class = OrderSerializer
    keyset = ("-ordered_on", "-pk")
    updated_keyset = ("updated_at", "pk")

    def get_queryset(self) -> OrderQuerySet:
        orders = Order.objects.visible_to(self.request.user).for_reading()
        if number := self.request.query_params.get("account", ""):
            accounts = Account.objects.visible_to(self.request.user)
            orders = orders.filter(account__in=accounts.ids_by_number([number]).values())
        if since := date_parameter(self.request, "since"):
            orders = orders.filter(ordered_on__gte=since)
        if until := date_parameter(self.request, "until"):
            orders = orders.filter(ordered_on__lte=until)
        if status := choice_parameter(self.request, "status", Order.Status.values):
            orders = orders.filter(status=status)
        if credit := choice_parameter(self.request, "credit_status", Order.CreditStatus.values):
            orders = orders.filter(credit_status=credit)
        return orders


class OrderDetail(DetailApiView):
    """One order by its number, which may contain slashes."""

    request: StaffApiRequest
    required_scopes = READ
    required_permissions = PEOPLE_READ
    serializer_class = OrderSerializer
    lookup_field = "order_number"

    def get_queryset(self) -> OrderQuerySet:
        return Order.objects.visible_to(self.request.user).for_reading()


class ProductSerializer(serializers.ModelSerializer[Product]):
    product_code = serializers.CharField(source="code")

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["product_code", "name", "category", "unit", "updated_at"]


class Products(ListApiView):
    """All products by code."""

    required_scopes = READ
    required_permissions = PEOPLE_READ
    serializer_class = ProductSerializer
    keyset = ("code",)
    updated_keyset = ("updated_at", "pk")

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.all()


api_urls = [
    path("orders/bulk/", OrdersBulk.as_view()),
    path("orders/", Orders.as_view()),
    path("orders/<path:order_number>/", OrderDetail.as_view()),
    path("products/bulk/", ProductsBulk.as_view()),
    path("products/", Products.as_view()),
]
