"""A flow is changed box by box, compared with what it was, and drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.engines.ivr.boxes import Announce, Box
from caasis.engines.ivr.comparing import differences
from caasis.engines.ivr.drawing import GAP, draw
from caasis.engines.ivr.editing import insert_box, lead, new_id, put_box, read_box, remove_box, write_box
from caasis.engines.ivr.flow import Flow, read_flow, write_flow
from caasis.engines.ivr.labels import outcome_label
from caasis.engines.ivr.review import review
from caasis.engines.ivr.values import Line
from tests.rooms.telephony.flow_document import flow_of


def flow() -> Flow:
    return read_flow(flow_of("main"))


def test_a_new_box_on_an_arrow_leads_where_the_arrow_led() -> None:
    box, problems = read_box("announce", {"id": new_id(flow(), "announce"), "say": {"ja": "少しお待ちください。"}})
    assert isinstance(box, Announce) and not problems
    changed = insert_box(flow(), box, "hours", "open")
    assert changed.box("hours").next["open"] == "announce_1"
    assert changed.box("announce_1").next == {"next": "message"}
    assert review(changed).is_sound


def test_what_a_removed_box_led_to_is_led_to_without_it() -> None:
    changed = remove_box(flow(), "notice")
    assert changed.box("notice") is None and changed.box("message").next == {"on": "menu", "off": "menu"}
    # A menu leads to several: the arrow is left for the author to draw.
    without = remove_box(flow(), "menu")
    assert without.box("notice").next == {}
    assert {problem.box for problem in review(without).problems} >= {"notice"}
    assert flow().box("menu") is not None


def test_a_box_that_cant_be_read_is_told_field_by_field() -> None:
    box, problems = read_box("menu", {"id": "m", "say": {"ja": " "}, "choices": [{"key": "12", "label": {"ja": "x"}}]})
    assert box is None
    assert {problem.field for problem in problems} == {"say.ja", "choices.1.key"}


def test_a_box_is_written_as_it_is_read() -> None:
    for box in flow().boxes:
        again, problems = read_box(box.kind, write_box(box))
        assert again == box and not problems


def test_differences_name_what_was_said_before_and_where_arrows_led() -> None:
    old = flow()
    new = lead(old, "hours", "lunch", "booking")
    new = put_box(new, replace(new.box("bye"), say={"ja": Line("さようなら。")}))
    new = remove_box(new, "info")
    box, _ = read_box("hang_up", {"id": "end_1", "name": "おわり"})
    new = put_box(new, box)
    found = {(one.box, one.what): (one.before, one.after) for one in differences(old, new)}
    assert found["hours", "「昼休み」の行き先"] == ("終わる「本日は終わりました。」", "時間外の折り返し予約")
    assert found["bye", "終わりに話す文（日本語）"] == ("受付時間におかけ直しください。", "さようなら。")
    assert found["end_1", ""] == ("", "終わる") and found["info", ""] == ("終わる", "")
    assert found["menu", "「3 案内」の行き先"] == ("終わる「ホームページをごらん…」", "なし")
    assert len(found) == 5 and differences(old, old) == ()
    assert all(one.is_new for one in differences(None, old)) and len(differences(None, old)) == len(old.boxes)


def test_the_words_of_an_arrow_are_those_of_its_own_box() -> None:
    branch, _ = read_box("origin", {"id": "o", "cases": ["unavailable"]})
    assert outcome_label(flow().box("person"), "unavailable") == "だれも出られない"
    assert outcome_label(branch, "unavailable") == "番号が届かない"


# --- the drawing ------------------------------------------------------------------------------------------------------


def boxes_apart(drawing) -> bool:
    rows: dict[float, list] = {}
    for place in drawing.places:
        rows.setdefault(place.y, []).append(place)
    for row in rows.values():
        row.sort(key=lambda place: place.x)
        if any(left.x + left.width + GAP - 1 > right.x for left, right in pairwise(row)):
            return False
    return True


def test_every_box_and_arrow_is_drawn_downwards_and_nothing_lies_on_another() -> None:
    drawing = draw(flow())
    at = {place.box.id: place for place in drawing.places}
    assert set(at) == {box.id for box in flow().boxes} and boxes_apart(drawing)
    drawn = {(arrow.start, arrow.end) for arrow in drawing.arrows}
    assert drawn == {(box.id, to) for box in flow().boxes for to in box.next.values()}
    for arrow in drawing.arrows:
        assert arrow.back == (at[arrow.end].y < at[arrow.start].y)
    assert [(one.start, one.end) for one in drawing.arrows if one.back] == [("callback", "person")]
    assert draw(flow()) == drawing
    words = {(arrow.start, arrow.end): arrow.words for arrow in drawing.arrows}
    assert words["menu", "person"] == "1・キーを押さない" and words["start", "hours"] == ""


def boxes_of(count: int, arrows: list[tuple[int, int]]) -> Flow:
    ends = {start % count: end % count for start, end in arrows}
    others = {start % count: end % count for start, end in reversed(arrows)}
    boxes = []
    for number in range(count):
        given = {"id": f"b{number}", "key": "1", "say": {"ja": "x"}}
        given["next"] = {"next": f"b{ends[number]}", "refused": f"b{others[number]}"} if number in ends else {}
        boxes.append(read_box("recording_notice", given)[0])
    return Flow(name="x", boxes=tuple(box for box in boxes if isinstance(box, Box)))


@given(st.integers(1, 14), st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_flow_can_be_drawn_however_its_arrows_run(count: int, arrows: list[tuple[int, int]]) -> None:
    made = boxes_of(count, arrows)
    drawing = draw(made)
    assert len(drawing.places) == count and boxes_apart(drawing)
    assert all(place.x >= 0 and place.x + place.width <= drawing.width for place in drawing.places)
    assert all(place.y >= 0 and place.y + place.height <= drawing.height for place in drawing.places)
    assert all(re.fullmatch(r"M-?\d+ -?\d+(C(-?\d+ ?){6})+", arrow.path) for arrow in drawing.arrows)
    assert draw(read_flow(write_flow(made))) == drawing
