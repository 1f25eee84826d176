"""A flow on trial: a call that is played to its caller's questions, wholly from what stands in the address.

The address holds what the caller did and when, so that nothing is kept on the server and a way can be passed on as a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from caasis.engines.ivr.boxes import Box, HoursBranch, Queue, Triage
from caasis.engines.ivr.boxes import MessageSwitch as MessageBox
from caasis.engines.ivr.comparing import name_of
from caasis.engines.ivr.endings import HangUp, Transfer
from caasis.engines.ivr.flow import Flow
from caasis.engines.ivr.happenings import (
    Arrived,
    Circumstances,
    Connected,
    Failed,
    Happening,
    Key,
    Left,
    MessageEnded,
    Office,
)
from caasis.engines.ivr.simulator import Path, Walk, walk
from caasis.engines.ivr.values import Words
from caasis.engines.ivr.vocabulary import KEYS, End, Opening, Origin, Phase, Recording
from caasis.kernel.clock import JST
from caasis.platform.forms import AppForm

MOST_STEPS = 60
#: Numbers that nobody has: only what kind they are counts.
_CALLERS = {
    "mobile": ("携帯電話（番号あり）", "+819000000000", ()),
    "fixed": ("固定電話（番号あり）", "+81300000000", ()),
    "hidden": ("非通知", "", (Origin.ANONYMOUS,)),
    "payphone": ("公衆電話", "", (Origin.PAYPHONE,)),
    "relay": ("電話リレーサービス", "+815000000000", ()),
}
_WAYS = {
    "": ("ふつうの番号に", ()),
    "188": ("188を通って", (Origin.HOTLINE_188, Origin.DIVERTED)),
    "diverted": ("別の番号から転送されて", (Origin.DIVERTED,)),
    "free": ("フリーダイヤルに", (Origin.FREE,)),
    "navi": ("ナビダイヤルに", (Origin.NAVI,)),
    "ip": ("050の番号に", (Origin.IP,)),
}
_ACTS: Mapping[str, Happening] = {"c": Connected(), "f": Failed(), "l": Left(), "m": MessageEnded()}
_MOMENT = "%Y-%m-%dT%H:%M"


class SituationForm(AppForm):
    """What holds around the call."""

    requirement_marks = False
    hours = forms.ChoiceField(
        label="受付時間", required=False, choices=[("", "下の日時で決める"), *((one.value, one.label) for one in Opening)]
    )
    at = forms.DateTimeField(
        label="かけた日時", required=False, input_formats=[_MOMENT],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )  # fmt: skip
    caller = forms.ChoiceField(
        label="かけた電話", required=False, choices=[(key, words) for key, (words, _, _) in _CALLERS.items()]
    )
    way = forms.ChoiceField(label="かけ方", required=False, choices=[(key, words) for key, (words, _) in _WAYS.items()])
    message = forms.BooleanField(label="臨時メッセージを入れて試す", required=False)


@dataclass(frozen=True, slots=True)
class Script:
    """What the caller did, at which second, and the second at which the trial stands."""

    steps: tuple[tuple[float, str], ...] = ()
    now_s: float = 0.0

    @property
    def text(self) -> str:
        return ",".join(f"{at:g}:{act}" for at, act in self.steps)

    def did(self, act: str) -> Script:
        return Script((*self.steps, (self.now_s, act))[:MOST_STEPS], self.now_s)

    @property
    def is_full(self) -> bool:
        return len(self.steps) >= MOST_STEPS


def read_script(text: str, now: str) -> Script:
    """What the address says; whatever can't be read is passed over."""
    steps: list[tuple[float, str]] = []
    for part in text.split(",")[:MOST_STEPS]:
        at, _, act = part.partition(":")
        seconds = _seconds(at)
        if seconds is not None and (act in _ACTS or (len(act) == 1 and act in KEYS)):
            steps.append((max(seconds, steps[-1][0] if steps else 0.0), act))
    last = steps[-1][0] if steps else 0.0
    return Script(tuple(steps), max(last, _seconds(now) or 0.0))


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 3600 else None


def circumstances_of(
    flow: Flow, opening: Opening, *, message: Mapping[str, Words] | None, offices: Mapping[str, Office], relay: bool
) -> Circumstances:
    """What holds around the flow on trial. `message`: the words of the day by switch, None while none is on."""
    return Circumstances(
        hours={box.schedule: opening for box in flow.of_kind(HoursBranch)},
        messages={box.switch: message.get(box.switch, {}) for box in flow.of_kind(MessageBox)} if message is not None else {},
        offices={box.office: offices[box.office] for box in flow.of_kind(Triage) if box.office in offices},
        relay_prefixes=(_CALLERS["relay"][1],) if relay else (),
        # As in a real call: there is no way to send a short message yet.
        offers_web_link=False,
    )


