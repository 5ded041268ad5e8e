"""Contact details are masked outside the service team, at every door, until they are opened."""

import csv
import io
import smtplib
from datetime import timedelta

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import Error, transaction
from django.utils import timezone

from accounts import export_kinds, services
from accounts.models import ContactOpening, Event, Export, ExportAllowance, ServiceMember
from accounts.services import exporting, opt_outs, secrets
from approvals.models import Request
from approvals.services import sign
from complaints.services import public
from complaints.services.escalations import escalate_due
from complaints.services.public import Sender
from complaints.services.registering import assign, register
from credit.services.statements import send_statement
from kam.core.errors import RuleViolation
from kam.core.models import AuditEntry
from mailings.models import Mailing
from mailings.services import deliver, start_mailing
from notifications.services import dispatch_events
from tests.factories import make_account, make_contact, make_user
from tests.visits.factories import make_held_visit, make_visit

PAGE = "/accounts/K1/"
OPEN = PAGE + "contacts/open/"
API = "/api/v1/accounts/K1/contacts/"
SECRETS = {
    "mobile": "13800138000",
    "phone": "02155550000",
    "email": "wang@k1.example",
    "wechat": "wangfang-wx",
    "birthday": "1981-02-03",
    "interests": "登山和围棋",
    "education": "复旦大学",
    "experience": "曾在钢厂十年",
    "notes": "对价格很敏感",
}


@pytest.fixture
def wang(k1):
    return make_contact(k1, buying_role="decision_maker", is_primary=True, **SECRETS)


def leaks(text):
    return [value for value in SECRETS.values() if value in text]


def export(client, **data):
    return client.post(
        "/accounts/export/",
        {
            "columns": ["account_number", "contact_name", "contact_mobile", "contact_email"],
            "format": "csv",
            "reason": "mailing list",
            **data,
        },
    )


def cells(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1]


def test_the_service_team_reads_everything(client, anna, wang):
    client.force_login(anna)

    assert len(leaks(client.get(PAGE).text)) == len(SECRETS)
    assert client.get(f"{PAGE}contacts/{wang.pk}/").status_code == 200


def test_a_member_of_the_team_reads_until_the_service_ends(client, diana, k1, wang):
    today = timezone.localdate()
    member = ServiceMember.objects.create(account=k1, user=diana, role="sales", since=today)
    client.force_login(diana)

    assert leaks(client.get(PAGE).text)
    services.end_member(member.pk, actor=diana)
    assert leaks(client.get(PAGE).text) == []


@pytest.mark.parametrize("role", ["ka_director", "gm", "finance", "legal", "admin_staff"])
def test_no_door_shows_what_is_masked(client, anna, wang, role):
    services.change_contact(
        wang.pk, fields={"notes": "另一句秘密"}, expected=wang.updated_at, actor=anna
    )
    reader = make_user("reader", role, perms=("core.view_auditentry",))
    client.force_login(reader)
    doors = [
        PAGE,
        f"{PAGE}buying-centre/",
        f"{PAGE}history/",
        f"{PAGE}events/",
        OPEN,
        f"{PAGE}contacts/{wang.pk}/",
        f"{PAGE}contacts/{wang.pk}/delete/",
        API,
        "/audit/",
        "/approvals/",
        f"/accounts/merge/?survivor=K1&absorbed={make_account().account_number}",
    ]

    shown = {door: client.get(door, follow=True).text for door in doors}

    assert {door: leaks(text) for door, text in shown.items() if leaks(text)} == {}
    assert not any("另一句秘密" in text for text in shown.values())
    assert "王芳" in shown[PAGE]


