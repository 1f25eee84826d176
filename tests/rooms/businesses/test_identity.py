"""Which business is meant; confirming, merging, splitting and taking each of them back, with nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.businesses import services
from caasis.businesses.models import Business, BusinessAlias, BusinessChange, BusinessKey, TrackingFlag
from caasis.businesses.selectors import (
    current_flags,
    get_business,
    met_businesses,
    readable,
    suggest,
    watched_businesses,
)
from caasis.engines.identity import corporate_check_digit
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.models import OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_system")]
TWELVE = "000000000001"
WHY = "電話番号と所在地が同じだった"


@pytest.fixture
def roof(as_system: None) -> Business:
    return services.create_business(actor=SYSTEM, name="株式会社カクウルーフ")


def first(**heard: str) -> str:
    found = suggest(actor=SYSTEM, **heard)
    return found[0].business.name if found else ""


# --- suggestion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["㈱カクウルーフ", "かくうるーふ", "ｶｸｳﾙｰﾌ", "Kakuu Roof", "架空ルーフ", "カグウルーフ", "カクウルーフ西日本", "カクウルーフ様", "カクルーフ", "かくうるーふさーびす"])
def test_a_name_is_found_however_it_was_said(roof, name):
    services.create_business(actor=SYSTEM, name="見本水道サービス有限会社")
    assert first(name=name) == roof.name


@pytest.mark.parametrize("heard", [{"phone": "０２２（１２３）４５６７"}, {"url": "http://www.kakuu.example/lp?id=9"}, {"name": "屋根の会社", "phone": "+81 22 123 4567"}])
def test_a_number_or_an_address_that_was_confirmed_finds_the_business(roof, heard):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, phone="022-123-4567", url="https://kakuu.example/")
    assert first(**heard) == roof.name


def test_a_corporate_number_finds_its_business():
    business = services.create_business(actor=SYSTEM, name="見本商会", corporate_number="7000012050002")
    found = suggest(actor=SYSTEM, corporate_number="７０００－０１２０－５０００２")[0]
    assert found.business == business and found.words == "ほぼ確か" and found.reasons == ("法人番号が同じ",)


@pytest.mark.parametrize("heard", [{}, {"name": "　"}, {"name": "\x00"}, {"phone": "12"}, {"url": "なし"}, {"corporate_number": "1234567890123"}, {"name": "😀" * 400}])
def test_what_can_not_be_read_finds_nothing_and_breaks_nothing(roof, heard):
    assert suggest(actor=SYSTEM, **heard) == []


def test_the_one_that_was_met_comes_first_among_equal_names(roof):
    others = [services.create_business(actor=SYSTEM, name="株式会社カクウルーフ") for _ in range(3)]
    services.confirm_business(actor=SYSTEM, business_id=others[1].id, name="カクウルーフ")
    found = suggest(actor=SYSTEM, name="カクウルーフ")
    assert found[0].business == others[1] and len(found) == 4 and "同じ名前が4件" in found[1].reasons[0]


def test_who_reads_no_cases_gets_no_suggestion(roof, town):
    assert suggest(actor=town.admin, name="カクウルーフ") == [] and not readable(actor=town.admin).exists()
    assert not watched_businesses(actor=town.admin, today=day_in_japan(timezone.now())).exists()
    with pytest.raises(NotFound):
        get_business(actor=town.admin, business_id=roof.id)
    for role in ("counsellor", "outsider", "official", "ncac", "analyst"):
        assert suggest(actor=town.actors[role], name="カクウルーフ"), role


# --- confirming -------------------------------------------------------------------------------------------------------


def test_confirming_keeps_what_was_heard_and_taking_back_removes_it_again(roof):
    case = uuid4()
    change = services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根", phone="022-123-4567", url="kakuu.example", subject_id=case)
    roof.refresh_from_db()
    assert {alias.kind for alias in roof.aliases.all()} == {"name", "phone", "url"} and roof.confirmed_count == 1
    assert first(name="カクウヤネ") == roof.name and services.confirmation_of(case) == change
    services.take_back_confirmation(actor=SYSTEM, change_id=change.id)
    roof.refresh_from_db()
    assert roof.confirmed_count == 0 and not roof.aliases.filter(removed_at=None).exists() and roof.aliases.count() == 3
    assert first(phone="022-123-4567") == "" and services.confirmation_of(case) is None
    with pytest.raises(WrongState):
        services.take_back_confirmation(actor=SYSTEM, change_id=change.id)


def test_an_alias_stays_as_long_as_one_confirmation_rests_on_it(roof):
    one = services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根")
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根")
    services.take_back_confirmation(actor=SYSTEM, change_id=one.id)
    assert roof.aliases.get().times == 1 and roof.aliases.get().removed_at is None
    again = services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根")
    assert roof.aliases.get().times == 2 and again.alias_ids == [str(roof.aliases.get().id)]


def test_a_change_is_logged_and_told(roof):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根")
    assert AccessRecord.objects.filter(object_id=roof.id, action="business_confirmed").exists()
    assert OutboxEvent.objects.filter(topic="businesses.confirmed", subject=roof.id).exists()


@pytest.mark.parametrize("role", ["official", "ncac", "analyst", "admin"])
def test_only_who_works_on_cases_confirms_and_creates(roof, town, role):
    with pytest.raises(NotAllowed):
        services.confirm_business(actor=town.actors[role], business_id=roof.id, name="カクウ")
    with pytest.raises(NotAllowed):
        services.create_business(actor=town.actors[role], name="カクウ")


@pytest.mark.parametrize(("given", "field"), [({"name": "　"}, "business_name"), ({"name": "あ" * 161}, "business_name"), ({"name": "見本", "corporate_number": "7000012050003"}, "corporate_number")])
def test_a_business_that_can_not_be_is_refused_in_words(given, field):
    with pytest.raises(Invalid) as refused:
        services.create_business(actor=SYSTEM, **given)
    assert field in refused.value.fields


def test_one_corporate_number_is_one_business():
    services.create_business(actor=SYSTEM, name="見本", corporate_number="7000012050002")
    with pytest.raises(Invalid):
        services.create_business(actor=SYSTEM, name="見本二", corporate_number="7000012050002")


def test_what_is_absent_is_not_found():
    with pytest.raises(NotFound):
        services.confirm_business(actor=SYSTEM, business_id=uuid4(), name="カクウ")
    with pytest.raises(NotFound):
        services.take_back_confirmation(actor=SYSTEM, change_id=uuid4())
    with pytest.raises(NotFound):
        services.undo_change(actor=SYSTEM, change_id=uuid4())


# --- merging ----------------------------------------------------------------------------------------------------------


def merged(keep: Business, other: Business) -> BusinessChange:
    return services.merge_businesses(actor=SYSTEM, keep_id=keep.id, other_id=other.id, reason=WHY)


def test_a_merged_business_is_found_under_the_one_that_speaks_for_it(roof):
    other = services.create_business(actor=SYSTEM, name="ヤネナオシ隊")
    services.confirm_business(actor=SYSTEM, business_id=other.id, phone="022-765-4321")
    change = merged(roof, other)
    assert first(name="やねなおし隊") == roof.name and first(phone="022-765-4321") == roof.name
    assert services.root_of(other.id) == roof.id and set(services.family_ids(roof.id)) == {roof.id, other.id}
    services.undo_change(actor=SYSTEM, change_id=change.id)
    assert first(name="やねなおし隊") == other.name
    change.refresh_from_db()
    assert change.undone_at is not None and BusinessChange.objects.filter(id=change.id).exists()


def test_merges_upon_merges_lead_to_the_last_one_and_are_taken_back_from_the_newest(roof):
    a, b = (services.create_business(actor=SYSTEM, name=name) for name in ("ヤネナオシ隊", "アマモリ本舗"))
    one, two = merged(a, b), merged(roof, a)
    assert services.root_of(b.id) == roof.id and first(name="アマモリ本舗") == roof.name
    # A confirmation by an old link reaches the business that speaks for it.
    assert services.confirm_business(actor=SYSTEM, business_id=b.id, name="アマモリ").business_id == roof.id
    services.undo_change(actor=SYSTEM, change_id=two.id)
    services.undo_change(actor=SYSTEM, change_id=one.id)
    assert Business.objects.filter(merged_into=None).count() == 3


def test_conflicting_merges_make_no_ring(roof):
    other = services.create_business(actor=SYSTEM, name="ヤネナオシ隊")
    merged(roof, other)
    for keep, gone in ((other, roof), (roof, other), (roof, roof)):
        with pytest.raises(WrongState):
            merged(keep, gone)


def test_two_legal_persons_are_never_one_unless_the_register_closed_one():
    a = services.create_business(actor=SYSTEM, name="見本一", corporate_number="7000012050002")
    b = services.create_business(actor=SYSTEM, name="見本二", corporate_number=f"{corporate_check_digit(TWELVE)}{TWELVE}")
    with pytest.raises(WrongState, match="法人番号がちがいます"):
        merged(a, b)
    Business.objects.filter(id=b.id).update(closed_on=day_in_japan(timezone.now()))
    assert merged(a, b).other_id == b.id


def test_a_merge_needs_a_reason_and_a_curator(roof, town):
    other = services.create_business(actor=SYSTEM, name="ヤネナオシ隊")
    with pytest.raises(Invalid):
        services.merge_businesses(actor=SYSTEM, keep_id=roof.id, other_id=other.id, reason="同")
    for role in ("counsellor", "analyst", "admin"):
        with pytest.raises(NotAllowed):
            services.merge_businesses(actor=town.actors[role], keep_id=roof.id, other_id=other.id, reason=WHY)
    for role in ("supervisor", "official", "ncac"):
        change = services.merge_businesses(actor=town.actors[role], keep_id=roof.id, other_id=other.id, reason=WHY)
        services.undo_change(actor=town.actors[role], change_id=change.id)
        with pytest.raises(WrongState):
            services.undo_change(actor=town.actors[role], change_id=change.id)


# --- splitting --------------------------------------------------------------------------------------------------------


def test_a_split_takes_its_aliases_and_is_taken_back_with_nothing_lost(roof):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウルーフ大阪", phone="06-1234-5678")
    before = set(BusinessAlias.objects.values_list("kind", "value"))
    ids = list(roof.aliases.values_list("id", flat=True))
    change = services.split_business(actor=SYSTEM, business_id=roof.id, alias_ids=ids, name="カクウルーフ大阪有限会社", reason="別の会社だと分かった")
    assert first(phone="06-1234-5678") == "カクウルーフ大阪有限会社" and first(name="カクウルーフ") == roof.name
    assert change.other.confirmed_count == 1 and not roof.aliases.exists()
    services.undo_change(actor=SYSTEM, change_id=change.id)
    assert first(phone="06-1234-5678") == roof.name
    assert set(BusinessAlias.objects.values_list("kind", "value")) == before


def test_a_confirmation_is_taken_back_after_a_split_moved_its_aliases(roof):
    change = services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウルーフ大阪")
    alias = roof.aliases.get()
    services.split_business(actor=SYSTEM, business_id=roof.id, alias_ids=[alias.id], name="大阪のほう", reason="別の会社だと分かった")
    services.take_back_confirmation(actor=SYSTEM, change_id=change.id)
    alias.refresh_from_db()
    assert alias.removed_at is not None


@pytest.mark.parametrize(("given", "error"), [({"name": ""}, Invalid), ({"alias_ids": []}, Invalid), ({"alias_ids": [uuid4()]}, WrongState), ({"reason": "別"}, Invalid)])
def test_a_split_that_lacks_something_is_refused(roof, given, error):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウルーフ大阪")
    whole = {"alias_ids": [roof.aliases.get().id], "name": "大阪のほう", "reason": "別の会社だと分かった", **given}
    with pytest.raises(error):
        services.split_business(actor=SYSTEM, business_id=roof.id, **whole)
    assert Business.objects.count() == 1


def test_what_rests_on_a_later_change_is_not_taken_back_first(roof):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウルーフ大阪")
    split = services.split_business(actor=SYSTEM, business_id=roof.id, alias_ids=[roof.aliases.get().id], name="大阪のほう", reason="別の会社だと分かった")
    other = services.create_business(actor=SYSTEM, name="ヤネナオシ隊")
    later = merged(other, split.other)
    with pytest.raises(WrongState, match="新しいほうから"):
        services.undo_change(actor=SYSTEM, change_id=split.id)
    services.undo_change(actor=SYSTEM, change_id=later.id)
    services.undo_change(actor=SYSTEM, change_id=split.id)
    with pytest.raises(WrongState):
        services.split_business(actor=SYSTEM, business_id=split.other_id, alias_ids=[uuid4()], name="また", reason="別の会社だと分かった")


# --- keys -------------------------------------------------------------------------------------------------------------


def test_keys_are_a_projection_that_can_be_written_again(roof):
    services.confirm_business(actor=SYSTEM, business_id=roof.id, name="カクウ屋根", phone="022-123-4567")
    before = set(BusinessKey.objects.values_list("kind", "value"))
    BusinessKey.objects.all().delete()
    Business.objects.create(name="！？", normalised_name="")
    assert services.write_missing_keys() == 2 and services.write_missing_keys() == 1
    assert set(BusinessKey.objects.values_list("kind", "value")) == before


# --- flags ------------------------------------------------------------------------------------------------------------

GROUNDS = "同じ手口の苦情が今年だけで5件あり、返金に応じていない。"


def flagged(roof: Business, actor: Any = SYSTEM, **more: Any) -> TrackingFlag:
    today = day_in_japan(timezone.now())
    given = {"grounds": GROUNDS, "heard": "not_yet", "until": today + timedelta(days=90), "review_on": today + timedelta(days=30), **more}
    return services.set_flag(actor=actor, business_id=roof.id, **given)


def test_a_flag_stands_until_its_day_and_then_ends_by_itself(roof):
    today = day_in_japan(timezone.now())
    flag = flagged(roof)
    assert suggest(actor=SYSTEM, name="カクウルーフ", today=today)[0].tracked
    assert not current_flags([roof.id], today=flag.until + timedelta(days=1)).exists()
    with pytest.raises(WrongState):
        flagged(roof)
    TrackingFlag.objects.filter(id=flag.id).update(until=today - timedelta(days=1))
    assert flagged(roof).id != flag.id
    flag.refresh_from_db()
    assert flag.lifted_reason == "期限が来たため"


@pytest.mark.parametrize(
    ("more", "field"),
    [({"grounds": "あやしい"}, "grounds"), ({"grounds": "あ" * 1001}, "grounds"), ({"heard": ""}, "heard"), ({"until": None}, "until"), ({"review_on": None}, "review_on")],
)
def test_a_flag_lacks_nothing_of_due_process(roof, more, field):
    with pytest.raises(Invalid) as refused:
        flagged(roof, **more)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(("until", "review", "field"), [(0, 0, "until"), (367, 10, "until"), (10, 11, "review_on"), (10, -1, "review_on")])
def test_a_flag_lasts_a_year_at_most_and_is_looked_at_before_it_ends(roof, until, review, field):
    today = day_in_japan(timezone.now())
    with pytest.raises(Invalid) as refused:
        flagged(roof, until=today + timedelta(days=until), review_on=today + timedelta(days=review))
    assert field in refused.value.fields


def test_review_and_lifting_are_recorded(roof, town):
    flag = flagged(roof, actor=town.official)
    today = day_in_japan(timezone.now())
    services.review_flag(actor=town.ncac, flag_id=flag.id, review_on=today + timedelta(days=60), heard="heard")
    flag.refresh_from_db()
    assert flag.reviewed_by == town.ncac.id and flag.heard == "heard" and flag.set_by == town.official.id
    with pytest.raises(Invalid):
        services.review_flag(actor=town.ncac, flag_id=flag.id, review_on=flag.until + timedelta(days=1), heard="heard")
    with pytest.raises(Invalid):
        services.lift_flag(actor=town.official, flag_id=flag.id, reason="や")
    services.lift_flag(actor=town.official, flag_id=flag.id, reason="返金に応じたため")
    for late in (lambda: services.lift_flag(actor=SYSTEM, flag_id=flag.id, reason="返金に応じたため"), lambda: services.review_flag(actor=SYSTEM, flag_id=flag.id, review_on=today, heard="heard")):
        with pytest.raises(WrongState):
            late()
    with pytest.raises(NotFound):
        services.lift_flag(actor=SYSTEM, flag_id=uuid4(), reason="返金に応じたため")


@pytest.mark.parametrize("role", ["counsellor", "supervisor", "analyst", "admin"])
def test_flags_are_set_by_officials_and_the_ncac_only(roof, town, role):
    with pytest.raises(NotAllowed):
        flagged(roof, actor=town.actors[role])


def test_the_list_of_the_met_is_of_those_that_speak_for_themselves(roof):
    other = services.create_business(actor=SYSTEM, name="ヤネナオシ隊")
    for business in (roof, other):
        services.confirm_business(actor=SYSTEM, business_id=business.id, name=business.name)
    assert met_businesses(actor=SYSTEM).count() == 2
    merged(roof, other)
    assert list(met_businesses(actor=SYSTEM)) == [roof]
