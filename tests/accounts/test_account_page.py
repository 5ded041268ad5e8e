import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import translation

from accounts import services, timeline
from accounts.models import Attachment, Contact, Event, Segment, ServiceMember
from kam.core.models import AuditEntry
from tests.factories import make_account, make_contact, make_user

PAGE = "/accounts/K1/"
WRITES = [
    "edit/",
    "edit/position/",
    "manager/",
    "parent/",
    "contacts/new/",
    "team/new/",
    "attachments/new/",
]
POSTS = ["review/", *WRITES]


@pytest.fixture
def researcher(db):
    return make_user("rita", "researcher")


def test_the_page_shows_the_facts_and_what_is_missing(client, anna, k1):
    client.force_login(anna)

    page = client.get(PAGE, headers={"Accept-Language": "en"}).text

    assert "华锐科技有限公司" in page
    assert "Not known yet" in page
    assert "/accounts/K1/edit/dealing/" in page


@pytest.mark.parametrize(
    ("code", "warning"),
    [("91110000100000001X", "check digit"), ("123", "18 characters"), ("", "")],
)
def test_a_wrong_credit_code_is_pointed_out(client, anna, k1, code, warning):
    k1.credit_code = code
    k1.save()
    client.force_login(anna)

    page = client.get(PAGE, headers={"Accept-Language": "en"}).text

    assert warning in page
    assert ("please check it" in page) == bool(warning)


@pytest.mark.parametrize("address", ["", "events/", "history/", *WRITES])
def test_another_managers_account_does_not_exist_for_boris(client, boris, k1, address):
    client.force_login(boris)
    perms_missing = address == "manager/"

    assert client.get(PAGE + address).status_code == (403 if perms_missing else 404)


@pytest.mark.parametrize("address", POSTS)
def test_who_only_reads_may_not_write(client, researcher, k1, address):
    client.force_login(researcher)
    assert client.post(PAGE + address).status_code == 403


def test_who_may_not_see_contacts_sees_none_anywhere(client, researcher, anna, k1):
    contact = services.add_contact(
        k1.pk, fields={"name": "王芳", "mobile": "13800000000"}, actor=anna
    )
    services.change_contact(
        contact.pk, fields={"name": "王芳芳"}, expected=contact.updated_at, actor=anna
    )
    client.force_login(researcher)

    pages = [client.get(PAGE + address).text for address in ("", "events/", "history/")]

    assert not any("王芳" in page or "13800000000" in page for page in pages)
    client.force_login(anna)
    assert "13800000000" in client.get(PAGE).text


def test_a_contact_is_added_changed_and_marked_as_gone(client, anna, k1):
    client.force_login(anna)

    client.post(PAGE + "contacts/new/", {"name": "王芳", "buying_role": "gatekeeper"})
    contact = Contact.objects.get()
    data = {"name": "王芳", "has_left": "on", "expected": contact.updated_at.isoformat()}
    client.post(f"{PAGE}contacts/{contact.pk}/", data)
    stale = client.post(f"{PAGE}contacts/{contact.pk}/", {**data, "name": "别人"})

    contact.refresh_from_db()
    assert (contact.name, contact.has_left) == ("王芳", True)
    assert stale.status_code == 422
    assert set(Event.objects.values_list("kind", flat=True)) == {
        "accounts.contact_added",
        "accounts.contact_left",
    }


def test_a_new_main_contact_takes_over(anna, k1):
    first = make_contact(k1, is_primary=True)

    second = services.add_contact(k1.pk, fields={"name": "李", "is_primary": True}, actor=anna)

    assert list(k1.contacts.filter(is_primary=True)) == [second]
    assert first.pk != second.pk


def test_deleting_a_contact_needs_a_reason_and_is_audited(client, anna, k1):
    contact = make_contact(k1)
    client.force_login(anna)

    assert client.post(f"{PAGE}contacts/{contact.pk}/delete/").status_code == 422
    client.post(f"{PAGE}contacts/{contact.pk}/delete/", {"reason": "录错"})

    assert not Contact.objects.exists()
    assert AuditEntry.objects.get(action="accounts.contact_removed").reason == "录错"


def test_a_contact_of_another_account_is_not_found(client, anna, k1):
    contact = make_contact(make_account())
    client.force_login(anna)
    assert client.get(f"{PAGE}contacts/{contact.pk}/").status_code == 404


