"""Working together inside a centre, through the services: help, escalation, response clocks, tasks, mentions, absences."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.accounts.models import Membership
from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases import team_selectors as team
from caasis.cases.handlers import note_in_timeline
from caasis.cases.models import CaseEntry, HelpRequest, ResponseClock, Task
from caasis.cases.rules.team_policy import TeamPolicyValues, Tier
from caasis.cases.services.watching import watch
from caasis.channels.events import AnswerCancelled, AnswerWritten, ConsumerWrote
from caasis.kernel.actor import SYSTEM, Purpose, Role
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.kernel.ids import uuid7
from caasis.organisations.schedules import working_schedule
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.services import open_fields
from tests.support.cards import COMPLETE
from tests.support.desk import phone_case, send_consultation

pytestmark = pytest.mark.django_db


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), JST)


def open_day(after: int = 7) -> date:
    """A day on which the centres of the cast are open, in the future."""
    from caasis.engines.calendar import is_holiday

    day = timezone.now().astimezone(JST).date() + timedelta(days=after)
    while day.weekday() > 2 or is_holiday(day) or (day.month, day.day) >= (12, 28) or (day.month, day.day) <= (1, 4):
        day += timedelta(days=1)
    return day


def told(case: Any) -> list[str]:
    with system_transaction():
        return list(CaseEntry.objects.filter(case=case).order_by("at", "id").values_list("kind", flat=True))


def only_help(**filters: Any) -> HelpRequest:
    with system_transaction():
        return HelpRequest.objects.select_related("case").get(**filters)


def web_case(town: Any) -> Any:
    receipt = send_consultation(town.centre_a)
    return services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)


def deliver(event: Any, actor: Any) -> None:
    """Hand an event of a contact to the room, as the relay does."""
    with system_transaction():
        position = OutboxEvent.objects.count() + 10_000
        note_in_timeline(
            Delivered(position, event.topic, event.subject, event.centre_id, actor.id, {"message": str(event.message)})
        )


# --- help -------------------------------------------------------------------------------------------------------------


def test_a_request_goes_to_the_supervisors_and_the_advice_becomes_a_note(town: Any) -> None:
    case = phone_case(town.counsellor)
    asked = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law", text="24条か9条か迷う")
    again = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="abuse")
    assert again.id == asked.id, "two clicks ask once"
    with actor_transaction(town.supervisor):
        assert [one.id for one in team.help_for(actor=town.supervisor)] == [asked.id]
        assert team.desk_counts(actor=town.supervisor, now=timezone.now()).help == 1
        found = open_fields(team.get_help(actor=town.supervisor, help_id=asked.id), "reason", actor=town.supervisor, purpose=Purpose.ADVICE)
        assert found["reason"] == "24条か9条か迷う"
    for other in (town.counsellor, town.counsellor2, town.official):
        with actor_transaction(other):
            assert not team.help_for(actor=other).exists()
    services.answer_help(actor=town.supervisor, help_id=asked.id, text="電話なので24条です。")
    with actor_transaction(town.counsellor):
        done = team.get_help(actor=town.counsellor, help_id=asked.id)
        assert (done.state, done.settled_by) == ("answered", town.supervisor.id)
        assert case.notes.count() == 1
        assert [one.note_id for one in team.unread_mentions(actor=town.counsellor)] == [case.notes.get().id]
    assert sorted(told(case)) == ["help_asked", "help_settled", "note_added", "opened"]
    with pytest.raises(WrongState):
        services.answer_help(actor=town.supervisor, help_id=asked.id, text="もう一度")
    with system_transaction():
        assert "24条" not in str(list(OutboxEvent.objects.values_list("payload", flat=True)))


def test_the_outsider_finds_no_request_and_settles_none(town: Any) -> None:
    case = phone_case(town.counsellor)
    with pytest.raises(NotFound):
        services.ask_help(actor=town.outsider, case_id=case.id, reason_code="law")
    asked = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law")
    for act in (services.take_over_help, services.decline_help, services.withdraw_help):
        with pytest.raises(NotFound):
            act(actor=town.outsider, help_id=asked.id)
    with pytest.raises(NotFound):
        services.answer_help(actor=town.outside_official, help_id=asked.id, text="助言")
    with actor_transaction(town.outsider):
        assert not HelpRequest.objects.exists(), "the wall keeps the rows away"
        with pytest.raises(NotFound):
            team.get_help(actor=town.outsider, help_id=asked.id)
    with pytest.raises(NotAllowed):
        services.answer_help(actor=town.counsellor2, help_id=asked.id, text="わたしが答える")
    with pytest.raises(NotAllowed):
        services.withdraw_help(actor=town.supervisor, help_id=asked.id)


def test_a_named_colleague_is_asked_alone_and_may_pass_it_on_to_the_tiers(town: Any) -> None:
    case = phone_case(town.counsellor)
    with pytest.raises(Invalid):
        services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law", asked_of=town.outsider.id)
    asked = services.ask_help(
        actor=town.counsellor, case_id=case.id, reason_code="law", asked_of=town.counsellor2.id
    )
    with actor_transaction(town.supervisor):
        assert not team.help_for(actor=town.supervisor).exists()
    services.decline_help(actor=town.counsellor2, help_id=asked.id)
    assert (only_help().role, only_help().asked_of) == ("supervisor", None)
    services.decline_help(actor=town.supervisor, help_id=asked.id)
    assert only_help().role == "official"
    services.decline_help(actor=town.official, help_id=asked.id)
    assert only_help().state == "declined"


def test_taking_over_makes_the_case_mine_and_an_official_gives_advice_instead(town: Any) -> None:
    case = phone_case(town.counsellor)
    asked = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="abuse")
    with pytest.raises(NotAllowed):
        services.take_over_help(actor=town.official, help_id=asked.id)
    services.take_over_help(actor=town.supervisor, help_id=asked.id)
    with system_transaction():
        case.refresh_from_db()
    assert case.counsellor_id == town.supervisor.id and only_help().state == "taken"


def test_who_is_away_is_not_asked(town: Any) -> None:
    today = timezone.now().astimezone(JST).date()
    services.enter_absence(actor=town.official, user_id=town.supervisor.id, first_day=today, last_day=today)
    case = phone_case(town.counsellor)
    asked = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law")
    assert (asked.tier, asked.role) == (1, "official")


# --- what comes by itself ---------------------------------------------------------------------------------------------


def test_an_unanswered_request_moves_up_in_opening_hours_only_and_once(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law", at=at(day, "11:50"))
    assert only_help().due_at == at(day, "13:20"), "thirty minutes, the lunch break left out"
    with system_transaction():
        assert watch(now=at(day, "12:30")).moved == 0
        assert watch(now=at(day, "13:19")).moved == 0
        assert watch(now=at(day, "13:21")).moved == 1
        assert watch(now=at(day, "13:22")).moved == 0
        assert (only_help().role, only_help().due_at) == ("official", at(day, "14:21"))
        assert watch(now=at(day, "20:00")).moved == 0, "at night nobody is asked"
        assert watch(now=at(day, "15:00")).moved == 0 and only_help().due_at is None, "there is no further tier"
    assert told(case).count("escalated") == 1


def test_injury_and_amount_are_brought_up_once_for_a_case(town: Any) -> None:
    day = open_day(0)
    moment = at(day, "10:00")
    hurt = phone_case(town.counsellor, injury="on")
    dear = phone_case(town.counsellor, amount=1_000_000)
    phone_case(town.counsellor, amount=999_999)
    with system_transaction():
        assert watch(now=at(day, "08:00")).raised == 0
        assert watch(now=moment).raised == 2
        assert watch(now=moment + timedelta(minutes=1)).raised == 0
        found = {row.case_id: row.trigger for row in HelpRequest.objects.all()}
    assert found == {hurt.id: "injury", dear.id: "amount"}


def test_the_limit_of_the_amount_is_the_centres_own(town: Any) -> None:
    services.change_team_policy(
        actor=town.official, version=0, values=TeamPolicyValues(amount=50_000, on_injury=False)
    )
    phone_case(town.counsellor, injury="on", amount=60_000)
    with system_transaction():
        watch(now=at(open_day(0), "10:00"))
    assert only_help().trigger == "amount"


def test_what_nobody_takes_is_brought_up_and_taking_it_ends_that(town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    with system_transaction():
        watch(now=at(open_day(), "10:00"))
    waiting = only_help(trigger="untaken")
    assert (waiting.contact_id, waiting.case_id) == (receipt.contact_id, None)
    with pytest.raises(WrongState):
        services.answer_help(actor=town.supervisor, help_id=waiting.id, text="助言")
    services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    assert only_help(trigger="untaken").state == "taken"


def test_a_reminder_is_told_once_at_its_moment_even_at_night(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    services.add_task(actor=town.counsellor, case_id=case.id, what="確認", due_at=at(day, "20:00"))
    with system_transaction():
        assert watch(now=at(day, "19:59")).reminded == 0
        assert watch(now=at(day, "20:00")).reminded == 1
        assert watch(now=at(day, "20:01")).reminded == 0
        assert OutboxEvent.objects.filter(topic="cases.task_due").count() == 1


# --- response clocks --------------------------------------------------------------------------------------------------


def test_an_answer_meets_the_first_target_and_taking_it_back_lets_the_clock_run_on(town: Any) -> None:
    case = web_case(town)
    with system_transaction():
        clock = ResponseClock.objects.get(case=case, kind="first")
        contact_id = case.contact_links.get().contact_id
    assert clock.target_minutes == 390 and clock.due_at == working_schedule(town.centre_a.id).add_business_minutes(
        case.received_at, 390
    )
    message = uuid7()
    deliver(AnswerWritten(subject=contact_id, centre_id=town.centre_a.id, message=message), town.counsellor)
    with system_transaction():
        clock.refresh_from_db()
        assert clock.met is True and clock.stopped_at is not None
    deliver(AnswerCancelled(subject=contact_id, centre_id=town.centre_a.id, message=message), town.counsellor)
    with system_transaction():
        clock.refresh_from_db()
        assert clock.met is None and clock.stopped_at is None and clock.running_since is not None
        assert team.rebuilt(clock, working_schedule(town.centre_a.id)).running_since == clock.running_since


def test_what_the_consumer_writes_starts_the_next_clock_and_ends_waiting(town: Any) -> None:
    case = web_case(town)
    with system_transaction():
        contact_id = case.contact_links.get().contact_id
    deliver(AnswerWritten(subject=contact_id, centre_id=town.centre_a.id, message=uuid7()), town.counsellor)
    services.wait_for(actor=town.counsellor, case_id=case.id, waiting_for="consumer")
    with actor_transaction(town.counsellor):
        words = team.clocks_of_case(case, actor=town.counsellor, now=timezone.now())
        assert [one.tone for one in words] == ["paused"]
    deliver(ConsumerWrote(subject=contact_id, centre_id=town.centre_a.id, message=uuid7()), SYSTEM)
    deliver(ConsumerWrote(subject=contact_id, centre_id=town.centre_a.id, message=uuid7()), SYSTEM)
    with system_transaction():
        running = sorted(ResponseClock.objects.filter(case=case, stopped_at=None).values_list("kind", "paused_for"))
    assert running == [("close", ""), ("next", "")]


def test_a_missed_target_is_noted_raised_and_counted_and_can_be_rebuilt(town: Any) -> None:
    day = open_day()
    case = web_case(town)
    with system_transaction():
        first = ResponseClock.objects.get(case=case, kind="first")
        run = watch(now=at(day, "10:00"))
        assert run.breached == 1
        assert watch(now=at(day, "10:01")).breached == 0
        request = HelpRequest.objects.get(trigger="breach")
        assert (request.subject_id, request.case_id) == (first.id, case.id)
        first.refresh_from_db()
    with actor_transaction(town.counsellor):
        assert team.sla_figures(actor=town.counsellor, first=day, last=day) == team.SlaFigures(met=0, due=1)
        assert team.clocks_of(actor=town.counsellor, case_ids=[case.id], now=at(day, "10:00"))[case.id].tone == "late"
        assert [one.case_id for one in team.overdue_clocks(actor=town.counsellor, now=at(day, "10:00"))] == [case.id]
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with system_transaction():
        schedule = working_schedule(town.centre_a.id)
        for clock in ResponseClock.objects.filter(case=case):
            reading = team.rebuilt(clock, schedule)
            assert (reading.target, reading.used, reading.met) == (clock.target_minutes, clock.used_minutes, clock.met)
    with actor_transaction(town.outsider):
        assert team.sla_figures(actor=town.outsider, first=day, last=day).due == 0


def test_waiting_stops_every_clock_and_only_the_centre_may_do_it(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    with pytest.raises(NotFound):
        services.wait_for(actor=town.outsider, case_id=case.id, waiting_for="business")
    with pytest.raises(Invalid):
        services.wait_for(actor=town.counsellor, case_id=case.id, waiting_for="weather")
    services.wait_for(actor=town.counsellor, case_id=case.id, waiting_for="business", at=at(day, "10:00"))
    with pytest.raises(WrongState):
        services.wait_for(actor=town.counsellor, case_id=case.id, waiting_for="consumer")
    with system_transaction():
        clock = ResponseClock.objects.get(case=case)
        used = clock.used_minutes
        assert clock.due_at is None and watch(now=at(day + timedelta(days=400), "10:00")).breached == 0
    services.go_on(actor=town.counsellor, case_id=case.id, at=at(day + timedelta(days=1), "10:00"))
    with system_transaction():
        clock.refresh_from_db()
        assert clock.used_minutes == used and clock.running_since == at(day + timedelta(days=1), "10:00")
    with pytest.raises(WrongState):
        services.go_on(actor=town.counsellor, case_id=case.id)
    assert told(case)[-2:] == ["waiting", "waiting_over"]


def test_an_injury_that_is_heard_later_shortens_the_target(town: Any) -> None:
    case = web_case(town)
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"injury": "on"})
    with system_transaction():
        clock = ResponseClock.objects.get(case=case, kind="first")
        assert (clock.urgent, clock.target_minutes) == (True, 120)
        assert team.rebuilt(clock, working_schedule(town.centre_a.id)).target == 120


def test_undoing_the_end_of_handling_lets_the_clock_run_on_and_drops_the_follow_up(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card=COMPLETE)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with system_transaction():
        assert ResponseClock.objects.get(case=case).met is True
        assert Task.objects.get(case=case).kind == "follow_up"
    services.undo_step(actor=town.counsellor, case_id=case.id)
    with system_transaction():
        assert ResponseClock.objects.get(case=case).stopped_at is None
        assert not Task.objects.filter(case=case).exists()


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_attempts_move_a_call_and_reaching_somebody_ends_it(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    task = services.add_task(
        actor=town.counsellor, case_id=case.id, what="折り返す", kind="call", due_at=at(day, "10:00"), until_at=at(day, "11:00")
    )
    services.record_attempt(actor=town.counsellor, task_id=task.id, result="busy", at=at(day, "10:05"))
    with system_transaction():
        task.refresh_from_db()
    assert (task.due_at, task.until_at, task.done_at) == (at(day, "10:20"), None, None)
    services.record_attempt(actor=town.counsellor, task_id=task.id, result="absent", again_at=at(day, "16:00"))
    services.record_attempt(actor=town.counsellor2, task_id=task.id, result="reached", at=at(day, "16:02"))
    with system_transaction():
        task.refresh_from_db()
        case.refresh_from_db()
        assert list(task.attempts.values_list("result", flat=True).order_by("created_at")) == ["busy", "absent", "reached"]
    assert task.done_at == at(day, "16:02") and case.next_contact_at is None
    with pytest.raises(WrongState):
        services.record_attempt(actor=town.counsellor, task_id=task.id, result="busy")
    with pytest.raises(NotFound):
        services.record_attempt(actor=town.outsider, task_id=task.id, result="busy")


def test_a_follow_up_says_what_it_found_and_reopens_nothing_by_itself(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card=COMPLETE)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with system_transaction():
        task = Task.objects.get(case=case)
    with pytest.raises(Invalid):
        services.finish_task(actor=town.counsellor, task_id=task.id)
    services.finish_task(actor=town.counsellor, task_id=task.id, outcome="not_held")
    with system_transaction():
        case.refresh_from_db()
        assert (case.state, Task.objects.get(id=task.id).outcome) == ("handled", "not_held")
    services.unfinish_task(actor=town.counsellor, task_id=task.id)
    with system_transaction():
        assert (Task.objects.get(id=task.id).outcome, Task.objects.get(id=task.id).done_at) == ("", None)


def test_tasks_are_snoozed_given_to_colleagues_and_kept_from_outsiders(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    task = services.add_task(actor=town.counsellor, case_id=case.id, what="調べる", due_at=at(day, "10:00"))
    services.snooze_task(actor=town.counsellor, task_id=task.id, choice="hour", at=at(day, "10:00"))
    with system_transaction():
        assert Task.objects.get(id=task.id).due_at == at(day, "11:00")
    services.reassign_task(actor=town.counsellor, task_id=task.id, to=town.counsellor2.id)
    with actor_transaction(town.counsellor2):
        assert [one.id for one in team.tasks_of(actor=town.counsellor2, user_ids=[town.counsellor2.id])] == [task.id]
    for stranger in (town.outsider.id, town.official.id):
        with pytest.raises(Invalid):
            services.reassign_task(actor=town.counsellor, task_id=task.id, to=stranger)
    for act in (
        lambda: services.snooze_task(actor=town.outsider, task_id=task.id, choice="hour"),
        lambda: services.finish_task(actor=town.outsider, task_id=task.id),
        lambda: services.unfinish_task(actor=town.outsider, task_id=task.id),
        lambda: services.reassign_task(actor=town.outsider, task_id=task.id, to=town.outsider.id),
        lambda: services.move_task_back(actor=town.outsider, task_id=task.id, due_at=timezone.now()),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Invalid):
        services.add_task(actor=town.counsellor, case_id=case.id, what="x", due_at=at(day, "10:00"), until_at=at(day, "09:00"))


def test_tasks_of_an_absent_colleague_stand_on_the_supervisors_page(town: Any) -> None:
    case, day = phone_case(town.counsellor), open_day()
    services.add_task(actor=town.counsellor, case_id=case.id, what="電話する", due_at=at(day, "10:00"))
    with pytest.raises(NotAllowed):
        services.enter_absence(actor=town.counsellor2, user_id=town.counsellor.id, first_day=day, last_day=day)
    with pytest.raises(Invalid):
        services.enter_absence(actor=town.official, user_id=town.outsider.id, first_day=day, last_day=day)
    away = services.enter_absence(actor=town.counsellor, user_id=town.counsellor.id, first_day=day, last_day=day)
    for name, expected in (("supervisor", 1), ("official", 1), ("counsellor2", 0), ("outside_official", 0)):
        actor = town.actors[name]
        with actor_transaction(actor):
            assert team.tasks_of_absent(actor=actor, day=day).count() == expected, name
    with actor_transaction(town.supervisor):
        assert not team.tasks_of_absent(actor=town.supervisor, day=day + timedelta(days=1)).exists()
    with pytest.raises(NotFound):
        services.remove_absence(actor=town.counsellor2, absence_id=away.id)
    services.remove_absence(actor=town.counsellor, absence_id=away.id)


# --- mentions, policy, figures ----------------------------------------------------------------------------------------


def test_a_mention_reaches_colleagues_of_the_centre_only(town: Any) -> None:
    case = phone_case(town.counsellor)
    services.add_note(
        actor=town.counsellor, case_id=case.id, text="@見本 counsellor2 さん、@見本 outsider さん、@見本 counsellor"
    )
    for name, expected in (("counsellor2", 1), ("outsider", 0), ("counsellor", 0), ("supervisor", 0)):
        actor = town.actors[name]
        with actor_transaction(actor):
            assert team.unread_mentions(actor=actor).count() == expected, name
    with actor_transaction(town.counsellor2):
        mention = team.unread_mentions(actor=town.counsellor2).get()
    for stranger in (town.supervisor, town.outsider):
        with pytest.raises(NotFound):
            services.read_mention(actor=stranger, mention_id=mention.id)
    services.read_mention(actor=town.counsellor2, mention_id=mention.id)
    with actor_transaction(town.counsellor2):
        assert not team.unread_mentions(actor=town.counsellor2).exists()


def test_a_note_that_is_taken_back_calls_nobody(town: Any) -> None:
    case = phone_case(town.counsellor)
    note = services.add_note(actor=town.counsellor, case_id=case.id, text="＠見本counsellor2")
    services.delete_note(actor=town.counsellor, note_id=note.id)
    with actor_transaction(town.counsellor2):
        assert team.desk_counts(actor=town.counsellor2, now=timezone.now()).mentions == 0


def test_a_policy_is_versioned_logged_and_kept_from_others(town: Any) -> None:
    values = TeamPolicyValues(tiers=(Tier(Role.OFFICIAL, 10),))
    for stranger in (town.counsellor, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            services.change_team_policy(actor=stranger, version=0, values=values)
    services.change_team_policy(actor=town.supervisor, version=0, values=values)
    with pytest.raises(VersionConflict):
        services.change_team_policy(actor=town.official, version=0, values=values)
    services.change_team_policy(actor=town.official, version=1, values=TeamPolicyValues())
    with actor_transaction(town.official):
        assert [row.number for row in team.team_policy_versions(actor=town.official)] == [2, 1]
        assert team.team_policy_of(town.centre_a.id) == TeamPolicyValues()
    with actor_transaction(town.outside_official):
        assert team.team_policy_versions(actor=town.outside_official) == []
        assert team.team_policy_of(town.centre_a.id) == TeamPolicyValues(), "another centre's policy is behind the wall"
    with system_transaction():
        assert AccessRecord.objects.filter(action="change_team_policy").count() == 2


def test_the_escalation_rate_counts_each_case_once(town: Any) -> None:
    first, second = phone_case(town.counsellor), phone_case(town.counsellor, injury="on")
    asked = services.ask_help(actor=town.counsellor, case_id=second.id, reason_code="injury")
    services.withdraw_help(actor=town.counsellor, help_id=asked.id)
    services.ask_help(actor=town.counsellor, case_id=second.id, reason_code="law")
    day = first.received_on
    with actor_transaction(town.official):
        figures = team.escalation_figures(actor=town.official, first=day, last=day)
    assert (figures.escalated, figures.answered, figures.rate) == (1, 2, 0.5)
    with actor_transaction(town.outsider):
        assert team.escalation_figures(actor=town.outsider, first=day, last=day).rate is None


def test_a_centre_without_a_supervisor_asks_the_next_tier(town: Any) -> None:
    with system_transaction():
        Membership.objects.filter(user=town.users["supervisor"]).delete()
    asked = services.ask_help(actor=town.counsellor, case_id=phone_case(town.counsellor).id, reason_code="law")
    assert asked.role == "official"