def try_out(flow: Flow, script: Script, *, data: Mapping[str, Any], around: Circumstances, began: datetime) -> Walk:
    """The call as far as it has come."""
    _, number, origins = _CALLERS.get(str(data.get("caller")), _CALLERS["mobile"])
    more = _WAYS.get(str(data.get("way")), _WAYS[""])[1]
    steps = [(at, _ACTS[act] if act in _ACTS else Key(act)) for at, act in script.steps]
    arrived = Arrived(caller=number, origins=frozenset((*origins, *more)))
    return walk(flow, steps, began=began, arrived=arrived, circumstances=around, until_s=script.now_s)


def acts_of(course: Walk) -> list[tuple[str, str]]:
    """What can happen beside keys: the sign in the address, and the words on the button."""
    match course.state.phase:
        case Phase.QUEUED:
            return [("c", "相談員が出る"), ("f", "だれも出られないことにする"), ("l", "電話を切る")]
        case Phase.TRANSFERRING:
            return [("c", "先方が出る"), ("f", "先方が出ないことにする"), ("l", "電話を切る")]
        case Phase.MESSAGE:
            return [("m", "話し終える"), ("l", "電話を切る")]
        case Phase.ENDED:
            return []
        case _:
            return [("l", "電話を切る")]


def outlook(flow: Flow, course: Walk, *, queues: Mapping[str, str], skills: Mapping[str, str]) -> list[str]:
    """What would happen now, in sentences."""
    state, box = course.state, flow.box(course.state.box)
    found: list[str] = []
    if state.phase is Phase.QUEUED:
        waits = flow.box(state.waiting_in) or box
        if isinstance(waits, Queue):
            found += _waiting(waits, queues, skills)
    elif state.phase is Phase.TRANSFERRING and isinstance(box, Transfer):
        found.append(f"{box.number}を、{box.ring_s}秒まで呼び出しています。")
    elif state.phase is Phase.ENDED:
        found.append(_ended(state.end, box))
    elif state.phase is Phase.WAITING:
        found.append("キーが押されるのを待っています。")
    elif state.phase is Phase.MESSAGE:
        found.append("用件を話してもらっています。")
    elif state.phase is Phase.LINGERING:
        found.append("電話リレーサービスのため、切らずに待って、もう一度言います。")
    else:
        found.append("話しています。")
    if state.emergency:
        found.append("緊急のキーが押されました。だれよりも先につなぎます。")
    found.append(
        {
            Recording.UNTOLD: "まだ録音していません。",
            Recording.ALLOWED: "ここからの通話は録音されます。",
            Recording.REFUSED: "録音を断ったので、録音しません。",
        }[state.recording]
    )
    return found


def _waiting(box: Queue, queues: Mapping[str, str], skills: Mapping[str, str]) -> list[str]:
    found = [f"「{queues.get(box.queue, '電話番号ごとに決めた列')}」に並んで、相談員を待っています。"]
    if box.skills:
        wanted = "、".join(f"{skills.get(code, code)}（{level}以上）" for code, level in box.skills.items())
        found.append(f"出られるのは、{wanted}の相談員です。")
    if box.offer_after_s:
        found.append(f"{box.offer_after_s}秒待つと、別の方法をすすめます。")
    return found


def _ended(end: End | None, box: Box | None) -> str:
    if end is End.PERSON:
        return "人につながりました。自動応答は、ここで終わりです。"
    if end is End.LEFT:
        return "かけた人が電話を切りました。"
    counted = f"集計では「{box.counts_as.label}」になります。" if isinstance(box, HangUp) else ""
    return f"電話が切れました。{counted}"


# --- all ways ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorldEnds:
    """All ways in one situation: how many reach a person, end, or go on; the longest wait for a person; the ends."""

    world: str
    persons: int
    closings: int
    open: int
    longest_s: float
    longest_did: tuple[str, ...]
    ends: tuple[tuple[str, str, int], ...]


def summed_up(flow: Flow, paths: Iterable[Path]) -> list[WorldEnds]:
    """The ways by situation, in the order in which they were tried."""
    worlds: dict[str, list[Path]] = {}
    for path in paths:
        worlds.setdefault(path.world, []).append(path)
    found = []
    for world, ways in worlds.items():
        outcomes = Counter(path.outcome for path in ways)
        # What happens after nobody answered is no wait for the first person.
        first = [path for path in ways if path.outcome == "person" and "（だれも出ない）" not in path.did]
        first = [path for path in first if "（待つ）" not in path.did]
        longest = max(first, key=lambda path: path.seconds, default=None)
        ends = Counter((path.boxes[-1], path.outcome) for path in ways if path.outcome != "open")
        found.append(
            WorldEnds(
                world,
                outcomes["person"],
                outcomes["closing"],
                outcomes["open"],
                longest.seconds if longest else 0.0,
                longest.did if longest else (),
                tuple((box, name_of(flow, box), count) for (box, _), count in ends.most_common()),
            )
        )
    return found


def moment_of(data: Mapping[str, Any], now: datetime) -> datetime:
    """When the call on trial is made."""
    at = data.get("at")
    return at if isinstance(at, datetime) else now


def moment_text(at: datetime) -> str:
    return at.astimezone(JST).strftime(_MOMENT)
