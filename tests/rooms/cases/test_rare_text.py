"""Rare characters and very long texts: the card, the draft, the index, the excerpt and the export give them back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from caasis.cases import search as case_search
from caasis.cases import services
from caasis.cases.models import Case
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.selectors import draft_of, get_case, read_card, read_draft
from caasis.cases.services import importing
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid
from caasis.platform.search import access
from caasis.platform.search.adapters.tantivy import TantivyIndex
from caasis.platform.transactions import actor_transaction, system_transaction

pytestmark = pytest.mark.django_db

#: Emoji with joiners, JIS level 3 and 4 (also beyond the basic plane), variation selectors, old and variant characters.
RARE = "𠮷野家の㐂寿、葛󠄀城と辻󠄁、鷗外を剝がす👨‍👩‍👧、①㈱﨑髙澤廣、俱楽部𩸽"
#: What somebody types who can't or won't type the rare form → what stands in the text.
TYPED = {"高": "髙", "崎": "﨑", "葛城": "葛󠄀城", "辻": "辻󠄁", "𠮷野家": "𠮷野家", "㐂寿": "㐂寿", "沢": "澤", "𩸽": "𩸽"}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[TantivyIndex]:
    before = list(access._reading), list(access._writing)
    made = TantivyIndex(tmp_path / "index")
    access.use_index(made)
    yield made
    made.close()
    access._reading[:], access._writing[:] = before


def entered(town: Any, index: TantivyIndex, **card: Any) -> Any:
    case = services.open_case(actor=town.counsellor, card={"title": "見本の相談", **card})
    index.upsert(case_search.build_documents([str(case.id)]))
    index.refresh()
    return case


def found(town: Any, text: str) -> list[Any]:
    with actor_transaction(town.counsellor):
        return case_search.find_cases(actor=town.counsellor, search=CaseSearch(text=text)).rows


def test_card_and_draft_give_rare_characters_back(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={"title": RARE, "summary": RARE, "business_name": RARE})
    services.save_draft(
        actor=town.counsellor, case_id=case.id, base_version=case.version, body=json.dumps({"summary": RARE}), sequence=1
    )
    with actor_transaction(town.counsellor):
        fresh = get_case(actor=town.counsellor, case_id=case.id)
        card = read_card(fresh)
        assert (card["title"], card["summary"], card["business_name"]) == (RARE,) * 3
        draft = draft_of(fresh, actor=town.counsellor)
        assert draft is not None and json.loads(read_draft(draft, actor=town.counsellor)) == {"summary": RARE}


@pytest.mark.parametrize(("typed", "stands"), TYPED.items())
def test_rare_characters_are_found_and_marked_as_they_stand(
    town: Any, index: TantivyIndex, typed: str, stands: str
) -> None:
    case = entered(town, index, summary=f"契約の相手は{RARE}という。")
    [row] = found(town, typed)
    assert row.case.id == case.id
    assert "".join(piece.text for piece in row.excerpt if piece.marked) == stands
    # Nothing of a character is cut off by the marks: the pieces are the text.
    assert "".join(piece.text for piece in row.excerpt).replace("…", "") in f"契約の相手は{RARE}という。\n"


def test_the_export_gives_rare_characters_back(town: Any, index: TantivyIndex) -> None:
    case = entered(town, index, summary=RARE)
    out = io.StringIO()
    with system_transaction():
        Case.objects.filter(id=case.id).update(state="registered")
        assert list(importing.export_cases(out, actor=SYSTEM)) == [1]
    assert RARE in out.getvalue() and RARE in out.getvalue().encode("utf-8-sig").decode("utf-8-sig")


def test_a_million_characters_are_refused_with_a_sentence_and_the_case_stays(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={"title": "見本の相談", "summary": "はじめの概要"})
    pasted = "契約した。" * 200_000
    with pytest.raises(Invalid) as refused:
        services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"summary": pasted})
    assert refused.value.fields["summary"] == ["相談概要は20,000字までです。短くしてください。"]
    with pytest.raises(Invalid) as too_long:
        services.save_draft(
            actor=town.counsellor, case_id=case.id, base_version=case.version, body=json.dumps({"summary": pasted}), sequence=1
        )
    assert len(too_long.value.message) <= 40
    with actor_transaction(town.counsellor):
        assert read_card(get_case(actor=town.counsellor, case_id=case.id))["summary"] == "はじめの概要"


@pytest.mark.parametrize("character", ["a", "契"])
def test_the_desk_keeps_a_paste_of_a_million_characters_on_the_screen(town: Any, client_for: Any, character: str) -> None:
    case = services.open_case(actor=town.counsellor, card={"title": "見本の相談"})
    pasted = character * 1_000_000
    # As a browser sends it: nine bytes for a kanji.
    body = urlencode({"version": case.version, "fields": "summary", "summary": pasted})
    answer = client_for("counsellor").post(
        f"/desk/cases/{case.id}/save", body, content_type="application/x-www-form-urlencoded"
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "20,000字までです" in page and pasted in page
