"""What happens inside a call: who hears whom, verified by what each leg hears in the engine."""

from __future__ import annotations

import pytest

from caasis.telephony.models import Recording
from caasis.telephony.vocabulary import CallPhase, EndCause, Part, RequestKind
from tests.rooms.telephony.hall import Hall, assert_true

pytestmark = pytest.mark.django_db
OUTSIDE = "03-5555-0177"
OUTSIDE_E164 = "+81355550177"


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)
    assert made.refused_orders() == []


@pytest.fixture
def talk(hall):
    """Customer and counsellor talk; the counsellor2 and the supervisor are free."""
    hall.seat("counsellor")
    call = hall.connected()
    hall.seat("counsellor2")
    hall.seat("supervisor")
    return call


def do(hall, kind, call, name="counsellor", **more):
    request = hall.ask(name, kind, call, **more)
    assert request.state == "done", request.answer
    return request


def test_hold_is_music_for_the_customer_and_silence_for_the_agent(hall, talk):
    customer, agent = hall.leg(talk), hall.leg(talk, Part.AGENT)
    do(hall, RequestKind.HOLD, talk)
    assert hall.hears(customer) == {"prompt:hold_music"} and hall.hears(agent) == frozenset()
    hall.wait(20)
    do(hall, RequestKind.RESUME, talk)
    assert hall.hears(customer) == {agent} and hall.hears(agent) == {customer}
    hall.wait(10)
    do(hall, RequestKind.HANG_UP, talk)
    part = hall.record(talk).parts[0]
    assert (part.holds, part.hold_s, part.talk_s) == (1, 20, 10)


def test_the_hold_key_of_a_desk_phone_does_the_same(hall, talk):
    agent = hall.leg(talk, Part.AGENT)
    hall.world.peer_holds(agent, True)
    hall.turn()
    assert hall.read(talk).on_hold and hall.hears(hall.leg(talk)) == {"prompt:hold_music"}
    hall.world.peer_holds(agent, False)
    hall.turn()
    assert not hall.read(talk).on_hold


def test_muted_the_agent_hears_and_is_not_heard(hall, talk):
    customer, agent = hall.leg(talk), hall.leg(talk, Part.AGENT)
    do(hall, RequestKind.MUTE, talk)
    assert hall.hears(customer) == frozenset() and hall.hears(agent) == {customer}
    do(hall, RequestKind.UNMUTE, talk)
    assert hall.hears(customer) == {agent}


