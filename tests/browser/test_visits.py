"""Visits are moved by keyboard and by drag, and held from a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.conftest import PHONE, comes_true, sideways
from tests.factories import make_contact
from tests.visits.factories import make_visit
from visits.models import Visit
from visits.services.plans import following_month

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_visit_is_moved_by_keyboard_and_by_drag(page, log_in, live_server, anna, k1):
    day = following_month(timezone.localdate()) + timedelta(days=14)
    visit = make_visit(k1, planned_on=day)
    log_in(anna)
    page.goto(f"{live_server.url}/visits/?month={day:%Y-%m}")
    card = f"#visit-{visit.pk}"

    page.locator(card).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector(f"[data-day='{day + timedelta(days=1)}'] {card}")
    assert comes_true(page, f"document.activeElement.id === 'visit-{visit.pk}'")
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_selector(f"[data-day='{day - timedelta(days=6)}'] {card}")
    assert comes_true(page, f"document.activeElement.id === 'visit-{visit.pk}'")
    assert Visit.objects.get().planned_on == day - timedelta(days=6)

    page.drag_and_drop(card, f"[data-day='{day - timedelta(days=2)}']")
    page.wait_for_selector(f"[data-day='{day - timedelta(days=2)}'] {card}")
    assert Visit.objects.get().planned_on == day - timedelta(days=2)


def test_a_visit_is_planned_and_moved_to_another_day_from_a_phone(
    page, log_in, live_server, anna, k1
):
    day = timezone.localdate() + timedelta(days=1)
    log_in(anna)
    page.set_viewport_size(PHONE)
    wide = []

    page.goto(f"{live_server.url}/visits/")
    page.locator("a.btn-primary[href='/visits/new/']").click()
    wide.append(sideways(page))
    page.locator("main [name=account]").fill("华锐")
    page.locator("main [name=planned_on]").fill(str(day))
    page.locator("main [name=planned_at]").fill("09:30")
    page.locator("main [name=purpose]").fill("谈年度协议")
    page.locator("main button.btn-primary").click()
    page.wait_for_selector(".alert-success")
    visit = Visit.objects.get()
    wide.append(sideways(page))
    page.locator(f"a[href='/visits/{visit.pk}/edit/']").click()
    wide.append(sideways(page))
    later = day + timedelta(days=6)
    page.locator("main [name=planned_on]").fill(str(later))
    page.locator("main button.btn-primary").click()
    page.wait_for_selector(".alert-success")

    visit.refresh_from_db()
    assert (visit.account, visit.owner, visit.status) == (k1, anna, "planned")
    assert (visit.planned_on, f"{visit.planned_at:%H:%M}") == (later, "09:30")
    assert max(wide) <= 0


def test_a_visit_is_held_from_a_phone(page, log_in, live_server, anna, k1):
    make_contact(k1, name="王芳")
    visit = make_visit(k1)
    log_in(anna)
    page.set_viewport_size(PHONE)
    page.context.grant_permissions(["geolocation"], origin=live_server.url)
    page.context.set_geolocation({"latitude": 31.2304, "longitude": 121.4737, "accuracy": 15})
    wide = []

    page.goto(f"{live_server.url}/visits/")
    wide.append(sideways(page))
    page.locator(f"#visit-{visit.pk}").click()
    wide.append(sideways(page))
    page.locator("form[data-position] .btn-primary").click()
    page.wait_for_selector(".alert-success")
    assert str(Visit.objects.get().latitude) == "31.230400"
    page.locator(f"a[href='/visits/{visit.pk}/report/']").click()
    wide.append(sideways(page))
    page.locator("[name=purpose]").fill("谈年度协议")
    page.get_by_label("王芳").check()
    page.locator("[name=next_step]").fill("下周报价")
    page.locator("[name='follow_up0-text']").fill("寄报价单")
    due_on = timezone.localdate() + timedelta(days=5)
    page.locator("[name='follow_up0-due_on']").fill(str(due_on))
    page.locator("button[value=close]").click()
    page.wait_for_selector(".alert-success")

    visit.refresh_from_db()
    assert (visit.status, visit.participants.get().name) == ("done", "王芳")
    assert visit.follow_ups.get().due_on == due_on
    assert max(wide) <= 0


def test_a_phone_that_does_not_say_where_it_is_checks_in_all_the_same(
    page, log_in, live_server, anna, k1
):
    visit = make_visit(k1)
    log_in(anna)
    page.goto(f"{live_server.url}/visits/{visit.pk}/")

    page.locator("form[data-position] .btn-primary").click()
    page.wait_for_selector(".alert-success")

    visit.refresh_from_db()
    assert (visit.status, visit.latitude) == ("started", None)
