"""What one does with keyboard and mouse: languages, shortcuts, search, drill-down, recompute."""

import re

import pytest
from playwright.sync_api import expect

from tiering import services
from tiering.models import TierRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def recompute(day="2026-10-01"):
    from datetime import date

    return services.recompute(date.fromisoformat(day), actor=None, trigger=TierRun.Trigger.COMMAND)


def test_the_language_is_switched_and_switched_back(page, log_in, diana):
    log_in(diana)
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".navbar-vertical").get_by_role("link", name="Dashboard")).to_be_visible()

    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_a_slash_focuses_the_search_and_enter_lists_what_is_found(page, log_in, diana, ledger):
    log_in(diana)

    page.keyboard.press("/")
    expect(page.locator("#global-search")).to_be_focused()
    page.keyboard.type("shhr")  # 上海华锐 by the initials of its pinyin
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/accounts/\?.*search=shhr"))
    expect(page.locator("main")).to_contain_text("上海华锐科技有限公司")
    expect(page.locator("main")).not_to_contain_text("北京云帆物流有限公司")


def test_g_and_a_letter_go_to_a_page(page, log_in, diana):
    log_in(diana)

    page.keyboard.press("g")
    page.keyboard.press("a")

    page.wait_for_url(re.compile("/accounts/"))


def test_a_question_mark_lists_the_shortcuts(page, log_in, diana):
    log_in(diana)

    page.keyboard.press("?")

    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_the_user_menu_names_the_role(page, log_in, diana):
    log_in(diana)

    page.locator("[data-bs-toggle=dropdown]", has_text="Diana").click()

    expect(page.locator(".dropdown-header .text-secondary")).not_to_be_empty()


def test_a_cell_of_the_heat_map_lists_its_accounts(page, live_server, log_in, diana, ledger):
    recompute()
    log_in(diana)
    page.goto(f"{live_server.url}/tiers/")

    page.locator(".heat a").first.click()

    expect(page.locator("#accounts tbody tr").first).to_be_visible()
    assert page.url.endswith("/tiers/")  # in place, not a new page


def test_the_recompute_is_confirmed_and_ends_well(page, live_server, log_in, diana, ledger):
    log_in(diana)
    page.goto(f"{live_server.url}/tiers/?as_of=2026-10-01")

    page.locator("button[data-confirm]").click()
    expect(page.locator("#confirmation")).to_be_visible()
    page.locator("#confirmation button[value=yes]").click()

    page.wait_for_url(re.compile(r"/tiers/runs/\d+/"))
    expect(page.locator("main")).to_contain_text(re.compile("成功|Succeeded"))
    assert TierRun.objects.get().status == TierRun.Status.SUCCEEDED


def test_cancelling_the_confirmation_sends_nothing(page, live_server, log_in, diana, ledger):
    log_in(diana)
    page.goto(f"{live_server.url}/tiers/?as_of=2026-10-01")

    page.locator("button[data-confirm]").click()
    page.locator("#confirmation button[value='']").click()

    expect(page.locator("#confirmation")).to_be_hidden()
    assert not TierRun.objects.exists()


def test_a_wrong_form_says_what_is_wrong(page, live_server, log_in, diana):
    log_in(diana)
    page.goto(f"{live_server.url}/accounts/new/")

    page.locator("main form [name=name]").fill("测试公司")
    page.locator("main form [name=account_number]").fill("with space")
    page.locator("main form button.btn-primary").click()

    expect(page.locator("main .invalid-feedback, main .alert-danger").first).to_be_visible()
    expect(page.locator("main form [name=name]")).to_have_value("测试公司")
