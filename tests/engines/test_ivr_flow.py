"""A flow as JSON: read, written, described, and refused with every mistake and where it is."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.ivr import (
    KINDS,
    CountsAs,
    Line,
    NotAFlow,
    Origin,
    Sound,
    declared,
    every_sound,
    flow_schema,
    outcome_label,
    read_flow,
    write_flow,
)
from caasis.engines.ivr.boxes import Announce
from caasis.engines.ivr.endings import Booking
from tests.engines.ivr_flows import QUEUE, box, flow_json, flow_of, ja

WHOLE = flow_json(
    box(
        "announce",
        "first",
        {"next": "notice"},
        say={"ja": {"text": "はい。", "prompt": "greeting"}},
        skippable=False,
        at=[1, -2],
    ),
    box("recording_notice", "notice", {"next": "way", "refused": "way"}, say=ja("録音します。"), key="9", wait_s=5),
    box("origin", "way", {"free": "relay", "other": "relay"}, cases=["free"]),
    box("relay", "relay", {"relay": "queue", "other": "hours"}, key="#"),
    box("hours", "hours", dict.fromkeys(["open", "lunch", "closed", "holiday"], "message"), schedule="night"),
    box("message", "message", {"on": "language", "off": "language"}, switch="today", say=ja("臨時です。")),
    box("language", "language", {"next": "menu"}, say=ja("日本語は1。"), choices={"1": "ja"}),
    box(
        "menu", "menu", {"1": "number", "no_key": "queue"}, say=ja("1を。"), choices=[{"key": "1", "label": ja("番号")}]
    ),
    box(
        "collect",
        "number",
        {"collected": "away", "no_key": "queue"},
        say=ja("番号を。"),
        stored_as="n",
        least=3,
        most=4,
    ),
    box(
        "triage",
        "away",
        {"next": "back", "unknown": "queue", "person": "queue"},
        say=ja("{number}"),
        office="tax",
        key="0",
    ),
    box("emergency", "urgent", {"next": "queue"}, key="*"),
    box("callback", "back", {"taken": "bye", "declined": "link", "impossible": "link"}, say=ja("折り返します。")),
    box(
        "web_link",
        "link",
        {"taken": "bye", "declined": "book", "impossible": "book"},
        say=ja("送ります。"),
        link="form",
    ),
    box(
        "booking",
        "book",
        {"taken": "bye", "declined": "out", "impossible": "out"},
        say=ja("予約します。"),
        message_s=30,
    ),
    box("transfer", "out", {"failed": "bye"}, number="+81312345678"),
    name="すべての箱",
    relay_wait_s=90,
)


def test_a_flow_with_every_kind_of_box_is_read_and_written_back() -> None:
    flow = read_flow(WHOLE)
    assert {type(one) for one in flow.boxes} == set(KINDS.values())
    written = write_flow(flow)
    assert read_flow(json.loads(json.dumps(written))) == flow
    assert written["boxes"][3]["say"] == {"ja": {"text": "はい。", "prompt": "greeting"}}
    assert written["boxes"][4]["say"] == ja("録音します。")
    assert "tries" not in written["boxes"][10], "what has its default is left out"
    assert written["relay_wait_s"] == 90 and "relay_repeats" not in written and written["format"] == 1


def test_what_was_read_is_typed() -> None:
    flow = read_flow(WHOLE)
    first = flow.box("first")
    assert isinstance(first, Announce) and first.say == {"ja": Line("はい。", "greeting")} and first.at == (1, -2)
    assert flow.box("way").cases == (Origin.FREE,)  # type: ignore[union-attr]
    assert flow.box("bye").counts_as is CountsAs.SERVED_ITSELF  # type: ignore[union-attr]
    assert flow.box("nowhere") is None
    assert flow.start is not None and flow.emergency is not None and flow.relay is not None
    assert flow_of().emergency is None and flow_of().relay is None


def test_fields_carry_the_labels_of_the_designers_form() -> None:
    labels = {one.name: one.label for one in declared(Booking)}
    assert labels["message_s"].startswith("用件を話せる秒数") and labels["key"] == "受けるキー"
    assert declared(Booking) is declared(Booking)


def test_arrows_have_names() -> None:
    flow = read_flow(WHOLE)
    menu, away, way = flow.box("menu"), flow.box("away"), flow.box("way")
    assert menu and away and way
    assert outcome_label(menu, "1") == "1 番号"
    assert outcome_label(menu, "no_key") == "キーを押さない"
    assert outcome_label(way, "free") == "フリーダイヤル"
    assert outcome_label(away, "strange") == "strange"
    every = {outcome for one in flow.boxes for outcome in one.outcomes if outcome_label(one, outcome) == outcome}
    assert not every, "each outcome has Japanese words"


def test_every_line_that_can_be_spoken_beforehand_is_listed_once() -> None:
    sounds = list(every_sound(read_flow(WHOLE)))
    assert Sound(text="はい。", prompt="greeting") in sounds and Sound(text="さようなら。") in sounds
    assert not any("{" in sound.text for sound in sounds)
    twice = flow_of(
        box("announce", "first", {"next": "bye"}, say={"ja": "さようなら。", "en": "Bye."}), languages=["ja"]
    )
    assert [sound.text for sound in every_sound(twice)] == ["さようなら。", "Bye."]


BAD: list[tuple[Any, str, str, str]] = [
    # given for the box (or the flow), box id, field, part of the sentence
    ([], "", "", "名前と値の組"),
    ({"name": "x"}, "", "boxes", "箱を、1個から"),
    ({"name": "x", "boxes": []}, "", "boxes", "箱を、1個から"),
    ({"boxes": [QUEUE]}, "", "name", "「流れの名前」を入れてください"),
    ({"name": "", "boxes": [QUEUE]}, "", "name", "入力してください"),
    ({"name": "x" * 61, "boxes": [QUEUE]}, "", "name", "60字まで"),
    ({"name": 3, "boxes": [QUEUE]}, "", "name", "文字で"),
    ({"name": "x", "format": 2, "boxes": [QUEUE]}, "", "format", "1から1まで"),
    ({"name": "x", "languages": [], "boxes": [QUEUE]}, "", "languages", "1件から20件まで"),
    ({"name": "x", "languages": ["ja", "ja"], "boxes": [QUEUE]}, "", "languages", "同じものが二つ"),
    ({"name": "x", "languages": ["日本語"], "boxes": [QUEUE]}, "", "languages.1", "略号"),
    ({"name": "x", "languages": "ja", "boxes": [QUEUE]}, "", "languages", "一覧の形"),
    ({"name": "x", "colour": "red", "boxes": [QUEUE]}, "", "colour", "この項目はありません"),
    ({"name": "x", "boxes": ["queue"]}, "1番目の箱", "", "名前と値の組"),
    ({"name": "x", "boxes": [{"id": "q"}]}, "q", "kind", "この種類の箱はありません"),
    ({"name": "x", "boxes": [{"id": "q", "kind": ["queue"]}]}, "q", "kind", "この種類の箱はありません"),
    ({"name": "x", "boxes": [QUEUE, QUEUE]}, "queue", "id", "同じ記号の箱"),
    (box("queue", "Q1", queue="main"), "Q1", "id", "半角の英小文字"),
    ({"kind": "queue", "queue": "main"}, "1番目の箱", "id", "「記号」を入れて"),
    (box("queue", "q"), "q", "queue", "「待ち行列」を入れて"),
    (box("queue", "q", queue="m", size=3), "q", "size", "この項目はありません"),
    (box("queue", "q", queue="m", skills={"tax": 9}), "q", "skills.tax", "1から5まで"),
    (box("queue", "q", queue="m", skills={"税": 1}), "q", "skills", "「税」は使えません"),
    (box("queue", "q", queue="m", skills=[1]), "q", "skills", "名前と値の組"),
    (box("queue", "q", queue="m", offer_after_s=True), "q", "offer_after_s", "整数"),
    (box("queue", "q", {"unavailable": "箱"}, queue="m"), "q", "next.unavailable", "行き先の箱"),
    (box("queue", "q", {"だめ": "bye"}, queue="m"), "q", "next", "矢印の名前"),
    (box("queue", "q", queue="m", at=[1, 2, 3]), "q", "at", "0件から2件まで"),
    (box("announce", "a"), "a", "say", "「話す文」を入れて"),
    (box("announce", "a", say={}), "a", "say", "一つは入れて"),
    (box("announce", "a", say={str(n): "x" for n in range(21)}), "a", "say", "20件まで"),
    (box("announce", "a", say={"ja": ""}), "a", "say.ja", "入力してください"),
    (box("announce", "a", say={"ja": "  "}), "a", "say.ja", "話す文を入れて"),
    (box("announce", "a", say={"ja": "あ" * 501}), "a", "say.ja", "500字まで"),
    (box("announce", "a", say={"ja": {"prompt": "p"}}), "a", "say.ja", "話す文を入れて"),
    (box("announce", "a", say={"ja": 1}), "a", "say.ja", "話す文を入れて"),
    (box("announce", "a", say={"ja": {"text": "x", "prompt": "録音"}}), "a", "say.ja.prompt", "半角の英数字"),
    (box("announce", "a", say=ja("x"), skippable="はい"), "a", "skippable", "「はい」か「いいえ」"),
    (box("hang_up", "h", counts_as="lost"), "h", "counts_as", "after_hours、served_itself"),
    (box("hang_up", "h", counts_as=1), "h", "counts_as", "after_hours、served_itself"),
    (box("origin", "o", cases=["moon"]), "o", "cases.1", "diverted、"),
    (box("origin", "o", cases=[]), "o", "cases", "1件から"),
    (box("menu", "m", say=ja("x"), choices=[{"key": "A", "label": ja("x")}]), "m", "choices.1.key", "電話機のキー"),
    (box("menu", "m", say=ja("x"), choices=[{"key": "1"}]), "m", "choices.1.label", "「画面での名前」"),
    (box("menu", "m", say=ja("x"), choices=["1"]), "m", "choices.1", "名前と値の組"),
    (box("transfer", "t", number="03-1234"), "t", "number", "+81から"),
]


@pytest.mark.parametrize(("given", "at", "field", "sentence"), BAD)
def test_mistakes_are_told_with_the_box_the_field_and_a_sentence(
    given: Any, at: str, field: str, sentence: str
) -> None:
    whole = {"name": "試し", "boxes": [given]} if isinstance(given, dict) and "kind" in given else given
    with pytest.raises(NotAFlow) as error:
        read_flow(whole)
    found = [one for one in error.value.problems if (one.box, one.field) == (at, field)]
    assert found, error.value.problems
    assert sentence in found[0].sentence and found[0].sentence.endswith("。")
    assert not jsonschema_rs.Draft202012Validator(flow_schema()).is_valid(whole) or "同じ記号" in sentence


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(NotAFlow) as error:
        read_flow({"format": 9, "boxes": [box("queue", "Q"), box("announce", "a", say={"ja": 1}), 7]})
    assert [(one.box, one.field) for one in error.value.problems] == [
        ("", "format"), ("", "name"), ("Q", "id"), ("Q", "queue"), ("a", "say.ja"), ("3番目の箱", ""),
    ]  # fmt: skip
    assert "Q queue: 「待ち行列」を入れてください。" in str(error.value)


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = flow_schema()
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.Draft202012Validator(schema).validate(WHOLE)
    jsonschema_rs.Draft202012Validator(schema).validate(write_flow(read_flow(WHOLE)))


values = st.sampled_from(
    ["", "x", "ja", "9", "*", 0, 1, 5, 61, -1, True, None, 1.5, [], ["ja"], {}, {"ja": "はい"}, {"ja": {"text": "x"}}]
)


@given(st.integers(0, len(WHOLE["boxes"]) - 1), st.data())
def test_reader_and_schema_agree_on_what_is_wrong_in_a_box(place: int, data: st.DataObject) -> None:
    changed = deepcopy(WHOLE)
    one = changed["boxes"][place]
    field = data.draw(
        st.sampled_from([name for name in one if name not in ("id", "kind")] + ["name", "page", "tries", "extra"])
    )
    if data.draw(st.booleans()):
        one.pop(field, None)
    else:
        one[field] = data.draw(values)
    try:
        read_flow(changed)
        taken = True
    except NotAFlow:
        taken = False
    assert taken == jsonschema_rs.Draft202012Validator(flow_schema()).is_valid(changed)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "boxes", "kind", "id", "say", "next"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(anything)
def test_any_json_is_read_or_refused_with_sentences(given: Any) -> None:
    try:
        read_flow(given)
    except NotAFlow as error:
        assert error.problems and all(one.sentence for one in error.problems)
