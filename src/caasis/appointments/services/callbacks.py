"""Promising to call back, trying it, and the ends of a promise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from caasis.appointments.events import CallbackDone, CallbackPromised, CallbackTried
from caasis.appointments.models import Callback, CallbackTry
from caasis.appointments.rules.hours import USUAL, Window, may_call, next_moment, window_error
from caasis.appointments.rules.numbers import number_error
from caasis.appointments.rules.tries import UNCOUNTED, Following, after_try, at_the_end, expires_at
from caasis.appointments.selectors import get_callback, open_promise
from caasis.appointments.vocabulary import OFFERED, AskedBy, CallbackState, CancelReason, TryResult
from caasis.audit.services import record_access
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key, ring
from caasis.privacy.services import blind_candidates, blind_phone, set_sealed
from caasis.queues.models import Queue
from caasis.queues.rules.priority import LIFTS, priority_of
from caasis.queues.rules.skills import required_error
from caasis.queues.services import assign_item, cancel_item, default_queue, enqueue, finish_item
from caasis.queues.vocabulary import ChannelKind, PriorityReason

SUBJECT_KIND = "callback"
TITLE = "折り返しの電話"
LONGEST_NAME, LONGEST_NOTE = 60, 300
BATCH = 200


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised. `repeated`: there was an open promise for the number already, and this is it."""

    callback: Callback
    repeated: bool


