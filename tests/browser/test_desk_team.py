"""Working together in Chromium: a request reaches the other desk at once, phrases by keyboard, names in notes, every screen."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from caasis.cases import services
from caasis.cases.models import HelpRequest, ResponseClock
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.models import Phrase
from caasis.knowledge.services import load_seed_phrases
from caasis.platform.transactions import system_transaction
from tests.browser.test_desk_screens import Sign, sign_in, streaming  # noqa: F401
from tests.support.browser import WIDTHS
from tests.support.desk import phone_case, send_consultation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def web_case(town: Any, **answers: Any) -> Any:
    receipt = send_consultation(town.centre_a, **answers)
    case = services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    return services.save_card(
        actor=town.counsellor, case_id=case.id, version=case.version, changes={"title": "屋根の工事をやめたい"}
    ).case


def test_a_request_reaches_the_supervisors_desk_within_a_second_and_moves_nothing_else(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor)
    home = sign_in("supervisor", "/desk/")
    other = sign_in("supervisor", "/desk/cases/")
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    for one in (home, other):
        streaming(one)
    page.get_by_role("link", name="支援要請").click()
    page.get_by_label("暴言・長い電話でつらい").check()
    page.get_by_label("ひとこと（なくてもかまいません）").fill("電話を代わってほしい")
    began = time.monotonic()
    page.get_by_role("button", name="支援を頼む").click()
    expect(home.locator("#team-pane")).to_contain_text("暴言・長い電話でつらい", timeout=5000)
    waited = time.monotonic() - began
    expect(other.locator("#team-notice")).to_contain_text("支援 1", timeout=5000)
    assert waited < 3, f"{waited:.1f} s from the click on a loaded machine"
    home.get_by_role("link", name="暴言・長い電話でつらい").click()
    expect(home.get_by_text("電話を代わってほしい")).to_be_visible()
    home.get_by_role("button", name="担当を代わる").click()
    home.wait_for_url(f"**/desk/cases/{case.id}/")
    with system_transaction():
        assert HelpRequest.objects.get().state == "taken"
        case.refresh_from_db()
    assert case.counsellor_id == live_town.supervisor.id


def test_a_phrase_goes_in_by_keyboard_at_the_cursor_and_is_undone(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    load_seed_phrases(actor=SYSTEM)
    case = web_case(live_town)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    answer = page.locator("#answer_text")
    answer.fill("花子さま")
    answer.press("End")
    page.keyboard.press("Alt+t")
    find = page.locator("#phrase-find")
    expect(find).to_be_focused()
    find.press_sequentially("契約書")
    expect(page.locator(".app-phr__i:visible").first).to_contain_text("契約書などの写しをお願いします")
    find.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(answer).to_be_focused()
    assert answer.input_value().startswith("花子さま\n\n青葉市消費生活センターの")
    answer.press("Control+z")
    expect(answer).to_have_value("花子さま")
    # Typing an @ in a note offers the colleagues.
    note = page.locator("#note_text")
    note.press_sequentially("＠")
    page.get_by_role("button", name="@見本 supervisor").click()
    expect(note).to_have_value("＠見本 supervisor ")


def test_a_script_opens_beside_the_card_and_its_ticks_change_nothing(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    load_seed_phrases(actor=SYSTEM)
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/")
    page.get_by_role("heading", name="話し方の手順").click()
    page.get_by_role("link", name="最初の電話の聞きとり").click()
    step = page.locator("#script-in .dads-checkbox__input").first
    step.check()
    expect(step).to_be_checked()
    expect(page.locator("#save-state")).to_contain_text("変更なし")


def test_without_scripts_help_is_asked_and_the_typing_stays(sign_in: Sign, live_town: Any) -> None:  # noqa: F811
    case = phone_case(live_town.counsellor)
    page = sign_in("counsellor", f"/desk/cases/{case.id}/?panel=help", java_script_enabled=False)
    page.get_by_label("法律の判断に迷う").check()
    page.get_by_role("button", name="支援を頼む").click()
    expect(page.get_by_text("支援を頼みました。")).to_be_visible()


def fill_desk(town: Any) -> dict[str, Any]:
    """A desk in the middle of a day: something of everything."""
    load_seed_phrases(actor=SYSTEM)
    now = timezone.now()
    late = web_case(town)
    case = phone_case(town.counsellor, title="給湯器の点検で高い契約をした")
    for hours, what, kind in ((-3, "折り返しの電話", "call"), (1, "契約書が届いたか確かめる", "reminder"), (30, "業者の返事を聞く", "call"), (75, "返金を確かめる", "follow_up")):
        services.add_task(actor=town.counsellor, case_id=case.id, what=what, kind=kind, due_at=now + timedelta(hours=hours))
    asked = services.ask_help(actor=town.counsellor2, case_id=case.id, reason_code="law", text="9条か24条か迷っています")
    mine = services.ask_help(actor=town.supervisor, case_id=late.id, reason_code="business", asked_of=town.counsellor.id)
    services.add_note(actor=town.supervisor, case_id=case.id, text="@見本 counsellor さん、期限を確かめてください。")
    today = day_in_japan(now)
    services.enter_absence(actor=town.counsellor2, user_id=town.counsellor2.id, first_day=today, last_day=today)
    with system_transaction():
        ResponseClock.objects.filter(case=late, kind="first").update(
            due_at=now - timedelta(hours=2), running_since=now - timedelta(days=4), used_minutes=430
        )
        task = case.tasks.order_by("due_at").first()
        follow_up = case.tasks.get(kind="follow_up")
        phrase = Phrase.objects.get(number="T06")
    return {"case": case, "late": late, "asked": asked, "mine": mine, "task": task, "follow_up": follow_up, "phrase": phrase}


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_screen_is_accessible_and_fits(
    sign_in: Sign, live_town: Any, axe: Any, no_sideways_scroll: Any, screenshot: Any, width: int  # noqa: F811
) -> None:
    desk = fill_desk(live_town)

    def look(page: Page, path: str, name: str) -> None:
        page.goto(page.url.split("/desk")[0] + path)
        page.wait_for_load_state("load")
        screenshot(page, f"team-{name}-{width}")
        axe(page)
        no_sideways_scroll(page)

    size = {"viewport": {"width": width, "height": WIDTHS[width]}}
    page = sign_in("counsellor", "/desk/", **size)
    look(page, "/desk/", "home")
    look(page, "/desk/tasks/", "tasks")
    look(page, f"/desk/tasks/{desk['task'].id}/", "task")
    look(page, f"/desk/tasks/{desk['follow_up'].id}/", "follow-up")
    look(page, "/desk/cases/?list=due", "list")
    look(page, f"/desk/cases/{desk['late'].id}/?panel=help", "ask")
    look(page, f"/desk/cases/{desk['late'].id}/phrases", "case-phrases")
    look(page, f"/desk/cases/{desk['case'].id}/task", "plan")
    page.goto(page.url.split("/desk")[0] + f"/desk/cases/{desk['late'].id}/")
    page.locator("#phrases > summary").click()
    expect(page.locator(".app-phr__i").first).to_be_visible()
    page.locator("#mention > summary").click()
    page.locator(".app-script__s").click()
    page.get_by_role("link", name="暴言・長い電話になったとき").click()
    expect(page.locator("#script-in li").first).to_be_visible()
    screenshot(page, f"team-workspace-{width}")
    axe(page)
    no_sideways_scroll(page)
    chief: Any = sign_in("supervisor", "/desk/", **size)
    chief.allow_console("status of 422")
    look(chief, "/desk/help/", "help")
    look(chief, f"/desk/help/{desk['asked'].id}/", "help-one")
    look(chief, "/desk/team/policy", "policy")
    look(chief, "/desk/phrases/", "phrases")
    look(chief, f"/desk/phrases/{desk['phrase'].id}/", "phrase")
    chief.locator("#id_body").fill("{住所}へ")
    chief.get_by_role("button", name="保存する").click()
    expect(chief.locator(".app-error-summary")).to_contain_text("「住所」という差し込みはありません。")
    axe(chief)
