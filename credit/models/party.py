"""Who owes us how much at this moment, and what was decided because of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from credit.models.triggers import GROUP_IS_CONFIRMED, keep_exposure, only_added, roll_up
from kam.core.prepared import Prepared, columns, instance
from sales.models import Order

if TYPE_CHECKING:
    from staff.models import User

ONE_LIVE_PER_ORDER = "credit_reservation_one_live_per_order"
_LET_GO = "ROLLBACK TO SAVEPOINT before_parties; RELEASE SAVEPOINT before_parties"
AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}  # reporting currency


class CreditPartyQuerySet(models.QuerySet["CreditParty"]):
    def visible_to(self, user: User) -> Self:
        """Parties of the visible accounts, for who may see credit at all."""
        if not (user.is_service or user.has_perm("credit.view_creditparty")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))

    def locked(self, account_ids: set[int]) -> dict[int, CreditParty]:
        """These parties and the heads of their groups, under lock: heads first, then by id.

        Whoever changes or weighs an exposure begins here, so that nobody overtakes and
        nobody waits in a circle; who has the head may go on to other members of the group.
        A party that is not there yet is made. A merge takes the accounts first: whoever has not
        kept them by then, in a transaction that begins here, calls `kept_live` before.
        """
        wanted = set(account_ids)
        while True:
            parties = self._lock(wanted)
            wanted |= _heads(parties)  # of a group, too, that one joined while we waited
            if not (missing := wanted - parties.keys()):
                return parties
            with connection.cursor() as cursor:
                cursor.execute(_LET_GO)  # a head comes first
            CreditParty.objects.bulk_create(
                [CreditParty(account_id=pk) for pk in sorted(missing)], ignore_conflicts=True
            )

    def _lock(self, account_ids: set[int]) -> dict[int, CreditParty]:
        rows = _LOCK.rows({"accounts": list(account_ids)}, before=_BEFORE_LOCK)
        parties = (instance(CreditParty, row) for row in rows)
        return {party.pk: party for party in parties}


def _heads(parties: dict[int, CreditParty]) -> set[int]:
    return {party.group_id for party in parties.values() if party.group_id}


class CreditParty(models.Model):
    """An account as a debtor: its exposure 信用敞口, kept to the cent by the database itself.

    `invoiced`, `ordered` and `reserved` are the sums of `exposed` over the account's invoices,
    orders and reservations; triggers on those tables change them in the statement of the
    cause, so no path can forget it (docs/adr: credit). `subsidiaries` is the same of the
    accounts whose `group` this one is. Nobody else writes these four columns.
    """

    moves_on_merge = False  # the figures follow the rows that move

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, related_name="credit_party"
    )
    group = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,  # no group line covers this account
        blank=True,
        related_name="+",
        verbose_name=_("credit group"),
    )
    invoiced = models.DecimalField(_("unpaid invoices"), **AMOUNT, default=0, db_default=0)
    ordered = models.DecimalField(_("orders not yet invoiced"), **AMOUNT, default=0, db_default=0)
    reserved = models.DecimalField(_("reservations"), **AMOUNT, default=0, db_default=0)
    subsidiaries = models.DecimalField(_("of subsidiaries"), **AMOUNT, default=0, db_default=0)
    exposure = models.GeneratedField(
        expression=F("invoiced") + F("ordered") + F("reserved") + F("subsidiaries"),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
        verbose_name=_("exposure"),
    )
    # A manual hold (D9): set and lifted with a reason.
    hold_reason = models.TextField(_("reason of the hold"), blank=True, default="", db_default="")
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_at = models.DateTimeField(_("on hold since"), null=True, blank=True)

    objects = CreditPartyQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit party")
        verbose_name_plural = _("credit parties")
        triggers = [*roll_up(), *GROUP_IS_CONFIRMED]
        permissions = [
            ("hold_account", _("Can put an account on credit hold and lift it")),
            ("release_order", _("Can release orders from credit hold")),
            ("request_release", _("Can ask for the release of an order")),
            ("export_credit", _("Can export credit and receivables")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(hold_reason="") & Q(held_by=None) & Q(held_at=None))
                | (~Q(hold_reason="") & Q(held_at__isnull=False)),
                name="credit_party_hold_has_reason",
                violation_error_message=_("Give a reason exactly when there is a hold."),
            ),
            models.CheckConstraint(
                condition=Q(group=None) | ~Q(group=F("account")), name="credit_party_not_own_group"
            ),
        ]
        indexes = [models.Index(fields=["-exposure", "account"], name="credit_party_exposure")]

    def __str__(self) -> str:
        return str(self.account)


_HEADS = """
UNION ALL SELECT group_id FROM credit_creditparty JOIN asked ON account_id = asked.id
"""
# The savepoint ends with the transaction: to release it would be a message while others wait.
_BEFORE_LOCK = "SAVEPOINT before_parties; "
_LOCK = Prepared(
    name="credit_lock_parties",
    types={"accounts": "bigint[]"},
    sql=f"""
