"""The life of a follow-up list: made, changed, started, paused, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.appointments.events import FollowUpListChanged
from caasis.appointments.follow_up_selectors import get_list
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.rules.follow_ups import USUAL_DAYS, CallDays, days_error
from caasis.appointments.services.queueing import take_out
from caasis.appointments.vocabulary import EntryState, ListState, NotCalled, NoticeChannel, WorkMode
from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.queues.models import Queue

#: Who decides that a centre calls people.
DECIDERS = (Role.SUPERVISOR, Role.OFFICIAL)
MOST_TRIES, LONGEST_PAUSE = 10, 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class ListValues:
    """What is set about a list. `hours`: weekday 0 (Monday) … 6 as text → ["HH:MM", "HH:MM"]."""

    title: str
    question: str
    queue_id: UUID
    purpose: str = ""
    mode: WorkMode = WorkMode.PREVIEW
    shown_number: str = ""
    hours: Mapping[str, Sequence[str]] = field(default_factory=lambda: dict(USUAL_DAYS))
    on_holidays: bool = False
    max_tries: int = 3
    pause_minutes: int = 24 * 60
    notice_channel: NoticeChannel = NoticeChannel.NONE
    notice_text: str = ""
    notice_hours: int = 48


def make_list(*, actor: Actor, values: ListValues) -> FollowUpList:
    """A new list, empty and not yet started.

    :raises Invalid: with sentences by field. :raises NotAllowed: neither supervisor nor official of a centre.
    """
    centre_id = require_decider(actor)
    _check(values, centre_id)
    with actor_transaction(actor):
        row = FollowUpList(centre_id=centre_id, created_by=actor.id)
        _set(row, values)
        row.save(force_insert=True)
        return _told(row, "make_follow_up_list", actor=actor)


def change_list(*, actor: Actor, list_id: UUID, values: ListValues) -> FollowUpList:
    """Set a list anew while nobody works it.

    :raises Invalid: with sentences by field. :raises NotFound: hidden and absent alike. :raises WrongState: it runs, or has ended.
    """
    centre_id = require_decider(actor)
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        if row.state not in (ListState.DRAFT, ListState.PAUSED):
            raise WrongState("実施中の名簿は変えられません。先に中断してください。")
        _check(values, centre_id)
        _set(row, values)
        return _saved(row, "change_follow_up_list", actor=actor)


def start_list(*, actor: Actor, list_id: UUID) -> FollowUpList:
    """From now on people are called; also after a pause. Twice does no harm.

    :raises WrongState: nobody is on it, its notice can't be sent, or it has ended. :raises NotFound: hidden and absent alike.
    """
    require_decider(actor)
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        if row.state == ListState.RUNNING:
            return row
        if row.state == ListState.ENDED:
            raise WrongState("この名簿は、もう終わっています。")
        if row.notice_channel == NoticeChannel.SMS:
            raise WrongState("SMSの接続がありません。お知らせを郵便に変えてください。")
        if not FollowUpEntry.objects.filter(of_list=row, state=EntryState.WAITING).exists():
            raise WrongState("かける人がまだ入っていません。先に相談から選んでください。")
        row.state = ListState.RUNNING.value
        return _saved(row, "start_follow_up_list", actor=actor)


def pause_list(*, actor: Actor, list_id: UUID) -> FollowUpList:
    """Nobody new is called until it goes on; a call that is going on goes on.

    :raises WrongState: it does not run. :raises NotFound: hidden and absent alike.
    """
    require_decider(actor)
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        if row.state == ListState.PAUSED:
            return row
        if row.state != ListState.RUNNING:
            raise WrongState("この名簿は、いま実施していません。")
        row.state = ListState.PAUSED.value
        take_out(row)
        return _saved(row, "pause_follow_up_list", actor=actor)


def end_list(*, actor: Actor, list_id: UUID, now: datetime | None = None) -> FollowUpList:
    """It is over for good: whoever waits is not called. What was said can still be written down.

    :raises WrongState: somebody is being called. :raises NotFound: hidden and absent alike.
    """
    require_decider(actor)
    at = now or timezone.now()
    with actor_transaction(actor):
        row = get_list(actor=actor, list_id=list_id, for_update=True)
        if row.state == ListState.ENDED:
            return row
        entries = FollowUpEntry.objects.filter(of_list=row)
        if entries.filter(state=EntryState.CALLING).exists():
            raise WrongState("いま電話中の人がいます。電話が終わってから終えてください。")
        take_out(row)
        entries.filter(state=EntryState.WAITING).update(
            state=EntryState.SKIPPED.value, skipped_because=NotCalled.LIST_ENDED.value, done_at=at, agent_id=None, held_at=None
        )
        row.state, row.ended_at = ListState.ENDED.value, at
        return _saved(row, "end_follow_up_list", actor=actor)


def require_decider(actor: Actor) -> UUID:
    """The actor's centre. :raises NotAllowed: for anybody but its supervisors and officials."""
    if actor.centre_id is None or not actor.has(*DECIDERS):
        raise NotAllowed("名簿を作り、始め、終えるのは、主任とセンター職員です。")
    return actor.centre_id


