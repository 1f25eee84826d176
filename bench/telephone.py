"""The telephone as a whole: calls by sipp through our own engine, recorded and tapped, and what they cost.

    bin/bench telephone [--size CALLS] [--seconds S] [--soak MINUTES] [--quick]

sipp calls and sipp answers, each in a process of its own; the engine is the one of the product. The peer passes packets on
between two sockets in plain Python, without mixing, recording or signalling: the least that a Python engine can cost.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
from tests.rooms.telephony.sip.peers import Sipp
from tests.rooms.telephony.sip.phone import Phone, Voices, eventually
from tests.rooms.telephony.sip.running import RunningEngine, free_port

from bench.calibration import Calibration
from bench.installation import say
from bench.telephone_desk import measure_ring_to_card
from caasis.telephony.adapters.embedded.client import EmbeddedEngine
from caasis.telephony.adapters.embedded.control import Lines, connect
from caasis.telephony.commands import Answer, Endpoint, Hangup, Join, Originate, StartRecording
from caasis.telephony.signals import IncomingCall, LegChanged, RecordingReady
from caasis.telephony.vocabulary import LegPhase, Role

GOALS = {"late_ticks": 0.01, "delivered": 0.999, "core": 0.5, "answer_to_sound_ms": 200.0, "ring_to_card_ms": 1_000.0}
RTP = (24_000, 31_999)
#: To sipp, being asked whether it is there (OPTIONS) is a call as well.
SPARE = 1_000


class Driver:
    """What a switchboard would do, without a database: answers, calls an agent, brings both together, records, taps."""

    def __init__(self, running: RunningEngine, *, agents: bool) -> None:
        self.running, self._agents = running, agents
        # A connection of its own: whoever asks for figures must not wait for signals.
        self._engine = EmbeddedEngine(running.folder / "engine.sock")
        self.failed = self.ready = self.pieces = 0
        self._number = 0
        self._stop = threading.Event()
        self._taps = selectors.DefaultSelector()
        self._threads = [threading.Thread(target=one) for one in (self._drive, self._listen)]
        for one in self._threads:
            one.start()

    def close(self) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()
        self._engine.close()
        for key in list(self._taps.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]

    def _send(self, kind: Any, **facts: Any) -> None:
        self._number += 1
        self._engine.send(kind(command_id=f"d{self._number}", **facts))

    def _drive(self) -> None:
        after = 0
        while not self._stop.is_set():
            for one in self._engine.signals(boot="", after=after, timeout_s=0.2):
                after = one.seq
                match one:
                    case IncomingCall():
                        self._send(Answer, leg=one.leg)
                        if self._agents:
                            self._bring_together(one)
                    case LegChanged(phase=LegPhase.ENDED):
                        self.failed += one.cause is not None and one.cause.value not in ("normal", "cancelled")
                        if self._agents and not one.leg.startswith("agent-"):
                            self._send(Hangup, leg=f"agent-{one.leg}"[:64])
                    case RecordingReady():
                        self.ready += not one.failed
                    case _:
                        pass

    def _bring_together(self, one: IncomingCall) -> None:
        agent = f"agent-{one.leg}"[:64]
        self._send(
            Originate, leg=agent, call=one.call, to=Endpoint(kind="number", address="+81355550199", trunk="agents")
        )
        self._send(Join, room=one.call, leg=one.leg, role=Role.CUSTOMER)
        self._send(Join, room=one.call, leg=agent, role=Role.AGENT)
        self._send(StartRecording, leg=one.leg, recording=one.leg, key_name="key")
        for side in ("said", "heard"):
            made = connect(self.running.folder / "engine.sock", 5.0)
            lines = Lines(made)
            lines.write({"ask": "tap", "leg": one.leg, "side": side})
            lines.read()
            made.setblocking(False)
            self._taps.register(made, selectors.EVENT_READ)

    def _listen(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._taps.select(0.2) if self._taps.get_map() else ():
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(65_536)
                if data:
                    self.pieces += len(data)
                else:
                    self._taps.unregister(key.fileobj)
                    key.fileobj.close()
            if not self._taps.get_map():
                time.sleep(0.1)


class Stretch:
    """CPU of the engine's process and its figures over a stretch of time."""

    def __init__(self, running: RunningEngine) -> None:
        self._running, self._process = running, psutil.Process(running.pid)
        self._began = time.monotonic()
        self._cpu, self._figures = self._process.cpu_times(), running.engine.statistics()

    def result(self, legs: int) -> dict[str, Any]:
        wall = time.monotonic() - self._began
        now, cpu = self._running.engine.statistics(), self._process.cpu_times()
        spent = cpu.user + cpu.system - self._cpu.user - self._cpu.system
        more = {name: now[name] - self._figures[name] for name in ("ticks", "late_ticks", "sent", "received", "lost")}
        expected = legs * wall * 50
        return {
            "seconds": round(wall, 1), "core": round(spent / wall, 4),
            "late_ticks": round(more["late_ticks"] / max(1, more["ticks"]), 5),
            "delivered_of_expected": round(min(1.0, more["sent"] / expected), 5),
            "received_of_expected": round(min(1.0, more["received"] / expected), 5),
            "cpu_us_per_delivered_packet": round(1e6 * spent / max(1, more["sent"]), 2),
            "memory_mb": round(self._process.memory_info().rss / 1e6, 1),
        }  # fmt: skip


