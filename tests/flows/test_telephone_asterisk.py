"""One whole call over an Asterisk (its model): the switchboard, a desk phone, and the recording heard at the desk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from caasis.kernel.actor import Purpose
from caasis.kernel.clock import utc_now
from caasis.platform.transactions import system_transaction
from caasis.queues.models import AgentStatus, Queue
from caasis.queues.services.agents import sign_in
from caasis.telephony.adapters.asterisk.opening import FILE
from caasis.telephony.models import Call, Recording
from caasis.telephony.ports import EngineUnreachable
from caasis.telephony.rules.call_record import Outcome
from caasis.telephony.selectors import rebuilt_record, stored_record
from caasis.telephony.services import save_number, set_station
from caasis.telephony.services.listening import begin_listening, open_sound
from caasis.telephony.switchboard import Switchboard
from caasis.telephony.switchboard.process import open_port
from caasis.telephony.vocabulary import CallPhase
from tests.rooms.telephony.asterisk.model import Channel
from tests.rooms.telephony.asterisk.server import PASSWORD, USER, Server

#: Committed: the adapter reads the keys of recordings on a thread of its own.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
LINE, CALLER = "03-5555-0100", "09055550101"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(sounds={})
    made.endpoints = {"carrier": "online", "1001": "online"}
    made.asterisk.endpoints = dict(made.endpoints)
    yield made
    made.kill()
    assert not made.violations, made.violations


@pytest.fixture
def board(server: Server, town: Any, tmp_path: Path, settings: Any) -> Iterator[Switchboard]:
    """The switchboard on the port that `CAASIS_TELEPHONE=asterisk` opens."""
    (tmp_path / "telephone").mkdir()
    told = tmp_path / "telephone" / FILE
    told.write_text(f'url = "{server.url}"\nuser = "{USER}"\npassword = "{PASSWORD}"\ntrunks = ["carrier"]\n')
    told.chmod(0o600)
    settings.TELEPHONY_PORT = "caasis.telephony.adapters.asterisk.opening.open_port"
    settings.TELEPHONY_RECORDINGS = tmp_path / "recordings"
    home, settings.CAASIS_HOME = settings.CAASIS_HOME, tmp_path
    port = open_port()
    settings.CAASIS_HOME = home
    with system_transaction():
        queue = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
    save_number(actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", queue_id=queue.id)
    set_station(actor=town.counsellor, user="1001")
    board = Switchboard(port, utc_now)

    def reached() -> bool:
        try:
            return bool(port.snapshot().users)
        except EngineUnreachable:
            return False

    until(board, reached, "Asterisk is reached")
    until(board, lambda: not board.turn(), "the switchboard is at rest")
    yield board
    port.close()


def until(board: Switchboard, check: Callable[[], Any], what: str) -> Any:
    """Let the switchboard work until something is so."""
    end = time.monotonic() + 15
    while not (found := check()):
        assert time.monotonic() < end, f"did not happen: {what}"
        board.turn(0.02)
    return found


def one(model: Any, **where: Any) -> Any:
    with system_transaction():
        return model.objects.filter(**where).first()


def test_from_a_ring_to_the_recording_that_is_heard(server: Server, board: Switchboard, town: Any) -> None:
    sign_in(actor=town.counsellor)
    caller = Channel("1700000000.1", "PJSIP/carrier-00000001", "Ring", number=CALLER, caller_name="")
    server.asterisk.call_in(
        caller, ["trunk=carrier", "called=0355550100", "shown=allowed_passed_screen", "diverted="]
    )

    def ringing() -> Any:
        return next((c for c in list(server.asterisk.channels.values()) if c.outgoing and c.state == "Ringing"), None)

    desk = until(board, ringing, "it rings at the desk")
    server.asterisk.pick_up(desk)
    until(board, lambda: server.asterisk.hears(caller) == {desk.id}, "the caller hears the desk")
    assert server.asterisk.hears(desk) == {caller.id}
    assert one(AgentStatus, user_id=town.counsellor.id).state == "talking"
    later = time.monotonic() + 1.5
    until(board, lambda: time.monotonic() > later, "they talk")
    server.asterisk.hang_up(caller)
    call = until(board, lambda: one(Call, phase=CallPhase.ENDED.value), "the call is over")
    assert call.outcome == Outcome.ANSWERED.value
    with system_transaction():
        assert stored_record(call) == rebuilt_record(call)
    recording = until(board, lambda: one(Recording, ready_at__isnull=False), "the recording is whole")
    assert not server.asterisk.stored, "Asterisk still has the sound"
    begin_listening(actor=town.counsellor, recording_id=recording.id, purpose=next(iter(Purpose)))
    sound = open_sound(actor=town.counsellor, recording_id=recording.id)
    heard = b"".join(sound.octets(0, sound.size))
    assert heard.startswith(b"RIFF") and any(heard[44 + 16_000 : 44 + 32_000])


def test_an_asterisk_that_is_lost_ends_the_call_in_the_records(server: Server, board: Switchboard, town: Any) -> None:
    caller = Channel("1700000000.1", "PJSIP/carrier-00000001", "Ring", number=CALLER, caller_name="")
    server.asterisk.call_in(
        caller, ["trunk=carrier", "called=0355550100", "shown=allowed_passed_screen", "diverted="]
    )
    until(board, lambda: one(Call), "the call is in the records")
    server.kill()
    server.start()
    call = until(board, lambda: one(Call, phase=CallPhase.ENDED.value), "the call is over in the records")
    with system_transaction():
        assert stored_record(call) == rebuilt_record(call)
