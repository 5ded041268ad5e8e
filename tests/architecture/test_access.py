"""A walk over every URL: as anonymous, as every role, with every verb, with every token.

The table of who may do what is tests/architecture/access.py.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import (
    Account,
    AccountMerge,
    Attachment,
    Cover,
    ImportBatch,
    Segment,
    ServiceMember,
)
from accounts.services import cover, handover, needs
from accounts.services.merge import merge_accounts
from approvals import rules
from approvals.models import Deputy, Request, Route
from approvals.services import name_deputy, propose_route
from complaints.models import ComplaintFile
from complaints.services import reports
from credit.models import (
    CreditAlert,
    CreditBudget,
    Investigation,
    LineProposal,
    OverdueEpisode,
    OverdueMeasure,
    Rating,
    Review,
    Statement,
    WriteOff,
)
from credit.services import collections, disputes, legal
from credit.services.campaigns import open_campaign
from credit.services.ratings import rate
from kam.core.api.permissions import accepted_scopes
from kam.core.models import ApiToken
from kam.core.scopes import SCOPES
from kam.home.models import TodayMark
from mailings.models import Delivery, Mailing
from notifications.models import Endpoint, Notification
from staff.models import Team, User
from tests.architecture.access import (
    ALL,
    API,
    IN_PERSON,
    OPEN,
    OWN,
    PAGES,
    THEIR_ITEM,
    THEIR_MONTH,
    Row,
)
from tests.complaints.factories import make_complaint
from tests.credit.documents import make_invoice, make_payment
from tests.credit.lines import make_line
from tests.factories import make_account, make_contact, make_order, make_token, make_user
from tests.visits.factories import make_follow_up, make_schedule, make_visit
from tiering.models import Designation, TierPolicy, TierRun
from tiering.services import propose_designation
from visits.models import VisitPlan

VERBS = ["get", "head", "post", "put", "patch", "delete", "options"]
ANSWERS = {200, 201, 202, 302, 400, 404, 409, 422}  # whatever came of it, it was not refused


@dataclass(frozen=True)
class Url:
    name: str  # with its namespace; "" for most of REST
    route: str
    view: Any

    @property
    def key(self) -> str:
        return self.name or self.route

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")


def urls(
    resolver: URLResolver | None = None, spaces: tuple[str, ...] = (), route: str = ""
) -> Iterator[Url]:
    for pattern in (resolver or get_resolver()).url_patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            name = ":".join((*spaces, pattern.name)) if pattern.name else ""
            yield Url(name, here, pattern.callback)
        else:
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from urls(pattern, inner, here)


EVERY = [url for url in urls() if url.route != "^api/"]
REST = [url for url in EVERY if url.is_api and url.name != "api-docs"]
ROWS = PAGES | API


def row_of(url: Url) -> Row:
    return ROWS.get(url.key) or ROWS.get(url.route) or Row(ALL)


def path_of(url: Url, world: dict[str, Any]) -> str:
    """The address with its parameters filled from the world; regular expressions too."""
    row = row_of(url)
    path = re.sub(
        r"<(?:\w+:)?(\w+)>",
        lambda m: str(world.get(row.sample.get(m[1], m[1]), 1)),
        _without_regex(url.route),
    )
    return f"/{path}{row.query.format_map(world)}"


def _without_regex(route: str) -> str:
    named = re.sub(r"\(\?P<(\w+)>[^()]*\)", r"<\1>", route)
    grouped = re.sub(r"\(\?P?<(\w+)>.*?\)(?=/|\$|-)", r"<\1>", named)
    return grouped.replace("^", "").replace("$", "")


@pytest.fixture
def world(k1, anna, settings, tmp_path) -> dict[str, Any]:
    """A row for each parameter that a route may have."""
    settings.MEDIA_ROOT = str(tmp_path)
    make_token("orders:read")
    make_user("decider", "gm")  # who could sign what is asked for
    policy = TierPolicy.objects.first() or TierPolicy.objects.create(
        version=1, effective_from=timezone.localdate(), status=TierPolicy.Status.APPROVED
    )
    run = TierRun.objects.create(
        as_of=timezone.localdate(), policy=policy, requested_at=timezone.now()
    )
    return {
        "account_number": k1.account_number,
        "order_number": make_order(k1).order_number,
        "contact": make_contact(k1, email="wang@k1.example").pk,
        "member": _member(k1).pk,
        "attachment": _attachment(k1, anna).pk,
        "batch": ImportBatch.objects.create(file_name="a.csv", uploaded_by=anna).pk,
        "merge": _merge().pk,
        "designation_id": _designation(k1, anna).pk,
        "segment": Segment.objects.create(name="mine", owner=anna, query="tier=key").pk,
        "group": "basic",
        "token": ApiToken.objects.get().pk,
        "product": "P1",
        "run_id": run.pk,
        "version": policy.version,
        "request": _request(anna).pk,
        "route": Route.objects.first().pk,
        "kind": "approvals.route",
        "step": "analyse",
        **_handover(k1, anna),
        "policy_kind": "checks",
        "deputy": _deputy(anna).pk,
        "period": _review(k1).campaign.period,
        "review": Review.objects.get().pk,
        "alert": CreditAlert.objects.create(
            account=k1, kind="exposure_grew", day=timezone.localdate()
        ).pk,
        "measure": _measure(k1).pk,
        "budget": CreditBudget.objects.create(
            year=2026, version=1, reason="x", proposed_by=anna
        ).pk,
        "year": 2026,
        "other_number": make_account().account_number,
        "today_key": _waits(k1),
        "mark": TodayMark.objects.create(
            user=anna, by=anna, key="x:1", done_at=timezone.now(), urgency=1
        ).pk,
        **_credit(k1, anna),
        **_collection(k1, anna),
        **_visits(k1, anna),
        **_complaint(k1, anna),
        "invoice_number": make_invoice(k1).invoice_number,
        "payment_number": make_payment(k1).payment_number,
        "statement": _statement(k1, anna).pk,
        "notice": Notification.objects.create(user=anna, kind="t.x", cause="t:1").pk,
        **_webhook(anna),
        **_mailing(k1, anna),
        # parameters of Django's and allauth's own routes
        "key": "x",
        "uidb36": "1",
        "object_id": anna.pk,
        "id": anna.pk,
        "app_label": "staff",
        "content_type_id": 1,
        "url": "x",
    }


def _waits(account: Account) -> str:
    """The key of something that waits for the manager of the account."""
    account.review_due_on = timezone.localdate()
    account.save()
    return f"accounts.review:{account.pk}:{account.review_due_on}"


def _webhook(user: User) -> dict[str, int]:
    """A webhook with a message that was given up, and one that may be deleted."""
    endpoint, spare = (
        Endpoint.objects.create(url=url, events=["tier_changed"], created_by=user)
        for url in ("https://erp.example.com/", "https://old.example.com/")
    )
    delivery = endpoint.deliveries.create(
        name="ping", body="{}", status="given_up", next_attempt_at=None
    )
    return {"webhook": endpoint.pk, "delivery_id": delivery.pk, "spare_webhook": spare.pk}


def _mailing(account: Account, user: User) -> dict[str, int]:
    """One that was sent, so that neither deleting nor starting it takes it away."""
    mailing = Mailing.objects.create(
        subject="x", body="x", created_by=user, status="sent", started_at=timezone.now()
    )
    letter = Delivery.objects.create(
        mailing=mailing, account=account, name="x", email="x@y.example", email_key="x@y.example"
    )
    return {"mailing": mailing.pk, "mailed": letter.pk}


def _statement(account: Account, user: User) -> Statement:
    day = timezone.localdate()
    return Statement.objects.create(
        account=account, since=day, until=day, balance=1, sent_on=day, sent_to="x", sent_by=user
    )


def _measure(account: Account) -> OverdueMeasure:
    episode = OverdueEpisode.objects.create(
        account=account, began_on=timezone.localdate(), amount=1, days=1
    )
    return OverdueMeasure.objects.create(episode=episode, kind="investigation")


def _handover(account: Account, anna: User) -> dict[str, int]:
    """A need, a handover with a transfer, and a leave cover of the account's manager."""
    need = needs.collect(account, text="Lighter", source="call", actor=anna)
    colleague = make_user("taker", "account_manager")
    today = timezone.localdate()
    case = handover.open_case(
        giver=anna, kind="moving", last_day=today, actor=make_user("director", "ka_director")
    )
    transfer = handover.propose(case.pk, taker=colleague, actor=anna)
    away = cover.propose_cover(
        person=anna, cover=colleague, since=today, until=today + timedelta(days=9), actor=anna
    )
    return {
        "need": need.pk,
        "handover": case.pk,
        "transfer": transfer.pk,
        "cover": away.pk,
    }


