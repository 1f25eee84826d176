"""Telephone numbers, call flows, the trial and 臨時メッセージ in Chromium: axe and no sideways scroll at both widths, keyboard only."""

# ruff: noqa: F401, F811 (fixtures are imported, and their names are arguments)

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from caasis.telephony.services import (
    add_flow,
    add_standard_flow,
    publish_version,
    save_draft,
    save_number,
    set_message,
)
from tests.rooms.telephony.flow_document import flow_of
from tests.support.looking import goto, visit
from tests.support.scene import client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("CAASIS_LOOK", "")


def seen(url: str, name: str) -> Callable[[Page], None]:
    def step(page: Page) -> None:
        page.goto(url)
        if FOLDER:
            width = page.viewport_size["width"] if page.viewport_size else 0
            page.screenshot(path=f"{FOLDER}/designer-{name}-{width}.png", full_page=True)

    return step


def with_hours_away(town: Any) -> None:
    """A centre that has entered no hours counts as open: what is looked at doesn't depend on the time of day."""
    from caasis.organisations.models import OpeningHours
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        OpeningHours.objects.filter(centre=town.centre_a).delete()


def test_every_screen_holds_at_both_widths(live: Any, live_town: Any, visit: Callable[..., list[str]]) -> None:
    town = live_town
    standard = add_standard_flow(actor=town.supervisor, centre_id=town.centre_a.id)
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="年末年始")
    first = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"))
    publish_version(actor=town.supervisor, version_id=first.id)
    broken = flow_of("main")
    broken["boxes"] = [one for one in broken["boxes"] if one["id"] != "info"]
    second = save_draft(actor=town.supervisor, flow_id=flow.id, document=broken)
    line = save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=flow.id
    )
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0120000123", label="フリーダイヤル", toll="free",
        flow_id=standard.flow_id,
    )  # fmt: skip
    set_message(
        actor=town.supervisor,
        centre_id=town.centre_a.id,
        name="storm",
        on=True,
        words={"ja": "停電のため、午後から受け付けます。"},
    )
    flows, at = f"{live.url}/desk/telephone/flows/", f"{live.url}/desk/telephone/flows/{standard.flow_id}/"
    steps = {
        "numbers": f"{live.url}/desk/telephone/numbers/",
        "number": f"{live.url}/desk/telephone/numbers/new",
        "list": flows,
        "flow": at,
        "broken": f"{flows}{flow.id}/",
        "small": f"{at}?size=small",
        "box": f"{at}boxes/purpose/",
        "queue": f"{at}boxes/counsellor/",
        "new": f"{at}boxes/new/announce?on=hours&outcome=open",
        "settings": f"{at}settings",
        "publish": f"{flows}{flow.id}/versions/{second.id}/publish",
        "start": f"{at}try",
        "trial": f"{at}try?hours=open&caller=mobile&script=&now=60",
        "paths": f"{at}paths",
        "prompts": f"{at}prompts",
        "line": f"{at}prompts/greeting/say/ja/",
        "message": f"{live.url}/desk/telephone/message/?name=storm",
    }

    def refused(page: Page) -> None:
        page.goto(f"{at}boxes/purpose/")
        page.get_by_label("待つ秒数").fill("0")
        page.get_by_label("話す文", exact=True).fill("")
        page.get_by_role("button", name="下書きに保存する").click()
        expect(page.locator(".app-error-summary")).to_be_visible()
        if FOLDER:
            page.screenshot(path=f"{FOLDER}/designer-refused-{page.viewport_size['width']}.png", full_page=True)

    looks = [(name, seen(url, name)) for name, url in steps.items()]
    wrong = visit(client_of(town, "supervisor"), [*looks, ("refused", refused)])

    def chosen(key: str) -> Callable[[Page], None]:
        def step(page: Page) -> None:
            page.goto(f"{live.url}/phone/0221234567/")
            page.locator(f"button[value='{key}']").click()
            if FOLDER:
                page.screenshot(path=f"{FOLDER}/designer-phone{key}-{page.viewport_size['width']}.png", full_page=True)

        return step

    publish_version(actor=town.supervisor, version_id=standard.id)
    with_hours_away(town)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=standard.flow_id,
        number_id=line.id,
    )  # fmt: skip
    phone = [
        ("phone", seen(f"{live.url}/phone/0221234567/", "phone")),
        ("person", chosen("1")),
        ("number", chosen("3")),
    ]
    wrong += visit(client_of(town, "public"), phone)
    assert not wrong, "\n".join(wrong)


def test_a_box_is_reached_and_changed_by_keyboard_alone(live: Any, live_town: Any, new_context: Any) -> None:
    town = live_town
    standard = add_standard_flow(actor=town.supervisor, centre_id=town.centre_a.id)
    context = new_context()
    client = client_of(town, "supervisor")
    context.add_cookies([{"name": n, "value": m.value, "url": live.url} for n, m in client.cookies.items() if m.value])
    page = context.new_page()
    page.goto(f"{live.url}/desk/telephone/flows/{standard.flow_id}/")
    page.locator("a.app-fbox", has_text="ご用件").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("ご用件")
    page.get_by_label("待つ秒数").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    expect(page.get_by_text("「ご用件」を下書きに保存しました。")).to_be_visible()
    expect(page.get_by_role("button", name="直前の保存を取り消す")).to_be_visible()


def test_a_drawing_wider_than_the_screen_begins_at_its_first_box(live: Any, live_town: Any, new_context: Any) -> None:
    draft = add_standard_flow(actor=live_town.supervisor, centre_id=live_town.centre_a.id)
    context = new_context()
    client = client_of(live_town, "supervisor")
    context.add_cookies([{"name": n, "value": m.value, "url": live.url} for n, m in client.cookies.items() if m.value])
    page = context.new_page()
    for width in (1440, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{live.url}/desk/telephone/flows/{draft.flow_id}/")
        where = page.locator("app-flow-drawing").evaluate(
            """(own) => { const all = own.getBoundingClientRect(), box = own.querySelector(".app-fbox--begin").getBoundingClientRect();
                return [own.scrollWidth > own.clientWidth, box.left + box.width / 2 >= all.left, box.left + box.width / 2 <= all.right] }"""
        )
        assert where == [True, True, True], width
        if FOLDER:
            page.screenshot(path=f"{FOLDER}/faults-flow-{width}.png")
