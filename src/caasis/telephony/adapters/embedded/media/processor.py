"""One tick of all legs: read what came, mix, record, and send. Knows no clock; everything happens on one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from caasis.telephony.adapters.embedded.media.admission import Admission
from caasis.telephony.adapters.embedded.media.browser.dtls import Handshakes, Keys
from caasis.telephony.adapters.embedded.media.browser.leg import BrowserLeg, Refused
from caasis.telephony.adapters.embedded.media.digits import EVENT, Digits
from caasis.telephony.adapters.embedded.media.g711 import BOTH_TO_PCM, PCMA, PCMU, ULAW_TO_PCM, encode_ulaw
from caasis.telephony.adapters.embedded.media.happenings import BrowserState, Digit, MediaHappening, PlayEnd
from caasis.telephony.adapters.embedded.media.inbox import Batch, Inbox
from caasis.telephony.adapters.embedded.media.jitter import JitterBuffers
from caasis.telephony.adapters.embedded.media.mixing import Mixer
from caasis.telephony.adapters.embedded.media.outbox import Outbox
from caasis.telephony.adapters.embedded.media.plays import Plays
from caasis.telephony.adapters.embedded.media.receiving import Receiver
from caasis.telephony.adapters.embedded.media.reception import Reception
from caasis.telephony.adapters.embedded.media.recording import Recorders, RecordingFiles
from caasis.telephony.adapters.embedded.media.reports import Reports
from caasis.telephony.adapters.embedded.media.rtp import HEADER, payload_range
from caasis.telephony.adapters.embedded.media.rtp_leg import RtpLeg
from caasis.telephony.adapters.embedded.media.sound import FRAME, RATE
from caasis.telephony.adapters.embedded.media.taps import Taps
from caasis.telephony.adapters.embedded.media.tones import ToneDetector
from caasis.telephony.vocabulary import DtmfWay
from caasis.telephony.vocabulary import PlayEnd as Reason

Leg = RtpLeg | BrowserLeg

#: Comfort noise (RFC 3389): it counts as a packet and says nothing.
_COMFORT_NOISE = 13
#: Samples of the longest packet that is taken.
_LONGEST = 5 * FRAME
_RTCP_LARGEST = 1500
#: Ticks between two looks at whether browsers are still there.
_WATCH = 50


class Processor:
    """The legs and all that is done with their sound. `places` is how many there can be."""

    def __init__(
        self,
        *,
        places: int,
        on_happening: Callable[[MediaHappening], None],
        later: Callable[[Callable[[], None]], None],
        files: RecordingFiles,
        handshakes: Handshakes,
    ) -> None:
        self._tell, self._later, self._handshakes = on_happening, later, handshakes
        self.legs: dict[int, Leg] = {}
        self._unsettled: dict[int, RtpLeg] = {}
        self._browsers: dict[int, BrowserLeg] = {}
        self._events_type = np.full(places, -1, np.int64)
        self._top = 0
        self._arranged = True
        self.inbox = Inbox(places)
        self.receiver = Receiver(self.inbox)
        self.admission, self.reception = Admission(places), Reception(places)
        self.jitter, self.mixer, self.outbox = JitterBuffers(places), Mixer(places), Outbox(places)
        self.tones, self.taps, self.recorders = ToneDetector(places), Taps(), Recorders(files)
        self.plays = Plays(lambda play, reason: self._tell(PlayEnd(self._name(play.place), play.play, reason)))
        self.digits = Digits(self._digit, self.plays.key)
        self.reports = Reports(places, self.reception, self.admission, self.outbox)
        self._ticks = 0
        # Counts of legs that are gone: received, expected, lost, sent, late, refused.
        self._former = np.zeros(6, np.int64)

    # Legs

    def add(self, leg: Leg, now: float) -> None:
        """A leg begins."""
        place = leg.place
        for part in (self.admission, self.reception, self.jitter):
            part.clear(place)
        self.outbox.clear(place, leg.source)
        self._events_type[place] = -1 if leg.events_type is None else leg.events_type
        self.legs[place] = leg
        self._top = max(self.legs) + 1
        self.reports.begin(place, now)
        self._arranged = False
        if isinstance(leg, RtpLeg):
            self._unsettled[place] = leg
            self.receiver.add(leg.rtp, partial(self._read_rtp, leg))
            self.receiver.add(leg.rtcp, partial(self._read_rtcp, leg))
        else:
            self._browsers[place] = leg
            self.receiver.add(leg.rtp, partial(self._read_browser, leg))
            leg.attend(
                lambda keys: self._later(lambda: self._take_keys(leg, keys)),
                lambda state: self._tell(BrowserState(leg.name, state)),
                now,
            )

    def remove(self, leg: Leg, now: float, then: Callable[[], None]) -> None:
        """A leg goes, and with it all that belongs to it; `then` is called when its sockets are closed."""
        place = leg.place
        self.plays.end_of(place, Reason.HANGUP)
        self.recorders.end_of(place)
        self.taps.end_of(place)
        self._tell(self.reports.quality(leg.name, place, now))
        self.reports.end(place)
        self.digits.forget(place)
        self.tones.listen(place, False)
        self.mixer.forget(place)
        self._former += np.array(
            [
                self.reception.received(place),
                self.reception.expected(place),
                self.reception.lost(place),
                self.outbox.sent[place],
                self.jitter.late[place],
                self.admission.refused[place],
            ]
        )
        for part in (self.admission, self.reception, self.jitter):
            part.clear(place)
        self.outbox.clear(place)
        del self.legs[place]
        self._top = max(self.legs, default=-1) + 1
        self._arranged = False
        self.receiver.remove(leg.rtp)
        if isinstance(leg, RtpLeg):
            self._unsettled.pop(place, None)
            self.receiver.remove(leg.rtcp)
            leg.close()
            then()
        else:
            del self._browsers[place]
            leg.close(self._handshakes, then)

    def set_remote(
        self, leg: RtpLeg, address: tuple[str, int], payload_type: int, events: int | None, now: float
    ) -> None:
        """Where a leg's sound goes, and how; perhaps in the middle of a call."""
        if leg.set_remote(address):
            self.admission.restart(leg.place)
            self.reports.expect(leg.place, now)
            self._unsettled[leg.place] = leg
        leg.payload_type, leg.events_type = payload_type, events
        self._events_type[leg.place] = -1 if events is None else events
        self._arranged = False

    def set_sending(self, leg: Leg, on: bool) -> None:
        """Send to a leg or not."""
        leg.sending = on
        self._arranged = False

    def is_there(self, leg: Leg) -> bool:
        """Whether a leg has begun and is not gone."""
        return self.legs.get(leg.place) is leg

    def hear(self, leg: Leg, sources: Mapping[Leg, float]) -> None:
        """Whom a leg hears, of those who are there."""
        self.mixer.hear(leg.place, {source.place: gain for source, gain in sources.items() if self.is_there(source)})

    def press(self, leg: Leg, digits: str) -> None:
        """Press keys towards a leg."""
        self.outbox.press(leg, digits)
        self._arranged = False

    # Time

    def look(self, now: float) -> None:
        """Read what has come."""
        self.receiver.look(now, lambda: self._receive(now))

    def tick(self, now: float, wall: float) -> None:
        """Send everybody the next frame. now: seconds of a clock that never goes back; wall: since 1970, for reports."""
        self._ticks += 1
        self.admission.tick()
        self._settle(now)
        if not self._arranged:
            self._arrange()
        legs = self._top
        said = self.jitter.take(legs)
        for sound in self.tones.tick(said):
            self.digits.heard(sound, now)
        self.digits.tick(now, lambda place: self._events_type[place] >= 0)
        heard = self.mixer.mix(said)
        self.plays.tick(heard)
        self.outbox.press_by_sound(heard)
        ulaw = encode_ulaw(heard)
        if self.outbox.send(heard, ulaw):
            self._arranged = False
        self.recorders.tick(said, ulaw)
        self.taps.tick(said, heard)
        self._report(now, wall)

    def skip(self, ticks: int) -> None:
        """Let time pass for ticks that can't be made up for."""
        self.outbox.skip(ticks)
        self.recorders.silence(ticks)

    def counts(self) -> tuple[int, int, int, int, int, int]:
        """Packets received, expected, lost, sent, late and refused, of all legs that are and were."""
        arrays = (self.outbox.sent, self.jitter.late, self.admission.refused)
        # What is not in use is 0 everywhere.
        now = np.array([*self.reception.totals(), *(int(one.sum()) for one in arrays)])
        received, expected, lost, sent, late, refused = (int(count) for count in self._former + now)
        return received, expected, lost, sent - self.outbox.unsent, late, refused

    # What is read

    def _receive(self, now: float) -> None:
        batch, broken = self.inbox.read()
        self.admission.refused[broken] += 1
        events_types = self._events_type[batch.places]
        sound = (batch.payload_types == PCMU) | (batch.payload_types == PCMA)
        events = batch.payload_types == events_types
        known = sound | events | (batch.payload_types == _COMFORT_NOISE)
        if not known.all():
            self.admission.refused[batch.places[~known]] += 1
            batch, sound, events = batch.only(known), sound[known], events[known]
        good, changed = self.admission.admit(batch.places, batch.sources, now)
        for place in changed:
            self._restart(int(place))
        if not good.all():
            batch, sound, events = batch.only(good), sound[good], events[good]
        counted = self.reception.count(batch.places, batch.sequence, batch.timestamps, round(now * RATE), sound)
        self._take_sound(batch.only(counted & sound))
        for row in np.flatnonzero(counted & events):
            self._take_event(batch, int(row), now)

    def _take_sound(self, batch: Batch) -> None:
        usual = batch.sizes == FRAME
        if not usual.all():
            for row in np.flatnonzero(~usual & (batch.sizes <= _LONGEST)):
                codes = self.inbox.payload(int(batch.rows[row]), int(batch.sizes[row]))
                law = 256 * (batch.payload_types[row] == PCMA)
                self.jitter.put_one(int(batch.places[row]), int(batch.timestamps[row]), BOTH_TO_PCM.take(codes + law))
            batch = batch.only(usual)
        codes = self.inbox.frames(batch.rows)
        alaw = batch.payload_types == PCMA
        if alaw.any():
            frames = BOTH_TO_PCM.take(codes + (alaw * np.uint16(256))[:, None])
        else:
            frames = ULAW_TO_PCM.take(codes)
        self.jitter.put(batch.places, batch.timestamps, frames)

    def _take_event(self, batch: Batch, row: int, now: float) -> None:
        place = int(batch.places[row])
        payload = self.inbox.payload(int(batch.rows[row]), min(int(batch.sizes[row]), EVENT)).tobytes()
        self.digits.event(place, int(batch.timestamps[row]), payload, now)

    def _restart(self, place: int) -> None:
        self.reception.restart(np.array([place]))
        self.jitter.restart(place)
        self.digits.restart(place)

    def _read_rtp(self, leg: RtpLeg, now: float) -> None:
        view = self.inbox.next_view
        try:
            length, address = leg.rtp.recvfrom_into(view)
        except OSError:
            return
        # Before anything is learnt from a packet, it has to be one of sound or keys.
        packet = view[:length]
        kind = packet[1] & 0x7F if length > HEADER and payload_range(packet) is not None else -1
        usable = kind in (PCMU, PCMA, _COMFORT_NOISE) or (kind >= 0 and kind == leg.events_type)
        if not usable or not leg.admits(address, int.from_bytes(packet[8:HEADER], "big"), now):
            self.admission.refused[leg.place] += 1
            return
        self.inbox.places.append(leg.place)
        self.inbox.lengths.append(length)

    def _read_rtcp(self, leg: RtpLeg, now: float) -> None:
        try:
            data, address = leg.rtcp.recvfrom(_RTCP_LARGEST)
        except OSError:
            return
        if leg.remote is not None and address[0] == leg.remote[0]:
            self.reports.read(leg.place, data, now)

    def _read_browser(self, leg: BrowserLeg, now: float) -> None:
        try:
            read = leg.read(self._handshakes, now)
        except Refused:
            self.admission.refused[leg.place] += 1
            return
        if read is not None:
            data, control = read
            if control:
                self.reports.read(leg.place, data, now)
            else:
                self.inbox.put(leg.place, data)

    # What time brings

    def _settle(self, now: float) -> None:
        for leg in list(self._unsettled.values()):
            leg.settle(now)
            if leg.changed:
                leg.changed, self._arranged = False, False
                if leg.settled:
                    self.receiver.go_straight(leg.rtp, leg.place)
                    del self._unsettled[leg.place]
                else:
                    self.receiver.go_by_reader(leg.rtp, partial(self._read_rtp, leg))
        for browser in self._browsers.values():
            if browser.changed:
                browser.changed, self._arranged = False, False
            if self._ticks % _WATCH == 0:
                browser.watch(now)

    def _arrange(self) -> None:
        self._arranged = True
        self.outbox.arrange(list(self.legs.values()))

    def _take_keys(self, leg: BrowserLeg, keys: Keys | None) -> None:
        if self.is_there(leg):
            leg.take_keys(keys)

    def _digit(self, place: int, digit: str, way: DtmfWay, duration_ms: int) -> None:
        self._tell(Digit(self._name(place), digit, way, duration_ms))

    def _report(self, now: float, wall: float) -> None:
        for place in self.reports.due(self._top, now):
            leg = self.legs[place]
            self._tell(self.reports.quality(leg.name, place, now))
            if leg.remote is None:
                continue
            for silence in self.reports.silence(leg.name, place, now):
                self._tell(silence)
            leg.send_report(self.reports.packet(place, leg.source, now, wall))

    def _name(self, place: int) -> str:
        return self.legs[place].name