def _review(account: Account) -> Review:
    make_line(account, approved_by=User.objects.get(username="decider"))
    return open_campaign(on=timezone.localdate(), actor=None).reviews.get()


def _member(account: Account) -> ServiceMember:
    colleague = make_user("colleague", "account_manager")
    return ServiceMember.objects.create(
        account=account, user=colleague, role="sales", since=timezone.localdate()
    )


def _attachment(account: Account, user: User) -> Attachment:
    return Attachment.objects.create(
        account=account,
        file=ContentFile(b"x", name="contract.txt"),
        name="contract.txt",
        size=1,
        sha256=hashlib.sha256(b"x").hexdigest(),
        uploaded_by=user,
    )


def _merge() -> AccountMerge:
    return merge_accounts(
        make_account(),
        make_account(),
        actor=make_user("merger", "admin_staff"),
        fields_from=[],
        reason="the same customer",
    )


def _credit(account: Account, user: User) -> dict[str, int]:
    """An investigation, a rating and an application of the account."""
    today = timezone.localdate()
    investigation = Investigation.objects.create(
        account=account,
        investigated_on=today,
        investigated_by=user,
        sources="Register",
        conclusion="Sound",
    )
    (rating,) = rate([account.pk], actor=user, cause=Rating.Cause.MANUAL)
    proposal = LineProposal.objects.create(
        account=account,
        limit=1,
        currency="CNY",
        terms_days=30,
        valid_from=today,
        valid_until=today,
        origin=LineProposal.Origin.APPLICATION,
        reason="It grows",
    )
    return {
        "investigation_id": investigation.pk,
        "rating_id": rating.pk,
        "proposal_id": proposal.pk,
    }


