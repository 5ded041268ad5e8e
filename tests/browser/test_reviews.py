"""Finance takes a half-yearly review to its end: opened, submitted, signed by all, in force."""

from datetime import timedelta

import pytest
from django.utils import timezone

from credit.models import ReviewCampaign
from credit.services import lines
from tests.credit.erp import grant
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def limit_of(account):
    return lines.in_force(account.pk, timezone.localdate()).limit


@pytest.fixture
def signers(diana, fiona, gm):
    """Sales, finance and legal, then the deputy general manager, then the general manager."""
    return diana, fiona, make_user("lena", "legal"), make_user("dora", "deputy_gm"), gm


def test_finance_takes_a_review_to_its_end(page, log_in, live_server, k1, signers):
    grant(k1, 1000, valid_until=timezone.localdate() + timedelta(days=40))
    log_in(make_user("floyd", "finance"))
    page.goto(f"{live_server.url}/credit/reviews/")
    page.locator("form[action='/credit/reviews/open/'] button").click()
    page.locator("#confirmation button[value=yes]").click()
    page.wait_for_selector(".alert-success")
    period = ReviewCampaign.objects.get().period

    page.locator("main table a", has_text="华锐科技有限公司").first.click()
    page.locator("[name=limit]").fill("800")
    page.locator("[name=comment]").fill("客户扩产放缓")
    page.locator("form[action$='/change/'] button").click()
    page.wait_for_selector(".alert-success")
    page.locator("form[action$='/submit/'] button").click()
    page.wait_for_selector(".alert-success")

    for person in signers:
        assert limit_of(k1) == 1000  # not in force before the last signature
        page.context.clear_cookies()
        log_in(person)
        page.goto(f"{live_server.url}/credit/reviews/{period}/sign/")
        assert "800.00" in page.locator("main table").inner_text()
        page.locator("input[name=request]").check()
        page.locator("main form button.btn-success").click()
        page.locator("#confirmation button[value=yes]").click()
        page.wait_for_selector(".alert-success")

    assert limit_of(k1) == 800
    page.goto(f"{live_server.url}/credit/limits/")
    row = page.locator("main table tbody tr", has_text="华锐科技有限公司")
    assert "800.00" in row.inner_text()
    assert f"{timezone.localdate()}" in row.inner_text()  # reviewed today
