"""The switchboard's turn with many who wait: queries and milliseconds for giving out, and for telling everybody their place.

    bin/bench switchboard [--agents 3500] [--waiting 1000] [--centres 50] [--rounds 20]

A throw-away database with invented agents (each with skills and a desk phone) and calls that wait, an eighth of them promises
to call back. The same is measured with `--centres 1`: all of them in one hall. Goals: a turn in which nobody is free, and one
in which one agent becomes free, 250 ms or less (p95); the places and waits of all who wait, asked at once, a second or less
each hundred.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bench.identity import database
from bench.installation import calibrate, percentile, say

SEED = 20_261_128
FIELDS = 24
GOAL_TURN_MS, GOAL_HUNDRED_MS = 250.0, 1_000.0


@dataclass
class Hall:
    """What was written: the centres, and the agents of each."""

    centres: list[UUID]
    agents: list[tuple[UUID, UUID]]
    now: datetime


def build(agents: int, waiting: int, centres: int) -> Hall:
    """Agents who all talk, and calls and promises that wait."""
    from django.utils import timezone

    from caasis.kernel.ids import uuid7
    from caasis.platform.transactions import system_transaction
    from caasis.queues.models import AgentSkill, AgentStatus, Queue, Skill
    from caasis.telephony.models import Cursor, Station
    from caasis.telephony.switchboard.loop import NAME

    chosen, now = random.Random(SEED), timezone.now()
    hall = Hall([uuid7() for _ in range(centres)], [], now)
    with system_transaction():
        Cursor.objects.get_or_create(name=NAME, defaults={"boot": "bench"})
        fields = [Skill(code=f"field-{number}", label=f"分野{number}", centre_id=None) for number in range(FIELDS)]
        Skill.objects.bulk_create(fields)
        queues = [Queue(centre_id=centre, name="電話相談", channels=["phone"]) for centre in hall.centres]
        Queue.objects.bulk_create(queues)
        hall.agents = [(uuid7(), hall.centres[number % centres]) for number in range(agents)]
        AgentStatus.objects.bulk_create(
            AgentStatus(
                user_id=user, centre_id=centre, state="talking", since=now, signed_in_at=now, last_seen_at=now,
                capacity={"phone": 1, "callback": 1}, at_work={str(uuid7()): "phone"}, version=1,
            )
            for user, centre in hall.agents
        )  # fmt: skip
        Station.objects.bulk_create(
            Station(agent_id=user, centre_id=centre, user=f"phone-{user.hex}", online=True)
            for user, centre in hall.agents
        )
        AgentSkill.objects.bulk_create(
            AgentSkill(
                user_id=user, centre_id=centre, skill=skill, level=chosen.randint(1, 5),
                valid_from=now.date() - timedelta(days=30),
            )
            for user, centre in hall.agents
            for skill in chosen.sample(fields, chosen.choice((1, 2, 3, 4)))
        )  # fmt: skip
        for number in range(waiting):
            queue = queues[chosen.randrange(centres)]
            needed = {} if chosen.random() < 0.7 else {f"field-{chosen.randrange(FIELDS)}": 1}
            wait(queue, needed, now - timedelta(seconds=waiting - number), promised=number % 8 == 7)
    return hall


def wait(queue: Any, needed: dict[str, int], since: datetime, *, promised: bool) -> None:
    """One call, or one promise, that waits in a queue."""
    from caasis.appointments.models import Callback
    from caasis.appointments.services import SUBJECT_KIND
    from caasis.kernel.ids import uuid7
    from caasis.privacy.keys import create_record_key
    from caasis.queues.models import WorkItem
    from caasis.telephony.models import Call
    from caasis.telephony.switchboard.agents import CALL

    key, subject = create_record_key(queue.centre_id), uuid7()
    if promised:
        Callback.objects.create(
            id=subject, centre_id=queue.centre_id, queue=queue, record_key_id=key.id, arrived_at=since,
            promised_at=since, due_at=since, expires_at=since + timedelta(days=7), number_index=subject.bytes + subject.bytes, asked_by="flow", any_hour=True,
        )  # fmt: skip
    else:
        Call.objects.create(
            id=subject, call=subject.hex, boot="bench", centre_id=queue.centre_id, record_key_id=key.id, phase="waiting",
            queue_id=queue.id, waiting_since=since, entered_queue_at=since, in_stay=True, began_at=since,
            required_skills=needed, caller_index=subject.bytes + subject.bytes,
        )  # fmt: skip
    WorkItem.objects.create(
        centre_id=queue.centre_id, subject_kind=SUBJECT_KIND if promised else CALL, subject_id=subject, title="電話",
        arrived_at=since, queue=queue, channel="callback" if promised else "phone", required_skills=needed,
    )  # fmt: skip


def measure(work: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """The work again and again, each time taken back: milliseconds and queries."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from caasis.platform.transactions import system_transaction

    times, queries, answer = [], 0, None
    for _ in range(rounds):
        with system_transaction():
            began = time.perf_counter()
            answer = work()
            times.append(time.perf_counter() - began)
            transaction.set_rollback(True)
    with system_transaction():
        with CaptureQueriesContext(connection) as captured:
            work()
        queries = len(captured)
        transaction.set_rollback(True)
    return {
        "p50_ms": round(percentile(times, 0.5) * 1000, 1), "p95_ms": round(percentile(times, 0.95) * 1000, 1),
        "queries": queries, "answer": answer,
    }  # fmt: skip