def test_attended_transfer_to_a_colleague(hall, talk):
    customer, first = hall.leg(talk), hall.leg(talk, Part.AGENT)
    do(hall, RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    assert hall.hears(customer) == {"prompt:hold_music"} and hall.state("counsellor2") == "ringing"
    hall.world.peer_answers("counsellor2")
    hall.turn()
    second = hall.leg(talk, Part.CONSULTED)
    assert hall.hears(first) == {second} and hall.hears(second) == {first}
    assert hall.hears(customer) == {"prompt:hold_music"}
    hall.wait(15)
    do(hall, RequestKind.COMPLETE_TRANSFER, talk)
    assert hall.hears(customer) == {second} and hall.hears(second) == {customer}
    assert hall.state("counsellor") == "wrap_up" and hall.state("counsellor2") == "talking"
    assert hall.read(talk).agent_id == hall.town.counsellor2.id
    hall.wait(30)
    do(hall, RequestKind.HANG_UP, talk, name="counsellor2")
    record = hall.record(talk)
    assert record.transfers == 1 and [part.gave_away for part in record.parts] == [True, False]
    assert [(part.talk_s, part.hold_s) for part in record.parts] == [(0, 15), (30, 0)]


def test_hanging_up_in_a_consultation_gives_the_call_away(hall, talk):
    do(hall, RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    hall.world.peer_answers("counsellor2")
    hall.turn()
    second = hall.leg(talk, Part.CONSULTED)
    hall.world.peer_hangs_up(hall.leg(talk, Part.AGENT))
    hall.turn()
    assert hall.hears(hall.leg(talk)) == {second} and hall.record_of_living(talk).transfers == 1


def test_while_it_still_rings_the_call_can_be_given_away_too(hall, talk):
    do(hall, RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    do(hall, RequestKind.COMPLETE_TRANSFER, talk)
    assert hall.read(talk).phase == CallPhase.RINGING and hall.hears(hall.leg(talk)) == {"prompt:hold_music"}
    hall.world.peer_answers("counsellor2")
    hall.turn()
    assert hall.read(talk).phase == CallPhase.TALKING and hall.state("counsellor2") == "talking"


def test_a_colleague_who_does_not_answer_leaves_the_customer_on_hold_with_the_agent(hall, talk):
    do(hall, RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    hall.wait(26)
    assert hall.state("counsellor2") == "away:no_answer" and hall.read(talk).phase == CallPhase.TALKING
    do(hall, RequestKind.RESUME, talk)
    assert hall.hears(hall.leg(talk)) == {hall.leg(talk, Part.AGENT)}
    refused = hall.ask("counsellor", RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    assert refused.state == "refused" and "出られません" in refused.answer
    assert not hall.read(talk).on_hold


def test_a_consultation_that_is_cancelled_leaves_the_colleague_free(hall, talk):
    do(hall, RequestKind.CONSULT, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    hall.world.peer_answers("counsellor2")
    hall.turn()
    assert hall.ask("counsellor", RequestKind.RESUME, talk).state == "refused"
    do(hall, RequestKind.CANCEL_CONSULT, talk)
    assert hall.state("counsellor2") == "available"
    do(hall, RequestKind.RESUME, talk)
    assert [part.agent for part in hall.record_of_living(talk).parts] == [str(hall.town.counsellor.id)]


def test_conference_with_an_interpreter_outside(hall, talk):
    customer, agent = hall.leg(talk), hall.leg(talk, Part.AGENT)
    do(hall, RequestKind.CONSULT, talk, target_kind="number", number=OUTSIDE)
    assert hall.ask("counsellor", RequestKind.CONFERENCE, talk).answer == "相手がまだ出ていません。"
    third = hall.world.peer_answers(OUTSIDE_E164)
    hall.turn()
    assert hall.hears(third) == {agent}
    do(hall, RequestKind.CONFERENCE, talk)
    assert hall.hears(customer) == {agent, third} and hall.hears(third) == {agent, customer}
    assert hall.hears(agent) == {customer, third} and hall.read(talk).agent_id == hall.town.counsellor.id
    hall.world.peer_hangs_up(third)
    hall.turn()
    assert hall.hears(customer) == {agent}


def test_blind_transfer_to_a_colleague_who_does_not_answer_comes_back_to_the_queue(hall, talk):
    do(hall, RequestKind.TRANSFER, talk, target_kind="agent", target_id=hall.town.counsellor2.id)
    assert hall.state("counsellor") == "wrap_up" and hall.hears(hall.leg(talk)) == {"prompt:hold_music"}
    hall.wait(26)
    assert hall.state("counsellor2") == "away:no_answer" and hall.state("supervisor") == "ringing"
    hall.world.peer_answers("supervisor")
    hall.turn()
    assert hall.read(talk).phase == CallPhase.TALKING and hall.record_of_living(talk).transfers == 1


def test_blind_transfer_to_a_number_outside(hall, talk):
    do(hall, RequestKind.TRANSFER, talk, target_kind="number", number=OUTSIDE)
    third = hall.world.peer_answers(OUTSIDE_E164)
    hall.turn()
    assert hall.hears(third) == {hall.leg(talk)} and hall.state("counsellor") == "wrap_up"
    hall.world.peer_hangs_up(third)
    hall.turn()
    assert hall.read(talk).phase == CallPhase.ENDED


def test_blind_transfer_to_a_number_that_is_busy_comes_back_to_the_queue(hall, talk):
    do(hall, RequestKind.TRANSFER, talk, target_kind="number", number=OUTSIDE)
    hall.world.peer_refuses(OUTSIDE_E164, EndCause.BUSY)
    hall.turn()
    assert hall.read(talk).phase == CallPhase.RINGING and hall.state("counsellor2") == "ringing"


def test_transfer_to_a_queue(hall, talk):
    do(hall, RequestKind.TRANSFER, talk, target_kind="queue", target_id=hall.queue.id, option="escalate")
    assert hall.state("counsellor2") == "ringing" and hall.state("counsellor") == "wrap_up"
    record = hall.record_of_living(talk)
    assert record.escalated and len(record.stays) == 2


def test_a_desk_phones_transfer_key(hall, talk):
    hall.world.peer_transfers(hall.leg(talk, Part.AGENT), "counsellor2")
    hall.turn()
    assert hall.state("counsellor2") == "ringing" and hall.state("counsellor") == "wrap_up"


def test_listen_whisper_and_barge(hall, talk):
    customer, agent = hall.leg(talk), hall.leg(talk, Part.AGENT)
    do(hall, RequestKind.ASK_HELP, talk)
    assert hall.read(talk).help_wanted and hall.topics()[-2] == "help_wanted"
    do(hall, RequestKind.MONITOR, talk, name="supervisor", option="listen")
    above = hall.leg(talk, Part.MONITOR)
    assert hall.hears(above) == {customer, agent}
    assert hall.hears(customer) == {agent} and hall.hears(agent) == {customer}
    do(hall, RequestKind.MONITOR, talk, name="supervisor", option="whisper")
    assert hall.hears(customer) == {agent} and hall.hears(agent) == {customer, above}
    do(hall, RequestKind.MONITOR, talk, name="supervisor", option="barge")
    assert hall.hears(customer) == {agent, above}
    do(hall, RequestKind.STOP_MONITOR, talk, name="supervisor")
    assert hall.hears(customer) == {agent} and hall.state("supervisor") == "available"
    # Somebody who only listens keeps no call alive.
    do(hall, RequestKind.MONITOR, talk, name="supervisor", option="listen")
    hall.world.peer_hangs_up(agent)
    hall.turn()
    assert hall.read(talk).phase == CallPhase.ENDED


def test_recording_is_paused_while_a_card_number_is_read_out(hall, talk):
    hall.wait(5)
    do(hall, RequestKind.PAUSE_RECORDING, talk)
    hall.wait(10)
    do(hall, RequestKind.RESUME_RECORDING, talk)
    hall.wait(5)
    do(hall, RequestKind.HANG_UP, talk)
    row = Recording.objects.get(call=talk)
    assert row.seconds == 20 and len(row.paused) == 1 and row.paused[0][1] is not None
    assert [bool(said) for _, said, _ in hall.world.recorded(row.file)] == [True, False, True]


def test_who_refuses_recording_is_served_unrecorded(hall, talk):
    do(hall, RequestKind.REFUSE_RECORDING, talk)
    hall.wait(5)
    do(hall, RequestKind.HANG_UP, talk)
    assert Recording.objects.get(call=talk).refused and hall.read(talk).recording_refused
    from caasis.telephony.selectors import recordings_of_call

    assert not recordings_of_call(actor=hall.town.counsellor, call_id=talk.id).exists()


def test_keys_go_to_the_other_side(hall, talk):
    do(hall, RequestKind.KEYS, talk, digits="12#")
    assert hall.world.keys_told(hall.leg(talk)) == "12#"


def test_click_to_call(hall):
    hall.seat("counsellor")
    request = do(hall, RequestKind.CALL, None, number="090-5555-0101")
    call = request.call
    agent = hall.leg(call, Part.AGENT)
    assert hall.state("counsellor") == "talking" and hall.read(call).phase == CallPhase.DIALLING
    customer = hall.world.peer_answers("+819055550101")
    hall.turn()
    assert hall.hears(customer) == {agent} and hall.hears(agent) == {customer}
    hall.wait(12)
    hall.world.peer_hangs_up(customer)
    hall.turn()
    record = hall.record(call)
    assert not record.inbound and record.talk_s == 12 and hall.state("counsellor") == "wrap_up"


def test_a_call_to_somebody_who_is_busy_ends_and_frees_the_agent(hall):
    hall.seat("counsellor")
    call = do(hall, RequestKind.CALL, None, number="090-5555-0101").call
    hall.world.peer_refuses("+819055550101")
    hall.turn()
    assert hall.read(call).end_cause == EndCause.BUSY and hall.state("counsellor") == "available"


def test_an_agent_who_dials_on_a_desk_phone(hall):
    hall.seat("counsellor")
    call = hall.incoming(called="090-5555-0101", caller="", user="counsellor")
    customer = hall.world.peer_answers("+819055550101")
    hall.turn()
    assert hall.hears(customer) == {hall.leg(call, Part.AGENT)} and hall.state("counsellor") == "talking"


def test_what_cannot_be_done_is_answered_with_a_sentence(hall, talk):
    ask = hall.ask
    assert ask("counsellor2", RequestKind.HOLD, talk).answer == "この通話には入っていません。画面を開き直してください。"
    assert ask("counsellor", RequestKind.ANSWER, talk).answer == "この電話は、もう鳴っていません。"
    assert ask("counsellor", RequestKind.COMPLETE_TRANSFER, talk).answer == "相談している相手がいません。"
    assert ask("counsellor", RequestKind.WRAP_UP_DONE).answer == "後処理中の通話はありません。"
    assert ask("counsellor", RequestKind.CALL, number="090-5555-0102").answer.startswith("通話中です")
    same = ask("counsellor", RequestKind.TRANSFER, talk, target_kind="agent", target_id=hall.town.counsellor.id)
    assert same.answer.startswith("自分には転送できません")
    hall.world.peer_hangs_up(hall.leg(talk))
    hall.turn()
    assert ask("counsellor", RequestKind.HOLD, talk).answer == "この通話は、もう終わりました。"
