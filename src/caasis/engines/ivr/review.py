"""Whether a flow may be published: each mistake with its box and a sentence, and how soon silence reaches a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from caasis.engines.ivr.boxes import Box, Emergency, Queue, RecordingNotice, RelayBranch, Start
from caasis.engines.ivr.endings import HangUp
from caasis.engines.ivr.flow import Flow, NotAFlow, Problem, read_flow
from caasis.engines.ivr.labels import outcome_label
from caasis.engines.ivr.timing import (
    Ends,
    LengthOf,
    Longest,
    Silence,
    asks,
    estimated_seconds,
    reached,
    ring,
    silent_ends,
)
from caasis.engines.ivr.vocabulary import NO_KEY
from caasis.engines.ivr.wording import Known, problems_of_words, warnings_of_words

#: From here on a way without keys is too long to be published, and from here on it is warned of.
TOO_LONG_S, LONG_S = 300.0, 180.0
#: Whoever presses the emergency key is with the queue by then.
EMERGENCY_S = 20.0
#: Who waits and hears more often than this where they stand hears nothing else.
TELL_LEAST_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found. A flow with problems is not published; warnings are for the author to weigh.

    to_person, to_closing: the longest ways of a caller who presses nothing; None where there is none.
    relay_to_person: that of a call of 電話リレーサービス. emergency_to_person: from the key on.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    to_person: Longest | None = None
    to_closing: Longest | None = None
    relay_to_person: Longest | None = None
    emergency_to_person: Longest | None = None

    @property
    def is_sound(self) -> bool:
        return not self.problems


def review(flow: Flow, *, length_of: LengthOf = estimated_seconds, known: Known | None = None) -> Findings:
    """Check a flow. `length_of` tells how long a line takes; `known` what there is to refer to."""
    known = known or Known()
    problems = [*_starts(flow), *_arrows(flow), *_keys(flow), *problems_of_words(flow, known)]
    if not any(problem.field in ("next", "kind") for problem in problems):
        problems += _unreached(flow)
    round_way = ring(flow)
    if round_way:
        names = "→".join(_name(flow, box_id) for box_id in (*round_way, round_way[0]))
        sentence = f"キーを押さない人が、ここを回り続けます（{names}）。相談員か終わりの箱に進む矢印に変えてください。"
        problems.append(Problem(round_way[0], "next", sentence))
        return Findings(problems=tuple(problems), warnings=tuple(warnings_of_words(flow, known)))
    problems += _without_a_person(flow)
    silence, relay = Silence(flow, length_of), Silence(flow, length_of, relay=True)
    start = flow.start.id if flow.start else ""
    relay_way = next((box.next.get("relay", "") for box in flow.of_kind(RelayBranch)), "")
    findings = Findings(
        to_person=silence.longest(start, Ends.PERSON),
        to_closing=silence.longest(start, Ends.CLOSING),
        relay_to_person=relay.longest(relay_way, Ends.PERSON),
        emergency_to_person=silence.longest(flow.emergency.id, Ends.PERSON) if flow.emergency else None,
    )
    problems += _too_long(findings)
    warnings = (*_warnings(flow, findings), *warnings_of_words(flow, known))
    return replace(findings, problems=tuple(problems), warnings=warnings)


def review_json(given: object, *, length_of: LengthOf = estimated_seconds, known: Known | None = None) -> Findings:
    """`review` of decoded JSON, with all that `read_flow` has against it."""
    try:
        flow = read_flow(given)
    except NotAFlow as error:
        return Findings(problems=error.problems)
    return review(flow, length_of=length_of, known=known)


def _starts(flow: Flow) -> Iterator[Problem]:
    starts = flow.of_kind(Start)
    if not starts:
        yield Problem("", "boxes", "「着信」の箱を一つ置いてください。流れはそこから始まります。")
    singles: tuple[tuple[tuple[Box, ...], str], ...] = (
        (starts, "「着信」の箱は一つだけにしてください。"),
        (flow.of_kind(Emergency), "「緊急のキー」の箱は一つだけにしてください。"),
        (
            tuple(box for box in flow.of_kind(RelayBranch) if box.key),
            "電話リレーサービスの名乗るキーは、一つの箱だけに決めてください。",
        ),
    )
    for boxes, sentence in singles:
        for box in boxes[1:]:
            yield Problem(box.id, "kind", sentence)


def _arrows(flow: Flow) -> Iterator[Problem]:
    for box in flow.boxes:
        for outcome in box.outcomes:
            if outcome not in box.next:
                sentence = f"「{outcome_label(box, outcome)}」の行き先がありません。矢印を引いてください。"
                yield Problem(box.id, "next", sentence)
        for outcome, to in box.next.items():
            target = flow.box(to)
            if outcome not in box.outcomes:
                yield Problem(box.id, "next", f"「{outcome}」という矢印は、この箱では使われません。消してください。")
            elif target is None:
                sentence = (
                    f"「{outcome_label(box, outcome)}」の行き先の箱（{to}）がありません。矢印を引き直してください。"
                )
                yield Problem(box.id, "next", sentence)
            elif isinstance(target, Start):
                yield Problem(box.id, "next", "「着信」の箱に戻る矢印は引けません。次の箱に引いてください。")


def _keys(flow: Flow) -> Iterator[Problem]:
    reserved = {box.key: box for box in (flow.relay, flow.emergency) if box is not None}
    if flow.relay and flow.emergency and flow.relay.key == flow.emergency.key:
        yield Problem(flow.relay.id, "key", "名乗るキーが、緊急のキーと同じです。別のキーにしてください。")
    for box in flow.boxes:
        for key in sorted(set(box.keys) & reserved.keys()):
            owner = reserved[key].label
            yield Problem(box.id, "key", f"キー{key}は「{owner}」に決めてあります。この箱では別のキーにしてください。")
        if len(set(box.keys)) < len(box.keys):
            yield Problem(box.id, "choices", "同じキーの選択肢が二つあります。キーを変えてください。")


def _unreached(flow: Flow) -> Iterator[Problem]:
    roots = [box.id for box in (flow.start, flow.emergency, flow.relay) if box is not None]
    seen = reached(flow, roots)
    for box in flow.boxes:
        if box.id not in seen:
            yield Problem(box.id, "next", "この箱に来る矢印がありません。矢印を引くか、箱を消してください。")


def _without_a_person(flow: Flow) -> Iterator[Problem]:
    """Silence while the centre is open has to lead to a person, from the start and from each question."""
    starts = [(flow.start, "next", "キーを押さない人")] if flow.start else []
    questions = [(box, NO_KEY, "キーを押さない人") for box in flow.boxes if asks(box)]
    relays = [(box, "relay", "電話リレーサービスの人") for box in flow.of_kind(RelayBranch)]
    urgent = [(flow.emergency, "next", "緊急のキーを押した人")] if flow.emergency else []
    for box, outcome, who in (*starts, *questions, *relays, *urgent):
        if Ends.CLOSING in silent_ends(flow, box.next.get(outcome, "")).values():
            sentence = f"受付時間中に、{who}が相談員につながらずに終わります。「{outcome_label(box, outcome)}」の先を、相談員につないでください。"
            yield Problem(box.id, "next", sentence)


def _too_long(findings: Findings) -> Iterator[Problem]:
    for longest, limit, who in (
        (findings.to_person, TOO_LONG_S, "キーを押さない人"),
        (findings.to_closing, TOO_LONG_S, "キーを押さない人"),
        (findings.emergency_to_person, EMERGENCY_S, "緊急のキーを押した人"),
    ):
        if longest is not None and longest.seconds > limit:
            sentence = f"{who}が、最長で{longest.seconds:.0f}秒待たされます。{limit:.0f}秒までに収まるように、文や待ち時間を短くしてください。"
            yield Problem(longest.boxes[0], "next", sentence)


def _warnings(flow: Flow, findings: Findings) -> Iterator[Problem]:
    if flow.emergency is None:
        yield Problem(
            "", "boxes", "「緊急のキー」の箱がありません。いまATMに向かわされている人が、すぐにつながりません。"
        )
    if not flow.of_kind(RelayBranch):
        yield Problem(
            "", "boxes", "「電話リレーサービス」の箱がありません。通訳を待つあいだに、終わりの文へ進むことがあります。"
        )
    if not flow.of_kind(RecordingNotice):
        yield Problem("", "boxes", "「録音のお知らせ」の箱がありません。この流れの通話は録音されません。")
    for box in flow.of_kind(HangUp):
        if not box.say:
            yield Problem(box.id, "say", "何も言わずに切れます。終わりの文を入れてください。")
    for queue in flow.of_kind(Queue):
        if 0 < queue.tell_every_s < TELL_LEAST_S:
            sentence = f"待つ人に伝える間が短く、落ち着いて待てません。{TELL_LEAST_S}秒以上にできないか見直してください。"
            yield Problem(queue.id, "tell_every_s", sentence)
    longest = findings.to_person
    if longest is not None and LONG_S < longest.seconds <= TOO_LONG_S:
        sentence = f"キーを押さない人は、相談員を待ち始めるまでに最長で{longest.seconds:.0f}秒かかります。文を短くできないか見直してください。"
        yield Problem(longest.boxes[0], "next", sentence)


def _name(flow: Flow, box_id: str) -> str:
    box = flow.box(box_id)
    return (box.name or box.label) if box is not None else box_id
