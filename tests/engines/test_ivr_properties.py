"""What holds for every flow and every caller: nobody is left in silence, a restart changes nothing, times are kept."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caasis.engines.ivr import (
    Arrived,
    Channel,
    Circumstances,
    Connected,
    Done,
    Enqueue,
    Entered,
    Failed,
    Flow,
    Key,
    Left,
    MessageEnded,
    NotAState,
    Office,
    Opening,
    Origin,
    Phase,
    Play,
    Played,
    Skipped,
    Sound,
    StartTimer,
    State,
    TimerDue,
    advance,
    explore,
    page_of,
    possible_worlds,
    read_flow,
    review,
    state_from_json,
    state_to_json,
    walk,
    write_flow,
)
from tests.engines.ivr_flows import NOW, box, flow_json, ja


def length(sound: Sound) -> float:
    return 1.0 + len(sound.text) / 10


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Sound flows: arrows without a key lead onward only, so that there is no ring."""
    count = draw(st.integers(1, 7))
    names = ["first", *(f"b{n}" for n in range(2, count + 1))]
    boxes = []
    for place, name in enumerate(names):
        later = [*names[place + 1 :], "queue"]
        onward = st.sampled_from(later)
        anywhere = st.sampled_from([*names, "queue", "bye"])
        kind = draw(
            st.sampled_from(
                [
                    "announce",
                    "recording_notice",
                    "origin",
                    "relay",
                    "hours",
                    "message",
                    "language",
                    "menu",
                    "collect",
                    "triage",
                    "callback",
                    "web_link",
                    "booking",
                    "transfer",
                ]
            )
        )
        say = ja(draw(st.sampled_from(["はい。", "少し長い文を読み上げます。"])))
        tries = draw(st.integers(1, 3))
        wait_s = draw(st.integers(3, 20))
        match kind:
            case "announce":
                one = box(kind, name, {"next": draw(onward)}, say=say, skippable=draw(st.booleans()))
            case "recording_notice":
                one = box(kind, name, {"next": draw(onward), "refused": draw(onward)}, say=say, key="9")
            case "origin":
                one = box(kind, name, {"free": draw(onward), "other": draw(onward)}, cases=["free"])
            case "relay":
                one = box(kind, name, {"relay": draw(onward), "other": draw(onward)})
            case "hours":
                one = box(kind, name, {opening.value: draw(onward) for opening in Opening})
            case "message":
                one = box(kind, name, {"on": draw(onward), "off": draw(onward)}, switch="today", say=say)
            case "language":
                one = box(kind, name, {"next": draw(onward)}, say=say, choices={"1": "ja"}, wait_s=wait_s, tries=tries)
            case "menu":
                choices = [{"key": key, "label": ja(key)} for key in "12"]
                arrows = {"1": draw(anywhere), "2": draw(anywhere), "no_key": draw(onward)}
                one = box(kind, name, arrows, say=say, choices=choices, wait_s=wait_s, tries=tries)
            case "collect":
                arrows = {"collected": draw(anywhere), "no_key": draw(onward)}
                one = box(
                    kind, name, arrows, say=say, stored_as="n", least=2, most=3, end_key="", wait_s=wait_s, tries=tries
                )
            case "triage":
                one = box(
                    kind,
                    name,
                    {"next": draw(onward), "unknown": draw(onward)},
                    say=ja("〔{number}〕です。"),
                    office="tax",
                    times=tries,
                )
            case "transfer":
                one = box(kind, name, {"failed": draw(onward)}, number="188")
            case _:
                arrows = {"taken": draw(anywhere), "declined": draw(onward), "impossible": draw(onward)}
                one = box(
                    kind, name, arrows, say=say, wait_s=wait_s, **({"link": "form"} if kind == "web_link" else {})
                )
        boxes.append(one)
    offer = {"offer_after_s": 30, "next": {"unavailable": "bye", "waited": draw(st.sampled_from([*names, "bye"]))}}
    queue = box("queue", "queue", {"unavailable": "bye"}, queue="main") | (offer if draw(st.booleans()) else {})
    return read_flow(
        flow_json(*boxes, queue, box("emergency", "urgent", {"next": "queue"}, key="*", say=ja("すぐに。")))
    )


circumstances = st.builds(
    Circumstances,
    hours=st.sampled_from([{"": opening} for opening in Opening]),
    messages=st.sampled_from([{}, {"today": {}}]),
    offices=st.sampled_from([{}, {"tax": Office("税務署", "03-0000-0000")}]),
    relay_prefixes=st.sampled_from([(), ("+81",)]),
    offers_callback=st.booleans(),
    offers_web_link=st.booleans(),
)
arrivals = st.builds(
    Arrived,
    channel=st.sampled_from(Channel),
    caller=st.sampled_from(["", "+819012345678", "+81312345678"]),
    origins=st.sets(st.sampled_from(Origin)).map(frozenset),
)
#: What a caller or the house may do; "due" is whatever the flow waits for.
moves = st.sampled_from(
    [
        "due",
        "due",
        "due",
        Key("1"),
        Key("2"),
        Key("9"),
        Key("*"),
        Key("#"),
        Entered("12"),
        Skipped(),
        Done(),
        Failed(),
        MessageEnded(),
    ]
)


def due(state: State) -> Any:
    if state.play:
        return Played(state.play)
    if state.timer:
        return TimerDue(state.timer)
    return Done()


