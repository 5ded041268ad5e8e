"""Registering a complaint over REST."""

from typing import Any

from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.models import Account
from complaints.documents import LONGEST_DESCRIPTION
from complaints.rules import Channel, Severity
from complaints.services import registering
from kam.core.api.fields import OneOf, StrictSerializer
from kam.core.api.parameters import invalid
from kam.core.api.views import ApiView
from kam.core.http import StaffApiRequest


class ComplaintInSerializer(StrictSerializer):
    account_number = serializers.CharField(max_length=40)
    channel = OneOf([channel.value for channel in Channel])
    category = serializers.CharField(max_length=80)
    severity = OneOf([severity.value for severity in Severity])
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(
        max_length=LONGEST_DESCRIPTION, allow_blank=True, default=""
    )
    contact = serializers.CharField(
        max_length=200,
        allow_blank=True,
        default="",
        help_text="Who complains, and how to reach them.",
    )


class ComplaintOutSerializer(serializers.Serializer[Any]):
    complaint_number = serializers.CharField()
    due_at = serializers.DateTimeField(help_text="By then a solution is promised.")
    acknowledge_due_at = serializers.DateTimeField(help_text="By then an answer is promised.")


class Complaints(ApiView):
    request: StaffApiRequest
    required_scopes = {"POST": "complaints:write"}

    @extend_schema(
        operation_id="complaint_register",
        request=ComplaintInSerializer,
        responses={201: ComplaintOutSerializer},
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Register a complaint of an account; the deadlines follow from its tier and severity."""
        body = ComplaintInSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = dict(body.validated_data)
        number = sent.pop("account_number")
        ids = Account.objects.visible_to(request.user).ids_by_number([number])
        if number not in ids:
            message = _("There is no account %s.") % number
            raise invalid("account_number", message, "unknown_account")
        made = registering.register(
            account=Account.objects.get(pk=ids[number]),
            contact_text=sent.pop("contact"),
            actor=request.user,
            **sent,
        )
        return Response(ComplaintOutSerializer(made.complaint).data, status=201)


api_urls = [path("complaints/", Complaints.as_view())]