def spread(wang, author):
    """Let the address of this contact go through everything that works with addresses."""
    account, today = wang.account, timezone.localdate()
    sender = Sender(
        company="华锐", account_number="K1", name="王芳", phone=wang.mobile, email=wang.email
    )
    known = {"category": "quality", "title": "漏油", "description": "昨天起"}
    by_web = public.complain(sender=sender, **known).complaint
    by_phone = register(
        account=account, channel="phone", contact_text=f"王芳 {wang.mobile}", actor=None, **known
    ).complaint
    escalate_due(by_web.due_at + timedelta(days=60))
    mailing = Mailing.objects.create(subject="停机", body="x", created_by=author)
    start_mailing(mailing.pk, actor=author)
    deliver(mailing.pk)
    assert mailing.deliveries.get().error
    send_statement(
        account, since=today, until=today, sent_on=today, sent_to=wang.email, actor=author
    )
    visit = make_held_visit(account, today)
    visit.participants.add(wang)
    make_visit(account).participants.add(wang)
    dispatch_events()
    return [
        *(by_web.get_absolute_url(), by_phone.get_absolute_url(), mailing.get_absolute_url()),
        *(f"{by_web.get_absolute_url()}assign/", "/complaints/?show=all", visit.get_absolute_url()),
        *(f"{PAGE}complaints/", "/credit/statements/K1/", "/credit/panel/K1/", "/visits/panel/K1/"),
        *("/", "/notifications/", "/visits/", "/visits/list/", "/visits/follow-ups/", "/audit/"),
        *("/today/", f"{PAGE}receivables/"),
        *("/mailings/", "/credit/receivables/", f"{PAGE}events/"),
    ]


class RefusesAll(BaseEmailBackend):
    def send_messages(self, messages):
        address = messages[0].to[0]
        reply = f"5.1.1 <{address.upper()}>: 用户不存在".encode()
        raise smtplib.SMTPRecipientsRefused({address: (550, reply)})


@pytest.mark.parametrize("role", ["ka_director", "gm", "finance", "legal", "admin_staff"])
def test_what_works_with_addresses_shows_none_of_them_either(client, anna, wang, role, settings):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.RefusesAll"}}
    doors = spread(wang, anna)
    perms = ("core.view_auditentry", "mailings.view_mailing", "mailings.view_all_mailings")
    client.force_login(make_user("reader", role, perms=perms))

    shown = {door: client.get(door, follow=True) for door in doors}

    leaking = {
        door: leaks(page.text.lower()) for door, page in shown.items() if leaks(page.text.lower())
    }
    assert leaking == {}
    assert {page.status_code for page in shown.values()} <= {200, 403}


def test_control_who_looks_after_the_customer_finds_the_addresses_there(
    client, anna, wang, settings
):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.RefusesAll"}}
    doors = spread(wang, anna)
    client.force_login(anna)

    mine = {door: client.get(door, follow=True).text for door in doors}
    assert wang.mobile in mine[doors[1]]
    assert wang.email in mine[doors[2]]
    assert "550 5.1.1 &lt;••••••&gt;: 用户不存在" in mine[doors[2]]
    assert wang.email in mine["/credit/statements/K1/"]


def test_who_looks_for_an_unknown_customer_and_who_solves_it_reads_how_to_reach_them(
    client, boris, diana, gm, k1
):
    known = {"channel": "phone", "category": "quality", "title": "漏油", "actor": None}
    nobodys = register(account=None, contact_text="13800138000", **known).complaint
    of_k1 = register(account=k1, contact_text="13911112222", **known).complaint

    def page(user, complaint):
        client.force_login(user)
        return client.get(complaint.get_absolute_url()).text

    assert "13800138000" in page(diana, nobodys)
    assert "13800138000" not in page(gm, nobodys)
    assert "13911112222" not in page(diana, of_k1)
    assign(of_k1.pk, to=boris, actor=diana)
    assert "13911112222" in page(boris, of_k1)


def test_the_api_gives_null_and_says_that_it_is_masked(client, diana, wang):
    client.force_login(diana)

    (contact,) = client.get(API).json()["results"]

    assert contact["is_masked"] is True
    assert [contact[name] for name in ("phone", "mobile", "email", "wechat")] == [None] * 4
    assert contact["buying_role"] == "decision_maker"


def test_opening_needs_a_reason(client, diana, wang):
    client.force_login(diana)

    assert client.post(OPEN, {"contacts": [wang.pk], "reason": " "}).status_code == 422
    assert not ContactOpening.objects.exists()
    with pytest.raises(RuleViolation):
        secrets.open_contacts([wang.pk], reason=" ", actor=diana)


def test_an_opening_shows_that_contact_for_an_hour_and_is_logged(client, diana, k1, wang):
    other = make_contact(k1, name="李雷", mobile="13911112222")
    client.force_login(diana)

    client.post(OPEN, {"contacts": [wang.pk], "reason": "董事长拜访"})

    page = client.get(PAGE).text
    assert "13800138000" in page
    assert "13911112222" not in page
    opening = ContactOpening.objects.get()
    assert (opening.user, opening.account, opening.contact) == (diana, k1, wang)
    assert opening.reason == "董事长拜访"
    assert Event.objects.get(kind="accounts.contact_opened").actor == diana
    assert client.get(f"{PAGE}contacts/{wang.pk}/").status_code == 200
    assert client.get(f"{PAGE}contacts/{other.pk}/").status_code == 302
    shown = {row["name"]: row["mobile"] for row in client.get(API).json()["results"]}
    assert shown == {"王芳": "13800138000", "李雷": None}


