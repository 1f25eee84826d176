"""Follow-up lists as services: who is put on, who opens whom, results, refusals for good, what is forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from caasis.appointments import services as appointments
from caasis.appointments.follow_up_selectors import entry_lines, get_list, open_entry, progress_of, read_lists
from caasis.appointments.handlers import forget_promise
from caasis.appointments.models import FollowUpEntry, FollowUpTry, NoCallNumber
from caasis.appointments.retention import KEEP_FOR, expired_follow_up_keys
from caasis.appointments.services import Candidate
from caasis.appointments.vocabulary import NotCalled, NoticeChannel, WorkMode
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM, Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.people.models import Consent, Person
from caasis.people.services import withdraw_consent
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.queues.models import WorkItem
from tests.support.follow_ups import NUMBER, TEN, add, candidate, consent, made_list, now_of, person, running_list

pytestmark = pytest.mark.django_db
OTHER = "080-3141-5926"


def held(town: Any, *numbers: str, **more: Any) -> FollowUpEntry:
    """A running list whose next person the counsellor has opened."""
    row, _ = running_list(town, *numbers, **more)
    found = appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    assert found is not None
    return found


def asked(town: Any, entry: FollowUpEntry, now: Any = TEN) -> FollowUpEntry:
    """The person was reached by the counsellor; the result is not written yet."""
    call = uuid7()
    assert appointments.begin_call(actor=SYSTEM, entry_id=entry.id, agent_id=town.counsellor.id, call_id=call, now=now) is None
    return appointments.end_call(actor=SYSTEM, entry_id=entry.id, call_id=call, result=None, now=now)


# --- making a list ----------------------------------------------------------------------------------------------------


def test_a_list_is_made_started_paused_and_ended_and_each_step_is_logged_and_told(town: Any) -> None:
    row = made_list(town)
    with pytest.raises(WrongState, match="かける人がまだ入っていません"):
        appointments.start_list(actor=town.supervisor, list_id=row.id)
    add(town, row, candidate(town))
    assert appointments.start_list(actor=town.supervisor, list_id=row.id).state == "running"
    assert appointments.pause_list(actor=town.official, list_id=row.id).state == "paused"
    assert appointments.end_list(actor=town.supervisor, list_id=row.id, now=TEN).state == "ended"
    with system_transaction():
        actions = list(AccessRecord.objects.filter(object_kind="follow_up_list").order_by("at").values_list("action", flat=True))
        states = [one.payload["state"] for one in OutboxEvent.objects.filter(topic="appointments.follow_up_list_changed").order_by("id")]
    assert actions == ["make_follow_up_list", "start_follow_up_list", "pause_follow_up_list", "end_follow_up_list"]
    assert states == ["draft", "running", "paused", "ended"]
    with system_transaction():
        assert FollowUpEntry.objects.get().skipped_because == "list_ended"


def test_only_supervisors_and_officials_of_the_centre_decide_about_a_list(town: Any) -> None:
    row = made_list(town)
    for actor in (town.counsellor, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            appointments.start_list(actor=actor, list_id=row.id)
    with pytest.raises(NotFound):
        appointments.start_list(actor=town.outside_official, list_id=row.id)
    with pytest.raises(NotFound):
        get_list(actor=town.outsider, list_id=row.id)
    with actor_transaction(town.outsider):
        assert read_lists(actor=town.outsider) == []
    with actor_transaction(town.counsellor):
        assert len(read_lists(actor=town.counsellor)) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"question": ""}, "question"),
        ({"hours": {}}, "hours"),
        ({"hours": {"0": ["08:00", "17:00"]}}, "hours"),
        ({"max_tries": 0}, "max_tries"),
        ({"pause_minutes": 1}, "pause_minutes"),
        ({"notice_channel": NoticeChannel.LETTER}, "notice_text"),
        ({"queue_id": uuid7()}, "queue"),
    ],
)
def test_what_a_list_must_have(town: Any, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made_list(town, **more)
    assert field in refused.value.fields and all(len(one) <= 40 for one in refused.value.fields[field])


def test_a_list_whose_notice_needs_sms_does_not_start(town: Any) -> None:
    row = made_list(town, notice_channel=NoticeChannel.SMS, notice_text="近くお電話します。")
    add(town, row, candidate(town))
    with pytest.raises(WrongState, match="SMSの接続がありません"):
        appointments.start_list(actor=town.supervisor, list_id=row.id)


# --- putting people on ------------------------------------------------------------------------------------------------


def test_whoever_may_not_be_called_is_not_put_on_and_the_reason_comes_back(town: Any) -> None:
    row = made_list(town)
    good, without = candidate(town), candidate(town, "070-1000-0001", agrees=False)
    twice = candidate(town)
    service = candidate(town, "0120-000-000")
    nobody = Candidate(uuid7(), None, "")
    elsewhere = person(town.centre_b, "070-1000-0002")
    consent(elsewhere)
    foreign = Candidate(uuid7(), elsewhere.id, "070-1000-0002")
    reasons = [one.why_not for one in add(town, row, good, without, twice, service, nobody, foreign)]
    assert reasons == [
        None, NotCalled.NO_CONSENT, NotCalled.OTHER_LIST, NotCalled.NUMBER, NotCalled.NO_PERSON, NotCalled.NO_PERSON,
    ]  # fmt: skip
    with system_transaction():
        assert FollowUpEntry.objects.count() == 1
    assert [one.why_not for one in add(town, row, good)] == [NotCalled.SAME_LIST]


def test_a_consent_counts_for_its_case_or_for_all_but_not_for_another_case(town: Any) -> None:
    row = made_list(town)
    here, general, other = (person(town.centre_a, f"070-1000-000{n}") for n in range(3))
    cases = [uuid7() for _ in range(3)]
    consent(here, case_id=cases[0])
    consent(general)
    consent(other, case_id=uuid7())
    people = [Candidate(case, who.id, f"070-1000-000{n}") for n, (case, who) in enumerate(zip(cases, (here, general, other), strict=True))]
    assert [one.why_not for one in add(town, row, *people)] == [None, None, NotCalled.NO_CONSENT]


def test_a_consent_that_is_over_or_was_withdrawn_does_not_count(town: Any) -> None:
    row = made_list(town)
    over, withdrawn = person(town.centre_a, "070-1000-0001"), person(town.centre_a, "070-1000-0002")
    consent(over, until=TEN.date() - timedelta(days=1))
    consent(withdrawn, withdrawn_at=TEN - timedelta(days=1))
    given = [Candidate(uuid7(), over.id, "070-1000-0001"), Candidate(uuid7(), withdrawn.id, "070-1000-0002")]
    assert [one.why_not for one in add(town, row, *given)] == [NotCalled.CONSENT_ENDED] * 2


def test_an_outsider_puts_nobody_on_the_list(town: Any) -> None:
    row = made_list(town)
    with pytest.raises(NotFound):
        appointments.add_entries(actor=town.outsider, list_id=row.id, candidates=[candidate(town)], now=TEN)


def test_lists_show_masked_names_and_opening_is_logged(town: Any) -> None:
    entry = held(town)
    with actor_transaction(town.counsellor):
        (line,) = entry_lines(actor=town.counsellor, list_id=entry.of_list_id)
        assert "太郎" not in line.name and "3141" not in line.number
        assert open_entry(entry, actor=town.counsellor, purpose=Purpose.OWN_CASE)["name"] == "見本 太郎"
        assert AccessRecord.objects.filter(object_kind="follow_up", object_id=entry.id, purpose="own_case").exists()
    with system_transaction():
        assert entry_lines(actor=town.outsider, list_id=entry.of_list_id) == []
    with system_transaction(), pytest.raises(NotAllowed):
        open_entry(entry, actor=town.outsider, purpose=Purpose.OWN_CASE)


# --- opening the next -------------------------------------------------------------------------------------------------


def test_each_counsellor_has_another_person_and_gets_her_own_again(town: Any) -> None:
    row, _ = running_list(town, NUMBER, OTHER)
    mine = appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    theirs = appointments.open_next(actor=town.counsellor2, list_id=row.id, now=TEN)
    assert mine and theirs and mine.id != theirs.id
    again = appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    assert again and again.id == mine.id
    assert appointments.open_next(actor=town.supervisor, list_id=row.id, now=TEN) is None
    appointments.let_go(actor=town.counsellor, entry_id=mine.id)
    taken = appointments.open_next(actor=town.supervisor, list_id=row.id, now=TEN)
    assert taken and taken.id == mine.id


def test_whoever_does_nothing_loses_the_person_to_the_next(town: Any) -> None:
    row, (entry,) = running_list(town)
    appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    assert appointments.open_next(actor=town.counsellor2, list_id=row.id, now=TEN + timedelta(minutes=15)) is None
    later = appointments.open_next(actor=town.counsellor2, list_id=row.id, now=TEN + timedelta(minutes=16))
    assert later and later.id == entry.id
    with pytest.raises(WrongState, match="ほかの人に移りました"):
        appointments.check_call(actor=town.counsellor, entry_id=entry.id, now=TEN + timedelta(minutes=17))


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_who_open_the_next_at_once_never_get_the_same_person(town: Any) -> None:
    row, _ = running_list(town, NUMBER, OTHER)
    found: list[Any] = []
    errors: list[BaseException] = []
    gate = threading.Barrier(2)

    def work(actor: Any) -> None:
        try:
            gate.wait(10)
            found.append(appointments.open_next(actor=actor, list_id=row.id, now=TEN))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(actor,)) for actor in (town.counsellor, town.counsellor2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and all(found), "each finds somebody"
    assert len({one.id for one in found}) == 2
    with system_transaction():
        owners = set(FollowUpEntry.objects.values_list("agent_id", flat=True))
    assert owners == {town.counsellor.id, town.counsellor2.id}


def test_outside_of_the_hours_nobody_is_opened_and_the_next_hour_is_told(town: Any) -> None:
    row, _ = running_list(town)
    with pytest.raises(WrongState, match="次は12月2日10時00分"):
        appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN + timedelta(hours=7))


def test_whoever_withdrew_meanwhile_is_passed_over_and_the_reason_stands_in_the_list(town: Any) -> None:
    row, (first, second) = running_list(town, NUMBER, OTHER)
    withdraw_consent(actor=town.counsellor, consent_id=first.consent_id, means="phone")
    opened = appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    assert opened and opened.id == second.id
    assert (now_of(first).state, now_of(first).skipped_because) == ("skipped", "consent_ended")


def test_a_withdrawal_after_the_opening_stops_the_call(town: Any) -> None:
    entry = held(town)
    withdraw_consent(actor=town.counsellor, consent_id=entry.consent_id, means="phone")
    assert appointments.check_call(actor=town.counsellor, entry_id=entry.id, now=TEN) is NotCalled.CONSENT_ENDED
    assert now_of(entry).state == "skipped"


def test_a_list_with_a_notice_waits_until_it_went_out_and_its_hours_are_over(town: Any) -> None:
    row, (entry,) = running_list(town, notice_channel=NoticeChannel.LETTER, notice_text="近くお電話します。", notice_hours=24)
    assert appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN) is None
    with pytest.raises(NotAllowed):
        appointments.mark_noticed(actor=town.counsellor, list_id=row.id, now=TEN)
    assert appointments.mark_noticed(actor=town.supervisor, list_id=row.id, now=TEN) == 1
    assert appointments.mark_noticed(actor=town.supervisor, list_id=row.id, now=TEN) == 0
    assert appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN + timedelta(hours=6)) is None
    opened = appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN + timedelta(hours=24))
    assert opened and opened.id == entry.id


# --- results ----------------------------------------------------------------------------------------------------------


def test_a_result_is_written_once_by_whoever_called_and_can_be_taken_back_for_ten_minutes(town: Any) -> None:
    entry = asked(town, held(town))
    with pytest.raises(NotAllowed):
        appointments.write_result(actor=town.counsellor2, entry_id=entry.id, result="settled", now=TEN)
    with pytest.raises(NotFound):
        appointments.write_result(actor=town.outsider, entry_id=entry.id, result="settled", now=TEN)
    with pytest.raises(Invalid):
        appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="failed", now=TEN)
    appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="settled", answers="返金された", now=TEN)
    assert (now_of(entry).state, now_of(entry).result) == ("done", "settled")
    with actor_transaction(town.counsellor):
        assert open_entry(now_of(entry), actor=town.counsellor, purpose=Purpose.OWN_CASE)["answers"] == "返金された"
    with pytest.raises(WrongState):
        appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="troubled", now=TEN)
    with pytest.raises(WrongState):
        appointments.undo_result(actor=town.counsellor2, entry_id=entry.id, now=TEN)
    appointments.undo_result(actor=town.counsellor, entry_id=entry.id, now=TEN + timedelta(minutes=10))
    assert (now_of(entry).state, now_of(entry).result, now_of(entry).tries_made) == ("asked", "", 0)
    appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="troubled", now=TEN)
    with pytest.raises(WrongState, match="もう取り消せません"):
        appointments.undo_result(actor=town.counsellor, entry_id=entry.id, now=TEN + timedelta(minutes=11))


def test_a_refusal_withdraws_the_consent_and_the_number_is_never_called_again(town: Any) -> None:
    entry = asked(town, held(town))
    appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="refused", now=TEN)
    assert now_of(entry).state == "refused"
    with system_transaction():
        assert Consent.objects.get(id=entry.consent_id).withdrawn_at is not None
        assert NoCallNumber.objects.count() == 1
    with pytest.raises(WrongState):
        appointments.undo_result(actor=town.counsellor, entry_id=entry.id, now=TEN)
    # Another person of the same number, with a fresh consent, also after the list was forgotten.
    with system_transaction():
        erase_record(actor=SYSTEM, key_id=entry.record_key_id, reason=Reason.RETENTION, now=TEN + KEEP_FOR)
    other = made_list(town)
    assert [one.why_not for one in add(town, other, candidate(town, name="見本 次郎"))] == [NotCalled.REFUSED]


def test_a_moment_that_was_agreed_is_kept_and_must_lie_in_the_hours(town: Any) -> None:
    entry = asked(town, held(town))
    with pytest.raises(Invalid) as refused:
        appointments.write_result(
            actor=town.counsellor, entry_id=entry.id, result="later", again_at=TEN + timedelta(hours=12), now=TEN
        )
    assert "again_at" in refused.value.fields
    appointments.write_result(
        actor=town.counsellor, entry_id=entry.id, result="later", again_at=TEN + timedelta(hours=5), now=TEN
    )
    row = now_of(entry)
    assert (row.state, row.due_at, row.tries_made, row.agent_id) == ("waiting", TEN + timedelta(hours=5), 0, None)


def test_after_the_most_tries_it_ends(town: Any) -> None:
    entry = held(town, max_tries=2, pause_minutes=60)
    for minutes in (0, 60):
        moment = TEN + timedelta(minutes=minutes)
        appointments.open_next(actor=town.counsellor, list_id=entry.of_list_id, now=moment)
        asked(town, entry, moment)
        appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="no_answer", now=moment)
    assert (now_of(entry).state, now_of(entry).tries_made) == ("unreachable", 2)
    with system_transaction():
        progress = progress_of([entry.of_list_id])[entry.of_list_id]
    assert (progress.total, progress.open, progress.done, progress.others) == (1, 0, 0, 1)


def test_a_result_while_the_call_goes_on_is_not_overwritten_by_its_end(town: Any) -> None:
    entry, call = held(town), uuid7()
    appointments.begin_call(actor=SYSTEM, entry_id=entry.id, agent_id=town.counsellor.id, call_id=call, now=TEN)
    appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="settled", now=TEN)
    appointments.end_call(actor=SYSTEM, entry_id=entry.id, call_id=call, result=None, now=TEN)
    with system_transaction():
        assert now_of(entry).state == "done" and FollowUpTry.objects.get().result == "settled"


def test_progressive_people_stand_in_the_queue_only_in_the_hours(town: Any) -> None:
    row, (entry,) = running_list(town, mode=WorkMode.PROGRESSIVE)
    with pytest.raises(WrongState, match="自動で回ります"):
        appointments.open_next(actor=town.counsellor, list_id=row.id, now=TEN)
    with pytest.raises(NotAllowed):
        appointments.queue_due_follow_ups(actor=town.counsellor, now=TEN)
    assert appointments.queue_due_follow_ups(actor=SYSTEM, now=TEN - timedelta(minutes=1)) == 0
    assert appointments.queue_due_follow_ups(actor=SYSTEM, now=TEN) == 1
    assert appointments.queue_due_follow_ups(actor=SYSTEM, now=TEN) == 0
    item = WorkItem.objects.get(subject_id=entry.id)
    assert item.state == "waiting" and "太郎" not in item.title
    appointments.queue_due_follow_ups(actor=SYSTEM, now=TEN + timedelta(hours=7))
    assert WorkItem.objects.get(subject_id=entry.id).state == "cancelled" and not now_of(entry).in_queue


# --- forgetting -------------------------------------------------------------------------------------------------------


def test_an_erased_person_is_called_by_nobody_and_the_copy_of_the_number_is_gone(town: Any) -> None:
    entry = held(town)
    with system_transaction():
        key = Person.objects.get(id=entry.person_id).record_key_id
        erase_record(actor=SYSTEM, key_id=key, reason=Reason.CONSUMER_REQUEST, now=TEN)

    class Told:
        subject = key

    forget_promise(Told())  # type: ignore[arg-type]
    row = now_of(entry)
    assert (row.state, row.skipped_because) == ("skipped", "erased")
    assert row.erased_at is not None and row.number_index is None


def test_numbers_are_forgotten_some_time_after_the_end(town: Any) -> None:
    entry = asked(town, held(town))
    appointments.write_result(actor=town.counsellor, entry_id=entry.id, result="settled", now=TEN)
    with system_transaction():
        assert list(expired_follow_up_keys(TEN + KEEP_FOR, 10)) == []
        assert list(expired_follow_up_keys(TEN + KEEP_FOR + timedelta(seconds=1), 10)) == [entry.record_key_id]