def promise_callback(
    *,
    actor: Actor,
    centre_id: UUID,
    number: str,
    asked_by: AskedBy,
    queue_id: UUID | None = None,
    arrived_at: datetime | None = None,
    window_from: datetime | None = None,
    window_to: datetime | None = None,
    any_hour: bool = False,
    name: str = "",
    note: str = "",
    required_skills: Mapping[str, int] | None = None,
    priority_reasons: Sequence[str] = (),
    now: datetime | None = None,
) -> Promise:
    """Promise somebody to be called back. There is one open promise for a number: asked again, it is told again.

    :param queue_id: of the centre; its default queue when absent.
    :param arrived_at: when the person first called: the place in the queue. Now, when absent.
    :param window_from: with `window_to` what was agreed, e.g. tomorrow from ten to twelve. Absent: at their turn.
    :param any_hour: the person wants it also outside of the usual hours.
    :raises Invalid: with sentences by field. :raises NotAllowed: neither staff of the centre nor the system.
    :raises NotFound: no such queue. :raises WrongState: the queue offers none to whoever asks a machine.
    """
    if not (actor.is_system or actor.works_for(centre_id)):
        raise NotAllowed("折り返しを約束できるのは、センターの相談員と職員です。")
    at = now or timezone.now()
    name, note = name.replace("\x00", "").strip(), note.replace("\x00", "").strip()
    window, errors = _window(window_from, window_to, any_hour, at)
    if sentence := number_error(number):
        errors["number"] = [sentence]
    if sentence := required_error(required_skills or {}):
        errors["required_skills"] = [sentence]
    if not set(priority_reasons) <= set(LIFTS):
        errors["priority_reasons"] = ["優先の理由を選んでください。"]
    for field, text, longest in (("name", name, LONGEST_NAME), ("note", note, LONGEST_NOTE)):
        if len(text) > longest:
            errors[field] = [f"{longest}字までです。短くしてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        queue = _queue_of(centre_id, queue_id)
        if asked_by in OFFERED and not queue.offers_callback:
            raise WrongState("この窓口では、折り返しを受け付けていません。")
        _one_at_a_time(centre_id, number)
        known = open_promise(actor=actor, centre_id=centre_id, number=number)
        if known is not None:
            return Promise(known, repeated=True)
        callback = Callback(
            centre_id=centre_id,
            queue=queue,
            record_key_id=create_record_key(centre_id).id,
            number_index=blind_phone(centre_id, number),
            index_version=ring().blind,
            asked_by=asked_by.value,
            asked_by_id=actor.id,
            arrived_at=arrived_at or at,
            promised_at=at,
            window_from=window.start,
            window_to=window.end,
            any_hour=any_hour,
            required_skills=dict(required_skills or {}),
            priority_reasons=[PriorityReason(reason).value for reason in priority_reasons],
            due_at=next_moment(at, window) or at,
            expires_at=expires_at(window, promised_at=at),
        )
        set_sealed(callback, number=number, name=name, note=note)
        callback.in_queue = callback.due_at <= at
        callback.save(force_insert=True)
        if callback.in_queue:
            _enqueue(callback)
        _log(callback, "promise_callback", actor=actor)
        publish(CallbackPromised(subject=callback.id, centre_id=centre_id, asked_by=asked_by.value), actor=actor)
        return Promise(callback, repeated=False)


def start_try(
    *, actor: Actor, callback_id: UUID, agent_id: UUID, call_id: UUID, now: datetime | None = None
) -> Callback:
    """An agent calls. Told twice for one call, it is done once.

    :raises NotAllowed: for another agent, unless the system. :raises NotFound: hidden and absent alike.
    :raises WrongState: somebody calls already, it is over, or nobody may be called at this hour.
    """
    if not actor.is_system and actor.id != agent_id:
        raise NotAllowed("折り返しは、自分でかけるものだけ始められます。")
    at = now or timezone.now()
    with actor_transaction(actor):
        callback = get_callback(actor=actor, callback_id=callback_id, for_update=True)
        if callback.state == CallbackState.CALLING and callback.call_id == call_id:
            return callback
        if callback.state == CallbackState.CALLING:
            raise WrongState("ほかの相談員が、いま電話をかけています。", agent_id=callback.agent_id)
        if callback.state != CallbackState.WAITING:
            raise WrongState("この折り返しは、もう終わっています。")
        if not may_call(at, callback.window):
            raise WrongState(f"いまは電話をかけない時間です。約束した時間の中で、{USUAL}にかけてください。")
        if not callback.in_queue:
            _enqueue(callback)
        assign_item(subject_kind=SUBJECT_KIND, subject_id=callback.id, user_id=agent_id, at=at)
        callback.state, callback.in_queue = CallbackState.CALLING.value, True
        callback.agent_id, callback.call_id = agent_id, call_id
        _save(callback)
        CallbackTry.objects.create(
            callback=callback, centre_id=callback.centre_id, call_id=call_id, agent_id=agent_id, started_at=at
        )
        _log(callback, "start_callback", actor=actor)
        return callback


def finish_try(
    *, actor: Actor, callback_id: UUID, call_id: UUID, result: TryResult, now: datetime | None = None
) -> Callback:
    """A call is over. Who was not reached is tried again later, three times at most. Told twice, it is done once.

    :raises NotFound: hidden and absent alike, also a call that was never begun.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        callback = get_callback(actor=actor, callback_id=callback_id, for_update=True)
        made = callback.tries.filter(call_id=call_id).first()
        if made is None:
            raise NotFound("この電話は、折り返しとして始められていません。")
        if made.result:
            return callback
        made.result, made.ended_at = result.value, at
        made.save(update_fields=["result", "ended_at", "updated_at"])
        publish(CallbackTried(subject=callback.id, centre_id=callback.centre_id, result=result.value), actor=actor)
        callback.agent_id = callback.call_id = None
        callback.tries_made += result not in UNCOUNTED
        if callback.state != CallbackState.CALLING:
            # It was given up while it rang; the try is kept and changes nothing any more.
            return _save(callback)
        following = after_try(result, counted=callback.tries_made, at=at, window=callback.window)
        if following.due_at is not None and following.due_at >= callback.expires_at:
            following = at_the_end(callback.tries_made)
        if following.due_at is None:
            because = CancelReason.ASKED if following.state is CallbackState.CANCELLED else None
            return _close(callback, following, actor=actor, at=at, because=because)
        # Its work item is gone until it is due again; then it stands at its old place.
        cancel_item(subject_kind=SUBJECT_KIND, subject_id=callback.id, at=at)
        callback.state, callback.due_at, callback.in_queue = following.state.value, following.due_at, False
        return _save(callback)


def cancel_callback(*, actor: Actor, callback_id: UUID, because: CancelReason, now: datetime | None = None) -> Callback:
    """The call is no longer wanted, or the person was spoken to before. Twice does no harm.

    :raises NotFound: hidden and absent alike. :raises WrongState: somebody is calling now, or it has ended otherwise.
    """
    with actor_transaction(actor):
        callback = get_callback(actor=actor, callback_id=callback_id, for_update=True)
        if callback.state == CallbackState.CANCELLED:
            return callback
        if callback.state == CallbackState.CALLING:
            raise WrongState("いま電話をかけています。電話が終わってから取りやめてください。")
        if callback.state != CallbackState.WAITING:
            raise WrongState("この折り返しは、もう終わっています。")
        _log(callback, "cancel_callback", actor=actor)
        following = Following(CallbackState.CANCELLED)
        return _close(callback, following, actor=actor, at=now or timezone.now(), because=because)


# --- what comes by itself ---------------------------------------------------------------------------------------------


def queue_due_callbacks(*, actor: Actor, now: datetime) -> int:
    """Put promises whose time has come into their queues, at the place of their arrival. Returns how many."""
    _require_system(actor)
    with actor_transaction(actor):
        rows = Callback.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=CallbackState.WAITING, in_queue=False, due_at__lte=now, expires_at__gt=now
        )
        count = 0
        for callback in rows.select_related("queue").order_by("due_at")[:BATCH]:
            callback.in_queue = True
            _enqueue(callback)
            _save(callback)
            count += 1
        return count


def expire_callbacks(*, actor: Actor, now: datetime) -> int:
    """End promises whose time is over. Returns how many."""
    _require_system(actor)
    with actor_transaction(actor):
        rows = Callback.objects.select_for_update(skip_locked=True).filter(
            state=CallbackState.WAITING, expires_at__lte=now
        )
        found = list(rows.order_by("expires_at")[:BATCH])
        for callback in found:
            _close(callback, at_the_end(callback.tries_made), actor=actor, at=now)
        return len(found)


def end_lost_tries(*, actor: Actor, living: Collection[UUID], now: datetime) -> int:
    """After a crash: end tries whose call lives no more; they are made again. Returns how many.

    :param living: ids of the calls that still live.
    """
    _require_system(actor)
    with actor_transaction(actor):
        lost = Callback.objects.filter(state=CallbackState.CALLING).exclude(call_id__in=list(living))
        pairs = list(lost.values_list("id", "call_id"))
        for callback_id, call_id in pairs:
            if call_id is not None:
                finish_try(actor=actor, callback_id=callback_id, call_id=call_id, result=TryResult.FAILED, now=now)
        return len(pairs)


def forget_callback(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """The person was erased: nobody knows any more whom to call. Returns how many promises ended."""
    _require_system(actor)
    with actor_transaction(actor):
        rows = Callback.objects.select_for_update().filter(
            record_key_id=key_id, state__in=[CallbackState.WAITING, CallbackState.CALLING]
        )
        found = list(rows)
        for callback in found:
            _close(callback, Following(CallbackState.CANCELLED), actor=actor, at=now, because=CancelReason.FORGOTTEN)
        return len(found)


# --- parts ------------------------------------------------------------------------------------------------------------


def _window(
    start: datetime | None, end: datetime | None, any_hour: bool, now: datetime
) -> tuple[Window, dict[str, list[str]]]:
    if start is not None and end is not None and start >= end:
        return Window(), {"window": ["終わりの時刻は、始まりより後にしてください。"]}
    window = Window(start, end, any_hour)
    sentence = window_error(window, now=now)
    return window, {"window": [sentence]} if sentence else {}


def _queue_of(centre_id: UUID, queue_id: UUID | None) -> Queue:
    if queue_id is None:
        return default_queue(centre_id=centre_id)
    queue = Queue.objects.filter(id=queue_id, centre_id=centre_id, active=True).first()
    if queue is None:
        raise NotFound("この列は見つかりません。一覧を開き直してください。")
    return queue


def _one_at_a_time(centre_id: UUID, number: str) -> None:
    """Let requests for one number follow each other. The oldest index key is the same for all while keys are changed."""
    oldest = blind_candidates(centre_id, "phone", number)[-1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"callback:{centre_id}:{oldest.hex()}"]
        )


def _enqueue(callback: Callback) -> None:
    reasons = [PriorityReason.CALLBACK.value, *callback.priority_reasons]
    enqueue(
        centre_id=callback.centre_id,
        subject_kind=SUBJECT_KIND,
        subject_id=callback.id,
        title=TITLE,
        arrived_at=callback.arrived_at,
        due_at=callback.window_to,
        queue_id=callback.queue_id,
        channel=ChannelKind.CALLBACK,
        required_skills=callback.required_skills,
        priority=priority_of(reasons, queue_priority=callback.queue.priority),
        priority_reasons=reasons,
    )


def _close(
    callback: Callback, following: Following, *, actor: Actor, at: datetime, because: CancelReason | None = None
) -> Callback:
    callback.state, callback.done_at, callback.in_queue = following.state.value, at, False
    callback.cancelled_because = because.value if because else ""
    if following.state is CallbackState.REACHED:
        finish_item(subject_kind=SUBJECT_KIND, subject_id=callback.id)
    else:
        cancel_item(subject_kind=SUBJECT_KIND, subject_id=callback.id, at=at)
    publish(CallbackDone(subject=callback.id, centre_id=callback.centre_id, outcome=callback.state), actor=actor)
    return _save(callback)


def _save(callback: Callback) -> Callback:
    callback.version += 1
    callback.save()
    return callback


def _log(callback: Callback, action: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=action, object_kind="callback", object_id=callback.id, centre_id=callback.centre_id
    )


def _require_system(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowed
