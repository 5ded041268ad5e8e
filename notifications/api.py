"""REST: webhooks, their secrets and what became of their messages. See docs/api/webhooks.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from kam.core.api.fields import StrictSerializer
from kam.core.api.parameters import choice_parameter, invalid
from kam.core.api.views import ApiView, GenericApiView, ListApiView
from kam.core.errors import RuleViolation
from kam.core.http import StaffApiRequest
from notifications import services
from notifications.models import Attempt, Delivery, DeliveryQuerySet, Endpoint
from notifications.services.endpoints import MAX_OVERLAP_HOURS, OVERLAP_HOURS

METHODS = ("GET", "POST", "PATCH", "DELETE")
SCOPES = dict.fromkeys(METHODS, "webhooks:manage")
PERMISSIONS = dict.fromkeys(METHODS, "notifications.manage_webhooks")


class WebhookSerializer(serializers.ModelSerializer[Endpoint]):
    class Meta:
        model = Endpoint
        fields = ["id", "url", "events", "description", "is_active", "created_at"]
        read_only_fields = ["id", "created_at"]


class WebhookWriteSerializer(StrictSerializer):
    """The rules of addresses and events are those of the service."""

    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), allow_empty=False, max_length=100
    )
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)


class WebhookChangeSerializer(WebhookWriteSerializer):
    is_active = serializers.BooleanField(required=False)


class SecretSerializer(serializers.Serializer[Any]):
    """The secret is shown in this answer only."""

    secret = serializers.CharField()


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField()

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class RotateSerializer(StrictSerializer):
    hours = serializers.IntegerField(
        min_value=0, max_value=MAX_OVERLAP_HOURS, default=OVERLAP_HOURS
    )


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ["at", "status_code", "error", "milliseconds"]


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    type = serializers.CharField(source="name")
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "message_id",
            "type",
            "status",
            "created_at",
            "next_attempt_at",
            "delivered_at",
            "attempts",
        ]


class WebhookList(ListApiView):
    """The webhooks of the company."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS
    serializer_class = WebhookSerializer
    queryset = Endpoint.objects.all()

    @extend_schema(request=WebhookWriteSerializer, responses={201: NewWebhookSerializer})
    def post(self, request: StaffApiRequest) -> Response:
        """Make a webhook; the answer is the only one that shows its secret."""
        given = _valid(WebhookWriteSerializer(data=request.data))
        with _named_field():
            endpoint, secret = services.create_endpoint(actor=request.user, **given)
        body = {**WebhookSerializer(endpoint).data, "secret": secret}
        return Response(body, status=status.HTTP_201_CREATED)


class WebhookDetail(GenericApiView):
    """One webhook."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS
    serializer_class = WebhookSerializer
    queryset = Endpoint.objects.all()

    @extend_schema(responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(WebhookSerializer(get_object_or_404(Endpoint, pk=pk)).data)

    @extend_schema(request=WebhookChangeSerializer(partial=True), responses=WebhookSerializer)
    def patch(self, request: StaffApiRequest, pk: int) -> Response:
        """Change the fields sent. While `is_active` is false nothing is sent or kept for it."""
        get_object_or_404(Endpoint, pk=pk)
        given = _valid(WebhookChangeSerializer(data=request.data, partial=True))
        with _named_field():
            endpoint = services.change_endpoint(pk, actor=request.user, **given)
        return Response(WebhookSerializer(endpoint).data)

    @extend_schema(responses={204: None})
    def delete(self, request: StaffApiRequest, pk: int) -> Response:
        """Forget a webhook with its log."""
        get_object_or_404(Endpoint, pk=pk)
        services.delete_endpoint(pk, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookRotate(ApiView):
    """A new secret; the old one signs beside it for some hours."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS

    @extend_schema(request=RotateSerializer, responses=SecretSerializer)
    def post(self, request: StaffApiRequest, pk: int) -> Response:
        get_object_or_404(Endpoint, pk=pk)
        given = _valid(RotateSerializer(data=request.data))
        return Response({"secret": services.rotate_secret(pk, actor=request.user, **given)})


class WebhookTest(ApiView):
    """A message of the type "ping"."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: StaffApiRequest, pk: int) -> Response:
        get_object_or_404(Endpoint, pk=pk)
        delivery = services.send_test(pk, actor=request.user)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class WebhookDeliveries(ListApiView):
    """The messages to one webhook, the newest first, with every attempt; not what they say."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS
    serializer_class = DeliverySerializer
    keyset = ("-pk",)

    def get_queryset(self) -> DeliveryQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Delivery.objects.none()
        endpoint = get_object_or_404(Endpoint, pk=self.kwargs["pk"])
        rows = Delivery.objects.filter(endpoint=endpoint).prefetch_related("attempts")
        wanted = choice_parameter(self.request, "status", Delivery.Status.values)
        return rows.filter(status=wanted) if wanted else rows

    @extend_schema(parameters=[OpenApiParameter("status", enum=Delivery.Status.values)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class WebhookReplay(ApiView):
    """A message that was delivered or given up, sent again with the same id."""

    required_scopes = SCOPES
    required_permissions = PERMISSIONS

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def post(self, request: StaffApiRequest, pk: int, delivery_id: int) -> Response:
        get_object_or_404(Delivery, pk=delivery_id, endpoint=pk)
        delivery = services.replay(delivery_id, actor=request.user)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


@contextmanager
def _named_field() -> Iterator[None]:
    """422 with the field: an address or an event that is refused is no conflict with anything."""
    try:
        yield
    except RuleViolation as violation:
        field = "events" if violation.code in ("no_events", "unknown_event") else "url"
        raise invalid(field, str(violation.message), violation.code) from violation


def _valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


api_urls = [
    path("webhooks/", WebhookList.as_view()),
    path("webhooks/<int:pk>/", WebhookDetail.as_view()),
    path("webhooks/<int:pk>/rotate/", WebhookRotate.as_view()),
    path("webhooks/<int:pk>/test/", WebhookTest.as_view()),
    path("webhooks/<int:pk>/deliveries/", WebhookDeliveries.as_view()),
    path("webhooks/<int:pk>/deliveries/<int:delivery_id>/replay/", WebhookReplay.as_view()),
]
