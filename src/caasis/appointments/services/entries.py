"""People of a follow-up list before a call: put on it, told beforehand, opened by one counsellor, taken off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from caasis.appointments.events import FollowUpChanged
from caasis.appointments.follow_up_selectors import entry_of_agent, get_entry, get_list
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.rules.follow_ups import HOLD, may_call, next_moment
from caasis.appointments.services.lists import require_decider
from caasis.appointments.services.queueing import due_entries, leave_queue
from caasis.appointments.standing import Asked, standings
from caasis.appointments.vocabulary import ENTRY_OPEN, EntryState, FollowUpResult, ListState, NotCalled, WorkMode
from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.people.models import Person
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.erasure import Reason, erase_record
from caasis.privacy.keys import create_record_key, ring
from caasis.privacy.services import blind_phone, read_sealed, set_sealed

#: Who calls people.
WORKERS = (Role.COUNSELLOR, Role.SUPERVISOR)
LONGEST_NAME, LONGEST_NOTE = 60, 300
#: So many who may not be called any more are passed over when one opens the next.
PASSED_OVER = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be put on a list."""

    case_id: UUID
    person_id: UUID | None
    number: str
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a candidate: the entry, or the reason why there is none."""

    candidate: Candidate
    entry: FollowUpEntry | None
    why_not: NotCalled | None = None


def add_entries(
    *, actor: Actor, list_id: UUID, candidates: Sequence[Candidate], now: datetime | None = None
) -> list[Added]:
    """Put people on a list. Whoever may not be called is not put on it, and the reason comes back; none is dropped silently.

    :raises NotAllowed: nobody who works at the list's centre. :raises NotFound: hidden and absent alike.
    :raises WrongState: the list has ended. :raises Invalid: a note is too long.
    """
    at = now or timezone.now()
    if any(len(one.note) > LONGEST_NOTE for one in candidates):
        raise Invalid(fields={"note": [f"{LONGEST_NOTE}字までです。短くしてください。"]})
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        _require_member(actor, row)
        if row.state == ListState.ENDED:
            raise WrongState("この名簿は、もう終わっています。")
        asked = [Asked(one.case_id, one.person_id, one.number) for one in candidates]
        found = standings(centre_id=row.centre_id, asked=asked, at=at, list_id=row.id)
        answers = []
        for candidate, standing in zip(candidates, found, strict=True):
            if standing.why_not is not None or standing.consent is None or candidate.person_id is None:
                answers.append(Added(candidate, None, standing.why_not or NotCalled.NO_CONSENT))
                continue
            entry = FollowUpEntry(
                of_list=row,
                centre_id=row.centre_id,
                case_id=candidate.case_id,
                person_id=candidate.person_id,
                consent_id=standing.consent.id,
                consent_on=day_in_japan(standing.consent.given_at),
                record_key_id=create_record_key(row.centre_id).id,
                number_index=blind_phone(row.centre_id, candidate.number),
                index_version=ring().blind,
                due_at=next_moment(at, row.days) or at,
            )
            name = candidate.name.strip()[:LONGEST_NAME]
            set_sealed(entry, number=normalise_phone(candidate.number) or "", name=name, note=candidate.note.strip())
            try:
                with transaction.atomic():
                    entry.save(force_insert=True)
            except IntegrityError:
                # Two of these people have one number, or somebody else was faster.
                answers.append(Added(candidate, None, NotCalled.OTHER_LIST))
                continue
            log(entry, "add_follow_up", actor=actor)
            answers.append(Added(candidate, entry))
        if any(one.entry for one in answers):
            tell_list(row, actor=actor)
        return answers


def take_off(*, actor: Actor, entry_id: UUID, now: datetime | None = None) -> FollowUpEntry:
    """Somebody is not called after all. Twice does no harm.

    :raises WrongState: being called, or over. :raises NotFound: hidden and absent alike.
    """
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        _require_member(actor, entry.of_list)
        if entry.state == EntryState.SKIPPED:
            return entry
        if entry.state != EntryState.WAITING:
            raise WrongState("電話中か、もう終わった人です。外せません。")
        return skip(entry, NotCalled.REMOVED, actor=actor, at=now or timezone.now())


def mark_noticed(*, actor: Actor, list_id: UUID, now: datetime | None = None) -> int:
    """The notices of all who wait for one went out. Returns how many.

    :raises NotAllowed: neither supervisor nor official. :raises WrongState: the list wants none.
    """
    require_decider(actor)
    at = now or timezone.now()
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        if not row.wants_notice:
            raise WrongState("この名簿は、事前のお知らせをしません。")
        unnoticed = FollowUpEntry.objects.filter(of_list=row, state=EntryState.WAITING, noticed_at=None)
        count = unnoticed.update(noticed_at=at)
        record_access(
            actor=actor, action="mark_noticed", object_kind="follow_up_list", object_id=row.id, centre_id=row.centre_id
        )
        tell_list(row, actor=actor)
        return count


def open_next(*, actor: Actor, list_id: UUID, now: datetime | None = None) -> FollowUpEntry | None:
    """The next person, kept for this counsellor alone; whom she has already, she is given again. None: nobody is due.

    Whoever may not be called any more is passed over, and it is written down why.

    :raises NotAllowed: neither counsellor nor supervisor. :raises WrongState: the list does not run, gives out by itself,
        or nobody may be called now. :raises NotFound: hidden and absent alike.
    """
    at = now or timezone.now()
    with actor_transaction(actor):
        # One after the other for each list: whoever asks at the same moment gets the person after this one.
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        _require_worker(actor, row)
        mine = entry_of_agent(actor=actor, list_id=list_id)
        if mine is not None:
            return mine
        if row.state != ListState.RUNNING:
            raise WrongState("この名簿は、いま実施していません。")
        if row.mode != WorkMode.PREVIEW:
            raise WrongState("この名簿は、受付中の人に自動で回ります。")
        if not may_call(at, row.days):
            raise WrongState(closed_words(row, at))
        free = due_entries(row, at).filter(Q(agent_id=None) | Q(held_at__lt=at - HOLD)).select_related("of_list")
        for entry in free[:PASSED_OVER]:
            reason = why_not_now(entry, at)
            if reason is not None:
                skip(entry, reason, actor=actor, at=at)
                continue
            entry.agent_id, entry.held_at = actor.id, at
            log(entry, "open_follow_up", actor=actor)
            return save(entry, actor=actor)
        return None


def let_go(*, actor: Actor, entry_id: UUID) -> FollowUpEntry:
    """The counsellor does not call this person now: the next colleague may. Told twice, it is done once.

    :raises WrongState: the call goes on, or its result is not written. :raises NotFound: hidden and absent alike.
    """
    with actor_transaction(actor):
        entry = get_entry(actor=actor, entry_id=entry_id, for_update=True)
        _require_worker(actor, entry.of_list)
        if entry.agent_id != actor.id:
            return entry
        if entry.state != EntryState.WAITING:
            raise WrongState("先に、電話の結果を記入してください。")
        entry.agent_id = entry.held_at = None
        return save(entry, actor=actor)


def forget_follow_ups(*, actor: Actor, key_id: UUID, now: datetime) -> int:
    """Somebody was erased: the copies of number and name go too, and nobody calls. Returns how many waited."""
    if not actor.is_system:
        raise NotAllowed
    with actor_transaction(actor):
        people = Person.objects.filter(record_key_id=key_id).values("id")
        mine = Q(record_key_id=key_id) | Q(person_id__in=people)
        for key in FollowUpEntry.objects.filter(mine, erased_at=None).values_list("record_key_id", flat=True):
            # The list's copies of number and name have a key of their own.
            erase_record(actor=actor, key_id=key, reason=Reason.CONSUMER_REQUEST, now=now)
        rows = FollowUpEntry.objects.select_for_update(of=("self",)).filter(mine, state__in=sorted(ENTRY_OPEN))
        found = list(rows.select_related("of_list"))
        for entry in found:
            skip(entry, NotCalled.ERASED, actor=actor, at=now)
        return len(found)


# --- parts that the calls share ---------------------------------------------------------------------------------------


def why_not_now(entry: FollowUpEntry, at: datetime) -> NotCalled | None:
    """Why this person may not be called any more; None when they may. Asked anew before each call."""
    number = read_sealed(entry, "number")["number"]
    asked = Asked(entry.case_id, entry.person_id, number)
    return standings(centre_id=entry.centre_id, asked=[asked], at=at, but=entry.id)[0].why_not


def closed_words(row: FollowUpList, at: datetime) -> str:
    """Nobody may be called now: when again, as a sentence."""
    following = next_moment(at, row.days)
    if following is None:
        return "電話をかけてよい日がありません。曜日を見直してください。"
    local = following.astimezone(JST)
    return f"いまは電話をかけない時間です。次は{local.month}月{local.day}日{local.hour}時{local.minute:02}分からです。"


def skip(entry: FollowUpEntry, reason: NotCalled, *, actor: Actor, at: datetime) -> FollowUpEntry:
    """Nobody calls this person; the reason stands in the list."""
    leave_queue(entry, at)
    entry.state, entry.skipped_because, entry.done_at = EntryState.SKIPPED.value, reason.value, at
    entry.agent_id = entry.held_at = entry.call_id = None
    log(entry, "skip_follow_up", actor=actor)
    return save(entry, actor=actor)


def save(entry: FollowUpEntry, *, actor: Actor) -> FollowUpEntry:
    """Save and tell. Results are codes."""
    entry.version += 1
    entry.save()
    publish(
        FollowUpChanged(
            subject=entry.id, centre_id=entry.centre_id, of_list=str(entry.of_list_id), state=entry.state, result=entry.result
        ),
        actor=actor,
    )
    return entry


def tell_list(row: FollowUpList, *, actor: Actor) -> None:
    publish(
        FollowUpChanged(subject=row.id, centre_id=row.centre_id, of_list=str(row.id), state=EntryState.WAITING.value),
        actor=actor,
    )


def log(entry: FollowUpEntry, action: str, *, actor: Actor) -> None:
    record_access(actor=actor, action=action, object_kind="follow_up", object_id=entry.id, centre_id=entry.centre_id)


def _require_member(actor: Actor, row: FollowUpList) -> None:
    if actor != SYSTEM and not actor.works_for(row.centre_id):
        raise NotFound


def _require_worker(actor: Actor, row: FollowUpList) -> None:
    if not (actor.works_for(row.centre_id) and actor.has(*WORKERS)):
        raise NotAllowed("電話をかけるのは、センターの相談員と主任です。")


def require_worker_of(actor: Actor, entry: FollowUpEntry) -> None:
    """:raises NotAllowed: neither counsellor nor supervisor of the centre."""
    _require_worker(actor, entry.of_list)


def result_of(code: str) -> FollowUpResult:
    """:raises Invalid: no result that somebody may choose."""
    if code not in FollowUpResult._value2member_map_ or code == FollowUpResult.FAILED:
        raise Invalid(fields={"result": ["電話の結果を選んでください。"]})
    return FollowUpResult(code)
