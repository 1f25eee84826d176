"""A number is no identity: the past shows once name and address are confirmed, and only inside the centre."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.cases import services
from caasis.cases.models import Case, IdentityCheck
from caasis.cases.people_record import cases_of_person, confirmed_persons, known_past, repeat_hint, same_number
from caasis.cases.selectors import consumer_of, visible_cases, with_parts
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.people.models import PersonMerge
from caasis.people.services import merge_people
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db
HANAKO = {
    "consumer_name": "見本 花子", "consumer_kana": "みほん はなこ", "consumer_phone": "090-1234-5678",
    "consumer_address": "架空町1-2-3",
}  # fmt: skip


def opened(town: Any, actor: Any = None, **card: Any) -> Case:
    return services.open_case(actor=actor or town.counsellor, card={**COMPLETE, **HANAKO, **card})


def again(town: Any, case: Case, actor: Any = None) -> Case:
    actor = actor or town.counsellor
    with actor_transaction(actor):
        return with_parts(visible_cases(actor=actor)).get(id=case.id)


def person_of(town: Any, case: Case) -> Any:
    consumer = consumer_of(again(town, case))
    assert consumer is not None
    return consumer.person_id


def pop(town: Any, case: Case, actor: Any = None, **card: Any) -> Any:
    actor = actor or town.counsellor
    fresh = again(town, case, actor)
    with actor_transaction(actor):
        return same_number(actor=actor, case=fresh, card={**HANAKO, **card})


def past(town: Any, case: Case) -> list[Any]:
    fresh = again(town, case)
    with actor_transaction(town.counsellor):
        return [one.id for one in known_past(actor=town.counsellor, case=fresh)]


def confirm(town: Any, case: Case, person: Any, actor: Any = None, heard: bool = True) -> Any:
    return services.confirm_identity(actor=actor or town.counsellor, case_id=case.id, person_id=person, heard=heard)


def test_a_number_tells_a_count_and_a_day_and_no_more(town: Any) -> None:
    old, new = opened(town, title="前の相談"), opened(town)
    found = pop(town, new)
    assert (found.count, found.nearest, found.persons) == (1, day_in_japan(timezone.now()), (person_of(town, old),))
    assert past(town, new) == []
    assert pop(town, new, consumer_phone="090-0000-0000") is None


def test_the_past_shows_after_name_and_address_were_asked(town: Any) -> None:
    old, new = opened(town), opened(town)
    known = person_of(town, old)
    with pytest.raises(Invalid) as refused:
        confirm(town, new, known, heard=False)
    assert "heard" in refused.value.fields
    confirm(town, new, known)
    confirm(town, new, known)
    assert past(town, new) == [old.id]
    with system_transaction():
        assert IdentityCheck.objects.count() == 1
        assert new.entries.filter(kind="identity_confirmed").count() == 1
    services.withdraw_identity(actor=town.counsellor, case_id=new.id, person_id=known)
    assert past(town, new) == []


def test_a_son_with_his_mothers_telephone_sees_nothing(town: Any) -> None:
    old = opened(town)
    new = opened(town, consumer_name="見本 太郎", consumer_kana="みほん たろう")
    with pytest.raises(Invalid):
        confirm(town, new, person_of(town, old))
    assert past(town, new) == [] and pop(town, new).count == 1


def test_without_name_and_address_on_the_card_nobody_is_confirmed(town: Any) -> None:
    old = opened(town)
    for missing in ({"consumer_address": ""}, {"consumer_name": "", "consumer_kana": ""}):
        with pytest.raises(Invalid):
            confirm(town, opened(town, **missing), person_of(town, old))


def test_only_who_shares_the_number_can_be_confirmed_and_only_inside(town: Any) -> None:
    old, new = opened(town), opened(town)
    other = opened(town, consumer_phone="090-8888-7777")
    known = person_of(town, old)
    with pytest.raises(NotFound):
        confirm(town, new, person_of(town, other))
    for actor in (town.outsider, town.ncac):
        with pytest.raises(NotFound):
            confirm(town, new, known, actor=actor)
    with pytest.raises(NotAllowed):
        confirm(town, new, known, actor=town.official)


def test_linking_makes_one_person_of_two_rows_and_is_taken_back(town: Any) -> None:
    old, new = opened(town), opened(town)
    known = person_of(town, old)
    with pytest.raises(WrongState):
        services.link_person(actor=town.counsellor, case_id=new.id, person_id=known)
    confirm(town, new, known)
    services.link_person(actor=town.counsellor, case_id=new.id, person_id=known)
    with actor_transaction(town.counsellor):
        assert {case.id for case in cases_of_person(actor=town.counsellor, person_id=known)} == {old.id, new.id}
    services.withdraw_identity(actor=town.counsellor, case_id=new.id, person_id=known)
    assert past(town, new) == [old.id], "they are one person now"
    services.unlink_person(actor=town.counsellor, case_id=new.id)
    assert past(town, new) == []
    with pytest.raises(WrongState):
        services.unlink_person(actor=town.counsellor, case_id=new.id)
    with system_transaction():
        assert PersonMerge.objects.get().undone_at is not None


def hint(town: Any, case: Case, actor: Any = None) -> Any:
    actor = actor or town.counsellor
    fresh = again(town, case, actor)
    with actor_transaction(actor):
        return repeat_hint(actor=actor, case=fresh, today=day_in_japan(timezone.now()))


def test_repeated_harm_is_hinted_at_once_somebody_said_that_it_is_one_person(town: Any) -> None:
    old, new = opened(town), opened(town)
    assert hint(town, new) is None, "a number alone is no repetition"
    merge_people(
        actor=town.counsellor, keep_id=person_of(town, old), other_id=person_of(town, new), reason="同じ人と分かった"
    )
    found = hint(town, new)
    assert (found.count, [case.id for case in found.cases]) == (2, [old.id])
    with system_transaction():
        Case.objects.filter(id=old.id).update(received_on="2020-01-01")
    assert hint(town, new) is None, "long ago is not again and again"


def test_another_centre_learns_nothing_of_a_repeat_neither_by_answer_nor_by_work(town: Any) -> None:
    theirs = opened(town, actor=town.outsider)

    def ask() -> tuple[Any, Any, int]:
        fresh = again(town, theirs, town.outsider)
        with actor_transaction(town.outsider), CaptureQueriesContext(connection) as asked:
            found = same_number(actor=town.outsider, case=fresh, card=HANAKO)
            repeated = repeat_hint(actor=town.outsider, case=fresh, today=day_in_japan(timezone.now()))
        return found, repeated, len(asked)

    before = ask()
    assert before[:2] == (None, None)
    one, two = opened(town), opened(town)
    merge_people(actor=town.counsellor, keep_id=person_of(town, one), other_id=person_of(town, two), reason="同じ人と分かった")
    assert hint(town, two) is not None
    assert ask() == before
    assert confirmed_persons(again(town, theirs, town.outsider)) == set()