def begin(folder: Path, stack: ExitStack, **more: Any) -> tuple[RunningEngine, int, int]:
    """An engine with two lines: the callers' and the agents'."""
    ports = free_port(), free_port()
    lines = {"line": {"address": ["127.0.0.1", ports[0]]}, "agents": {"address": ["127.0.0.1", ports[1]]}}
    running = RunningEngine(folder, trunks=lines, lines=1_200, calls_a_minute=100_000, rtp_ports=RTP, **more)
    stack.callback(running.stop)
    return running, *ports


def measure_calls(calls: int, seconds: float, folder: Path, *, rate: float = 10.0) -> dict[str, Any]:
    """So many calls at once, `rate` new ones a second, each recorded in stereo and tapped on both sides."""
    with ExitStack() as stack:
        running, line, agents = begin(folder, stack)
        answering = Sipp(folder / "agents", running.address, port=agents, hz=600, calls=calls + SPARE, scenario="agent")
        stack.callback(answering.stop)
        eventually(lambda: "agents" in running.snapshot().trunks, 60, "the agents' line is up")
        driver = Driver(running, agents=True)
        stack.callback(driver.close)
        ramp = calls / rate
        talk_ms = round(1_000 * (ramp + seconds + 5))
        calling = Sipp(folder / "line", running.address, port=line, hz=1_000, calls=calls, rate=rate, talk_ms=talk_ms)
        stack.callback(calling.stop)
        eventually(lambda: _talking(running) == 2 * calls, ramp + 60, "every call is up")
        time.sleep(1)
        stretch, before = Stretch(running), driver.pieces
        time.sleep(seconds)
        found = stretch.result(2 * calls)
        pieces = (driver.pieces - before) / 1_600
        figures = calling.wait(talk_ms / 1_000 + ramp + 60)
        eventually(lambda: not running.snapshot().legs, 30, "every leg is over")
        eventually(lambda: driver.ready == calls, 60, "every recording is whole")
        return {
            "calls": calls, "new_a_second": rate, **found, "failed": int(figures["FailedCall(C)"]), "recorded": driver.ready,
            "tapped_pieces_of_expected": round(pieces / (2 * calls * found["seconds"] * 10), 4),
        }  # fmt: skip


def _talking(running: RunningEngine) -> int:
    return sum(leg.phase is LegPhase.ANSWERED for leg in running.snapshot().legs)


def measure_set_ups(rate: float, seconds: float, folder: Path) -> dict[str, Any]:
    """Calls that are answered at once and soon over: how many a second are clean, and how long the answer takes."""
    with ExitStack() as stack:
        running, line, _ = begin(folder, stack)
        driver = Driver(running, agents=False)
        stack.callback(driver.close)
        calls = round(rate * seconds)
        calling = Sipp(folder / "line", running.address, port=line, hz=1_000, calls=calls, rate=rate, talk_ms=1_000)
        stack.callback(calling.stop)
        stretch = Stretch(running)
        figures = calling.wait(seconds + 60)
        return {
            "a_second": rate, "calls": calls, "failed": int(figures["FailedCall(C)"]),
            "retransmissions": int(figures["Retransmissions(C)"]), "core": stretch.result(1)["core"],
            "invite_to_answer_ms": _milliseconds(figures["ResponseTime1(C)"]),
        }  # fmt: skip


def _milliseconds(text: str) -> float:
    hours, minutes, seconds, micro = text.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1e3 + int(micro) / 1e3, 1)


def measure_answer_to_sound(times: int, folder: Path) -> dict[str, Any]:
    """From the moment in which a desk phone is picked up to sound at both ends, with a caller who waits."""
    with ExitStack() as stack:
        ports = free_port()
        running = RunningEngine(
            folder,
            phones={"1001": {"password": "x"}},
            trunks={"line": {"address": ["127.0.0.1", ports]}},
            rtp_ports=RTP,
        )
        stack.callback(running.stop)
        voices = Voices()
        line = Phone("line", running.address, port=ports, voices=voices)
        desk = Phone("1001", running.address, password="x", voices=voices)
        stack.callback(line.close)
        stack.callback(desk.close)
        assert desk.register() == 200
        took = [_answer_once(n, running, line, desk) for n in range(times)]
        return {"times": times, "p50_ms": round(statistics.median(took)), "worst_ms": round(max(took))}