WITH asked AS (SELECT unnest(%(accounts)s) AS id)
SELECT {columns(CreditParty, "party")} FROM credit_creditparty AS party
WHERE account_id = ANY(ARRAY(SELECT id FROM asked {_HEADS}))
ORDER BY EXISTS (SELECT FROM credit_creditparty WHERE group_id = party.account_id) DESC, account_id
FOR NO KEY UPDATE OF party
""",  # noqa: S608  put together from constants
)


class OrderCredit(models.Model):
    """What credit knows of one order: how much of it counts, and whether it may be delivered.

    A row from the first time the order was open here; an order that comes as delivered is a
    fact that its invoice brings into the exposure.
    """

    order = models.OneToOneField(Order, models.CASCADE, primary_key=True, related_name="credit")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    amount = models.DecimalField(_("decided amount"), **AMOUNT)  # of the order, as last decided
    uninvoiced = models.DecimalField(_("not yet invoiced"), **AMOUNT)  # never below 0
    status = models.CharField(_("credit status"), max_length=10, choices=Order.CreditStatus)
    delivered = models.BooleanField(_("delivered"), default=False, db_default=False)
    # Approved and released orders count, and what was delivered in spite of a hold; what is on
    # hold and still here waits outside and takes no room from others.
    exposed = models.GeneratedField(
        expression=Case(
            When(
                status="held",
                delivered=False,
                then=Value(0, output_field=models.DecimalField(**AMOUNT)),
            ),
            default=F("uninvoiced"),
        ),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
    )
    # The envelope of a release: up to this amount and day the order is not held again.
    released_amount = models.DecimalField(**AMOUNT, null=True, blank=True)
    released_until = models.DateField(null=True, blank=True)
    release_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    release_request = models.TextField(_("why it should be released"), blank=True, default="")
    held_since = models.DateTimeField(_("held since"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)

    class Meta:
        verbose_name = _("credit of an order")
        verbose_name_plural = _("credit of orders")
        triggers = keep_exposure("ordered")
        constraints = [
            models.CheckConstraint(
                condition=Q(uninvoiced__gte=0), name="credit_ordercredit_uninvoiced_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "held", "released"]),
                name="credit_ordercredit_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="released")
                | Q(released_amount__isnull=False, released_until__isnull=False),
                name="credit_ordercredit_released_has_envelope",
            ),
            models.CheckConstraint(
                condition=Q(status="held", held_since__isnull=False)
                | (~Q(status="held") & Q(held_since=None)),
                name="credit_ordercredit_held_has_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["held_since", "order"],
                condition=Q(status="held"),
                name="credit_order_queue",
            ),
            models.Index(
                fields=["account"], condition=Q(uninvoiced__gt=0), name="credit_order_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.status}"

    @property
    def counted(self) -> Decimal:
        """What the database will make of `exposed`, known before the row is written."""
        is_outside = self.status == Order.CreditStatus.HELD and not self.delivered
        return Decimal(0) if is_outside else self.uninvoiced


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def live(self) -> Self:
        return self.filter(status=Reservation.Status.LIVE)

    def run_out(self, at: datetime) -> Self:
        """Reservations whose time is up, though nobody has noted it yet."""
        return self.live().filter(expires_at__lte=at)


class Reservation(models.Model):
    """An approved amount held against the limit until its order arrives, or its time is up."""

    class Status(models.TextChoices):
        LIVE = "live", _("Live")
        USED = "used", _("Used by the order")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    order_number = models.CharField(_("order number"), max_length=60, blank=True)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.LIVE)
    exposed = models.GeneratedField(
        expression=Case(
            When(status="live", then=F("amount")),
            default=Value(0, output_field=models.DecimalField(**AMOUNT)),
        ),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        triggers = keep_exposure("reserved")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="credit_reservation_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["live", "used", "cancelled", "expired"]),
                name="credit_reservation_status_known",
            ),
            models.UniqueConstraint(
                fields=["order_number"],
                condition=Q(status="live") & ~Q(order_number=""),
                name=ONE_LIVE_PER_ORDER,
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "expires_at"],
                condition=Q(status="live"),
                name="credit_reservation_live",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User) -> Self:
        """Decisions on the visible accounts, for who may see credit at all."""
        if not (user.is_service or user.has_perm("credit.view_creditparty")):
            return self.none()
        return self.filter(account__in=Account.objects.visible_to(user))


class Decision(models.Model):
    """One credit decision 信用审核 and the figures it was taken on. Never edited (trigger)."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        HELD = "held", _("On hold")
        RELEASED = "released", _("Released")

    class Cause(models.TextChoices):
        ORDER = "order", _("Order")
        CHECK = "check", _("Credit check")
        RELEASE = "release", _("Release")
        PAYMENT = "payment", _("Payment")
        LINE = "line", _("Credit line")
        HOLD = "hold", _("Manual hold")
        RATING = "rating", _("Rating")
        DAY = "day", _("New day")
        POLICY = "policy", _("Policy")
        CEILING = "ceiling", _("Ceiling on all receivables")

    account = models.ForeignKey(Account, models.PROTECT, related_name="credit_decisions")
    order = models.ForeignKey(
        Order, models.CASCADE, null=True, blank=True, related_name="credit_decisions"
    )
    order_number = models.CharField(_("order number"), max_length=60, blank=True)
    cause = models.CharField(_("cause"), max_length=10, choices=Cause)
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    # [{"code": "exposure_over_limit", "figures": {…}}]: the words are made for each reader.
    reasons = models.JSONField(default=list)
    limit = models.DecimalField(_("limit"), **AMOUNT, null=True)  # None: no credit line
    exposure = models.DecimalField(_("exposure before"), **AMOUNT)
    policy_version = models.PositiveIntegerField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(_("comment"), blank=True, default="")
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("credit decision")
        verbose_name_plural = _("credit decisions")
        triggers = only_added("account")
        indexes = [
            models.Index(fields=["account", "-at", "-id"], name="credit_decision_account"),
            models.Index(
                fields=["order", "-at", "-id"],
                condition=Q(order__isnull=False),
                name="credit_decision_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number or self.account} {self.outcome}"