@pytest.mark.parametrize("text", ["13800138000", "wangfang", "wang@k1.example", "价格很敏感"])
def test_no_search_finds_an_account_by_what_is_masked(client, diana, wang, text):
    client.force_login(diana)

    assert "华锐" not in client.get("/accounts/", {"search": text}).text
    assert client.get("/api/v1/accounts/", {"search": text}).json()["results"] == []


@pytest.mark.parametrize(("age", "is_masked"), [(59, False), (61, True)])
def test_an_opening_ends_after_an_hour(client, diana, wang, age, is_masked):
    ContactOpening.objects.create(
        contact=wang,
        contact_name="王芳",
        account=wang.account,
        user=diana,
        reason="x",
        at=timezone.now() - timedelta(minutes=age),
    )
    client.force_login(diana)

    assert bool(leaks(client.get(PAGE).text)) is not is_masked


def test_one_persons_opening_opens_nothing_for_another(client, diana, gm, wang):
    secrets.open_contacts([wang.pk], reason="x", actor=diana)
    client.force_login(gm)

    assert leaks(client.get(PAGE).text) == []


def test_who_reads_anyway_logs_no_opening(anna, boris, wang):
    assert secrets.open_contacts([wang.pk], reason="x", actor=anna) == 0
    assert secrets.open_contacts([wang.pk], reason="x", actor=boris) == 0
    assert not ContactOpening.objects.exists()


def test_the_log_cannot_be_changed_or_deleted_and_outlives_the_contact(diana, anna, wang):
    secrets.open_contacts([wang.pk], reason="x", actor=diana)
    with pytest.raises(Error), transaction.atomic():
        ContactOpening.objects.all().delete()
    with pytest.raises(Error), transaction.atomic():
        ContactOpening.objects.update(reason="y")

    services.remove_contact(wang.pk, actor=anna, reason="twice")

    assert ContactOpening.objects.get().contact_name == "王芳"


def test_the_page_of_openings_is_filtered(client, diana, gm, wang):
    secrets.open_contacts([wang.pk], reason="for the board", actor=diana)
    client.force_login(gm)

    assert "for the board" in client.get("/accounts/openings/?who=diana&account=K1").text
    assert "for the board" not in client.get("/accounts/openings/?who=gm").text
    assert client.get("/accounts/openings/?since=x").status_code == 422
    assert client.get("/accounts/openings/?cursor=x").status_code == 404


def test_a_system_reads_details_only_with_the_scope_and_each_contact_is_logged(api, wang):
    masked = api("accounts:read").get(API).json()["results"][0]
    client = api("accounts:read", "contacts:read")
    clear = [client.get(API).json()["results"][0] for _ in range(2)]

    assert (masked["mobile"], masked["is_masked"]) == (None, True)
    assert [row["mobile"] for row in clear] == ["13800138000"] * 2
    assert ContactOpening.objects.get().reason == "REST"


# --- exports


def test_an_export_masks_the_contacts_of_customers_one_does_not_serve(client, admin_staff, wang):
    make_contact(
        make_account(account_number="K2", manager=admin_staff), name="李雷", mobile="13911112222"
    )
    make_contact(make_account(account_number="K3"), name="无名")
    client.force_login(admin_staff)

    text = b"".join(export(client).streaming_content).decode("utf-8-sig")

    assert sorted(row[:3] for row in list(csv.reader(io.StringIO(text)))[1:]) == [
        ["K1", "王芳", "••••••"],
        ["K2", "李雷", "13911112222"],
        ["K3", "无名", ""],
    ]
    assert not ContactOpening.objects.exists()


def test_a_signed_allowance_exports_them_in_the_clear_and_logs_each(client, gm, admin_staff, wang):
    client.force_login(admin_staff)
    data = {"kind": "accounts.account", "rows": 0, "in_clear": "on", "reason": "audit"}
    assert client.post("/accounts/exports/more/", data).status_code == 302
    assert cells(export(client))[2] == "••••••"

    approve(gm)

    assert cells(export(client))[2] == "13800138000"
    assert ContactOpening.objects.get().reason == "mailing list"
    assert Export.objects.filter(in_clear=True).count() == 1


