"""Parts of a case and people in Chromium: reached with the keyboard, readable at 320 px, clean for axe, with no word lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from caasis.cases import services
from caasis.cases.models import Party
from caasis.cases.rules.parts import PartKind
from caasis.desk.workspace import today_in_japan
from caasis.people.services import record_consent, set_watch
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, sign_in  # noqa: F401
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HANAKO = {
    "consumer_name": "見本 花子", "consumer_kana": "みほん はなこ", "consumer_phone": "022-000-0009",
    "consumer_address": "架空県みほん市1-2-3",
}  # fmt: skip


def full_case(town: Any) -> Any:
    """A case with several of everything, for the list."""
    day = (today_in_japan() - timedelta(days=2)).isoformat()
    sold = {"sales_form": "door_to_door", "contracted_on": day, "contract_document_on": day}
    case = phone_case(town.counsellor, title="屋根工事と浄水器を契約した", business_name="カクウルーフ", amount=1_480_000, **sold, **HANAKO)
    add: list[tuple[PartKind, dict[str, Any]]] = [
        (PartKind.CONTRACT, {"product_text": "浄水器", "amount": "3万8千円", **sold}),
        (PartKind.PARTY, {"roles": ["contract_party"], "relation": "母", "age": "81", "person_name": "見本 ウメ"}),
        (PartKind.PARTY, {"roles": ["supporter"], "relation": "ケアマネジャー"}),
        (PartKind.BUSINESS, {"business_role": "credit", "business_name": "カクウ信販"}),
    ]
    for kind, values in add:
        services.add_part(actor=town.counsellor, case_id=case.id, kind=kind, values=values)
    return case


def person_of(case: Any) -> Any:
    with system_transaction():
        return Party.objects.get(case=case, position=1).person_id


@pytest.mark.parametrize("scripts", (True, False), ids=("scripts", "no scripts"))
def test_a_contract_is_added_and_the_cards_typing_stays(sign_in: Sign, live_town: Any, scripts: bool) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/", java_script_enabled=scripts)
    page.allow_console("422")  # type: ignore[attr-defined]
    page.locator("#summary").fill("書きかけの概要です。")
    page.locator("#more-fields > summary").click()
    page.get_by_role("button", name="契約を追加").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("契約を追加する")
    page.get_by_label("商品・役務（聞いたまま）").fill("浄水器")
    page.get_by_label("契約金額").fill("たくさん")
    page.get_by_role("button", name="追加する").click()
    expect(page.get_by_label("契約金額")).to_have_value("たくさん")
    page.get_by_label("契約金額").fill("3万8千円")
    page.get_by_role("button", name="追加する").click()
    expect(page.locator("#main")).to_contain_text("浄水器・38,000円")
    page.get_by_role("link", name="相談カードに戻る").click()
    expect(page.locator("#summary")).to_have_value("書きかけの概要です。")


def test_the_kana_of_a_typed_name_is_offered_in_pencil(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.locator("#more-fields > summary").click()
    page.locator("#consumer_name").fill("見本 花子")
    line = page.locator("#consumer_kana-cand")
    expect(line).to_contain_text("みほん はなこ", timeout=8000)
    expect(page.locator("#consumer_kana")).to_have_value("")
    line.get_by_role("button", name="採用").click()
    expect(page.locator("#consumer_kana")).to_have_value("みほん はなこ")


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_screens_are_accessible_and_fit(
    sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any, width: int  # noqa: F811
) -> None:
    case = full_case(live_town)
    phone_case(live_town.counsellor, title="前の相談", **HANAKO)
    person = person_of(case)
    record_consent(actor=live_town.counsellor, person_id=person, kind="pass_on", means="phone", recipient_centre_id=live_town.centre_b.id, note="契約の内容だけ")
    set_watch(actor=live_town.counsellor, person_id=person, reason="訪問販売の契約が続いている", review_on=today_in_japan() + timedelta(days=90))
    with system_transaction():
        party = Party.objects.get(case=case, relation="母")
    page = sign_in("counsellor", f"/desk/cases/{case.id}/parts/", viewport={"width": width, "height": WIDTHS[width]})
    screens = (
        ("parts", f"/desk/cases/{case.id}/parts/"),
        ("part-party", f"/desk/cases/{case.id}/parts/party/{party.pk}"),
        ("part-contract", f"/desk/cases/{case.id}/parts/contract/new"),
        ("past", f"/desk/cases/{case.id}/past"),
        ("people", "/desk/people/"),
        ("person", f"/desk/people/{person}/"),
        ("person-merge", f"/desk/people/{person}/merge"),
    )
    for name, path in screens:
        page.goto(page.url.split("/desk/")[0] + path)
        page.locator("main details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        axe(page)
        no_sideways_scroll(page)
        screenshot(page, f"desk-{name}-{width}")
    page.goto(page.url.split("/desk/")[0] + f"/desk/cases/{case.id}/")
    page.locator("#more-fields > summary").click()
    axe(page)
    no_sideways_scroll(page)
    page.locator("#parts").scroll_into_view_if_needed()
    screenshot(page, f"desk-card-parts-{width}")
