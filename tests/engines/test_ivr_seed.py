"""The flow that an installation begins with: sound, without a warning, and what a caller of a consumer centre needs."""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import caasis
from caasis.engines.ivr import (
    Arrived,
    Channel,
    Circumstances,
    CountsAs,
    End,
    Enqueue,
    Failed,
    Flow,
    HangUp,
    Known,
    Office,
    Opening,
    Origin,
    Phase,
    Play,
    Recording,
    SetRecording,
    TakeCallback,
    explore,
    page_of,
    possible_worlds,
    read_flow,
    review,
    write_flow,
)
from caasis.kernel.ids import new_receipt_number
from tests.engines.ivr_flows import Call

SOURCE = Path(caasis.__file__).parent
FILE = SOURCE / "telephony" / "data" / "flows" / "consumer_centre.toml"
MOBILE = "+819012345678"


def offices() -> dict[str, Office]:
    with (SOURCE / "cases" / "codes" / "offices.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: Office(row["name"], row["phone"]) for row in csv.DictReader(file)}


OFFICES = offices()
OPEN = Circumstances(hours={"": Opening.OPEN}, offices=OFFICES)


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def flow(given: dict[str, Any]) -> Flow:
    return read_flow(given["flow"])


def calls(flow: Flow, around: Circumstances = OPEN, **facts: Any) -> Call:
    return Call(flow, around).tell(Arrived(**({"caller": MOBILE} | facts)))


def until(one: Call, box: str) -> Call:
    """Without a key until the call stands in this box."""
    for _ in range(40):
        if one.state.box == box:
            return one
        one.hear() if one.state.play else one.wait()
    raise AssertionError(f"never came to {box}: {one.state}")


def test_it_is_a_seed_that_nobody_has_verified(given: dict[str, Any]) -> None:
    assert given["kind"] == "seed" and given["verified"] is False


def test_it_is_sound_and_nothing_is_to_be_said_against_it(flow: Flow) -> None:
    known = Known(
        queues={"main"},
        skills=set(),
        offices=OFFICES,
        schedules=set(),
        switches={"today"},
        links={"consultation"},
        prompts=set(),
    )
    findings = review(flow, known=known)
    assert findings.problems == () and findings.warnings == ()
    assert findings.to_person is not None and findings.to_person.seconds < 160
    assert findings.to_closing is not None and findings.to_closing.seconds < 140
    assert findings.emergency_to_person is not None and findings.emergency_to_person.seconds < 10
    assert read_flow(write_flow(flow)) == flow


def test_it_is_written_for_the_ear(flow: Flow) -> None:
    for box in flow.boxes:
        for field in box.spoken:
            for line in getattr(box, field).values():
                assert line.text.endswith("。"), line
                assert "方" not in line.text, "方は is read ほうは by a synthesiser: write かた"
                assert not re.search(r"致し|頂|下さ|宜し|御|従い|或い|更に", line.text), line
                assert max(map(len, line.text.split("。"))) <= 60, line


def test_a_silent_caller_reaches_a_person_in_about_a_minute_and_a_half(flow: Flow) -> None:
    paths = [
        path for path in explore(flow, began=datetime(2026, 1, 5, tzinfo=UTC), most_choices=3) if path.world == "受付中"
    ]
    silent = next(path for path in paths if path.did == ("（押さない）",) * 3)
    assert silent.outcome == "person" and silent.seconds < 100


def test_188_is_greeted_as_188(flow: Flow) -> None:
    assert "188から" in calls(flow, origins=frozenset({Origin.HOTLINE_188})).said[0]
    assert "188から" in calls(flow, origins=frozenset({Origin.DIVERTED})).said[0]
    assert "188" not in calls(flow).said[0]


def test_recording_is_announced_and_can_be_refused(flow: Flow) -> None:
    agreed = until(calls(flow), "purpose")
    assert agreed.state.recording is Recording.ALLOWED
    refused = until(calls(flow), "recording").press("9")
    assert refused.did(SetRecording).allowed is False
    assert until(refused, "counsellor").state.recording is Recording.REFUSED
    assert until(calls(flow), "recording").did(Play) and calls(flow).state.recording is Recording.UNTOLD


@pytest.mark.parametrize("box", ["greeting", "urgent_hint", "recording", "purpose", "counsellor"])
def test_the_atm_key_works_from_the_first_word_on(flow: Flow, box: str) -> None:
    one = until(calls(flow), box).press("*")
    assert "ATMにも行かないで" in one.said[-1]
    one.hear().hear()
    assert one.did(Enqueue).reasons == ("emergency",) and one.state.phase is Phase.QUEUED
    one.tell(Failed()).hear()
    assert one.state.end is End.HUNG_UP and "110番" in one.said[-1], "the queue may be empty all the same"


@pytest.mark.parametrize("opening", [Opening.LUNCH, Opening.CLOSED, Opening.HOLIDAY])
def test_when_nobody_is_there_the_atm_key_names_the_police_and_promises_nobody(flow: Flow, opening: Opening) -> None:
    one = calls(flow, replace(OPEN, hours={"": opening})).press("*").hear()
    assert "110番" in one.said[-1] and not any("おつなぎします" in text for text in one.said[-2:])
    assert one.hear().did(HangUp).counts_as is CountsAs.AFTER_HOURS


@pytest.mark.parametrize(("key", "office"), [("2", "houterasu"), ("3", "police-9110"), ("4", "sumai-dial")])
def test_matters_of_others_are_told_their_number_and_a_person_is_one_key_away(
    flow: Flow, key: str, office: str
) -> None:
    one = until(calls(flow), "purpose").press("4" + key)
    assert f"〔{OFFICES[office].number}〕" in one.said[-1] and OFFICES[office].name in one.said[-1]
    assert until(calls(flow), "purpose").press("4" + key + "0").state.box == "counsellor"
    assert until(one, "referred").hear().did(HangUp).counts_as is CountsAs.SERVED_ITSELF


def test_an_office_without_a_number_is_no_answer(flow: Flow) -> None:
    assert OFFICES["labour-general"].number == "", "if it gets one, this test wants another office"
    assert until(calls(flow), "purpose").press("41").state.box == "counsellor"


def test_every_office_is_in_the_directory(flow: Flow) -> None:
    assert {box.office for box in flow.boxes if box.kind == "triage"} <= OFFICES.keys()  # type: ignore[attr-defined]


def test_a_receipt_number_has_the_digits_of_the_products_numbers(flow: Flow) -> None:
    digits = new_receipt_number(2026).replace("-", "")
    one = until(calls(flow), "purpose").press("3" + digits).hear().hear()
    assert one.did(Enqueue).collected == {"receipt_number": digits}


def test_who_waits_is_offered_a_call_back_once(flow: Flow) -> None:
    one = until(calls(flow), "counsellor").hear()
    one.around = replace(one.around, place=3, expected_wait_s=400.0)
    assert one.wait().said[-2:] == [
        "いま、3番目にお待ちいただいています。", "おつなぎするまで、約7分の見込みです。",
    ]  # fmt: skip
    one.hear().wait()
    assert one.state.box == "callback"
    assert one.press("1").did(TakeCallback).number == ""
    unknown = until(calls(flow, caller=""), "counsellor").hear().wait().wait().press("1")
    assert "番号がわかりません" in unknown.said[-1]
    unknown.press("0312345678").wait().hear().press("1")
    assert unknown.did(TakeCallback).number == "0312345678"


@pytest.mark.parametrize("opening", [Opening.LUNCH, Opening.CLOSED, Opening.HOLIDAY])
def test_outside_of_hours_a_call_back_can_be_booked_and_the_web_is_named(flow: Flow, opening: Opening) -> None:
    one = until(calls(flow, replace(OPEN, hours={"": opening})), "booking")
    assert one.press("1").hear().wait().did(TakeCallback).after_hours
    two = until(calls(flow, replace(OPEN, hours={"": opening})), "link")
    assert "ショートメッセージ" in two.said[-1]
    assert until(two, "closing").hear().did(HangUp).counts_as is CountsAs.AFTER_HOURS


def test_a_relay_call_goes_straight_to_a_person(flow: Flow) -> None:
    around = replace(OPEN, relay_prefixes=(MOBILE,))
    one = until(calls(flow, around), "relay_queue").hear()
    assert one.did(Enqueue).relay and "録音" not in " ".join(one.said)
    keyed = until(calls(flow), "purpose").press("#").hear()
    assert keyed.did(Enqueue).relay


def test_no_path_ends_in_nothing(flow: Flow) -> None:
    worlds = list(possible_worlds(flow))
    assert len(worlds) == 8 + 2 + 1 + 3
    paths = list(explore(flow, began=datetime(2026, 1, 5, tzinfo=UTC), most_choices=3, most_paths=20_000))
    assert {path.world for path in paths} == {world.name for world in worlds} and len(paths) > 500
    assert all(path.outcome in ("person", "closing") or len(path.did) == 3 for path in paths)


def test_the_page_of_the_flow_offers_what_the_menu_does(flow: Flow) -> None:
    one = calls(flow, channel=Channel.WEB, caller="")
    page = page_of(flow, one.state)
    assert page.heading == "ご用件" and [choice.value for choice in page.choices] == ["1", "2", "3", "4"]
    assert page.urgent is not None and page.skip is not None
    assert not any("押して" in text or "電話" in text for text in page.text), "what a reader sees speaks of no keys"
