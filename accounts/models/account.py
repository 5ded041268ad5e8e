from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.models.handover import Cover
from accounts.models.team import ServiceMember
from staff.models import Region

if TYPE_CHECKING:
    from staff.models import User


class Tier(models.TextChoices):
    """The tiers 客户等级 of the customer pyramid; docs/policies/tiering.md section 1."""

    STRATEGIC = "strategic", _("Strategic")
    KEY = "key", _("Key")
    ORDINARY = "ordinary", _("Ordinary")


class SizeClass(models.TextChoices):
    FORTUNE_500 = "fortune_500", _("Fortune Global 500")
    LARGE = "large", _("Large enterprise")
    SME = "sme", _("Small or medium enterprise")


class Stage(models.TextChoices):
    """How far it is with a company 客户阶段; docs/policies/qualification.md."""

    PROSPECT = "prospect", _("Prospect")  # 潜在客户
    CUSTOMER = "customer", _("Customer")  # 客户
    REJECTED = "rejected", _("Not pursued")  # 放弃


class Motive(models.TextChoices):
    """Why this customer buys 购买动机."""

    CONSUMER = "consumer", _("Consumer")
    MANUFACTURER = "manufacturer", _("Manufacturer")
    TRADER = "trader", _("Trader")
    AGENT = "agent", _("Agent (government, group purchasing)")


# Sort keys of the account list that are no plain column; the indexes below have the same.
TIER_RANK = Case(
    When(tier=Tier.STRATEGIC, then=0),
    When(tier=Tier.KEY, then=1),
    default=2,
    output_field=models.IntegerField(),
)
REVIEW_DUE = Coalesce(F("review_due_on"), date(9999, 12, 31), output_field=models.DateField())

# What the filters of the account list look at.
_FILTERED = [
    "merged_into",
    "tier",
    "manager",
    "region",
    "industry",
    "size_class",
    "motive",
    "parent",
    "review_due_on",
]


class Industry(models.Model):
    """An industry 行业 that accounts belong to."""

    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("industry")
        verbose_name_plural = _("industries")

    def __str__(self) -> str:
        return self.name


_GROUP_SQL = """
WITH RECURSIVE below(id) AS (
  SELECT %s::bigint
  UNION
  SELECT a.id FROM accounts_account a JOIN below ON a.parent_id = below.id
)
SELECT id FROM below
"""


def sees_all_accounts(user: User) -> bool:
    """Whether no account is hidden from this user."""
    return user.is_service or user.has_perms(
        ["accounts.view_account", "accounts.view_all_accounts"]
    )


