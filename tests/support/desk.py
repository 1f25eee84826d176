"""What desk tests need: consultations of the web form, cases at each stage, and the forms of a page as a browser sends them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases import services as cases
from caasis.channels import services as channels
from caasis.channels.services import Receipt, Upload
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.ids import uuid7

ANSWERS: dict[str, Any] = {
    "topic": "cancel",
    "injury": "no",
    "money_moving": "no",
    "who": "self",
    "story": "家に来た人に屋根がこわれていると言われ、工事の契約をしました。\nやめたいです。",
    "wish": "契約をやめたい",
    "how": "visit",
    "product": "屋根工事",
    "business": "見本ルーフ",
    "exceptions": ["none"],
    "amount": 1_480_000,
    "paid": "none",
    "name": "相談 花子",
    "age": 72,
    "postcode": "",
    "reply_by": "site",
    "phone": "022-000-0001",
}


def send_consultation(
    centre: Any, *, today: date | None = None, files: tuple[Upload, ...] = (), **answers: Any
) -> Receipt:
    """A consultation through the portal's service, in the centre's queue."""
    day = (today or day_in_japan(timezone.now())) - timedelta(days=2)
    given = {**ANSWERS, "contracted_on": day.isoformat(), "document": "yes", "document_on": day.isoformat(), **answers}
    typed = {k: v for k, v in given.items() if v != ""}
    return channels.submit(idempotency_key=str(uuid7()), answers=typed, files=files, centre=centre)


def phone_case(actor: Actor, **card: Any) -> Any:
    """A case that a counsellor entered from a phone call."""
    return cases.open_case(actor=actor, card={"channel": "phone", "title": "屋根工事を解約したい", **card})


#: What a card needs for 決裁, as it is typed.
COMPLETE: dict[str, Any] = {
    "kind": "complaint",
    "title": "屋根の点検と言われ、工事を契約した",
    "summary": "突然来訪した男性に瓦がずれていると言われ、屋根工事を契約した。解約したい。",
    "handling": "クーリング・オフの通知の出し方を助言した。",
    "result": "advice",
    "product": "P1301",
    "sales_form": "door_to_door",
    "contract_party_is_consumer": "yes",
    "contract_document_on": "2026/3/1",
}


class _Forms(HTMLParser):
    """Values of the controls that belong to one form, by `form` attribute or by nesting."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.wanted, self.inside = form_id, False
        self.values: dict[str, list[str]] = {}
        self.area: str | None = None
        self.select: str | None = None
        self.first_option: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.inside = a.get("id") == self.wanted
        mine = a.get("form") == self.wanted or (self.inside and "form" not in a)
        if tag == "input" and mine and a.get("name"):
            kind = a.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in a:
                self.values.setdefault(a["name"], []).append(a.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "textarea" and mine:
            self.area, self.text = a.get("name"), ""
        elif tag == "select" and mine:
            self.select, self.first_option = a.get("name"), None
        elif tag == "option" and self.select:
            if self.first_option is None:
                self.first_option = a.get("value", "")
            if "selected" in a:
                self.values.setdefault(self.select, []).append(a.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            self.values.setdefault(self.area, []).append(self.text.removeprefix("\n"))
            self.area = None
        elif tag == "select" and self.select:
            if self.select not in self.values:
                self.values[self.select] = [self.first_option or ""]
            self.select = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data


def form_of(response: Any, form_id: str = "card", **changes: Any) -> dict[str, Any]:
    """What a browser would post of a page's form, after the changes."""
    parser = _Forms(form_id)
    parser.feed(response.content.decode())
    values: dict[str, Any] = {name: found if len(found) > 1 else found[0] for name, found in parser.values.items()}
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return values


def card_page(client: Any, case_id: UUID, query: str = "") -> Any:
    return client.get(f"/desk/cases/{case_id}/{query}")


def save_card(client: Any, case_id: UUID, data: Mapping[str, Any], **headers: str) -> Any:
    return client.post(f"/desk/cases/{case_id}/save", data, headers=headers)
