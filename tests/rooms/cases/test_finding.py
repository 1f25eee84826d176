"""Finding cases: who finds what, how words, filters and facets mean, and what a snippet shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases.contact_search import cases_of_contact, contact_kind
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.search import count_cases, find_cases
from caasis.cases.services.synonyms import widening_for
from caasis.kernel.actor import PUBLIC, Actor
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import actor_transaction
from tests.support.searching import index, many_registered, opened, put, registered  # noqa: F401

pytestmark = pytest.mark.django_db

NAME = "秘匿川 栞奈"


def ask(actor: Actor, text: str = "", **how: Any) -> Any:
    """What the actor's search finds, with synonyms as on the page."""
    search = CaseSearch(text=text, **how)
    with actor_transaction(actor):
        synonyms = widening_for(actor=actor, text=text).mapping if search.widen else {}
        return find_cases(actor=actor, search=search, synonyms=synonyms)


def found(actor: Actor, text: str = "", **how: Any) -> set[Any]:
    return {row.case.id for row in ask(actor, text, **how).rows}


@pytest.fixture
def both(town: Any, put: Any) -> tuple[Any, Any]:  # noqa: F811
    """An open and a registered case of centre A."""
    at_work = opened(town.counsellor, title="給湯器の点検で解約したい", product="P1301", amount=30_000, consumer_age=34)
    done = registered(town.counsellor, town.official, title="屋根の点検商法")
    put(at_work, done)
    return at_work, done


# --- permission -------------------------------------------------------------------------------------------------------


def test_ones_own_centre_finds_everything_and_everybody_else_what_is_registered(town, both):
    at_work, done = both
    for role in ("counsellor", "counsellor2", "supervisor", "official"):
        assert found(getattr(town, role), "点検") == {at_work.id, done.id}, role
    for role in ("outsider", "outside_official", "ncac", "analyst"):
        assert found(getattr(town, role), "点検") == {done.id}, role


@pytest.mark.parametrize("role", ["outsider", "ncac", "analyst"])
def test_numbers_tell_nothing_about_hidden_cases(town, both, role):
    page = ask(getattr(town, role), "点検")
    assert page.count.value == 1
    sums = {name: sum(values.values()) for name, values in page.facets.items() if name != "product"}
    assert max(sums.values()) == 1 and sums["state"] == 1, sums
    assert "to_50k" not in page.facets["amount_band"] and "30s" not in page.facets["age_band"]
    # Nor does asking for what only the hidden case has, alone or beside a choice of its own.
    assert not found(getattr(town, role), "給湯器")
    chosen = ask(getattr(town, role), "点検", filters=(("age_band", ("30s",)),))
    assert not chosen.rows and chosen.count.value == 0 and "30s" not in chosen.facets["age_band"]


def test_the_administrator_and_the_public_find_nothing(town, both):
    assert not found(town.admin, "点検") and not found(PUBLIC, "点検")
    assert not ask(town.admin, "点検").facets["state"]


def test_keeping_to_ones_own_centre_is_no_way_into_another(town, both):
    at_work, done = both
    assert found(town.counsellor, "点検", own=True) == {at_work.id, done.id}
    assert not found(town.outsider, "点検", own=True) and not found(town.ncac, "点検", own=True)


def test_other_centres_read_masked_words(town, put):  # noqa: F811
    done = registered(
        town.counsellor, town.official, title="屋根の件", consumer_name=NAME,
        summary="瓦がずれていると言われた。栞奈さんの番号は090-9876-1234で、屋根を直した。",
    )  # fmt: skip
    put(done)

    def excerpt(actor: Actor) -> str:
        return "".join(piece.text for row in ask(actor, "屋根").rows for piece in row.excerpt)

    assert "090-9876-1234" in excerpt(town.counsellor)
    for role in ("outsider", "ncac", "analyst"):
        assert "090-9876-1234" not in excerpt(getattr(town, role)) and "栞奈" not in excerpt(getattr(town, role))
        assert "瓦" in excerpt(getattr(town, role))
    assert not found(town.outsider, "090-9876-1234")


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("屋根", {"roof"}),
        ("「瓦がずれて」", {"roof"}),
        ('"瓦がずれて"', {"roof"}),
        ("「瓦ずれて」", set()),
        ("点検", {"roof", "boiler"}),
        ("点検 −給湯器", {"roof"}),
        ("点検 -給湯器", {"roof"}),
        ("点検　ー屋根", {"boiler"}),
        ("点検 −「瓦がずれて」", {"boiler"}),
    ],
)
def test_phrases_and_exclusions(town, put, text, hits):  # noqa: F811
    roof = opened(town.counsellor, product="P0101", title="屋根の点検", summary="瓦がずれていると言われた。")
    boiler = opened(town.counsellor, product="P0101", title="給湯器の点検", summary="給湯器を替えるように言われた。")
    put(roof, boiler)
    assert found(town.counsellor, text) == {{"roof": roof, "boiler": boiler}[name].id for name in hits}


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("スマートフォンの契約", "ｽﾏｰﾄﾌｫﾝ"),
        ("Ｗｉ-Ｆｉルーター", "wi-fi"),
        ("髙橋商店の布団", "高橋商店"),
        ("山﨑電機", "山崎電機"),
        ("金澤リフォーム", "金沢リフォーム"),
        ("廣田不動産", "広田不動産"),
        ("蒲団のかわらや", "カワラヤ"),
        ("屋根瓦の工事", "やねがわら"),
        ("ふとんの訪問", "フトン"),
    ],
)
def test_width_kana_and_old_characters_make_no_difference(town, put, written, typed):  # noqa: F811
    case = opened(town.counsellor, title=written)
    put(case, opened(town.counsellor, title="別の相談"))
    assert found(town.counsellor, typed) == {case.id}


