"""決裁 in a batch and 補正 with its dispute, in Chromium, as the people do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from caasis.cases.models import Contract, Correction
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, reload, sign_in  # noqa: F401
from tests.flows.test_desk_approval import sent
from tests.flows.test_desk_corrections import registered
from tests.support.browser import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def form_of(case: Any) -> str:
    with system_transaction():
        return str(Contract.objects.get(case_id=case.id).sales_form)


def test_an_official_approves_what_has_no_remark_in_one_go_and_leaves_one_out(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[..., Any],
) -> None:
    first, _ = sent(live_town, title="一つめの工事")
    second, _ = sent(live_town, title="二つめの工事")
    flagged, _ = sent(live_town, title="払いすぎの工事", paid=2_000_000)
    page = sign_in("official", "/desk/approvals/")
    page.get_by_role("button", name="2件をまとめて確かめる").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2件をまとめて承認します")
    expect(page.get_by_text("払いすぎの工事")).to_have_count(0)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        no_sideways_scroll(page)
    # By keyboard: the space bar takes one out, Enter on the button sends.
    page.get_by_role("checkbox", name="二つめの工事").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="件を承認する").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1件中1件を承認しました")
    axe(page)
    no_sideways_scroll(page)
    assert [reload(case).state for case in (first, second, flagged)] == [
        "registered",
        "waiting_approval",
        "waiting_approval",
    ]
    page.get_by_role("link", name="決裁待ちに戻る").click()
    expect(page.get_by_role("heading", name="決裁待ち 2件")).to_be_visible()


def test_the_nation_corrects_the_centre_disputes_and_the_nation_withdraws(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[..., Any],
) -> None:
    case = registered(live_town)
    nation = sign_in("ncac", f"/desk/corrections/cases/{case.id}")
    nation.get_by_label("販売購入形態").select_option(label="電話勧誘販売")
    nation.get_by_role("button", name="変わる所を確かめる").click()
    # The reason is missing: the choice stays, and the page says what is asked for.
    expect(nation.get_by_label("販売購入形態")).to_have_value("telephone")
    nation.get_by_label("補正の理由").fill("概要からは電話勧誘と読めるため")
    nation.get_by_role("button", name="確かめる").click()
    expect(nation.get_by_role("heading", name="1項目が変わります")).to_be_visible()
    for width in WIDTHS:
        nation.set_viewport_size({"width": width, "height": 900})
        axe(nation)
        no_sideways_scroll(nation)
    nation.get_by_role("button", name="補正する", exact=True).click()
    nation.wait_for_load_state("load")
    assert form_of(case) == "telephone"
    with system_transaction():
        address = f"/desk/corrections/{Correction.objects.get().id}/"
    centre = sign_in("official", address)
    centre.get_by_label("異議があるときの理由").fill("契約書では訪問販売でした")
    centre.get_by_role("button", name="異議を伝える").click()
    expect(centre.get_by_text("契約書では訪問販売でした").first).to_be_visible()
    axe(centre)
    no_sideways_scroll(centre)
    nation.goto(nation.url.split("/desk/")[0] + address)
    nation.get_by_label("理由（センターに伝わります）").fill("契約書の記載に従います")
    nation.get_by_role("button", name="取り下げて元に戻す").click()
    nation.wait_for_load_state("load")
    assert form_of(case) == "door_to_door"
