"""Who else has a case open: heartbeats of pages, and reading them for a page or a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import names_of
from caasis.cases.models import Case
from caasis.cases.selectors import is_insider
from caasis.desk.models import Presence
from caasis.kernel.actor import Actor
from caasis.kernel.errors import NotFound

HEARTBEAT_SECONDS = 20
#: Two missed heartbeats and a slow network: then the page is taken for closed.
GONE_AFTER = timedelta(seconds=55)
_SWEEP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody else who has the case open."""

    name: str
    editing: bool


def note_presence(*, actor: Actor, case: Case, editing: bool) -> None:
    """One heartbeat of the actor's page."""
    if actor.id is None or actor.centre_id is None or not is_insider(case, actor):
        raise NotFound
    now = timezone.now()
    Presence.objects.bulk_create(
        [Presence(case_id=case.id, centre_id=actor.centre_id, user_id=actor.id, editing=editing, seen_at=now)],
        update_conflicts=True,
        unique_fields=["case_id", "user_id"],
        update_fields=["editing", "seen_at", "centre_id"],
    )
    Presence.objects.filter(seen_at__lt=now - _SWEEP_AFTER).delete()


def leave(*, actor: Actor, case: Case) -> None:
    """The page was closed."""
    Presence.objects.filter(case_id=case.id, user_id=actor.id).delete()


def lookers(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, list[Looker]]:
    """Who of the actor's centre, other than the actor, has which of these cases open. Two queries, however many."""
    rows = list(
        Presence.objects.filter(
            case_id__in=list(case_ids), centre_id=actor.centre_id, seen_at__gt=timezone.now() - GONE_AFTER
        )
        .exclude(user_id=actor.id)
        .order_by("seen_at")
    )
    names = names_of({row.user_id for row in rows})
    found: dict[UUID, list[Looker]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(Looker(names.get(row.user_id, "ほかの職員"), row.editing))
    return found
