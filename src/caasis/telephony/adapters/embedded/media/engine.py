"""The media engine: what the signalling calls, from whatever thread, and the thread that ticks."""

from __future__ import annotations

import heapq
import ipaddress
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from caasis.telephony.adapters.embedded.media.browser.dtls import Handshakes, Identity
from caasis.telephony.adapters.embedded.media.browser.leg import BrowserLeg
from caasis.telephony.adapters.embedded.media.browser.sdp import read_offer, write_answer
from caasis.telephony.adapters.embedded.media.g711 import PCMA, PCMU
from caasis.telephony.adapters.embedded.media.happenings import MediaHappening, MediaStatistics, PlayEnd
from caasis.telephony.adapters.embedded.media.plays import Play
from caasis.telephony.adapters.embedded.media.ports import NoPortFree, Ports
from caasis.telephony.adapters.embedded.media.processor import Leg, Processor
from caasis.telephony.adapters.embedded.media.recording import Recording, RecordingFiles
from caasis.telephony.adapters.embedded.media.rtp_leg import RtpLeg
from caasis.telephony.adapters.embedded.media.sound import TICK_S, Samples
from caasis.telephony.adapters.embedded.media.taps import Tap
from caasis.telephony.adapters.embedded.media.telling import Teller
from caasis.telephony.adapters.embedded.media.tones import KEYS
from caasis.telephony.vocabulary import PlayEnd as Reason

log = logging.getLogger(__name__)

#: Seconds between two looks at the sockets: how finely the moment of arrival, and so the jitter, is known.
LOOK_S = TICK_S / 4
#: A tick that begins this much after its time is late.
LATE_S = TICK_S / 2
#: Beyond this much behind, ticks are left out rather than made up for.
_HOPELESS_S = 0.2
#: Gains beyond this can only be a mistake.
_LOUDEST = 8.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnknownLeg(KeyError):
    """There is no leg of this name."""


