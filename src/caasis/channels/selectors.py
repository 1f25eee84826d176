"""Reads for the desk. Every one asks whether the actor works for the contact's centre; if not, there is no contact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.models import Attachment, Contact, Message, Submission
from caasis.channels.rules.card import card_from_answers
from caasis.channels.rules.deadlines import Outlook, outlook
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.platform.files.store import read_file, read_name
from caasis.platform.lawfiles import current_law
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import may_open, open_fields, read_sealed
from caasis.queues.models import WorkItem
from caasis.queues.selectors import waiting_items

__all__ = [
    "AttachmentView",
    "ContactFacts",
    "MessageView",
    "WaitingContact",
    "attachment_content",
    "attachments_of",
    "card_from_answers",
    "contacts_waiting",
    "facts_of",
    "get_contact",
    "messages_of",
    "outlook_of",
    "submission_answers",
]


def get_contact(*, actor: Actor, contact_id: UUID) -> Contact:
    """A contact of the actor's centre.

    :raises NotFound: absent or another centre's.
    """
    contact = Contact.objects.filter(id=contact_id).first()
    if contact is None or not _sees(actor, contact.centre_id):
        raise NotFound
    return contact


@dataclass(frozen=True, slots=True)
class WaitingContact:
    """A line of the centre's queue: no names, no words of the consumer."""

    item: WorkItem
    contact: Contact


def contacts_waiting(*, actor: Actor, limit: int = 200) -> list[WaitingContact]:
    """Contacts that wait in the actor's centre: injury, money about to move, legal deadline, arrival. Two queries."""
    items = list(waiting_items(actor=actor).filter(subject_kind="contact")[:limit])
    contacts = Contact.objects.in_bulk([item.subject_id for item in items])
    return [WaitingContact(item, contacts[item.subject_id]) for item in items if item.subject_id in contacts]


def submission_answers(
    *, actor: Actor, contact_id: UUID, purpose: Purpose | None, reason: str = ""
) -> dict[str, Any]:
    """What the consumer wrote in the form, opened for a purpose and logged; empty for a contact without a form.

    :raises NotFound: not the actor's centre. :raises NotAllowed: no purpose.
    """
    contact = get_contact(actor=actor, contact_id=contact_id)
    submission = Submission.objects.filter(contact=contact).select_related("contact").first()
    if submission is None:
        return {}
    text = open_fields(submission, "answers", actor=actor, purpose=purpose, reason=reason)["answers"]
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message, opened."""

    id: UUID
    contact_id: UUID
    author: str
    author_id: UUID | None
    text: str
    written_at: datetime
    leaves_at: datetime
    cancelled_at: datetime | None
    read_at: datetime | None

    @property
    def from_consumer(self) -> bool:
        return self.author == Message.Author.CONSUMER

    def has_left(self, now: datetime | None = None) -> bool:
        """Whether it can no longer be taken back."""
        return self.cancelled_at is None and self.leaves_at <= (now or timezone.now())


def messages_of(*, actor: Actor, contact_ids: Iterable[UUID], purpose: Purpose | None) -> list[MessageView]:
    """The messages of some contacts, oldest first, opened for a purpose; one line in the access log for each contact.

    :raises NotFound: one of the contacts is another centre's. :raises NotAllowed: no purpose.
    """
    wanted = list(dict.fromkeys(contact_ids))
    _require_purpose(actor, purpose)
    _contacts(actor, wanted)
    rows = list(
        Message.objects.filter(contact_id__in=wanted).select_related("contact").order_by("written_at", "id")
    )
    views = []
    for row in rows:
        if not may_open(row, actor=actor, purpose=purpose or Purpose.SYSTEM_TASK):
            raise NotFound
        views.append(
            MessageView(
                id=row.id,
                contact_id=row.contact_id,
                author=row.author,
                author_id=row.author_id,
                text=read_sealed(row, "body")["body"],
                written_at=row.written_at,
                leaves_at=row.leaves_at,
                cancelled_at=row.cancelled_at,
                read_at=row.read_at,
            )
        )
    if not actor.is_system:
        centres = {row.contact_id: row.centre_id for row in rows}
        for contact_id in dict.fromkeys(row.contact_id for row in rows):
            record_access(
                actor=actor,
                action="open_personal_data",
                object_kind="contact",
                object_id=contact_id,
                centre_id=centres[contact_id],
                fields=("messages",),
                purpose=purpose or actor.purpose or "",
            )
    return views


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """One file of a contact; `size` in bytes."""

    id: UUID
    contact_id: UUID
    message_id: UUID | None
    name: str
    media_type: str
    size: int
    added_at: datetime


def attachments_of(*, actor: Actor, contact_ids: Iterable[UUID]) -> list[AttachmentView]:
    """The files of some contacts, oldest first.

    :raises NotFound: one of the contacts is another centre's.
    """
    wanted = list(dict.fromkeys(contact_ids))
    contacts = _contacts(actor, wanted)
    rows = list(
        Attachment.objects.filter(contact_id__in=wanted, removed_at=None, file__deleted_at=None)
        .select_related("file")
        .order_by("created_at", "id")
    )
    keys = {id_: record_key_bytes(contacts[id_].record_key_id) for id_ in {row.contact_id for row in rows}}
    return [
        AttachmentView(
            id=row.id,
            contact_id=row.contact_id,
            message_id=row.message_id,
            name=read_name(row.file, key=keys[row.contact_id]),
            media_type=row.file.media_type,
            size=row.file.size,
            added_at=row.created_at,
        )
        for row in rows
    ]


def attachment_content(*, actor: Actor, attachment_id: UUID, purpose: Purpose | None) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a file, opened for a purpose and logged.

    :raises NotFound: absent, removed, or another centre's.
    """
    row = (
        Attachment.objects.filter(id=attachment_id, removed_at=None).select_related("contact", "file").first()
    )
    if row is None or not _sees(actor, row.centre_id):
        raise NotFound
    _require_purpose(actor, purpose)
    name, content = read_file(row.file, key=record_key_bytes(row.contact.record_key_id))
    if not actor.is_system:
        record_access(
            actor=actor,
            action="open_file",
            object_kind="attachment",
            object_id=row.id,
            centre_id=row.centre_id,
            fields=("file",),
            purpose=purpose or actor.purpose or "",
        )
    return name, row.file.media_type, content


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """The coded answers of a contact: no personal data. None or empty means "not said"."""

    sales_form: str
    topic: str
    injury: bool | None
    money_moving: bool | None
    contracted_on: date | None
    document_on: date | None
    document_received: bool | None
    amount: int | None
    raw: Mapping[str, Any]