def approve(gm, decision="approve"):
    asked = Request.objects.get(kind="accounts.export_allowance")
    sign(asked.pk, actor=gm, decision=decision, comment="ok", seen=asked.digest)


@pytest.fixture
def quota_of_three(monkeypatch):
    kind = export_kinds.get("accounts.account")
    monkeypatch.setitem(
        export_kinds._kinds,
        kind.key,
        export_kinds.Kind(
            key=kind.key, label=kind.label, permission=kind.permission, rows_a_month=3
        ),
    )


def test_the_quota_of_the_month_is_kept_and_more_is_signed_for(
    client, gm, admin_staff, quota_of_three
):
    for number in ("K1", "K2"):
        make_account(account_number=number)
    client.force_login(admin_staff)
    plain = {"columns": ["account_number"]}

    assert export(client, **plain).status_code == 200
    refused = export(client, **plain)
    assert refused.status_code == 422
    assert exporting.quota("accounts.account", user=admin_staff).left == 1

    data = {"kind": "accounts.account", "rows": 1, "reason": "year end"}
    client.post("/accounts/exports/more/", data)
    assert export(client, **plain).status_code == 422
    assert client.post("/accounts/exports/more/", data).status_code == 422
    approve(gm)
    assert export(client, **plain).status_code == 200
    assert exporting.quota("accounts.account", user=admin_staff).left == 0
    assert AuditEntry.objects.filter(action="accounts.accounts_exported").count() == 2
    page = client.get("/accounts/exports/").text
    assert "year end" in page


def test_a_refused_allowance_adds_nothing(client, gm, admin_staff, quota_of_three):
    client.force_login(admin_staff)
    data = {"kind": "accounts.account", "rows": 5, "reason": "x"}
    client.post("/accounts/exports/more/", data)

    approve(gm, "reject")

    assert ExportAllowance.objects.get().status == "rejected"
    assert exporting.quota("accounts.account", user=admin_staff).left == 3


def test_a_new_month_begins_with_the_whole_quota(admin_staff, quota_of_three):
    today = timezone.localdate()
    last = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    Export.objects.create(user=admin_staff, kind="accounts.account", month=last, rows=3)

    assert exporting.quota("accounts.account", user=admin_staff).left == 3
    assert exporting.quota("accounts.account", user=admin_staff, on=last).left == 0


def test_one_sees_ones_own_exports_only(client, admin_staff, diana, gm):
    for person, reason in ((admin_staff, "of ada"), (diana, "of diana")):
        Export.objects.create(
            user=person, kind="accounts.account", month="2026-01-01", rows=1, reason=reason
        )

    client.force_login(admin_staff)
    mine = client.get("/accounts/exports/").text
    client.force_login(gm)
    everybodys = client.get("/accounts/exports/").text

    assert "of ada" in mine
    assert "of diana" not in mine
    assert "of diana" in everybodys


# --- opt-outs


def test_an_opt_out_follows_the_person_to_a_new_address(client, anna, wang):
    client.force_login(anna)
    client.post(f"{PAGE}contacts/{wang.pk}/mailings/")
    assert opt_outs.is_out("WANG@k1.example")

    wang.refresh_from_db()
    services.change_contact(
        wang.pk, fields={"email": "fang@new.example"}, expected=wang.updated_at, actor=anna
    )

    assert opt_outs.is_out("fang@new.example")
    client.post(f"{PAGE}contacts/{wang.pk}/mailings/", {"wanted": "yes"})
    assert not opt_outs.is_out("fang@new.example")


def test_who_opted_out_themselves_is_not_brought_back_by_us(client, anna, wang):
    opt_outs.opt_out(wang.email, via="link", actor=None)
    client.force_login(anna)

    client.post(f"{PAGE}contacts/{wang.pk}/mailings/", {"wanted": "yes"})

    assert opt_outs.is_out(wang.email)


def test_the_audit_trail_names_no_address(client, sysadmin, anna, wang):
    opt_outs.opt_out(wang.email, via="told", actor=anna)
    client.force_login(sysadmin)

    assert leaks(client.get("/audit/").text) == []
