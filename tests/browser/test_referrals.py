"""Between centres in Chromium: the form shows what a choice asks for, the inbox comes alive, two cases side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from caasis.cases import services
from caasis.cases.models import Case, Referral
from caasis.cases.rules.referring import ReferralForm, ReferralKind
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, sign_in  # noqa: F401
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CARD = {
    "title": "屋根の工事を解約したい",
    "summary": "点検と言って来訪した事業者と屋根工事を契約した。",
    "consumer_name": "見本 花子",
    "consumer_phone": "090-1234-5678",
    "product": "P1301",
}
JOINT = ReferralForm(
    ReferralKind.JOINT, "consent", "事業者の事務所が若葉市にあるため。", "現地の確認をお願いします。", ("name", "phone"),
    "consumer", None, "phone",
)  # fmt: skip


def joint() -> ReferralForm:
    from dataclasses import replace

    return replace(JOINT, consent_on=day_in_japan(timezone.now()))


def test_a_referral_is_sent_arrives_and_is_taken_on(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[..., Any],
    screenshot: Callable[..., Any],
) -> None:
    case = phone_case(live_town.counsellor, **CARD)
    theirs = sign_in("outsider", "/desk/")
    expect(theirs.get_by_text("ほかのセンターから", exact=True)).to_have_count(0)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/refer")
    # 助言 asks for no basis; consent asks who agreed and how.
    page.get_by_label("助言").check()
    expect(page.get_by_text("渡してよい根拠")).to_be_hidden()
    page.get_by_label("共同処理").check()
    expect(page.get_by_label("だれが同意したか")).to_be_hidden()
    page.get_by_label("本人の同意").check()
    page.get_by_label("氏名").check()
    page.get_by_label("相手のセンター").select_option(label="若葉市消費生活センター")
    page.get_by_label("送る理由").fill("事業者の事務所が若葉市にあるため。")
    page.get_by_label("お願いしたいこと").fill("現地の確認をお願いします。")
    page.get_by_label("だれが同意したか").select_option("consumer")
    page.get_by_label("どのように同意したか").select_option("phone")
    today = day_in_japan(timezone.now())
    for name, value in (("y", today.year), ("m", today.month), ("d", today.day)):
        page.locator(f"[name=consent_on_{name}]").fill(str(value))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        no_sideways_scroll(page)
        screenshot(page, f"desk-refer-{width}")
    page.get_by_role("button", name="相手のセンターに送る").click()
    expect(page.get_by_text("ほかのセンターに送りました。").first).to_be_visible()
    # The other centre's first page shows it without being loaded again.
    expect(theirs.get_by_role("link", name=CARD["title"])).to_be_visible(timeout=40_000)
    theirs.get_by_role("link", name=CARD["title"]).click()
    expect(theirs.get_by_text("渡された項目を開けます。")).to_be_visible()
    theirs.get_by_role("button", name="開く").click()
    expect(theirs.get_by_text("見本 花子")).to_be_visible()
    theirs.get_by_role("button", name="共同処理を引き受ける").click()
    expect(theirs.get_by_role("button", name="相手に伝える")).to_be_visible()
    theirs.get_by_label("相手に伝えること").fill("事務所に行きましたが、閉まっていました。")
    theirs.get_by_role("button", name="相手に伝える").click()
    expect(theirs.get_by_text("事務所に行きましたが、閉まっていました。")).to_be_visible()
    for width in WIDTHS:
        theirs.set_viewport_size({"width": width, "height": 900})
        axe(theirs)
        no_sideways_scroll(theirs)
        screenshot(theirs, f"desk-referral-{width}")
    with system_transaction():
        assert Referral.objects.get().state == "accepted"


def test_the_inbox_and_an_error_hold_at_every_width(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[..., Any],
    screenshot: Callable[..., Any],
) -> None:
    for title in ("屋根の工事を解約したい", "給湯器の交換を高額で契約した"):
        case = phone_case(live_town.counsellor, **{**CARD, "title": title})
        services.send_referral(actor=live_town.counsellor, case_id=case.id, to_centre_id=live_town.centre_b.id, form=joint())
    page = sign_in("outsider", "/desk/referrals/")
    for path in ("/desk/referrals/", "/desk/", "/desk/offices/?q=給料が払われない"):
        page.goto(page.url.split("/desk/")[0] + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            axe(page)
            no_sideways_scroll(page)
            name = {"/desk/referrals/": "desk-referral-inbox", "/desk/": "desk-referral-home"}.get(path, "desk-offices")
            screenshot(page, f"{name}-{width}")


def test_two_cases_side_by_side_become_one_and_two_again(
    sign_in: Sign,  # noqa: F811
    live_town: Any,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[..., Any],
    screenshot: Callable[..., Any],
) -> None:
    first = phone_case(live_town.counsellor, **CARD)
    second = phone_case(
        live_town.counsellor,
        **{**CARD, "title": "瓦の修理", "summary": "瓦の修理を48万円で頼んだ。", "amount": "480,000", "sales_form": "door_to_door"},
    )
    page = sign_in("counsellor", f"/desk/cases/{first.id}/merge?q={second.receipt_number}")
    page.get_by_role("link", name="瓦の修理").first.click()
    page.get_by_label("契約購入金額：48万円").or_(page.locator("[name=take_amount][value=merged]")).first.check()
    page.locator("[name=take_summary][value=both]").check()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        no_sideways_scroll(page)
        screenshot(page, f"desk-merge-{width}")
    page.get_by_role("button", name="に統合する").click()
    expect(page.locator("#amount")).to_have_value("480,000")
    with system_transaction():
        assert Case.objects.get(id=second.id).state == "merged"
    page.get_by_role("button", name="元に戻す").first.click()
    expect(page.get_by_text("元に戻しました。").first).to_be_visible()
    with system_transaction():
        assert Case.objects.get(id=second.id).state == "advising"
        assert not Case.objects.filter(merged_into=first.id).exists()