def _check(values: ListValues, centre_id: UUID) -> None:
    errors: dict[str, list[str]] = {}
    for name, text, longest, needed in (
        ("title", values.title, 60, "名簿の名前を入れてください。"),
        ("question", values.question, 300, "たずねることを入れてください。"),
        ("purpose", values.purpose, 200, ""),
        ("notice_text", values.notice_text, 500, ""),
    ):
        if needed and not text.strip():
            errors[name] = [needed]
        elif len(text.strip()) > longest:
            errors[name] = [f"{longest}字までです。短くしてください。"]
    if sentence := days_error(CallDays.read(values.hours)):
        errors["hours"] = [sentence]
    if not 1 <= values.max_tries <= MOST_TRIES:
        errors["max_tries"] = [f"かける回数は、1回から{MOST_TRIES}回までです。"]
    if not 10 <= values.pause_minutes <= LONGEST_PAUSE:
        errors["pause_minutes"] = ["間隔は、10分から30日までです。"]
    if not 0 <= values.notice_hours <= 30 * 24:
        errors["notice_hours"] = ["お知らせから電話まで、30日までです。"]
    if values.notice_channel is not NoticeChannel.NONE and not values.notice_text.strip():
        errors["notice_text"] = ["お知らせの文面を入れてください。"]
    if values.shown_number and normalise_phone(values.shown_number) is None:
        errors["shown_number"] = ["表示する番号を選んでください。"]
    if not Queue.objects.filter(id=values.queue_id, centre_id=centre_id, active=True).exists():
        errors["queue"] = ["受け持つ窓口を選んでください。"]
    if errors:
        raise Invalid(fields=errors)


def _set(row: FollowUpList, values: ListValues) -> None:
    row.title, row.purpose = values.title.strip(), values.purpose.strip()
    row.question, row.mode, row.queue_id = values.question.strip(), values.mode.value, values.queue_id
    row.shown_number = normalise_phone(values.shown_number) or ""
    row.hours, row.on_holidays = {day: list(pair) for day, pair in values.hours.items()}, values.on_holidays
    row.max_tries, row.pause_minutes = values.max_tries, values.pause_minutes
    row.notice_channel, row.notice_text = values.notice_channel.value, values.notice_text.strip()
    row.notice_hours = values.notice_hours


def _saved(row: FollowUpList, action: str, *, actor: Actor) -> FollowUpList:
    row.version += 1
    row.save()
    return _told(row, action, actor=actor)


def _told(row: FollowUpList, action: str, *, actor: Actor) -> FollowUpList:
    record_access(actor=actor, action=action, object_kind="follow_up_list", object_id=row.id, centre_id=row.centre_id)
    publish(FollowUpListChanged(subject=row.id, centre_id=row.centre_id, state=row.state), actor=actor)
    return row
