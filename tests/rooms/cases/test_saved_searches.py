"""Saved searches and their new hits: whose they are, what is told, and with whose rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caasis.accounts.models import Membership, User
from caasis.cases import services as cases
from caasis.cases.models import SavedSearch, SearchHit
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.services import saved_searches as services
from caasis.cases.subscriptions import match_at_once, match_daily
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.searching import opened, registered

pytestmark = pytest.mark.django_db
ROOF = CaseSearch(text="屋根")


def save(actor: Actor, search: CaseSearch = ROOF, *, name: str = "屋根の点検", notice: str = "daily") -> SavedSearch:
    return services.save_search(actor=actor, name=name, search=search, notice=notice)


def new_of(actor: Actor) -> dict[str, int]:
    with actor_transaction(actor):
        return {one.name: one.new for one in services.own_searches(actor=actor)}  # type: ignore[attr-defined]


def told(case: Any) -> int:
    with system_transaction():
        return match_at_once(case.id)


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_a_saved_search_is_ones_own(town):
    kept = save(town.counsellor)
    assert new_of(town.counsellor) == {"屋根の点検": 0}
    for role in ("counsellor2", "outsider", "official", "ncac", "analyst", "admin"):
        actor = getattr(town, role)
        assert new_of(actor) == {}
        with pytest.raises(NotFound), actor_transaction(actor):
            services.delete_search(actor=actor, search_id=kept.id)
        with pytest.raises(NotFound), actor_transaction(actor):
            services.change_search(actor=actor, search_id=kept.id, name="のっとり", notice="none")
        with pytest.raises(NotFound), actor_transaction(actor):
            services.undo_delete_search(actor=actor, search_id=kept.id)
        with pytest.raises(NotFound), actor_transaction(actor):
            services.mark_seen(actor=actor, search_id=kept.id)


@pytest.mark.parametrize("role", ["counsellor2", "outsider", "ncac"])
def test_the_database_itself_keeps_others_out(town, role):
    kept = save(town.counsellor)
    case = registered(town.counsellor, town.official)
    with system_transaction():
        SearchHit.objects.create(search=kept, case=case, found_at=timezone.now())
    with actor_transaction(getattr(town, role)), connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM cases_saved_search), (SELECT count(*) FROM cases_search_hit)")
        assert cursor.fetchone() == (0, 0)
    with actor_transaction(town.counsellor):
        assert SavedSearch.objects.count() == SearchHit.objects.count() == 1


def test_who_may_not_search_keeps_none(town):
    with pytest.raises(NotAllowed):
        save(town.admin)


@pytest.mark.parametrize(
    ("name", "search", "field"),
    [
        ("", ROOF, "name"),
        ("　", ROOF, "name"),
        ("長" * 61, ROOF, "name"),
        ("090-1234-5678の人", ROOF, "name"),
        ("なにも", CaseSearch(), "name"),
        ("番号", CaseSearch(text="090-1234-5678"), "name"),
        ("アドレス", CaseSearch(text="himitsu@mail.example"), "name"),
    ],
)
def test_what_cannot_be_kept_is_told_and_nothing_personal_is(town, name, search, field):
    with pytest.raises(Invalid) as error:
        save(town.counsellor, search, name=name)
    assert len(error.value.fields[field][0]) <= 40
    assert new_of(town.counsellor) == {}


def test_names_are_not_given_twice_and_a_list_ends(town, monkeypatch):
    save(town.counsellor)
    with pytest.raises(Invalid):
        save(town.counsellor)
    save(town.counsellor2)
    monkeypatch.setattr(services, "MOST", 1)
    with pytest.raises(Invalid):
        save(town.counsellor, name="別の名前")


def test_deleting_is_taken_back(town):
    kept = save(town.counsellor)
    services.delete_search(actor=town.counsellor, search_id=kept.id)
    assert new_of(town.counsellor) == {}
    services.undo_delete_search(actor=town.counsellor, search_id=kept.id)
    assert new_of(town.counsellor) == {"屋根の点検": 0}


# --- new hits ---------------------------------------------------------------------------------------------------------


def test_at_once_a_case_is_told_when_it_may_be_found_and_only_once(town):
    for role in ("counsellor", "outsider", "ncac"):
        save(getattr(town, role), notice="at_once")
    at_work = opened(town.counsellor, title="屋根の工事")
    assert told(at_work) == 1
    assert [new_of(getattr(town, role))["屋根の点検"] for role in ("counsellor", "outsider", "ncac")] == [1, 0, 0]
    done = registered(town.counsellor, town.official, title="屋根の点検")
    assert told(done) == 3 and told(done) == 0
    assert [new_of(getattr(town, role))["屋根の点検"] for role in ("counsellor", "outsider", "ncac")] == [2, 1, 1]


def test_words_filters_exclusions_and_synonyms_count_as_in_a_search(town):
    wanted = {
        "語": CaseSearch(text="クーオフ"),
        "そのまま": CaseSearch(text="クーオフ", widen=False),
        "年代": CaseSearch(filters=(("age_band", ("70s",)),)),
        "ちがう年代": CaseSearch(filters=(("age_band", ("20s",)),)),
        "のぞく": CaseSearch(text="工事 −クーリング"),
    }
    for name, search in wanted.items():
        save(town.counsellor, search, name=name, notice="at_once")
    told(opened(town.counsellor, title="工事のクーリング・オフ"))
    assert new_of(town.counsellor) == {"語": 1, "そのまま": 0, "年代": 1, "ちがう年代": 0, "のぞく": 0}


def test_daily_everything_since_the_last_run_is_told(town):
    save(town.outsider)
    save(town.counsellor2, notice="none", name="知らせない")
    done = [registered(town.counsellor, town.official, title=f"屋根の点検{n}") for n in range(3)]
    opened(town.counsellor, title="屋根の工事")
    with system_transaction():
        SavedSearch.objects.update(matched_at=timezone.now() - timedelta(hours=1))
    assert match_daily() == 3 and match_daily() == 0
    assert new_of(town.outsider) == {"屋根の点検": 3} and new_of(town.counsellor2) == {"知らせない": 0}
    with actor_transaction(town.outsider):
        hits = services.new_hits(actor=town.outsider, search=services.own_searches(actor=town.outsider)[0])
        assert {hit.case_id for hit in hits} == {case.id for case in done}


def test_rights_are_those_of_the_run_and_of_the_look(town):
    save(town.counsellor, notice="at_once")
    assert told(opened(town.counsellor, title="屋根その一")) == 1
    with system_transaction():
        Membership.objects.filter(user_id=town.counsellor.id).update(centre=town.centre_b)
    assert told(opened(town.counsellor2, title="屋根その二")) == 0, "the owner works elsewhere now"
    moved = Actor(id=town.counsellor.id, centre_id=town.centre_b.id, roles=town.counsellor.roles)
    assert new_of(moved) == {"屋根の点検": 0}, "what was found before is hidden now"
    with system_transaction():
        User.objects.filter(id=town.counsellor.id).update(is_active=False)
    assert told(registered(town.counsellor2, town.official, title="屋根その三")) == 0


def test_reopening_hides_a_hit_from_other_centres_again(town):
    save(town.outsider, notice="at_once")
    done = registered(town.counsellor, town.official)
    told(done)
    assert new_of(town.outsider) == {"屋根の点検": 1}
    cases.reopen_case(actor=town.counsellor, case_id=done.id, reason="相談者からまた電話があった")
    assert new_of(town.outsider) == {"屋根の点検": 0}


def test_seen_is_seen_until_it_is_taken_back(town):
    kept = save(town.counsellor, notice="at_once")
    told(opened(town.counsellor, title="屋根の工事"))
    assert services.mark_seen(actor=town.counsellor, search_id=kept.id)
    assert new_of(town.counsellor) == {"屋根の点検": 0}
    assert services.mark_seen(actor=town.counsellor, search_id=kept.id) is None
    assert services.unmark_seen(actor=town.counsellor, search_id=kept.id) == 1
    assert new_of(town.counsellor) == {"屋根の点検": 1}


def test_who_asks_again_to_be_told_starts_anew(town):
    kept = save(town.outsider)
    services.change_search(actor=town.outsider, search_id=kept.id, name="屋根の点検", notice="none")
    registered(town.counsellor, town.official)
    changed = services.change_search(actor=town.outsider, search_id=kept.id, name="新しい名前", notice="daily")
    assert changed.matched_at is not None
    assert match_daily() == 0 and new_of(town.outsider) == {"新しい名前": 0}