def _answer_once(n: int, running: RunningEngine, line: Phone, desk: Phone) -> float:
    """Milliseconds from the answer to sound at both ends, of the n-th call."""
    call = line.call("0355550100")

    def come() -> list[str]:
        told = running.engine.signals(boot="", after=0, timeout_s=0)
        return [one.leg for one in told if isinstance(one, IncomingCall)][n:]

    (leg,), send = eventually(come), running.engine.send
    send(Answer(command_id=f"a{n}", leg=leg))
    send(Join(command_id=f"j{n}", room=f"r{n}", leg=leg, role=Role.CUSTOMER))
    send(Originate(command_id=f"o{n}", leg=f"g{n}", call="c", to=Endpoint(kind="sip_user", address="1001")))
    send(Join(command_id=f"k{n}", room=f"r{n}", leg=f"g{n}", role=Role.AGENT))
    eventually(lambda: len(desk.calls) > n and desk.calls[n].state == "ringing", what="it rings")
    began, picked_up = time.monotonic(), desk.calls[n]
    desk.answer()
    eventually(lambda: picked_up.hears({"x": call.hz}, frames=1) and call.hears({"x": picked_up.hz}, frames=1))
    took = 1_000 * (time.monotonic() - began)
    desk.hang_up(picked_up)
    send(Hangup(command_id=f"h{n}", leg=leg))
    return took


def measure_peer(packets: int) -> float:
    """CPU microseconds to pass one packet on, in plain Python."""
    pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    for one in pair:
        one.bind(("127.0.0.1", 0))
    data, took = bytes(172), 0.0
    for _ in range(packets):
        pair[0].sendto(data, pair[1].getsockname())
        began = time.thread_time()
        got = pair[1].recv(2_048)
        pair[1].sendto(got, pair[2].getsockname())
        took += time.thread_time() - began
        pair[2].recv(2_048)
    for one in pair:
        one.close()
    return 1e6 * took / packets


def soak(minutes: float, calls: int, folder: Path) -> dict[str, Any]:
    """Calls one after another for a long time: memory at the tenth and at the last minute."""
    with ExitStack() as stack:
        running, line, agents = begin(folder, stack)
        every = calls / 20
        total = round(every * minutes * 60)
        answering = Sipp(folder / "agents", running.address, port=agents, hz=600, calls=total + SPARE, scenario="agent")
        stack.callback(answering.stop)
        eventually(lambda: "agents" in running.snapshot().trunks, 60, "the agents' line is up")
        driver = Driver(running, agents=True)
        stack.callback(driver.close)
        calling = Sipp(folder / "line", running.address, port=line, hz=1_000, calls=total, rate=every, talk_ms=20_000)
        stack.callback(calling.stop)
        process, seen = psutil.Process(running.pid), []
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            time.sleep(min(30.0, max(0.1, until - time.monotonic())))
            seen.append(round(process.memory_info().rss / 1e6, 1))
        figures = calling.wait(120)
        early = seen[len(seen) // 6]
        return {"minutes": minutes, "calls": total, "failed": int(figures["FailedCall(C)"]), "memory_mb": seen[:: max(1, len(seen) // 12)],
                "growth": round(seen[-1] / early, 3)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--soak", type=float, default=0.0)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    calls, seconds = (10, 4.0) if asked.quick else (asked.size, asked.seconds)
    calibration = Calibration()
    calibration.look()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("calls", "setups", "sound", "soak")]
        for one in folders:
            one.mkdir()
        say(f"{calls} calls …")
        found: dict[str, Any] = {"calls": measure_calls(calls, seconds, folders[0])}
        calibration.look()
        say("set-ups …")
        found["set_ups"] = measure_set_ups(20 if asked.quick else 60, 3 if asked.quick else 15, folders[1])
        calibration.look()
        say("answer to sound …")
        found["answer_to_sound"] = measure_answer_to_sound(3 if asked.quick else 20, folders[2])
        say("ring to card …")
        found["ring_to_card"] = measure_ring_to_card(3 if asked.quick else 30)
        calibration.look()
        if asked.soak:
            say("soak …")
            found["soak"] = soak(asked.soak, 20 if asked.quick else 50, folders[3])
        calibration.look()
        peer = measure_peer(2_000 if asked.quick else 20_000)
    found["peer"] = {
        "cpu_us_per_packet": round(peer, 2),
        "ratio": round(found["calls"]["cpu_us_per_delivered_packet"] / peer, 2),
    }
    found["calibration"] = calibration.report()
    measured = found["calls"]
    found["goals"] = {
        "no_call_failed": measured["failed"] == 0 and found["set_ups"]["failed"] == 0,
        "late_ticks": measured["late_ticks"] <= GOALS["late_ticks"],
        "delivered": measured["delivered_of_expected"] >= GOALS["delivered"],
        "core": measured["core"] <= GOALS["core"],
        "answer_to_sound": found["answer_to_sound"]["p50_ms"] <= GOALS["answer_to_sound_ms"],
        "ring_to_card": found["ring_to_card"]["p95_ms"] <= GOALS["ring_to_card_ms"]
        or (False if calibration.calm else "not measurable"),
    }
    json.dump(found, sys.stdout, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