def test_who_joins_the_service_team_sees_the_account_until_it_ends(client, anna, boris, k1):
    client.force_login(anna)
    client.post(PAGE + "team/new/", {"user": boris.pk, "role": "technical"})
    twice = client.post(PAGE + "team/new/", {"user": boris.pk, "role": "technical"})
    assert twice.status_code == 422
    client.force_login(boris)
    assert client.get(PAGE).status_code == 200

    member = ServiceMember.objects.get()
    client.force_login(anna)
    client.post(f"{PAGE}team/{member.pk}/end/")

    client.force_login(boris)
    assert client.get(PAGE).status_code == 404
    assert ServiceMember.objects.get().until is not None


@pytest.fixture
def media(tmp_path):
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield tmp_path


def upload(client, name, content):
    file = SimpleUploadedFile(name, content)
    return client.post(PAGE + "attachments/new/", {"file": file, "description": "合同"})


def test_an_empty_file_form_does_not_begin_with_an_error(client, anna, k1):
    client.force_login(anna)

    page = client.get(PAGE + "attachments/new/")

    assert page.status_code == 200
    assert "is-invalid" not in page.text


def stored(media):
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_file_is_kept_and_comes_back_as_a_download(client, anna, k1, media):
    client.force_login(anna)

    assert upload(client, "合同 (最终).PDF", b"%PDF-1.7 content").status_code == 302

    attachment = Attachment.objects.get()
    assert attachment.name == "合同 (最终).PDF"
    assert attachment.size == 16
    [path] = stored(media)
    assert path.suffix == ".pdf"
    response = client.get(f"{PAGE}attachments/{attachment.pk}/")
    assert b"".join(response.streaming_content) == b"%PDF-1.7 content"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.pdf", b""),
        ("page.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg/>"),
        ("run.exe", b"MZ"),
        ("fake.pdf", b"<html>"),
        ("fake.xlsx", b"MZ\x90"),
        ("binary.txt", b"a\x00b"),
        (".pdf", b"%PDF-1.7"),
        ("no-extension", b"%PDF-1.7"),
    ],
)
def test_other_files_are_refused_and_not_kept(client, anna, k1, media, name, content):
    client.force_login(anna)

    assert upload(client, name, content).status_code == 422

    assert not Attachment.objects.exists()
    assert stored(media) == []


def test_a_file_that_is_too_large_is_refused(client, anna, k1, media, monkeypatch):
    monkeypatch.setattr("accounts.rules.ATTACHMENT_MAX_BYTES", 10)
    client.force_login(anna)

    assert upload(client, "a.txt", b"0123456789").status_code == 302
    assert upload(client, "b.txt", b"01234567890").status_code == 422


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\win.txt", "win.txt"),
        ("a\u202etxt.pdf.txt", "atxt.pdf.txt"),
        ('quo"te\r\n.txt', "quote.txt"),
    ],
)
def test_file_names_cannot_lead_out_of_the_folder(anna, k1, media, name, kept):
    file = SimpleUploadedFile("x.txt", b"text")
    file._name = name  # as a hostile client would send it, past Django's own cleaning

    attachment = services.add_attachment(k1.pk, upload=file, actor=anna)

    assert attachment.name == kept
    [path] = stored(media)
    assert path.resolve().is_relative_to(media.resolve())


def test_the_same_file_twice_is_refused(client, anna, k1, media):
    client.force_login(anna)
    upload(client, "a.txt", b"text")
    assert upload(client, "b.txt", b"text").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_deleted_file_is_gone_from_disk_and_stays_in_the_audit_trail(client, anna, k1, media):
    client.force_login(anna)
    upload(client, "a.txt", b"text")
    attachment = Attachment.objects.get()

    client.post(f"{PAGE}attachments/{attachment.pk}/delete/")

    assert stored(media) == []
    entry = AuditEntry.objects.get(action="accounts.attachment_removed")
    assert entry.changes["file"]["sha256"] == attachment.sha256


def test_files_of_others_are_not_served(client, anna, boris, k1, media):
    client.force_login(anna)
    upload(client, "a.txt", b"text")
    client.force_login(boris)
    assert client.get(f"{PAGE}attachments/{Attachment.objects.get().pk}/").status_code == 404


