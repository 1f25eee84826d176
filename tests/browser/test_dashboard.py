"""The dashboard in Chromium: it follows registrations by itself, holds at any width, and works without scripts."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from caasis.cases import services
from caasis.kernel.clock import day_in_japan
from tests.rooms.analytics.facts import fact, random_facts, save
from tests.support.browser import WIDTHS
from tests.support.cards import COMPLETE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/desk/analysis/"
Sign = Callable[..., Page]


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., BrowserContext], watch_page: Callable[[Page], Page]) -> Sign:
    """`sign_in("analyst")`: a browser of its own for one of the cast, on the dashboard."""

    def sign(role: str, query: str = "", **options: Any) -> Page:
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.force_login(live_town.users[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        context = new_context(**options)
        context.set_default_timeout(30_000)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live.url}])
        page = watch_page(context.new_page())
        page.goto(live.url + URL + query)
        return page

    return sign


def register_case(town: Any) -> None:
    """A case of centre A from opening to registration."""
    case = services.open_case(actor=town.counsellor, card=dict(COMPLETE))
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    confirmed = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    services.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=confirmed)


def fill(count: int = 900) -> None:
    save(random_facts(count, seed=5, until=day_in_japan(timezone.now()), days=500))


def cases_shown(page: Page) -> str:
    return page.locator("#an-K12 b").inner_text()


def test_a_registration_changes_the_figures_and_moves_nothing(sign_in: Sign, live_town: Any) -> None:
    today = day_in_japan(timezone.now())
    save([fact(today) for _ in range(5)])
    page = sign_in("analyst")
    assert cases_shown(page) == "5"
    page.get_by_text("表で見る：日ごとの相談件数").click()
    page.get_by_text("定義：相談件数").click()
    region = page.get_by_role("region", name="表：日ごとの相談件数")
    region.focus()
    region.evaluate("(e) => { e.scrollTop = 120; e.dataset.mine = '1' }")
    page.wait_for_timeout(700)
    register_case(live_town)
    began = time.monotonic()
    expect(page.locator("#an-K12 b")).to_have_text("6", timeout=8000)
    seconds = time.monotonic() - began
    expect(page.locator("#an-rows-days tr").last.locator("td").nth(1)).to_have_text("6")
    assert seconds < 6, f"{seconds:.1f} s after the registration"
    state = region.evaluate("(e) => [e === document.activeElement, e.scrollTop, e.dataset.mine]")
    assert state == [True, 120, "1"], "focus, scroll and open table stay"
    expect(page.get_by_text("登録された相談の件数。再開して")).to_be_visible()


def test_the_first_registration_replaces_the_words_about_nothing(sign_in: Sign, live_town: Any) -> None:
    page = sign_in("analyst")
    expect(page.get_by_role("heading", name="この条件で登録された相談は、まだありません")).to_be_visible()
    page.wait_for_timeout(700)
    register_case(live_town)
    expect(page.locator("#an-K12 b")).to_have_text("1", timeout=8000)
    page.wait_for_timeout(2200)
    register_case(live_town)
    expect(page.locator("#an-K12 b")).to_have_text("2", timeout=10_000)


def test_many_registrations_cause_few_requests(sign_in: Sign, live_town: Any) -> None:
    save([fact(day_in_japan(timezone.now()))])
    page = sign_in("analyst")
    page.wait_for_timeout(700)
    began = time.monotonic()
    for _ in range(6):
        register_case(live_town)
    expect(page.locator("#an-K12 b")).to_have_text("7", timeout=15_000)
    lasted = time.monotonic() - began
    # The browser's own clock: events reach the test only while it isn't busy registering.
    asked = page.evaluate(
        "() => performance.getEntriesByType('resource').filter((e) => e.name.includes('shown=figures')).map((e) => e.startTime)"
    )
    assert 1 <= len(asked) <= lasted / 2 + 1
    assert all(later - earlier > 1900 for earlier, later in pairwise(asked)), asked


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("query", ["", "?compare=none&period=52w", "?period=dates&start=2026-02-31", "?product=P25"])
def test_the_page_is_accessible_and_fits(
    sign_in: Sign, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None], width: int, query: str,
    screenshot: Callable[..., None],
) -> None:  # fmt: skip
    fill()
    page = sign_in("counsellor", viewport={"width": width, "height": WIDTHS[width]})
    if query:
        if "02-31" in query:
            page.allow_console("status of 422")  # type: ignore[attr-defined]
        page.goto(page.url + query)
    for summary in page.locator("summary").all():
        summary.click()
    axe(page)
    no_sideways_scroll(page)
    shown = "u-narrow" if width < 768 else "u-wide"
    for picture in page.locator(f"figure svg.{shown}").all():
        expect(picture).to_be_visible()
    for picture in page.locator(f"figure svg.{'u-wide' if width < 768 else 'u-narrow'}").all():
        expect(picture).to_be_hidden()
    if not query:
        page.reload()
        screenshot(page, f"analysis-{width}")


def test_the_filter_works_without_scripts_and_shows_dates_when_they_are_chosen(sign_in: Sign) -> None:
    day = day_in_japan(timezone.now())
    save([fact(day, prefecture_code="13") for _ in range(2)] + [fact(day), fact(day, prefecture_code="27")])
    save([fact(day - timedelta(days=2)) for _ in range(3)])
    page = sign_in("analyst", java_script_enabled=False)
    assert cases_shown(page) == "7"
    expect(page.get_by_label("始まりの日")).to_be_hidden()
    page.get_by_label("期間").select_option("dates")
    page.get_by_label("始まりの日").fill(day.isoformat())
    page.get_by_label("終わりの日").fill(day.isoformat())
    page.get_by_label("地域").select_option("13")
    page.get_by_role("button", name="表示する").click()
    expect(page).to_have_url(re.compile("area=13"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("東京都の相談のようす")
    expect(page.get_by_label("始まりの日")).to_have_value(day.isoformat())
    assert cases_shown(page) == "3"


def test_the_page_weighs_little(sign_in: Sign) -> None:
    fill(3000)
    page = sign_in("analyst")
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(gzip.compress(answer.body()))}) if "/stream" not in answer.url else None)
    page.goto(page.url + "?period=52w")
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    assert sizes and sum(sizes.values()) < 300_000, sizes
