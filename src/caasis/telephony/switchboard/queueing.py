"""Who waits and who is free are brought together, by the policy of `engines.routing`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from caasis.appointments.models import Callback, FollowUpEntry
from caasis.engines.routing import assign
from caasis.telephony.switchboard import crew, follow_ups, legs, ringing
from caasis.telephony.switchboard.candidates import MANY_AGENTS, candidates
from caasis.telephony.switchboard.live import LiveCall, load_live
from caasis.telephony.switchboard.work import Item, centres_that_wait, waiting_items, works_of


def offer_all(*, now: datetime, boot: str) -> int:
    """Ring a free agent for each call and callback that can have one. Returns how many ring now."""
    # Most turns of a busy day find nobody free, and one agent who is free again concerns one centre.
    centres = centres_that_wait()
    agents = crew.few_free_agents(centres, now, most=MANY_AGENTS)
    if agents == []:
        return 0
    waits = centres if agents is None else {UUID(agent.centre) for agent in agents}
    items = {item.id: item for item in waiting_items(waits)}
    works = works_of(items.values(), now)
    if agents is None:
        # And a quiet one finds a whole hall free for one caller: nobody reads thousands to ring one.
        agents = crew.free_agents(centres, now, among=candidates(works.values(), now))
    rung = 0
    for given in assign(agents, works.values(), now.timestamp()):
        live = _ring(items[UUID(given.work)], UUID(given.agent), now=now, boot=boot)
        if live is not None:
            live.save()
            rung += 1
    return rung


def _ring(item: Item, agent_id: UUID, *, now: datetime, boot: str) -> LiveCall | None:
    """Ring the agent for what waits; None when that is no longer possible."""
    if item.is_follow_up:
        if follow_ups.owes_a_result(agent_id):
            return None
        entry = FollowUpEntry.objects.select_for_update(of=("self",)).select_related("of_list").get(id=item.subject_id)
        with transaction.atomic():
            called = legs.follow_up(entry, agent_id, now=now, boot=boot)
            if called is None:
                transaction.set_rollback(True)
                return None
        return called
    if item.is_promise:
        callback = Callback.objects.select_for_update(of=("self",)).get(id=item.subject_id)
        with transaction.atomic():
            called = legs.call_back(callback, agent_id, now=now, boot=boot)
            if called is None:
                transaction.set_rollback(True)
                return None
        return called
    live = load_live(item.subject_id, now=now, boot=boot)
    return live if ringing.ring(live, agent_id) is not None else None
