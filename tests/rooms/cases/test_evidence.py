"""資料: files of a case, the words in them, and who finds what."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.evidence import build_documents, count_files, file_content, files_of, find_in_files, text_of_file
from caasis.cases.jobs import read_files, read_pictures_again
from caasis.cases.models import Evidence, FileText
from caasis.cases.services import collecting
from caasis.cases.services.collecting import NewFile, read_case_files
from caasis.channels.services import Upload
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.documents import reading
from caasis.platform.files.models import StoredFile
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.search.access import search_index
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record
from tests.support.desk import phone_case, send_consultation
from tests.support.papers import photo
from tests.support.searching import own_folder  # noqa: F401

pytestmark = pytest.mark.django_db
MEMO = NewFile("振込先.txt", "見本銀行の口座に振り込むよう言われた。相談 花子".encode())


def add(town: Any, case: Any, *files: NewFile, note: str = "") -> list[Evidence]:
    return services.add_evidence(actor=town.counsellor, case_id=case.id, files=files or (MEMO,), note=note)


def asked(read: Any, *arguments: Any, actor: Any, **more: Any) -> Any:
    """A read as a request makes it: in the actor's own scope."""
    with actor_transaction(actor):
        return read(*arguments, actor=actor, **more)


def index_all() -> None:
    with system_transaction():
        ids = [str(one) for one in FileText.objects.values_list("id", flat=True)]
    index = search_index()
    for document in build_documents(ids):
        index.upsert([document])
    index.refresh()


def test_a_file_is_kept_sealed_and_stands_in_the_timeline(town: Any) -> None:
    case = phone_case(town.counsellor)
    (row,) = add(town, case, note="電話のあとに届いた")
    assert [one.name for one in asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)] == ["振込先.txt"]
    assert "電話".encode() not in bytes(row.note.data)
    name, kind, content = asked(file_content, case, actor=town.counsellor, file_id=row.id, purpose=Purpose.OWN_CASE)
    assert (name, kind, content) == (MEMO.name, "text/plain", MEMO.content)
    with system_transaction():
        line = case.entries.get(kind="file_added")
        assert line.data == {"evidence": str(row.id)}
        opened = AccessRecord.objects.get(action="open_file", object_id=row.id)
    assert opened.purpose == Purpose.OWN_CASE


def test_all_files_are_taken_or_none(town: Any) -> None:
    case = phone_case(town.counsellor)
    with pytest.raises(Invalid) as refused:
        add(town, case, MEMO, NewFile("請求.exe", b"MZ\x90\x00" * 20))
    assert "請求.exe" in refused.value.fields["files"][0]
    assert asked(count_files, case, actor=town.counsellor) == 0
    for wrong in ([], [NewFile("空.txt", b"")]):
        with pytest.raises(Invalid):
            services.add_evidence(actor=town.counsellor, case_id=case.id, files=wrong)
    with pytest.raises(Invalid):
        add(town, case, note="あ" * 201)


def test_sound_and_mail_are_taken_from_the_centre(town: Any) -> None:
    case = phone_case(town.counsellor)
    wave = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
    mail = b"From: a@mihon.example\nSubject: test\n\nhello"
    add(town, case, NewFile("留守電.wav", wave), NewFile("請求.eml", mail))
    assert [one.kind for one in asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)] == ["sound", "mail"]


def test_a_file_taken_away_comes_back(town: Any) -> None:
    case = phone_case(town.counsellor)
    (row,) = add(town, case)
    read_case_files(case.id)
    services.remove_evidence(actor=town.counsellor, case_id=case.id, evidence_id=row.id)
    assert asked(count_files, case, actor=town.counsellor) == 0
    with pytest.raises(NotFound):
        asked(file_content, case, actor=town.counsellor, file_id=row.id, purpose=Purpose.OWN_CASE)
    with system_transaction():
        text = FileText.objects.get(file=row.file)
    assert build_documents([str(text.id)]) == []
    services.restore_evidence(actor=town.counsellor, case_id=case.id, evidence_id=row.id)
    assert asked(count_files, case, actor=town.counsellor) == 1
    assert len(build_documents([str(text.id)])) == 1


