"""What the portal's flows share: the five steps as a browser without JavaScript sends them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from caasis.kernel.clock import day_in_japan

STEP1 = {"topic": "cancel", "who": "self", "injury": "no", "money_moving": "soon"}
STEP2 = {"story": "給湯器の点検だと言って来て、\r\nその日のうちに契約してしまいました。", "wish": "契約をやめたいです。"}
STEP4 = {
    "name": "見本　花子",
    "age": "７２歳",
    "postcode": "〒980-0811",
    "reply_by": "phone",
    "phone": "０９０−１２３４−５６７８",
    "quiet": ["family_secret"],
}


def step3(day: date | None = None) -> dict[str, Any]:
    """The contract, two days ago unless a day is given, with eras and full-width digits as people type them."""
    day = day or day_in_japan(timezone.now()) - timedelta(days=2)
    return {
        "how": "visit",
        "product": "給湯器",
        "business": "あおぞら設備",
        "contracted_on_y": f"令和{day.year - 2018}",
        "contracted_on_m": str(day.month),
        "contracted_on_d": str(day.day),
        "document": "yes",
        "document_on_y": f"{day.year}年",
        "document_on_m": f"{day.month}月",
        "document_on_d": f"{day.day}日",
        "exceptions": ["none"],
        "amount": "４８万円",
        "paid": "none",
    }


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    return found[1] if found else ""


def send_step(client: Client, number: int, data: dict[str, Any], **more: Any) -> Any:
    """Open a step, fill it in and press 「次へ」 (or what `more` presses), with the page's own hidden fields."""
    page = client.get(f"/consult/{number}/").content.decode()
    return client.post(f"/consult/{number}/", {"draft": hidden(page, "draft"), **data, **more})


def fill(client: Client, *, upto: int = 4, **changes: dict[str, Any]) -> None:
    """Steps 1 to `upto`; `step2={…}` and the like replace a step's data."""
    steps = {1: STEP1, 2: STEP2, 3: step3(), 4: STEP4}
    for number in range(1, upto + 1):
        answer = send_step(client, number, changes.get(f"step{number}", steps[number]))
        assert answer.status_code == 302, answer.content.decode()
        assert answer["Location"] == f"/consult/{number + 1}/", answer["Location"]


def send(client: Client) -> Any:
    """Press 「この内容で送る」 and open the completion page."""
    page = client.get("/consult/5/").content.decode()
    return client.post("/consult/5/", {"draft": hidden(page, "draft"), "send": "1"}, follow=True)


def slip(html: str) -> tuple[str, str]:
    """Receipt number and secret of the completion page."""
    number = re.search(r"<dt>受付番号</dt><dd>([0-9-]+)</dd>", html)
    secret = re.search(r"<dt>暗証番号</dt><dd>([^<]+)</dd>", html)
    assert number and secret, html
    return number[1], secret[1]


def shown_code(html: str) -> str:
    """The resume code as the page shows it."""
    found = re.search(r'<span class="app-refno">([^<]+)</span>', html)
    assert found, html
    return found[1]