def test_synonyms_are_searched_too_unless_switched_off(town, put):  # noqa: F811
    case = opened(town.counsellor, title="クーリング・オフを断られた", summary="断られた。", handling="助言した。")
    put(case)
    assert found(town.counsellor, "クーオフ") == {case.id}
    assert not found(town.counsellor, "クーオフ", widen=False)
    assert not found(town.counsellor, "「クーオフ」"), "what stands in quotation marks is taken as it is"
    marked = [piece.text for piece in ask(town.counsellor, "クーオフ").rows[0].title if piece.marked]
    assert marked == ["クーリング・オフ"]


# --- filters, facets, pages -------------------------------------------------------------------------------------------


def test_filters_add_up_and_values_of_one_field_are_alternatives(town, both):
    at_work, done = both
    kinds = {"age_band": ("30s",), "amount_band": ("to_50k",), "channel": ("phone",), "state": ("received", "advising")}
    for name, values in kinds.items():
        assert at_work.id in found(town.counsellor, filters=((name, values),)), name
    assert found(town.counsellor, filters=(("age_band", ("30s", "70s")),)) == {at_work.id, done.id}
    assert found(town.counsellor, filters=(("age_band", ("30s",)), ("state", ("registered",)))) == set()
    assert found(town.counsellor, filters=(("product", ("P13",)),)) == {at_work.id, done.id}


def test_a_chosen_facet_still_shows_its_other_values(town, both):
    page = ask(town.counsellor, "点検", filters=(("age_band", ("30s",)),))
    assert dict(page.facets["age_band"]) == {"30s": 1, "70s": 1}
    assert dict(page.facets["amount_band"]) == {"to_50k": 1}, "other facets count what is left"


def test_days_bound_the_search(town, both):
    today = day_in_japan(timezone.now())
    assert len(found(town.counsellor, "点検", first=today, last=today)) == 2
    assert not found(town.counsellor, "点検", last=today - timedelta(days=1))
    assert not found(town.counsellor, "点検", first=today + timedelta(days=1))
    assert not found(town.counsellor, "点検", first=date(2020, 1, 1), last=date(2020, 12, 31))


def test_pages_follow_each_other_without_gap_or_repetition(town, put):  # noqa: F811
    cases = many_registered(town.counsellor, town.official, 47)
    put(*cases)
    for sort in ("newest", "oldest", "relevance"):
        seen, cursor, turns = [], None, 0
        with actor_transaction(town.outsider):
            while turns < 9:
                page = find_cases(actor=town.outsider, search=CaseSearch(text="屋根", sort=sort), cursor=cursor)
                seen += [row.case for row in page.rows]
                cursor, turns = page.cursor, turns + 1
                if cursor is None:
                    break
        assert len(seen) == len({case.id for case in seen}) == 47, sort
        if sort != "relevance":
            days = [case.received_on for case in seen]
            assert days == sorted(days, reverse=sort == "newest")


def test_more_than_a_thousand_is_not_counted_out(town, index):  # noqa: F811
    from dataclasses import replace

    from caasis.cases.search import build_documents
    from caasis.kernel.ids import uuid7

    one = build_documents([str(registered(town.counsellor, town.official).id)])[0]
    index.upsert(replace(one, id=str(uuid7())) for _ in range(1_002))
    index.refresh()
    with actor_transaction(town.outsider):
        capped = count_cases(actor=town.outsider, search=CaseSearch(text="屋根"))
        exact = count_cases(actor=town.outsider, search=CaseSearch(text="屋根"), exactly=True)
    assert (capped.value, capped.exact) == (1_000, False) and (exact.value, exact.exact) == (1_002, True)


# --- telephone numbers and mail addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["090-9876-1234", "０９０９８７６１２３４", "himitsu@mail.example", "ＨＩＭＩＴＳＵ@mail.example"])
def test_a_number_tells_how_often_and_when_inside_the_centre_alone(town, typed):
    opened(town.counsellor, consumer_name=NAME, consumer_phone="090-9876-1234", consumer_mail="himitsu@mail.example")
    with actor_transaction(town.counsellor2):
        match = cases_of_contact(actor=town.counsellor2, text=typed)
    assert match is not None and match.count == 1 and match.last == day_in_japan(timezone.now())
    assert NAME not in repr(match) and "屋根" not in repr(match)
    with actor_transaction(town.outsider):
        hidden = cases_of_contact(actor=town.outsider, text=typed)
    assert hidden is not None and hidden.count == 0 and hidden.cases == ()
    for role in ("ncac", "analyst", "admin"):
        assert cases_of_contact(actor=getattr(town, role), text=typed) is None


def test_looking_a_number_up_is_logged_without_the_number(town):
    from caasis.audit.models import AccessRecord
    from caasis.platform.transactions import system_transaction

    with actor_transaction(town.counsellor):
        cases_of_contact(actor=town.counsellor, text="090-9876-1234")
    with system_transaction():
        row = AccessRecord.objects.get(action="look_up_contact")
    assert (row.actor_id, row.fields, row.reason) == (town.counsellor.id, "phone", "")


def test_words_and_short_numbers_are_no_contacts():
    assert [contact_kind(text) for text in ("屋根", "188", "2026-1234-56789", "a@b", "022-000-0001")] == ["", "", "", "", "phone"]
