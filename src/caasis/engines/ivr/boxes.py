"""The boxes of a flow, one class for each kind. A box is data; what it does is told by `behaviour`.

An arrow leads from an outcome of a box to the next box. `outcomes` are those that must have one; each class says in its
docstring what they mean. Seconds are whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from caasis.engines.ivr.values import (
    CODE,
    CODE_OR_NONE,
    CODE_TEXT,
    KEY,
    KEY_NAME,
    KEY_OR_NONE,
    LABELS,
    LANGUAGE_TEXT,
    NO_WORDS,
    WORDS,
    Flag,
    Many,
    Named,
    OneOf,
    RecordOf,
    Text,
    Whole,
    Words,
)
from caasis.engines.ivr.vocabulary import KEYS, NEXT, NO_KEY, OTHER, Opening, Origin

#: How long a caller is waited for after a question, in seconds: never so short that slow hands are cut off.
WAITS = Whole(3, 60)
TRIES = Whole(1, 5)
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ARROWS = Named(
    re.compile(r"[a-z0-9_*#]{1,40}"),
    Text(1, 40, ID, "行き先の箱を選び直してください。"),
    "矢印の名前を確かめてください。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What every box has. `name` is its name on the drawing and the heading of its page, `at` its place on the drawing.

    `page` is what a reader sees in the place of what a caller hears; without it the page shows `say`.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    #: Outcomes that follow without a key being pressed. A branch has several.
    silent: ClassVar[tuple[str, ...]] = (NEXT,)
    #: Whether a page shows what is said where it has no words of its own. A page has its choices in sight instead.
    is_read_out: ClassVar[bool] = True
    #: Fields that hold words to be said.
    spoken: ClassVar[tuple[str, ...]] = ("say",)

    id: Annotated[
        str, Text(1, 40, ID, "箱の記号は、半角の英小文字で始め、英小文字・数字・_で40字までにしてください。"), "記号"
    ]
    name: Annotated[str, Text(0, 40), "名前"] = ""
    next: Annotated[Mapping[str, str], _ARROWS, "矢印"] = field(default_factory=dict)
    at: Annotated[tuple[int, ...], Many(Whole(-(10**5), 10**5), 0, 2), "図の位置"] = ()
    page: Annotated[Words, NO_WORDS, "画面での文"] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (NEXT,)

    @property
    def silent_outcomes(self) -> tuple[str, ...]:
        return self.silent

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that mean something here."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Box):
    """Where every call begins. → next"""

    kind = "start"
    label = "着信"
    spoken = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(Box):
    """Something is said; a key skips the rest unless it must be heard. → next"""

    kind = "announce"
    label = "お知らせ"

    say: Annotated[Words, WORDS, "話す文"]
    skippable: Annotated[bool, Flag(), "キーで飛ばせる"] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNotice(Box):
    """Says that the call is recorded.

    Until then nothing is recorded, and after a refusal nothing at all. → next, refused
    """

    kind = "recording_notice"
    label = "録音のお知らせ"
    spoken = ("say", "say_refused")

    say: Annotated[Words, WORDS, "話す文"]
    key: Annotated[str, KEY, "断るキー"]
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 3
    say_refused: Annotated[Words, NO_WORDS, "断ったときに話す文"] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (NEXT, "refused")

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginBranch(Box):
    """Parts calls by the way they come. The first case that holds decides. → each case, other"""

    kind = "origin"
    label = "かかってきた経路"
    spoken = ()

    cases: Annotated[tuple[Origin, ...], Many(OneOf(Origin), 1, len(Origin)), "分ける経路"]

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (*(case.value for case in self.cases), OTHER)

    @property
    def silent_outcomes(self) -> tuple[str, ...]:
        return self.outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayBranch(Box):
    """Knows calls of 電話リレーサービス by the caller's number, and at any later moment by a key of their own. → relay, other

    From then on the call is waited for longer, nothing is demanded of it, and it is not hung up on.
    """

    kind = "relay"
    label = "電話リレーサービス"
    silent = ("relay", OTHER)
    spoken = ()

    key: Annotated[str, KEY_OR_NONE, "名乗るキー"] = ""

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("relay", OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursBranch(Box):
    """Parts calls by the opening hours. → open, lunch, closed, holiday"""

    kind = "hours"
    label = "受付時間"
    silent = tuple(one.value for one in Opening)
    spoken = ()

    schedule: Annotated[str, CODE_OR_NONE, "受付時間の表"] = ""

    @property
    def outcomes(self) -> tuple[str, ...]:
        return self.silent


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSwitch(Box):
    """臨時メッセージ: told while it is switched on, in the words that were entered then or in the box's own. → on, off"""

    kind = "message"
    label = "臨時メッセージ"
    silent = ("on", "off")

    switch: Annotated[str, CODE_TEXT, "スイッチの名前"]
    say: Annotated[Words, WORDS, "話す文"]

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice(Box):
    """Each language is offered in itself; without a key the first one stays. → next"""

    kind = "language"
    label = "ことばの選択"
    is_read_out = False

    say: Annotated[Words, WORDS, "話す文（それぞれのことばで）"]
    choices: Annotated[
        Mapping[str, str], Named(KEY_NAME, LANGUAGE_TEXT, "電話機のキーにしてください。", 1, 12), "キーとことば"
    ]
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 5
    tries: Annotated[int, TRIES, "言う回数"] = 1

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a menu: its key, and its words on a page."""

    key: Annotated[str, KEY, "キー"]
    label: Annotated[Mapping[str, str], LABELS, "画面での名前"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Box):
    """Keys lead on.

    Whoever presses none, or only others, is asked again and then led to a person: no key may mean a dial that turns, or
    hands that can't. → each key, no_key
    """

    kind = "menu"
    label = "メニュー"
    silent = (NO_KEY,)
    is_read_out = False
    spoken = ("say", "say_again")

    say: Annotated[Words, WORDS, "話す文"]
    choices: Annotated[tuple[Choice, ...], Many(RecordOf(Choice), 1, len(KEYS)), "選択肢"]
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 6
    tries: Annotated[int, TRIES, "言う回数"] = 2
    say_again: Annotated[Words, NO_WORDS, "もう一度たずねるときの前置き"] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (*dict.fromkeys(self.keys), NO_KEY)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(choice.key for choice in self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Box):
    """Takes a number by keys. → collected, no_key

    It ends with `end_key`, with the last digit it may have, or after a pause if it is long enough. `{digits}` in
    `say_done` is what was entered.
    """

    kind = "collect"
    label = "番号の入力"
    silent = (NO_KEY,)
    spoken = ("say", "say_again", "say_done")

    say: Annotated[Words, WORDS, "話す文"]
    stored_as: Annotated[str, CODE_TEXT, "何の番号か"]
    least: Annotated[int, Whole(1, 20), "最小の桁数"]
    most: Annotated[int, Whole(1, 20), "最大の桁数"]
    end_key: Annotated[str, KEY_OR_NONE, "終わりのキー"] = "#"
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 10
    gap_s: Annotated[int, Whole(3, 30), "次のキーまで待つ秒数"] = 5
    tries: Annotated[int, TRIES, "言う回数"] = 2
    say_again: Annotated[Words, NO_WORDS, "もう一度たずねるときの前置き"] = field(default_factory=dict)
    say_done: Annotated[Words, NO_WORDS, "入力されたあとに話す文"] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("collected", NO_KEY)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"0123456789{self.end_key}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage(Box):
    """F43: a matter for somebody else. Tells `{office}` and `{number}` of the office by that code.

    → next, unknown, person

    unknown: the directory has no such office any more, or no number of it; the caller is not sent away with nothing.
    person: `key`, where there is one, leads to a person all the same.
    """

    kind = "triage"
    label = "対象外のご案内"
    silent = (NEXT, "unknown")

    office: Annotated[str, CODE_TEXT, "案内する機関"]
    say: Annotated[Words, WORDS, "話す文"]
    times: Annotated[int, Whole(1, 3), "言う回数"] = 2
    key: Annotated[str, KEY_OR_NONE, "それでも相談員と話すキー"] = ""
    wait_s: Annotated[int, WAITS, "待つ秒数"] = 5

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (NEXT, "unknown", "person") if self.key else (NEXT, "unknown")

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if self.key else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency(Box):
    """The key for whoever is being told right now to go to an ATM or to pay.

    Works at every moment of the flow. → next
    """

    kind = "emergency"
    label = "緊急のキー"

    key: Annotated[str, KEY, "緊急のキー"]
    say: Annotated[Words, NO_WORDS, "話す文"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Box):
    """A person. → unavailable (nobody takes calls there now), and waited after `offer_after_s` seconds of waiting, once

    A call that leaves by `waited` goes on waiting and keeps its place. Who still waits after `TELL_AFTER_S` is told the
    place (`{place}` in `say_place`) and the wait to be expected (`{minutes}` in `say_wait`), as far as they are known, and
    again every `tell_every_s` seconds.
    """

    kind = "queue"
    label = "相談員につなぐ"
    silent = ()
    spoken = ("say", "say_place", "say_wait")

    queue: Annotated[str, CODE_TEXT, "待ち行列"]
    say: Annotated[Words, NO_WORDS, "つなぐ前に話す文"] = field(default_factory=dict)
    skills: Annotated[
        Mapping[str, int], Named(CODE, Whole(1, 5), "スキルの記号を確かめてください。"), "必要なスキル"
    ] = field(default_factory=dict)
    reasons: Annotated[tuple[str, ...], Many(CODE_TEXT), "先につなぐ理由"] = ()
    offer_after_s: Annotated[int, Whole(0, 3600), "別の方法をすすめるまでの秒数（0なら、すすめない）"] = 0
    say_place: Annotated[Words, NO_WORDS, "待っている順番を伝える文"] = field(default_factory=dict)
    say_wait: Annotated[Words, NO_WORDS, "待ち時間の見込みを伝える文"] = field(default_factory=dict)
    tell_every_s: Annotated[int, Whole(0, 600), "もう一度伝えるまでの秒数（0なら、一度だけ伝える）"] = 0

    @property
    def outcomes(self) -> tuple[str, ...]:
        return ("unavailable", "waited") if self.offer_after_s else ("unavailable",)
