"""Sending a consultation: drafts, codes, files, the responsible centre, exactly once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.channels import services
from caasis.channels.jobs import forget_attempts, forget_expired_drafts, forget_repeat_answers
from caasis.channels.models import Attachment, Attempts, Contact, DraftFile, IntakeDraft, Message, Submission
from caasis.channels.services import Upload, submit
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.organisations.models import Jurisdiction
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import path_of, read_file
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten, record_key_bytes
from caasis.queues.models import WorkItem
from tests.rooms.channels.conftest import png

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, ...]:
    with system_transaction():
        return (
            Contact.objects.count(),
            Submission.objects.count(),
            Message.objects.count(),
            WorkItem.objects.count(),
            OutboxEvent.objects.filter(topic="channels.contact_received").count(),
        )


def test_a_consultation_reaches_the_queue_of_the_responsible_centre(town: Any, answers: dict[str, Any]) -> None:
    receipt = submit(idempotency_key="k" * 20, answers=answers, faq_number="F-1042")
    with system_transaction():
        contact = Contact.objects.get(id=receipt.contact_id)
        item = WorkItem.objects.get(subject_id=contact.id)
    assert contact.centre_id == town.centre_a.id == receipt.centre_id
    assert contact.receipt_number == receipt.receipt_number
    assert contact.faq_number == "F-1042"
    assert (item.subject_kind, item.state, item.centre_id) == ("contact", "waiting", town.centre_a.id)
    assert item.money_moving is True and item.injury is False
    assert item.deadline_on == day_in_japan(timezone.now()) + timedelta(days=5)
    assert counts() == (1, 1, 1, 1, 1)


def test_nothing_personal_lies_in_clear(town: Any, answers: dict[str, Any]) -> None:
    receipt = submit(idempotency_key="k" * 20, answers=answers)
    words = ("見本", "花子", "あおぞら", "給湯器", "点検", "1234", "9800811")
    with system_transaction(), connection.cursor() as cursor:
        for table in ("channels_contact", "channels_submission", "channels_message", "queues_work_item", "platform_outbox"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = " ".join(row[0] for row in cursor.fetchall())
            assert rows
            for word in words:
                assert word not in rows, f"{word} in {table}"
                assert word.encode().hex() not in rows, f"{word} in {table}"
        contact = Contact.objects.get(id=receipt.contact_id)
    assert receipt.secret.split()[1] not in contact.secret_hash
    assert contact.secret_hash.startswith("argon2")


def test_the_same_submission_sent_twice_is_one(town: Any, answers: dict[str, Any]) -> None:
    first = submit(idempotency_key="k" * 20, answers=answers, files=[Upload("a.png", png())])
    second = submit(idempotency_key="k" * 20, answers=answers, files=[Upload("a.png", png())])
    assert (first.receipt_number, first.secret) == (second.receipt_number, second.secret)
    assert second.repeated and not first.repeated
    assert counts() == (1, 1, 1, 1, 1)


def test_another_persons_answers_under_the_same_key_lead_to_a_receipt_of_their_own(town: Any, answers: dict[str, Any]) -> None:
    first = submit(idempotency_key="1", answers=answers)
    second = submit(idempotency_key="1", answers={**answers, "story": "ほかの人のできごと"})
    assert first.receipt_number != second.receipt_number
    assert first.secret != second.secret


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_draft_sent_by_two_presses_at_once_is_one_contact(town: Any, answers: dict[str, Any]) -> None:
    _, code = services.start_draft(answers=answers, step=5)
    receipts: list[services.Receipt] = []
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def press() -> None:
        try:
            barrier.wait(10)
            receipts.append(submit(idempotency_key="press", code=code))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len({(r.receipt_number, r.secret) for r in receipts}) == 1
    assert sum(not r.repeated for r in receipts) == 1
    assert counts() == (1, 1, 1, 1, 1)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_direct_answers_sent_at_once_are_one_contact(town: Any, answers: dict[str, Any]) -> None:
    receipts: list[services.Receipt] = []
    barrier = threading.Barrier(3)

    def press() -> None:
        barrier.wait(10)
        receipts.append(submit(idempotency_key="press" * 5, answers=answers))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(receipts) == 3
    assert len({r.receipt_number for r in receipts}) == 1
    assert counts() == (1, 1, 1, 1, 1)


def test_the_receipt_can_be_shown_again_for_a_day_only(town: Any, answers: dict[str, Any]) -> None:
    _, code = services.start_draft(answers=answers, step=5)
    receipt = submit(idempotency_key="once", code=code)
    again = services.repeated_receipt(idempotency_key="once")
    assert again is not None and again.secret == receipt.secret
    assert services.repeated_receipt(idempotency_key="other") is None
    with system_transaction():
        Contact.objects.update(offered_at=timezone.now() - timedelta(days=2))
    assert forget_repeat_answers() == 1
    assert services.repeated_receipt(idempotency_key="once") is None


def test_a_late_repetition_writes_nothing_and_tells_no_secret(town: Any, answers: dict[str, Any]) -> None:
    first = submit(idempotency_key="k" * 20, answers=answers)
    _, code = services.start_draft(answers=answers, step=5)
    submit(idempotency_key="once", code=code)
    with system_transaction():
        Contact.objects.update(offered_at=timezone.now() - timedelta(days=2))
    forget_repeat_answers()
    late = submit(idempotency_key="k" * 20, answers=answers)
    assert (late.receipt_number, late.secret, late.repeated) == (first.receipt_number, "", True)
    with pytest.raises(WrongState):
        submit(idempotency_key="once", code=code)
    assert counts() == (2, 2, 2, 2, 2)


# --- drafts -----------------------------------------------------------------------------------------------------


def test_a_draft_is_saved_step_by_step_and_resumed_by_its_code(town: Any) -> None:
    draft, code = services.start_draft(answers={"topic": "cancel"}, step=1)
    services.save_draft(code=code, answers={"story": "できごと", "topic": "paid"}, step=3)
    view = services.resume_draft(code=f"　{code.replace(' ', '')}　")
    assert view.answers == {"topic": "paid", "story": "できごと"}
    assert view.step == 3
    assert bytes(draft.code_hash) and code.encode() not in bytes(draft.code_hash)
    services.save_draft(code=code, answers={"story": None}, step=3)
    assert "story" not in services.resume_draft(code=code).answers


def test_a_wrong_code_reads_like_an_expired_one(town: Any) -> None:
    _, code = services.start_draft(answers={}, step=1)
    with pytest.raises(Invalid) as wrong:
        services.resume_draft(code="みかん 000000")
    with system_transaction():
        IntakeDraft.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Invalid) as expired:
        services.resume_draft(code=code)
    assert wrong.value.fields == expired.value.fields


def test_codes_cannot_be_tried_often(town: Any) -> None:
    _, code = services.start_draft(answers={}, step=1)
    for number in range(10):
        with pytest.raises(Invalid):
            services.resume_draft(code=f"みかん {number:06d}", client="192.0.2.1")
    with pytest.raises(TooMany):
        services.resume_draft(code=code, client="192.0.2.1")
    assert services.resume_draft(code=code, client="192.0.2.2").step == 1
    with system_transaction():
        Attempts.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert services.resume_draft(code=code, client="192.0.2.1").step == 1
    assert forget_attempts() >= 1


def test_a_sent_draft_cannot_be_resumed_or_changed(town: Any, answers: dict[str, Any]) -> None:
    _, code = services.start_draft(answers=answers, step=5)
    submit(idempotency_key="once", code=code)
    with pytest.raises(WrongState):
        services.resume_draft(code=code)
    with pytest.raises(WrongState):
        services.save_draft(code=code, answers={"story": "x"}, step=2)
    with pytest.raises(WrongState):
        submit(idempotency_key="another page", code=code)
    with system_transaction():
        assert not IntakeDraft.objects.get().answers


def test_an_incomplete_draft_is_not_sent(town: Any, answers: dict[str, Any]) -> None:
    del answers["story"], answers["amount"]
    _, code = services.start_draft(answers=answers, step=5)
    with pytest.raises(Invalid) as error:
        submit(idempotency_key="once", code=code)
    assert set(error.value.fields) == {"story", "amount"}
    assert counts() == (0, 0, 0, 0, 0)


def test_an_expired_draft_is_forgotten_with_its_key_and_files(town: Any) -> None:
    draft, code = services.start_draft(answers={"story": "x"}, step=1)
    _, kept = services.start_draft(answers={"story": "y"}, step=1)
    services.attach_file(code=code, upload=Upload("photo.png", png()))
    with system_transaction():
        stored = StoredFile.objects.get()
        IntakeDraft.objects.filter(id=draft.id).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert forget_expired_drafts() == 1
    assert forget_expired_drafts() == 0
    with system_transaction():
        assert not IntakeDraft.objects.filter(id=draft.id).exists()
        assert StoredFile.objects.get(id=stored.id).deleted_at is not None
        with pytest.raises(Forgotten):
            record_key_bytes(draft.record_key_id)
    assert services.resume_draft(code=kept).answers == {"story": "y"}


def test_forgetting_a_sent_draft_leaves_the_contact_readable(town: Any, answers: dict[str, Any]) -> None:
    _, code = services.start_draft(answers=answers, step=5)
    services.attach_file(code=code, upload=Upload("photo.png", png()))
    receipt = submit(idempotency_key="once", code=code)
    with system_transaction():
        IntakeDraft.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert forget_expired_drafts() == 1
    with system_transaction():
        contact = Contact.objects.get(id=receipt.contact_id)
        file = Attachment.objects.get(contact=contact).file
        assert read_file(file, key=record_key_bytes(contact.record_key_id)) == ("photo.png", png())
        assert file.centre_id == contact.centre_id


# --- files ------------------------------------------------------------------------------------------------------


def test_files_are_listed_removed_and_limited(town: Any) -> None:
    _, code = services.start_draft(answers={}, step=3)
    added = [services.attach_file(code=code, upload=Upload(f"写真{n}.png", png())) for n in range(5)]
    with pytest.raises(Invalid) as error:
        services.attach_file(code=code, upload=Upload("もう一枚.png", png()))
    assert "files" in error.value.fields
    services.remove_file(code=code, file_id=added[0].id)
    services.remove_file(code=code, file_id=added[0].id)
    view = services.resume_draft(code=code)
    assert [file.name for file in view.files] == [f"写真{n}.png" for n in range(1, 5)]
    with system_transaction():
        assert DraftFile.objects.filter(removed_at=None).count() == 4


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_removed_file_is_gone_from_the_disk(town: Any) -> None:
    _, code = services.start_draft(answers={}, step=3)
    added = services.attach_file(code=code, upload=Upload("a.png", png()))
    with system_transaction():
        place = path_of(DraftFile.objects.get(id=added.id).file_id)
    assert place.exists()
    services.remove_file(code=code, file_id=added.id)
    assert not place.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"MZ" + b"\x00" * 200), ("a.png", b"<html><script>"), ("a.png", b""), ("a.jpg", b"x" * (10 * 1024 * 1024 + 1))],
)
def test_what_is_no_picture_is_refused_with_a_sentence(town: Any, name: str, content: bytes) -> None:
    _, code = services.start_draft(answers={}, step=3)
    with pytest.raises(Invalid) as error:
        services.attach_file(code=code, upload=Upload(name, content))
    sentence = error.value.fields["files"][0]
    assert sentence.endswith("。") and len(sentence) <= 45
    assert services.resume_draft(code=code).files == ()


def test_a_file_of_anothers_draft_cannot_be_removed(town: Any) -> None:
    _, mine = services.start_draft(answers={}, step=3)
    _, theirs = services.start_draft(answers={}, step=3)
    added = services.attach_file(code=theirs, upload=Upload("a.png", png()))
    services.remove_file(code=mine, file_id=added.id)
    assert len(services.resume_draft(code=theirs).files) == 1
    with pytest.raises(NotFound):
        services.attach_file(code="みかん 999999", upload=Upload("a.png", png()))


# --- the responsible centre ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"postcode": "9800811"}, "A01"),  # 仙台市青葉区
        ({"postcode": "2600013"}, "B01"),  # 千葉市中央区
        ({"postcode": "", "prefecture": "12"}, "B01"),
        ({"postcode": "9999999", "prefecture": "12"}, "B01"),
        ({"postcode": "", "prefecture": "47"}, "A01"),  # nobody there: the national back-up
        ({"postcode": ""}, "A01"),
    ],
)
def test_the_centre_comes_from_the_place(town: Any, answers: dict[str, Any], place: dict[str, str], expected: str) -> None:
    receipt = submit(idempotency_key="k" * 20, answers={**answers, **place})
    assert {town.centre_a.id: "A01", town.centre_b.id: "B01"}[receipt.centre_id] == expected


def test_without_any_centre_the_person_is_sent_to_188(town: Any, answers: dict[str, Any]) -> None:
    with system_transaction():
        Jurisdiction.objects.all().delete()
    with pytest.raises(Invalid, match="188"):
        submit(idempotency_key="k" * 20, answers=answers)
    assert counts() == (0, 0, 0, 0, 0)


def test_one_address_cannot_send_without_end(town: Any, answers: dict[str, Any]) -> None:
    with system_transaction():
        Attempts.objects.all().delete()
    from caasis.channels.services import intake

    limit = intake._LIMIT
    with system_transaction():
        from caasis.channels.services.attempts import count_attempt

        for _ in range(limit):
            count_attempt("submit", "192.0.2.9", limit=limit, window=timedelta(hours=1))
    with pytest.raises(TooMany):
        submit(idempotency_key="k" * 20, answers=answers, client="192.0.2.9")
    assert counts()[0] == 0