def ids_served_by(user: User, away: Sequence[int] | None = None) -> models.QuerySet[Any, Any]:
    """The ids of `AccountQuerySet.served_by`; one may come more than once.

    away: for whom the user covers today, where that is known already.
    """
    own = Account.objects.filter(manager=user).values("pk")
    led = Account.objects.filter(
        manager__in=user.__class__.objects.filter(teams__leader=user)
    ).values("pk")
    serving = ServiceMember.objects.filter(user=user, until=None).values("account")
    arms = [led, serving]
    if away is None or away:
        people: Any = Cover.objects.taken_by(user).values("person") if away is None else away
        arms.append(Account.objects.filter(manager__in=people).values("pk"))
        arms.append(ServiceMember.objects.filter(user__in=people, until=None).values("account"))
    # A union, not OR: with OR every account is looked at.
    return own.union(*arms, all=True)


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> Self:
        """The accounts this user may see. Every page, panel and endpoint starts here.

        Own accounts, those of the teams one leads, and those one serves in the service
        team; the own ones and served ones of who is on leave and one covers for (A10); all of
        them with `accounts.view_all_accounts`, or for a service user, whose
        token's scopes say what it may do. Nothing without `accounts.view_account`.
        """
        if sees_all_accounts(user):
            return self
        if not user.has_perm("accounts.view_account"):
            return self.none()
        return self.served_by(user)

    def served_by(self, user: User) -> Self:
        """The accounts one manages, leads the team of, or serves, oneself or as a cover.

        Who serves an account reads its trade secrets: docs/policies/trade-secrets.md section 1.
        """
        return self.filter(pk__in=ids_served_by(user))

    def in_care_of(self, user: User) -> Self:
        """The accounts this user answers for: those they manage, and those of whom they cover
        for. Others see them, and are not told of everything that waits there."""
        if not user.has_perm("accounts.view_account"):
            return self.none()
        return self.live().filter(manager__in=Cover.objects.hands_of(user))

    def live(self) -> Self:
        """Without the accounts that were merged into another one."""
        return self.filter(merged_into=None)

    def containing(self, text: str) -> Self:
        """Accounts with each word of `text` in a name, code, pinyin or initials.

        All of them without a text; none when it has neither letters nor digits to find.
        """
        words = rules.search_words(text)
        if text.strip() and not words:
            return self.none()
        # Not LIKE: that costs the planner no more than other filters, so it would come before them.
        found = [GreaterThan(StrIndex("search_text", Value(word)), 0) for word in words]
        return self.filter(*found)

    def search(self, text: str) -> Self:
        """The same through the index of grams, which finds a few among millions."""
        grams = rules.query_grams(rules.search_words(text))
        matches = self.containing(text)
        return matches.filter(search_grams__contains=grams) if grams else matches

    def ids_by_number(self, numbers: Iterable[str]) -> dict[str, int]:
        """`{account_number: id}` of those that are there; a merged one gives its survivor's id."""
        found = self.filter(account_number__in=list(numbers)).values_list(
            "account_number", "pk", "merged_into"
        )
        ids = {number: merged_into or pk for number, pk, merged_into in found}
        moved = {merged_into for _, _, merged_into in found if merged_into}
        while moved:  # one turn for each link of a chain of merges
            further = dict(
                Account.objects.filter(pk__in=moved)
                .exclude(merged_into=None)
                .values_list("pk", "merged_into")
            )
            ids = {number: further.get(pk, pk) for number, pk in ids.items()}
            moved = set(further.values())
        return ids

    def in_group(self, head_id: int) -> Self:
        """A parent company and all that stands under it, at any depth (A20)."""
        with connection.cursor() as cursor:
            cursor.execute(_GROUP_SQL, [head_id])
            return self.filter(pk__in=[pk for (pk,) in cursor.fetchall()])

    def group_line(self, account_id: int) -> list[int]:
        """The id of an account, of its parent company, of that one's, up to the head."""
        line = [account_id]
        while parent := Account.objects.filter(pk=line[-1]).values_list("parent", flat=True)[0]:
            line.append(parent)
        return line

    def review_due(self, on: date) -> Self:
        """Accounts whose archive should have been reviewed by this day (A12)."""
        return self.live().filter(review_due_on__lte=on)


