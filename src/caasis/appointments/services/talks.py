"""Talks by video: booking, the consumer's waiting room, and what the call does to the talk."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.appointments.events import VideoTalkChanged
from caasis.appointments.models import VideoTalk
from caasis.appointments.rules.talks import LENGTHS, expiry, may_enter, overlaps, time_error
from caasis.appointments.services.callbacks import BATCH
from caasis.appointments.talk_selectors import get_talk, hash_of
from caasis.appointments.vocabulary import OPEN_TALKS, Consent, TalkState
from caasis.audit.services import record_access
from caasis.kernel.actor import PUBLIC, Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.organisations.schedules import schedules_of
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

LONGEST_NAME, LONGEST_CONTACT = 60, 120
#: Files that the consumer may send during one talk.
MOST_FILES = 20
#: A talk whose call nobody ended is over at the latest so long after its link.
FORGOTTEN_AFTER = timedelta(hours=6)
OVER = "このビデオ相談は、もう終わっています。"


def book_talk(
    *,
    actor: Actor,
    agent_id: UUID,
    begins_at: datetime | None = None,
    minutes: int = 30,
    name: str = "",
    contact: str = "",
    case_id: UUID | None = None,
    now: datetime | None = None,
) -> VideoTalk:
    """Book a talk with one counsellor, or with `begins_at` None begin one at once. Makes its link.

    :raises NotAllowed: neither counsellor nor supervisor of a centre. :raises Invalid: with sentences by field.
    """
    staff_id, centre_id = _require_agent(actor)
    at = now or timezone.now()
    begins = begins_at or at
    name, contact = _clean(name), _clean(contact)
    errors = _too_long(name=name, contact=contact)
    if not staff_of(centre_id, Role.COUNSELLOR, Role.SUPERVISOR).filter(id=agent_id).exists():
        errors["agent"] = ["担当する相談員を選んでください。"]
    if begins_at is None:
        if minutes not in LENGTHS:
            errors["minutes"] = ["長さを選んでください。"]
    elif sentence := time_error(schedules_of([centre_id])[centre_id], begins_at=begins, minutes=minutes, now=at):
        errors["begins_at"] = [sentence]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        if begins_at is not None:
            _one_at_a_time(agent_id, begins, minutes, but=None)
        secret = secrets.token_urlsafe(24)
        talk = VideoTalk(
            centre_id=centre_id, case_id=case_id, agent_id=agent_id, made_by=staff_id,
            record_key_id=create_record_key(centre_id).id, secret_hash=hash_of(secret), begins_at=begins,
            minutes=minutes, at_once=begins_at is None, expires_at=expiry(begins, minutes),
        )  # fmt: skip
        set_sealed(talk, name=name, contact=contact, shown_name="", secret=secret)
        talk.save(force_insert=True)
        _log(talk, "book_video_talk", actor=actor)
        _tell(talk, actor=actor)
        return talk


def move_talk(
    *, actor: Actor, talk_id: UUID, begins_at: datetime, minutes: int, now: datetime | None = None
) -> VideoTalk:
    """Another time for a booked talk; its link stays.

    :raises NotFound: hidden and absent alike. :raises Invalid: with sentences. :raises WrongState: it has begun or ended.
    """
    (_, centre_id), at = _require_agent(actor), now or timezone.now()
    if sentence := time_error(schedules_of([centre_id])[centre_id], begins_at=begins_at, minutes=minutes, now=at):
        raise Invalid(fields={"begins_at": [sentence]})
    with actor_transaction(actor):
        talk = get_talk(actor=actor, talk_id=talk_id, for_update=True)
        if talk.state not in (TalkState.BOOKED, TalkState.WAITING):
            raise WrongState("始まったビデオ相談の日時は変えられません。")
        _one_at_a_time(talk.agent_id, begins_at, minutes, but=talk.id)
        talk.begins_at, talk.minutes, talk.expires_at = begins_at, minutes, expiry(begins_at, minutes)
        talk.state, talk.at_once = TalkState.BOOKED.value, False
        _log(talk, "move_video_talk", actor=actor)
        return _save(talk, actor=actor)


def cancel_talk(*, actor: Actor, talk_id: UUID, now: datetime | None = None) -> VideoTalk:
    """The talk is not wanted any more; its link lets nobody in. Twice does no harm.

    :raises NotFound: hidden and absent alike. :raises WrongState: it goes on or has ended.
    """
    _require_agent(actor)
    with actor_transaction(actor):
        talk = get_talk(actor=actor, talk_id=talk_id, for_update=True)
        if talk.state == TalkState.CANCELLED:
            return talk
        if talk.state == TalkState.TALKING:
            raise WrongState("いま話しています。通話を切ってから取りやめてください。")
        if talk.state not in OPEN_TALKS:
            raise WrongState(OVER)
        _log(talk, "cancel_video_talk", actor=actor)
        return _close(talk, TalkState.CANCELLED, actor=actor, at=now or timezone.now())


# --- the consumer, by her link ----------------------------------------------------------------------------------------


def enter_talk(*, talk_id: UUID, consent: str, shown_name: str = "", now: datetime | None = None) -> VideoTalk:
    """The consumer goes into the waiting room, having said whether she may be recorded. The caller has checked the link.

    :raises Invalid: with sentences by field. :raises WrongState: too early, or over.
    """
    at, shown_name = now or timezone.now(), _clean(shown_name)
    errors = _too_long(shown_name=shown_name)
    if consent not in {one.value for one in Consent}:
        errors["consent"] = ["録音してよいかどうかを選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    with system_transaction():
        talk = VideoTalk.objects.select_for_update().get(id=talk_id)
        if talk.state not in OPEN_TALKS:
            raise WrongState(OVER)
        if not may_enter(at, begins_at=talk.begins_at, expires_at=talk.expires_at):
            raise WrongState("予約の15分前から入れます。時間になったら開いてください。")
        if talk.state == TalkState.TALKING:
            # A page that was opened anew during the talk: what was said about the recording holds.
            return talk
        talk.consent, talk.entered_at, talk.seen_at = consent, at, at
        set_sealed(talk, shown_name=shown_name)
        talk.state = TalkState.WAITING.value
        _log(talk, "enter_video_talk", actor=PUBLIC)
        return _save(talk, actor=PUBLIC)


def see_consumer(*, talk_id: UUID, now: datetime | None = None) -> None:
    """The consumer's page asks what is new: it is still open."""
    with system_transaction():
        VideoTalk.objects.filter(id=talk_id).update(seen_at=now or timezone.now())


