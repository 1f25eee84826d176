"""The engine dies, the switchboard dies, the line is cut, the database is slow: records end true and nobody hangs."""

from __future__ import annotations

import pytest

from caasis.queues.models import Queue
from caasis.telephony.commands import Command
from caasis.telephony.models import Call, Order, Participant
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.vocabulary import CallPhase, EndCause, Part, RequestKind
from tests.rooms.telephony.hall import Hall, assert_true

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process dies here."""


class DyingPort:
    """The memory engine, whose caller dies before (or after) the n-th command is sent."""

    def __init__(self, engine):
        self._engine = engine
        self.dies_in = None
        self.after = False

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def send(self, command: Command) -> None:
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in < 0:
                self.dies_in = None
                if self.after:
                    self._engine.send(command)
                raise Killed
        self._engine.send(command)


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    made.port = DyingPort(made.engine)
    made.board = Switchboard(made.port, made.now)
    made.turn()
    yield made
    assert_true(made)


def restart(hall):
    hall.board = Switchboard(hall.port, hall.now)
    hall.turn()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(4))
def test_killed_between_commit_and_send_nothing_is_lost_and_nothing_done_twice(hall, nth, after):
    hall.seat("counsellor")
    hall.port.dies_in, hall.port.after = nth, after
    leg = hall.world.incoming_call(called="03-5555-0100", caller="+819055550101")
    with pytest.raises(Killed):
        hall.turn()
        hall.world.peer_answers("counsellor")
        hall.turn()
    restart(hall)
    if hall.state("counsellor") == "ringing":
        hall.world.peer_answers("counsellor")
        hall.turn()
    call = Participant.objects.get(leg=leg).call
    assert hall.read(call).phase == CallPhase.TALKING and hall.state("counsellor") == "talking"
    assert hall.hears(leg) == {hall.leg(call, Part.AGENT)}
    assert Participant.objects.filter(call=call).count() == 2
    assert hall.refused_orders() == [] and not Order.objects.filter(sent_at=None).exists()


def test_a_new_life_of_the_engine_ends_every_call_of_the_former_one(hall):
    hall.seat("counsellor")
    talking = hall.connected()
    waiting = hall.incoming(caller="+819055550102")
    hall.wait(5)
    hall.world.restart_engine()
    hall.turn()
    for call in (talking, waiting):
        row = hall.read(call)
        assert row.end_cause == EndCause.ENGINE_LOST and hall.steps(call)[-1] in ("ended", "wrapped_up")
    assert hall.outcome(talking) == ["answered"] and hall.outcome(waiting) == ["callback"]
    assert hall.state("counsellor") == "available"
    hall.world.trunk("trunk", up=True)
    hall.world.register("counsellor")
    hall.turn()
    # The first thing that the agent is rung for is to call back whoever was cut off.
    assert hall.state("counsellor") == "ringing"
    assert hall.read(Call.objects.latest("began_at")).callback_for is not None


def test_an_engine_that_stays_away_ends_its_calls_after_half_a_minute(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.world.lose_engine()
    hall.leap(0)
    assert hall.read(call).phase == CallPhase.TALKING
    hall.leap(31)
    assert hall.read(call).end_cause == EndCause.ENGINE_LOST and hall.state("counsellor") == "available"


def test_a_short_cut_changes_nothing(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.world.cut_off()
    hall.leap(10)
    assert hall.ask("counsellor", RequestKind.HOLD, call).state == "done"
    hall.world.cut_off(False)
    hall.turn()
    assert hall.hears(hall.leg(call)) == {"prompt:hold_music"}


def test_whoever_hung_up_during_a_long_cut_is_let_go(hall):
    hall.seat("counsellor")
    call = hall.connected()
    customer = hall.leg(call)
    hall.world.cut_off()
    hall.leap(0)
    hall.leap(40)
    assert hall.read(call).end_cause == EndCause.ENGINE_LOST
    hall.world.cut_off(False)
    hall.turn()
    # The engine still held the legs: they are not left alone with one another.
    with pytest.raises(KeyError):
        hall.hears(customer)


def test_the_switchboard_comes_back_after_a_call_has_ended(hall):
    hall.seat("counsellor")
    call = hall.connected()
    hall.world.peer_hangs_up(hall.leg(call))
    restart(hall)
    assert hall.outcome(call) == ["answered"] and hall.state("counsellor") == "wrap_up"


def test_signals_that_were_forgotten_are_made_up_for_by_what_lives(hall):
    hall.seat("counsellor")
    call = hall.connected()
    agent = hall.leg(call, Part.AGENT)
    hall.world.peer_hangs_up(agent)
    # Everything that was told is forgotten.
    hall.engine.switch.journal._kept.clear()
    hall.world.trunk("trunk", up=True)
    hall.turn()
    assert hall.read(call).ended_at is not None or hall.read(call).phase != CallPhase.TALKING
    assert_true(hall)


def test_a_prompt_that_is_missing_keeps_nobody_waiting_in_silence(hall):
    hall.engine._house = type(hall.engine._house)(
        capabilities=hall.engine._house.capabilities, prompts=lambda name: None, may_call=("+81",), lines=10
    )
    hall.seat("counsellor")
    assert hall.connected().phase == CallPhase.TALKING


def test_a_call_that_overflows_to_a_partner_belongs_to_the_partner(hall):
    queue = Queue.objects.get(id=hall.queue.id)
    queue.overflow = [{"queue": str(hall.partner_queue.id), "waited_s": 20}]
    queue.save()
    call = hall.incoming()
    hall.wait(15)
    hall.seat("outsider")
    assert hall.state("outsider") == "available"
    hall.wait(10)
    assert hall.state("outsider") == "ringing"
    hall.world.peer_answers("outsider")
    hall.turn()
    hall.wait(10)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    assert hall.outcome(call) == ["overflowed", "answered"]
    row = hall.read(call)
    assert row.centre_id == hall.town.centre_b.id and row.outcome == "answered"
    from caasis.kernel.actor import Purpose
    from caasis.kernel.errors import NotAllowed
    from caasis.privacy.services import open_fields

    opened = open_fields(row, "caller", actor=hall.town.outsider, purpose=Purpose.OWN_CASE)
    assert opened["caller"] == "+819055550101"
    with pytest.raises(NotAllowed):
        open_fields(row, "caller", actor=hall.town.counsellor, purpose=Purpose.OWN_CASE)


def test_an_unexpected_failure_holds_up_nobody_else(hall, monkeypatch):
    from caasis.telephony.switchboard import legs

    hall.seat("counsellor")
    monkeypatch.setattr(legs, "_number_called", lambda called: 1 / 0)
    hall.world.incoming_call(called="03-5555-0100", caller="+819055550199")
    while hall.board.turn():
        pass
    assert hall.board.failures == 1
    monkeypatch.undo()
    hall.board.failures = 0
    assert hall.connected().phase == CallPhase.TALKING
    # The call that nobody knows is not left ringing for ever.
    assert len(hall.engine.snapshot().legs) == 2
    assert Call.objects.count() == 1
