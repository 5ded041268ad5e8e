"""A complaint from its registration to its closing, on a phone."""

import pytest

from complaints.models import Complaint
from tests.browser.conftest import PHONE, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEPS = [
    ("acknowledge", {"note": "已电话告知"}),
    ("investigate", {}),
    ("resolve", {"outcome": "justified", "cause": "material", "solution": "换货"}),
    ("reply", {"text": "明天送到新件"}),
    ("confirm", {"note": "客户满意"}),
    ("close", {}),
]


def fill(page, fields):
    for name, value in fields.items():
        field = page.locator(f"main [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("main button.btn-primary").click()
    page.wait_for_selector(".alert-success")


def test_a_complaint_goes_its_whole_way_on_a_phone(page, log_in, live_server, anna, k1):
    log_in(anna)
    page.set_viewport_size(PHONE)
    wide = []

    page.goto(f"{live_server.url}/complaints/")
    wide.append(sideways(page))
    page.locator("a[href='/complaints/new/']").first.click()
    wide.append(sideways(page))
    fill(
        page,
        {
            "account": "K1",
            "channel": "phone",
            "category": "quality",
            "severity": "moderate",
            "title": "密封圈漏油",
            "description": "昨天起三台设备都漏",
        },
    )
    complaint = Complaint.objects.get()
    assert page.url == f"{live_server.url}{complaint.get_absolute_url()}"
    assert complaint.complaint_number in page.locator(".alert-info").inner_text()
    for key, fields in STEPS:
        wide.append(sideways(page))
        page.locator(f"a.btn-primary[href$='/{key}/']").click()
        page.wait_for_url(f"**/{key}/")
        wide.append(sideways(page))
        fill(page, fields)

    complaint.refresh_from_db()
    assert (complaint.status, complaint.account, complaint.cause) == ("closed", k1, "material")
    assert page.locator(".alert-info").count() == 0  # the secret was shown once
    assert "明天送到新件" in page.locator("#history").inner_text()
    assert max(wide) <= 0
