"""A search index in memory, and cases in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import services as cases
from caasis.cases.rules.card import clean_card
from caasis.cases.search import build_documents
from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
from caasis.cases.services.opening import fill_place, is_code
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.platform.search.access import search_index, use_folder, use_index
from caasis.platform.search.adapters.memory import MemoryIndex
from tests.support.cards import COMPLETE, refresh


@pytest.fixture
def index(home: Path) -> Iterator[MemoryIndex]:
    """This test's index, empty."""
    made = MemoryIndex()
    use_index(made)
    yield made
    use_folder(home / "index")


@pytest.fixture
def own_folder(home: Path, tmp_path: Path) -> Iterator[Path]:
    """This test's index on disk: one process writes a folder, and the run's own is everybody's."""
    folder = tmp_path / "index"
    use_folder(folder)
    yield folder
    search_index().close()  # type: ignore[attr-defined]
    use_folder(home / "index")


@pytest.fixture
def put(index: MemoryIndex) -> Callable[..., None]:
    """`put(case, …)`: as the indexer does after a save."""

    def write(*found: Any) -> None:
        index.upsert(build_documents([str(case.id) for case in found]))
        index.refresh()

    return write


def opened(actor: Actor, **card: Any) -> Any:
    """A case that is being worked on."""
    return cases.open_case(actor=actor, card={**COMPLETE, **card})


def registered(actor: Actor, official: Actor, **card: Any) -> Any:
    """A case that went through 決裁."""
    case = opened(actor, **card)
    cases.change_state(actor=actor, case_id=case.id, verb="finish_handling")
    approval = cases.request_approval(actor=actor, case_id=case.id)
    assert approval is not None
    flagged = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    cases.decide(actor=official, approval_id=approval.id, approve=True, confirmed_checks=flagged)
    refresh(case)
    return case


def many_registered(actor: Actor, official: Actor, count: int, **card: Any) -> list[Any]:
    """Many registered cases at once, as an import writes them: one a day, the newest today."""
    cleaned, wrong = clean_card({**COMPLETE, **card}, today=day_in_japan(timezone.now()), is_code=is_code)
    assert not wrong and actor.centre_id is not None
    now = timezone.now()
    rows = (
        BulkCase(
            actor=actor, official=official, centre_id=actor.centre_id, card={**fill_place(cleaned), "title": f"{cleaned['title']}（{number}）"},
            received_at=now - timedelta(days=number), registered_at=now - timedelta(days=number),
        )
        for number in range(count)
    )  # fmt: skip
    return [case for batch in register_cases_in_bulk(rows) for case in batch]
