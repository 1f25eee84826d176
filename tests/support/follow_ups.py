"""What tests of follow-up lists need: a list, people with a number and a consent, their cases as ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from caasis.appointments import services as appointments
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.services import Added, Candidate, ListValues
from caasis.kernel.clock import JST
from caasis.kernel.ids import uuid7
from caasis.people.models import Consent, Person
from caasis.people.services import build_person, save_person
from caasis.people.vocabulary import ConsentKind
from caasis.platform.transactions import system_transaction
from caasis.queues.models import Queue

#: A Tuesday morning.
TEN = datetime(2026, 12, 1, 10, 0, tzinfo=JST)
LONG_AGO = datetime(2026, 5, 1, 10, 0, tzinfo=JST)
NUMBER = "090-3141-5926"
ALL_WEEK = {str(day): ["09:00", "20:00"] for day in range(7)}


def queue_of(centre: Any) -> Queue:
    with system_transaction():
        return Queue.objects.get_or_create(centre_id=centre.id, name="電話相談", defaults={"channels": ["phone"]})[0]


def made_list(town: Any, *, queue: Queue | None = None, **more: Any) -> FollowUpList:
    """A list of centre A, not started."""
    given = {"title": "屋根工事のその後", "question": "返金は済みましたか。", "queue_id": (queue or queue_of(town.centre_a)).id}
    return appointments.make_list(actor=town.supervisor, values=ListValues(**(given | more)))


def person(centre: Any, number: str = NUMBER, name: str = "見本 太郎") -> Person:
    with system_transaction():
        return save_person(build_person(centre_id=centre.id, values={"name": name, "phone": number}))


def consent(who: Person, *, case_id: UUID | None = None, given_at: datetime = LONG_AGO, **more: Any) -> Consent:
    with system_transaction():
        return Consent.objects.create(
            person=who, centre_id=who.centre_id, kind=ConsentKind.CONTACT_AGAIN.value, given_at=given_at,
            given_by_means="phone", case_id=case_id, **more,
        )  # fmt: skip


def candidate(town: Any, number: str = NUMBER, *, agrees: bool = True, name: str = "見本 太郎") -> Candidate:
    """A person of centre A with a case of their own, who agreed on it to be called."""
    who, case_id = person(town.centre_a, number, name), uuid7()
    if agrees:
        consent(who, case_id=case_id)
    return Candidate(case_id, who.id, number, name)


def add(town: Any, row: FollowUpList, *candidates: Candidate, now: datetime = TEN) -> list[Added]:
    return appointments.add_entries(actor=town.counsellor, list_id=row.id, candidates=candidates, now=now)


def running_list(town: Any, *numbers: str, now: datetime = TEN, **more: Any) -> tuple[FollowUpList, list[FollowUpEntry]]:
    """A list that runs, with one person for each number."""
    row = made_list(town, **more)
    added = add(town, row, *(candidate(town, number) for number in numbers or (NUMBER,)), now=now)
    entries = [one.entry for one in added if one.entry is not None]
    assert len(entries) == len(added)
    return appointments.start_list(actor=town.supervisor, list_id=row.id), entries


def now_of(entry: FollowUpEntry) -> FollowUpEntry:
    with system_transaction():
        return FollowUpEntry.objects.select_related("of_list").get(id=entry.id)
