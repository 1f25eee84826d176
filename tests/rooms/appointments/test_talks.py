"""A talk by video: booked inside the opening hours, never two at once, entered by its link, ended, forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from caasis.appointments import services as appointments
from caasis.appointments.handlers import forget_promise
from caasis.appointments.models import VideoSignal, VideoTalk
from caasis.appointments.retention import KEEP_FOR, expired_talk_keys
from caasis.appointments.rules.talks import overlaps
from caasis.appointments.services.signals import KEPT, LONGEST, MOST
from caasis.appointments.talk_selectors import (
    get_talk,
    hash_of,
    is_there,
    open_talk_of_case,
    said_by,
    secret_of,
    talk_of_link,
    talk_texts,
    talks_between,
)
from caasis.appointments.vocabulary import Side, TalkState
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, TooMany, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.handlers import Delivered
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record

pytestmark = pytest.mark.django_db
#: A Tuesday; the centre is open from nine to twelve and from one to half past four.
TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
NINE = TEN - timedelta(hours=1)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def book(town: Any, **more: Any) -> VideoTalk:
    given = {
        "actor": town.counsellor, "agent_id": town.counsellor.id, "begins_at": TEN, "name": "見本 花子",
        "contact": "hanako@example.jp", "now": NINE,
    }  # fmt: skip
    return appointments.book_talk(**(given | more))


def now_of(talk: VideoTalk) -> VideoTalk:
    with system_transaction():
        return VideoTalk.objects.get(id=talk.id)


def link_of(town: Any, talk: VideoTalk) -> str:
    with actor_transaction(town.counsellor):
        return secret_of(talk, actor=town.counsellor, purpose=Purpose.OWN_CASE)


def entered(town: Any, **more: Any) -> VideoTalk:
    return appointments.enter_talk(talk_id=book(town).id, **({"consent": "agreed", "now": TEN} | more))


# --- booking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins_at", "minutes"),
    [
        (NINE, 30),  # now
        (TEN - timedelta(days=1), 30),
        (TEN + timedelta(days=4), 30),  # Saturday
        (at(105), 30),  # into the lunch break
        (at(180 - 60), 15),  # at noon, when it closes
        (TEN + timedelta(days=91), 30),
        (TEN, 31),
    ],
)
def test_nothing_is_booked_outside_of_the_opening_hours(town: Any, begins_at: datetime, minutes: int) -> None:
    with pytest.raises(Invalid) as caught:
        book(town, begins_at=begins_at, minutes=minutes)
    assert all(len(sentence) <= 40 for sentences in caught.value.fields.values() for sentence in sentences)
    assert not VideoTalk.objects.exists()


def test_one_counsellor_has_one_talk_at_a_time(town: Any) -> None:
    book(town)
    for begins_at, minutes in ((at(15), 30), (at(-15), 30), (at(-15), 60)):
        with pytest.raises(Invalid):
            book(town, begins_at=begins_at, minutes=minutes)
    book(town, begins_at=at(30))
    book(town, begins_at=at(-30))
    book(town, agent_id=town.counsellor2.id)


def test_a_cancelled_talk_frees_its_time(town: Any) -> None:
    talk = book(town)
    appointments.cancel_talk(actor=town.counsellor2, talk_id=talk.id)
    assert book(town).state == TalkState.BOOKED


def test_a_talk_at_once_needs_no_opening_hours(town: Any) -> None:
    talk = book(town, begins_at=None, now=TEN.replace(hour=20))
    assert talk.at_once
    assert talk.begins_at == TEN.replace(hour=20)


def test_whoever_is_no_counsellor_of_the_centre_books_nothing(town: Any) -> None:
    for actor in (town.official, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            book(town, actor=actor)
    with pytest.raises(Invalid):
        book(town, agent_id=town.outsider.id)


def test_a_moved_talk_keeps_its_link_and_stands_in_nobodys_way(town: Any) -> None:
    talk, other = book(town), book(town, begins_at=at(60))
    secret = link_of(town, talk)
    with pytest.raises(Invalid):
        appointments.move_talk(actor=town.counsellor, talk_id=talk.id, begins_at=at(60), minutes=30, now=NINE)
    moved = appointments.move_talk(actor=town.counsellor, talk_id=talk.id, begins_at=at(15), minutes=45, now=NINE)
    assert (moved.begins_at, moved.minutes) == (at(15), 45)
    assert talk_of_link(secret=secret, now=at(15)).id == talk.id != other.id


def test_an_outsider_finds_no_talk(town: Any) -> None:
    talk = book(town, case_id=uuid7())
    with actor_transaction(town.outsider):
        with pytest.raises(NotFound):
            get_talk(actor=town.outsider, talk_id=talk.id)
        assert open_talk_of_case(actor=town.outsider, case_id=talk.case_id) is None
        assert talks_between(actor=town.outsider, start=NINE, end=at(600), now=TEN) == []
        assert not VideoTalk.objects.exists()
        with pytest.raises(NotAllowed):
            talk_texts(talk, actor=town.outsider, purpose=Purpose.OWN_CASE)
    for change in (
        lambda: appointments.cancel_talk(actor=town.outsider, talk_id=talk.id),
        lambda: appointments.move_talk(actor=town.outsider, talk_id=talk.id, begins_at=at(30), minutes=30, now=NINE),
    ):
        with pytest.raises(NotFound):
            change()


def test_talks_beside_each_other_do_not_overlap() -> None:
    assert not overlaps(TEN, 30, [(at(30), 30), (at(-30), 30)])
    assert overlaps(TEN, 30, [(at(29), 30)])
    assert overlaps(TEN, 60, [(at(15), 15)])


# --- the link ---------------------------------------------------------------------------------------------------------


def test_a_link_is_found_by_its_hash_alone(town: Any) -> None:
    talk = book(town)
    secret = link_of(town, talk)
    with system_transaction():
        row = VideoTalk.objects.filter(id=talk.id).values().get()
    assert secret not in str(row)
    assert row["secret_hash"] == hash_of(secret)
    assert talk_of_link(secret=secret, now=TEN).id == talk.id
    for wrong in ("", "a" * 32, secret[:-1], secret + "a", "../" + secret[3:], "秘" * 32):
        with pytest.raises(NotFound):
            talk_of_link(secret=wrong, now=TEN)


def test_an_old_link_leads_nowhere(town: Any) -> None:
    talk = book(town)
    secret = link_of(town, talk)
    talk_of_link(secret=secret, now=at(89))
    with pytest.raises(NotFound):
        talk_of_link(secret=secret, now=at(90))


def test_the_waiting_room_opens_a_quarter_of_an_hour_before(town: Any) -> None:
    talk = book(town)
    with pytest.raises(WrongState):
        appointments.enter_talk(talk_id=talk.id, consent="agreed", now=at(-16))
    entered = appointments.enter_talk(talk_id=talk.id, consent="refused", shown_name="はなこ", now=at(-15))
    assert (entered.state, entered.consent) == (TalkState.WAITING, "refused")
    assert is_there(entered, at(-15))
    assert not is_there(entered, at(-14))


@pytest.mark.parametrize("consent", ["", "yes", "AGREED"])
def test_nobody_comes_in_without_a_word_about_the_recording(town: Any, consent: str) -> None:
    talk = book(town)
    with pytest.raises(Invalid):
        appointments.enter_talk(talk_id=talk.id, consent=consent, now=TEN)
    assert now_of(talk).state == TalkState.BOOKED


def test_whoever_did_not_come_is_missed_and_nobody_enters_any_more(town: Any) -> None:
    talk = book(town)
    assert appointments.expire_talks(actor=SYSTEM, now=at(89)) == 0
    assert appointments.expire_talks(actor=SYSTEM, now=at(90)) == 1
    with system_transaction():
        assert VideoTalk.objects.get().state == TalkState.MISSED
    with pytest.raises(WrongState):
        appointments.enter_talk(talk_id=talk.id, consent="agreed", now=TEN)


# --- what the browsers say --------------------------------------------------------------------------------------------


def test_each_side_hears_what_the_other_said_and_no_more(town: Any) -> None:
    talk = entered(town)
    appointments.tell_other_side(talk_id=talk.id, side=Side.AGENT, kind="offer", body="v=0 one")
    appointments.tell_other_side(talk_id=talk.id, side=Side.CONSUMER, kind="answer", body="v=0 two")
    assert [(one.kind, one.body) for one in said_by(talk, Side.AGENT, after=0)] == [("offer", "v=0 one")]
    assert [one.number for one in said_by(talk, Side.CONSUMER, after=1)] == [2]
    assert said_by(talk, Side.CONSUMER, after=2) == []


@pytest.mark.parametrize(
    ("side", "kind", "body"),
    [
        (Side.CONSUMER, "offer", "v=0"),
        (Side.AGENT, "answer", "v=0"),
        (Side.AGENT, "bye", ""),
        (Side.AGENT, "", ""),
        (Side.AGENT, "offer", ""),
        (Side.AGENT, "offer", "<script>"),
        (Side.AGENT, "ready", "v=0"),
        (Side.AGENT, "offer", "v=0\x00"),
        (Side.AGENT, "offer", "v=0" + "a" * LONGEST),
    ],
)
def test_a_hostile_signal_is_refused_with_a_sentence(town: Any, side: Side, kind: str, body: str) -> None:
    talk = entered(town)
    with pytest.raises(Invalid) as caught:
        appointments.tell_other_side(talk_id=talk.id, side=side, kind=kind, body=body)
    assert 0 < len(caught.value.message) <= 40
    with system_transaction():
        assert not VideoSignal.objects.exists()


def test_signals_are_bounded_in_number_and_only_the_newest_are_kept(town: Any) -> None:
    talk = entered(town)
    with system_transaction():
        VideoTalk.objects.filter(id=talk.id).update(signals_written=MOST - KEPT - 2)
    for _ in range(KEPT + 2):
        appointments.tell_other_side(talk_id=talk.id, side=Side.AGENT, kind="ready", body="")
    with system_transaction():
        assert VideoSignal.objects.count() == KEPT
    with pytest.raises(TooMany):
        appointments.tell_other_side(talk_id=talk.id, side=Side.AGENT, kind="ready", body="")


def test_the_end_of_a_talk_takes_its_signals_along(town: Any) -> None:
    talk = entered(town)
    appointments.tell_other_side(talk_id=talk.id, side=Side.AGENT, kind="offer", body="v=0 203.0.113.9")
    appointments.cancel_talk(actor=town.counsellor, talk_id=talk.id)
    with system_transaction():
        assert not VideoSignal.objects.exists()
    with pytest.raises(WrongState):
        appointments.tell_other_side(talk_id=talk.id, side=Side.AGENT, kind="ready", body="")


# --- the call ---------------------------------------------------------------------------------------------------------


def test_a_talk_begins_once_and_waits_on_after_an_accident(town: Any) -> None:
    talk, call_id = entered(town), uuid7()
    given = {"actor": SYSTEM, "talk_id": talk.id, "agent_id": town.counsellor2.id, "centre_id": town.centre_a.id}
    appointments.begin_talk(call_id=call_id, **given)
    with pytest.raises(WrongState):
        appointments.begin_talk(call_id=uuid7(), **given)
    appointments.start_talk(actor=SYSTEM, call_id=call_id)
    with pytest.raises(WrongState):
        appointments.cancel_talk(actor=town.counsellor, talk_id=talk.id)
    appointments.end_talk(actor=SYSTEM, call_id=call_id, again=True)
    assert now_of(talk).state == TalkState.WAITING
    second = uuid7()
    appointments.begin_talk(call_id=second, **given)
    appointments.start_talk(actor=SYSTEM, call_id=second)
    appointments.end_talk(actor=SYSTEM, call_id=second, again=False)
    row = now_of(talk)
    assert (row.state, row.agent_id) == (TalkState.ENDED, town.counsellor2.id)
    assert row.done_at is not None


def test_only_the_switchboard_begins_and_only_where_somebody_waits(town: Any) -> None:
    talk = book(town)
    given = {"talk_id": talk.id, "agent_id": town.counsellor.id, "call_id": uuid7()}
    with pytest.raises(NotAllowed):
        appointments.begin_talk(actor=town.counsellor, centre_id=town.centre_a.id, **given)
    with pytest.raises(NotFound):
        appointments.begin_talk(actor=SYSTEM, centre_id=town.centre_b.id, **given)
    with pytest.raises(WrongState):
        appointments.begin_talk(actor=SYSTEM, centre_id=town.centre_a.id, **given)


# --- what is written down, what is forgotten --------------------------------------------------------------------------


def test_every_change_is_logged_and_told_in_codes_alone(town: Any) -> None:
    talk = entered(town, shown_name="はなこ")
    with system_transaction():
        actions = list(AccessRecord.objects.filter(object_id=talk.id).values_list("action", flat=True))
        events = [str(row.payload) for row in OutboxEvent.objects.filter(topic="appointments.video_talk_changed")]
    assert sorted(actions) == ["book_video_talk", "enter_video_talk"]
    assert len(events) == 2
    assert not any(word in event for event in events for word in ("花子", "はなこ", "example"))


def test_names_are_masked_in_the_list(town: Any) -> None:
    book(town)
    with actor_transaction(town.counsellor2):
        (line,) = talks_between(actor=town.counsellor2, start=NINE, end=at(600), now=TEN)
    assert "花子" not in line.name


def test_an_erased_talk_can_be_opened_by_nobody(town: Any) -> None:
    talk = book(town)
    secret = link_of(town, talk)
    erase_record(actor=town.official, key_id=talk.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        for _ in range(2):
            forget_promise(Delivered(1, "privacy.record_erased", talk.record_key_id, town.centre_a.id, None, {}))
    gone = now_of(talk)
    assert gone.state == TalkState.CANCELLED
    assert not gone.name and not gone.secret and gone.erased_at is not None
    with pytest.raises(NotFound):
        talk_of_link(secret=secret, now=TEN)


def test_talks_that_ended_long_ago_are_named_for_erasure(town: Any) -> None:
    talk = book(town)
    appointments.cancel_talk(actor=town.counsellor, talk_id=talk.id, now=TEN)
    with system_transaction():
        assert list(expired_talk_keys(TEN + KEEP_FOR, 10)) == []
        assert list(expired_talk_keys(TEN + KEEP_FOR + timedelta(seconds=1), 10)) == [talk.record_key_id]
