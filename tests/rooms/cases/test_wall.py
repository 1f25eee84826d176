"""Row-level security of the cases, tried with raw SQL by the application's own role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case
from caasis.kernel.actor import PUBLIC
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.scene import approve, ask

pytestmark = pytest.mark.django_db

OF_CENTRE = ("cases_draft", "cases_note", "cases_task", "cases_approval")


@pytest.fixture
def open_case(town: Any) -> Case:
    """A case of centre A with a draft, a note and a task."""
    case = services.open_case(actor=town.counsellor, card={"title": "屋根の点検"})
    services.save_draft(actor=town.counsellor, case_id=case.id, base_version=1, body="{}", sequence=1)
    services.add_note(actor=town.counsellor, case_id=case.id, text="覚え書き")
    due = timezone.now() + timedelta(days=1)
    services.add_task(actor=town.counsellor, case_id=case.id, what="電話する", due_at=due, kind="call")
    return case


@pytest.fixture
def registered(town: Any) -> Case:
    """A registered case of centre A, with the approval that led there."""
    case, approval = ask(town, title="登録ずみの相談")
    approve(town, approval)
    return case


def ids(table: str) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table}")
        return {row[0] for row in cursor.fetchall()}


def test_a_case_shows_to_its_centre_and_once_registered_to_the_nation(town: Any, open_case: Case, registered: Case) -> None:
    own, nation = {open_case.id, registered.id}, {registered.id}
    for role in ("counsellor", "counsellor2", "supervisor", "official"):
        with actor_transaction(town.actors[role]):
            assert ids("cases_case") == own, role
    for role in ("outsider", "outside_official", "ncac", "analyst"):
        with actor_transaction(town.actors[role]):
            assert ids("cases_case") == nation, role
    with actor_transaction(PUBLIC):
        assert ids("cases_case") == set()
    with system_transaction():
        assert ids("cases_case") == own
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('caasis.scope', '', true), set_config('caasis.centre', '', true)")
    assert ids("cases_case") == set(), "outside of any scope"


def test_a_case_that_one_centre_owns_and_another_handles_shows_to_both(town: Any, open_case: Case) -> None:
    with system_transaction():
        Case.objects.filter(id=open_case.id).update(handling_centre_id=town.centre_b.id)
    for role in ("counsellor", "outsider"):
        with actor_transaction(town.actors[role]):
            assert ids("cases_case") == {open_case.id}, role


@pytest.mark.parametrize("table", OF_CENTRE)
def test_what_belongs_to_a_case_shows_to_its_centre_alone(table: str, town: Any, open_case: Case, registered: Case) -> None:
    with actor_transaction(town.counsellor):
        # Beside the planned call: the follow-up that was booked when the other case was handled.
        assert len(ids(table)) == (2 if table == "cases_task" else 1)
    for role in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        with actor_transaction(town.actors[role]):
            assert ids(table) == set(), role
    with actor_transaction(PUBLIC):
        assert ids(table) == set()


@pytest.mark.parametrize("role", ["outsider", "ncac"])
def test_nobody_outside_changes_a_registered_case(role: str, town: Any, registered: Case) -> None:
    """Reading is the nation's; writing is the centre's."""
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(), actor_transaction(town.actors[role]):
        Case.objects.filter(id=registered.id).update(title="x")


def test_nobody_moves_a_case_into_another_centre_alone(town: Any, open_case: Case) -> None:
    other = town.centre_b.id
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(), actor_transaction(town.counsellor):
        Case.objects.filter(id=open_case.id).update(handling_centre_id=other, owning_centre_id=other)


def test_the_scope_is_asked_for_once_in_a_statement(town: Any) -> None:
    """A call for each row was a tenth of the time of a long list, and left the planner without a guess."""
    with actor_transaction(town.counsellor), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT id FROM cases_case WHERE handling_centre_id = %s", [town.centre_a.id])
        plan = cursor.fetchone()[0][0]["Plan"]
    asked = [part for part in plan["Plans"] if part.get("Parent Relationship") == "InitPlan"]
    assert len(asked) == 3 and "current_setting" not in plan["Filter"], "asked for each row"
