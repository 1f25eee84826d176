"""Texts by SMS: to which numbers, how long, in whose name. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from caasis.engines.japanese import format_date_ja
from caasis.kernel.clock import JST

#: Numbers that take SMS in Japan: 070, 080, 090, and 060 from its opening on.
_MOBILE = re.compile(r"\+81[6-9]0[0-9]{8}")
#: The letters of GSM 03.38 that a text of 160 may have; anything else (all Japanese) makes it one of 70.
_GSM = re.compile(r"[A-Za-z0-9 \r\n@£$¥!\"#%&'()*+,\-./:;<=>?_]*")
#: Japanese carriers join so many letters into one text (要確認 for each provider).
LONGEST = 660

#: name in a flow → what it leads to, and where on the portal.
LINKS = {
    "consultation": ("Webでのご相談", "/consult/"),
    "faq": ("よくある質問", "/search/"),
    "offices": ("お近くの窓口", "/offices/"),
    "top": ("消費生活相談のページ", "/"),
}


def is_mobile(number: str) -> bool:
    """Whether the number (+81…) takes SMS."""
    return bool(_MOBILE.fullmatch(number))


def parts(text: str) -> int:
    """How many SMS the text makes: 160 letters of the Latin alphabet or 70 others in one; 153 or 67 in each of several."""
    if _GSM.fullmatch(text):
        units, alone, joined = len(text), 160, 153
    else:
        # A letter beyond the basic plane (𠮟, 😀) takes two places.
        units, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if units <= alone else -(-units // joined)


def text_error(number: str, text: str) -> str:
    """Why this can't be sent, as a sentence; "" when it can."""
    if not is_mobile(number):
        return "SMSは、国内の携帯電話の番号にだけ送れます。"
    if not text.strip():
        return "送る文を入力してください。"
    if len(text.encode("utf-16-be")) // 2 > LONGEST:
        return f"SMSの文は{LONGEST}字までです。"
    return ""


def link_text(sender: str, link: str, portal: str) -> str:
    """The text that leads a caller to a page of the portal, in one SMS where the names are short. Raises KeyError."""
    words, path = LINKS[link]
    return f"【{sender}】{words}はこちらです。\n{portal}{path}\nこのSMSに返信はできません。"


def reminder_text(sender: str, phone: str, starts_at: datetime, *, by_phone: bool, number: str) -> str:
    """The text the day before a booked time. It says nothing of what the talk is about."""
    when = starts_at.astimezone(JST)
    way = "お電話で" if by_phone else "来所で"
    ask = f"変更や取り消しは、お電話ください（{phone}）。" if phone else "変更や取り消しは、予約のページでできます。"
    return (
        f"【{sender}】あす{format_date_ja(when.date())}{when.hour}時{when.minute:02}分から、{way}のご予約です。"
        f"予約番号 {number[:4]}-{number[4:]}\n{ask}\nこのSMSに返信はできません。"
    )
