"""Permission and locking shared by the verbs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from caasis.audit.services import record_access
from caasis.cases.events import CaseStateChanged
from caasis.cases.models import Case, CaseEntry
from caasis.cases.selectors import get_case, is_insider
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import TRANSITIONS, VERB_LABELS, Entry, State
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed, NotFound, WrongState
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.outbox.publish import outbox_row

WORKERS = (Role.COUNSELLOR, Role.SUPERVISOR)


def locked_case(*, actor: Actor, case_id: UUID, roles: tuple[Role, ...] = WORKERS) -> Case:
    """The case, locked until the transaction ends, for an actor of the handling centre with one of the roles.

    :raises NotFound: hidden or absent. :raises NotAllowed: seen, but not to be changed by this actor.
    """
    case = get_case(actor=actor, case_id=case_id, for_update=True)
    if actor.is_system:
        return case
    if not is_insider(case, actor):
        if case.state == State.REGISTERED:
            raise NotAllowed("ほかのセンターの相談は変えられません。")
        raise NotFound
    if not actor.works_for(case.handling_centre_id) or not actor.has(*roles):
        raise NotAllowed
    return case


def step(case: Case, verb: str, *, actor: Actor, at: datetime) -> tuple[CaseEntry, OutboxEvent]:
    """Lead a case along a verb in memory: its unsaved line of the timeline and its unsaved event. The caller saves all.

    :raises WrongState: the verb does not start at the case's state.
    """
    sources, target = TRANSITIONS[verb]
    before = State(case.state)
    if before not in sources:
        raise WrongState(f"「{before.label}」の相談では「{VERB_LABELS[verb]}」はできません。")
    case.state = target.value
    case.touched_at = at
    case.version += 1
    line = entry(case, Entry.STATE_CHANGED, actor=actor, at=at, before=before.value, after=target.value, verb=verb)
    event = CaseStateChanged(
        subject=case.id, centre_id=case.handling_centre_id, before=before.value, after=target.value
    )
    return line, outbox_row(event, actor)


def move(case: Case, verb: str, *, actor: Actor, at: datetime) -> None:
    """Lead a case along a verb, with its line in the timeline and its event, and save it.

    :raises WrongState: the verb does not start at the case's state.
    """
    line, event = step(case, verb, actor=actor, at=at)
    case.save()
    line.save(force_insert=True)
    event.save(force_insert=True)


def free_position(case: Case, model: Any) -> int:
    """The place after every part of a kind, also after those that were taken out: they come back to their places."""
    last = model.everything.filter(case=case).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def log(case: Case, action: str, *, actor: Actor, fields: tuple[str, ...] = (), reason: str = "") -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="case",
        object_id=case.id,
        centre_id=case.handling_centre_id,
        fields=fields,
        reason=reason,
    )
