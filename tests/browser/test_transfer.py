"""A file comes in, its duplicate is found, merged, and taken apart again, by mouse."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from tests.factories import make_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = (
    "客户编号,公司全称,电话,所属地区,客户经理,统一社会信用代码\n"
    "K1,上海华锐科技有限公司,021-62880009,华东,,\n"
    "K2,（上海）华锐科技股份有限公司,021-62880001,华东,,91440300192185379X\n"
    "K3,北京云帆物流有限公司,,华北,nobody,\n"
)


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, {"width": 390, "height": 844}])
def test_import_find_merge_and_undo(page: Page, live_server, log_in, admin_staff, size):
    make_account(account_number="K1", name="上海华锐科技有限公司", phone="021-62880001")
    page.set_viewport_size(size)
    log_in(admin_staff)

    page.goto(f"{live_server.url}/accounts/import/")
    file = {"name": "客户.csv", "mimeType": "text/csv", "buffer": TEXT.encode("gb18030")}
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main table ins").first).to_have_text("021-62880009")
    assert Account.objects.count() == 1
    page.locator(".page-actions button.btn-primary").click()
    expect(page.locator("main .alert-success")).to_be_visible()
    assert Account.objects.count() == 2

    page.goto(f"{live_server.url}/accounts/duplicates/")
    page.locator("main .card-footer button.btn-primary").click()
    page.locator("input[name=fields_from][value=phone]").check()
    page.locator("main .card-footer button.btn-primary").click()
    expect(page.locator("main .alert-success")).to_be_visible()
    assert Account.objects.live().get().phone == "021-62880001"

    page.locator("main .card-footer button.btn-danger").click()
    expect(page.locator("main .alert-success")).to_be_visible()
    assert Account.objects.live().count() == 2
