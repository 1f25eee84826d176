"""Those who wait: partner centres, the wait to be expected, what is offered meanwhile, and callbacks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.routing import (
    Agent,
    AgentState,
    AlreadyPromised,
    Channel,
    OfferKind,
    OfferRules,
    Overflow,
    PriorityReason,
    Reason,
    Router,
    Why,
    Work,
    assign,
    callback_for,
    expected_wait_s,
    offers,
)
from tests.engines.routing_cases import agent, call, pairs

R = PriorityReason


# --- partner centres --------------------------------------------------------------------------------------------------


def test_a_partner_helps_after_the_time_of_its_rule_and_the_own_centre_comes_first() -> None:
    rules = (Overflow(centre="near", waited_s=30.0), Overflow(centre="far", waited_s=60.0))
    helpers = [agent("far", centre="far"), agent("near", centre="near")]
    router = Router()
    assert router.load(helpers, [call("w", 100.0, overflow=rules)], 100.0) == ()
    assert router.next_moment() == 130.0
    (given,) = router.tick(130.0)
    assert given.agent == "near"
    assert Reason(Why.PARTNER, code="near") in given.reasons
    assert pairs(assign([*helpers, agent("own")], [call("w", 100.0, overflow=rules)], 500.0)) == [("w", "own")]
    assert pairs(assign(helpers, [call("w", 100.0, overflow=rules[::-1])], 500.0)) == [("w", "far")]


def test_a_partner_helps_once_too_long_a_wait_is_to_be_expected() -> None:
    rules = (Overflow(centre="near", expected_wait_s=400.0),)
    router = Router()
    router.learn("q", handling_s=300.0)
    router.load([agent("own"), agent("helper", centre="near")], [call("first", 100.0)], 100.0)
    router.answered("first", 100.0)
    # The first in the queue waits for 300 seconds, the second one for 600.
    assert router.enter(call("second", 110.0, overflow=rules), 110.0) == ()
    assert pairs(router.enter(call("third", 120.0, overflow=rules), 120.0)) == [("third", "helper")]
    # At a review: handling has become longer.
    router.answered("third", 120.0)
    router.put_agent(agent("helper-2", centre="near"), 130.0)
    assert router.review(130.0) == ()
    router.learn("q", handling_s=500.0)
    assert pairs(router.review(135.0)) == [("second", "helper-2")]
    # Once open it stays open.
    router.learn("q", handling_s=1.0)
    router.put_agent(agent("helper-3", centre="near"), 140.0)
    assert pairs(router.no_answer("second", 150.0)) == [("second", "helper-3")]


def test_an_expected_wait_that_nobody_knows_opens_nothing() -> None:
    rules = (Overflow(centre="near", expected_wait_s=0.0),)
    router = Router()
    router.put_agent(agent("helper", centre="near"), 0.0)
    assert router.enter(call("w", overflow=rules), 100.0) == ()
    assert router.review(200.0) == ()


# --- expected wait and place ------------------------------------------------------------------------------------------


def test_place_and_expected_wait_of_those_who_wait() -> None:
    router = Router()
    router.learn("q", handling_s=240.0)
    router.load([agent("a"), agent("b")], [call("1", 1.0), call("2", 2.0)], 10.0)
    for work_id in ("1", "2"):
        router.answered(work_id, 10.0)
    for number in (3, 4, 5):
        router.enter(call(str(number), float(number * 10)), number * 10.0)
    assert [router.place(str(number)) for number in (3, 4, 5)] == [1, 2, 3]
    assert [router.expected_wait_s(str(number)) for number in (3, 4, 5)] == [120.0, 240.0, 360.0]
    assert [work.id for work in router.waiting("q")] == ["3", "4", "5"]
    assert router.waiting("nothing") == []
    for ask in (router.place, router.expected_wait_s):
        with pytest.raises(KeyError):
            ask("1")
    router.leave("4", 60.0)
    assert router.place("5") == 2


def test_work_with_another_need_counts_by_the_share_that_falls_to_the_same_agents() -> None:
    router = Router()
    router.learn("q", handling_s=100.0)
    busy = [Agent(id=f"b{n}", centre="own", state=AgentState.WRAP_UP) for n in range(3)]
    skilled = Agent(id="s", centre="own", skills={"debt": 1}, state=AgentState.WRAP_UP)
    resting = Agent(id="r", centre="own", skills={"debt": 1}, state=AgentState.BREAK)
    router.load([*busy, skilled, resting], [call("1", 1.0), call("2", 2.0), call("3", 3.0, required={"debt": 1})], 5.0)
    # Two general calls ahead, each with one chance in four to fall to the one skilled agent at work: 1 + 2/4.
    assert router.expected_wait_s("3") == pytest.approx(150.0)
    # The other way round, work that only the skilled one can do keeps that agent from general calls.
    router.enter(call("4", 4.0), 6.0)
    assert router.expected_wait_s("4") == pytest.approx((1 + 2 + 1) * 100 / 4)
    # Work ahead that nobody at work can do holds up nobody.
    router.enter(call("0", 0.5, required={"housing": 1}), 7.0)
    assert router.expected_wait_s("4") == pytest.approx(100.0)
    assert router.expected_wait_s("0") is None


def test_the_formula_by_hand_and_when_nobody_knows() -> None:
    assert expected_wait_s(place=3, agents=2, handling_s=240) == 360
    # 1/(2/240) + 1/(2/240 + 1/60) + 1/(2/240 + 2/60) = 120 + 40 + 24.
    assert expected_wait_s(place=3, agents=2, handling_s=240, patience_s=60) == pytest.approx(184)
    assert expected_wait_s(place=2.5, agents=2, handling_s=240, patience_s=60) == pytest.approx(172)
    assert expected_wait_s(place=1, agents=0, handling_s=240) is None
    assert expected_wait_s(place=1, agents=2, handling_s=None) is None


@given(place=st.floats(1, 500), agents=st.integers(1, 300), handling=st.floats(10, 3000), patience=st.floats(10, 1e5))
def test_the_expected_wait_grows_with_the_place_and_shrinks_with_agents(
    place: float, agents: int, handling: float, patience: float
) -> None:
    def wait(at: float, by: int, waits: float | None) -> float:
        found = expected_wait_s(place=at, agents=by, handling_s=handling, patience_s=waits)
        assert found is not None
        return found

    patient = wait(place, agents, None)
    assert 0 < wait(place, agents, patience) <= patient * (1 + 1e-9)
    assert wait(place, agents, 1e12) == pytest.approx(patient, rel=1e-3)
    assert wait(place + 1, agents, patience) > wait(place, agents, patience)
    assert wait(place, agents + 1, patience) < wait(place, agents, patience)


# --- offers and callbacks ---------------------------------------------------------------------------------------------

BOTH = OfferRules(web_link=True, callback=True, from_expected_s=120.0)


def offered(work: Work, expected_s: float | None, *, rules: OfferRules = BOTH, **named: Any) -> tuple[OfferKind, ...]:
    return offers(work, expected_s=expected_s, rules=rules, **{"promised": (), "reachable": True, **named})


def test_what_is_offered_to_who_waits() -> None:
    known = call("w", person="p")
    assert offered(known, 119.0) == ()
    assert offered(known, 120.0) == (OfferKind.CALLBACK, OfferKind.WEB_LINK)
    # Nobody is left waiting for a time that nobody can tell.
    assert offered(known, None) == (OfferKind.CALLBACK, OfferKind.WEB_LINK)
    assert offered(known, 300.0, reachable=False) == (OfferKind.WEB_LINK,)
    assert offered(call("w"), 300.0) == (OfferKind.WEB_LINK,)
    assert offered(known, 300.0, promised={"p"}) == (OfferKind.PROMISED,)
    assert offered(known, 300.0, rules=OfferRules(callback=False)) == ()
    hurt = call("w", person="p", reasons=frozenset({R.INJURY}))
    assert offered(hurt, 300.0) == (OfferKind.CALLBACK,)
    assert offered(call("w", person="p", channel=Channel.CHAT), 300.0) == ()


CALLBACKS = {Channel.PHONE: 1, Channel.CALLBACK: 1}


def caller(agent_id: str) -> Agent:
    return Agent(id=agent_id, centre="own", state=AgentState.AVAILABLE, capacity=CALLBACKS)


def test_a_callback_keeps_the_place_of_the_call() -> None:
    router = Router()
    for number in (1, 2, 3):
        router.enter(call(str(number), float(number), person=f"p{number}"), 5.0)
    assert router.promise_callback("2", "back", 10.0) == ()
    assert [work.id for work in router.waiting("q")] == ["1", "back", "3"]
    assert router.place("back") == 2
    assert callback_for(call("1", 1.0), "b").reasons == {R.CALLBACK}
    given = [pairs(router.put_agent(caller(name), 20.0)) for name in ("a", "b", "c")]
    assert given == [[("1", "a")], [("back", "b")], [("3", "c")]]


def test_nobody_is_promised_two_callbacks() -> None:
    router = Router()
    router.enter(call("1", 1.0, person="p"), 1.0)
    router.promise_callback("1", "back", 2.0)
    router.enter(call("2", 3.0, person="p"), 3.0)
    with pytest.raises(AlreadyPromised) as refused:
        router.promise_callback("2", "back-2", 4.0)
    assert refused.value.callback == "back"
    with pytest.raises(AlreadyPromised):
        router.enter(call("back-3", 5.0, channel=Channel.CALLBACK, person="p"), 5.0)
    router.enter(call("unknown", 6.0), 6.0)
    with pytest.raises(ValueError, match="known person"):
        router.promise_callback("unknown", "back-4", 7.0)
    router.put_agent(agent("a"), 8.0)
    assert router.agent("a").rung_for == "2"
    with pytest.raises(ValueError, match="who waits"):
        router.promise_callback("2", "back-5", 9.0)


def test_who_calls_while_a_callback_is_promised_has_its_place_and_is_not_called_back_meanwhile() -> None:
    router = Router()
    router.enter(call("1", 1.0, person="p"), 1.0)
    router.promise_callback("1", "back", 2.0)
    router.enter(call("2", 5.0), 5.0)
    router.enter(call("again", 9.0, person="p"), 9.0)
    assert [work.id for work in router.waiting("q")] == ["again", "2"]
    assert router.place("2") == 2
    # The caller hangs up: the promise stands, at its place.
    router.leave("again", 10.0)
    assert [work.id for work in router.waiting("q")] == ["back", "2"]
    router.enter(call("third", 11.0, person="p"), 11.0)
    assert pairs(router.put_agent(caller("a"), 12.0)) == [("third", "a")]
    assert router.put_agent(caller("b"), 13.0)[0].work == "2"
    assert router.put_agent(caller("c"), 14.0) == ()
    # The person is reached: the promise is kept.
    assert router.promised_to("p") == "back"
    assert router.answered("third", 15.0) == ()
    assert router.promised_to("p") is None
    assert router.ended("third", 16.0) == ()
    assert router.waiting("q") == []


def test_a_callback_that_is_being_made_is_not_settled_by_the_persons_own_call() -> None:
    router = Router()
    router.load([caller("a")], [call("back", 1.0, channel=Channel.CALLBACK, person="p")], 1.0)
    router.load([caller("b")], [call("own", 2.0, person="p")], 2.0)
    router.answered("own", 3.0)
    assert router.promised_to("p") == "back"
    router.answered("back", 4.0)
    assert router.promised_to("p") == "back"
    router.ended("back", 5.0)
    assert router.promised_to("p") is None


def test_who_is_on_the_line_twice_is_not_called_back_before_both_calls_are_over() -> None:
    router = Router()
    router.enter(call("back", 1.0, channel=Channel.CALLBACK, person="p"), 1.0)
    for work_id in ("home", "mobile"):
        router.enter(call(work_id, 5.0, person="p"), 5.0)
    router.leave("home", 6.0)
    assert [work.id for work in router.waiting("q")] == ["mobile"]
    router.leave("mobile", 7.0)
    assert [work.id for work in router.waiting("q")] == ["back"]