@settings(max_examples=150)
@given(flows(), arrivals, circumstances, st.lists(moves, max_size=25))
def test_nobody_is_ever_left_in_silence(flow: Flow, arrived: Arrived, around: Circumstances, does: list[Any]) -> None:
    state, _ = advance(flow, None, arrived, NOW, circumstances=around)
    for move in does:
        happening = due(state) if move == "due" else move
        after, actions = advance(flow, state, happening, NOW, circumstances=around)
        restarted = state_from_json(json.loads(json.dumps(state_to_json(state))))
        again = advance(flow, restarted, happening, NOW, circumstances=around)
        assert again == (after, actions), "a restart changes nothing"
        state = after
        heard = state.channel.is_heard
        assert state.is_over or state.phase is Phase.QUEUED or state.play or state.timer or not heard
        assert heard or state.phase in (Phase.WAITING, Phase.ENDED, Phase.QUEUED, Phase.TRANSFERRING, Phase.ASKING)
        assert not (state.play and state.timer), "one thing at a time is waited for"
        assert heard or not any(isinstance(action, Play) for action in actions)
        names = [action.play for action in actions if isinstance(action, Play)]
        names += [action.timer for action in actions if isinstance(action, StartTimer)]
        assert len(names) == len(set(names))
        assert page_of(flow, state).heading
        if heard and not state.is_over and state.phase is Phase.WAITING:
            assert state.timer


@settings(max_examples=60)
@given(flows())
def test_silence_takes_no_longer_than_the_review_says(flow: Flow) -> None:
    findings = review(flow, length_of=length)
    longest: dict[str, float] = {}
    for world in possible_worlds(flow):
        course = walk(flow, [], began=NOW, arrived=world.arrived, circumstances=world.circumstances, length_of=length)
        relayed = course.state.relay
        ends = "closing" if course.state.is_over else "person"
        if not relayed:
            longest[ends] = max(longest.get(ends, 0.0), course.seconds)
    for ends, seconds in longest.items():
        promised = findings.to_person if ends == "person" else findings.to_closing
        assert promised is not None and seconds <= promised.seconds + 1e-6


@settings(max_examples=40)
@given(flows())
def test_every_path_of_a_sound_flow_ends_with_a_person_or_with_last_words(flow: Flow) -> None:
    assume(not any(problem.field == "next" and "回り続け" in problem.sentence for problem in review(flow).problems))
    paths = list(explore(flow, began=NOW, length_of=length, most_choices=3, most_paths=200))
    assert paths
    for path in paths:
        assert path.outcome in ("person", "closing") or len(path.did) == 3
        assert path.seconds >= 0


@settings(max_examples=100)
@given(flows())
def test_a_flow_survives_json(flow: Flow) -> None:
    assert read_flow(json.loads(json.dumps(write_flow(flow)))) == flow


@settings(max_examples=100)
@given(flows(), arrivals, circumstances, st.lists(moves, max_size=8))
def test_the_emergency_key_leads_to_the_queue_from_everywhere(
    flow: Flow, arrived: Arrived, around: Circumstances, does: list[Any]
) -> None:
    state, _ = advance(flow, None, arrived, NOW, circumstances=around)
    for move in does:
        state, _ = advance(flow, state, due(state) if move == "due" else move, NOW, circumstances=around)
    assume(not state.is_over and not state.emergency and state.phase is not Phase.TRANSFERRING)
    state, actions = advance(flow, state, Key("*"), NOW, circumstances=around)
    if state.channel.is_heard:
        state, actions = advance(flow, state, Played(state.play), NOW, circumstances=around)
    (enqueue,) = [action for action in actions if isinstance(action, Enqueue)]
    assert enqueue.reasons[0] == "emergency" and state.phase is Phase.QUEUED


def test_an_end_is_an_end() -> None:
    flow = read_flow(flow_json(box("announce", "first", {"next": "queue"}, say=ja("はい。"))))
    state, _ = advance(flow, None, Arrived(), NOW)
    over, _ = advance(flow, state, Left(), NOW)
    for happening in (Key("1"), Connected(), Failed(), Played("p1"), Left()):
        assert advance(flow, over, happening, NOW) == (over, ())


# --- a state as JSON --------------------------------------------------------------------------------------------------


def test_a_state_is_plain_json() -> None:
    state = State(
        box="b", origins=(Origin.FREE,), collected={"n": "1"}, offered=("q",), told=("a",), phase=Phase.QUEUED
    )
    given = state_to_json(state)
    assert json.loads(json.dumps(given)) == given
    assert all(type(held) in (str, int, bool, list, dict, type(None)) for held in given.values())
    assert state_from_json(given) == state


@pytest.mark.parametrize(
    "change",
    [
        {"phase": "asleep"}, {"channel": "pigeon"}, {"origins": ["moon"]}, {"end": "never"}, {"recording": "maybe"},
        {"attempt": "1"}, {"relay": 1}, {"collected": []}, {"box": None}, {"told": "text"}, {"extra": 1},
    ],
)  # fmt: skip
def test_what_is_no_state_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotAState):
        state_from_json(state_to_json(State()) | change)


@pytest.mark.parametrize("given", [None, [], "x", {}, {"box": "first"}])
def test_what_lacks_a_field_is_no_state(given: object) -> None:
    with pytest.raises(NotAState):
        state_from_json(given)


@pytest.mark.parametrize("name", [one.name for one in fields(State)])
def test_no_field_of_a_state_may_be_missing(name: str) -> None:
    with pytest.raises(NotAState):
        state_from_json({field: held for field, held in state_to_json(State()).items() if field != name})
