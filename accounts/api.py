"""REST: archives mirrored by other systems, and written by their account number.

docs/api/accounts.md tells clients what is decided here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.fields import FIELDS, READ_ONLY
from accounts.models import (
    SECRET_FIELDS,
    Account,
    AccountQuerySet,
    Contact,
    ContactQuerySet,
    Tier,
)
from accounts.services import secrets, upsert
from kam.core.api.bulk import answer, read_bulk
from kam.core.api.bulk_schema import ATOMIC, BulkAnswerSerializer
from kam.core.api.parameters import choice_parameter
from kam.core.api.views import ApiView, GenericApiView, ListApiView
from kam.core.bulk import BulkOutcome, BulkRejected, RowError
from kam.core.errors import RuleViolation
from kam.core.http import StaffApiRequest

READ = {"GET": "accounts:read"}
DETAILS = "contacts:read"
WRITE = {"PUT": "accounts:write", "PATCH": "accounts:write", "POST": "accounts:write"}
# People try the API out in Swagger; writing past the pages takes who may import files.
READ_PERMISSION = {"GET": "accounts.view_account"}
WRITE_PERMISSION = dict.fromkeys(("PUT", "PATCH", "POST"), "accounts.import_account")

AccountIn = msgspec.defstruct(
    "AccountIn",
    [
        ("account_number", str),
        *[
            (name, str | None | msgspec.UnsetType, msgspec.UNSET)
            for name in FIELDS
            if name != "account_number"
        ],
        # Skipped, not decoded: whatever is there takes no memory.
        *[(name, msgspec.Raw, msgspec.UNSET) for name in READ_ONLY],
    ],
    forbid_unknown_fields=True,
)

EXAMPLE = {
    "account_number": "K1001",
    "name": "华锐科技有限公司",
    "short_name": "华锐科技",
    "credit_code": "91440300192185379H",
    "region": "华东",
    "industry": "软件服务",
    "manager": "anna",
    "parent": None,
    "dealing_since": "2019-04-01",
}


class AccountSerializer(serializers.ModelSerializer[Account]):
    """An archive. References by name: region, industry, manager (username), parent (number)."""

    region = serializers.CharField(source="region.name", default=None, allow_null=True)
    industry = serializers.CharField(source="industry.name", default=None, allow_null=True)
    manager = serializers.CharField(source="manager.username", default=None, allow_null=True)
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.account_number", default=None, allow_null=True
    )
    merged_into = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = [*FIELDS, *READ_ONLY]
        read_only_fields = READ_ONLY

    def get_merged_into(self, account: Account) -> str | None:
        """The number of the account that took this one's place, or null."""
        into = self.context.get("merged_into") or account.merged_into
        return into.account_number if into else None


class AccountWriteSerializer(serializers.Serializer[Any]):
    """What may be sent; for the schema. A field left out stays, null or "" clears it."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: _schema_field(name) for name in FIELDS}


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A person at the customer. Where `is_masked`, phone, mobile, email and wechat are null."""

    is_masked = serializers.BooleanField(read_only=True)
    no_mailings = serializers.BooleanField(read_only=True)
    counterpart = serializers.CharField(
        source="counterpart.username", default=None, allow_null=True, read_only=True
    )

    class Meta:
        model = Contact
        fields = [
            "id",
            "name",
            "position",
            "department",
            "buying_role",
            "attitude",
            "influence",
            "counterpart",
            "last_touch_on",
            "phone",
            "mobile",
            "email",
            "wechat",
            "is_masked",
            "no_mailings",
            "is_primary",
            "has_left",
            "updated_at",
        ]
        extra_kwargs: ClassVar = {
            name: {"allow_null": True} for name in fields if name in SECRET_FIELDS
        }

    def to_representation(self, contact: Contact) -> dict[str, Any]:
        shown = super().to_representation(contact)
        if contact.is_masked:
            shown.update((name, None) for name in SECRET_FIELDS if name in shown)
        return shown


class AccountBulkSerializer(serializers.Serializer[Any]):
    accounts = AccountWriteSerializer(many=True)


