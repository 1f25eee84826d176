"""The desk's side of a contact: answering, taking an answer back, entering calls and visits, changing the state."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.events import AnswerCancelled, AnswerWritten, ContactRecorded, ContactStateChanged
from caasis.channels.models import Contact, Message, Submission
from caasis.channels.rules.questionnaire import clean_text
from caasis.channels.vocabulary import PARTY_ROLES, codes
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed
from caasis.queues.services import finish_item

ANSWER_LIMIT = 4000
LEAVE_AFTER_SECONDS = 10


def write_answer(
    *,
    actor: Actor,
    contact_id: UUID,
    text: str,
    leave_after_seconds: int = LEAVE_AFTER_SECONDS,
    message_id: UUID | None = None,
) -> Message:
    """Answer a consumer. The message leaves after some seconds, in which its writer can take it back.

    `message_id` is the form's own id: sent twice, it is one message.

    :raises Invalid: empty or too long. :raises WrongState: the consumer has withdrawn, or can't read answers here.
    """
    body = clean_text(text)
    if not body:
        raise Invalid(fields={"text": ["お返事を入力してください。"]})
    if len(body) > ANSWER_LIMIT:
        raise Invalid(fields={"text": [f"お返事は{ANSWER_LIMIT:,}字までです。いまは{len(body):,}字です。"]})
    with actor_transaction(actor):
        contact = _locked(actor, contact_id)
        known = Message.objects.filter(id=message_id, contact=contact).first() if message_id else None
        if known is not None:
            return known
        if contact.state == Contact.State.WITHDRAWN:
            raise WrongState("相談者が取り下げたので、お返事できません。")
        if contact.receipt_number is None or (contact.facts or {}).get("watch"):
            raise WrongState("この接点には、サイトでお返事できません。電話などで伝えてください。")
        now = timezone.now()
        message = Message(
            id=message_id or uuid7(),
            contact=contact,
            centre_id=contact.centre_id,
            author=Message.Author.CENTRE,
            author_id=actor.id,
            written_at=now,
            leaves_at=now + timedelta(seconds=max(0, leave_after_seconds)),
        )
        set_sealed(message, body=body)
        message.save(force_insert=True)
        contact.answered_at = contact.answered_at or now
        if contact.handled_by is None:
            contact.handled_by = actor.id
        _set_state(contact, Contact.State.ANSWERED, actor)
        record_access(
            actor=actor,
            action="write_answer",
            object_kind="contact",
            object_id=contact.id,
            centre_id=contact.centre_id,
        )
        publish(AnswerWritten(subject=contact.id, centre_id=contact.centre_id, message=message.id), actor=actor)
        return message


def cancel_answer(*, actor: Actor, message_id: UUID) -> Message:
    """Take an answer back before it has left. Twice is once.

    :raises WrongState: it has left. :raises NotAllowed: somebody else wrote it.
    """
    with actor_transaction(actor):
        message = Message.objects.filter(id=message_id).first()
        if message is None or not actor.works_for(message.centre_id) or message.author != Message.Author.CENTRE:
            raise NotFound
        contact = _locked(actor, message.contact_id)
        message = Message.objects.select_for_update().get(id=message_id)
        if message.author_id != actor.id:
            raise NotAllowed("お返事を取り消せるのは、書いた本人だけです。")
        if message.cancelled_at is not None:
            return message
        now = timezone.now()
        if message.leaves_at <= now:
            raise WrongState("お返事は、もう届いています。続けてもう一通お送りください。")
        message.cancelled_at = now
        message.save(update_fields=["cancelled_at", "updated_at"])
        others = contact.messages.filter(author=Message.Author.CENTRE, cancelled_at=None).order_by("written_at").first()
        contact.answered_at = others.written_at if others else None
        if others is None:
            _set_state(contact, Contact.State.IN_PROGRESS, actor)
        else:
            contact.save(update_fields=["answered_at", "updated_at"])
        record_access(
            actor=actor,
            action="cancel_answer",
            object_kind="contact",
            object_id=contact.id,
            centre_id=contact.centre_id,
        )
        publish(AnswerCancelled(subject=contact.id, centre_id=contact.centre_id, message=message.id), actor=actor)
        return message


def record_contact(
    *,
    actor: Actor,
    centre_id: UUID,
    channel: str,
    party_role: str,
    offered_at: datetime,
    answered_at: datetime | None = None,
    ended_at: datetime | None = None,
    note: str = "",
    direction: str = "in",
    contact_id: UUID | None = None,
    record_key_id: UUID | None = None,
) -> Contact:
    """Enter a contact that a counsellor has had: a phone call, a visit, a letter. It waits for nobody.

    `contact_id` and `record_key_id` are for a room above whose own record this contact is (a call): under the same id it
    is entered once, and under the same key it is forgotten together with that record.

    :raises NotFound: not the actor's centre. :raises Invalid: unknown channel or role, or times out of order.
    """
    if not actor.works_for(centre_id):
        raise NotFound
    errors: dict[str, list[str]] = {}
    if channel not in Contact.Channel.values:
        errors["channel"] = ["受付方法を一覧から選んでください。"]
    if party_role not in codes(PARTY_ROLES):
        errors["party_role"] = ["相手を一覧から選んでください。"]
    moments = [at for at in (offered_at, answered_at, ended_at) if at is not None]
    if moments != sorted(moments):
        errors["answered_at"] = ["時刻の順番を確かめてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        known = Contact.objects.filter(id=contact_id, centre_id=centre_id).first() if contact_id else None
        if known is not None:
            return known
        contact = Contact(
            **({"id": contact_id} if contact_id else {}),
            centre_id=centre_id,
            record_key_id=record_key_id or create_record_key(centre_id).id,
            direction=direction,
            channel=channel,
            state=Contact.State.IN_PROGRESS,
            party_role=party_role,
            offered_at=offered_at,
            answered_at=answered_at or offered_at,
            ended_at=ended_at,
            handled_by=actor.id,
        )
        contact.save(force_insert=True)
        if note.strip():
            submission = Submission(contact=contact, centre_id=centre_id)
            set_sealed(submission, answers=_note_json(note))
            submission.save(force_insert=True)
        record_access(
            actor=actor, action="record_contact", object_kind="contact", object_id=contact.id, centre_id=centre_id
        )
        publish(ContactRecorded(subject=contact.id, centre_id=centre_id, channel=channel), actor=actor)
        return contact


def set_contact_state(*, actor: Actor, contact_id: UUID, state: str) -> Contact:
    """Set where a contact stands; a closed one leaves the queue.

    :raises WrongState: the consumer has withdrawn.
    """
    if state not in Contact.State.values or state == Contact.State.WITHDRAWN:
        raise Invalid(fields={"state": ["状態を一覧から選んでください。"]})
    with actor_transaction(actor):
        contact = _locked(actor, contact_id)
        if contact.state == Contact.State.WITHDRAWN:
            raise WrongState("相談者が取り下げた相談です。")
        if state == Contact.State.IN_PROGRESS and contact.handled_by is None:
            contact.handled_by = actor.id
        if state == Contact.State.CLOSED:
            contact.ended_at = contact.ended_at or timezone.now()
            finish_item(subject_kind="contact", subject_id=contact.id)
        _set_state(contact, Contact.State(state), actor)
        record_access(
            actor=actor,
            action="set_contact_state",
            object_kind="contact",
            object_id=contact.id,
            centre_id=contact.centre_id,
        )
        return contact


def _locked(actor: Actor, contact_id: UUID) -> Contact:
    contact = Contact.objects.select_for_update().filter(id=contact_id).first()
    if contact is None or not actor.works_for(contact.centre_id):
        raise NotFound
    return contact


def _set_state(contact: Contact, state: Contact.State, actor: Actor) -> None:
    before = contact.state
    contact.state = state
    contact.version += 1
    contact.save()
    if before != state:
        publish(
            ContactStateChanged(subject=contact.id, centre_id=contact.centre_id, before=before, after=state.value),
            actor=actor,
        )


def _note_json(note: str) -> str:
    return json.dumps({"note": clean_text(note)[:ANSWER_LIMIT]}, ensure_ascii=True)
