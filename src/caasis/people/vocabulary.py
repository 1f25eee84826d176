"""Terms of the room: kinds of consent, who gave it, and how."""

from __future__ import annotations

from enum import StrEnum


class ConsentKind(StrEnum):
    """What a person can agree to."""

    PASS_ON = "pass_on"  # noqa: S105
    WATCH_COUNCIL = "watch_council"
    NAME_TO_BUSINESS = "name_to_business"
    ENFORCEMENT = "enforcement"
    RECORDING = "recording"
    SURVEY = "survey"
    CONTACT_AGAIN = "contact_again"

    @property
    def label(self) -> str:
        return _KINDS[self][0]

    @property
    def explanation(self) -> str:
        """What is agreed to, as it can be read to the person."""
        return _KINDS[self][1]


_KINDS = {
    ConsentKind.PASS_ON: ("ほかのセンターへの引継ぎ", "相談の内容と連絡先を、ほかの消費生活センターに伝えること"),
    ConsentKind.WATCH_COUNCIL: (
        "見守りの地域協議会への提供",
        "見守りに要る情報を、消費者安全確保地域協議会の構成員に伝えること"
        "（消費者安全法11条の3から11条の5。同意の要否は要確認）",
    ),
    ConsentKind.NAME_TO_BUSINESS: ("事業者に名前を伝える", "あっせんなどのために、名前と契約を相手の事業者に伝えること"),
    ConsentKind.ENFORCEMENT: ("法執行への協力", "行政処分などの調べに、相談の内容を使い、話を聞かれること"),
    ConsentKind.RECORDING: ("通話の録音", "電話の録音を、応対を確かめるために残すこと"),
    ConsentKind.SURVEY: ("アンケート", "相談のあとのアンケートを送ること"),
    ConsentKind.CONTACT_AGAIN: ("その後の連絡", "相談が終わったあとに、センターから連絡すること"),
}


class GivenBy(StrEnum):
    """Who said it."""

    SELF = "self"
    LEGAL_REPRESENTATIVE = "representative"

    @property
    def label(self) -> str:
        return {GivenBy.SELF: "本人", GivenBy.LEGAL_REPRESENTATIVE: "法定代理人"}[self]


class Means(StrEnum):
    """How it was said."""

    SPOKEN = "spoken"
    PHONE = "phone"
    PAPER = "paper"
    WEB = "web"
    MAIL = "mail"

    @property
    def label(self) -> str:
        return {
            Means.SPOKEN: "窓口で口頭",
            Means.PHONE: "電話で口頭",
            Means.PAPER: "書面",
            Means.WEB: "相談フォーム",
            Means.MAIL: "メール",
        }[self]
