"""Internal notes and tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.family import family_ids
from caasis.cases.models import Case, Note, Task
from caasis.cases.selectors import get_case, is_insider
from caasis.cases.services.guards import log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor, Role
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
    """Write an internal note. Consumers never see it."""
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


def add_task(
    *, actor: Actor, case_id: UUID, what: str, due_at: datetime, kind: str = "reminder", assigned_to: UUID | None = None
) -> Task:
    """Plan a call back, a check, a reminder. The case shows its next one."""
    what = what.strip()
    if not what or len(what) > 120:
        raise Invalid(fields={"what": ["予定の内容を120字までで書いてください。"]})
    with actor_transaction(actor):
        case = _insider_case(actor, case_id)
        who = assigned_to or case.counsellor_id or actor.id
        if assigned_to and not staff_of(case.handling_centre_id, Role.COUNSELLOR, Role.SUPERVISOR).filter(id=assigned_to).exists():
            raise Invalid(fields={"assigned_to": ["同じセンターの相談員を選んでください。"]})
        task = Task.objects.create(
            case=case, centre_id=case.handling_centre_id, kind=kind, what=what, due_at=due_at, assigned_to=who, created_by=actor.id
        )
        show_next_task(case)
        entry(case, Entry.TASK_ADDED, actor=actor, at=timezone.now(), task=str(task.id)).save(force_insert=True)
        log(case, "add_task", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="task"), actor=actor)
        return task


def finish_task(*, actor: Actor, task_id: UUID) -> Task:
    """Mark a task as done; a second time changes nothing."""
    if actor.centre_id is None:
        raise NotFound
    with actor_transaction(actor):
        task = Task.objects.select_for_update(of=("self",)).filter(id=task_id, centre_id=actor.centre_id).select_related("case").first()
        if task is None:
            raise NotFound
        if task.done_at is None:
            task.done_at = timezone.now()
            task.save(update_fields=["done_at"])
            show_next_task(task.case)
            entry(task.case, Entry.TASK_DONE, actor=actor, at=task.done_at, task=str(task.id)).save(force_insert=True)
            publish(CaseTimelineGrew(subject=task.case_id, centre_id=task.centre_id, kind="task"), actor=actor)
        return task


def show_next_task(case: Case) -> None:
    """Lists show the next planned contact of a case: kept on the case, so that a list needs no join."""
    if case.merged_into_id is not None:
        # What is planned on a merged case is planned on the one that goes on.
        case = Case.objects.get(id=case.merged_into_id)
    following = Task.objects.filter(case_id__in=family_ids(case), done_at=None).order_by("due_at").first()
    case.next_contact_at = following.due_at if following else None
    case.next_contact_note = following.what[:80] if following else ""
    case.save(update_fields=["next_contact_at", "next_contact_note"])
