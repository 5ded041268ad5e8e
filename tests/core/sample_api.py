"""A small API over AuditEntry to try the base classes on, with the project's error handlers."""

from decimal import Decimal

import msgspec
from django.db import connection
from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response

from kam.core.api.bulk import BulkRejected, RowError, answer, read_bulk
from kam.core.api.views import ApiView, DetailApiView, ListApiView
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from kam.urls import handler400, handler403, handler404, handler500  # noqa: F401
from kam.urls import urlpatterns as real_urlpatterns

SCOPES = {"GET": "orders:read", "POST": "orders:write"}
PERMISSIONS = {"GET": "core.view_auditentry"}


class EntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEntry
        fields = ["id", "at", "action"]


class Entries(ListApiView):
    required_scopes = SCOPES
    required_permissions = PERMISSIONS
    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    keyset = ("-action", "pk")
    updated_keyset = ("at", "pk")


class Entry(DetailApiView):
    required_scopes = SCOPES
    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    lookup_field = "action"


class Undeclared(ApiView):
    def get(self, request):
        return Response({})


class NoteSerializer(serializers.Serializer):
    action = serializers.CharField(max_length=60)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, required=False)


class Notes(ApiView):
    """POST writes an entry; some actions go wrong on purpose."""

    required_scopes = SCOPES

    def post(self, request):
        serializer = NoteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        action = serializer.validated_data["action"]
        entry = AuditEntry.objects.create(action=action, subject_type="x", subject_id=1)
        if action == "refuse":
            raise RuleViolation("stale", "Too late.")
        if action == "crash":
            raise RuntimeError("boom")
        if action == "overflow":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 10::numeric(2, 1) * 1e300::int")
        amount = serializer.validated_data.get("amount")
        return Response({"id": entry.pk, "amount": amount}, status=201)


class LineIn(msgspec.Struct, forbid_unknown_fields=True):
    quantity: Decimal


class ThingIn(msgspec.Struct, forbid_unknown_fields=True):
    number: str
    lines: list[LineIn] = []


class Things(ApiView):
    required_scopes = SCOPES

    def post(self, request):
        body = read_bulk(
            request, member="things", item_type=ThingIn, key="number", options=("quick",)
        )
        outcome = body.outcome
        for index, thing in body.items:
            if thing.number == "unknown":
                outcome.reject(RowError(index, thing.number, "number", "unknown_thing", "No."))
                continue
            outcome.created += 1
        if body.atomic and outcome.errors:
            raise BulkRejected(outcome)
        return answer(outcome)


sample = [
    path("entries/", Entries.as_view()),
    path("entries/<str:action>/", Entry.as_view()),
    path("undeclared/", Undeclared.as_view()),
    path("notes/", Notes.as_view()),
    path("things/bulk/", Things.as_view()),
]
urlpatterns = [path("api/v1/sample/", include(sample)), *real_urlpatterns]
