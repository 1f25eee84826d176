"""Boxes that offer another way than waiting, and boxes that end the flow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated

from caasis.engines.ivr.boxes import WAITS, Box
from caasis.engines.ivr.values import CODE_OR_NONE, CODE_TEXT, KEY, NO_WORDS, WORDS, OneOf, Text, Whole, Words
from caasis.engines.ivr.vocabulary import CountsAs


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Box):
    """Something that is taken with one key. No key, or another one, means no. → taken, declined, impossible

    impossible: it was asked for and can't be had, for example without a number to call back. What can't be had from the
    start is not offered: declined.
    """

    silent = ("declined",)

    say: Annotated[Words, WORDS, "話す文"]
    key: Annotated[str, KEY, "受けるキー"] = "1"
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 6

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("taken", "declined", "impossible")

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOffer(Offer):
    """A call back that keeps the place, to the number that calls or to one that was entered before (`number_field`)."""

    kind = "callback"
    label = "折り返しの案内"

    number_field: Annotated[str, CODE_OR_NONE, "入力された番号を使う"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLinkOffer(Offer):
    """A link to the web by short message. Offered to mobile numbers only."""

    kind = "web_link"
    label = "Webの案内をSMSで送る"

    link: Annotated[str, CODE_TEXT, "送る案内"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking(Offer):
    """Outside of opening hours: a call back when the centre is open again, after a spoken message if `message_s` > 0.

    Who refused recording leaves no message and is called back all the same.
    """

    kind = "booking"
    label = "時間外の折り返し予約"
    spoken = ("say", "say_message")

    number_field: Annotated[str, CODE_OR_NONE, "入力された番号を使う"] = ""
    message_s: Annotated[int, Whole(0, 180), "用件を話せる秒数（0なら、録音しない）"] = 0
    say_message: Annotated[Words, NO_WORDS, "用件を話してもらう前に話す文"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Box):
    """The call is handed to a number outside. → failed (nobody answers there)"""

    kind = "transfer"
    label = "外の番号につなぐ"
    silent = ("failed",)

    number: Annotated[
        str,
        Text(
            3,
            16,
            re.compile(r"\+[0-9]{5,15}|[0-9]{3,6}"),
            "電話番号は+81から始まる形か、188のような短い番号にしてください。",
        ),
        "つなぐ番号",
    ]
    say: Annotated[Words, NO_WORDS, "つなぐ前に話す文"] = field(default_factory=dict)
    ring_s: Annotated[int, Whole(10, 120), "呼び出す秒数"] = 30

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("failed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(Box):
    """The last words, and the end."""

    kind = "hang_up"
    label = "終わる"
    silent = ()

    say: Annotated[Words, NO_WORDS, "終わりに話す文"] = field(default_factory=dict)
    counts_as: Annotated[CountsAs, OneOf(CountsAs), "集計での扱い"] = CountsAs.SERVED_ITSELF

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ()
