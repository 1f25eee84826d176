"""Follow-up lists as far as cases are concerned: filled from cases, and what somebody said goes back to the case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.follow_up_selectors import get_entry
from caasis.appointments.models import FollowUpEntry
from caasis.appointments.services import Added
from caasis.appointments.vocabulary import FollowUpResult
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.follow_ups import MOST, candidates_of
from caasis.cases.rules.team_words import Outcome, TaskKind
from caasis.cases.selectors import get_case
from caasis.cases.services.guards import log
from caasis.cases.services.rows import entry as timeline_entry
from caasis.cases.services.tasking import add_task, show_next_task
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound
from caasis.organisations.schedules import working_schedule
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

TROUBLED = "その後の電話：まだ困っている。話を聞いて対応する"
_OUTCOMES = {FollowUpResult.SETTLED.value: Outcome.HELD, FollowUpResult.TROUBLED.value: Outcome.NOT_HELD}


def fill_list(*, actor: Actor, list_id: UUID, case_ids: Sequence[UUID], now: datetime | None = None) -> list[Added]:
    """Put the consumers of cases of the centre on a list. Who may not be called comes back with the reason.

    :raises Invalid: none was chosen, or too many. :raises NotFound: the list, or a single case, is hidden or absent.
    """
    if not case_ids:
        raise Invalid(fields={"cases": ["名簿に入れる相談を選んでください。"]})
    if len(case_ids) > MOST:
        raise Invalid(fields={"cases": [f"一度に入れられるのは、{MOST}件までです。"]})
    with actor_transaction(actor):
        candidates = candidates_of(actor=actor, case_ids=case_ids)
        if not candidates:
            raise NotFound
        return appointments.add_entries(actor=actor, list_id=list_id, candidates=candidates, now=now)


def write_follow_up(
    *,
    actor: Actor,
    entry_id: UUID,
    result: str,
    again_at: datetime | None = None,
    answers: str = "",
    now: datetime | None = None,
) -> FollowUpEntry:
    """What came of a call of a list. An answer stands in the timeline of the case; whoever is still in trouble gets a
    予定 there, on the next open day. The case reopens by a person's decision only.

    Raises as `appointments.services.write_result`.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        written = appointments.write_result(
            actor=actor, entry_id=entry_id, result=result, again_at=again_at, answers=answers, now=at
        )
        outcome = _OUTCOMES.get(written.result)
        if outcome is None:
            return written
        case = get_case(actor=actor, case_id=written.case_id)
        if written.result == FollowUpResult.TROUBLED:
            due_at = working_schedule(case.handling_centre_id).add_business_minutes(at, 60)
            add_task(actor=actor, case_id=case.pk, what=TROUBLED, due_at=due_at, kind=TaskKind.CALL.value)
        line = timeline_entry(case, Entry.FOLLOWED_UP, actor=actor, at=at, outcome=outcome.value, entry=str(written.id))
        line.save(force_insert=True)
        log(case, "write_follow_up", actor=actor)
        publish(CaseTimelineGrew(subject=case.pk, centre_id=case.handling_centre_id, kind="task"), actor=actor)
        return written


def undo_follow_up(*, actor: Actor, entry_id: UUID, now: datetime | None = None) -> FollowUpEntry:
    """Undo of `write_follow_up`: a 予定 that came with it and was not touched goes; the timeline tells of both.

    Raises as `appointments.services.undo_result`.
    """
    with actor_transaction(actor):
        written = get_entry(actor=actor, entry_id=entry_id)
        result_at = written.result_at
        undone = appointments.undo_result(actor=actor, entry_id=entry_id, now=now)
        if result_at is None or written.result not in _OUTCOMES:
            return undone
        case = get_case(actor=actor, case_id=undone.case_id)
        untouched = case.tasks.filter(what=TROUBLED, done_at=None, attempts=None, created_by=actor.id)
        untouched.filter(created_at__gte=max(result_at, case.created_at)).delete()
        show_next_task(case)
        line = timeline_entry(case, Entry.FOLLOW_UP_UNDONE, actor=actor, at=now or timezone.now())
        line.save(force_insert=True)
        log(case, "undo_follow_up", actor=actor)
        publish(CaseTimelineGrew(subject=case.pk, centre_id=case.handling_centre_id, kind="task"), actor=actor)
        return undone
