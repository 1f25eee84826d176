"""The consumer's side of a sent consultation: opened by receipt number and secret, read, answered, taken back."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import QuerySet
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.events import ConsumerWrote, ContactStateChanged, ContactWithdrawn
from caasis.channels.models import Attachment, Contact, Message
from caasis.channels.rules.promise import answer_due_at
from caasis.channels.rules.questionnaire import STORY_LIMIT, clean_text
from caasis.channels.services.attempts import attempts_so_far, count_attempt, forget_attempts, keyed_hash, known_hashes
from caasis.channels.services.drafts import FILES_PER_FORM, TOO_MANY_FILES, Upload
from caasis.engines.japanese import format_date_ja
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.kernel.ids import normalise_spoken_code, parse_receipt_number, uuid7
from caasis.organisations.models import Centre
from caasis.platform.files.store import read_name, store_file
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import read_sealed, set_sealed
from caasis.queues.services import enqueue, finish_item

WRONG = "受付番号か暗証番号が違います。控えを確かめてください。"
LOCKED = "まちがいが続いたので、15分のあいだ開けません。お急ぎの方は188へ。"
WITHDRAWN = "この相談は取り下げられています。新しい相談としてお送りください。"

SECRET_TRIES = 8
_LOCK = timedelta(minutes=15)
_CLIENT_TRIES = 40
#: All messages of one contact in an hour: more is no conversation.
_MESSAGES_PER_HOUR = 30

# What an unknown number is compared with, so that it takes as long as a known one. Made at the first use: the hash is
# slow on purpose.
_nobody: list[str] = []


def _hash_of_nobody() -> str:
    if not _nobody:
        _nobody.append(make_password(uuid7().hex))
    return _nobody[0]


def open_receipt(*, receipt_number: str, secret: str, client: str = "") -> Contact:
    """The contact of a receipt number, for whoever knows its secret.

    Unknown numbers are counted, locked and answered exactly like known ones. Eight wrong secrets lock a number for
    fifteen minutes. The caller must let its transaction commit, or the tries are not counted.

    :raises Invalid: number or secret are wrong. :raises TooMany: locked.
    """
    number = parse_receipt_number(receipt_number[:40])
    if number is None:
        raise Invalid(fields={"receipt_number": ["受付番号は13けたの数字です。控えを確かめてください。"]})
    with system_transaction():
        locked = attempts_so_far("receipt", number) >= SECRET_TRIES
        locked = locked or (bool(client) and attempts_so_far("receipt_client", client) >= _CLIENT_TRIES)
        contact = Contact.objects.filter(receipt_number=number).first()
        right = check_password(
            normalise_spoken_code(secret[:60]),
            contact.secret_hash if contact is not None and contact.secret_hash else _hash_of_nobody(),
        )
        opened = contact is not None and right and not locked
        if opened and contact is not None:
            forget_attempts("receipt", number)
            record_access(
                actor=PUBLIC,
                action="open_receipt",
                object_kind="contact",
                object_id=contact.id,
                centre_id=contact.centre_id,
            )
        elif not locked:
            tries = count_attempt("receipt", number, limit=SECRET_TRIES, window=_LOCK)
            if client:
                count_attempt("receipt_client", client, limit=_CLIENT_TRIES, window=_LOCK)
            locked = tries >= SECRET_TRIES
    if opened and contact is not None:
        return contact
    if locked:
        raise TooMany(LOCKED)
    raise Invalid(fields={"secret": [WRONG]})


def receipt_mark(contact: Contact) -> str:
    """What a browser keeps of an opened receipt beside the contact's id: it changes with the secret, and tells nothing."""
    return keyed_hash("receipt_mark", contact.secret_hash).hex()


def contact_of_receipt(*, contact_id: UUID, mark: str) -> Contact:
    """The contact of a receipt that was opened before. A secret that has been changed since closes it.

    :raises NotFound: gone, or opened with an older secret.
    """
    with system_transaction():
        contact = Contact.objects.filter(id=contact_id).first()
    marks = [value.hex() for value in known_hashes("receipt_mark", contact.secret_hash)] if contact else []
    if contact is None or not any(hmac.compare_digest(mark, known) for known in marks):
        raise NotFound("時間がたったので閉じました。もう一度、受付番号で開いてください。")
    return contact


