"""The wall in words: who is shown when there are many, and how times and rates are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from caasis.appointments.selectors import OpenPromises
from caasis.desk.phone_board import bars, in_words, percent, shown_wall, spell
from caasis.queues.selectors import AgentView
from caasis.queues.vocabulary import AgentState
from caasis.telephony.board_selectors import BoardAgent, PhoneBoard
from caasis.telephony.rules.figures import centre_figures

NOW = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)


def board(*minutes: int, state: AgentState = AgentState.TALKING) -> PhoneBoard:
    """A centre whose agents are in one state since so many minutes each."""
    agents = tuple(
        BoardAgent(
            AgentView(UUID(int=n + 1), f"見本{n}", state, "", NOW - timedelta(minutes=since), {}), None, False, ()
        )
        for n, since in enumerate(minutes)
    )
    states = {one: len(agents) if one is state else 0 for one in AgentState if one is not AgentState.OFFLINE}
    return PhoneBoard(NOW, True, (), agents, states, centre_figures([], ""), 20, {}, OpenPromises(0, None))


def test_a_small_team_is_shown_one_by_one_and_of_a_large_one_who_needs_a_look() -> None:
    assert len(shown_wall(board(*range(12))).people) == 12
    large = shown_wall(board(*[1] * 28, 25, 40))
    assert [one.word for one in large.people] == ["長い通話"] * 2
    assert large.signed_in == 30 and sum(one.count for one in large.states) == 30


def test_a_long_break_is_nobodys_business() -> None:
    assert {one.word for one in shown_wall(board(90, state=AgentState.BREAK)).people} == {"休憩"}


def test_nothing_counted_is_no_zero() -> None:
    wall = shown_wall(board())
    assert (wall.service_level, wall.answer_rate, wall.waiting, wall.bars) == ("−", "−", 0, [])


@pytest.mark.parametrize(
    ("seconds", "short", "words"),
    [
        (0, "0:00", "0秒"),
        (59.9, "0:59", "59秒"),
        (102, "1:42", "1分42秒"),
        (120, "2:00", "2分"),
        (3723, "1:02:03", "62分3秒"),
    ],
)
def test_times_are_written_as_people_say_them(seconds: float, short: str, words: str) -> None:
    assert (spell(seconds), in_words(seconds)) == (short, words)
    assert (spell(None), percent(None), percent(1.0), percent(0.923)) == ("−", "−", "100", "92.3")


def test_bars_stand_on_one_line_and_an_hour_without_calls_has_its_place() -> None:
    drawn = bars({9: 10, 11: 5})
    assert [(bar.hour, bar.count) for bar in drawn] == [(9, 10), (10, 0), (11, 5)]
    assert {bar.top + bar.height for bar in drawn} == {148} and drawn[0].height == 2 * drawn[2].height
