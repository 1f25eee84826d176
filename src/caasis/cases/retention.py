"""Which personal data of cases may no longer be kept: a centre's years after registration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from caasis.cases.models import Case, Party
from caasis.channels.models import Contact
from caasis.organisations.models import CentreSettings
from caasis.organisations.selectors import CentrePolicy
from caasis.people.models import Person
from caasis.privacy.models import RecordKey

#: A year as retention counts it: leap days never shorten it.
YEAR = timedelta(days=366)


def past_retention(now: datetime) -> QuerySet[Case]:
    """Registered cases whose centre's years are over. What is statistical stays; names, messages and notes go."""
    own = dict(CentreSettings.objects.values_list("centre_id", "retention_years"))
    condition = Q(registered_at__lt=now - CentrePolicy().retention_years * YEAR) & ~Q(handling_centre_id__in=own)
    for centre_id, years in own.items():
        condition |= Q(handling_centre_id=centre_id, registered_at__lt=now - years * YEAR)
    return Case.objects.filter(condition)


def expired_keys(now: datetime, limit: int) -> list[UUID]:
    """Record keys of such cases, of their contacts, and of people who have no younger case; none that is gone already."""
    return list(dict.fromkeys(_candidates(now, limit)))[:limit]


def _candidates(now: datetime, limit: int) -> Iterator[UUID]:
    old = past_retention(now)
    alive = RecordKey.objects.filter(destroyed_at=None)
    yield from old.filter(record_key_id__in=alive.values("id")).values_list("record_key_id", flat=True)[:limit]
    younger = Party.objects.filter(person=OuterRef("pk")).exclude(case__in=old)
    people = Person.objects.filter(id__in=Party.objects.filter(case__in=old).values("person_id"), erased_at=None)
    people = people.filter(~Exists(younger), record_key_id__in=alive.values("id"))
    yield from people.values_list("record_key_id", flat=True)[:limit]
    contacts = Contact.objects.filter(id__in=old.values("contact_links__contact_id"), record_key_id__in=alive.values("id"))
    open_cases = Case.objects.filter(contact_links__contact=OuterRef("pk")).exclude(pk__in=old.values("pk"))
    yield from contacts.filter(~Exists(open_cases)).values_list("record_key_id", flat=True)[:limit]