class MediaEngine:
    """Sound of up to `capacity` legs: RTP, browsers, mixing, plays, keys, recordings and taps.

    host, ports: where sockets are bound; even ports for RTP, the next for RTCP. public_address: what a browser is told,
    where `host` is not what it can reach. keys: the 32 octets of a key by its name; asked on the caller's thread.
    recordings: the folder of the sealed files. on_happening: called from one thread of its own, one happening after
    another; it may take its time, but not for ever.

    Every method may be called from any thread and returns at once: what it asks for is done within 5 ms by the thread that
    ticks, in the order of the calls. Where a leg is named that there is not, UnknownLeg is raised.
    """

    def __init__(
        self,
        *,
        host: str,
        ports: range,
        public_address: str = "",
        keys: Callable[[str], bytes],
        recordings: Path,
        on_happening: Callable[[MediaHappening], None],
        capacity: int = 1200,
    ) -> None:
        self._public_address, self._keys = str(ipaddress.IPv4Address(public_address or host)), keys
        self._teller = Teller(on_happening)
        self._ports = Ports(host, ports)
        self._lock = threading.Lock()
        self._free_places = list(range(capacity))
        self._legs: dict[str, Leg] = {}
        self._recordings: dict[str, Recording] = {}
        self._orders: deque[Callable[[], None]] = deque()
        self._files = RecordingFiles(recordings, self._teller.tell)
        self._handshakes = Handshakes()
        self._identity = Identity()
        self._processor = Processor(
            places=capacity,
            on_happening=self._teller.tell,
            later=self._orders.append,
            files=self._files,
            handshakes=self._handshakes,
        )
        self._now = time.monotonic()
        self._due: float | None = None
        self._ticks = self._late = 0
        self._busy = self._cpu = 0.0
        self._running = self._threaded = False
        self._ticker = threading.Thread(target=self._run, name="media", daemon=True)

    # Life

    def start(self) -> None:
        """Start the threads. Without them, `step` may be called by hand."""
        self._running = self._threaded = True
        for part in (self._files, self._handshakes, self._teller, self._ticker):
            part.start()

    def stop(self) -> None:
        """Close every leg, finish every recording, tell what there is to tell, and end the threads."""
        self._running = False
        if self._threaded:
            self._ticker.join()
        with self._lock:
            names = list(self._legs)
        for name in names:
            self.close_leg(name)
        self._obey()
        self._handshakes.stop()
        self._obey()
        self._files.stop()
        self._processor.receiver.close()
        self._teller.stop()

    def step(self, now: float) -> float:
        """Do what is due at `now` (seconds of a clock that never goes back); when to come again."""
        began = time.perf_counter()
        self._now = now
        self._due = now if self._due is None else self._due
        try:
            self._obey()
            self._processor.look(now)
        finally:
            # Whatever came in, everybody gets his next frame.
            if now >= self._due:
                self._tick(now, self._due)
        self._busy += time.perf_counter() - began
        return min(self._due, now + LOOK_S)

    def statistics(self) -> MediaStatistics:
        """Figures since the start."""
        received, expected, lost, sent, late, refused = self._processor.counts()
        return MediaStatistics(
            ticks=self._ticks,
            late_ticks=self._late,
            busy_s=self._busy,
            cpu_s=self._cpu,
            received=received,
            sent=sent,
            expected=expected,
            lost=lost,
            late=late,
            refused=refused,
            legs=len(self._legs),
        )

    # Legs

    def open_leg(self, name: str) -> RtpLeg:
        """A leg by plain RTP, its ports bound. Raises NoPortFree, and ValueError for a name that is taken."""
        place = self._take_place(name)
        try:
            port, rtp, rtcp = self._ports.take(with_rtcp=True)
        except NoPortFree:
            self._give_place(place)
            raise
        assert rtcp is not None
        leg = RtpLeg(name, port, place, rtp, rtcp)
        self._begin(leg)
        return leg

    def open_browser_leg(self, name: str, offer: str) -> tuple[BrowserLeg, str]:
        """A leg of a browser and the answer to its offer. Raises BadOffer, NoPortFree, ValueError as `open_leg`."""
        read = read_offer(offer)
        if ipaddress.IPv4Address(self._public_address).is_unspecified:
            raise ValueError("a browser has to be told an address: public_address is missing")
        place = self._take_place(name)
        try:
            port, rtp, _ = self._ports.take(with_rtcp=False)
        except NoPortFree:
            self._give_place(place)
            raise
        leg = BrowserLeg(name, port, place, rtp, read, self._identity)
        answer = write_answer(
            read,
            address=self._public_address,
            port=port,
            user=leg.user,
            password=leg.password,
            fingerprint=self._identity.fingerprint,
            source=leg.source,
        )
        self._begin(leg)
        return leg, answer

    def close_leg(self, name: str) -> None:
        """A leg goes: its plays end with HANGUP, its recordings and taps end. One that is gone is nothing."""
        with self._lock:
            leg = self._legs.pop(name, None)
        if leg is not None:
            self._orders.append(lambda: self._processor.remove(leg, self._now, partial(self._gone, leg)))

    def set_remote(self, name: str, address: tuple[str, int], *, payload: int, events_payload: int | None) -> None:
        """Where a leg's sound goes, and as what: payload 0 (PCMU) or 8 (PCMA), events_payload of RFC 4733 or None.

        Raises ValueError for what is no IPv4 address, port or payload type.
        """
        leg = self._leg(name)
        host, port = str(ipaddress.IPv4Address(address[0])), address[1]
        if not isinstance(leg, RtpLeg):
            raise ValueError("where a browser is, ICE says")
        if (
            payload not in (PCMU, PCMA)
            or not 0 <= port < 1 << 16
            or not (events_payload is None or 0 < events_payload < 128)
        ):
            raise ValueError("PCMU (0) or PCMA (8), a port, and a payload type for events or None")
        self._order(leg, lambda: self._processor.set_remote(leg, (host, port), payload, events_payload, self._now))

    def set_sending(self, name: str, on: bool) -> None:
        """Send to a leg or not: the other side's hold (a=sendonly, a=inactive)."""
        leg = self._leg(name)
        self._order(leg, lambda: self._processor.set_sending(leg, on))

    def set_hearing(self, name: str, sources: Mapping[str, float]) -> None:
        """Whom a leg hears and how loud (1.0: as it is). Replaces the whole row; legs that are not there are left out.

        Raises ValueError for a gain below 0 or above 8.
        """
        leg = self._leg(name)
        if not all(0 <= gain <= _LOUDEST for gain in sources.values()):
            raise ValueError("a gain is from 0 to 8")
        with self._lock:
            row = {self._legs[source]: float(gain) for source, gain in sources.items() if source in self._legs}
        self._order(leg, lambda: self._processor.hear(leg, row))

    # Sound and keys

    def play(
        self, name: str, play: str, samples: Sequence[Samples], *, loop: bool, until_key: bool, over: bool
    ) -> None:
        """Play int16 pieces of 8,000 samples a second, one after another; the play before ends with STOPPED.

        loop: from the beginning again. until_key: the first key ends it. over: mixed with what the leg hears, else in its
        place. The pieces are not copied: don't change them. Raises ValueError for other arrays, and when all are empty.
        """
        leg = self._leg(name)
        made = Play(leg.place, play, samples, loop=loop, until_key=until_key, over=over)
        self._order(
            leg,
            lambda: self._processor.plays.begin(made),
            otherwise=lambda: self._teller.tell(PlayEnd(name, play, Reason.HANGUP)),
        )

    def stop_play(self, play: str) -> None:
        """End a play. One that is over is nothing."""
        self._orders.append(lambda: self._processor.plays.stop(play))

    def send_digits(self, name: str, digits: str) -> None:
        """Press keys towards a leg: as events, or as sound where it takes none. Raises ValueError for what is no key."""
        leg = self._leg(name)
        if not set(digits) <= set(KEYS):
            raise ValueError("digits are 0–9, *, # and A–D")
        self._order(leg, lambda: self._processor.press(leg, digits))

    def listen_for_tones(self, name: str, on: bool) -> None:
        """Look for keys in what a leg says, or stop. Events are always heard."""
        leg = self._leg(name)
        self._order(leg, lambda: self._processor.tones.listen(leg.place, on))

    # Recordings and taps

    def start_recording(self, name: str, recording: str, key_name: str) -> None:
        """Record a leg in stereo, sealed by a key: left what it says, right what it hears. RecordingDone follows at its end.

        Raises ValueError for an id that is none or is in use, and whatever `keys` raises.
        """
        leg = self._leg(name)
        if not _ID.fullmatch(recording):
            raise ValueError("a recording's id is 1 to 64 letters, digits, - and _")
        made = Recording(recording, name, leg.place, key_name, self._keys(key_name))
        if len(made.key) != 32:
            raise ValueError("a key has 32 octets")
        with self._lock:
            if recording in self._recordings and not self._recordings[recording].over:
                raise ValueError("a recording of this id is running")
            self._recordings = {one: kept for one, kept in self._recordings.items() if not kept.over}
            self._recordings[recording] = made
        recorders = self._processor.recorders

        def never() -> None:
            # Its leg went at the same moment: a recording of nothing, so that its end is told all the same.
            recorders.begin(made)
            recorders.end(made)

        self._order(leg, lambda: recorders.begin(made), otherwise=never)

    def pause_recording(self, recording: str, paused: bool) -> None:
        """Silence takes the place of both sides, or the recording goes on. One that is over is nothing."""
        if (found := self._recordings.get(recording)) is not None:
            self._orders.append(lambda: self._processor.recorders.pause(found, paused))

    def stop_recording(self, recording: str) -> None:
        """End a recording. One that is over is nothing."""
        if (found := self._recordings.get(recording)) is not None:
            self._orders.append(lambda: self._processor.recorders.end(found))

    def tap(self, name: str, side: Literal["said", "heard"]) -> Tap:
        """Live sound of one side: an iterator of 100 ms of 16-bit little-endian mono, until the leg ends.

        A reader that is more than five seconds behind loses the oldest.
        """
        leg, tap = self._leg(name), Tap()
        self._order(
            leg,
            lambda: self._processor.taps.begin(tap, leg.place, heard=side == "heard"),
            otherwise=tap.end,
        )
        return tap

    # The threads

    def _run(self) -> None:
        while self._running:
            try:
                again = self.step(time.monotonic())
            except Exception:
                # Whatever it was, the other calls go on with the next tick.
                log.exception("a tick failed")
                again = self._now + LOOK_S
            self._cpu = time.thread_time()
            if (left := again - time.monotonic()) > 0:
                time.sleep(left)

    def _tick(self, now: float, due: float) -> None:
        behind = now - due
        if behind > _HOPELESS_S:
            missed = int(behind / TICK_S)
            self._processor.skip(missed)
            due += missed * TICK_S
            self._late += missed
            self._ticks += missed
        self._due = due + TICK_S
        self._ticks += 1
        self._late += behind >= LATE_S
        self._processor.tick(now, time.time())
        if not self._threaded:
            self._handshakes.work()
            self._files.work()

    def _order(self, leg: Leg, action: Callable[[], None], otherwise: Callable[[], None] = lambda: None) -> None:
        """Have something done to a leg, or `otherwise` when it is gone by then: its place may be another's."""
        self._orders.append(lambda: action() if self._processor.is_there(leg) else otherwise())

    def _obey(self) -> None:
        while self._orders:
            order = self._orders.popleft()
            try:
                order()
            except Exception:
                log.exception("an order failed")

    # Places

    def _leg(self, name: str) -> Leg:
        try:
            return self._legs[name]
        except KeyError:
            raise UnknownLeg(name) from None

    def _take_place(self, name: str) -> int:
        with self._lock:
            if name in self._legs:
                raise ValueError("a leg of this name exists")
            if not self._free_places:
                raise NoPortFree("the engine carries as many legs as it may")
            return heapq.heappop(self._free_places)

    def _give_place(self, place: int) -> None:
        with self._lock:
            heapq.heappush(self._free_places, place)

    def _begin(self, leg: Leg) -> None:
        with self._lock:
            self._legs[leg.name] = leg
        self._orders.append(lambda: self._processor.add(leg, self._now))

    def _gone(self, leg: Leg) -> None:
        self._ports.give_back(leg.port)
        self._give_place(leg.place)