@pghistory.track(
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=[*rules.DERIVED_FIELDS, "updated_at"],
    model_name="AccountHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history"),
)
class Account(models.Model):
    """A customer 客户: the company we sell to and its archive 客户档案. Not a login."""

    # --- basic information (A1, A7)
    account_number = models.CharField(
        _("account number"),
        max_length=40,
        unique=True,
        help_text=_("The customer number in the ERP: the key of imports and of the API."),
    )
    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    english_name = models.CharField(_("English name"), max_length=200, blank=True)
    credit_code = models.CharField(
        _("unified social credit code"),
        max_length=18,
        blank=True,
        help_text=_(
            "18 characters 统一社会信用代码; a wrong check digit is a warning, not an error."
        ),
    )
    address = models.CharField(_("address"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    owners = models.CharField(_("owners"), max_length=200, blank=True)
    legal_representative = models.CharField(_("legal representative"), max_length=60, blank=True)
    industry = models.ForeignKey(
        Industry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("industry"),
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        verbose_name=_("region"),
    )
    size_class = models.CharField(_("size class"), max_length=12, choices=SizeClass, blank=True)
    business_kind = models.CharField(_("kind of business"), max_length=200, blank=True)
    motive = models.CharField(_("purchase motive"), max_length=12, choices=Motive, blank=True)
    dealing_since = models.DateField(_("dealing since"), null=True, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subsidiaries",
        verbose_name=_("parent company"),
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_accounts",
        verbose_name=_("account manager"),
    )
    # --- characteristics (A2)
    market_area = models.TextField(_("market area"), blank=True)
    sales_capacity = models.TextField(_("sales capacity"), blank=True)
    development_potential = models.TextField(_("development potential"), blank=True)
    business_philosophy = models.TextField(_("business philosophy"), blank=True)
    business_direction = models.TextField(_("business direction"), blank=True)
    business_policy = models.TextField(_("business policy"), blank=True)
    # --- business position (A3)
    sales_record = models.TextField(_("sales record"), blank=True)
    market_share = models.TextField(_("market share"), blank=True)
    market_position = models.TextField(_("market position and competitiveness"), blank=True)
    competitor_relations = models.TextField(_("relations to competitors"), blank=True)
    our_relations = models.TextField(_("relations to us"), blank=True)
    # --- dealing status (A4)
    sales_activity = models.TextField(_("sales activity"), blank=True)
    existing_problems = models.TextField(_("existing problems"), blank=True)
    strategy = models.TextField(_("strategy"), blank=True)
    outlook = models.TextField(_("outlook"), blank=True)
    image_reputation = models.TextField(_("image and reputation"), blank=True)
    finances = models.TextField(_("finances"), blank=True)
    credit_standing = models.TextField(_("credit standing"), blank=True)

    # --- published by tiering (written by tiering.services only)
    tier = models.CharField(
        _("tier"), max_length=10, choices=Tier, default=Tier.ORDINARY, editable=False
    )
    # --- qualification (A8; written by services.qualification only)
    stage = models.CharField(
        _("stage"),
        max_length=8,
        choices=Stage,
        default=Stage.CUSTOMER,
        db_default=Stage.CUSTOMER,
        editable=False,
    )
    # --- review (A12)
    reviewed_on = models.DateField(_("last reviewed"), null=True, blank=True)
    review_due_on = models.DateField(_("review due"), null=True, blank=True)

    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged_accounts"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # --- derived from the above by `derive()`, for search, sorting and duplicates
    name_sort = models.CharField(
        max_length=400, editable=False
    )  # pinyin: PostgreSQL has no ICU here
    name_initials = models.CharField(max_length=200, editable=False)
    name_key = models.CharField(max_length=200, editable=False)  # without 有限公司, brackets, width
    phone_key = models.CharField(max_length=60, editable=False)  # digits only
    search_text = models.TextField(editable=False, default="")
    search_grams = ArrayField(models.TextField(), default=list, editable=False)
    scatter = models.BigIntegerField(editable=False, default=0)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name_sort", "pk"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        permissions = [
            ("view_all_accounts", _("Can see the accounts of every manager")),
            ("assign_account_manager", _("Can give an account to another manager")),
            ("import_account", _("Can import accounts from files")),
            ("export_account", _("Can export accounts to files")),
            ("merge_account", _("Can merge duplicate accounts and undo it")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=Tier.values), name="accounts_account_tier_known"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values), name="accounts_account_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                name="accounts_account_not_own_parent",
                violation_error_message=_("A company cannot be its own parent."),
            ),
            models.CheckConstraint(
                condition=Q(account_number__regex=rules.ACCOUNT_NUMBER_PATTERN),
                name="accounts_account_number_form",
                violation_error_message=_("Use 1 to 40 characters without spaces or slashes."),
            ),
        ]
        indexes = [
            # In the order of names, with all that filters look at: read without the table.
            models.Index(
                fields=["name_sort", "id"], include=_FILTERED, name="accounts_acc_by_name"
            ),
            *[
                models.Index(
                    fields=[first, "name_sort", "id"],
                    include=[name for name in _FILTERED if name != first],
                    name=f"accounts_acc_{first}_by_name",
                )
                for first in ["tier", "manager", "region", "industry"]
            ],
            models.Index(TIER_RANK, F("name_sort"), F("id"), name="accounts_acc_tier_rank"),
            models.Index(REVIEW_DUE, F("id"), name="accounts_acc_review_due"),
            models.Index(fields=["updated_at", "id"], name="accounts_acc_updated"),
            # A sample of the archive that is read without the table: docs/adr/0004.
            models.Index(
                fields=["scatter", "id"],
                include=["search_text", *_FILTERED],
                name="accounts_acc_sample",
            ),
            models.Index(
                fields=["stage", "name_sort", "id"],
                condition=~Q(stage="customer"),
                name="accounts_acc_prospects",
            ),
            models.Index(fields=["name_key"], name="accounts_acc_name_key"),
            models.Index(
                fields=["credit_code"],
                name="accounts_acc_credit_code",
                condition=~Q(credit_code=""),
            ),
            models.Index(
                fields=["phone_key"], name="accounts_acc_phone_key", condition=~Q(phone_key="")
            ),
            GinIndex(fields=["search_grams"], name="accounts_acc_grams", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.account_number} {self.short_name or self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *rules.DERIVED_FIELDS, "updated_at"}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("accounts:detail", args=[self.account_number])

    def derive(self) -> None:
        """Bring the derived columns in line with the names, number, code and phone."""
        self.credit_code = rules.credit_code(self.credit_code)
        for field, value in rules.derived_fields(
            account_number=self.account_number,
            name=self.name,
            short_name=self.short_name,
            english_name=self.english_name,
            credit_code=self.credit_code,
            phone=self.phone,
        ).items():
            setattr(self, field, value)


def field_labels(names: Iterable[str]) -> list[str]:
    """What fields of an account are called on pages, by their names in the code."""
    fields = {field.name: str(field.verbose_name) for field in Account._meta.concrete_fields}
    return [fields.get(name, name) for name in names]
