"""Whatever happens in whatever order: every ended call has a record, nobody talks without a living call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from caasis.kernel.errors import DomainError
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus
from caasis.queues.services.agents import set_state
from caasis.queues.vocabulary import AgentState
from caasis.telephony.models import Call, DeskRequest, Number, Participant
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.selectors import figures_of_centre
from caasis.telephony.services import add_flow, ask, publish_version, save_draft
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.vocabulary import EndCause, RequestKind
from tests.rooms.telephony.flow_document import flow_of
from tests.rooms.telephony.hall import MORNING, Hall, assert_true
from tests.support.cast import make_town

#: The engine may be away, a leg gone, an agent busy: then a move is none.
NO_MOVE = (LookupError, EngineUnreachable, DomainError, ZeroDivisionError, ObjectDoesNotExist)
AGENTS = ("counsellor", "counsellor2", "supervisor")
ASKED = [kind for kind in RequestKind if kind is not RequestKind.CONNECT_BROWSER]
#: (what, which call, which agent, another number)
MOVES = st.tuples(
    st.sampled_from(
        ["call", "call", "press", "press", "answer", "answer", "ask", "ask", "ask", "hang_up", "refuse", "wait", "leap", "come_back",
         "restart_board", "restart_engine", "cut", "mend", "phone_goes", "silent"]
    ),
    st.integers(0, 3),
    st.sampled_from(AGENTS),
    st.integers(0, 200),
)  # fmt: skip


class Day:
    """A hall in which moves are made that may or may not be possible."""

    def __init__(self, hall: Hall, *, with_flow: bool) -> None:
        self.hall = hall
        if with_flow:
            manager, centre_id = hall.town.supervisor, hall.town.centre_a.id
            flow = add_flow(actor=manager, centre_id=centre_id, name="受付")
            version = save_draft(actor=manager, flow_id=flow.id, document=flow_of(str(hall.queue.id)))
            publish_version(actor=manager, version_id=version.id)
            Number.objects.update(flow=flow)
        for name in AGENTS:
            hall.seat(name)

    def make(self, what: str, which: int, name: str, extra: int) -> None:
        move: Callable[[int, str, int], Any] = getattr(self, f"_{what}")
        with suppress(*NO_MOVE):
            move(which, name, extra)
        self.hall.turn()
        self._look()

    def _legs(self) -> list[str]:
        return sorted(self.hall.engine.switch.legs)

    def _calls(self) -> list[Call]:
        return list(Call.objects.order_by("-began_at", "-id")[:4])

    def _call(self, which: int, name: str, extra: int) -> None:
        caller = "" if extra % 5 == 0 else f"+8190555501{which:02d}"
        self.hall.world.incoming_call(called="03-5555-0100", caller=caller)

    def _answer(self, which: int, name: str, extra: int) -> None:
        self.hall.world.peer_answers(name if extra % 3 else "+81355550177")

    def _press(self, which: int, name: str, extra: int) -> None:
        calls = self._calls()
        self.hall.world.press(self.hall.leg(calls[which % len(calls)]), "1230#9"[extra % 6])

    def _refuse(self, which: int, name: str, extra: int) -> None:
        self.hall.world.peer_refuses(name, list(EndCause)[extra % 4 + 1])

    def _ask(self, which: int, name: str, extra: int) -> None:
        kind, calls = ASKED[extra % len(ASKED)], self._calls()
        target = self.hall.town.actors[AGENTS[which % 3]].id
        ask(
            actor=self.hall.town.actors[name],
            kind=kind,
            call_id=calls[which % len(calls)].id if calls else None,
            target_kind=("agent", "number", "queue")[extra % 3] if kind is RequestKind.TRANSFER else "agent",
            target_id=self.hall.queue.id if kind is RequestKind.TRANSFER and extra % 3 == 2 else target,
            number="03-5555-0177",
            digits="1",
            option="whisper" if kind is RequestKind.MONITOR else "",
        )

    def _hang_up(self, which: int, name: str, extra: int) -> None:
        self.hall.world.peer_hangs_up(self._legs()[extra % len(self._legs() or [1])])

    def _silent(self, which: int, name: str, extra: int) -> None:
        self.hall.world.falls_silent(self._legs()[extra % len(self._legs() or [1])])

    def _wait(self, which: int, name: str, extra: int) -> None:
        self.hall.world.advance(extra % 30)

    def _leap(self, which: int, name: str, extra: int) -> None:
        self.hall.world.advance(extra * 3)

    def _come_back(self, which: int, name: str, extra: int) -> None:
        self.hall.world.register(name)
        set_state(actor=self.hall.town.actors[name], state=AgentState.AVAILABLE, at=self.hall.now())

    def _restart_board(self, which: int, name: str, extra: int) -> None:
        self.hall.board = Switchboard(self.hall.port, self.hall.now)

    def _restart_engine(self, which: int, name: str, extra: int) -> None:
        self.hall.world.restart_engine()
        self.hall.world.trunk("trunk", up=True)
        for one in AGENTS:
            self.hall.world.register(one)

    def _cut(self, which: int, name: str, extra: int) -> None:
        self.hall.world.cut_off()

    def _mend(self, which: int, name: str, extra: int) -> None:
        self.hall.world.cut_off(False)

    def _phone_goes(self, which: int, name: str, extra: int) -> None:
        self.hall.world.unregister(name)

    def _look(self) -> None:
        hall = self.hall
        assert_true(hall)
        waiting = DeskRequest.objects.filter(state=DeskRequest.State.WAITING)
        assert not waiting.exists()
        open_parts = Participant.objects.filter(gone_at=None).exclude(agent_id=None)
        agents = list(open_parts.values_list("agent_id", flat=True))
        assert len(agents) == len(set(agents)), "an agent is in two calls"

    def end(self) -> None:
        """Everybody goes home: nothing may be left."""
        hall = self.hall
        hall.world.cut_off(False)
        hall.turn()
        # Nobody is there for what was promised meanwhile.
        for name in AGENTS:
            AgentStatus.objects.filter(user_id=hall.town.actors[name].id).update(capacity={})
        for leg in self._legs():
            with suppress(KeyError):
                hall.world.peer_hangs_up(leg)
        hall.turn()
        hall.leap(400)
        assert not Call.objects.filter(ended_at=None).exists()
        assert not hall.engine.snapshot().legs
        assert not AgentStatus.objects.exclude(at_work={}).exists()
        assert not AgentStatus.objects.filter(state__in=["ringing", "talking", "wrap_up"]).exists()
        actor = hall.town.supervisor
        figures = figures_of_centre(
            actor=actor, start=MORNING - timedelta(hours=1), end=hall.now() + timedelta(hours=1)
        )
        assert figures.offered == sum(figures.outcomes.values())
        assert Outcome.UNFINISHED not in figures.outcomes
        for call in Call.objects.all():
            record = hall.record(call)
            for part in record.parts:
                assert part.acw_s is not None and part.handling_s == part.talk_s + part.hold_s + part.acw_s


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order(db):
    from django.db import transaction

    # Without shrinking: each example plays a day, and what failed is printed move by move.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.explicit, Phase.generate),
    )
    @given(st.lists(MOVES, min_size=1, max_size=30), st.booleans())
    def play(moves, with_flow):
        with transaction.atomic(), system_transaction():
            day = Day(Hall(make_town()), with_flow=with_flow)
            for number, move in enumerate(moves):
                note(f"{number}: {move}")
                day.make(*move)
            day.end()
            transaction.set_rollback(True)

    play()


EXAMPLES = 6