def _collection(account: Account, user: User) -> dict[str, int]:
    """A collection case with a letter, a dispute, a write-off and a legal case."""
    invoice = make_invoice(account)
    case = collections.open_case(account.pk)
    today = timezone.localdate()
    letter = collections.record_action(
        case.pk, kind="letter", letter="催款函", done_on=today, actor=user
    )
    write_off = WriteOff.objects.create(invoice=invoice, amount=1, reason="x", proposed_by=user)
    dispute = disputes.open_dispute(invoice.pk, amount=Decimal(1), reason="price", actor=user)
    legal_case = legal.open_legal_case(
        account.pk, invoices=[invoice], claim_amount=Decimal(1), actor=user
    )
    return {
        "case": case.pk,
        "letter": letter.pk,
        "dispute": dispute.pk,
        "write_off": write_off.pk,
        "legal_case": legal_case.pk,
    }


def _visits(account: Account, user: User) -> dict[str, Any]:
    """A visit with a follow-up, a month plan and a maintenance schedule."""
    today = timezone.localdate()
    visit = make_visit(account, owner=user)
    return {
        "visit_id": visit.pk,
        "follow_up_id": make_follow_up(visit).pk,
        "plan_id": VisitPlan.objects.create(
            owner=user,
            month=today.replace(day=1),
            capacity=2,
            explanation={"workdays": 20, "accounts": 1, "proposed": 0, "unplaced": []},
            proposed_by=user,
            proposed_at=timezone.now(),
        ).pk,
        "schedule_id": make_schedule(account).pk,
        "secret": "unknown",
    }


