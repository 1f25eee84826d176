"""A decision about the candidates alone is the decision about everybody who is free."""

from __future__ import annotations

import random

import pytest
from bench.switchboard import build

from caasis.engines.routing import assign
from caasis.queues.models import AgentStatus
from caasis.telephony.switchboard import candidates as narrow
from caasis.telephony.switchboard import crew, queueing
from caasis.telephony.switchboard.work import centres_that_wait, waiting_items, works_of

pytestmark = pytest.mark.django_db


def free_some(hall, share: float) -> None:
    chosen = random.Random(3)
    ids = [user for user, _ in hall.agents if chosen.random() < share]
    AgentStatus.objects.filter(user_id__in=ids).update(state="available", at_work={})


@pytest.mark.parametrize(("waiting", "centres", "share"), [(1, 1, 1.0), (7, 1, 0.9), (20, 1, 0.5), (12, 2, 0.9)])
def test_the_same_agents_are_chosen_out_of_far_fewer(as_system, monkeypatch, waiting, centres, share):
    monkeypatch.setattr(narrow, "FEW_NEEDS", 20)
    hall = build(160, waiting, centres)
    free_some(hall, share)
    waits = centres_that_wait()
    works = works_of(waiting_items(waits), hall.now)
    everybody = crew.free_agents(waits, hall.now)
    some = narrow.candidates(works.values(), hall.now)
    few = crew.free_agents(waits, hall.now, among=some)
    expected = [(one.work, one.agent) for one in assign(everybody, works.values(), hall.now.timestamp())]
    assert expected
    assert [(one.work, one.agent) for one in assign(few, works.values(), hall.now.timestamp())] == expected
    assert len(few) <= len(works) * len({(work.centre, work.need) for work in works.values()})


def test_whoever_cannot_be_rung_is_no_candidate(as_system):
    from caasis.telephony.models import Station

    hall = build(20, 1, 1)
    free_some(hall, 1.0)
    works = works_of(waiting_items(centres_that_wait()), hall.now)
    (first,) = narrow.candidates(works.values(), hall.now)
    Station.objects.filter(agent_id=first).update(online=False)
    (second,) = narrow.candidates(works.values(), hall.now)
    AgentStatus.objects.filter(user_id=second).update(capacity={})
    (third,) = narrow.candidates(works.values(), hall.now)
    assert len({first, second, third}) == 3


def test_with_many_needs_everybody_is_looked_at(as_system):
    hall = build(10, 15, 1)
    works = works_of(waiting_items(centres_that_wait()), hall.now)
    assert len({work.need for work in works.values()}) > narrow.FEW_NEEDS
    assert narrow.candidates(works.values(), hall.now) is None


def test_with_many_who_wait_everybody_is_looked_at(as_system):
    hall = build(10, narrow.FEW_WORKS + 1, 1)
    works = works_of(waiting_items(centres_that_wait()), hall.now)
    assert len(works) > narrow.FEW_WORKS and narrow.candidates(works.values(), hall.now) is None


def test_a_hall_that_is_all_free_is_not_read_for_one_caller(as_system, monkeypatch):
    monkeypatch.setattr(queueing, "MANY_AGENTS", 50)
    hall = build(120, 1, 1)
    free_some(hall, 1.0)
    read = []
    monkeypatch.setattr(
        crew, "_skills", lambda ids, now, skills=crew._skills: read.append(len(ids)) or skills(ids, now)
    )
    queueing.offer_all(now=hall.now, boot="bench")
    assert read == [1]
