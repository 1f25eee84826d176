"""What is told of a line every five seconds: quality to the engine, and RTCP to the other side."""

from __future__ import annotations

import numpy as np

from caasis.telephony.adapters.embedded.media import rtcp
from caasis.telephony.adapters.embedded.media.admission import Admission
from caasis.telephony.adapters.embedded.media.happenings import MediaHappening, MediaSilent, Quality
from caasis.telephony.adapters.embedded.media.outbox import Outbox
from caasis.telephony.adapters.embedded.media.reception import Reception

#: Seconds between two reports, and after which a line that brings nothing is silent.
EVERY_S = 5.0
_NEVER = np.inf


class Reports:
    """When each of `places` legs is due, and what is reported of it."""

    def __init__(self, places: int, reception: Reception, admission: Admission, outbox: Outbox) -> None:
        self._reception, self._admission, self._outbox = reception, admission, outbox
        self._due = np.full(places, _NEVER, np.float64)
        self._theirs: dict[int, tuple[int, int, float]] = {}

    def begin(self, place: int, now: float) -> None:
        """A leg begins."""
        self._due[place] = now + EVERY_S
        self._admission.heard_at[place] = now
        self._theirs.pop(place, None)

    def end(self, place: int) -> None:
        """A leg goes."""
        self._due[place] = _NEVER

    def due(self, legs: int, now: float) -> list[int]:
        """The places, of the first `legs`, whose report is due now."""
        places = np.flatnonzero(self._due[:legs] <= now)
        self._due[places] += EVERY_S
        return [int(place) for place in places]

    def expect(self, place: int, now: float) -> None:
        """From now on something should come: silence before does not count."""
        self._admission.heard_at[place] = now

    def quality(self, name: str, place: int, now: float) -> Quality:
        """How a line is."""
        reception = self._reception
        return Quality(
            name,
            reception.received(place),
            reception.lost(place),
            reception.jitter_ms(place),
            round(self._silent(place, now), 2),
        )

    def silence(self, name: str, place: int, now: float) -> list[MediaHappening]:
        """What is told of a line from which nothing comes."""
        silent = self._silent(place, now)
        return [MediaSilent(name, round(silent, 2))] if silent >= EVERY_S else []

    def read(self, place: int, data: bytes, now: float) -> None:
        """RTCP came from the other side; only the time of its report matters to us."""
        found = rtcp.last_report_of(data)
        if found is not None:
            self._theirs[place] = (*found, now)

    def packet(self, place: int, source: int, now: float, wall: float) -> bytes:
        """The RTCP packet for the other side; wall: seconds since 1970."""
        return rtcp.report(
            source=source,
            name=f"{source:08x}",
            wall=wall,
            stamp=self._outbox.stamp(place),
            sent=int(self._outbox.sent[place]),
            octets=int(self._outbox.octets[place]),
            about=self._about(place, now),
        )

    def _about(self, place: int, now: float) -> rtcp.ReceptionReport | None:
        theirs = self._admission.source(place)
        if theirs is None:
            return None
        source, last_report, came_at = self._theirs.get(place, (theirs, 0, now))
        if source != theirs:
            last_report = 0
        return rtcp.ReceptionReport(
            theirs,
            self._reception.fraction_lost(place),
            self._reception.lost(place),
            self._reception.highest(place),
            self._reception.jitter(place),
            last_report,
            now - came_at,
        )

    def _silent(self, place: int, now: float) -> float:
        return max(0.0, now - float(self._admission.heard_at[place]))