def _schema_field(name: str) -> serializers.Field[Any, Any, Any, Any]:
    field = FIELDS[name]
    required = name in ("account_number", "name")
    options: dict[str, Any] = {"required": required, "allow_null": not required}
    if field.kind == "date":
        return serializers.DateField(**options)
    if field.kind == "choice":
        return serializers.ChoiceField(choices=field.choices, allow_blank=True, **options)
    return serializers.CharField(max_length=field.longest, allow_blank=not required, **options)


def _archives() -> AccountQuerySet:
    return Account.objects.select_related("region", "industry", "manager", "parent", "merged_into")


class AccountList(ListApiView):
    """The archives, merged ones left out; those too with `updated_since`, for who mirrors them."""

    required_scopes = READ
    required_permissions = READ_PERMISSION
    serializer_class = AccountSerializer
    keyset = ("name_sort", "pk")
    updated_keyset = ("updated_at", "pk")
    request: StaffApiRequest

    def get_queryset(self) -> AccountQuerySet:
        accounts = _archives().visible_to(self.request.user)
        parameters = self.request.query_params
        if not parameters.get("updated_since"):
            accounts = accounts.live()
        if tier := choice_parameter(self.request, "tier", Tier.values):
            accounts = accounts.filter(tier=tier)
        for name, column in (
            ("region", "region__name"),
            ("industry", "industry__name"),
            ("manager", "manager__username"),
        ):
            if value := parameters.get(name):
                accounts = accounts.filter(**{column: value})
        return accounts.search(parameters.get("search", ""))

    @extend_schema(
        parameters=[
            OpenApiParameter("search", description="In names, numbers, pinyin and initials."),
            OpenApiParameter("tier", enum=Tier.values),
            OpenApiParameter("region", description="Name of the region."),
            OpenApiParameter("industry", description="Name of the industry."),
            OpenApiParameter("manager", description="Username of the account manager."),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class AccountDetail(GenericApiView):
    """One archive by its account number."""

    required_scopes = READ | WRITE
    required_permissions = READ_PERMISSION | WRITE_PERMISSION
    serializer_class = AccountSerializer
    lookup_url_kwarg = "account_number"

    @extend_schema(responses=AccountSerializer)
    def get(self, request: StaffApiRequest, account_number: str) -> Response:
        """A merged account answers with the archive that took its place, named in `merged_into`."""
        survivor, is_merged = _surviving(request, account_number)
        context = {"merged_into": survivor if is_merged else None}
        return Response(AccountSerializer(survivor, context=context).data)

    @extend_schema(
        request=AccountWriteSerializer,
        responses={200: AccountSerializer, 201: AccountSerializer},
        examples=[OpenApiExample("An archive from the ERP", EXAMPLE, request_only=True)],
    )
    def put(self, request: StaffApiRequest, account_number: str) -> Response:
        """Create the archive (201) or bring it to the fields sent; those left out stay."""
        return _write(request, account_number, must_be_there=False)

    @extend_schema(
        request=AccountWriteSerializer(partial=True),
        responses=AccountSerializer,
        examples=[OpenApiExample("Another manager", {"manager": "boris"}, request_only=True)],
    )
    def patch(self, request: StaffApiRequest, account_number: str) -> Response:
        """Change the fields sent; 404 when there is no such archive."""
        return _write(request, account_number, must_be_there=True)


class AccountContacts(ListApiView):
    """The people at the customer, without personal details; read only.

    Telephone numbers and addresses are trade secrets: a token needs the scope `contacts:read` as
    well, a person must serve the account or have opened the contact within the hour. Otherwise
    they are null and `is_masked` is true. What a system reads in the clear is logged.
    """

    required_scopes = READ
    required_permissions = {"GET": "accounts.view_contact"}
    serializer_class = ContactSerializer
    request: StaffApiRequest

    def get_queryset(self) -> ContactQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Contact.objects.none()
        survivor, _is_merged = _surviving(self.request, self.kwargs["account_number"])
        reader, opened = self.request.user, self._reads_details()
        if opened:
            secrets.note_reading_by_system(survivor.contacts.all(), actor=reader)
        contacts = Contact.objects.read_by(reader, opened=opened).filter(account=survivor)
        return contacts.select_related("counterpart")

    def _reads_details(self) -> bool:
        """Whether this is a system with the scope for it; people are asked what they serve."""
        token: Any = self.request.auth
        return token is not None and DETAILS in token.scopes


class AccountBulk(ApiView):
    """Create and change up to 5,000 archives in one call."""

    required_scopes = WRITE
    required_permissions = WRITE_PERMISSION

    @extend_schema(
        request=AccountBulkSerializer,
        responses=BulkAnswerSerializer,
        parameters=[ATOMIC],
        examples=[
            OpenApiExample("Two archives", {"accounts": [EXAMPLE]}, request_only=True),
            OpenApiExample(
                "One stored, one refused",
                {
                    "received": 2,
                    "created": 1,
                    "updated": 0,
                    "unchanged": 0,
                    "rejected": 1,
                    "errors": [
                        {
                            "index": 1,
                            "key": "K1002",
                            "field": "manager",
                            "code": "unknown_manager",
                            "detail": "There is no user of this name.",
                        }
                    ],
                },
                response_only=True,
            ),
        ],
    )
    def post(self, request: StaffApiRequest) -> Response:
        """The good ones are stored, the bad ones named; with `atomic` all or nothing."""
        body = read_bulk(request, member="accounts", item_type=AccountIn, key="account_number")
        items = dict(body.items)
        rows = map(msgspec.structs.asdict, items.values())
        given = [
            {name: value for name, value in row.items() if value is not msgspec.UNSET}
            for row in rows
        ]
        with transaction.atomic():
            stored = upsert.upsert_accounts(given, actor=request.user)
            outcome = _together(body.outcome, stored, list(items))
            if body.atomic and outcome.rejected:
                raise BulkRejected(outcome)
        return answer(outcome)


def _together(outcome: BulkOutcome, stored: BulkOutcome, places: list[int]) -> BulkOutcome:
    """What could not be read and what came of the rest, the errors placed as in the call."""
    for name in ("created", "updated", "unchanged", "rejected"):
        setattr(outcome, name, getattr(outcome, name) + getattr(stored, name))
    outcome.errors += [
        RowError(places[error.index], error.key, error.field, error.code, error.detail)
        for error in stored.errors
    ]
    return outcome


def _surviving(request: StaffApiRequest, account_number: str) -> tuple[Account, bool]:
    """The archive that stands for this number, and whether another one took its place."""
    ids = Account.objects.ids_by_number([account_number])
    accounts = _archives().visible_to(request.user)
    survivor = get_object_or_404(accounts, pk=ids.get(account_number))
    return survivor, survivor.account_number != account_number


def _write(request: StaffApiRequest, account_number: str, *, must_be_there: bool) -> Response:
    if not isinstance(request.data, Mapping):
        raise ValidationError({"non_field_errors": [ErrorDetail(_("Send an object."), "invalid")]})
    row = {"account_number": account_number, **request.data}
    if row["account_number"] != account_number:
        message = _("The address names another account.")
        raise ValidationError({"account_number": [ErrorDetail(message, "invalid")]})
    if must_be_there:
        _surviving(request, account_number)
    with transaction.atomic():
        outcome = upsert.upsert_accounts([row], actor=request.user)
        _refuse(outcome.errors)
    account, _is_merged = _surviving(request, account_number)
    return Response(
        AccountSerializer(account).data,
        status=status.HTTP_201_CREATED if outcome.created else status.HTTP_200_OK,
    )


def _refuse(errors: list[RowError]) -> None:
    for error in errors:
        if error.code == "merged":
            raise RuleViolation(error.code, error.detail)
    if errors:
        raise ValidationError(
            {error.field: [ErrorDetail(error.detail, error.code)] for error in errors}
        )


api_urls = [
    path("accounts/", AccountList.as_view()),
    path("accounts/bulk/", AccountBulk.as_view()),
    path("accounts/<str:account_number>/", AccountDetail.as_view()),
    path("accounts/<str:account_number>/contacts/", AccountContacts.as_view()),
]