def figures(hall: Hall, rounds: int) -> dict[str, Any]:
    from caasis.queues.models import AgentStatus, WorkItem
    from caasis.telephony.models import Call
    from caasis.telephony.switchboard import waiting
    from caasis.telephony.switchboard.queueing import offer_all

    def offer(free: int) -> int:
        ids = [user for user, _ in hall.agents[:free]]
        AgentStatus.objects.filter(user_id__in=ids).update(state="available", at_work={})
        return offer_all(now=hall.now, boot="bench")

    def tell_everybody() -> int:
        rows = list(Call.objects.filter(phase="waiting"))
        with waiting.one_look():
            told = [waiting.standing(row, hall.now) for row in rows]
        assert all(place is not None for place, _ in told)
        return len(told)

    def one_calls() -> int:
        AgentStatus.objects.filter(user_id__in=[user for user, _ in hall.agents[1:]]).update(state="available", at_work={})
        first = WorkItem.objects.filter(subject_kind="call").order_by("arrived_at").first()
        WorkItem.objects.exclude(pk=first.pk).update(state="done")
        began = time.perf_counter()
        offer_all(now=hall.now, boot="bench")
        return round((time.perf_counter() - began) * 1000)

    found = {}
    for free in (0, 1, 20):
        say(f"a turn with {free} free")
        found[f"{free} free"] = measure(lambda free=free: offer(free), rounds)  # type: ignore[misc]
    say("everybody but one talker is free, and one calls")
    found["all free, one waits"] = measure(one_calls, rounds)
    say("everybody is told their place")
    told = measure(tell_everybody, max(3, rounds // 4))
    told["ms_a_hundred"] = round(told["p50_ms"] / told["answer"] * 100, 1)
    return found | {"told": told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=3_500)
    parser.add_argument("--waiting", type=int, default=1_000)
    parser.add_argument("--centres", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--size", type=int, default=0, help="not used by this benchmark")
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    given = parser.parse_args()
    with database():
        from caasis.config.bootstrap import start_django

        start_django()
        loop = calibrate()
        say(f"{given.agents:,} agents, {given.waiting:,} waiting, {given.centres} centres")
        found = figures(build(given.agents, given.waiting, given.centres), given.rounds)
    slow = max(found["0 free"]["p95_ms"], found["1 free"]["p95_ms"])
    hundred = found["told"]["ms_a_hundred"]
    result = {
        "name": "switchboard", "agents": given.agents, "waiting": given.waiting, "centres": given.centres,
        "loop_ms": round(loop, 1), **found,
        "goals": {
            "a turn": f"{'reached' if slow <= GOAL_TURN_MS else 'missed'}: {slow} ms (≤ {GOAL_TURN_MS:.0f})",
            "a hundred told": f"{'reached' if hundred <= GOAL_HUNDRED_MS else 'missed'}: {hundred} ms (≤ {GOAL_HUNDRED_MS:.0f})",
        },
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
