"""A finance user follows an overdue account to a kept promise; the pages fit a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from credit.models import CollectionCase, PaymentPromise
from credit.services import collections
from tests.browser.conftest import PHONE, sideways
from tests.credit.documents import make_invoice
from tests.factories import make_token

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def overdue(k1):
    due_on = timezone.localdate() - timedelta(days=10)
    return make_invoice(
        k1, 1000, invoice_number="I1", issued_on=due_on - timedelta(days=30), due_on=due_on
    )


def test_an_overdue_account_is_followed_to_a_kept_promise(
    page, log_in, live_server, overdue, k1, fiona
):
    today = timezone.localdate()
    log_in(fiona)
    page.goto(f"{live_server.url}/credit/collections/")
    page.locator("main table button[formaction$='/open/']").click()
    page.wait_for_url("**/credit/cases/*/")
    page.locator("a[href$='/step/']").click()
    page.locator("[name=note]").fill("王经理答应本周付款")
    page.locator("main .btn-primary").click()
    page.wait_for_selector(".alert-success")
    page.locator("[name=invoice]").check()
    page.locator("button[formaction$='/promise/']").click()
    page.locator("[name=pay_by]").fill(str(today))
    page.locator("main .btn-primary").click()
    page.wait_for_selector(".alert-success")
    expect(page.locator(".badge.bg-blue-lt").first).to_be_visible()

    promise = PaymentPromise.objects.get()
    assert list(promise.invoices.all()) == [overdue]
    sent = {
        "payment_number": "P1",
        "account_number": "K1",
        "received_on": str(today),
        "amount": "1000.00",
        "allocations": [{"invoice_number": "I1", "amount": "1000.00"}],
    }
    answer = page.request.post(
        f"{live_server.url}/api/v1/payments/bulk/",
        headers={"Authorization": f"Bearer {make_token('receivables:write')}"},
        data={"payments": [sent]},
    )
    assert answer.json()["created"] == 1
    page.reload()

    expect(page.locator("main")).to_contain_text("P1")
    expect(page.locator("main")).to_contain_text("王经理答应本周付款")
    kept = page.locator("tr", has_text="I1").locator(".badge", has_text="已履行")
    expect(kept).to_have_count(1)
    promise.refresh_from_db()
    assert promise.status == "kept"


def test_no_page_scrolls_sideways_on_a_phone(page, log_in, live_server, overdue, k1, fiona):
    case = collections.open_case(k1.pk)
    log_in(fiona)
    page.set_viewport_size(PHONE)
    wide = []
    for path in (
        "/credit/collections/",
        f"/credit/cases/{case.pk}/",
        f"/credit/cases/{case.pk}/letter/",
        f"/credit/cases/{case.pk}/promise/?invoice={overdue.pk}",
        "/credit/disputes/",
    ):
        page.goto(f"{live_server.url}{path}")
        if sideways(page) > 0:
            wide.append(path)

    assert CollectionCase.objects.count() == 1
    assert wide == []
