"""Approval of many: one batch of 500 through the screen, each with a commit of its own.

    bin/bench approvals [--size 500]

Goal: 500 in five seconds or less, with permission, access log, timeline and event of each.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from bench.installation import Installation, installation, say
from bench.spine import CARD

COMPLETE = {
    **CARD,
    "handling": "クーリング・オフの通知の出し方を助言した。",
    "result": "advice",
    "contracted_on": "2026-03-01",
    "contract_document_on": "2026-03-01",
    "paid": 0,
}
#: Names would be checked against the texts of every case: the batch approves what is clean.
del COMPLETE["consumer_name"], COMPLETE["consumer_phone"]


def actor(username: str) -> Any:
    from caasis.accounts.models import User
    from caasis.accounts.selectors import actor_of

    return actor_of(User.objects.get(username=username))


def ask_for(count: int) -> list[str]:
    """Requests for approval that wait in the home centre, made by the services: `id:version` as the list sends them."""
    from caasis.cases import services

    counsellor = actor("counsellor")
    found = []
    for number in range(count):
        case = services.open_case(actor=counsellor, card={**COMPLETE, "title": f"まとめて決裁する相談 {number}"})
        services.change_state(actor=counsellor, case_id=case.id, verb="finish_handling")
        approval = services.request_approval(actor=counsellor, case_id=case.id)
        assert approval is not None and not [c for c in approval.checks if c["verdict"] == "flagged"]
        found.append(f"{approval.id}:{approval.case_version}")
    return found


def over_http(running: Installation, chosen: list[str]) -> dict[str, Any]:
    """The official's screen: the list, the count, and the batch itself."""
    client = running.client("official")
    began = time.monotonic()
    listed = client.get("/desk/approvals/list")
    list_seconds = time.monotonic() - began
    assert listed.status_code == 200, listed.status_code
    began = time.monotonic()
    done = client.post("/desk/approvals/batch", data={"approval": chosen, "confirmed": "1"})
    seconds = time.monotonic() - began
    assert done.status_code == 200 and f"{len(chosen)}件中{len(chosen)}件を承認しました" in done.text, done.text[:500]
    return {"seconds": round(seconds, 2), "ms_each": round(seconds / len(chosen) * 1000, 2), "list_seconds": round(list_seconds, 2)}


def in_process(chosen: list[str]) -> dict[str, Any]:
    """The service alone, with a transaction of its own for each."""
    from uuid import UUID

    from caasis.cases import services

    requests = [(UUID(one.partition(":")[0]), int(one.partition(":")[2])) for one in chosen]
    official = actor("official")
    began = time.monotonic()
    outcomes = services.decide_many(actor=official, requests=requests)
    seconds = time.monotonic() - began
    assert all(one.done for one in outcomes)
    return {"seconds": round(seconds, 2), "ms_each": round(seconds / len(chosen) * 1000, 2)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--data", default=None, help="not used by this benchmark")
    options = parser.parse_args()
    size = min(options.size, 500)
    result: dict[str, Any] = {"name": "approvals", "size": size, "goal_seconds": 5.0}
    with installation() as running:
        say("starting")
        running.start()
        running.command("twin", "seed", "--people-only", "--cases", "200")
        running.command("twin", "seed", "--demo", "--cases", "200")
        running.django()
        say(f"asking for {size} approvals, twice")
        first, second = ask_for(size), ask_for(size)
        say("the batch over HTTP")
        result["http"] = over_http(running, first)
        say("the service alone")
        result["service"] = in_process(second)
    result["met"] = result["http"]["seconds"] <= result["goal_seconds"]
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
