"""Who hears whom in a room: the rule of `commands.Join`, as the rows of the mixer's matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from caasis.telephony.vocabulary import Role

AS_IT_IS = 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """A leg in a room. One whose own hold key is pressed gives no sound: what comes then is its phone's music."""

    leg: str
    role: Role
    hears: frozenset[Role]
    heard_by: frozenset[Role]
    on_hold: bool = False


def hearing(members: Iterable[Member]) -> dict[str, dict[str, float]]:
    """For each leg of a room whom it hears, and how loud.

    A hears B when B's role is in A's `hears` and A's role in B's `heard_by`; nobody hears themselves.
    """
    present = tuple(members)
    return {
        listener.leg: {one.leg: AS_IT_IS for one in present if one is not listener and _reaches(one, listener)}
        for listener in present
    }


def _reaches(speaker: Member, listener: Member) -> bool:
    return not speaker.on_hold and speaker.role in listener.hears and listener.role in speaker.heard_by
