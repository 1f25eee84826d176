"""Coded terms of the room with their Japanese labels."""

from __future__ import annotations

from enum import StrEnum


class AliasKind(StrEnum):
    """By what a business is known."""

    NAME = "name"
    PHONE = "phone"
    URL = "url"

    @property
    def label(self) -> str:
        return {"name": "呼び名", "phone": "電話", "url": "URL"}[self.value]


class Source(StrEnum):
    """Where a business or an alias comes from."""

    REGISTER = "register"
    CASE = "case"
    DEMO = "demo"

    @property
    def label(self) -> str:
        return {"register": "法人番号公表サイト", "case": "相談", "demo": "見本"}[self.value]


class Change(StrEnum):
    """What a person did to the identity of a business; each can be undone, and stays in the history."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    MERGED = "merged"
    SPLIT = "split"

    @property
    def label(self) -> str:
        return _CHANGE_LABELS[self]


_CHANGE_LABELS = {
    Change.CREATED: "新しい事業者として登録",
    Change.CONFIRMED: "相談の事業者と確認",
    Change.MERGED: "1つにまとめた",
    Change.SPLIT: "2つに分けた",
}


class Heard(StrEnum):
    """Whether the business was heard before or after a tracking flag was set (due process)."""

    NOT_YET = "not_yet"
    HEARD = "heard"
    WAIVED = "waived"

    @property
    def label(self) -> str:
        return _HEARD_LABELS[self]


_HEARD_LABELS = {
    Heard.NOT_YET: "まだ聞いていない",
    Heard.HEARD: "事業者の言い分を聞いた",
    Heard.WAIVED: "聞かない（理由は根拠に記載）",
}
