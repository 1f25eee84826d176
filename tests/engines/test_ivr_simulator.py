"""A flow tried out: one call with its times, and every course that a call can take."""

from __future__ import annotations

import pytest

from caasis.engines.ivr import (
    Arrived,
    Channel,
    Circumstances,
    Connected,
    Entered,
    Failed,
    Flow,
    Key,
    Left,
    MessageEnded,
    Opening,
    Origin,
    Phase,
    Skipped,
    Sound,
    explore,
    possible_worlds,
    walk,
)
from tests.engines.ivr_flows import BYE, NOW, QUEUE, box, flow_of, ja


def two_seconds(sound: Sound) -> float:
    return 2.0


HELLO = box("announce", "first", {"next": "menu"}, say=ja("こんにちは。"))
MENU = box(
    "menu",
    "menu",
    {"1": "number", "no_key": "queue"},
    say=ja("1を。"),
    choices=[{"key": "1", "label": ja("番号")}],
    wait_s=5,
)
NUMBER = box(
    "collect", "number", {"collected": "queue", "no_key": "queue"}, say=ja("番号を。"), stored_as="n", least=2, most=2
)
URGENT = box("emergency", "urgent", {"next": "queue"}, key="*")
FLOW = flow_of(HELLO, MENU, NUMBER, URGENT)


def test_a_silent_call_is_told_second_by_second() -> None:
    course = walk(FLOW, [], began=NOW, length_of=two_seconds)
    assert [(one.at_s, one.who, one.text, one.box) for one in course.heard] == [
        (0.0, "flow", "こんにちは。", "first"),
        (2.0, "flow", "1を。", "menu"),
        (9.0, "flow", "1を。", "menu"),
        (16.0, "house", "キー操作なし", "menu"),
    ]
    assert course.seconds == 16.0 and course.state.box == "queue" and course.state.phase is Phase.QUEUED


def test_keys_come_when_the_script_says_so() -> None:
    script = [(4.0, Key("1")), (7.0, Key("4")), (8.0, Key("2")), (20.0, Connected())]
    course = walk(FLOW, script, began=NOW, length_of=two_seconds)
    assert [(one.at_s, one.text) for one in course.heard if one.who == "caller"] == [
        (4.0, "「1」を押す"), (7.0, "「4」を押す"), (8.0, "「2」を押す"), (20.0, "相談員が出る"),
    ]  # fmt: skip
    assert course.state.collected == {"n": "42"} and course.state.is_over and course.seconds == 20.0


def test_a_script_may_be_out_of_order_and_longer_than_the_call() -> None:
    course = walk(FLOW, [(9.0, Key("1")), (1.0, Left())], began=NOW, length_of=two_seconds)
    assert course.state.is_over and course.seconds == 1.0
    assert course.heard[-1].text == "電話を切る"


@pytest.mark.parametrize(
    ("happening", "words"),
    [
        (Entered("12"), "「12」を入力する"),
        (Skipped(), "選ばずに進む"),
        (Failed(), "つながらない"),
        (MessageEnded(), "話し終える"),
    ],
)
def test_whatever_happens_has_words(happening: Entered, words: str) -> None:
    assert walk(FLOW, [(0.5, happening)], began=NOW, length_of=two_seconds).heard[1].text == words


def test_requests_are_granted_in_a_trial() -> None:
    offer = box(
        "callback", "first", dict.fromkeys(["taken", "declined", "impossible"], "bye"), say=ja("折り返します。")
    )
    course = walk(
        flow_of(offer), [(1.0, Key("1"))], began=NOW, arrived=Arrived(caller="+819012345678"), length_of=two_seconds
    )
    assert any(one.text == "折り返しを受け付けた" for one in course.heard) and course.seconds == 3.0


def test_a_reader_is_not_hurried_and_the_trial_stops_where_nothing_more_comes() -> None:
    course = walk(FLOW, [], began=NOW, arrived=Arrived(channel=Channel.WEB))
    assert course.seconds == 0.0 and course.state.box == "menu"


def test_a_trial_that_goes_on_for_ever_is_cut_off() -> None:
    round_and_round = flow_of(HELLO | {"next": {"next": "second"}}, HELLO | {"id": "second", "next": {"next": "first"}})
    assert 3600 < walk(round_and_round, [], began=NOW, length_of=two_seconds).seconds < 3610


def test_notes_are_told_with_their_detail() -> None:
    message = box("message", "first", {"on": "queue", "off": "queue"}, switch="today", say=ja("臨時です。"))
    course = walk(flow_of(message), [], began=NOW, circumstances=Circumstances(messages={"today": {}}))
    assert course.heard[0].text == "臨時メッセージを流した（today）"


