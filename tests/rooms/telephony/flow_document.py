"""A flow with all that a centre needs, for tests."""

from __future__ import annotations

from typing import Any


def ja(text: str) -> dict[str, str]:
    return {"ja": text}


def flow_of(queue: str, **more: Any) -> dict[str, Any]:
    """Hours → message → recording notice → menu: a person, a callback, an announcement; and the emergency key."""
    boxes = [
        {"kind": "start", "id": "start", "next": {"next": "hours"}},
        {
            "kind": "hours", "id": "hours",
            "next": {"open": "message", "lunch": "closed", "closed": "closed", "holiday": "closed"},
        },
        {
            "kind": "message", "id": "message", "switch": "storm", "say": ja("大雨のため、つながりにくくなっています。"),
            "next": {"on": "notice", "off": "notice"},
        },
        {
            "kind": "recording_notice", "id": "notice", "key": "9", "say": ja("録音します。いやなら9を押してください。"),
            "next": {"next": "menu", "refused": "menu"},
        },
        {
            "kind": "menu", "id": "menu", "say": ja("相談は1、折り返しは2、案内は3を押してください。"),
            "choices": [{"key": "1", "label": ja("相談")}, {"key": "2", "label": ja("折り返し")},
                        {"key": "3", "label": ja("案内")}],
            "next": {"1": "person", "2": "callback", "3": "info", "no_key": "person"},
        },
        {"kind": "queue", "id": "person", "queue": queue, "offer_after_s": 60,
         "next": {"unavailable": "booking", "waited": "callback"}},
        {"kind": "callback", "id": "callback", "say": ja("折り返しますか。よければ1を押してください。"),
         "next": {"taken": "thanks", "declined": "person", "impossible": "person"}},
        {"kind": "booking", "id": "booking", "say": ja("時間外です。折り返しがよければ1を押してください。"),
         "next": {"taken": "thanks", "declined": "bye", "impossible": "bye"}},
        {"kind": "hang_up", "id": "thanks", "say": ja("折り返しお電話します。")},
        {"kind": "hang_up", "id": "info", "say": ja("ホームページをごらんください。")},
        {"kind": "hang_up", "id": "bye", "say": ja("受付時間におかけ直しください。"), "counts_as": "after_hours"},
        {"kind": "hang_up", "id": "closed", "say": ja("本日は終わりました。"), "counts_as": "after_hours"},
        {"kind": "emergency", "id": "urgent", "key": "0", "next": {"next": "person"}},
    ]  # fmt: skip
    return {"name": "受付", "boxes": boxes} | more
