"""Calls to people of a list: begun and ended by the telephone, their result written down by the counsellor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from caasis.appointments.follow_up_selectors import get_entry
from caasis.appointments.models import FollowUpEntry, FollowUpTry, NoCallNumber
from caasis.appointments.rules.follow_ups import UNDO, after_call, again_error, may_call, noticed_enough
from caasis.appointments.services.entries import (
    closed_words,
    log,
    require_worker_of,
    result_of,
    save,
    skip,
    why_not_now,
)
from caasis.appointments.services.queueing import leave_queue
from caasis.appointments.vocabulary import ENTRY_OPEN, EntryState, FollowUpResult, ListState, NotCalled
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.people.models import Consent
from caasis.people.selectors import family_ids
from caasis.people.services import withdraw_consent
from caasis.people.vocabulary import ConsentKind, Means
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key, ring
from caasis.privacy.services import blind_candidates, blind_phone, read_sealed, set_sealed

LONGEST_ANSWER = 1000


def begin_call(
    *, actor: Actor, entry_id: UUID, agent_id: UUID, call_id: UUID, now: datetime
) -> NotCalled | None:
    """The agent is on the line and the person is called now. A reason: they may not be called any more, and it stands
    in the list. Told twice for one call, it is done once.

    :raises NotAllowed: for anybody but the switchboard. :raises NotFound: absent.
    :raises WrongState: somebody else has this person, the list does not run, or nobody may be called at this hour.
    """
    _require_system(actor)
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        if entry.state == EntryState.CALLING and entry.call_id == call_id:
            return None
        if entry.state != EntryState.WAITING or entry.agent_id not in (None, agent_id):
            raise WrongState("ほかの相談員が、この人を受け持っています。")
        reason = _checked(entry, actor=actor, at=now)
        if reason is not None:
            return reason
        entry.state, entry.agent_id, entry.call_id = EntryState.CALLING.value, agent_id, call_id
        FollowUpTry.objects.create(
            entry=entry, centre_id=entry.centre_id, call_id=call_id, agent_id=agent_id, started_at=now
        )
        log(entry, "call_follow_up", actor=actor)
        save(entry, actor=actor)
        return None


def end_call(
    *, actor: Actor, entry_id: UUID, call_id: UUID, result: FollowUpResult | None, now: datetime
) -> FollowUpEntry:
    """The call is over. `result` None: somebody answered, and the counsellor writes down what was said. Told twice, done once.

    :raises NotFound: absent, also a call that was never begun.
    """
    _require_system(actor)
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        made = entry.tries.filter(call_id=call_id).first()
        if made is None:
            raise NotFound("この電話は、名簿の電話として始められていません。")
        if made.ended_at is not None:
            return entry
        made.ended_at = now
        made.save(update_fields=["ended_at", "updated_at"])
        if entry.call_id != call_id or entry.state != EntryState.CALLING:
            # The result was written down while the call still went on, or the person was erased meanwhile.
            return entry
        if result is None:
            leave_queue(entry, now)
            entry.state, entry.result_at = EntryState.ASKED.value, None
            return save(entry, actor=actor)
        return _apply(entry, made, result, actor=actor, at=now, again_at=None)


def write_result(
    *,
    actor: Actor,
    entry_id: UUID,
    result: str,
    again_at: datetime | None = None,
    answers: str = "",
    now: datetime | None = None,
) -> FollowUpEntry:
    """What came of the call. A refusal withdraws the consent, and the number is never called again.

    :param again_at: agreed with the person, for `later`. :param answers: what the person said; sealed.
    :raises Invalid: with sentences by field. :raises WrongState: nothing was called, or it is written down already.
    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither counsellor nor supervisor.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        require_worker_of(actor, entry)
        code = result_of(result)
        errors: dict[str, list[str]] = {}
        if len(answers.strip()) > LONGEST_ANSWER:
            errors["answers"] = [f"{LONGEST_ANSWER}字までです。短くしてください。"]
        if code is FollowUpResult.LATER and (
            sentence := again_error(again_at, now=at, days=entry.of_list.days)
        ):
            errors["again_at"] = [sentence]
        if errors:
            raise Invalid(fields=errors)
        if entry.state not in (EntryState.CALLING, EntryState.ASKED):
            raise WrongState("この人の結果は、もう記入されています。")
        if entry.agent_id != actor.id and not actor.has(Role.SUPERVISOR):
            raise NotAllowed("結果は、電話をした人か主任が記入します。")
        made = entry.tries.filter(call_id=entry.call_id).first() if entry.call_id else None
        if answers.strip():
            set_sealed(entry, answers=answers.strip())
        log(entry, "write_follow_up_result", actor=actor)
        _apply(entry, made, code, actor=actor, at=at, again_at=again_at)
        if code is FollowUpResult.REFUSED:
            _never_again(entry, actor=actor, at=at)
        return entry


def may_undo(entry: FollowUpEntry, *, actor: Actor, now: datetime) -> bool:
    """Whether the result of this entry can still be taken back by the actor: by whoever wrote it, for ten minutes.

    A refusal can't: the consent was withdrawn, and a new one must be asked for.
    """
    return bool(
        entry.before
        and entry.result_by == actor.id
        and entry.result_at is not None
        and now - entry.result_at <= UNDO
        and entry.result != FollowUpResult.REFUSED
        and entry.erased_at is None
        and entry.state not in (EntryState.CALLING, EntryState.ASKED, EntryState.SKIPPED)
        and entry.agent_id is None
    )