def test_outsiders_get_the_same_answer_as_for_nothing(town: Any) -> None:
    case = phone_case(town.counsellor)
    (row,) = add(town, case)
    for name in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        actor = town.actors[name]
        with pytest.raises(NotFound):
            services.add_evidence(actor=actor, case_id=case.id, files=[MEMO])
        with pytest.raises(NotFound):
            services.remove_evidence(actor=actor, case_id=case.id, evidence_id=row.id)
        with pytest.raises(NotFound):
            asked(files_of, case, actor=actor, purpose=Purpose.ADVICE)
        with pytest.raises(NotFound):
            asked(file_content, case, actor=actor, file_id=row.id, purpose=Purpose.ADVICE)
        with pytest.raises(NotFound):
            asked(text_of_file, case, actor=actor, file_id=row.id, purpose=Purpose.ADVICE)
        assert asked(count_files, case, actor=actor) == 0
    with pytest.raises(NotAllowed):
        asked(files_of, case, actor=town.counsellor2, purpose=None)


def test_a_photo_that_the_consumer_sent_is_read_once_the_case_is_taken(town: Any) -> None:
    receipt = send_consultation(town.centre_a, files=(Upload("契約書.jpg", photo("屋根工事請負契約書")),))
    case = services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    read_files(case_id=case.id)
    (one,) = asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)
    assert (one.origin, one.name, one.text_state) == ("consumer", "契約書.jpg", "read")
    text = asked(text_of_file, case, actor=town.counsellor, file_id=one.id, purpose=Purpose.OWN_CASE)
    assert "屋根工事" in text
    assert read_case_files(case.id) == 0


def test_a_consultation_without_files_asks_for_no_reading(town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    case = services.take_contact(actor=town.counsellor, contact_id=receipt.contact_id)
    with system_transaction():
        assert collecting.unread_files(case.id) == []


@pytest.mark.usefixtures("own_folder")
def test_words_in_a_file_are_found_inside_the_centre_only_and_without_names(town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子")
    add(town, case)
    read_case_files(case.id)
    index_all()
    (found,) = asked(find_in_files, actor=town.counsellor2, text="振り込む")
    assert found.case.id == case.id
    shown = "".join(part.text for part in found.excerpt)
    assert "振り込む" in shown and "花子" not in shown
    assert asked(find_in_files, actor=town.counsellor2, text="花子") == []
    for name in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        assert asked(find_in_files, actor=town.actors[name], text="振り込む") == []


def test_pictures_are_read_later_when_the_reader_comes(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = phone_case(town.counsellor)
    (row,) = add(town, case, NewFile("契約書.jpg", photo("屋根工事請負契約書")))
    with monkeypatch.context() as without:
        without.setattr(reading, "ocr_command", lambda: None)
        read_case_files(case.id)
        assert asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)[0].text_state == "no_reader"
    read_pictures_again()
    assert asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)[0].text_state == "read"
    with system_transaction():
        assert FileText.objects.filter(file=row.file).count() == 1


def test_a_broken_file_is_kept_and_said_to_be_unreadable(town: Any) -> None:
    case = phone_case(town.counsellor)
    whole = photo("契約書")
    add(town, case, NewFile("途中まで.jpg", whole[:700]))
    read_case_files(case.id)
    assert asked(files_of, case, actor=town.counsellor, purpose=Purpose.OWN_CASE)[0].text_state == "unreadable"


def test_erasure_takes_file_note_and_words(town: Any) -> None:
    case = phone_case(town.counsellor)
    (row,) = add(town, case, note="家の中の写真")
    read_case_files(case.id)
    erase_record(actor=town.official, key_id=case.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        assert StoredFile.objects.get(id=row.file_id).deleted_at is not None
        assert not Evidence.objects.get(id=row.id).note
        text = FileText.objects.get(file_id=row.file_id)
    assert not text.text
    assert build_documents([str(text.id)]) == []


def test_events_of_a_file_say_nothing_of_it(town: Any) -> None:
    case = phone_case(town.counsellor)
    add(town, case, note="だれにも言わないで")
    read_case_files(case.id)
    with system_transaction():
        told = str(list(OutboxEvent.objects.values("topic", "payload")))
    assert "振込先" not in told and "だれにも" not in told
