"""The telephone's K numbers on a day of calls that can be counted by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest import approx

from caasis.analytics.definitions import REGISTRY
from caasis.analytics.telephone import identities, telephone_figures, telephone_now
from caasis.analytics.telephone_definitions import GROUPS, NOW, TELEPHONE
from caasis.kernel.errors import NotAllowed
from caasis.kernel.metrics import Unit
from caasis.queues.services.agents import set_state
from caasis.queues.vocabulary import AgentState
from caasis.telephony.board_selectors import day_start
from caasis.telephony.vocabulary import RequestKind
from tests.rooms.telephony.hall import Hall

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town: Any, as_system: None) -> Hall:
    return Hall(town)


@pytest.fixture
def day(hall: Hall) -> Hall:
    """One morning: A is answered after 10 s, talks 60 s, held 30 s, wrapped up in 20 s. B gives up after 15 s, calls again
    and is answered at once for 100 s, wrapped up in 40 s. C gives up after 25 s."""
    hall.seat("counsellor")
    first = hall.incoming(caller="+819055550101")
    hall.wait(10)
    hall.world.peer_answers("counsellor")
    hall.turn()
    hall.wait(40)
    hall.ask("counsellor", RequestKind.HOLD, first)
    hall.wait(30)
    hall.ask("counsellor", RequestKind.RESUME, first)
    waits = hall.incoming(caller="+819055550102")
    hall.wait(15)
    hall.world.peer_hangs_up(hall.leg(waits))
    hall.turn()
    hall.wait(5)
    hall.ask("counsellor", RequestKind.HANG_UP, first)
    hall.wait(20)
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    again = hall.connected("counsellor", caller="+819055550102")
    hall.wait(40)
    third = hall.incoming(caller="+819055550103")
    hall.wait(25)
    hall.world.peer_hangs_up(hall.leg(third))
    hall.turn()
    hall.wait(35)
    hall.ask("counsellor", RequestKind.HANG_UP, again)
    hall.wait(40)
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    return hall


def values(hall: Hall, name: str = "official") -> dict[str, float | int | None]:
    found = telephone_figures(
        actor=hall.town.actors[name], start=day_start(hall.now()), end=hall.now() + timedelta(days=1), now=hall.now()
    )
    return {code: one.value for code, one in found.values.items()}


def test_every_k_number_is_what_one_counts_by_hand(day: Hall) -> None:
    found = values(day)
    counted = {
        "K24": 2, "K25": 2 / 4, "K40": 2, "K41": 2 / 4, "K54": 0, "K30": 0,
        # Three callers; the one who was answered on the second try did not give up.
        "K9": 1 / 3,
        "K38": (60 + 100) / 2, "K43": 30 / 2, "K20": (20 + 40) / 2, "K37": (60 + 30 + 20 + 100 + 40) / 2,
        "K55": (60 + 30 + 20 + 100 + 40) / 2,
        "K39": 10 / 2, "K34": 10 / 2, "K42": (15 + 25) / 2,
        "K44": 1 / 2, "K33": 0, "K23": 0,
    }  # fmt: skip
    for code, value in counted.items():
        assert found[code] == approx(value), code
    same = {"K16": "K38", "K17": "K43", "K18": "K37", "K62": "K39"}
    assert all(found[one] == found[other] for one, other in same.items())


def test_the_registry_holds_each_of_them_and_every_rate_is_its_two_numbers(day: Hall) -> None:
    figures = telephone_figures(actor=day.town.official, start=day_start(day.now()), end=day.now(), now=day.now())
    assert set(figures.values) == {one.code for one in TELEPHONE}
    codes = [one.code for _, group in GROUPS for one in group]
    assert len(codes) == len(set(codes))
    assert {one.code for one in (*TELEPHONE, *NOW)} <= {one.code for one in REGISTRY.all()}
    for code, one in figures.values.items():
        assert REGISTRY.get(code) is one.definition
        if one.definition.unit is Unit.RATIO:
            assert one.definition.ratio_of is not None and one.value is not None and 0 <= one.value <= 1
            above, below = (one.parts[name] for name in one.definition.ratio_of)
            assert one.value == approx(above / below, abs=1e-3), code
    assert all(one.holds for one in identities(figures.centre)) and len(identities(figures.centre)) == 2


def test_an_identity_that_does_not_hold_is_told() -> None:
    from caasis.analytics.telephone import Identity

    assert not Identity("", 3, 4).holds and Identity("", 0.1 + 0.2, 0.3).holds


def test_agents_time_gives_utilisation_full_time_and_span_of_control(day: Hall) -> None:
    """The counsellor works for an hour, of which 15 minutes are a break; the supervisor half of it."""
    begin = day.now()
    figures = telephone_figures(
        actor=day.town.official, start=begin, end=begin + timedelta(hours=1), now=begin + timedelta(hours=1)
    )
    assert figures.values["K27"].value == 1 and figures.values["K53"].value is None
    assert figures.values["K51"].value == approx(1 / 7.75) and figures.values["K26"].value == 0
    set_state(actor=day.town.counsellor, state=AgentState.BREAK, reason="rest", at=begin + timedelta(minutes=15))
    set_state(actor=day.town.counsellor, state=AgentState.AVAILABLE, at=begin + timedelta(minutes=30))
    day.leap(30 * 60)
    day.seat("supervisor")
    day.leap(30 * 60)
    figures = telephone_figures(actor=day.town.official, start=begin, end=day.now(), now=day.now())
    assert figures.values["K27"].value == approx(75 / 90) and figures.values["K53"].value == approx(2)
    assert figures.values["K51"].value == approx(1.5 / 7.75)


def test_calls_made_are_counted_by_the_hour_and_traffic_by_the_second(hall: Hall) -> None:
    hall.seat("counsellor")
    begin = hall.now()
    hall.ask("counsellor", RequestKind.CALL, number="03-5555-0199")
    hall.leap(1800)
    figures = telephone_figures(actor=hall.town.official, start=begin, end=hall.now(), now=hall.now())
    assert figures.values["K26"].value == approx(2)
    assert 0 < (figures.values["K29"].value or 0) <= 1
    assert figures.values["K24"].value == 0 and figures.values["K25"].value is None, "a rate over nothing is none"


def test_now_there_is_who_waits_and_how_long_one_would_wait(hall: Hall) -> None:
    assert telephone_now(actor=hall.town.counsellor, now=hall.now())["K46"].value is None
    hall.seat("counsellor")
    now = telephone_now(actor=hall.town.counsellor, now=hall.now())
    assert (now["K45"].value, now["K46"].value) == (0, 0.0)
    hall.connected("counsellor")
    hall.incoming(caller="+819055550102")
    now = telephone_now(actor=hall.town.counsellor, now=hall.now())
    assert (now["K45"].value, now["K46"].value) == (1, 2 * 15 * 60.0)


def test_others_see_their_own_centre_or_nothing_and_counsellors_no_team(day: Hall) -> None:
    assert values(day, "outside_official")["K24"] == 0
    assert {"K27", "K51", "K53"}.isdisjoint(values(day, "counsellor"))
    for name in ("ncac", "analyst", "admin"):
        with pytest.raises(NotAllowed):
            values(day, name)
