"""Ending a request for help. Below the verbs that end one: answering, taking, declining, and taking a contact."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from caasis.audit.services import record_access
from caasis.cases.events import HelpSettled
from caasis.cases.models import HelpRequest
from caasis.cases.rules.team_words import HelpState, Trigger
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor
from caasis.platform.outbox.publish import publish


def settle(request: HelpRequest, state: HelpState, *, actor: Actor, at: datetime) -> HelpRequest:
    """Write how a request ended, with its line in the timeline and its event."""
    request.state = state.value
    request.settled_by = actor.id
    request.settled_at = at
    request.save(update_fields=["state", "settled_by", "settled_at", "updated_at"])
    if request.case is not None:
        entry(request.case, Entry.HELP_SETTLED, actor=actor, at=at, state=state.value).save(force_insert=True)
    record_access(
        actor=actor,
        action=f"help_{state.value}",
        object_kind="help_request",
        object_id=request.id,
        centre_id=request.centre_id,
    )
    publish(
        HelpSettled(subject=request.case_id or request.id, centre_id=request.centre_id, state=state.value), actor=actor
    )
    return request


def settle_untaken(*, contact_id: UUID, actor: Actor, at: datetime) -> None:
    """Somebody took the contact: nobody needs to be asked any more."""
    for request in HelpRequest.objects.select_for_update().filter(
        contact_id=contact_id, trigger=Trigger.UNTAKEN.value, state=HelpState.OPEN.value
    ):
        settle(request, HelpState.TAKEN, actor=actor, at=at)
