"""Japanese words for arrows, and words that pages need in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from caasis.engines.ivr.boxes import Box, Menu, OriginBranch
from caasis.engines.ivr.vocabulary import NO_KEY, OTHER, Opening, Origin

_OUTCOMES: Mapping[str, str] = {
    "next": "次へ",
    NO_KEY: "キーを押さない",
    OTHER: "それ以外",
    "refused": "録音を断った",
    "relay": "電話リレーサービス",
    "on": "入っている",
    "off": "切れている",
    "collected": "入力された",
    "unknown": "機関が見つからない",
    "person": "それでも相談員と話す",
    "unavailable": "だれも出られない",
    "waited": "しばらく待った",
    "taken": "受けた",
    "declined": "断った",
    "impossible": "受け付けられない",
    "failed": "つながらない",
    **{one.value: one.label for one in Opening},
}


def outcome_label(box: Box, outcome: str) -> str:
    """What an arrow of a box is called on the drawing; a menu's by its key and what it leads to."""
    if isinstance(box, Menu) and outcome in box.keys:
        choice = next(one for one in box.choices if one.key == outcome)
        return f"{outcome} {next(iter(choice.label.values()))}"
    if isinstance(box, OriginBranch) and outcome in Origin._value2member_map_:
        # Of its own: `unavailable` is also what a queue says in which nobody is.
        return Origin(outcome).label
    return _OUTCOMES.get(outcome, outcome)


#: Names of languages in themselves, for the choice on a page.
LANGUAGES: Mapping[str, str] = {
    "ja": "日本語",
    "ja-simple": "やさしいにほんご",
    "en": "English",
    "zh": "中文",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
    "ko": "한국어",
    "vi": "Tiếng Việt",
    "ne": "नेपाली",
    "pt": "Português",
    "es": "Español",
    "tl": "Tagalog",
    "id": "Bahasa Indonesia",
    "th": "ไทย",
    "my": "မြန်မာဘာသာ",
}

_PAGE: Mapping[str, Mapping[str, str]] = {
    "ja": {
        "person": "選ばずに、相談員と話す",
        "skip": "選ばずに進む",
        "urgent": "いま、お金を払うように言われている",
        "yes": "はい",
        "no": "いいえ",
        "still": "それでも相談員と話す",
        "done": "わかりました",
        "number": "番号",
        "without": "入力せずに進む",
    },
    "en": {
        "person": "Talk to a counsellor without choosing",
        "skip": "Go on without choosing",
        "urgent": "I am being told to pay money right now",
        "yes": "Yes",
        "no": "No",
        "still": "Talk to a counsellor all the same",
        "done": "I see",
        "number": "Number",
        "without": "Go on without entering a number",
    },
}


def page_words(language: str) -> Mapping[str, str]:
    """The words that a page brings itself: Japanese for Japanese, English for every other language."""
    return _PAGE["ja" if language.partition("-")[0] == "ja" else "en"]