def _complaint(account: Account, user: User) -> dict[str, Any]:
    """A complaint with a file and an action."""
    complaint = make_complaint(account, actor=user)
    action = reports.add_action(
        complaint.pk,
        kind="corrective",
        text="x",
        owner=user,
        due_on=timezone.localdate(),
        actor=user,
    )
    file = ComplaintFile.objects.create(
        complaint=complaint, file=ContentFile(b"x", name="x.txt"), name="x.txt", size=1, sha256="x"
    )
    return {
        "complaint_number": complaint.complaint_number,
        "complaint_step": "acknowledge",
        "complaint_part_step": "verify",
        "complaint_action": action.pk,
        "complaint_file": file.pk,
    }


def _designation(account: Account, user: User) -> Designation:
    return propose_designation(
        account.pk,
        actor=user,
        tier="key",
        reason="opens a market",
        effective_from=timezone.localdate(),
        expires_on=timezone.localdate() + timedelta(days=365),
    )


def _request(user: User) -> Request:
    route = propose_route(
        kind="approvals.route",
        bands=rules.route(rules.one("gm")),
        effective_from=timezone.localdate(),
        note="shorter",
        actor=user,
    )
    return Request.objects.of(route).get()


def _deputy(user: User) -> Deputy:
    today = timezone.localdate()
    return name_deputy(
        deputy=make_user("deputy"), since=today, until=today + timedelta(days=1), actor=user
    )


def release(response: Any) -> None:
    """Close the file of a download; close() would end the request, and the connection with it."""
    for close in response._resource_closers:
        close()


def as_role(role: str, anna: Any) -> Client:
    client = Client(raise_request_exception=False)
    if role == "account_manager":
        client.force_login(anna)
    else:
        group = {"stranger": "account_manager", "nobody": None}.get(role, role)
        client.force_login(make_user(f"walk-{role}", group))
    return client


def _known_as(url: Url) -> str:
    """The key of its row: most have a name, some rows of REST go by the route."""
    return url.route if url.route in ROWS else url.key


def test_every_url_has_a_row_and_every_row_a_url():
    keys = {_known_as(url) for url in EVERY if not url.is_admin} | {"admin:login", "admin:jsi18n"}
    known = OPEN | OWN | ROWS.keys()

    assert sorted(keys - known) == [], "give these URLs rows in tests/architecture/access.py"
    assert sorted(known - keys) == [], "these rows have no URL any more"


def test_anonymous_reach_nothing_but_the_open_addresses(world):
    client = Client(raise_request_exception=False)
    reached = []
    for url in EVERY:
        if url.key in OPEN:
            continue
        for verb in VERBS:
            response = getattr(client, verb)(path_of(url, world))
            to_login = response.status_code == 302 and "/login/" in response.url
            refused = (to_login and not url.is_api) or (url in REST and response.status_code == 401)
            if not (refused or (to_login and url.name == "api-docs")):
                reached.append((verb, url.route, response.status_code))

    assert reached == []


def outcome(client: Client, url: Url, world: Any) -> str:
    """ "answer", or the status that says it was refused or is not there."""
    method = row_of(url).method
    response = client.generic(method, path_of(url, world), content_type="application/json")
    release(response)
    status = response.status_code
    code = response.json()["code"] if url.is_api and status == 404 else ""
    hidden = status == 404 and code not in ("no_purchases", "no_policy")
    return str(status) if hidden or status not in ANSWERS else "answer"


@pytest.mark.parametrize("role", sorted(ALL))
def test_a_role_gets_what_the_table_says(role, world, anna):
    client = as_role(role, anna)
    surprises = []
    for url in EVERY:
        if url.is_admin or url.key in OPEN | OWN:
            continue
        row = row_of(url)
        expected, got = row.expected(role), outcome(client, url, world)
        if got != expected:
            surprises.append(f"{row.method} {url.key}: {got}, not {expected}")

    assert surprises == []


def leads(user: User, anna: User) -> None:
    Team.objects.create(name="South", leader=user).members.add(anna)


