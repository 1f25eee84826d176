"""What calls do to agents. Each verb belongs to the switchboard, locks the agent's row, and told twice is done once.

Every verb names the call (`subject_id`): what comes late, of a call that the agent is no longer in, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotAllowed, WrongState
from caasis.platform.transactions import actor_transaction
from caasis.queues.models import AgentStatus
from caasis.queues.rules.states import BUSY, BY_SWITCHBOARD, RESTING, free_places
from caasis.queues.services.states import change_state, go_on_after_work, locked_status, moment, require_system
from caasis.queues.vocabulary import NO_ANSWER, AgentState, ChannelKind

#: A page that sends nothing for so long is gone. Browsers let a page in the background send once a minute.
GONE_AFTER_SECONDS = 150
#: Whoever has a registered desk phone needs no page. A phone stays registered at night: without a page or a call for so
#: long nobody is at it.
PHONE_ALONE_SECONDS = 4 * 60 * 60


def mark_ringing(
    *,
    actor: Actor,
    user_id: UUID,
    centre_id: UUID,
    subject_id: UUID,
    channel: ChannelKind = ChannelKind.PHONE,
    at: datetime | None = None,
) -> AgentStatus:
    """The agent is rung for a call.

    :raises WrongState: the agent is not available, or takes no more of this kind (details: `state`).
    """
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if str(subject_id) in status.at_work:
            return status
        if status.state != AgentState.AVAILABLE or not free_places(status.capacity, status.at_work, channel):
            raise WrongState("この相談員は、いま呼び出せません。", state=status.state)
        status.at_work[str(subject_id)] = channel.value
        return change_state(status, AgentState.RINGING, actor=actor, at=at, subject_id=subject_id)


def stop_ringing(
    *, actor: Actor, user_id: UUID, centre_id: UUID, subject_id: UUID, at: datetime | None = None
) -> AgentStatus:
    """The caller gave up, or the call went elsewhere, before the agent answered."""
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if status.state != AgentState.RINGING or status.at_work.pop(str(subject_id), None) is None:
            return status
        return go_on_after_work(status, actor=actor, at=at, subject_id=subject_id)


def put_away_after_no_answer(
    *, actor: Actor, user_id: UUID, centre_id: UUID, subject_id: UUID, at: datetime | None = None
) -> AgentStatus:
    """The agent did not answer: rung no more until they say that they are back."""
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if status.state != AgentState.RINGING or status.at_work.pop(str(subject_id), None) is None:
            return status
        return change_state(status, AgentState.AWAY, actor=actor, at=at, reason=NO_ANSWER, subject_id=subject_id)


def mark_talking(
    *,
    actor: Actor,
    user_id: UUID,
    centre_id: UUID,
    subject_id: UUID,
    channel: ChannelKind = ChannelKind.PHONE,
    at: datetime | None = None,
) -> AgentStatus:
    """The agent is in a call: one that rang, or one that the agent made, also out of a break.

    Whoever called out of a break or while away comes back to it. A second call at the same time is kept beside the first.

    :raises WrongState: the agent is signed out, or rung for another call (details: `state`).
    """
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        state, known = AgentState(status.state), str(subject_id) in status.at_work
        if known and state is AgentState.TALKING:
            return status
        if state is AgentState.TALKING:
            status.at_work[str(subject_id)] = channel.value
            status.save(update_fields=["at_work", "updated_at"])
            return status
        if AgentState.TALKING not in BY_SWITCHBOARD[state] or (state is AgentState.RINGING and not known):
            raise WrongState("この相談員は、いま通話に入れません。", state=status.state)
        if state in RESTING and not status.next_state:
            status.next_state, status.next_reason = status.state, status.reason
        status.at_work.setdefault(str(subject_id), channel.value)
        return change_state(status, AgentState.TALKING, actor=actor, at=at, subject_id=subject_id)


def mark_wrap_up(
    *,
    actor: Actor,
    user_id: UUID,
    centre_id: UUID,
    subject_id: UUID,
    limit_seconds: int | None,
    at: datetime | None = None,
) -> AgentStatus:
    """The agent's part of a call is over; 後処理 begins, once no other call is left.

    :param limit_seconds: how long it may last; None is without limit, 0 is none at all.
    """
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if status.at_work.pop(str(subject_id), None) is None:
            return status
        if status.state == AgentState.RINGING:
            # It never came to talking: there is nothing to wrap up.
            return go_on_after_work(status, actor=actor, at=at, subject_id=subject_id)
        status.last_work_at = at
        if status.state != AgentState.TALKING or status.at_work:
            status.save(update_fields=["at_work", "last_work_at", "updated_at"])
            return status
        if limit_seconds == 0:
            return go_on_after_work(status, actor=actor, at=at, subject_id=subject_id)
        status.wrap_up_of = subject_id
        status.wrap_up_until = None if limit_seconds is None else at + timedelta(seconds=limit_seconds)
        return change_state(status, AgentState.WRAP_UP, actor=actor, at=at, subject_id=subject_id)


def prolong_wrap_up(
    *, actor: Actor, user_id: UUID, centre_id: UUID, subject_id: UUID, seconds: int, at: datetime | None = None
) -> AgentStatus:
    """後処理 lasts so much longer. How often that may be is the queue's word, and is counted by whoever keeps the call's log.

    :raises WrongState: no 後処理 of this call, or one without limit (details: `state`).
    """
    require_system(actor)
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if status.state != AgentState.WRAP_UP or status.wrap_up_of != subject_id:
            raise WrongState("後処理中の通話はありません。", state=status.state)
        if status.wrap_up_until is None:
            raise WrongState("この後処理には、時間の限りがありません。", state=status.state)
        status.wrap_up_until += timedelta(seconds=seconds)
        status.save(update_fields=["wrap_up_until", "updated_at"])
        return status


def finish_wrap_up(
    *, actor: Actor, user_id: UUID, centre_id: UUID, subject_id: UUID | None = None, at: datetime | None = None
) -> AgentStatus:
    """後処理 is over: by the agent's button or by its limit. What was planned follows, or being available.

    :param subject_id: of which call; a wrap-up of another one stays.
    :raises NotAllowed: somebody else's, unless the switchboard.
    """
    if not actor.is_system and (actor.id != user_id or not actor.works_for(centre_id)):
        raise NotAllowed("後処理を終えられるのは本人です。")
    at = moment(at)
    with actor_transaction(actor):
        status = locked_status(user_id, centre_id, at=at)
        if status.state != AgentState.WRAP_UP or subject_id not in (None, status.wrap_up_of):
            return status
        return go_on_after_work(status, actor=actor, at=at, subject_id=status.wrap_up_of)


# --- what the switchboard looks after ----------------------------------------------------------------------------------


def finish_overdue_wrap_ups(*, actor: Actor, now: datetime) -> list[UUID]:
    """End each 後処理 whose limit has passed, at the moment of its limit. Returns the agents' ids."""
    require_system(actor)
    ended: list[UUID] = []
    with actor_transaction(actor):
        rows = AgentStatus.objects.select_for_update(skip_locked=True).filter(
            state=AgentState.WRAP_UP, wrap_up_until__lte=now
        )
        for status in rows:
            go_on_after_work(status, actor=actor, at=status.wrap_up_until or now, subject_id=status.wrap_up_of)
            ended.append(status.user_id)
    return ended


