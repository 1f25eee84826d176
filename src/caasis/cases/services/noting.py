"""Internal notes, and the colleagues whom they name."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.events import CaseTimelineGrew, ColleagueMentioned
from caasis.cases.models import Case, Mention, Note
from caasis.cases.rules.mentions import mentioned
from caasis.cases.selectors import get_case, is_insider
from caasis.cases.services.guards import log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import seal

MAX_NOTE = 5_000


def _insider_case(actor: Actor, case_id: UUID) -> Case:
    case = get_case(actor=actor, case_id=case_id)
    if not is_insider(case, actor):
        raise NotFound
    return case


def add_note(*, actor: Actor, case_id: UUID, text: str) -> Note:
    """Write an internal note. Consumers never see it; colleagues named with @ find it on their home."""
    text = text.strip()
    if not text:
        raise Invalid(fields={"text": ["メモを書いてください。"]})
    if len(text) > MAX_NOTE:
        raise Invalid(fields={"text": [f"メモは{MAX_NOTE:,}字までです。短くしてください。"]})
    with actor_transaction(actor):
        case = _insider_case(actor, case_id)
        assert actor.id is not None
        note = Note(case=case, centre_id=case.handling_centre_id, author_id=actor.id)
        note.body = seal(note, "body", text, key=record_key_bytes(case.record_key_id))
        note.save(force_insert=True)
        entry(case, Entry.NOTE_ADDED, actor=actor, at=timezone.now(), note=str(note.id)).save(force_insert=True)
        log(case, "add_note", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="note"), actor=actor)
        _mention_colleagues(note, text, actor=actor)
        return note


def delete_note(*, actor: Actor, note_id: UUID) -> Note:
    """Take one's own note back (soft)."""
    if actor.id is None or actor.centre_id is None:
        raise NotFound
    with actor_transaction(actor):
        note = Note.objects.filter(id=note_id, author_id=actor.id, centre_id=actor.centre_id).first()
        if note is None:
            raise NotFound
        note.deleted_at = timezone.now()
        note.save(update_fields=["deleted_at"])
        return note


def read_mention(*, actor: Actor, mention_id: UUID) -> Mention:
    """The colleague who is named opens the note: from now on the mention is read.

    :raises NotFound: somebody else's, or absent.
    """
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotFound
    with actor_transaction(actor):
        mention = Mention.objects.filter(id=mention_id, user_id=actor.id, centre_id=actor.centre_id).first()
        if mention is None:
            raise NotFound("この知らせは見つかりません。ホームを開き直してください。")
        if mention.read_at is None:
            mention.read_at = timezone.now()
            mention.save(update_fields=["read_at", "updated_at"])
        return mention


def _mention_colleagues(note: Note, text: str, *, actor: Actor) -> None:
    """Colleagues of the centre whom the note names; nobody else, and not oneself."""
    if "@" not in text and "＠" not in text:
        return
    names = {user.pk: str(user) for user in staff_of(note.centre_id)}
    called = [user_id for user_id in mentioned(text, names) if user_id != actor.id]
    Mention.objects.bulk_create(
        Mention(note=note, case=note.case, centre_id=note.centre_id, user_id=user_id) for user_id in called
    )
    if called:
        publish(ColleagueMentioned(subject=note.case_id, centre_id=note.centre_id), actor=actor)
