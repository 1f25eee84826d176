"""The sound of a talk by video: a call whose customer is the consumer's page."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.appointments import services as appointments
from caasis.appointments.models import VideoTalk
from caasis.appointments.vocabulary import TalkState
from caasis.channels.models import Contact
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, TooMany, WrongState
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Call, DeskRequest, Participant, Recording
from caasis.telephony.services import ask, contact_of_call, leave_talk, offer_sound, reply_to_consumer
from caasis.telephony.services.video import MOST_OFFERS
from caasis.telephony.video_selectors import sound_wanted
from caasis.telephony.vocabulary import Part, RequestKind
from tests.rooms.telephony.hall import Hall, assert_true

pytestmark = pytest.mark.django_db
OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"


@pytest.fixture
def hall(town: Any) -> Hall:
    made = Hall(town)
    made.seat_at_browser("counsellor")
    return made


def waiting(hall: Hall, consent: str = "agreed") -> VideoTalk:
    talk = appointments.book_talk(actor=hall.town.counsellor, agent_id=hall.town.counsellor.id, now=hall.now())
    return appointments.enter_talk(talk_id=talk.id, consent=consent, now=hall.now())


def now_of(talk: VideoTalk) -> VideoTalk:
    with system_transaction():
        return VideoTalk.objects.get(id=talk.id)


def call_of(talk: VideoTalk) -> Call:
    with system_transaction():
        return Call.objects.filter(talk_id=talk.id).latest("began_at", "id")


def begun(hall: Hall, talk: VideoTalk, name: str = "counsellor") -> DeskRequest:
    return hall.ask(name, RequestKind.VIDEO, target_kind="talk", target_id=talk.id)


def bring_sound(hall: Hall, talk: VideoTalk) -> DeskRequest:
    row = offer_sound(talk=now_of(talk), offer=OFFER)
    hall.turn()
    with system_transaction():
        row.refresh_from_db()
    if row.leg:
        hall.world.browser_connects(row.leg)
        hall.turn()
    return row


def talking(hall: Hall, consent: str = "agreed") -> tuple[VideoTalk, Call]:
    talk = waiting(hall, consent)
    begun(hall, talk)
    bring_sound(hall, talk)
    return now_of(talk), call_of(talk)


def test_a_talk_is_a_call_with_both_in_it_and_its_recording(hall: Hall) -> None:
    talk = waiting(hall)
    assert not sound_wanted(talk)
    assert begun(hall, talk).state == "done"
    assert sound_wanted(now_of(talk)), "the page is asked for its sound"
    asked = bring_sound(hall, talk)
    state, _, reply = reply_to_consumer(talk=talk, request_id=asked.id)
    assert (state, bool(reply)) == ("done", True)
    talk, call = now_of(talk), call_of(talk)
    assert (talk.state, talk.call_id, call.phase) == (TalkState.TALKING, call.id, "talking")
    assert hall.state("counsellor") == "talking"
    agent = hall.station("counsellor").leg
    assert any(asked.leg in source for source in hall.hears(agent)), "the counsellor hears the consumer"
    assert any(agent in source for source in hall.hears(asked.leg)), "and is heard"
    with system_transaction():
        assert [row.leg for row in Recording.objects.filter(call=call)] == [asked.leg]
    assert_true(hall)


def test_whoever_refused_is_not_recorded(hall: Hall) -> None:
    _, call = talking(hall, "refused")
    with system_transaction():
        assert call.recording_refused
        assert not Recording.objects.exists()


def test_a_centre_that_does_not_record_does_not_record_a_talk_either(hall: Hall) -> None:
    from caasis.telephony.models import Number

    with system_transaction():
        Number.objects.update(records=False)
    talking(hall)
    with system_transaction():
        assert not Recording.objects.exists()


def test_the_contact_of_a_talk_is_of_the_kind_video(hall: Hall) -> None:
    _, call = talking(hall)
    assert contact_of_call(actor=hall.town.counsellor, call_id=call.id).channel == Contact.Channel.VIDEO


def test_the_counsellor_hangs_up_and_the_talk_is_over(hall: Hall) -> None:
    talk, call = talking(hall)
    hall.ask("counsellor", RequestKind.HANG_UP, call)
    assert now_of(talk).state == TalkState.ENDED
    assert hall.state("counsellor") == "wrap_up"
    assert_true(hall)


def test_the_consumer_leaves_and_the_talk_is_over(hall: Hall) -> None:
    talk, _ = talking(hall)
    leave_talk(talk=talk)
    hall.turn()
    assert now_of(talk).state == TalkState.ENDED
    with pytest.raises(WrongState):
        leave_talk(talk=now_of(talk))
    assert_true(hall)


def test_after_a_break_of_the_line_the_consumer_waits_on_and_is_called_again(hall: Hall) -> None:
    talk, call = talking(hall)
    hall.world.falls_silent(hall.leg(call))
    hall.wait(60)
    assert now_of(talk).state == TalkState.WAITING
    hall.ask("counsellor", RequestKind.WRAP_UP_DONE)
    begun(hall, talk)
    bring_sound(hall, talk)
    assert now_of(talk).state == TalkState.TALKING
    assert_true(hall)


def test_a_page_that_is_opened_anew_comes_back_into_the_same_call(hall: Hall) -> None:
    talk, call = talking(hall)
    first = hall.leg(call)
    second = bring_sound(hall, talk)
    assert second.leg != first
    assert hall.read(call).ended_at is None
    assert hall.leg(call) == second.leg
    heard = hall.hears(hall.station("counsellor").leg)
    assert any(second.leg in source for source in heard), "the counsellor hears the new page"
    with system_transaction():
        assert [row.leg for row in Recording.objects.order_by("started_at", "id")] == [first, second.leg]
        assert Participant.objects.filter(call=call, part=Part.CUSTOMER).count() == 1
    assert now_of(talk).state == TalkState.TALKING
    assert_true(hall)


def test_a_page_that_is_left_may_come_back_for_a_while(hall: Hall) -> None:
    talk, call = talking(hall)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.wait(15)
    assert hall.read(call).ended_at is None
    assert sound_wanted(now_of(talk))
    back = bring_sound(hall, talk)
    hall.wait(30)
    assert hall.read(call).phase == "talking"
    assert any(back.leg in source for source in hall.hears(hall.station("counsellor").leg))
    hall.world.peer_hangs_up(back.leg)
    hall.wait(22)
    assert hall.read(call).end_cause == "failed"
    assert now_of(talk).state == TalkState.WAITING
    assert_true(hall)


def test_whoever_hangs_up_while_the_page_is_away_ends_the_talk(hall: Hall) -> None:
    talk, call = talking(hall)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    hall.ask("counsellor", RequestKind.HANG_UP, call)
    assert now_of(talk).state == TalkState.ENDED
    assert_true(hall)


def test_a_page_that_does_not_answer_ends_the_call_and_not_the_talk(hall: Hall) -> None:
    talk = waiting(hall)
    begun(hall, talk)
    hall.wait(42)
    with system_transaction():
        assert Call.objects.get().ended_at is not None
    assert now_of(talk).state == TalkState.WAITING
    assert hall.state("counsellor") in ("available", "wrap_up")
    assert_true(hall)


def test_nobody_is_called_before_she_is_in_the_waiting_room(hall: Hall) -> None:
    talk = appointments.book_talk(actor=hall.town.counsellor, agent_id=hall.town.counsellor.id, now=hall.now())
    asked = begun(hall, talk)
    assert (asked.state, asked.answer) == ("refused", "相談者がまだ入っていません。入るのを待ってください。")
    with system_transaction():
        assert not Call.objects.exists()
    assert hall.state("counsellor") == "available"


def test_two_counsellors_do_not_begin_one_talk(hall: Hall) -> None:
    hall.seat_at_browser("counsellor2")
    talk, _ = talking(hall)
    assert begun(hall, talk, "counsellor2").state == "refused"
    assert hall.state("counsellor2") == "available"


def test_a_counsellor_of_another_centre_begins_nothing(hall: Hall) -> None:
    hall.seat_at_browser("outsider")
    talk = waiting(hall)
    assert begun(hall, talk, "outsider").state == "refused"
    assert now_of(talk).call_id is None


def test_an_official_begins_nothing_and_staff_do_not_speak_for_the_consumer(hall: Hall) -> None:
    talk, call = talking(hall)
    with pytest.raises(NotAllowed):
        ask(actor=hall.town.official, kind=RequestKind.VIDEO, target_kind="talk", target_id=talk.id)
    for kind in (RequestKind.VIDEO_SOUND, RequestKind.VIDEO_END):
        with pytest.raises(NotAllowed):
            ask(actor=hall.town.counsellor, kind=kind, call_id=call.id)
    with pytest.raises(Invalid):
        ask(actor=hall.town.counsellor, kind=RequestKind.VIDEO)


@pytest.mark.parametrize("offer", ["", "hello", "v=0" + "a" * 20_001, "v=0\x00"])
def test_a_hostile_offer_is_refused_with_a_sentence(hall: Hall, offer: str) -> None:
    talk = waiting(hall)
    begun(hall, talk)
    with pytest.raises(Invalid) as caught:
        offer_sound(talk=now_of(talk), offer=offer)
    assert len(caught.value.message) <= 40


def test_offers_are_bounded(hall: Hall) -> None:
    talk, call = talking(hall)
    for _ in range(MOST_OFFERS - 1):
        offer_sound(talk=talk, offer=OFFER)
    with pytest.raises(TooMany):
        offer_sound(talk=talk, offer=OFFER)
    hall.turn()
    assert hall.read(call).ended_at is None


def test_a_talk_hears_only_the_answers_to_its_own_offers(hall: Hall) -> None:
    _, call = talking(hall)
    other = waiting(hall)
    with system_transaction():
        asked = DeskRequest.objects.filter(call=call, kind=RequestKind.VIDEO_SOUND).get()
    with pytest.raises(NotFound):
        reply_to_consumer(talk=other, request_id=asked.id)


def test_a_supervisor_listens_to_a_talk_as_to_a_call(hall: Hall) -> None:
    hall.seat_at_browser("supervisor")
    _, call = talking(hall)
    asked = hall.ask("supervisor", RequestKind.MONITOR, call, option="listen")
    assert asked.state == "done"
    assert_true(hall)


def test_a_lost_engine_leaves_the_consumer_waiting(hall: Hall) -> None:
    talk, call = talking(hall)
    hall.world.restart_engine()
    hall.turn()
    assert hall.read(call).end_cause == "engine_lost"
    assert now_of(talk).state == TalkState.WAITING
