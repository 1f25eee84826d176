"""The desk's side of a contact: answering, taking back, recording, and who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.channels import selectors, services
from caasis.channels.models import Attachment, Contact, Message
from caasis.channels.services import Upload, submit
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.rooms.channels.conftest import png

pytestmark = pytest.mark.django_db

OUTSIDERS = ("outsider", "outside_official", "ncac", "analyst", "admin")
INSIDERS = ("counsellor", "counsellor2", "supervisor", "official")


@pytest.fixture
def contact_id(town: Any, answers: dict[str, Any]) -> UUID:
    return submit(idempotency_key="k" * 20, answers=answers, files=[Upload("契約書.png", png())]).contact_id


@pytest.mark.parametrize("name", OUTSIDERS)
def test_for_an_outsider_there_is_no_contact(town: Any, contact_id: UUID, name: str) -> None:
    """Under the outsider's own row-level scope, and again under the system's: the selectors are the rule, not the wall."""
    actor = town.actors[name]
    with system_transaction():
        attachment = Attachment.objects.get()
        message = Message.objects.get()
    for scope in (actor_transaction(actor), system_transaction()):
        with scope:
            assert selectors.contacts_waiting(actor=actor) == []
            for call in (
                lambda: selectors.get_contact(actor=actor, contact_id=contact_id),
                lambda: selectors.submission_answers(actor=actor, contact_id=contact_id, purpose=Purpose.ADVICE),
                lambda: selectors.messages_of(actor=actor, contact_ids=[contact_id], purpose=Purpose.ADVICE),
                lambda: selectors.attachments_of(actor=actor, contact_ids=[contact_id]),
                lambda: selectors.attachment_content(actor=actor, attachment_id=attachment.id, purpose=Purpose.ADVICE),
                lambda: services.write_answer(actor=actor, contact_id=contact_id, text="x"),
                lambda: services.cancel_answer(actor=actor, message_id=message.id),
                lambda: services.set_contact_state(actor=actor, contact_id=contact_id, state="closed"),
                lambda: services.record_contact(
                    actor=actor, centre_id=town.centre_a.id, channel="phone", party_role="consumer", offered_at=timezone.now()
                ),
            ):
                with pytest.raises(NotFound):
                    call()
    with system_transaction():
        assert not AccessRecord.objects.filter(actor_id=actor.id).exists()
        assert Contact.objects.get().state == "received"


@pytest.mark.parametrize("name", INSIDERS)
def test_inside_the_centre_every_opening_is_logged(town: Any, contact_id: UUID, name: str) -> None:
    actor = town.actors[name]
    with actor_transaction(actor):
        assert [row.contact.id for row in selectors.contacts_waiting(actor=actor)] == [contact_id]
        answers = selectors.submission_answers(
            actor=actor, contact_id=contact_id, purpose=Purpose.OWN_CASE, reason="引き受け"
        )
        (message,) = selectors.messages_of(actor=actor, contact_ids=[contact_id], purpose=Purpose.OWN_CASE)
        (attachment,) = selectors.attachments_of(actor=actor, contact_ids=[contact_id])
        content = selectors.attachment_content(actor=actor, attachment_id=attachment.id, purpose=Purpose.OWN_CASE)
    assert answers["name"] == "見本 花子" and "secret" not in str(answers)
    assert message.from_consumer and message.text.startswith("給湯器の点検") and "契約をやめたい" in message.text
    assert (attachment.name, attachment.media_type, attachment.size) == ("契約書.png", "image/png", len(png()))
    assert content == ("契約書.png", "image/png", png())
    with system_transaction():
        rows = AccessRecord.objects.filter(actor_id=actor.id).order_by("at")
        assert [(row.action, row.purpose) for row in rows] == [
            ("open_personal_data", "own_case"),
            ("open_personal_data", "own_case"),
            ("open_file", "own_case"),
        ]


def test_nothing_is_opened_without_a_purpose(town: Any, contact_id: UUID) -> None:
    actor = town.actors["counsellor"]
    with actor_transaction(actor):
        for call in (
            lambda: selectors.submission_answers(actor=actor, contact_id=contact_id, purpose=None),
            lambda: selectors.messages_of(actor=actor, contact_ids=[contact_id], purpose=None),
        ):
            with pytest.raises(NotAllowed):
                call()


def test_one_foreign_contact_among_ones_own_hides_all(town: Any, contact_id: UUID, answers: dict[str, Any]) -> None:
    foreign = submit(idempotency_key="b", answers=answers | {"postcode": "2600013"}).contact_id
    actor = town.actors["counsellor"]
    with actor_transaction(actor), pytest.raises(NotFound):
        selectors.messages_of(actor=actor, contact_ids=[contact_id, foreign], purpose=Purpose.ADVICE)


def test_facts_are_typed_and_hold_nothing_personal(town: Any, contact_id: UUID) -> None:
    actor = town.actors["counsellor"]
    with actor_transaction(actor):
        contact = selectors.get_contact(actor=actor, contact_id=contact_id)
    facts = selectors.facts_of(contact)
    assert (facts.sales_form, facts.topic, facts.injury, facts.money_moving) == ("door_to_door", "cancel", False, True)
    assert (facts.amount, facts.document_received, facts.contracted_on) == (480000, True, facts.document_on)
    assert {"name", "phone", "story", "postcode", "business", "product", "age"}.isdisjoint(contact.facts)
    assert selectors.outlook_of(contact.facts).sure[0].article == "特定商取引法9条"


def test_the_card_is_filled_from_the_answers_without_guessing(town: Any, answers: dict[str, Any]) -> None:
    card = selectors.card_from_answers(answers)
    assert card["sales_form"] == "door_to_door" and card["contract_document_on"] == answers["document_on"]
    assert (card["consumer_name"], card["consumer_age"], card["amount"], card["paid"]) == ("見本 花子", 72, 480000, 0)
    assert card["money_moving"] is True and card["injury"] is False and card["contract_party_is_consumer"] is True
    assert card["summary"].startswith(answers["story"]) and "【希望】" in card["summary"]
    vague = selectors.card_from_answers(
        answers | {"how": "friend", "amount": "unknown", "contracted_on": "unknown", "paid": "part", "who": "family"}
    )
    assert {"sales_form", "amount", "paid", "contracted_on"}.isdisjoint(vague)
    assert vague["contract_party_is_consumer"] is False
    assert selectors.card_from_answers({}) == {}


def test_the_card_is_one_that_the_cases_room_takes(town: Any, answers: dict[str, Any]) -> None:
    from caasis.cases.rules.card import BY_NAME

    assert set(selectors.card_from_answers(answers)) <= set(BY_NAME)


# --- answering ------------------------------------------------------------------------------------------------


def test_an_answer_leaves_after_ten_seconds_and_tells(town: Any, contact_id: UUID) -> None:
    actor = town.actors["counsellor"]
    message = services.write_answer(actor=actor, contact_id=contact_id, text=" ご心配ですね。\r\n教えてください。 ")
    assert message.leaves_at - message.written_at == timedelta(seconds=10)
    with system_transaction():
        contact = Contact.objects.get()
        event = OutboxEvent.objects.get(topic="channels.answer_written")
    assert (contact.state, contact.handled_by) == ("answered", actor.id)
    assert event.payload == {"message": str(message.id)} and event.actor_id == actor.id
    with actor_transaction(actor):
        shown = selectors.messages_of(actor=actor, contact_ids=[contact_id], purpose=Purpose.OWN_CASE)[-1]
    assert shown.text == "ご心配ですね。\n教えてください。" and not shown.has_left()
    assert shown.has_left(message.leaves_at)


def test_an_answer_is_taken_back_before_it_leaves_and_not_after(town: Any, contact_id: UUID) -> None:
    actor = town.actors["counsellor"]
    first = services.write_answer(actor=actor, contact_id=contact_id, text="まちがい")
    services.cancel_answer(actor=actor, message_id=first.id)
    services.cancel_answer(actor=actor, message_id=first.id)
    with system_transaction():
        assert OutboxEvent.objects.filter(topic="channels.answer_cancelled").count() == 1
        contact = Contact.objects.get()
    assert (contact.state, contact.answered_at) == ("in_progress", None)
    late = services.write_answer(actor=actor, contact_id=contact_id, text="正しい", leave_after_seconds=0)
    with pytest.raises(WrongState):
        services.cancel_answer(actor=actor, message_id=late.id)
    assert [m.text for m in services.messages_for_consumer(contact)][1:] == ["正しい"]


def test_only_the_writer_takes_an_answer_back(town: Any, contact_id: UUID) -> None:
    message = services.write_answer(actor=town.actors["counsellor"], contact_id=contact_id, text="お返事")
    with pytest.raises(NotAllowed):
        services.cancel_answer(actor=town.actors["supervisor"], message_id=message.id)
    with system_transaction():
        consumers = Message.objects.get(author="consumer")
    with pytest.raises(NotFound):
        services.cancel_answer(actor=town.actors["counsellor"], message_id=consumers.id)


def test_an_answer_sent_twice_is_one(town: Any, contact_id: UUID) -> None:
    own = uuid7()
    actor = town.actors["counsellor"]
    services.write_answer(actor=actor, contact_id=contact_id, text="一度", message_id=own)
    services.write_answer(actor=actor, contact_id=contact_id, text="一度", message_id=own)
    with system_transaction():
        assert Message.objects.filter(author="centre").count() == 1


@pytest.mark.parametrize("text", ["", "　 ", "あ" * 4001, "\x00\x07"])
def test_an_answer_needs_words(town: Any, contact_id: UUID, text: str) -> None:
    with pytest.raises(Invalid) as error:
        services.write_answer(actor=town.actors["counsellor"], contact_id=contact_id, text=text)
    assert "text" in error.value.fields


# --- calls and visits -----------------------------------------------------------------------------------------------


def test_a_call_is_recorded_and_waits_for_nobody(town: Any) -> None:
    actor = town.actors["counsellor"]
    at = timezone.now() - timedelta(minutes=20)
    contact = services.record_contact(
        actor=actor, centre_id=town.centre_a.id, channel="phone", party_role="consumer", offered_at=at,
        answered_at=at + timedelta(seconds=15), note="折り返しを希望",
    )  # fmt: skip
    assert (contact.state, contact.handled_by, contact.receipt_number) == ("in_progress", actor.id, None)
    with actor_transaction(actor):
        assert selectors.contacts_waiting(actor=actor) == []
        noted = selectors.submission_answers(actor=actor, contact_id=contact.id, purpose=Purpose.OWN_CASE)
    assert noted == {"note": "折り返しを希望"}
    with pytest.raises(WrongState, match="電話など"):
        services.write_answer(actor=actor, contact_id=contact.id, text="お返事")
    with system_transaction():
        assert OutboxEvent.objects.filter(topic="channels.contact_recorded").count() == 1


def test_a_senseless_record_is_refused_field_by_field(town: Any) -> None:
    at = timezone.now()
    with pytest.raises(Invalid) as error:
        services.record_contact(
            actor=town.actors["counsellor"], centre_id=town.centre_a.id, channel="telepathy", party_role="king",
            offered_at=at, answered_at=at - timedelta(minutes=1),
        )  # fmt: skip
    assert set(error.value.fields) == {"channel", "party_role", "answered_at"}


@pytest.mark.parametrize("state", ["withdrawn", "gone", ""])
def test_the_desk_sets_no_state_that_is_not_its_own(town: Any, contact_id: UUID, state: str) -> None:
    with pytest.raises(Invalid):
        services.set_contact_state(actor=town.actors["counsellor"], contact_id=contact_id, state=state)