def sign_out_stale(
    *, actor: Actor, now: datetime, after_seconds: int = GONE_AFTER_SECONDS, at_phones: Collection[UUID] = ()
) -> list[UUID]:
    """Sign out agents whose browser has sent nothing for so long, as of their last sign of life. Returns their ids.

    Whoever is rung or in a call stays: a desk phone needs no browser. Their turn comes when the call is over.

    :param at_phones: agents whose desk phone is registered. They stay while they take calls, which are signs of life as
        well: who does not answer is put away, and goes then; so does who has given no sign for `PHONE_ALONE_SECONDS`.
    """
    require_system(actor)
    gone: list[UUID] = []
    with actor_transaction(actor):
        rows = (
            AgentStatus.objects.select_for_update(skip_locked=True)
            .filter(last_seen_at__lt=now - timedelta(seconds=after_seconds))
            .exclude(state__in=[AgentState.OFFLINE, *BUSY])
        )
        for status in rows:
            seen = max(moment for moment in (status.last_seen_at, status.last_work_at) if moment is not None)
            takes_calls = status.user_id in at_phones and status.state in (AgentState.AVAILABLE, AgentState.WRAP_UP)
            if takes_calls and now - seen < timedelta(seconds=PHONE_ALONE_SECONDS):
                continue
            change_state(status, AgentState.OFFLINE, actor=actor, at=seen)
            gone.append(status.user_id)
    return gone


def recover_agents(
    *, actor: Actor, living: Collection[UUID], now: datetime, wrap_up_seconds: int | None = None
) -> list[UUID]:
    """After a crash: free agents from calls that live no more. Returns the ids of those who were freed.

    :param living: ids of the calls that still live. :param wrap_up_seconds: as in `mark_wrap_up`.
    """
    require_system(actor)
    alive, freed = {str(one) for one in living}, []
    with actor_transaction(actor):
        for status in AgentStatus.objects.select_for_update().exclude(at_work={}):
            lost = [UUID(one) for one in status.at_work if one not in alive]
            for subject_id in lost:
                mark_wrap_up(
                    actor=actor,
                    user_id=status.user_id,
                    centre_id=status.centre_id,
                    subject_id=subject_id,
                    limit_seconds=wrap_up_seconds,
                    at=now,
                )
            if lost:
                freed.append(status.user_id)
    return freed