def test_older_events_follow_page_by_page_each_once(client, anna, k1):
    for i in range(45):
        services.record_event([k1.pk], "test.thing_done", actor=None, data={"n": i})
    timeline.register("test.thing_done", icon="check", say=lambda data: f"thing <{data['n']}>")
    client.force_login(anna)

    response = client.get(PAGE)
    seen = [text for _event, _icon, text in response.context["events"]]
    while older := response.context["older"]:
        response = client.get(f"{PAGE}events/?before={older}", headers={"HX-Request": "true"})
        seen += [text for _event, _icon, text in response.context["events"]]

    assert seen == [f"thing <{i}>" for i in reversed(range(45))]
    assert "<html" not in response.text
    assert "thing &lt;0&gt;" in response.text


@pytest.mark.parametrize("before", ["x", "99999999999999999999", "-1"])
def test_a_nonsense_place_in_the_timeline_is_no_server_error(client, anna, k1, before):
    client.force_login(anna)
    assert client.get(f"{PAGE}events/?before={before}").status_code == 200


def test_every_kind_of_event_of_this_app_has_words(anna, k1):
    with translation.override("en"):
        for kind in timeline._kinds:
            if kind.startswith("accounts."):
                event = Event(account=k1, kind=kind, data={"name": "n", "user": "u", "role": "x"})
                assert timeline.say(event) not in ("", kind)


def test_the_group_is_shown_as_a_tree_without_naming_what_is_hidden(client, anna, diana, k1):
    child = make_account(name="子公司", parent=k1, manager=anna)
    make_account(name="孙公司", parent=child)
    client.force_login(anna)

    response = client.get(PAGE)

    assert [len(member["levels"]) for member in response.context["group"]] == [0, 1, 2]
    assert "子公司" in response.text
    assert "孙公司" not in response.text
    client.force_login(diana)
    assert "孙公司" in client.get(PAGE).text


def test_the_page_asks_as_many_questions_for_ten_as_for_one(
    client, anna, k1, django_assert_num_queries, django_assert_max_num_queries
):
    def add_one(i):
        make_contact(k1, name=f"c{i}")
        services.add_member(k1.pk, user=make_user(f"u{i}"), role="sales", actor=anna)
        make_account(parent=k1, manager=anna)

    client.force_login(anna)
    add_one(0)
    client.get(PAGE)
    with django_assert_max_num_queries(25) as one:
        client.get(PAGE)
    for i in range(1, 10):
        add_one(i)

    with django_assert_num_queries(len(one.captured_queries)):
        client.get(PAGE)


def test_a_view_is_saved_shared_renamed_and_deleted(client, anna, boris):
    client.force_login(anna)
    client.post("/accounts/views/new/?tier=key&sort=number&junk=1", {"name": "重点"})
    segment = Segment.objects.get()
    assert segment.query == "tier=key&sort=number"
    client.force_login(boris)
    assert "重点" not in client.get("/accounts/").text

    client.force_login(anna)
    client.post(f"/accounts/views/{segment.pk}/", {"name": "重点客户", "is_shared": "on"})
    client.force_login(boris)
    assert "重点客户" in client.get("/accounts/").text
    assert client.post(f"/accounts/views/{segment.pk}/delete/").status_code == 404

    client.force_login(anna)
    client.post(f"/accounts/views/{segment.pk}/delete/")
    assert not Segment.objects.exists()


def test_a_search_that_is_too_long_to_be_kept_is_refused_in_words(client, anna):
    client.force_login(anna)

    answer = client.post(
        f"/accounts/views/new/?search={'😀' * 100}",
        {"name": "x"},
        headers={"Accept-Language": "en"},
    )

    assert answer.status_code == 422
    assert "too long to be saved" in answer.text


def test_a_view_without_filters_or_with_a_taken_name_is_refused(client, anna):
    client.force_login(anna)
    assert client.post("/accounts/views/new/", {"name": "alles"}).status_code == 422
    for name in ("a", "b"):
        client.post("/accounts/views/new/?tier=key", {"name": name})
    pk = Segment.objects.get(name="b").pk
    assert client.post(f"/accounts/views/{pk}/", {"name": "a"}).status_code == 422
