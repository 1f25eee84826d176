"""How long somebody who waits has still to wait, and what can be offered meanwhile (F75, K46)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from caasis.engines.routing.vocabulary import Channel, OfferKind, PriorityReason
from caasis.engines.routing.work import Work


def expected_wait_s(
    *, place: float, agents: int, handling_s: float | None, patience_s: float | None = None
) -> float | None:
    """Mean seconds until an agent is there, for whoever stands at `place` (1 is the next one) while all are busy.

    :param agents: how many are at work who can take it. :param handling_s: mean seconds that one piece of work takes,
        wrap-up included. :param patience_s: mean seconds after which those ahead give up; None: they don't.

    Each of n busy agents is free after a mean handling time h, so that the queue moves every h/n seconds, and with j people
    ahead who may give up every 1 ÷ (n/h + j/p): the sum over the places. None where nobody can know: no agent is at work, or
    no handling time is known. Source: the queue-length estimators QL and QLm of R. Ibrahim, W. Whitt, "Real-time delay
    estimation based on delay history", Manufacturing & Service Operations Management 11 (2009) 397–415, and "Real-time
    delay estimation in overloaded multiserver queues with abandonments", Management Science 55 (2009) 1729–1742. It is
    exact for exponential times and one kind of work.
    """
    if agents == 0 or handling_s is None:
        return None
    rate = agents / handling_s
    if patience_s is None:
        return place / rate
    whole = int(place)
    sum_of_steps = sum(1.0 / (rate + ahead / patience_s) for ahead in range(whole))
    return sum_of_steps + (place - whole) / (rate + whole / patience_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRules:
    """What a queue offers to who waits, from an expected wait of `from_expected_s` seconds on."""

    web_link: bool = False
    callback: bool = True
    from_expected_s: float = 120.0


def offers(
    work: Work, *, expected_s: float | None, rules: OfferRules, promised: Collection[str], reachable: bool
) -> tuple[OfferKind, ...]:
    """What to offer instead of waiting, in the order in which to say it.

    :param expected_s: None where it is unknown, and then everything that the queue offers is: nobody is left waiting for a
        time that nobody can tell. :param promised: persons who are promised a callback already; they are told so, and
        never get a second one. :param reachable: a number is known at which the person can be called back.

    Whoever is hurt is not sent to a web page.
    """
    if work.channel is not Channel.PHONE:
        return ()
    if work.person and work.person in promised:
        return (OfferKind.PROMISED,)
    if expected_s is not None and expected_s < rules.from_expected_s:
        return ()
    found = []
    if rules.callback and reachable and work.person:
        found.append(OfferKind.CALLBACK)
    if rules.web_link and PriorityReason.INJURY not in work.reasons:
        found.append(OfferKind.WEB_LINK)
    return tuple(found)


def callback_for(call: Work, callback_id: str) -> Work:
    """The callback that takes a call's place: same need, same arrival, same partners."""
    return replace(
        call,
        id=callback_id,
        channel=Channel.CALLBACK,
        reasons=call.reasons | {PriorityReason.CALLBACK},
    )