def facts_of(contact: Contact) -> ContactFacts:
    """The facts of a contact as typed values."""
    raw: Mapping[str, Any] = contact.facts or {}
    maybe = {"yes": True, "no": False}
    moving = {"soon": True, "later": False, "no": False}
    amount = raw.get("amount")
    return ContactFacts(
        sales_form=str(raw.get("sales_form", "")),
        topic=str(raw.get("topic", "")),
        injury=maybe.get(str(raw.get("injury"))),
        money_moving=moving.get(str(raw.get("money_moving"))),
        contracted_on=_day(raw.get("contracted_on")),
        document_on=_day(raw.get("document_on")),
        document_received=maybe.get(str(raw.get("document"))),
        amount=amount if isinstance(amount, int) else None,
        raw=raw,
    )


def outlook_of(facts: Mapping[str, Any], *, now: datetime | None = None) -> Outlook:
    """The deadlines that may run for a contact's facts, by the law as of this release."""
    return outlook(facts, law=current_law(), today=day_in_japan(now or timezone.now()))


def receipt_numbers_of(*, actor: Actor, contact_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Receipt numbers of contacts of the actor's centre; those of others are left out."""
    if actor.centre_id is None:
        return {}
    rows = Contact.objects.filter(id__in=list(contact_ids), centre_id=actor.centre_id)
    return {row.id: row.receipt_number or "" for row in rows.only("id", "receipt_number")}


def _sees(actor: Actor, centre_id: UUID) -> bool:
    return actor.is_system or actor.works_for(centre_id)


def _contacts(actor: Actor, ids: list[UUID]) -> dict[UUID, Contact]:
    found = Contact.objects.in_bulk(ids)
    if len(found) != len(ids) or not all(_sees(actor, contact.centre_id) for contact in found.values()):
        raise NotFound
    return found


def _require_purpose(actor: Actor, purpose: Purpose | None) -> None:
    if purpose is None and actor.purpose is None:
        raise NotAllowed("個人情報を開く目的を選んでください。")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
