"""Loading a new version of a code list never changes an old case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from caasis.cases import code_lists as room
from caasis.cases import services
from caasis.cases.models import Case, Contract
from caasis.cases.selectors import read_card
from caasis.kernel.errors import Invalid
from caasis.platform.codelists import load_code_lists_from
from caasis.platform.transactions import system_transaction
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db
OLD = "door_to_door"


@pytest.fixture
def new_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that loads a second version of 販売購入形態, in which one code is gone and another one has come."""

    def load() -> None:
        folder = tmp_path / "codes"
        shutil.copytree(str(files("caasis.cases") / "codes"), folder)
        lines = (folder / "sales_form.csv").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(f"{OLD},")]
        kept.append("visit_sale,来訪販売,Sale by visit,,,,試験（要確認）,false" + "," * (lines[0].count(",") - 7))
        (folder / "sales_form_2.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
        with (folder / "lists.csv").open("a", encoding="utf-8") as index:
            index.write("sales_form,2099-1,sales_form_2.csv,販売購入形態,Sales form,試験（要確認）\n")
        monkeypatch.setattr(room, "load_code_lists", lambda *_: load_code_lists_from(folder))
        room.code_lists.cache_clear()
        room.codes_version.cache_clear()

    yield load
    monkeypatch.undo()
    room.code_lists.cache_clear()
    room.codes_version.cache_clear()


def test_an_old_case_keeps_its_code_its_version_and_its_words(town: Any, new_version: Any) -> None:
    case = services.open_case(actor=town.counsellor, card=COMPLETE)
    before = case.codes_version
    new_version()
    assert room.codes_version() == "2099-1" != before
    saved = services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"title": "書きかえた件名"})
    assert saved.fields == ("title",)
    with system_transaction():
        fresh = Case.objects.get(id=case.id)
        assert fresh.codes_version == before and Contract.objects.get(case=case).sales_form == OLD
        assert read_card(fresh)["sales_form"] == OLD
    assert room.label("sales_form", OLD) == "訪問販売"


def test_a_new_case_takes_the_new_codes_only(town: Any, new_version: Any) -> None:
    new_version()
    case = services.open_case(actor=town.counsellor, card={**COMPLETE, "sales_form": "visit_sale"})
    assert case.codes_version == "2099-1"
    with pytest.raises(Invalid) as refused:
        services.open_case(actor=town.counsellor, card=COMPLETE)
    assert set(refused.value.fields) == {"sales_form"}