# --- every course -----------------------------------------------------------------------------------------------------


def courses(flow: Flow, **bounds: int) -> dict[tuple[str, ...], tuple[str, float]]:
    worlds = [next(iter(possible_worlds(flow)))]
    found = explore(flow, began=NOW, worlds=worlds, length_of=two_seconds, **bounds)
    return {path.did: (path.outcome, path.seconds) for path in found}


def test_every_key_no_key_and_a_wrong_one_are_tried() -> None:
    found = courses(FLOW, most_choices=3)
    assert found["1", "（2桁）"] == ("person", 2 + 2 + 2 + 1.0)
    assert found["（押さない）", "（押さない）"] == ("person", 16.0)
    assert found["（ほかのキー0）", "（ほかのキー0）"] == ("person", 6.0)
    assert found["*",] == ("person", 4.0)
    assert found["*", "（だれも出ない）"] == ("closing", 6.0)
    assert found["1", "（押さない）", "（押さない）"] == ("person", 2 + 2 + 2 + 10 + 2 + 10)
    assert {outcome for outcome, _ in found.values()} == {"person", "closing", "open"} or len(found) > 10


def test_the_search_is_bounded() -> None:
    assert len(courses(FLOW, most_choices=1)) < len(courses(FLOW, most_choices=3))
    assert courses(FLOW, most_choices=0) == {(): ("open", 4.0)}
    assert len(list(explore(FLOW, began=NOW, most_paths=7))) == 7


def test_a_path_names_its_boxes_and_its_world() -> None:
    path = next(iter(explore(FLOW, began=NOW, length_of=two_seconds)))
    assert path.boxes[:2] == ("first", "menu") and path.world == "受付中"


def test_an_offer_to_who_waits_is_explored() -> None:
    offer = box(
        "callback", "offer", {"taken": "bye", "declined": "first", "impossible": "bye"}, say=ja("折り返します。")
    )
    flow = flow_of(
        QUEUE | {"id": "first", "offer_after_s": 30, "next": {"unavailable": "bye", "waited": "offer"}}, offer
    )
    found = courses(flow, most_choices=3)
    assert found["（待つ）", "1"] == ("closing", 30 + 2 + 2)
    assert found["（待つ）", "（押さない）"] == ("person", 30 + 2 + 6)
    assert ("（待つ）", "（押さない）", "（待つ）") not in found, "the offer is made once"


def test_a_transfer_may_find_nobody() -> None:
    flow = flow_of(box("transfer", "first", {"failed": "bye"}, number="188"))
    assert courses(flow) == {(): ("person", 0.0), ("（だれも出ない）",): ("closing", 2.0)}


def test_a_flow_whose_keys_are_all_taken_has_no_wrong_one() -> None:
    every = box("menu", "first", dict.fromkeys([*"0123456789*#", "no_key"], "queue"), say=ja("どれでも。"),
        choices=[{"key": key, "label": ja(key)} for key in "0123456789*#"])  # fmt: skip
    assert not any("ほか" in name for did in courses(flow_of(every), most_choices=1) for name in did)


def test_the_worlds_are_those_that_a_flow_tells_apart() -> None:
    plain = [world.name for world in possible_worlds(FLOW)]
    assert plain == ["受付中", "番号なし", "折り返しもSMSもなし", "機関の名簿なし"]
    flow = flow_of(
        box("origin", "first", {"free": "hours", "other": "hours"}, cases=["free"]),
        box("hours", "hours", dict.fromkeys(["open", "lunch", "closed", "holiday"], "message")),
        box("message", "message", {"on": "relay", "off": "relay"}, switch="today", say=ja("臨時。")),
        box("relay", "relay", {"relay": "away", "other": "away"}),
        box("triage", "away", {"next": "bye", "unknown": "queue"}, say=ja("〔{number}〕"), office="tax"),
    )
    worlds = {world.name: world for world in possible_worlds(flow)}
    assert len(worlds) == 4 * 2 + 1 + 1 + 3
    assert worlds["休業日・臨時メッセージ"].circumstances.hours == {"": Opening.HOLIDAY}
    assert worlds["フリーダイヤル"].arrived.origins == {Origin.FREE}
    relay = worlds["電話リレーサービス"]
    assert relay.arrived.caller.startswith(relay.circumstances.relay_prefixes[0])
    assert worlds["受付中"].circumstances.offices["tax"].number and not worlds["機関の名簿なし"].circumstances.offices
    assert {path.outcome for path in explore(flow, began=NOW) if path.world == "機関の名簿なし" and not path.did} == {
        "person"
    }


def test_the_end_has_no_further_course() -> None:
    assert courses(flow_of(BYE | {"id": "first"})) == {(): ("closing", 2.0)}
