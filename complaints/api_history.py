"""Complaints over REST: loading history in bulk, and the summary."""

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from complaints import reporting
from complaints.documents import PastComplaintIn
from complaints.models import Complaint
from complaints.services.history import load_history
from kam.core.api.bulk import answer, read_bulk
from kam.core.api.bulk_schema import ATOMIC, BulkAnswerSerializer, bulk_request
from kam.core.api.parameters import choice_parameter, date_parameter
from kam.core.api.views import ApiView
from kam.core.http import StaffApiRequest

SCOPE = "complaints:write"
DATE = {"type": "string", "format": "date"}


class ComplaintsBulk(ApiView):
    request: StaffApiRequest
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="complaints_bulk",
        request=bulk_request("complaints", PastComplaintIn),
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """Load past complaints or bring them to what is sent, by number."""
        body = read_bulk(
            request, member="complaints", item_type=PastComplaintIn, key="complaint_number"
        )
        outcome = load_history(
            body.items, actor=request.user, atomic=body.atomic, outcome=body.outcome
        )
        return answer(outcome)


class GroupSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()
    overdue = serializers.IntegerField()


class SummarySerializer(serializers.Serializer[Any]):
    groups = GroupSerializer(many=True)
    total = serializers.IntegerField()


class Summary(ApiView):
    request: StaffApiRequest
    required_scopes = {"GET": SCOPE}
    required_permissions = {"GET": "complaints.view_complaint"}

    @extend_schema(
        operation_id="complaints_summary",
        responses=SummarySerializer,
        parameters=[
            OpenApiParameter("group_by", enum=reporting.GROUPS, description="channel."),
            OpenApiParameter("since", DATE, description="Received on this day or later."),
            OpenApiParameter("until", DATE, description="Received on this day or earlier."),
        ],
    )
    def get(self, request: StaffApiRequest) -> Response:
        """Complaints counted by a column, the most frequent first; `overdue` of each group are
        those resolved after their deadline or past it now."""
        column = choice_parameter(request, "group_by", reporting.GROUPS) or "channel"
        received = reporting.received_between(
            Complaint.objects.all(),
            date_parameter(request, "since"),
            date_parameter(request, "until"),
        )
        groups = reporting.grouped(received.visible_to(request.user), column, timezone.now())
        total = sum(group.count for group in groups)
        return Response({"groups": GroupSerializer(groups, many=True).data, "total": total})


api_urls = [
    path("complaints/bulk/", ComplaintsBulk.as_view()),
    path("complaints/summary/", Summary.as_view()),
]