# --- what the consumer sees -------------------------------------------------------------------------------------


class StepState(StrEnum):
    DONE = "done"
    NOW = "now"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of the track on the status page."""

    label: str
    detail: str
    state: StepState
    at: datetime | None = None


def status_of(contact: Contact) -> list[StatusStep]:
    """Where the consultation stands, as four steps: received, in hand, answered, ended."""
    with system_transaction():
        centre = Centre.objects.filter(id=contact.centre_id).first()
        answered = _left(contact).exists()
    name = centre.name if centre else "消費生活センター"
    state = contact.state
    if state == Contact.State.WITHDRAWN:
        return [
            StatusStep("受け付けました", "", StepState.DONE, contact.offered_at),
            StatusStep("取り下げました", "また困ったときは、新しい相談としてお送りください。", StepState.NOW, contact.ended_at),
        ]
    reached = {
        Contact.State.RECEIVED: 1,
        Contact.State.IN_PROGRESS: 1,
        Contact.State.ANSWERED: 2,
        Contact.State.CLOSED: 3,
    }[Contact.State(state)]
    # An answer that may still be taken back is none yet; one that has left stays one, whatever came after.
    reached = max(reached, 2) if answered else min(reached, 1) if reached == 2 else reached
    due = answer_due_at(contact.offered_at)
    taken = state != Contact.State.RECEIVED or answered
    rows = [
        ("受け付けました", ""),
        (
            f"{name}が担当しています" if taken else f"{name}に届いています",
            "" if taken else "相談員が、順番に読んでいます。",
        ),
        (
            "お返事しました" if reached >= 2 else "解決に向けたお返事",
            "下の「やりとり」をお読みください。" if reached >= 2 else f"{_day_words(due)}までに、お返事します。",
        ),
        ("相談の終わり", "そのあと困ったことがあれば、同じ番号でもう一度相談できます。"),
    ]
    steps = []
    for place, (label, detail) in enumerate(rows):
        step = StepState.DONE if place < reached else StepState.NOW if place == reached else StepState.TODO
        steps.append(StatusStep(label, detail, step, contact.offered_at if place == 0 else None))
    return steps


@dataclass(frozen=True, slots=True)
class ConsumerMessage:
    """A message as the consumer sees it."""

    id: UUID
    from_consumer: bool
    author: str
    text: str
    written_at: datetime
    files: tuple[str, ...]


def messages_for_consumer(contact: Contact) -> list[ConsumerMessage]:
    """All that was said, oldest first. An answer that may still be taken back isn't here yet; what was taken back never.

    Reading marks the centre's answers as read.
    """
    now = timezone.now()
    with system_transaction():
        centre = Centre.objects.filter(id=contact.centre_id).first()
        key = record_key_bytes(contact.record_key_id)
        names: dict[UUID | None, list[str]] = {}
        for row in contact.attachments.filter(removed_at=None).select_related("file").order_by("created_at"):
            names.setdefault(row.message_id, []).append(read_name(row.file, key=key))
        found = []
        for message in contact.messages.filter(cancelled_at=None, leaves_at__lte=now).order_by("written_at", "id"):
            mine = message.author == Message.Author.CONSUMER
            found.append(
                ConsumerMessage(
                    id=message.id,
                    from_consumer=mine,
                    author="あなた" if mine else f"{centre.name if centre else 'センター'}　相談員",
                    text=read_sealed(message, "body")["body"],
                    written_at=message.written_at,
                    files=tuple(names.get(message.id, ())),
                )
            )
        _left(contact).filter(read_at=None).update(read_at=now)
    return found


# --- what the consumer does --------------------------------------------------------------------------------------


def write_again(
    *, contact: Contact, text: str, files: Sequence[Upload] = (), message_id: UUID | None = None
) -> Message:
    """A further message of the consumer, with files; the contact comes back into its centre's queue.

    `message_id` is the form's own id: sent twice, it is one message.

    :raises Invalid: empty, too long, or a file can't be taken. :raises WrongState: the consultation was withdrawn.
    """
    body = clean_text(text)
    errors: dict[str, list[str]] = {}
    if not body and not files:
        errors["text"] = ["お返事を入力してください。"]
    if len(body) > STORY_LIMIT:
        errors["text"] = [f"お返事は{STORY_LIMIT:,}字までです。いまは{len(body):,}字です。"]
    if len(files) > FILES_PER_FORM:
        errors["files"] = [TOO_MANY_FILES]
    if errors:
        raise Invalid(fields=errors)
    now = timezone.now()
    with system_transaction():
        locked = Contact.objects.select_for_update().get(id=contact.id)
        known = Message.objects.filter(id=message_id).first() if message_id else None
        if known is not None:
            if known.contact_id != locked.id or known.author != Message.Author.CONSUMER:
                raise Invalid("画面が古くなっています。開き直して、もう一度お送りください。")
            return known
        if locked.state == Contact.State.WITHDRAWN:
            raise WrongState(WITHDRAWN)
        since = now - timedelta(hours=1)
        if locked.messages.filter(author=Message.Author.CONSUMER, written_at__gte=since).count() >= _MESSAGES_PER_HOUR:
            raise TooMany
        message = Message(
            id=message_id or uuid7(),
            contact=locked,
            centre_id=locked.centre_id,
            author=Message.Author.CONSUMER,
            written_at=now,
            leaves_at=now,
        )
        set_sealed(message, body=body or "（写真を送りました）")
        message.save(force_insert=True)
        key = record_key_bytes(locked.record_key_id)
        for upload in files:
            try:
                stored = store_file(
                    content=upload.content,
                    name=upload.name,
                    key=key,
                    record_key_id=locked.record_key_id,
                    centre_id=locked.centre_id,
                )
            except Invalid as error:
                raise Invalid(fields={"files": [error.message]}) from None
            Attachment.objects.create(contact=locked, message=message, centre_id=locked.centre_id, file=stored)
        before = locked.state
        if before in (Contact.State.ANSWERED, Contact.State.CLOSED):
            locked.state = Contact.State.IN_PROGRESS if locked.handled_by else Contact.State.RECEIVED
            locked.ended_at = None
            locked.save(update_fields=["state", "ended_at", "updated_at"])
        enqueue(
            centre_id=locked.centre_id,
            subject_kind="contact",
            subject_id=locked.id,
            title="Web相談：相談者から続きが届きました",
            arrived_at=now,
            due_at=answer_due_at(now),
        )
        record_access(
            actor=PUBLIC, action="write_again", object_kind="contact", object_id=locked.id, centre_id=locked.centre_id
        )
        publish(ConsumerWrote(subject=locked.id, centre_id=locked.centre_id, message=message.id), actor=PUBLIC)
        if before != locked.state:
            publish(
                ContactStateChanged(subject=locked.id, centre_id=locked.centre_id, before=before, after=locked.state),
                actor=PUBLIC,
            )
        return message


def withdraw(*, contact: Contact) -> Contact:
    """Take the consultation back: nobody works on it any more. A second call changes nothing."""
    with system_transaction():
        locked = Contact.objects.select_for_update().get(id=contact.id)
        if locked.state == Contact.State.WITHDRAWN:
            return locked
        locked.state = Contact.State.WITHDRAWN
        locked.ended_at = timezone.now()
        locked.version += 1
        locked.save(update_fields=["state", "ended_at", "version", "updated_at"])
        finish_item(subject_kind="contact", subject_id=locked.id)
        record_access(
            actor=PUBLIC, action="withdraw", object_kind="contact", object_id=locked.id, centre_id=locked.centre_id
        )
        publish(ContactWithdrawn(subject=locked.id, centre_id=locked.centre_id), actor=PUBLIC)
        return locked


def _left(contact: Contact) -> QuerySet[Message]:
    """The centre's answers that have left."""
    return contact.messages.filter(author=Message.Author.CENTRE, cancelled_at=None, leaves_at__lte=timezone.now())


def _day_words(at: datetime) -> str:
    return format_date_ja(day_in_japan(at))
