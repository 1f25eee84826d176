"""An agent's turn: begun, interrupted, ended by hand; what calls do to it; nothing is told twice or to the wrong ones."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues import services as queues
from caasis.queues.models import AgentStatus, AgentStatusChange
from caasis.queues.selectors import agents_at_work, agents_of_centre, my_status, team_figures, work_times
from caasis.queues.vocabulary import AgentState, ChannelKind

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
S = AgentState


def after(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def who(town: Any, name: str = "counsellor") -> dict[str, Any]:
    actor = town.actors[name]
    return {"actor": SYSTEM, "user_id": actor.id, "centre_id": actor.centre_id}


def log(town: Any, name: str = "counsellor") -> list[tuple[str, str]]:
    with system_transaction():
        rows = AgentStatusChange.objects.filter(user_id=town.actors[name].id)
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        return [(row.state, row.reason) for row in rows]


def state(town: Any, name: str = "counsellor") -> str:
    with system_transaction():
        return AgentStatus.objects.get(user_id=town.actors[name].id).state


def events() -> int:
    with system_transaction():
        return OutboxEvent.objects.filter(topic="queues.agent_state_changed").count()


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_turn_from_begin_to_end_leaves_its_log_and_its_events(town):
    me = town.counsellor
    queues.sign_in(actor=me, at=NOW)
    queues.set_state(actor=me, state=S.BREAK, reason="meal", at=after(60))
    queues.set_state(actor=me, state=S.AWAY, reason="training", at=after(120))
    queues.set_state(actor=me, state=S.AVAILABLE, at=after(180))
    queues.sign_out(actor=me, at=after(240))
    assert log(town) == [("available", ""), ("break", "meal"), ("away", "training"), ("available", ""), ("offline", "")]
    assert events() == 5
    with system_transaction():
        event = OutboxEvent.objects.filter(topic="queues.agent_state_changed").order_by("id")[1]
        assert event.payload == {"state": "break", "reason": "meal"} and event.subject == me.id
        assert event.centre_id == town.centre_a.id and event.actor_id == me.id


def test_the_same_said_twice_is_one_change(town):
    me = town.counsellor
    for _ in range(2):
        queues.sign_in(actor=me)
    for _ in range(2):
        queues.set_state(actor=me, state=S.BREAK, reason="rest")
    for _ in range(2):
        queues.sign_out(actor=me)
    assert log(town) == [("available", ""), ("break", "rest"), ("offline", "")] and events() == 3


def test_another_reason_for_being_away_is_a_change_of_its_own(town):
    queues.sign_in(actor=town.counsellor, state=S.AWAY, reason="meeting")
    queues.set_state(actor=town.counsellor, state=S.AWAY, reason="away")
    assert log(town) == [("away", "meeting"), ("away", "away")]


def test_a_turn_may_begin_without_being_rung_and_signing_in_again_keeps_the_state(town):
    queues.sign_in(actor=town.counsellor, state=S.AWAY, reason="paperwork")
    status = queues.sign_in(actor=town.counsellor, capacity={"phone": 1, "chat": 3})
    assert status.state == S.AWAY and status.capacity == {"phone": 1, "chat": 3}
    with pytest.raises(Invalid):
        queues.sign_in(actor=town.counsellor2, state=S.TALKING)
    with pytest.raises(Invalid):
        queues.sign_in(actor=town.counsellor2, capacity={"pigeon": 1})


@pytest.mark.parametrize(("state_", "reason"), [(S.AWAY, ""), (S.AWAY, "no_answer"), (S.AWAY, "work"), (S.BREAK, "x"), (S.AVAILABLE, "rest")])
def test_a_reason_that_is_none_is_refused(town, state_, reason):
    queues.sign_in(actor=town.counsellor)
    with pytest.raises(Invalid, match="理由"):
        queues.set_state(actor=town.counsellor, state=state_, reason=reason)
    assert state(town) == "available"


def test_before_a_turn_has_begun_no_state_can_be_chosen(town):
    with pytest.raises(WrongState, match="先に受付を始めて"):
        queues.set_state(actor=town.counsellor, state=S.AVAILABLE)
    with pytest.raises(WrongState, match="通話していません"):
        queues.plan_next_state(actor=town.counsellor, state=S.BREAK)
    assert my_status(actor=town.counsellor2) is None


def test_during_a_call_the_state_is_the_calls_and_the_sentence_says_so(town):
    call = uuid7()
    queues.sign_in(actor=town.counsellor)
    queues.mark_ringing(**who(town), subject_id=call)
    with pytest.raises(WrongState, match="呼び出し中"):
        queues.set_state(actor=town.counsellor, state=S.BREAK)
    queues.mark_talking(**who(town), subject_id=call)
    for verb in (lambda: queues.sign_out(actor=town.counsellor), lambda: queues.set_state(actor=town.counsellor, state=S.AVAILABLE)):
        with pytest.raises(WrongState, match="通話中") as error:
            verb()
        assert error.value.details["state"] == "talking"
    with pytest.raises(WrongState, match="自動で"):
        queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=60)
        queues.set_state(actor=town.counsellor, state=S.TALKING)


def test_supervisors_set_a_colleagues_state_and_nobody_else_does(town):
    queues.sign_in(actor=town.counsellor)
    for actor in (town.counsellor2, town.outsider, town.outside_official):
        with pytest.raises((NotAllowed, NotFound)):
            queues.sign_out(actor=actor, user_id=town.counsellor.id)
    for actor in (town.ncac, town.analyst, town.admin):
        with pytest.raises(NotAllowed):
            queues.sign_in(actor=actor)
        with pytest.raises(NotAllowed):
            queues.note_seen(actor=actor)
    queues.sign_out(actor=town.supervisor, user_id=town.counsellor.id)
    with system_transaction():
        assert AgentStatusChange.objects.last().actor_id == town.supervisor.id
    assert state(town) == "offline"
    with pytest.raises(NotFound):
        queues.sign_out(actor=town.supervisor, user_id=town.outsider.id)


# --- calls ------------------------------------------------------------------------------------------------------------


def test_a_call_from_ringing_to_the_end_of_wrap_up(town):
    call = uuid7()
    queues.sign_in(actor=town.counsellor, at=NOW)
    for _ in range(2):
        queues.mark_ringing(**who(town), subject_id=call, at=after(10))
    for _ in range(2):
        queues.mark_talking(**who(town), subject_id=call, at=after(15))
    # The order to ring comes late once more: it is known that they talk.
    assert queues.mark_ringing(**who(town), subject_id=call, at=after(16)).state == S.TALKING
    for _ in range(2):
        status = queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=120, at=after(75))
    assert status.wrap_up_until == after(195) and status.at_work == {}
    assert queues.finish_wrap_up(**who(town), subject_id=uuid7()).state == S.WRAP_UP, "the timer of an earlier call"
    for _ in range(2):
        status = queues.finish_wrap_up(**who(town), subject_id=call, at=after(100))
    assert status.state == S.AVAILABLE and status.wrap_up_until is None and status.last_work_at == after(75)
    assert [one for one, _ in log(town)] == ["available", "ringing", "talking", "wrap_up", "available"]
    with system_transaction():
        assert [row.subject_id for row in AgentStatusChange.objects.order_by("number")] == [None, *[call] * 4]


def test_only_who_is_available_and_has_a_place_is_rung(town):
    with pytest.raises(WrongState):
        queues.mark_ringing(**who(town), subject_id=uuid7())
    queues.sign_in(actor=town.counsellor, capacity={"chat": 2})
    with pytest.raises(WrongState) as error:
        queues.mark_ringing(**who(town), subject_id=uuid7())
    assert error.value.details["state"] == "available"
    queues.mark_ringing(**who(town), subject_id=uuid7(), channel=ChannelKind.CHAT)
    with pytest.raises(WrongState):
        queues.mark_ringing(**who(town), subject_id=uuid7(), channel=ChannelKind.CHAT)
    assert [one for one, _ in log(town)] == ["available", "ringing"]


def test_whoever_does_not_answer_is_away_until_they_say_that_they_are_back(town):
    call = uuid7()
    queues.sign_in(actor=town.counsellor)
    queues.mark_ringing(**who(town), subject_id=call)
    for _ in range(2):
        status = queues.put_away_after_no_answer(**who(town), subject_id=call)
    assert (status.state, status.reason, status.at_work) == (S.AWAY, "no_answer", {})
    queues.set_state(actor=town.counsellor, state=S.AVAILABLE)
    # The ringing of the old call ends late: nobody is put away for it.
    assert queues.put_away_after_no_answer(**who(town), subject_id=call).state == S.AVAILABLE
    queues.mark_ringing(**who(town), subject_id=(other := uuid7()))
    assert queues.put_away_after_no_answer(**who(town), subject_id=call).state == S.RINGING
    assert queues.stop_ringing(**who(town), subject_id=call).state == S.RINGING
    assert queues.stop_ringing(**who(town), subject_id=other).state == S.AVAILABLE
    assert queues.stop_ringing(**who(town), subject_id=other).state == S.AVAILABLE


def test_a_call_that_ends_while_it_rings_leaves_nothing_to_wrap_up(town):
    queues.sign_in(actor=town.counsellor)
    queues.mark_ringing(**who(town), subject_id=(call := uuid7()))
    status = queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=60)
    assert status.state == S.AVAILABLE and status.last_work_at is None


@pytest.mark.parametrize(("limit", "expected"), [(0, S.AVAILABLE), (None, S.WRAP_UP), (30, S.WRAP_UP)])
def test_the_limit_of_wrap_up(town, limit, expected):
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.mark_talking(**who(town), subject_id=(call := uuid7()), at=NOW)
    assert queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=limit, at=NOW).state == expected
    assert queues.finish_overdue_wrap_ups(actor=SYSTEM, now=after(29)) == []
    ended = queues.finish_overdue_wrap_ups(actor=SYSTEM, now=after(900))
    assert ended == ([town.counsellor.id] if limit == 30 else [])
    if limit == 30:
        with system_transaction():
            assert AgentStatus.objects.get().since == after(30), "the limit ended it, however late somebody looked"


def test_the_agent_ends_wrap_up_and_nobody_else_does(town):
    queues.sign_in(actor=town.counsellor)
    queues.mark_talking(**who(town), subject_id=(call := uuid7()))
    queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=60)
    for actor in (town.counsellor2, town.supervisor, town.outsider, town.admin):
        with pytest.raises(NotAllowed):
            queues.finish_wrap_up(**(who(town) | {"actor": actor}))
    assert queues.finish_wrap_up(**(who(town) | {"actor": town.counsellor})).state == S.AVAILABLE


def test_what_was_planned_during_a_call_follows_it(town):
    queues.sign_in(actor=town.counsellor)
    queues.mark_talking(**who(town), subject_id=(call := uuid7()))
    with pytest.raises(Invalid):
        queues.plan_next_state(actor=town.counsellor, state=S.OFFLINE)
    queues.plan_next_state(actor=town.counsellor, state=S.BREAK, reason="meal")
    queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=60)
    status = queues.finish_wrap_up(**who(town))
    assert (status.state, status.reason, status.next_state) == (S.BREAK, "meal", "")
    queues.set_state(actor=town.counsellor, state=S.AVAILABLE)
    queues.mark_talking(**who(town), subject_id=(call := uuid7()))
    queues.plan_next_state(actor=town.counsellor, state=S.BREAK)
    queues.plan_next_state(actor=town.counsellor, state=S.AVAILABLE)
    assert queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=0).state == S.AVAILABLE


def test_who_calls_out_of_a_meeting_comes_back_to_it_and_is_not_rung(town):
    queues.sign_in(actor=town.counsellor, state=S.AWAY, reason="meeting")
    queues.mark_talking(**who(town), subject_id=(call := uuid7()))
    queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=10)
    status = queues.finish_wrap_up(**who(town))
    assert (status.state, status.reason) == (S.AWAY, "meeting")


def test_a_second_call_beside_the_first_ends_nothing(town):
    queues.sign_in(actor=town.counsellor)
    one, two = uuid7(), uuid7()
    queues.mark_talking(**who(town), subject_id=one)
    assert queues.mark_talking(**who(town), subject_id=two).at_work == {str(one): "phone", str(two): "phone"}
    assert queues.mark_wrap_up(**who(town), subject_id=one, limit_seconds=60).state == S.TALKING
    assert queues.mark_wrap_up(**who(town), subject_id=two, limit_seconds=60).state == S.WRAP_UP
    # Somebody calls again at once: the wrap-up that was begun is over.
    status = queues.mark_talking(**who(town), subject_id=uuid7())
    assert status.state == S.TALKING and status.wrap_up_until is None


def test_who_is_signed_out_or_rung_for_another_call_is_in_no_call(town):
    with pytest.raises(WrongState):
        queues.mark_talking(**who(town), subject_id=uuid7())
    queues.sign_in(actor=town.counsellor)
    queues.mark_ringing(**who(town), subject_id=uuid7())
    with pytest.raises(WrongState):
        queues.mark_talking(**who(town), subject_id=uuid7())


def test_the_verbs_of_calls_are_the_switchboards_alone(town):
    queues.sign_in(actor=town.counsellor)
    mine = who(town) | {"actor": town.counsellor, "subject_id": uuid7()}
    for verb in (queues.mark_ringing, queues.mark_talking, queues.stop_ringing, queues.put_away_after_no_answer):
        with pytest.raises(NotAllowed):
            verb(**mine)
    with pytest.raises(NotAllowed):
        queues.mark_wrap_up(**mine, limit_seconds=1)
    for sweep in (queues.sign_out_stale, queues.finish_overdue_wrap_ups):
        with pytest.raises(NotAllowed):
            sweep(actor=town.supervisor, now=NOW)
    with pytest.raises(NotAllowed):
        queues.recover_agents(actor=town.supervisor, living=[], now=NOW)
    with pytest.raises(NotAllowed):
        agents_at_work(actor=town.supervisor)


def test_clocks_that_differ_never_turn_the_log_back(town):
    queues.sign_in(actor=town.counsellor, at=after(10))
    queues.mark_talking(**who(town), subject_id=uuid7(), at=after(7))
    with system_transaction():
        assert [row.at for row in AgentStatusChange.objects.order_by("number")] == [after(10), after(10)]


# --- who is gone, and what a crash leaves -----------------------------------------------------------------------------


def test_who_sends_nothing_is_signed_out_as_of_the_last_sign(town):
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.sign_in(actor=town.counsellor2, at=NOW)
    assert queues.note_seen(actor=town.counsellor, at=after(60)) and queues.note_seen(actor=town.counsellor2, at=after(200))
    assert queues.sign_out_stale(actor=SYSTEM, now=after(160), after_seconds=100) == []
    assert queues.sign_out_stale(actor=SYSTEM, now=after(161), after_seconds=100) == [town.counsellor.id]
    assert queues.sign_out_stale(actor=SYSTEM, now=after(161), after_seconds=100) == []
    with system_transaction():
        assert AgentStatus.objects.get(user_id=town.counsellor.id).since == after(60)
    assert state(town, "counsellor2") == "available"
    assert not queues.note_seen(actor=town.counsellor, at=after(170)), "the page is told that the turn is over"
    assert state(town) == "offline"


def test_nobody_is_signed_out_in_the_middle_of_a_call(town):
    call = uuid7()
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.mark_ringing(**who(town), subject_id=call, at=NOW)
    assert queues.sign_out_stale(actor=SYSTEM, now=after(9_999)) == []
    queues.mark_talking(**who(town), subject_id=call, at=after(5))
    assert queues.sign_out_stale(actor=SYSTEM, now=after(9_999)) == []
    queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=60, at=after(9_000))
    assert queues.sign_out_stale(actor=SYSTEM, now=after(9_999)) == [town.counsellor.id]
    with system_transaction():
        assert AgentStatusChange.objects.last().at == after(9_000)


def test_after_a_crash_agents_are_free_of_calls_that_live_no_more(town):
    lives, lost, rang = uuid7(), uuid7(), uuid7()
    for name in ("counsellor", "counsellor2", "supervisor"):
        queues.sign_in(actor=town.actors[name], at=NOW)
    queues.mark_talking(**who(town), subject_id=lives, at=NOW)
    queues.mark_talking(**who(town, "counsellor2"), subject_id=lost, at=NOW)
    queues.mark_ringing(**who(town, "supervisor"), subject_id=rang, at=NOW)
    freed = queues.recover_agents(actor=SYSTEM, living=[lives], now=after(30), wrap_up_seconds=60)
    assert set(freed) == {town.counsellor2.id, town.supervisor.id}
    assert (state(town), state(town, "counsellor2"), state(town, "supervisor")) == ("talking", "wrap_up", "available")
    assert queues.recover_agents(actor=SYSTEM, living=[lives], now=after(31)) == []


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_calls_that_want_one_agent_at_once_ring_once(town):
    queues.sign_in(actor=town.counsellor)
    barrier, won, lost, other = threading.Barrier(4), [], [], []

    def ring() -> None:
        call = uuid7()
        try:
            barrier.wait(10)
            queues.mark_ringing(**who(town), subject_id=call)
            won.append(call)
        except WrongState:
            lost.append(call)
        except BaseException as error:
            other.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert other == [] and len(won) == 1 and len(lost) == 3
    assert [one for one, _ in log(town)] == ["available", "ringing"]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_signing_in_twice_at_once_is_one_turn(town):
    barrier, errors = threading.Barrier(3), []

    def begin() -> None:
        try:
            barrier.wait(10)
            queues.sign_in(actor=town.counsellor)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and log(town) == [("available", "")]


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_colleagues_see_states_and_only_who_leads_sees_reasons_and_skills(town):
    queues.load_seed_skills()
    queues.set_agent_skill(actor=town.supervisor, centre_id=town.centre_a.id, user_id=town.counsellor2.id, code="debt", level=3)
    queues.sign_in(actor=town.counsellor)
    queues.sign_in(actor=town.counsellor2, state=S.BREAK, reason="meal")
    with actor_transaction(town.counsellor):
        seen = {view.user_id: view for view in agents_of_centre(actor=town.counsellor)}
    other = seen[town.counsellor2.id]
    assert (other.state, other.reason, other.skills) == (S.BREAK, "", {}) and other.name
    for actor in (town.supervisor, town.official, town.counsellor2):
        with actor_transaction(actor):
            seen = {view.user_id: view for view in agents_of_centre(actor=actor)}
        assert (seen[town.counsellor2.id].reason, seen[town.counsellor2.id].skills) == ("食事", {"debt": 3})
    for actor in (town.outsider, town.outside_official, town.ncac, town.analyst, town.admin):
        with actor_transaction(actor):
            assert agents_of_centre(actor=actor, signed_in=False) == []


def test_the_list_goes_by_state_and_costs_the_same_for_many(town, django_assert_num_queries):
    queues.sign_in(actor=town.counsellor, state=S.BREAK)
    queues.sign_in(actor=town.counsellor2)
    queues.sign_in(actor=town.supervisor)
    queues.mark_talking(**who(town, "supervisor"), subject_id=uuid7())
    with system_transaction(), django_assert_num_queries(3):
        views = agents_of_centre(actor=town.official)
    assert [view.state for view in views] == [S.AVAILABLE, S.TALKING, S.BREAK]
    queues.sign_out(actor=town.counsellor2)
    with actor_transaction(town.official):
        assert len(agents_of_centre(actor=town.official)) == 2
        assert len(agents_of_centre(actor=town.official, signed_in=False)) == 3


def test_the_switchboard_sees_who_is_there_with_skills_and_since_when_idle(town, django_assert_num_queries):
    queues.load_seed_skills()
    queues.set_agent_skill(actor=town.official, centre_id=town.centre_a.id, user_id=town.counsellor.id, code="english", level=5)
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.sign_in(actor=town.outsider, at=after(5))
    queues.mark_talking(**who(town), subject_id=(call := uuid7()), at=after(10))
    queues.mark_wrap_up(**who(town), subject_id=call, limit_seconds=0, at=after(20))
    queues.set_state(actor=town.counsellor, state=S.BREAK, at=after(30))
    queues.set_state(actor=town.counsellor, state=S.AVAILABLE, at=after(40))
    with system_transaction():
        with django_assert_num_queries(2):
            found = {agent.user_id: agent for agent in agents_at_work(actor=SYSTEM)}
        mine = found[town.counsellor.id]
        assert (mine.skills, mine.since, mine.idle_since) == ({"english": 5}, after(40), after(20))
        assert found[town.outsider.id].idle_since == after(5) and found[town.outsider.id].capacity == {"phone": 1, "callback": 1}
        assert [a.user_id for a in agents_at_work(actor=SYSTEM, centre_ids=[town.centre_b.id])] == [town.outsider.id]


def test_times_are_told_of_everybody_to_who_leads_and_of_oneself_to_others(town):
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.set_state(actor=town.counsellor, state=S.BREAK, reason="rest", at=after(3600))
    queues.sign_in(actor=town.counsellor2, at=after(1800))
    with actor_transaction(town.supervisor):
        found = work_times(actor=town.supervisor, start=after(900), end=after(7200))
    assert found[town.counsellor.id].logged_in == timedelta(seconds=6300)
    assert found[town.counsellor.id].breaks == timedelta(seconds=3600)
    assert found[town.counsellor2.id].logged_in == timedelta(seconds=5400)
    with actor_transaction(town.official):
        # Of several changes before the begin the last one tells the state.
        late = work_times(actor=town.official, start=after(5400), end=after(7200))
    assert late[town.counsellor.id].breaks == late[town.counsellor2.id].logged_in == timedelta(seconds=1800)
    with actor_transaction(town.counsellor2):
        assert set(work_times(actor=town.counsellor2, start=NOW, end=after(7200))) == {town.counsellor2.id}
    for actor in (town.outsider, town.ncac, town.admin):
        with actor_transaction(actor):
            assert town.counsellor.id not in work_times(actor=actor, start=NOW, end=after(7200))


def test_the_figures_of_a_team_are_for_who_leads_it(town):
    queues.sign_in(actor=town.counsellor, at=NOW)
    queues.sign_in(actor=town.counsellor2, at=NOW)
    queues.sign_in(actor=town.supervisor, at=after(1800), state=S.AWAY, reason="meeting")
    queues.set_state(actor=town.counsellor, state=S.BREAK, reason="rest", at=after(2700))
    with actor_transaction(town.official):
        figures = team_figures(actor=town.official, start=NOW, end=after(3600))
    assert figures.logged_in == timedelta(seconds=3600 + 3600 + 1800)
    assert figures.utilisation == (9000 - 900) / 9000 and figures.operators_per_supervisor == 4
    with actor_transaction(town.official):
        nobody = team_figures(actor=town.official, start=after(-3600), end=NOW)
    assert (nobody.logged_in, nobody.utilisation, nobody.operators_per_supervisor) == (timedelta(), None, None)
    for actor in (town.counsellor, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            team_figures(actor=actor, start=NOW, end=after(3600))
    with actor_transaction(town.outside_official):
        assert team_figures(actor=town.outside_official, start=NOW, end=after(3600)).logged_in == timedelta()


def test_the_second_wall_hides_turns_and_skills_of_another_centre(town):
    queues.load_seed_skills()
    queues.sign_in(actor=town.counsellor)
    queues.set_agent_skill(actor=town.supervisor, centre_id=town.centre_a.id, user_id=town.counsellor.id, code="debt", level=1)
    tables = ("queues_agent_status", "queues_agent_status_change", "queues_agent_skill")
    for actor, expected in ((town.supervisor, 1), (town.outsider, 0), (town.ncac, 0), (town.admin, 0), (SYSTEM, 1)):
        with actor_transaction(actor), connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone()[0] == expected, (table, actor.roles)


@pytest.mark.parametrize("statement", ["UPDATE queues_agent_status_change SET state = 'break'", "DELETE FROM queues_agent_status_change"])
def test_the_log_is_written_once(town, statement):
    queues.sign_in(actor=town.counsellor)
    with pytest.raises(DatabaseError, match="written once"), system_transaction(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert log(town) == [("available", "")]