def serves(user: User, anna: User) -> None:
    today = timezone.localdate()
    ServiceMember.objects.create(
        account=anna.managed_accounts.get(account_number="K1"), user=user, role="sales", since=today
    )


def covers(user: User, anna: User) -> None:
    now = timezone.now()
    Cover.objects.create(
        person=anna,
        cover=user,
        since=timezone.localdate(),
        until=timezone.localdate() + timedelta(days=9),
        proposed_by=anna,
        person_signed_by=anna,
        person_signed_at=now,
        cover_signed_at=now,
    )


@pytest.mark.parametrize(
    ("joins", "hidden"),
    [
        (leads, IN_PERSON | THEIR_ITEM),
        (serves, IN_PERSON | THEIR_ITEM | THEIR_MONTH),
        (covers, IN_PERSON | THEIR_MONTH),
    ],
)
def test_the_team_of_an_account_gets_what_its_manager_gets(joins, hidden, world, anna):
    user = make_user("teammate", "account_manager")
    joins(user, anna)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    surprises = []
    for url in EVERY:
        if url.is_admin or url.key in OPEN | OWN:
            continue
        row = row_of(url)
        if "account_manager" not in row.allowed or "stranger" not in row.hidden:
            continue
        got = outcome(client, url, world)
        if got != ("404" if _known_as(url) in hidden else "answer"):
            surprises.append(f"{row.method} {url.key}: {got}")

    assert surprises == []


@pytest.mark.parametrize("role", ["sysadmin", "gm", "nobody"])
def test_the_administration_is_for_who_manages_users(role, world, anna):
    client = as_role(role, anna)
    for url in EVERY:
        if not url.is_admin or url.key in OPEN | {"admin:logout"}:
            continue
        response = client.get(path_of(url, world))
        away = response.status_code == 302 and response.url.startswith("/admin/login/")
        assert response.status_code < 500, url.route
        assert away is (role != "sysadmin"), url.route


@pytest.mark.parametrize("role", ["ka_director", "sysadmin"])
def test_no_verb_on_any_url_is_answered_with_5xx(role, world, anna):
    client = as_role(role, anna)
    broken = []
    for url in EVERY:
        if url.key == "account_logout" or url.is_admin is (role != "sysadmin"):
            continue
        for verb in VERBS:
            response = getattr(client, verb)(path_of(url, world))
            release(response)
            if response.status_code >= 500:
                broken.append((verb, url.route))

    assert broken == []


def test_every_rest_view_declares_its_scopes():
    for url in REST:
        if url.name == "api-schema":
            continue
        view = url.view.cls
        methods = {verb.upper() for verb in view.http_method_names if hasattr(view, verb)}
        assert methods - {"HEAD", "OPTIONS"} <= view.required_scopes.keys(), url.route
        for method in view.required_scopes:
            assert set(accepted_scopes(view, method)) <= SCOPES.keys(), url.route
            assert accepted_scopes(view, method), url.route


def test_a_token_reaches_what_its_scopes_say_and_nothing_else(world):
    key = make_token(*SCOPES)
    token = ApiToken.objects.latest("pk")
    client = Client(headers={"Authorization": f"Bearer {key}"}, raise_request_exception=False)
    for url in REST:
        if url.name == "api-schema":
            continue
        for method in url.view.cls.required_scopes:
            if not hasattr(url.view.cls, method.lower()):
                continue
            accepted = accepted_scopes(url.view.cls, method)
            others = SCOPES.keys() - set(accepted)
            for scopes, refused in [*(([one], False) for one in accepted), (list(others), True)]:
                ApiToken.objects.filter(pk=token.pk).update(scopes=scopes)
                response = client.generic(
                    method, path_of(url, world), content_type="application/json"
                )
                assert response.status_code < 500, (method, url.route)
                assert (response.status_code == 403) is refused, (method, url.route, scopes)


def test_a_token_opens_no_page(api):
    client = api(*SCOPES)

    for path in ("/tokens/", "/audit/", "/", "/auth/password/change/"):
        assert client.get(path).url.startswith("/auth/login/"), path
