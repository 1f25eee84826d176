"""The consumer's side: opening by number and secret, status, messages, writing again, taking back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.channels import services
from caasis.channels.models import Attachment, Attempts, Contact, Message
from caasis.channels.services import Receipt, Upload, submit
from caasis.channels.services.receipts import LOCKED, SECRET_TRIES
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.kernel.ids import new_receipt_number, uuid7
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues.models import WorkItem
from caasis.queues.services import take_item
from tests.rooms.channels.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(town: Any, answers: dict[str, Any]) -> Receipt:
    return submit(idempotency_key="k" * 20, answers=answers)


@pytest.fixture
def opened(receipt: Receipt) -> Contact:
    return services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret)


def refusal(call: Callable[[], object]) -> tuple[type, str, dict[str, list[str]]]:
    """What a refused opening looks like from outside."""
    with pytest.raises((Invalid, TooMany)) as error:
        call()
    return type(error.value), error.value.message, getattr(error.value, "fields", {})


def test_number_and_secret_open_it_however_they_are_typed(receipt: Receipt) -> None:
    digits = receipt.receipt_number.replace("-", "").translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    word, number = receipt.secret.split()
    for secret in (receipt.secret, f"{word}{number}", f"　{word}　{number} "):
        assert services.open_receipt(receipt_number=digits, secret=secret).id == receipt.contact_id
    with system_transaction():
        assert AccessRecord.objects.filter(action="open_receipt", object_id=receipt.contact_id).count() == 3


def test_eight_wrong_secrets_lock_it_for_a_quarter_of_an_hour(receipt: Receipt) -> None:
    for _ in range(SECRET_TRIES - 1):
        assert refusal(lambda: services.open_receipt(receipt_number=receipt.receipt_number, secret="たけ 000000"))[0] is Invalid
    assert refusal(lambda: services.open_receipt(receipt_number=receipt.receipt_number, secret="たけ 000000"))[0] is TooMany
    with pytest.raises(TooMany, match="15分"):
        services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret)
    with system_transaction():
        row = Attempts.objects.get(kind="receipt")
        assert timedelta(minutes=14) < row.window_ends_at - timezone.now() <= timedelta(minutes=15)
        Attempts.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret).id == receipt.contact_id


def test_a_right_secret_wipes_the_slate(receipt: Receipt) -> None:
    for _ in range(3):
        for _ in range(SECRET_TRIES - 1):
            refusal(lambda: services.open_receipt(receipt_number=receipt.receipt_number, secret="たけ 000000"))
        services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret)


def test_an_unknown_number_is_answered_and_locked_like_a_known_one(receipt: Receipt) -> None:
    unknown = new_receipt_number(2026)
    for _ in range(SECRET_TRIES + 2):
        known = refusal(lambda: services.open_receipt(receipt_number=receipt.receipt_number, secret="たけ 000000"))
        other = refusal(lambda: services.open_receipt(receipt_number=unknown, secret="たけ 000000"))
        assert known == other
    assert known[1] == LOCKED


def test_one_address_cannot_try_many_numbers(receipt: Receipt) -> None:
    for _ in range(40):
        refusal(lambda: services.open_receipt(receipt_number=new_receipt_number(2026), secret="x", client="192.0.2.7"))
    with pytest.raises(TooMany):
        services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret, client="192.0.2.7")
    assert services.open_receipt(receipt_number=receipt.receipt_number, secret=receipt.secret, client="192.0.2.8")


@pytest.mark.parametrize("number", ["", "2026", "2026-1234-5678X", "2026-0000-00001", "９" * 40, "x" * 10_000])
def test_what_can_be_no_receipt_number_is_told_without_counting(receipt: Receipt, number: str) -> None:
    with pytest.raises(Invalid) as error:
        services.open_receipt(receipt_number=number, secret="たけ 000000")
    assert "receipt_number" in error.value.fields
    with system_transaction():
        assert not Attempts.objects.filter(kind="receipt").exists()


def test_a_changed_secret_closes_an_opened_receipt(opened: Contact) -> None:
    mark = services.receipt_mark(opened)
    assert services.contact_of_receipt(contact_id=opened.id, mark=mark).id == opened.id
    with system_transaction():
        Contact.objects.update(secret_hash="argon2$another")
    for contact_id, given in ((opened.id, mark), (uuid7(), mark), (opened.id, "")):
        with pytest.raises(NotFound):
            services.contact_of_receipt(contact_id=contact_id, mark=given)


# --- status and messages ------------------------------------------------------------------------------------------


def states(contact: Contact) -> list[str]:
    with system_transaction():
        fresh = Contact.objects.get(id=contact.id)
    return [step.state.value for step in services.status_of(fresh)]


def test_the_status_follows_the_work(town: Any, opened: Contact) -> None:
    actor = town.actors["counsellor"]
    assert states(opened) == ["done", "now", "todo", "todo"]
    services.set_contact_state(actor=actor, contact_id=opened.id, state="in_progress")
    assert "担当しています" in services.status_of(opened)[1].label or states(opened) == ["done", "now", "todo", "todo"]
    services.write_answer(actor=actor, contact_id=opened.id, text="お返事です。", leave_after_seconds=60)
    assert states(opened) == ["done", "now", "todo", "todo"], "an answer that may be taken back is none yet"
    services.write_answer(actor=actor, contact_id=opened.id, text="お返事です。", leave_after_seconds=0)
    assert states(opened) == ["done", "done", "now", "todo"]
    services.set_contact_state(actor=actor, contact_id=opened.id, state="closed")
    assert states(opened) == ["done", "done", "done", "now"]


def test_an_answer_shows_after_its_ten_seconds_and_is_marked_as_read(town: Any, opened: Contact) -> None:
    message = services.write_answer(actor=town.actors["counsellor"], contact_id=opened.id, text="ひとつ教えてください。")
    assert [m.from_consumer for m in services.messages_for_consumer(opened)] == [True]
    with system_transaction():
        Message.objects.filter(id=message.id).update(leaves_at=timezone.now() - timedelta(seconds=1))
    shown = services.messages_for_consumer(opened)
    assert [m.from_consumer for m in shown] == [True, False]
    assert shown[1].text == "ひとつ教えてください。" and shown[1].author == "青葉市消費生活センター　相談員"
    with system_transaction():
        assert Message.objects.get(id=message.id).read_at is not None


def test_writing_again_reaches_the_queue_once_more(town: Any, opened: Contact) -> None:
    actor = town.actors["counsellor"]
    with actor_transaction(actor):
        take_item(actor=actor, item_id=WorkItem.objects.get(subject_id=opened.id).id)
    services.write_answer(actor=actor, contact_id=opened.id, text="お返事です。", leave_after_seconds=0)
    services.set_contact_state(actor=actor, contact_id=opened.id, state="closed")
    services.write_again(contact=opened, text="まだ困っています。", files=[Upload("a.png", png())])
    with system_transaction():
        item = WorkItem.objects.get(subject_id=opened.id)
        contact = Contact.objects.get(id=opened.id)
        event = OutboxEvent.objects.get(topic="channels.consumer_wrote")
        message = Message.objects.get(id=event.payload["message"])
    assert (item.state, item.assigned_to) == ("waiting", None)
    assert contact.state == Contact.State.IN_PROGRESS and contact.ended_at is None
    assert (event.subject, message.contact_id) == (opened.id, opened.id)
    assert services.messages_for_consumer(opened)[-1].files == ("a.png",)


def test_a_message_sent_twice_is_one(opened: Contact) -> None:
    own = uuid7()
    first = services.write_again(contact=opened, text="一度だけ", message_id=own)
    second = services.write_again(contact=opened, text="一度だけ", message_id=own)
    assert first.id == second.id == own
    with system_transaction():
        assert OutboxEvent.objects.filter(topic="channels.consumer_wrote").count() == 1


def test_an_id_of_somebody_elses_message_is_refused(town: Any, opened: Contact, answers: dict[str, Any]) -> None:
    other = submit(idempotency_key="other", answers=answers | {"story": "ほかの人"})
    with system_transaction():
        foreign = Message.objects.get(contact_id=other.contact_id)
    with pytest.raises(Invalid):
        services.write_again(contact=opened, text="x", message_id=foreign.id)


@pytest.mark.parametrize(("text", "field"), [("", "text"), ("　\n ", "text"), ("あ" * 4001, "text")])
def test_nothing_and_too_much_are_told(opened: Contact, text: str, field: str) -> None:
    with pytest.raises(Invalid) as error:
        services.write_again(contact=opened, text=text)
    assert field in error.value.fields


def test_a_refused_file_leaves_no_half_message(opened: Contact) -> None:
    with pytest.raises(Invalid) as error:
        services.write_again(contact=opened, text="写真です", files=[Upload("a.png", png()), Upload("a.exe", b"MZ" + b"\0" * 99)])
    assert "files" in error.value.fields
    with system_transaction():
        assert Message.objects.filter(contact=opened).count() == 1
        assert Attachment.objects.count() == 0


def test_a_withdrawn_consultation_leaves_the_queue_and_takes_no_more(town: Any, opened: Contact) -> None:
    services.withdraw(contact=opened)
    services.withdraw(contact=opened)
    with system_transaction():
        assert WorkItem.objects.get(subject_id=opened.id).state == "done"
        assert OutboxEvent.objects.filter(topic="channels.contact_withdrawn").count() == 1
    with pytest.raises(WrongState):
        services.write_again(contact=opened, text="やはり")
    with pytest.raises(WrongState):
        services.write_answer(actor=town.actors["counsellor"], contact_id=opened.id, text="お返事")
    assert states(opened) == ["done", "now"]
    assert len(services.messages_for_consumer(opened)) == 1
