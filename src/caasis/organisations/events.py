"""Events of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from caasis.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreOpened(Event):
    """A centre was entered; `subject` is the centre."""

    topic: ClassVar[str] = "organisations.centre_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreChanged(Event):
    """A centre's particulars, hours or settings were changed; `what` names which, e.g. `hours`."""

    topic: ClassVar[str] = "organisations.centre_changed"
    what: str = ""
