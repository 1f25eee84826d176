"""Fixtures of the privacy room: a person with everything, committed, in a home of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from caasis.people.models import Person
from caasis.people.services import build_person, save_person
from caasis.platform.crypto.keyring import create_keyring
from caasis.platform.transactions import system_transaction

#: Words that stand nowhere else, so that finding them means that they leaked.
KNOWN = {
    "name": "鵯越 曙光",
    "kana": "ひよどりごえ しょこう",
    "postcode": "980-0803",
    "address": "宮城県仙台市青葉区国分町3-7-1 曙ハイツ903",
    "contact_note": "夜は電話に出られません曙",
    "phone": "090-5821-7745",
    "mail": "hiyodori.shokou@example.jp",
}


@pytest.fixture
def own_home(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """A key ring for this test alone, which it may rotate and lose."""
    settings.CAASIS_HOME = tmp_path
    create_keyring(tmp_path)
    return tmp_path


@pytest.fixture
def make_person(own_home: Path, transactional_db: None) -> Callable[..., Person]:
    """Save a person known to a centre, and commit."""

    def make(centre_id: UUID, **values: str) -> Person:
        with system_transaction():
            return save_person(build_person(centre_id=centre_id, values=KNOWN | values))

    return make


@pytest.fixture
def raw() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection of the application's role without anything of ours around it."""
    own = connection.settings_dict
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"], autocommit=True) as found:
        yield found
