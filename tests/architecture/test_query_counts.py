"""How many queries each page takes: as many for thirty rows as for three, and no more than the committed baseline.

`CAASIS_WRITE_QUERY_COUNTS=1 pytest tests/architecture/test_query_counts.py` writes `query_counts.json`; a number that
grew is read and reasoned before it is committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.analytics.facts import store_facts
from caasis.appointments.models import FollowUpList
from caasis.cases import services as cases
from caasis.channels import services as channels
from caasis.channels.services import Upload
from caasis.platform.transactions import system_transaction
from caasis.telephony import services as telephony
from tests.rooms.channels.conftest import png
from tests.rooms.telephony.flow_document import flow_of
from tests.support import follow_ups
from tests.support.scene import (
    Scene,
    approve,
    ask,
    client_of,
    consult,
    finished_export,
    saved_search,
    scene,  # noqa: F401
    send,
    taken_back,
    targets,
)
from tests.support.telephone import make_call

BASELINE = Path(__file__).with_name("query_counts.json")
ROLES = ("public", "counsellor", "official", "analyst")
FEW, MANY = 3, 30
#: Pages that do take more, each with how many for each row more, and why. The lead knows; none may be added unread.
GROWS = {
    "desk:case": (3.0, "each note is opened and logged by itself, and each note and message fetches its record's key"),
    "desk:case-timeline": (3.0, "the same"),
    "desk:case-past": (14.0, "each person with the number is compared by sealed name and address, and fetches their key"),
    "desk:home": (1 / (MANY - FEW), "the queue is counted once it is longer than what is shown"),
    "desk:queue": (1 / (MANY - FEW), "the same"),
}
#: Logging in and second factors show no lists.
WITHOUT_LISTS = ("account_", "mfa_", "platform:")


def grow(scene: Scene, rows: int) -> None:  # noqa: F811
    """Another `rows` of everything that a list shows."""
    town = scene.town
    registered = []
    for number in range(rows):
        consult(town.centre_a, files=(Upload(f"{number}.png", png()),))
        case = cases.open_case(actor=town.counsellor, card={"title": f"相談{number}", "consumer_name": f"見本 {number}"})
        cases.save_draft(actor=town.counsellor, case_id=case.id, base_version=1, body='{"title":"書きかけ"}', sequence=1)
        due = timezone.now() + timedelta(hours=number + 1)
        cases.add_task(actor=town.counsellor, case_id=case.id, what="電話する", due_at=due, kind="call")
        # One case that has many of everything.
        cases.add_task(actor=town.counsellor, case_id=scene.open_case.id, what="電話する", due_at=due, kind="call")
        cases.add_note(actor=town.counsellor, case_id=scene.open_case.id, text=f"覚え書き{number}")
        channels.write_answer(actor=town.counsellor, contact_id=scene.taken_contact, text=f"お返事{number}")
        make_call(town)
        make_call(town, missed=True, phone=f"+8190987{number:05}")
        with system_transaction():
            saved_search(town, case, name=f"検索{rows}の{number}")
            finished_export(town)
        flow = telephony.add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name=f"受付{rows}の{number}")
        draft = telephony.save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"))
        telephony.publish_version(actor=town.supervisor, version_id=draft.id)
        telephony.save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main", name="下書き"))
        telephony.save_number(
            actor=town.supervisor, centre_id=town.centre_a.id, number=f"022{rows:03}{number:04}", label="代表", flow_id=flow.id
        )
        follow_ups.made_list(town)
        called = follow_ups.candidate(town, f"070{rows:04}{number:04}")
        with system_transaction():
            running = FollowUpList.objects.get(id=scene.more["follow-up list"])
        follow_ups.add(town, running, called)
        ask(town, title=f"決裁を待つ相談{number}")
        done, approval = ask(town, title=f"登録する相談{number}")
        approve(town, approval)
        registered.append(done.id)
    with system_transaction():
        store_facts(registered)


def count(scene: Scene) -> dict[str, int]:  # noqa: F811
    """Queries of every page that a role can open."""
    found: dict[str, int] = {}
    for role in ROLES:
        client = client_of(scene.town, role)
        for target in targets(scene):
            if "GET" not in target.methods or target.name.startswith(WITHOUT_LISTS):
                continue
            with taken_back(client):
                send(client, target, "GET")
            with taken_back(client), CaptureQueriesContext(connection) as queries:
                status = send(client, target, "GET").status_code
            if status == 200:
                found[f"{role} {target.name} {target.object}".strip()] = len(queries)
    return found


@pytest.fixture(scope="module")
def counts(scene: Scene) -> Iterator[tuple[dict[str, int], dict[str, int]]]:  # noqa: F811
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        grow(scene, FEW)
        few = count(scene)
        grow(scene, MANY - FEW)
        many = count(scene)
    if os.environ.get("CAASIS_WRITE_QUERY_COUNTS") == "1":
        BASELINE.write_text(json.dumps(many, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    yield few, many


def test_more_rows_take_no_more_queries(counts: Any) -> None:
    few, many = counts
    assert len(many) > 30
    assert few.keys() == many.keys()
    wrong = []
    for page in few:
        allowed = round(GROWS.get(page.split()[1], (0.0, ""))[0] * (MANY - FEW))
        if not few[page] <= many[page] <= few[page] + allowed:
            wrong.append(f"{page}: {few[page]} queries for {FEW} rows, {many[page]} for {MANY}")
    assert not wrong, "\n".join(wrong)


def test_exemptions_are_still_needed(counts: Any) -> None:
    few, many = counts
    growing = {page.split()[1] for page in few if many[page] > few[page]}
    assert growing == GROWS.keys()


def test_no_page_takes_more_queries_than_its_baseline(counts: Any) -> None:
    _, many = counts
    baseline: dict[str, int] = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert many.keys() == baseline.keys(), sorted(many.keys() ^ baseline.keys())
    wrong = [f"{page}: {many[page]} queries, the baseline says {baseline[page]}" for page in many if many[page] > baseline[page]]
    assert not wrong, "\n".join(wrong)


def test_a_query_for_each_row_would_be_seen(scene: Scene) -> None:  # noqa: F811
    """The measure itself: one query more is one more counted."""
    from caasis.cases.models import Case

    with system_transaction():
        with CaptureQueriesContext(connection) as once:
            list(Case.objects.all()[:2])
        with CaptureQueriesContext(connection) as by_row:
            for case in list(Case.objects.all()[:2]):
                list(case.parties.all())
    assert len(by_row) == len(once) + 2
