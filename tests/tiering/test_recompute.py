"""The recompute at its doors: command, task, service; and that SQL and rules agree."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Account, Event
from notifications.models import Notification
from notifications.services import dispatch_events
from sales.models import Order
from tests.factories import make_account, make_order
from tests.tiering.factories import make_designation, make_policy
from tiering import rules, services, tasks
from tiering.models import TierRecord, TierRun

DAY = date(2026, 6, 30)
NEXT = DAY + timedelta(days=1)
BY_HAND = {"actor": None, "trigger": TierRun.Trigger.COMMAND}


@pytest.fixture
def company(db):
    """Sales of 10,000 beside those of the test's accounts' making."""
    return make_order(None, DAY, "9000")


def tier_of(account, day=DAY):
    return TierRecord.objects.on(day).get(account=account).tier


def snapshot():
    """The whole history without its keys."""
    columns = ("account", "valid_from", "valid_to", "tier", "r", "f", "m", "segment", "abc")
    return sorted(TierRecord.objects.values_list(*columns), key=str)


def test_every_live_account_gets_a_tier(company, k1):
    buyer, idle = make_account(), make_account()
    make_order(buyer, DAY, "1000")

    run = services.recompute(DAY, **BY_HAND)

    assert tier_of(buyer) == "strategic"
    record = TierRecord.objects.get(account=idle)
    assert (record.tier, record.r, record.segment, record.abc) == ("ordinary", None, "", "C")
    assert (run.accounts, run.strategic, run.key, run.ordinary) == (3, 1, 0, 2)
    assert run.company_net_sales == Decimal(10000)
    buyer.refresh_from_db()
    assert buyer.tier == "strategic"


def test_the_window_has_both_ends(company):
    first, before, last, after = (make_account() for _ in range(4))
    make_order(first, "2025-07-01", "1000")
    make_order(before, "2025-06-30", "1000")
    make_order(last, "2026-06-30", "1000")
    make_order(after, "2026-07-01", "1000")

    services.recompute(DAY, **BY_HAND)

    tiers = [tier_of(account) for account in (first, before, last, after)]
    assert tiers == ["strategic", "ordinary", "strategic", "ordinary"]


def test_cancelled_orders_do_not_count_and_returns_do(company):
    cancelled, returned = make_account(), make_account()
    make_order(cancelled, DAY, "5000", status=Order.Status.CANCELLED)
    make_order(returned, DAY, "5000")
    make_order(returned, DAY, "-4990")

    services.recompute(DAY, **BY_HAND)

    assert TierRecord.objects.get(account=cancelled).r is None
    record = TierRecord.objects.get(account=returned)
    assert (record.tier, record.net_sales, record.frequency) == ("ordinary", 10, 1)


def test_a_company_that_sold_nothing_has_ordinary_accounts_only(db):
    account = make_account()
    make_order(account, DAY, "100")
    make_order(None, DAY, "-100")

    run = services.recompute(DAY, **BY_HAND)

    assert tier_of(account) == "ordinary"
    assert run.company_net_sales == 0


def test_without_any_account_the_run_has_the_company_sales(company):
    run = services.recompute(DAY, **BY_HAND)

    assert (run.accounts, run.company_net_sales) == (0, Decimal(9000))


def test_the_second_run_writes_nothing(company, k1, django_assert_max_num_queries):
    make_order(k1, DAY, "1000")
    services.recompute(DAY, **BY_HAND)
    before = list(TierRecord.objects.values())
    updated_at = Account.objects.get(pk=k1.pk).updated_at

    services.recompute(DAY, **BY_HAND)

    assert list(TierRecord.objects.values()) == before
    assert Account.objects.get(pk=k1.pk).updated_at == updated_at
    assert Event.objects.filter(kind="tiering.tier_assigned").count() == 1


def test_the_first_tier_of_an_account_is_no_change_and_nobody_is_told(company, k1, anna):
    make_order(k1, DAY, "1000")
    services.recompute(DAY, **BY_HAND)
    dispatch_events()
    assert k1.events.get().kind == "tiering.tier_assigned"
    assert not Notification.objects.exists()

    make_order(k1, NEXT, "-950")
    services.recompute(NEXT, **BY_HAND)
    dispatch_events()

    (told,) = Notification.objects.all()
    assert (told.user, told.kind) == (anna, "tiering.tier_changed")
    assert (told.data["from"], told.data["to"]) == ("strategic", "ordinary")


def test_a_new_row_only_when_something_changes(company, k1):
    make_order(k1, DAY - timedelta(days=30), "1000")

    for days in range(4):
        services.recompute(DAY + timedelta(days=days), **BY_HAND)

    record = TierRecord.objects.get()
    assert (record.valid_from, record.valid_to) == (DAY, None)


def test_a_change_closes_the_row_and_tells_the_timeline(company, k1):
    services.recompute(DAY, **BY_HAND)
    make_order(k1, NEXT, "1000")

    run = services.recompute(NEXT, **BY_HAND)

    assert (tier_of(k1, DAY), tier_of(k1, NEXT)) == ("ordinary", "strategic")
    assert run.changed == 1
    event = Event.objects.get(kind="tiering.tier_changed")
    assert event.account == k1
    assert event.data == {
        "from": "ordinary",
        "to": "strategic",
        "basis": "share",
        "as_of": "2026-07-01",
        "net_sales": "1000.00",
        "company_net_sales": "10000.00",
        "share": "0.100000",
        "policy_version": 1,
        "run": run.pk,
    }


def test_a_correction_of_the_same_day_replaces_the_row(company, k1):
    services.recompute(DAY - timedelta(days=1), **BY_HAND)
    order = make_order(k1, DAY, "1000")
    services.recompute(DAY, **BY_HAND)
    assert TierRecord.objects.count() == 2

    order.status = Order.Status.CANCELLED
    order.save()
    services.recompute(DAY, **BY_HAND)

    assert snapshot() == [
        (k1.pk, DAY - timedelta(days=1), None, "ordinary", None, None, None, "", "C")
    ]
    k1.refresh_from_db()
    assert k1.tier == "ordinary"


def test_a_past_day_between_runs_is_split_in(company, k1):
    """Runs of 1 and 21 June; then 11 June, when K1 had bought and not yet returned."""
    first, between, last = date(2026, 6, 1), date(2026, 6, 11), date(2026, 6, 21)
    make_order(None, first, "9000")
    services.recompute(first, **BY_HAND)
    make_order(k1, date(2026, 6, 10), "1000")
    make_order(k1, date(2026, 6, 20), "-1000")
    services.recompute(last, **BY_HAND)

    services.recompute(between, **BY_HAND)

    spans = TierRecord.objects.order_by("valid_from").values_list("valid_from", "valid_to", "tier")
    assert list(spans) == [
        (first, between, "ordinary"),
        (between, last, "strategic"),
        (last, None, "ordinary"),
    ]
    k1.refresh_from_db()
    assert k1.tier == "ordinary"  # published by the newest run alone
    assert not Event.objects.filter(kind="tiering.tier_changed").exists()


def test_a_day_before_all_runs_is_put_in_front(company, k1):
    services.recompute(DAY, **BY_HAND)

    services.recompute(DAY - timedelta(days=10), **BY_HAND)

    spans = TierRecord.objects.order_by("valid_from").values_list("valid_from", "valid_to")
    assert list(spans) == [(DAY - timedelta(days=10), DAY), (DAY, None)]


@pytest.mark.parametrize("seed", range(5))
def test_runs_in_any_order_say_the_same_of_every_day(db, seed):
    chance = random.Random(seed)
    random_ledger(chance, accounts=8, days=20)
    days = [DAY + timedelta(days=n) for n in range(-9, 1)]

    def states():
        return {
            (day, record.account_id): (record.tier, record.r, record.f, record.m, record.abc)
            for day in days
            for record in TierRecord.objects.on(day)
        }

    for day in days:
        services.recompute(day, **BY_HAND)
    in_order = states()
    TierRecord.objects.all().delete()
    TierRun.objects.all().delete()
    for day in chance.sample(days, len(days)):
        services.recompute(day, **BY_HAND)

    assert states() == in_order


def test_a_merged_account_is_left_out_and_its_row_closed(company, k1):
    other = make_account()
    services.recompute(DAY, **BY_HAND)
    other.merged_into = k1
    other.save(update_fields=["merged_into"])

    run = services.recompute(NEXT, **BY_HAND)

    assert run.accounts == 1
    assert TierRecord.objects.get(account=other).valid_to == NEXT


def test_a_designation_lifts_while_it_is_in_force(company, k1):
    make_designation(k1, tier="strategic", effective_from=DAY, expires_on=NEXT)

    for days in range(-1, 3):
        services.recompute(DAY + timedelta(days=days), **BY_HAND)

    spans = TierRecord.objects.order_by("valid_from").values_list("valid_from", "tier", "basis")
    assert list(spans) == [
        (DAY - timedelta(days=1), "ordinary", "share"),
        (DAY, "strategic", "designation"),
        (NEXT + timedelta(days=1), "ordinary", "share"),
    ]


def test_a_designation_below_the_share_changes_nothing(company, k1):
    make_order(k1, DAY, "1000")
    make_designation(k1, tier="key", effective_from=DAY)

    services.recompute(DAY, **BY_HAND)

    record = TierRecord.objects.get()
    assert (record.tier, record.basis, record.designation) == ("strategic", "share", None)


def test_the_policy_in_force_on_the_day_decides(company, k1):
    make_order(k1, DAY, "1000")
    make_policy(NEXT, strategic_share=Decimal("0.2"), key_share=Decimal("0.1"))

    services.recompute(DAY, **BY_HAND)
    run = services.recompute(NEXT, **BY_HAND)

    assert (tier_of(k1, DAY), tier_of(k1, NEXT)) == ("strategic", "key")
    assert run.policy.version == 2


FIXED = rules.Policy(rfm_method=rules.FIXED)


@pytest.mark.parametrize("method", [rules.QUINTILE, rules.FIXED])
@pytest.mark.parametrize("seed", range(6))
def test_sql_and_rules_agree_on_random_ledgers(db, seed, method):
    random_ledger(random.Random(seed), accounts=25, days=400)
    policy = make_policy(
        rfm_method=method,
        recency_cuts=[20, 40, 80, 200],
        frequency_cuts=[2, 3, 4, 5],
        monetary_cuts=["10", "100", "500.5", "1000"],
    ).terms()

    services.recompute(DAY, **BY_HAND)

    expected = by_the_rules(policy)
    for record in TierRecord.objects.all():
        found = (record.tier, record.r, record.f, record.m, record.segment, record.abc)
        assert found == expected[record.account_id]


def random_ledger(chance: random.Random, *, accounts: int, days: int) -> None:
    """Orders, returns, cancelled ones and walk-in sales, with many ties."""
    customers = [*[make_account() for _ in range(accounts)], None]
    for _ in range(accounts * 5):
        make_order(
            chance.choice(customers),
            DAY - timedelta(days=chance.randrange(days)),
            chance.choice(["10", "50.5", "100", "1000", "-50.5", "333.3333", "-100"]),
            status=chance.choice(["delivered", "delivered", "open", "cancelled"]),
        )


def by_the_rules(policy: rules.Policy) -> dict[int, tuple]:
    """What `tiering.rules` says of every account, from its orders read one by one."""
    window = rules.window(DAY, policy.window_months)
    orders = [
        order
        for order in Order.objects.counted()
        if window.since <= order.ordered_on <= window.until
    ]
    company = sum((order.net_amount for order in orders), Decimal(0))
    sales = dict.fromkeys(Account.objects.values_list("pk", flat=True), Decimal(0))
    last: dict[int, date] = {}
    frequency: dict[int, int] = {}
    for order in orders:
        if order.account_id is None:
            continue
        sales[order.account_id] += order.net_amount
        if order.net_amount > 0:
            pk = order.account_id
            last[pk] = max(last.get(pk, order.ordered_on), order.ordered_on)
            frequency[pk] = frequency.get(pk, 0) + 1
    buyers_sales = {pk: sales[pk] for pk in last}
    if policy.rfm_method == rules.QUINTILE:
        r, f, m = map(rules.quintile_scores, (last, frequency, buyers_sales))
    else:
        r = {
            pk: rules.recency_score((DAY - day).days, policy.recency_cuts)
            for pk, day in last.items()
        }
        f = {pk: rules.volume_score(n, policy.frequency_cuts) for pk, n in frequency.items()}
        m = {pk: rules.volume_score(v, policy.monetary_cuts) for pk, v in buyers_sales.items()}
    abc = rules.abc_classes(sales, policy)
    return {
        pk: (
            rules.tier_of_share(sales[pk], company, policy),
            r.get(pk),
            f.get(pk),
            m.get(pk),
            rules.segment(r[pk], f[pk], m[pk], policy.high_score) if pk in last else "",
            abc[pk],
        )
        for pk in sales
    }


def test_the_command_prints_the_figures(company, k1, capsys):
    make_order(k1, DAY, "1000")

    call_command("recompute", "--as-of", "2026-06-30")

    assert "company net sales 10000.0000; strategic 1, key 0, ordinary 0" in capsys.readouterr().out


def test_the_night_makes_good_what_was_missed(company, k1):
    yesterday = timezone.localdate() - timedelta(days=1)
    services.recompute(yesterday - timedelta(days=3), **BY_HAND)

    tasks.nightly()
    tasks.nightly()

    days = TierRun.objects.order_by("as_of").values_list("as_of", flat=True)
    assert list(days) == [yesterday - timedelta(days=n) for n in (3, 2, 1, 0)]


def test_the_night_goes_back_a_month_at_most(company):
    today = date(2026, 11, 22)
    assert services.nightly_dates(today) == [date(2026, 11, 21)]

    services.recompute(DAY, **BY_HAND)

    dates = services.nightly_dates(today)
    assert (len(dates), dates[0], dates[-1]) == (31, date(2026, 10, 22), date(2026, 11, 21))


def test_a_queued_run_that_no_worker_heard_of_is_picked_up(company):
    run = services.request_run(DAY, **BY_HAND)

    tasks.pick_up_queued_runs()

    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_run_whose_process_died_is_taken_over(company):
    run = services.request_run(DAY, **BY_HAND)
    TierRun.objects.filter(pk=run.pk).update(status="running", progress=60)

    tasks.pick_up_queued_runs()

    run.refresh_from_db()
    assert (run.status, run.progress) == ("succeeded", 100)


def test_asking_twice_is_one_run(company):
    runs = {services.request_run(DAY, **BY_HAND).pk for _ in range(2)}
    assert len(runs) == 1


def test_a_run_asked_for_again_while_it_ran_is_done_once_more(company, k1, monkeypatch):
    """An ERP stores orders, then asks: the answer it waits for must have those orders in it."""
    run = services.request_run(DAY, **BY_HAND)
    fill_figures = services.runs._fill_figures

    def asked_meanwhile(*args):
        fill_figures(*args)
        monkeypatch.undo()
        make_order(k1, DAY, "5000")
        assert services.request_run(DAY, **BY_HAND).status == "queued"

    monkeypatch.setattr(services.runs, "_fill_figures", asked_meanwhile)
    services.execute_run(run.pk)
    run.refresh_from_db()
    before = (run.status, run.progress, run.finished_at)
    sales = run.company_net_sales

    tasks.pick_up_queued_runs()

    run.refresh_from_db()
    assert before == ("queued", 0, None)
    assert run.status == "succeeded"
    assert run.company_net_sales == sales + 5000


def test_a_redelivered_task_does_nothing(company):
    run = services.recompute(DAY, **BY_HAND)

    tasks.execute_run(run.pk)

    again = TierRun.objects.get()
    assert again.finished_at == run.finished_at


def test_a_failure_is_told_and_can_be_repeated(company, k1, monkeypatch):
    monkeypatch.setattr(services.runs.statements, "FIND_MOVES", "SELECT nonsense")
    run = services.request_run(DAY, **BY_HAND)
    with pytest.raises(Exception, match="nonsense"):
        services.execute_run(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert "nonsense" in run.error
    monkeypatch.undo()

    run = services.recompute(DAY, **BY_HAND)

    assert (run.status, run.error) == ("succeeded", "")
