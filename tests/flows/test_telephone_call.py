"""One whole call over our own engine: SIP telephones, the engine's process, the switchboard, and the records afterwards."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from caasis.kernel.clock import utc_now
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus, Queue
from caasis.queues.services.agents import sign_in
from caasis.telephony.adapters.embedded.media import open_recording
from caasis.telephony.models import Call, Recording
from caasis.telephony.rules.call_record import CallRecord, Outcome
from caasis.telephony.selectors import rebuilt_record, stored_record
from caasis.telephony.services import ask, save_number, set_station
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.vocabulary import CallPhase, RequestKind
from tests.rooms.telephony.sip.engine_main import KEY
from tests.rooms.telephony.sip.phone import Phone, Voices
from tests.rooms.telephony.sip.running import RunningEngine

pytestmark = pytest.mark.django_db
LINE, CALLER = "03-5555-0100", "+819055550101"
PASSWORD = "みほんの電話"


class Centre:
    """A centre with our engine, a desk phone and a telephone of the public."""

    def __init__(self, town: Any, folder: Path) -> None:
        self.town = town
        phones = {"1001": {"password": PASSWORD}, "1002": {"password": PASSWORD}}
        self.running = RunningEngine(folder, phones=phones | {"9001": {"password": PASSWORD, "outside": CALLER}})
        self.board = Switchboard(self.running.engine, utc_now)
        voices = Voices()
        self.phones = {
            user: Phone(user, self.running.address, password=PASSWORD, voices=voices) for user in (*phones, "9001")
        }
        with system_transaction():
            queue = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
        save_number(actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", queue_id=queue.id)
        for user, name in (("1001", "counsellor"), ("1002", "counsellor2")):
            set_station(actor=town.actors[name], user=user)
        for phone in self.phones.values():
            assert phone.register() == 200

    def until(self, check: Callable[[], Any], what: str, *, within_s: float = 15.0) -> Any:
        """Let the switchboard work until something is so."""
        until = time.monotonic() + within_s
        while not (found := check()):
            assert time.monotonic() < until, f"did not happen: {what}"
            self.board.turn(0.02)
        assert self.board.failures == 0
        return found

    def call(self) -> Call:
        with system_transaction():
            return Call.objects.order_by("-began_at").first()  # type: ignore[return-value]

    def records(self) -> tuple[CallRecord, CallRecord]:
        """The last call's record as it is stored, and as its log gives it."""
        row = self.call()
        with system_transaction():
            return stored_record(row), rebuilt_record(row)

    def state(self, name: str) -> str:
        with system_transaction():
            return AgentStatus.objects.get(user_id=self.town.actors[name].id).state

    def close(self) -> None:
        self.running.stop()
        for phone in self.phones.values():
            phone.close()


@pytest.fixture
def centre(town: Any, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(town, tmp_path)
    yield made
    made.close()


def talking(centre: Centre) -> tuple[Any, Any]:
    """The caller's call and the agent's, who hear each other."""
    centre.until(lambda: sorted(centre.running.snapshot().users) == ["1001", "1002", "9001"], "all are registered")
    centre.until(lambda: not centre.board.turn(), "the switchboard is at rest")
    sign_in(actor=centre.town.counsellor)
    caller = centre.phones["9001"].call("0355550100")
    desk = centre.phones["1001"]
    centre.until(lambda: desk.calls and desk.calls[-1].state == "ringing", "it rings at the desk")
    desk.answer()
    agent = desk.calls[-1]
    centre.until(lambda: caller.hears({"agent": agent.hz}) == {"agent"}, "the caller hears the agent")
    centre.until(lambda: agent.hears({"caller": caller.hz}) == {"caller"}, "the agent hears the caller")
    return caller, agent


def test_from_a_ring_to_the_records(centre: Centre) -> None:
    caller, agent = talking(centre)
    row = centre.call()
    assert (row.phase, row.presentation) == (CallPhase.TALKING.value, "allowed")
    ask(actor=centre.town.counsellor, kind=RequestKind.HOLD, call_id=row.id)
    centre.until(lambda: agent.hears({"caller": caller.hz}) == set(), "on hold nobody hears the other")
    ask(actor=centre.town.counsellor, kind=RequestKind.RESUME, call_id=row.id)
    centre.until(lambda: agent.hears({"caller": caller.hz}) == {"caller"}, "and again they do")
    talked = time.monotonic() + 1.5
    centre.until(lambda: time.monotonic() > talked, "they talk for a while")
    caller.phone.hang_up(caller)
    centre.until(lambda: centre.call().phase == CallPhase.ENDED.value, "the call is over")
    centre.until(lambda: agent.state == "over", "the desk phone is told")
    stored, rebuilt = centre.records()
    assert stored == rebuilt and centre.call().outcome == Outcome.ANSWERED.value
    assert centre.state("counsellor") == "wrap_up"

    def recorded() -> Any:
        with system_transaction():
            return Recording.objects.exclude(ready_at=None).first()

    recording = centre.until(recorded, "the recording is whole")
    with open_recording(centre.running.folder / "recordings" / recording.file, KEY) as reader:
        assert reader.seconds > 0.5 and abs(reader.read(0.2, 0.2)).max() > 1_000


def test_an_engine_that_is_killed_ends_the_call_and_frees_the_agent(centre: Centre) -> None:
    talking(centre)
    centre.running.kill()
    centre.running.start()
    centre.until(lambda: centre.call().phase == CallPhase.ENDED.value, "the call is over in the records", within_s=60)
    stored, rebuilt = centre.records()
    assert stored == rebuilt
    assert centre.state("counsellor") != "talking"
    for user in ("1001", "9001"):
        assert centre.phones[user].register() == 200
    centre.until(lambda: "1001" in centre.running.snapshot().users, "the desk phone is back")


def test_an_engine_that_is_told_to_end_says_goodbye_to_everybody(centre: Centre) -> None:
    caller, agent = talking(centre)
    centre.running.signal(signal.SIGTERM)
    centre.until(lambda: not centre.running.lives, "the engine has ended")
    assert centre.running.stop() == 0
    until = time.monotonic() + 5
    while {caller.state, agent.state} != {"over"} and time.monotonic() < until:
        time.sleep(0.05)
    assert {caller.state, agent.state} == {"over"}