def add_file_to_talk(*, talk_id: UUID, evidence_id: UUID) -> VideoTalk:
    """A file that the consumer sent lies with the case; both pages of the talk list it."""
    with system_transaction():
        talk = VideoTalk.objects.select_for_update().get(id=talk_id)
        talk.files = [*talk.files, str(evidence_id)]
        _log(talk, "send_file_in_video_talk", actor=PUBLIC)
        return _save(talk, actor=PUBLIC)


# --- what the call does -----------------------------------------------------------------------------------------------


def begin_talk(*, actor: Actor, talk_id: UUID, agent_id: UUID, call_id: UUID, centre_id: UUID) -> VideoTalk:
    """A counsellor calls the consumer who waits.

    :raises NotFound: no such talk of the centre. :raises WrongState: nobody waits, or somebody else talks already.
    """
    _require_system(actor)
    with actor_transaction(actor):
        talk = VideoTalk.objects.select_for_update().filter(id=talk_id, centre_id=centre_id).first()
        if talk is None:
            raise NotFound("このビデオ相談は見つかりません。一覧を開き直してください。")
        if talk.state == TalkState.BOOKED:
            raise WrongState("相談者がまだ入っていません。入るのを待ってください。")
        if talk.state == TalkState.TALKING or (talk.call_id is not None and talk.call_id != call_id):
            raise WrongState("このビデオ相談は、もう始まっています。")
        if talk.state != TalkState.WAITING:
            raise WrongState(OVER)
        talk.call_id, talk.agent_id = call_id, agent_id
        return _save(talk, actor=actor)


def start_talk(*, actor: Actor, call_id: UUID) -> None:
    """Both hear each other."""
    _require_system(actor)
    with actor_transaction(actor):
        talk = VideoTalk.objects.select_for_update().filter(call_id=call_id, state=TalkState.WAITING).first()
        if talk is not None:
            talk.state = TalkState.TALKING.value
            _save(talk, actor=actor)


