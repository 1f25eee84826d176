"""Finding in Chromium: from Ctrl+K to the case without a mouse, the search page with facets, and every state of the screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caasis.cases.exports import run_export
from caasis.cases.models import SearchExport
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.services import exporting, saved_searches
from caasis.cases.subscriptions import match_at_once
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, session_cookie
from tests.support.browser import WIDTHS
from tests.support.searching import index, many_registered, opened, put  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = "090-9876-1234"


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., Any], watch_page: Callable[[Page], Page]) -> Sign:
    """`sign_in("counsellor", "/desk/")`: a browser of its own for one of the cast, at an address."""

    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


@pytest.fixture
def cases(live_town: Any, put: Any) -> list[Any]:  # noqa: F811
    """A town's roof trouble: registered cases over three months, and one at work whose caller left a number."""
    done = many_registered(live_town.counsellor, live_town.official, 90, handling="通知の出し方を助言した。")
    at_work = opened(
        live_town.counsellor, title="給湯器の点検でクーリング・オフしたい", product="P0101", consumer_age=34,
        consumer_name="秘匿川 栞奈", consumer_phone=PHONE, summary="給湯器の点検と言われて契約した。", handling="",
    )  # fmt: skip
    put(*done, at_work)
    return [at_work, *done]


def test_from_ctrl_k_to_the_case_without_a_mouse(cases: Any, sign_in: Sign, axe: Any) -> None:
    page = sign_in("counsellor", "/desk/")
    page.keyboard.press("Control+k")
    field = page.locator("#app-palette-input")
    expect(field).to_be_focused()
    page.keyboard.insert_text("クーオフ")
    found = page.get_by_role("group", name="相談").get_by_role("option")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("給湯器の点検でクーリング・オフしたい")
    expect(page.locator("#app-palette-state")).to_contain_text("件の候補があります。")
    axe(page, include="#app-palette")
    page.keyboard.press("ArrowDown")
    expect(found).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == found.get_attribute("id")
    with page.expect_navigation(url=re.compile(f"/desk/cases/{cases[0].id}/")):
        page.keyboard.press("Enter")


def test_words_alone_lead_to_the_search_page(cases: Any, sign_in: Sign) -> None:
    page = sign_in("counsellor", "/desk/cases/")
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("瓦がずれて")
    with page.expect_navigation(url=re.compile("/desk/search\\?q=")):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("90件")


def test_a_telephone_number_tells_how_often_and_stands_in_no_address(cases: Any, sign_in: Sign) -> None:
    page = sign_in("counsellor", "/desk/")
    page.keyboard.press("Control+k")
    page.keyboard.insert_text(PHONE)
    told = page.get_by_role("group", name="この番号・アドレスの相談")
    expect(told).to_contain_text("過去1件・直近")
    expect(told).not_to_contain_text("秘匿川")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ご本人とはかぎりません。")).to_be_visible()
    assert "9876" not in page.url


def test_facets_chips_and_the_list_are_worked_by_keyboard(cases: Any, sign_in: Sign) -> None:
    page = sign_in("outsider", "/desk/search?q=屋根")
    facet = page.get_by_role("complementary", name="しぼりこみ").get_by_role("link", name=re.compile("あっせん|助言"))
    assert facet.count() == 0, "one value alone is no choice"
    page.locator("#from").evaluate("field => field.closest('details').open = true")
    page.locator("#from").fill("3日前")
    page.locator("#from").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4件")
    chip = page.get_by_role("link", name=re.compile("受付日：.*を外す"))
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("90件")


def test_every_screen_of_finding_at_both_widths(
    cases: Any, live_town: Any, sign_in: Sign, axe: Any, no_sideways_scroll: Any, screenshot: Any
) -> None:
    counsellor = live_town.counsellor
    kept = saved_searches.save_search(actor=counsellor, name="屋根の点検商法", search=CaseSearch(text="屋根"), notice="at_once")
    saved_searches.save_search(actor=counsellor, name="給湯器", search=CaseSearch(text="給湯器", own=True), notice="daily")
    why = {"purpose": "training", "reason": "点検商法の事例研究会で使うため"}
    ready = exporting.ask_export(actor=counsellor, search=CaseSearch(text="屋根"), format="xlsx", **why)
    run_export(ready.id)
    waiting = exporting.ask_export(actor=counsellor, search=CaseSearch(text="屋根"), format="csv", **why)
    with system_transaction():
        match_at_once(cases[1].id)
        SearchExport.objects.filter(id=waiting.id).update(state="running", written=40)
    screens = {
        "search": "/desk/search?q=屋根",
        "search-widened": "/desk/search?q=クーオフ&age_band=30s",
        "search-start": "/desk/search",
        "search-none": "/desk/search?q=どこにもない ことば&state=advising",
        "search-wrong": "/desk/search?q=屋根&from=さいきん",
        "search-save": "/desk/search/save?q=屋根",
        "search-saved": "/desk/search/saved/",
        "search-new": f"/desk/search/saved/{kept.id}/new",
        "search-export": "/desk/search/export?q=屋根",
        "search-exports": "/desk/search/exports/",
        "search-synonyms": "/desk/search/synonyms",
        "home-new": "/desk/",
    }
    for width, height in WIDTHS.items():
        page = sign_in("counsellor", "/desk/", viewport={"width": width, "height": height})
        page.allow_console("status of 422")  # type: ignore[attr-defined]
        for name, address in screens.items():
            page.goto(page.url.split("/desk/")[0] + address)
            axe(page)
            no_sideways_scroll(page)
            screenshot(page, f"desk-{name}-{width}")
        page.keyboard.press("Control+k")
        page.keyboard.insert_text("点検")
        expect(page.get_by_role("group", name="相談").get_by_role("option").first).to_be_visible()
        axe(page)
        no_sideways_scroll(page)
        screenshot(page, f"desk-palette-{width}", full_page=False)


def test_a_supervisor_edits_the_centres_words(live_town: Any, sign_in: Sign, axe: Any) -> None:
    page = sign_in("supervisor", "/desk/search/synonyms?list=centre")
    page.get_by_label("ことばの組").fill("ぴよ、ひよこ\nひとりきり")
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.keyboard.press("Control+s")
    expect(page.get_by_role("link", name=re.compile("2行目"))).to_be_visible()
    axe(page)
    page.get_by_label("ことばの組").fill("ぴよ、ひよこ")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("一覧を保存しました（1組）。")).to_be_visible()
    expect(page.get_by_label("ことばの組")).to_have_value("ぴよ、ひよこ")
