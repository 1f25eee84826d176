"""Mediation, redress, accident notices, requests and conduct in Chromium: a call logged and undone, a call from the business,
an accident found while typing, and every page with axe at both widths."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from caasis.cases import services as cases
from caasis.cases.models import AccidentNotice, MediationStep
from caasis.desk.workspace import today_in_japan
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.browser.test_desk_screens import Sign, session_cookie
from tests.support.browser import WIDTHS
from tests.support.cards import COMPLETE
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sign_in(live: Any, live_town: Any, new_context: Callable[..., BrowserContext], watch_page: Callable[[Page], Page]) -> Sign:
    """`sign_in("counsellor", "/desk/")`: a browser of its own for one of the cast, at an address."""

    def sign(role: str, path: str = "/desk/", **options: Any) -> Page:
        context = new_context(**options)
        context.add_cookies([session_cookie(live, live_town.users[role])])
        page = watch_page(context.new_page())
        page.goto(live.url + path)
        return page

    return sign


def picture(page: Page, name: str) -> None:
    """A picture for a person's eyes, only when a folder for it is named."""
    folder = os.environ.get("CAASIS_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def story(town: Any) -> tuple[Any, Any]:
    """A mediation in the middle: consent, calls both ways, a deadline, two offers, a refund; and an accident."""
    actor = town.counsellor
    card = {
        **COMPLETE, "title": "給湯器の点検商法で工事を契約した", "business_phone": "022-123-4567", "consumer_name": "見本 花子",
        "injury": True, "harm_kind": "co_poisoning", "harm_on": today_in_japan() - timedelta(days=3), "harm_place": "自宅の台所",
        "harm_product": "ガス給湯器", "harm_model": "MH-1600", "harm_kept": True,
    }  # fmt: skip
    with actor_transaction(actor):
        case = cases.open_case(actor=actor, card=card)
        mediation = cases.begin_mediation(actor=actor, case_id=case.id, business_person="お客様相談室 見本さん")
        on = {"actor": actor, "mediation_id": mediation.id}
        cases.log_contact(**on, means="phone", direction="from_consumer", words="全額を返してほしい。工事はまだ始まっていない。")
        cases.record_consent(**on, means="phone")
        cases.log_contact(**on, means="phone", direction="to_business", named=True, words="申し出を伝え、勧誘のいきさつを尋ねた。調べて答えるとのこと。")
        cases.set_answer_deadline(**on, due_on=today_in_japan() + timedelta(days=6))
        cases.log_contact(**on, means="mail", direction="from_business", words="説明が足りなかったことは認める。材料費を引いて返したい。")
        offer = cases.make_offer(**on, side="business", amount=980_000, terms="材料費50万円を引いて返金する。")
        cases.answer_offer(**on, offer_id=offer.id, state="refused")
        cases.make_offer(**on, side="centre", amount=1_380_000, terms="実際にかかった10万円だけを引き、今月中に返金する。")
        where = {"actor": actor, "case_id": case.id, "on": today_in_japan()}
        cases.write_redress(**where, kind="refunded", amount=100_000, source="advice", proof="bank", words="申込金が戻った。")
        cases.write_redress(**where, kind="withdrawn", amount=250_000, source="mediation", proof="paper")
        cases.open_ask(actor=actor, case_id=case.id, kind="test", addressee="国民生活センター 商品テスト部", text="給湯器の排気を調べてほしい。")
        cases.ask_cooperation(actor=actor, case_id=case.id, authority="消費者庁", question="勧誘のときの書面の写しがほしい。")
        cases.note_incident(actor=actor, case_id=case.id, criteria=["abuse"], words="「役立たず」と言われた。", witness=town.counsellor2.id)
    return case, mediation


def test_a_call_is_logged_and_taken_back_within_ten_seconds(live_town: Any, sign_in: Sign) -> None:
    case, mediation = story(live_town)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/mediations/{mediation.id}/")
    page.locator("summary", has_text="連絡を記録する").click()
    page.get_by_label("だれと").select_option("from_business")
    page.locator("#id_contact-means").select_option("phone")
    page.get_by_label("話したこと・届いた内容").fill("あさって返事をするとのこと。")
    page.get_by_role("button", name="記録する", exact=True).first.click()
    expect(page.locator(".app-mlog__i", has_text="あさって返事をする")).to_be_visible()
    page.get_by_role("button", name="元に戻す").click()
    expect(page.locator(".app-mlog__i.is-undone", has_text="あさって返事をする")).to_be_visible()
    with system_transaction():
        assert MediationStep.objects.filter(mediation=mediation).exclude(undone_at=None).count() == 1


def test_a_business_that_calls_brings_its_mediation_and_no_consumer(live_town: Any, sign_in: Sign) -> None:
    case, mediation = story(live_town)
    page = sign_in("counsellor2", "/desk/mediations/lookup?q=022-123-4567")
    expect(page.locator("tbody")).to_contain_text(case.receipt_number)
    for word in ("見本 花子", "全額を返して", case.title):
        expect(page.locator("body")).not_to_contain_text(word)
    page.get_by_role("link", name=mediation.business_name).click()
    # Not one's own case: its texts stay closed until a purpose is stated.
    expect(page.locator("h1")).to_contain_text(mediation.business_name)
    expect(page.locator("body")).not_to_contain_text("全額を返して")


def test_an_accident_is_pointed_out_while_typing_and_stands_above_the_card_once_saved(live_town: Any, sign_in: Sign) -> None:
    with actor_transaction(live_town.counsellor):
        case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.get_by_label("相談概要", exact=True).fill("給湯器から発火し、台所が焦げた。")
    expect(page.get_by_role("link", name="通知の画面へ")).to_be_visible()
    page.keyboard.press("Control+S")
    expect(page.locator("#save-state")).to_contain_text("保存しました")
    page.reload()
    expect(page.locator(".app-alarm")).to_contain_text("まだ消費者庁に通知していません")
    page.get_by_role("link", name="通知する", exact=True).click()
    expect(page.locator("#id_notice-what")).to_have_value(re.compile("発火"))
    page.get_by_label("通知した方法").select_option("mail")
    page.get_by_role("button", name="通知したことを記録する").click()
    expect(page.locator(".app-alarm--done")).to_contain_text("通知しました")
    with system_transaction():
        assert AccidentNotice.objects.get(case=case).state == "sent"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_screens_beside_a_case_are_accessible(
    live_town: Any, sign_in: Sign, axe: Any, no_sideways_scroll: Any, screenshot: Any, width: int
) -> None:
    case, mediation = story(live_town)
    one = f"/desk/cases/{case.id}/"
    paths = {
        "mediation": f"{one}mediations/{mediation.id}/",
        "mediations": f"{one}mediations/",
        "letter": f"{one}mediations/{mediation.id}/letters/request",
        "lookup": "/desk/mediations/lookup",
        "redress": f"{one}redress/",
        "figures": "/desk/redress/",
        "accident": f"{one}accident/",
        "accidents": "/desk/accidents/",
        "asks": f"{one}asks/",
        "inbox": "/desk/asks/",
        "conduct": f"{one}conduct/",
        "conduct-rule": "/desk/conduct/rule",
        "workspace": one,
    }
    page = sign_in("counsellor", one, viewport={"width": width, "height": WIDTHS[width]})
    base = page.url.split("/desk/")[0]
    for name, path in paths.items():
        page.goto(base + path)
        axe(page)
        no_sideways_scroll(page)
        picture(page, f"beside-{name}-{width}")
        if name in ("mediation", "accident"):
            screenshot(page, f"desk-{name}-{width}")
