"""Reads of follow-up lists, inside the centre only. Names and numbers in lists are masked."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, QuerySet

from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.vocabulary import ENTRY_OPEN, EntryState, FollowUpResult, ListState
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name, mask_phone
from caasis.privacy.services import open_fields, read_sealed

GONE = "この名簿は見つかりません。一覧を開き直してください。"


def visible_lists(*, actor: Actor) -> QuerySet[FollowUpList]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return FollowUpList.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return FollowUpList.objects.none()
    return FollowUpList.objects.filter(centre_id=actor.centre_id)


def get_list(*, actor: Actor, list_id: UUID, for_update: bool = False) -> FollowUpList:
    """One list.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_lists(actor=actor).filter(id=list_id)
    found = (rows.select_for_update(of=("self",)) if for_update else rows.select_related("queue")).first()
    if found is None:
        raise NotFound(GONE)
    return found


def visible_entries(*, actor: Actor) -> QuerySet[FollowUpEntry]:
    """People of the lists that the actor sees."""
    return FollowUpEntry.objects.filter(of_list__in=visible_lists(actor=actor))


def get_entry(*, actor: Actor, entry_id: UUID, for_update: bool = False) -> FollowUpEntry:
    """One person of a list, with the list.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_entries(actor=actor).filter(id=entry_id).select_related("of_list")
    if for_update:
        rows = rows.select_for_update(of=("self",))
    entry = rows.first()
    if entry is None:
        raise NotFound("この人は名簿に見つかりません。一覧を開き直してください。")
    return entry


@dataclass(slots=True)
class Progress:
    """How far a list is: how many stand in which state, and what they said."""

    states: dict[EntryState, int] = field(default_factory=dict)
    results: dict[FollowUpResult, int] = field(default_factory=dict)
    #: Waiting for whom the list wants a notice that is not out.
    to_notice: int = 0

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return sum(self.states.get(one, 0) for one in ENTRY_OPEN)

    @property
    def done(self) -> int:
        return self.states.get(EntryState.DONE, 0)

    @property
    def refused(self) -> int:
        return self.states.get(EntryState.REFUSED, 0)

    @property
    def others(self) -> int:
        """Ended without an answer."""
        return self.total - self.open - self.done - self.refused


def progress_of(list_ids: list[UUID]) -> dict[UUID, Progress]:
    """The progress of some lists, in three queries."""
    found = {list_id: Progress() for list_id in list_ids}
    rows = FollowUpEntry.objects.filter(of_list_id__in=list_ids)
    for list_id, state, count in rows.values_list("of_list_id", "state").annotate(n=Count("id")).order_by():
        found[list_id].states[EntryState(state)] = count
    ended = rows.exclude(result="").exclude(state=EntryState.WAITING)
    for list_id, result, count in ended.values_list("of_list_id", "result").annotate(n=Count("id")).order_by():
        found[list_id].results[FollowUpResult(result)] = count
    unnoticed = rows.filter(state=EntryState.WAITING, noticed_at=None)
    for list_id, count in unnoticed.values_list("of_list_id").annotate(n=Count("id")).order_by():
        found[list_id].to_notice = count
    return found


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list with its progress."""

    row: FollowUpList
    progress: Progress

    @property
    def state(self) -> ListState:
        return ListState(self.row.state)


def read_lists(*, actor: Actor, limit: int = 100) -> list[ListLine]:
    """Lists of the actor's centre: what runs first, then the newest."""
    rows = list(visible_lists(actor=actor).select_related("queue").order_by("-created_at", "-id")[:limit])
    order = [ListState.RUNNING, ListState.PAUSED, ListState.DRAFT, ListState.ENDED]
    rows.sort(key=lambda row: order.index(ListState(row.state)))
    found = progress_of([row.id for row in rows])
    return [ListLine(row, found[row.id]) for row in rows]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A person of a list: name and number masked."""

    entry: FollowUpEntry
    name: str
    number: str


def entry_lines(*, actor: Actor, list_id: UUID, state: str = "", offset: int = 0, limit: int = 50) -> list[EntryLine]:
    """Those of a list, what is due first at the top; two queries, however many. A masked form is no opening."""
    rows = visible_entries(actor=actor).filter(of_list_id=list_id)
    if state in EntryState._value2member_map_:
        rows = rows.filter(state=state)
    found = list(rows.order_by("due_at", "id")[offset : offset + limit])
    keys = record_keys_bytes(row.record_key_id for row in found)
    lines = []
    for row in found:
        key = keys.get(row.record_key_id)
        opened = read_sealed(row, "number", "name", key=key) if key else {"number": "", "name": ""}
        lines.append(EntryLine(row, mask_name(opened["name"]), mask_phone(opened["number"])))
    return lines


def entry_of_agent(*, actor: Actor, list_id: UUID) -> FollowUpEntry | None:
    """Whom the actor holds, calls, or has still to write a result for, on this list."""
    rows = visible_entries(actor=actor).filter(of_list_id=list_id, agent_id=actor.id)
    return rows.filter(state__in=sorted(ENTRY_OPEN)).select_related("of_list").order_by("state", "held_at").first()


def open_entry(entry: FollowUpEntry, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """Number, name, note and answers, opened for a purpose and logged.

    :raises NotAllowed: outside the centre. :raises caasis.privacy.keys.Forgotten: erased.
    """
    return open_fields(entry, "number", "name", "note", "answers", actor=actor, purpose=purpose)


def lists_to_add_to(*, actor: Actor) -> list[FollowUpList]:
    """Lists into which somebody can still be put."""
    return list(visible_lists(actor=actor).exclude(state=ListState.ENDED).order_by("-created_at")[:50])


def entries_of_case(*, actor: Actor, case_id: UUID) -> list[FollowUpEntry]:
    """On which lists a case stands, the newest first."""
    rows = visible_entries(actor=actor).filter(case_id=case_id)
    return list(rows.select_related("of_list").order_by("-created_at"))