def undo_result(*, actor: Actor, entry_id: UUID, now: datetime | None = None) -> FollowUpEntry:
    """The result was the wrong one: the entry waits for its result again, at the same counsellor.

    :raises WrongState: too late, or it can't be taken back. :raises NotFound: hidden and absent alike.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        if not may_undo(entry, actor=actor, now=at):
            raise WrongState("この結果は、もう取り消せません。")
        others = FollowUpEntry.objects.filter(centre_id=entry.centre_id, number_index=entry.number_index)
        if others.filter(state__in=sorted(ENTRY_OPEN)).exclude(id=entry.id).exists():
            raise WrongState("同じ番号が、ほかで順番を待っています。")
        before = entry.before
        due_at = parse_datetime(before["due_at"])
        assert due_at is not None
        entry.tries.filter(call_id=before["call"]).update(result="")
        leave_queue(entry, at)
        entry.state, entry.result, entry.before = EntryState.ASKED.value, "", {}
        entry.tries_made, entry.due_at = before["tries"], due_at
        entry.agent_id, entry.call_id = actor.id, UUID(before["call"])
        entry.done_at = entry.result_at = entry.result_by = None
        log(entry, "undo_follow_up_result", actor=actor)
        return save(entry, actor=actor)


def check_call(*, actor: Actor, entry_id: UUID, now: datetime | None = None) -> NotCalled | None:
    """Before the counsellor's call is asked for: a reason when this person may not be called any more; then they are
    passed over, and the reason stands in the list. It is asked once more when the call is made.

    :raises WrongState: it is not hers, the list does not run, or nobody may be called at this hour.
    :raises NotFound: hidden and absent alike.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        require_worker_of(actor, entry)
        if entry.agent_id != actor.id or entry.state != EntryState.WAITING:
            raise WrongState("この人は、ほかの人に移りました。次の人を開いてください。")
        return _checked(entry, actor=actor, at=at)


def _checked(entry: FollowUpEntry, *, actor: Actor, at: datetime) -> NotCalled | None:
    row = entry.of_list
    if row.state != ListState.RUNNING:
        raise WrongState("この名簿は、いま実施していません。")
    if not may_call(at, row.days):
        raise WrongState(closed_words(row, at))
    if not noticed_enough(at, wanted=row.wants_notice, noticed_at=entry.noticed_at, hours=row.notice_hours):
        raise WrongState("事前のお知らせから、まだ時間がたっていません。")
    reason = why_not_now(entry, at)
    if reason is not None:
        skip(entry, reason, actor=actor, at=at)
    return reason


def _apply(
    entry: FollowUpEntry,
    made: FollowUpTry | None,
    result: FollowUpResult,
    *,
    actor: Actor,
    at: datetime,
    again_at: datetime | None,
) -> FollowUpEntry:
    row = entry.of_list
    following = after_call(
        result, made=entry.tries_made, at=at, days=row.days, limits=row.limits, again_at=again_at
    )
    if made is not None:
        made.result = result.value
        made.save(update_fields=["result", "updated_at"])
    by_hand = not actor.is_system
    entry.before = (
        {"due_at": entry.due_at.isoformat(), "tries": entry.tries_made, "call": str(entry.call_id)} if by_hand else {}
    )
    leave_queue(entry, at)
    entry.state, entry.result, entry.tries_made = following.state.value, result.value, entry.tries_made + following.counts
    entry.result_by, entry.result_at = actor.id, at
    entry.due_at = following.due_at or entry.due_at
    entry.done_at = None if following.state is EntryState.WAITING else at
    entry.agent_id = entry.held_at = entry.call_id = None
    if following.state is EntryState.WAITING and row.state == ListState.ENDED:
        # Nobody goes on with a list that has ended.
        entry.state, entry.skipped_because, entry.done_at = EntryState.SKIPPED.value, NotCalled.LIST_ENDED.value, at
    return save(entry, actor=actor)


def _never_again(entry: FollowUpEntry, *, actor: Actor, at: datetime) -> None:
    """The consents of this kind are withdrawn, and the number is kept as one that is not called."""
    given = Consent.objects.filter(
        person_id__in=family_ids(entry.person_id), kind=ConsentKind.CONTACT_AGAIN.value, withdrawn_at=None
    )
    for consent in given.order_by("given_at"):
        withdraw_consent(actor=actor, consent_id=consent.id, means=Means.PHONE.value)
    number = read_sealed(entry, "number")["number"]
    known = blind_candidates(entry.centre_id, "phone", number)
    if not known or NoCallNumber.objects.filter(centre_id=entry.centre_id, number_index__in=known).exists():
        return
    row = NoCallNumber(
        centre_id=entry.centre_id,
        record_key_id=create_record_key(entry.centre_id).id,
        number_index=blind_phone(entry.centre_id, number),
        index_version=ring().blind,
        since=at,
        recorded_by=actor.id,
    )
    set_sealed(row, number=number)
    row.save(force_insert=True)


def _require_system(actor: Actor) -> None:
    if actor != SYSTEM and not actor.is_system:
        raise NotAllowed
