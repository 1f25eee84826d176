"""The lists of synonyms: who edits which, versions, and what a search takes from them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error, connection

from caasis.cases.models import SynonymList
from caasis.cases.services import synonyms as services
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.platform.transactions import actor_transaction

pytestmark = pytest.mark.django_db


def save(actor: Actor, text: str, *, national: bool = False, version: int = 0) -> SynonymList:
    return services.save_synonyms(actor=actor, national=national, text=text, version=version)


def others(actor: Actor, text: str) -> dict[str, tuple[str, ...]]:
    with actor_transaction(actor):
        return dict(services.widening_for(actor=actor, text=text).notes)


def test_each_list_has_its_editors(town):
    for role in ("counsellor", "supervisor", "official", "outsider", "analyst", "admin"):
        with pytest.raises(NotAllowed):
            save(getattr(town, role), "ぴよ、ひよこ", national=True)
    for role in ("counsellor", "outsider", "ncac", "analyst", "admin"):
        with pytest.raises(NotAllowed):
            save(getattr(town, role), "ぴよ、ひよこ")
    assert save(town.supervisor, "ぴよ、ひよこ").version == 1
    assert save(town.official, "ぴよ、ひよこ、雛", version=1).version == 2
    assert save(town.ncac, "にゃん、ねこ", national=True).version == 1


def test_a_centres_words_are_its_own_and_the_nations_everybodys(town):
    save(town.supervisor, "ぴよ、ひよこ")
    save(town.ncac, "にゃん、ねこ", national=True)
    for role in ("counsellor", "outsider", "ncac", "analyst"):
        assert others(getattr(town, role), "にゃん") == {"にゃん": ("ねこ",)}, role
    assert others(town.counsellor, "ぴよ") == {"ぴよ": ("ひよこ",)}
    for role in ("outsider", "ncac", "analyst"):
        assert others(getattr(town, role), "ぴよ") == {}, role
    with actor_transaction(town.outsider):
        assert SynonymList.objects.filter(centre_id=town.centre_a.id).count() == 0
    with pytest.raises(Error), actor_transaction(town.outsider), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_synonym_list (id, created_at, updated_at, centre_id, version, groups)"
            " VALUES (gen_random_uuid(), now(), now(), NULL, 9, '[]')"
        )


def test_the_shipped_list_holds_until_it_is_edited(town):
    assert others(town.outsider, "クーオフ") == {"クーオフ": ("クーリング・オフ", "クーリングオフ")}
    save(town.ncac, "にゃん、ねこ", national=True)
    assert others(town.outsider, "クーオフ") == {}


def test_nobody_overwrites_what_another_saved_in_between(town):
    save(town.supervisor, "ぴよ、ひよこ")
    with pytest.raises(WrongState):
        save(town.official, "わん、いぬ")
    assert others(town.counsellor, "ぴよ") and not others(town.counsellor, "わん")


def test_a_wrong_line_saves_nothing_and_says_which(town):
    with pytest.raises(Invalid) as error:
        save(town.supervisor, "ぴよ、ひよこ\nひとり")
    assert error.value.fields["text"] == ["2行目：2つ以上のことばを「、」で区切ってください。"]
    assert not others(town.counsellor, "ぴよ")


def test_an_earlier_version_is_taken_up_again(town):
    save(town.supervisor, "ぴよ、ひよこ")
    save(town.supervisor, "わん、いぬ", version=1)
    services.restore_synonyms(actor=town.supervisor, national=False, version=2)
    assert others(town.counsellor, "ぴよ") and not others(town.counsellor, "わん")
    with pytest.raises(WrongState):
        services.restore_synonyms(actor=town.supervisor, national=False, version=2)
    for role in ("counsellor", "outsider", "ncac"):
        with pytest.raises(NotAllowed):
            services.restore_synonyms(actor=getattr(town, role), national=False, version=3)


def test_the_nations_first_edit_goes_back_to_the_shipped_list(town):
    save(town.ncac, "にゃん、ねこ", national=True)
    made: Any = services.restore_synonyms(actor=town.ncac, national=True, version=1)
    assert made.version == 2 and others(town.outsider, "クーオフ")
