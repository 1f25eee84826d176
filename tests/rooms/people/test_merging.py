"""Merging people loses nothing, is taken back at any time, makes no ring, and stays inside one centre."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from caasis.audit.models import AccessRecord
from caasis.kernel.actor import Purpose
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.people import services
from caasis.people.models import Consent, ContactPoint, Person, PersonMerge
from caasis.people.selectors import (
    consent_for,
    consents_of,
    family_ids,
    find_people,
    merges_of,
    open_person,
    root_id,
    same_address,
    same_name,
)
from caasis.people.vocabulary import ConsentKind
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record

pytestmark = pytest.mark.django_db
WHY = "住所と生年月日を聞いて、同じ人と分かった"


def make(town: Any, centre: Any = None, **values: str) -> Person:
    given = {"name": "見本 花子", "kana": "みほん はなこ", "phone": "090-1234-5678", "address": "架空町1-2-3", **values}
    with system_transaction():
        return services.save_person(services.build_person(centre_id=(centre or town.centre_a).id, values=given))


def merge(town: Any, keep: Person, other: Person, reason: str = WHY, actor: Any = None) -> PersonMerge:
    return services.merge_people(actor=actor or town.counsellor, keep_id=keep.id, other_id=other.id, reason=reason)


def family(town: Any, person: Person) -> set[Any]:
    with actor_transaction(town.counsellor):
        return set(family_ids(person.id))


def test_what_is_known_of_one_follows_and_comes_back(town: Any) -> None:
    one, other = make(town), make(town, phone="090-7777-0000")
    services.record_consent(actor=town.counsellor, person_id=other.id, kind="survey", means="phone")
    done = merge(town, one, other)
    with actor_transaction(town.counsellor):
        assert family_ids(other.id) == [one.id, other.id] and root_id(other.id) == one.id
        assert consent_for(actor=town.counsellor, person_id=one.id, kind="survey") is not None
        assert list(find_people(actor=town.counsellor, phone="09077770000")) == [one.id]
        assert list(find_people(actor=town.counsellor, name="見本　花子")) == [one.id]
    services.unmerge_people(actor=town.supervisor, merge_id=done.id)
    with actor_transaction(town.counsellor):
        assert family_ids(one.id) == [one.id] and family_ids(other.id) == [other.id]
        assert consent_for(actor=town.counsellor, person_id=one.id, kind="survey") is None
        assert consent_for(actor=town.counsellor, person_id=other.id, kind="survey") is not None
        assert list(find_people(actor=town.counsellor, phone="09077770000")) == [other.id]
        assert [row.undone_at is None for row in merges_of(actor=town.counsellor, person_id=one.id)] == [False]
    with system_transaction():
        assert ContactPoint.objects.count() == 2 and Consent.objects.count() == 1 and Person.objects.count() == 2
        told = OutboxEvent.objects.filter(topic="people.merged").order_by("created_at").values_list("payload", flat=True)
        assert [row["taken_back"] for row in told] == [False, True]


def test_conflicting_merges_make_no_ring(town: Any) -> None:
    a, b, c = make(town), make(town), make(town)
    merge(town, a, b)
    merge(town, b, c)  # b is read as a: c joins a
    for keep, other in ((c, a), (b, a), (a, c), (a, a)):
        with pytest.raises(WrongState):
            merge(town, keep, other)
    assert family(town, c) == {a.id, b.id, c.id}


def test_families_become_one_and_part_as_they_were(town: Any) -> None:
    a, b, c, d = (make(town) for _ in range(4))
    merge(town, a, b)
    merge(town, c, d)
    both = merge(town, d, b)
    assert family(town, a) == {a.id, b.id, c.id, d.id}
    services.unmerge_people(actor=town.counsellor, merge_id=both.id)
    assert family(town, a) == {a.id, b.id} and family(town, d) == {c.id, d.id}
    with pytest.raises(WrongState):
        services.unmerge_people(actor=town.counsellor, merge_id=both.id)


def test_a_merge_needs_a_reason_and_somebody_of_the_centre(town: Any) -> None:
    one, other, theirs = make(town), make(town), make(town, town.centre_b)
    for reason in ("", " ", "x" * 201):
        with pytest.raises(Invalid):
            merge(town, one, other, reason)
    for keep, second, actor in ((one, theirs, town.counsellor), (theirs, one, town.counsellor), (one, other, town.outsider)):
        with pytest.raises(NotFound):
            merge(town, keep, second, actor=actor)
    with pytest.raises(NotAllowed):
        merge(town, one, other, actor=town.official)
    for actor in (town.ncac, town.analyst, town.admin):
        with pytest.raises(NotFound):
            merge(town, one, other, actor=actor)
    done = merge(town, one, other)
    with pytest.raises(NotFound):
        services.unmerge_people(actor=town.outsider, merge_id=done.id)
    with pytest.raises(NotAllowed):
        services.unmerge_people(actor=town.official, merge_id=done.id)
    with system_transaction():
        assert AccessRecord.objects.filter(action="merge_people").count() == 2


def test_parting_after_one_was_erased_brings_no_name_back(town: Any) -> None:
    one, other = make(town), make(town, name="見本 はな", phone="090-2222-3333")
    done = merge(town, one, other)
    consent = services.record_consent(actor=town.counsellor, person_id=one.id, kind="survey", means="phone", note="電話で聞いた。娘の前で。")
    erase_record(actor=town.official, key_id=one.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with actor_transaction(town.counsellor):
        assert family_ids(other.id) == [one.id, other.id], "who is left is still found"
        assert list(find_people(actor=town.counsellor, phone="090-2222-3333")) == [one.id]
        assert find_people(actor=town.counsellor, phone="090-1234-5678") == {}
    services.unmerge_people(actor=town.counsellor, merge_id=done.id)
    with actor_transaction(town.counsellor):
        fresh = Person.objects.get(id=other.id)
        assert fresh.merged_into_id is None
        assert open_person(fresh, actor=town.counsellor, purpose=Purpose.ADVICE)["name"] == "見本 はな"
        erased = Person.objects.get(id=one.id)
        assert erased.erased_at is not None and not erased.name and erased.name_index is None
        assert not Consent.objects.get(id=consent.id).note and not PersonMerge.objects.get(id=done.id).reason
    with pytest.raises(WrongState):
        merge(town, one, other)


def test_erasing_ends_the_flag_of_watching(town: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from caasis.kernel.clock import day_in_japan
    from caasis.people.handlers import forget_watch
    from caasis.platform.outbox.handlers import Delivered

    one = make(town)
    services.set_watch(
        actor=town.counsellor, person_id=one.id, reason="訪問販売の被害が続いている",
        review_on=day_in_japan(timezone.now()) + timedelta(days=30),
    )  # fmt: skip
    erase_record(actor=town.official, key_id=one.record_key_id, reason=Reason.CONSUMER_REQUEST)
    with system_transaction():
        forget_watch(Delivered(1, "privacy.record_erased", one.record_key_id, town.centre_a.id, None, {}))
        fresh = Person.objects.get(id=one.id)
    assert not fresh.watch_over and fresh.watch_review_on is None and not fresh.watch_reason


def test_no_reason_stands_in_clear(town: Any) -> None:
    from datetime import date

    one, other = make(town), make(town)
    merge(town, one, other, "ルリビタキの話をした")
    services.record_consent(actor=town.counsellor, person_id=one.id, kind="survey", means="phone", note="ルリビタキの同意")
    with pytest.raises(Invalid):
        services.set_watch(actor=town.counsellor, person_id=one.id, reason="ルリビタキ", review_on=date(2020, 1, 1))
    with system_transaction(), connection.cursor() as cursor:
        for table in ("people_merge", "people_consent", "people_person", "platform_outbox_event", "audit_access_record"):
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0] is None:
                continue
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0] or ""
            assert "ルリビタキ" not in text and "ルリビタキ".encode().hex() not in text, table


def test_names_and_addresses_are_compared_without_being_shown(town: Any) -> None:
    one = make(town, address="宮城県架空市青葉1丁目2番3号")
    same, other, bare = make(town, address="架空市青葉1-2-3"), make(town, name="見本 太郎", kana="みほん たろう", address="別の町9"), make(town, name="", kana="", address="")
    with actor_transaction(town.counsellor):
        assert same_name(one, same) is True and same_address(one, same) is True
        assert same_name(one, other) is False and same_address(one, other) is False
        assert same_name(one, bare) is None and same_address(one, bare) is None


def test_withdrawing_ends_all_of_its_kind_and_what_comes_later_stands(town: Any) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from caasis.kernel.clock import day_in_japan

    one = make(town)
    now, today = timezone.now(), day_in_japan(timezone.now())

    def give(**more: Any) -> Consent:
        return services.record_consent(actor=town.counsellor, person_id=one.id, means="phone", **{"kind": "enforcement", **more})

    def stands(kind: str = "enforcement", **more: Any) -> bool:
        with actor_transaction(town.counsellor):
            return consent_for(actor=town.counsellor, person_id=one.id, kind=kind, **more) is not None

    give(given_at=now - timedelta(days=3))
    second = give(given_at=now - timedelta(days=2))
    assert stands()
    services.withdraw_consent(actor=town.counsellor, consent_id=second.id, means="phone")
    assert not stands(), "the first one is over too"
    with pytest.raises(WrongState):
        services.withdraw_consent(actor=town.counsellor, consent_id=second.id, means="phone")
    give()
    assert stands() and not stands("survey")
    give(kind="recording", until=today + timedelta(days=5))
    assert stands("recording") and not stands("recording", on=today + timedelta(days=6))
    give(kind="pass_on", recipient_centre_id=town.centre_b.id)
    assert stands("pass_on", recipient_centre_id=town.centre_b.id)
    assert not stands("pass_on") and not stands("pass_on", recipient_centre_id=town.centre_a.id)
    assert all(kind.label and kind.explanation for kind in ConsentKind)


def test_consents_are_asked_and_given_inside_the_centre_only(town: Any) -> None:
    from datetime import timedelta
    from uuid import uuid4

    from django.utils import timezone

    one = make(town)
    bad = (
        {"kind": "anything"}, {"means": "telepathy"}, {"given_by": "nobody"}, {"given_at": timezone.now() + timedelta(days=1)},
        {"note": "長" * 501}, {"kind": "survey", "recipient_centre_id": town.centre_b.id}, {"kind": "pass_on", "recipient_centre_id": uuid4()},
    )  # fmt: skip
    for more in bad:
        with pytest.raises(Invalid):
            services.record_consent(actor=town.counsellor, person_id=one.id, **{"kind": "survey", "means": "phone", **more})
    consent = services.record_consent(actor=town.counsellor, person_id=one.id, kind="survey", means="phone")
    for actor in (town.outsider, town.ncac, town.analyst):
        with pytest.raises(NotFound):
            services.record_consent(actor=actor, person_id=one.id, kind="survey", means="phone")
        with pytest.raises(NotFound):
            services.withdraw_consent(actor=actor, consent_id=consent.id, means="phone")
        with actor_transaction(actor), pytest.raises(NotFound):
            consent_for(actor=actor, person_id=one.id, kind="survey")
    with pytest.raises(NotAllowed):
        services.record_consent(actor=town.official, person_id=one.id, kind="survey", means="phone")
    with actor_transaction(town.official):
        assert len(consents_of(actor=town.official, person_id=one.id)) == 1


def test_a_dead_number_still_finds_its_person(town: Any) -> None:
    one = make(town)
    services.add_contact_point(actor=town.counsellor, person_id=one.id, kind="mail", value="hanako@example.jp")
    for kind, value in (("phone", "でんわ"), ("mail", "hanako@example.jp"), ("fax", "1")):
        with pytest.raises(Invalid):
            services.add_contact_point(actor=town.counsellor, person_id=one.id, kind=kind, value=value)
    with system_transaction():
        point = ContactPoint.objects.get(kind="phone")
    services.set_point_usable(actor=town.counsellor, point_id=point.id, usable=False)
    with pytest.raises(NotFound):
        services.set_point_usable(actor=town.outsider, point_id=point.id, usable=True)
    with actor_transaction(town.counsellor):
        assert not ContactPoint.objects.get(id=point.id).usable
        assert find_people(actor=town.counsellor, phone="090-1234-5678", mail="HANAKO@example.jp") == {
            one.id: ["電話番号が同じ", "メールアドレスが同じ"]
        }


def test_another_centre_finds_nobody_with_the_same_questions_asked(town: Any) -> None:
    """Whether the number is known elsewhere can be told neither from the answer nor from the work that it takes."""
    from django.test.utils import CaptureQueriesContext

    def ask(phone: str) -> tuple[Any, int]:
        with actor_transaction(town.outsider), CaptureQueriesContext(connection) as asked:
            found = find_people(actor=town.outsider, phone=phone, name="見本 花子", kana="みほん はなこ")
        return found, len(asked)

    before = ask("090-1234-5678")
    make(town)
    assert ask("090-1234-5678") == before == ask("090-9999-9999") and before[0] == {}
    with actor_transaction(town.counsellor):
        assert find_people(actor=town.counsellor, phone="090-1234-5678")
