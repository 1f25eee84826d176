"""The engine's life: its threads, its time, its orders, and what it knows of itself."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from caasis.telephony.adapters.embedded.media import (
    MediaEngine,
    MediaHappening,
    NoPortFree,
    PlayEnd,
    Quality,
    RecordingDone,
    UnknownLeg,
    open_recording,
)
from caasis.telephony.vocabulary import PlayEnd as Reason
from tests.rooms.telephony.media.telephone import KEY, PORTS, Exchange, Telephone, sine


def engine(tmp_path: Path, told: list[MediaHappening]) -> MediaEngine:
    return MediaEngine(
        host="127.0.0.1", ports=PORTS, keys=lambda name: KEY, recordings=tmp_path, on_happening=told.append, capacity=8
    )


def test_it_ticks_by_itself_and_tells_from_a_thread_of_its_own(tmp_path: Path):
    told: list[MediaHappening] = []
    threads = set()

    def take(happening: MediaHappening) -> None:
        threads.add(threading.current_thread().name)
        told.append(happening)

    made = MediaEngine(
        host="127.0.0.1", ports=PORTS, keys=lambda name: KEY, recordings=tmp_path, on_happening=take, capacity=8
    )
    telephone = Telephone(500)
    telephone.port = made.open_leg("a").port
    made.set_remote("a", telephone.address, payload=0, events_payload=None)
    made.set_hearing("a", {"a": 1.0})
    made.start_recording("a", "rec", "key")
    made.play("a", "prompt", [sine(900, 1_600)], loop=False, until_key=False, over=False)
    tap = made.tap("a", "heard")
    began = time.monotonic()
    made.start()
    while time.monotonic() - began < 1:
        telephone.send()
        time.sleep(0.02)
    made.stop()
    telephone.take()
    expected = (time.monotonic() - began) / 0.02
    assert expected * 0.3 < len(telephone.got) <= expected + 1
    assert threads == {"media-happenings"}
    assert [(one.play, one.reason) for one in told if isinstance(one, PlayEnd)] == [("prompt", Reason.FINISHED)]
    [recording] = [one for one in told if isinstance(one, RecordingDone)]
    assert 0.5 < recording.seconds < 2 and recording.failed == ""
    with open_recording(tmp_path / recording.file, KEY) as reader:
        assert not reader.cut
    assert len(list(tap)) >= 4
    statistics = made.statistics()
    assert statistics.ticks >= expected * 0.3 and statistics.busy_s > 0 and statistics.cpu_s > 0
    telephone.close()


def test_stopping_ends_everything_and_every_thread(tmp_path: Path):
    told: list[MediaHappening] = []
    before = threading.active_count()
    made = engine(tmp_path, told)
    made.start()
    made.open_leg("a")
    made.play("a", "music", [sine(900, 1_600)], loop=True, until_key=False, over=False)
    made.start_recording("a", "rec", "key")
    made.stop()
    assert threading.active_count() == before
    assert {type(one) for one in told} == {PlayEnd, RecordingDone, Quality}
    assert made.statistics().legs == 0
    with pytest.raises(UnknownLeg):
        made.set_sending("a", True)


def test_many_threads_may_call_at_once(tmp_path: Path):
    told: list[MediaHappening] = []
    made = engine(tmp_path, told)
    made.start()
    failed: list[Exception] = []

    def calls(name: str) -> None:
        try:
            for number in range(25):
                opened = False
                while not opened:
                    with contextlib.suppress(NoPortFree):
                        made.open_leg(name)
                        opened = True
                made.set_remote(name, ("127.0.0.1", 9), payload=0, events_payload=None)
                made.set_hearing(name, {"0": 1.0, "1": 1.0, name: 0.5})
                made.play(name, f"{name}-{number}", [sine(900, 800)], loop=True, until_key=True, over=True)
                made.start_recording(name, f"{name}-{number}", "key")
                made.send_digits(name, "1")
                made.statistics()
                made.close_leg(name)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=calls, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    made.stop()
    assert failed == []
    assert sum(isinstance(one, RecordingDone) and not one.failed for one in told) == 100
    assert sum(isinstance(one, PlayEnd) for one in told) == 100


def test_a_listener_that_fails_is_told_the_next(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    told: list[MediaHappening] = []

    def take(happening: MediaHappening) -> None:
        told.append(happening)
        raise RuntimeError("full")

    exchange = Exchange(tmp_path)
    exchange.engine._teller._on_happening = take
    exchange.call("a")
    exchange.talk(3)
    exchange.hang_up("a")
    exchange.tick()
    exchange.call("b")
    exchange.hang_up("b")
    exchange.tick()
    assert len(told) == 2 and "not taken" in caplog.text
    exchange.close()


def test_an_order_that_fails_does_not_stop_the_others(exchange: Exchange, caplog: pytest.LogCaptureFixture):
    exchange.call("a", 500)
    exchange.engine._orders.append(lambda: 1 // 0)
    exchange.engine.set_hearing("a", {"a": 1.0})
    exchange.talk(30)
    assert exchange.hears("a") == {500: 1.0} and "an order failed" in caplog.text


def test_what_was_asked_of_a_leg_that_went_never_comes_to_another(exchange: Exchange):
    """Another thread closes the leg between the moment when it is found by name and the order: forced here."""
    engine = exchange.engine
    exchange.call("a", 500)
    exchange.call("listener", 700)
    exchange.tick()
    gone = engine._legs["a"]
    exchange.hang_up("a")
    exchange.tick()
    other = exchange.call("b", 900)
    assert engine._legs["b"].place == gone.place
    engine._legs["a"] = gone
    engine.set_hearing("listener", {"a": 1.0})
    engine.set_hearing("a", {"listener": 1.0})
    engine.play("a", "prompt", [sine(1_100, 8_000)], loop=True, until_key=False, over=False)
    engine.start_recording("a", "rec", "key")
    engine.set_sending("a", False)
    engine.send_digits("a", "5")
    engine.listen_for_tones("a", True)
    engine.set_remote("a", ("127.0.0.1", 9), payload=8, events_payload=None)
    tap = engine.tap("a", "said")
    del engine._legs["a"]
    exchange.talk(30)
    assert exchange.hears("listener") == {} and exchange.hears("b") == {}
    assert len(other.got) == 30 and {one.payload_type for one in other.got} == {0}
    assert [(one.play, one.reason) for one in exchange.all(PlayEnd)] == [("prompt", Reason.HANGUP)]
    assert [(one.seconds, one.failed) for one in exchange.all(RecordingDone)] == [(0.0, "")]
    assert list(tap) == []


def test_a_tick_is_sent_even_when_reading_fails(exchange: Exchange, monkeypatch: pytest.MonkeyPatch):
    telephone = exchange.call("a", 500)
    exchange.talk(3)

    def fails(now: float) -> None:
        raise RuntimeError("reading")

    monkeypatch.setattr(exchange.engine._processor, "look", fails)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            exchange.tick()
        exchange.now += 0.02
    telephone.take()
    assert len(telephone.got) == 6


def test_a_tick_that_comes_late_is_counted_and_made_up_for(exchange: Exchange):
    telephone = exchange.call("a", 500)
    exchange.engine.set_hearing("a", {"a": 1.0})
    exchange.talk(10)
    for _ in range(3):
        telephone.send()
    exchange.now += 0.04
    exchange.engine.step(exchange.now)
    exchange.engine.step(exchange.now)
    exchange.engine.step(exchange.now)
    exchange.now += 0.02
    exchange.talk(40)
    statistics = exchange.engine.statistics()
    assert statistics.late_ticks == 2 and statistics.ticks == 53
    assert exchange.hears("a") == {500: 1.0} and statistics.lost == 0


def test_what_can_not_be_made_up_for_is_left_out(exchange: Exchange):
    telephone = exchange.call("a", 500)
    exchange.talk(10)
    exchange.now += 1.0
    exchange.talk(10)
    statistics = exchange.engine.statistics()
    assert statistics.ticks == 70 and statistics.late_ticks >= 50
    assert len(telephone.got) == 20
    # The stream's time has passed all the same.
    assert (telephone.got[-1].timestamp - telephone.got[0].timestamp) % 2**32 == 69 * 160


def test_the_next_step_is_told(exchange: Exchange):
    step = exchange.engine.step
    assert step(50.0) == pytest.approx(50.005)
    assert step(50.018) == pytest.approx(50.02)
    assert step(50.02) == pytest.approx(50.025)


def test_figures_of_legs_that_are_gone_stay(exchange: Exchange):
    for name in ("a", "b", "c"):
        exchange.call(name, 500)
        exchange.talk(20)
        exchange.telephones[name].send(b"nonsense")
        exchange.tick()
        exchange.hang_up(name)
        exchange.tick()
    statistics = exchange.engine.statistics()
    assert (statistics.received, statistics.expected, statistics.lost, statistics.refused) == (60, 60, 0, 3)
    assert statistics.sent == 63 and statistics.legs == 0


def test_a_process_is_tuned_for_ticks():
    script = """
import gc, resource, sys
from caasis.telephony.adapters.embedded.media import tune_process
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
tune_process()
print(sys.getswitchinterval() < 0.001, gc.get_freeze_count() > 1000, resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
tune_process()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True True True\n"


def test_nothing_of_it_needs_django():
    script = "import sys, caasis.telephony.adapters.embedded.media as m; print([n for n in sys.modules if n.startswith('django')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