def end_talk(*, actor: Actor, call_id: UUID, again: bool, now: datetime | None = None) -> None:
    """The call is over. `again`: by an accident, or before it came to talking: the consumer waits on."""
    _require_system(actor)
    at = now or timezone.now()
    with actor_transaction(actor):
        talk = VideoTalk.objects.select_for_update().filter(call_id=call_id, state__in=sorted(OPEN_TALKS)).first()
        if talk is None:
            return
        if again:
            talk.state, talk.call_id = TalkState.WAITING.value, None
            _save(talk, actor=actor)
        else:
            _close(talk, TalkState.ENDED, actor=actor, at=at)


# --- what comes by itself ---------------------------------------------------------------------------------------------


def expire_talks(*, actor: Actor, now: datetime) -> int:
    """End talks whose link lets nobody in any more. Returns how many."""
    _require_system(actor)
    with actor_transaction(actor):
        rows = VideoTalk.objects.select_for_update(skip_locked=True).filter(
            state__in=sorted(OPEN_TALKS), expires_at__lte=now
        )
        found = [
            talk
            for talk in rows.order_by("expires_at")[:BATCH]
            if talk.call_id is None or talk.expires_at + FORGOTTEN_AFTER <= now
        ]
        for talk in found:
            state = TalkState.ENDED if talk.state == TalkState.TALKING else TalkState.MISSED
            _close(talk, state, actor=actor, at=now)
        return len(found)


def forget_talk(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """The person was erased: the link leads nowhere. Returns how many talks ended."""
    _require_system(actor)
    with actor_transaction(actor):
        rows = VideoTalk.objects.select_for_update().filter(record_key_id=key_id)
        found = [talk for talk in rows if talk.state in OPEN_TALKS]
        for talk in found:
            _close(talk, TalkState.CANCELLED, actor=actor, at=now)
        return len(found)


# --- parts ------------------------------------------------------------------------------------------------------------


def _require_agent(actor: Actor) -> tuple[UUID, UUID]:
    centre_id = actor.centre_id
    staff = actor.works_for(centre_id) and actor.has(Role.COUNSELLOR, Role.SUPERVISOR)
    if actor.id is None or centre_id is None or not staff:
        raise NotAllowed("ビデオ相談を扱えるのは、センターの相談員と主任です。")
    return actor.id, centre_id


def _require_system(actor: Actor) -> None:
    if not actor.is_system:
        raise NotAllowed


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _too_long(**texts: str) -> dict[str, list[str]]:
    errors = {}
    for field, text in texts.items():
        longest = LONGEST_CONTACT if field == "contact" else LONGEST_NAME
        if len(text) > longest:
            errors[field] = [f"{longest}字までです。短くしてください。"]
    return errors


def _one_at_a_time(agent_id: UUID, begins_at: datetime, minutes: int, *, but: UUID | None) -> None:
    """One counsellor talks with one consumer at a time. The lock lets two bookings of one counsellor follow each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"video:{agent_id}"])
    day = timedelta(days=1)
    near = VideoTalk.objects.filter(
        agent_id=agent_id, state__in=sorted(OPEN_TALKS), begins_at__gt=begins_at - day, begins_at__lt=begins_at + day
    )
    others = [(row.begins_at, row.minutes) for row in near if row.id != but]
    if overlaps(begins_at, minutes, others):
        raise Invalid(fields={"begins_at": ["この相談員には、同じ時間に予約があります。"]})


def _close(talk: VideoTalk, state: TalkState, *, actor: Actor, at: datetime) -> VideoTalk:
    talk.state, talk.done_at = state.value, at
    # Both browsers' addresses are of no use any more.
    talk.signals.all().delete()
    return _save(talk, actor=actor)


def _save(talk: VideoTalk, *, actor: Actor) -> VideoTalk:
    talk.version += 1
    talk.save()
    _tell(talk, actor=actor)
    return talk


def _tell(talk: VideoTalk, *, actor: Actor) -> None:
    publish(
        VideoTalkChanged(subject=talk.id, centre_id=talk.centre_id, state=talk.state, agent=talk.agent_id), actor=actor
    )


def _log(talk: VideoTalk, action: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=action, object_kind="video_talk", object_id=talk.id, centre_id=talk.centre_id
    )
