"""Sending a consultation: exactly once, however often the button is pressed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.events import ContactReceived
from caasis.channels.models import Attachment, Contact, IntakeDraft, Message, Submission
from caasis.channels.rules.deadlines import nearest_deadline
from caasis.channels.rules.promise import answer_due_at
from caasis.channels.rules.questionnaire import clean_answers, clean_faq_number, facts_from_answers
from caasis.channels.services.attempts import count_attempt, keyed_hash, known_hashes
from caasis.channels.services.drafts import (
    FILES_PER_FORM,
    TOO_MANY_FILES,
    DraftFileView,
    DraftView,
    Upload,
    answers_of,
    attach_file,
    discard_draft,
    locked_draft,
    read_draft,
    remove_file,
    resume_draft,
    save_draft,
    start_draft,
)
from caasis.channels.services.placing import responsible_centre
from caasis.channels.vocabulary import TOPICS, label_of
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, TooMany, WrongState
from caasis.kernel.ids import Series, new_receipt_number, new_spoken_code, normalise_spoken_code
from caasis.organisations.models import Centre
from caasis.platform.crypto.ciphers import WrongKeyOrPlace, open_bytes, seal_bytes
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import store_file
from caasis.platform.lawfiles import current_law
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import NATION, create_record_key, move_record_key, record_key_bytes, ring
from caasis.privacy.sealed import EMPTY
from caasis.privacy.services import set_sealed
from caasis.queues.services import enqueue

__all__ = [
    "DraftFileView",
    "DraftView",
    "Receipt",
    "Upload",
    "attach_file",
    "discard_draft",
    "read_draft",
    "remove_file",
    "repeated_receipt",
    "resume_draft",
    "save_draft",
    "start_draft",
    "submit",
]

SUBJECT_KIND = "contact"
ALREADY_SENT = "この相談は、もう送られています。受付番号で状況を見られます。"
GONE = "保存した内容が見つかりません。7日をすぎたときは、はじめからお願いします。"

_WINDOW = timedelta(hours=1)
_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the consumer takes home. The secret is told here and nowhere else; only its hash is kept.

    `repeated` marks the receipt of an earlier submission; a day after that its secret is empty.
    """

    contact_id: UUID
    receipt_number: str
    secret: str
    centre_id: UUID
    facts: Mapping[str, Any]
    repeated: bool = False


def submit(
    *,
    idempotency_key: str,
    code: str | None = None,
    answers: Mapping[str, Any] | None = None,
    files: Sequence[Upload] = (),
    centre: Centre | None = None,
    faq_number: str = "",
    language: str = "ja",
    client: str = "",
) -> Receipt:
    """Send a consultation: a draft by its code, or answers directly.

    A second call with the same key answers with the same receipt and writes nothing. For direct answers the key counts
    together with what is sent, so that a key that somebody else happens to choose leads nowhere.

    :raises Invalid: an answer is missing or can't be taken (`fields`), or no centre answers.
    :raises WrongState: the draft was sent with another key. :raises TooMany: one address sends too much.
    """
    if (code is None) == (answers is None):
        raise TypeError("submit takes either a draft's code or answers")
    if client:
        with system_transaction():
            count = count_attempt("submit", client, limit=_LIMIT, window=_WINDOW)
        if count > _LIMIT:
            raise TooMany
    with system_transaction():
        now = timezone.now()
        if code is not None:
            return _submit_draft(code, idempotency_key, centre, faq_number, language, now)
        cleaned, errors = clean_answers(answers or {}, today=day_in_japan(now))
        if len(files) > FILES_PER_FORM:
            errors["files"] = [TOO_MANY_FILES]
        if errors:
            raise Invalid(fields=errors)
        raw_key = _whole_key(idempotency_key, cleaned, files)
        known = _find_repeated(raw_key)
        if known is not None:
            return known
        try:
            with transaction.atomic():
                place = centre or responsible_centre(cleaned)
                record_key_id = create_record_key(place.id).id
                key = record_key_bytes(record_key_id)
                stored = [_store(upload, key, record_key_id, place.id) for upload in files]
                return _create(cleaned, stored, place, record_key_id, raw_key, faq_number, language, now)
        except IntegrityError:
            # The same was sent twice at once: the other one won, and has committed, or this would still wait.
            known = _find_repeated(raw_key)
            if known is None:
                raise
            return known


def _submit_draft(
    code: str, idempotency_key: str, centre: Centre | None, faq_number: str, language: str, now: datetime
) -> Receipt:
    draft = locked_draft(code)
    if draft is None:
        raise Invalid(GONE)
    if draft.sent_contact_id is not None:
        known = _find_repeated(idempotency_key)
        if known is None or known.contact_id != draft.sent_contact_id or not known.secret:
            raise WrongState(ALREADY_SENT)
        return known
    cleaned, errors = clean_answers(answers_of(draft), today=day_in_japan(now))
    if errors:
        raise Invalid(fields=errors)
    place = centre or responsible_centre(cleaned)
    # The draft's key becomes the contact's: its files stay as they are, under a key that the centre can open.
    move_record_key(draft.record_key_id, place.id)
    links = list(draft.files.filter(removed_at=None).select_related("file").order_by("created_at"))
    stored = [link.file for link in links]
    StoredFile.objects.filter(id__in=[file.id for file in stored]).update(centre_id=place.id)
    receipt = _create(
        cleaned, stored, place, draft.record_key_id, idempotency_key, faq_number or cleaned.get("faq_number", ""), language, now
    )
    draft.files.all().delete()
    _mark_sent(draft, receipt.contact_id)
    return receipt


def _mark_sent(draft: IntakeDraft, contact_id: UUID) -> None:
    draft.sent_contact_id = contact_id
    draft.answers = EMPTY
    draft.save(update_fields=["sent_contact_id", "answers", "updated_at"])


def _create(
    answers: dict[str, Any],
    files: Sequence[StoredFile],
    centre: Centre,
    record_key_id: UUID,
    idempotency_key: str,
    faq_number: str,
    language: str,
    now: datetime,
) -> Receipt:
    today = day_in_japan(now)
    facts = facts_from_answers(answers)
    secret = new_spoken_code()
    contact = Contact(
        centre_id=centre.id,
        record_key_id=record_key_id,
        channel=Contact.Channel.WEB,
        party_role="consumer" if answers.get("who") == "self" else "helper",
        offered_at=now,
        secret_hash=make_password(normalise_spoken_code(secret)),
        faq_number=clean_faq_number(faq_number or answers.get("faq_number")),
        language=language if language in ("ja", "en", "ja-easy") else "ja",
        facts=facts,
        idempotency_key=_fingerprint(idempotency_key),
        receipt_number=_free_receipt_number(today),
    )
    contact.repeat_answer = seal_bytes(_repeat_key(idempotency_key), secret.encode(), _repeat_place(contact.id))
    contact.save(force_insert=True)
    submission = Submission(contact=contact, centre_id=centre.id)
    set_sealed(submission, answers=json.dumps(answers, ensure_ascii=True))
    submission.save(force_insert=True)
    message = Message(
        contact=contact, centre_id=centre.id, author=Message.Author.CONSUMER, written_at=now, leaves_at=now
    )
    set_sealed(message, body=_first_message(answers))
    message.save(force_insert=True)
    Attachment.objects.bulk_create(
        [Attachment(contact=contact, message=message, centre_id=centre.id, file=file) for file in files]
    )
    enqueue(
        centre_id=centre.id,
        subject_kind=SUBJECT_KIND,
        subject_id=contact.id,
        title=f"Web相談：{label_of(TOPICS, answers['topic'])}",
        arrived_at=now,
        injury=answers.get("injury") == "yes",
        money_moving=answers.get("money_moving") == "soon",
        deadline_on=nearest_deadline(facts, law=current_law(), today=today),
        due_at=answer_due_at(now),
    )
    record_access(
        actor=PUBLIC, action="submit_consultation", object_kind="contact", object_id=contact.id, centre_id=centre.id
    )
    publish(
        ContactReceived(
            subject=contact.id, centre_id=centre.id, channel=contact.channel, faq_number=contact.faq_number
        ),
        actor=PUBLIC,
    )
    return Receipt(contact.id, contact.receipt_number or "", secret, centre.id, facts)


def repeated_receipt(*, idempotency_key: str) -> Receipt | None:
    """The receipt of a draft that was sent with this key, within a day of sending; None when there is none.

    For the completion page: it can be loaded again, and shows the same.
    """
    with system_transaction():
        known = _find_repeated(idempotency_key)
    return known if known is not None and known.secret else None


def _find_repeated(idempotency_key: str) -> Receipt | None:
    """The receipt that was given for this key. Its secret is empty once it is no longer told."""
    prints = [value.hex() for value in known_hashes("idempotency", idempotency_key)]
    contact = Contact.objects.filter(idempotency_key__in=prints).first()
    if contact is None:
        return None
    secret = ""
    for version in ring().blind_masters if contact.repeat_answer else ():
        try:
            plain = open_bytes(
                _repeat_key(idempotency_key, version), bytes(contact.repeat_answer or b""), _repeat_place(contact.id)
            )
        except WrongKeyOrPlace:
            continue
        secret = plain.decode()
    return Receipt(
        contact.id, contact.receipt_number or "", secret, contact.centre_id, contact.facts, repeated=True
    )


def _fingerprint(idempotency_key: str) -> str:
    return keyed_hash("idempotency", idempotency_key).hex()


def _whole_key(idempotency_key: str, answers: Mapping[str, Any], files: Sequence[Upload]) -> str:
    digest = hashlib.sha256(json.dumps(answers, sort_keys=True).encode())
    for upload in files:
        digest.update(hashlib.sha256(upload.content).digest())
    return f"{idempotency_key}:{digest.hexdigest()}"


def _repeat_key(idempotency_key: str, version: int | None = None) -> bytes:
    keys = ring()
    master = keys.blind_key(NATION, version or keys.blind)
    return hmac.new(master, f"repeat:{idempotency_key}".encode(), hashlib.sha256).digest()


def _repeat_place(contact_id: UUID) -> str:
    return f"channels_contact:{contact_id}:repeat_answer"


def _free_receipt_number(today: date) -> str:
    for _ in range(20):
        number = new_receipt_number(today.year, Series.CONTACT)
        if not Contact.objects.filter(receipt_number=number).exists():
            return number
    raise TooMany


def _store(upload: Upload, key: bytes, record_key_id: UUID, centre_id: UUID) -> StoredFile:
    try:
        return store_file(
            content=upload.content, name=upload.name, key=key, record_key_id=record_key_id, centre_id=centre_id
        )
    except Invalid as error:
        raise Invalid(fields={"files": [error.message]}) from None


def _first_message(answers: Mapping[str, Any]) -> str:
    wish = answers.get("wish", "")
    return f"{answers['story']}\n\n【どうなったらよいか】{wish}" if wish else str(answers["story"])
