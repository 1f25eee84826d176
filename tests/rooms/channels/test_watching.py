"""見守り情報: what a report may say, taking it in, and the members of the council who have a link of their own."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.channels import services
from caasis.channels.models import Contact
from caasis.channels.retention import KEEP_MEMBER_FOR, expired_member_keys
from caasis.channels.rules.card import card_from_answers
from caasis.channels.rules.watching import clean_report, personal_in
from caasis.channels.selectors import submission_answers
from caasis.channels.services.placing import centre_of_area
from caasis.channels.services.watching import ADDRESS_LIMIT, LINK_TRIES, MEMBER_LIMIT
from caasis.channels.watch_models import WatchMember, WatchReport
from caasis.channels.watch_selectors import link_holds, member_lines, member_texts
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, TooMany, VersionConflict, WrongState
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues.models import WorkItem

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)
REPORT: dict[str, Any] = {
    "signs": ["goods", "visitors"], "seen": "玄関に、開けていない健康食品の箱が十個ほどあります。", "consent": "no",
    "urgency": "soon", "prefecture": "04", "area": "仙台市青葉区みほん町", "about": "elderly", "age_band": "75to84",
}  # fmt: skip


def until() -> date:
    return day_in_japan(timezone.now()) + timedelta(days=100)


def registered(town: Any, **changed: Any) -> services.NewLink:
    given = {"kind": "welfare", "organisation": "みほん町民生委員協議会", "name": "見本 一郎", "contact": "022-000-0001"} | changed
    return services.register_watch_member(actor=town.supervisor, valid_until=until(), **given)


# --- rules ------------------------------------------------------------------------------------------------------------


def test_what_is_needed_is_said_for_each_answer() -> None:
    answers, errors = clean_report({}, member=False, today=TODAY)
    assert answers == {} and set(errors) == {"signs", "seen", "consent", "urgency", "prefecture"}
    assert all(len(sentence) <= 40 for sentences in errors.values() for sentence in sentences)
    assert set(clean_report({}, member=True, today=TODAY)[1]) == {"signs", "seen", "consent", "urgency"}


def test_name_and_address_of_the_person_are_taken_from_members_alone() -> None:
    given = REPORT | {"person_name": "見本 うめ", "person_address": "みほん町1-2-3"}
    told, errors = clean_report(given, member=False, today=TODAY)
    assert errors == {} and "person_name" not in told and "person_address" not in told
    told, _ = clean_report(given | {"reporter_name": "見本 次郎"}, member=True, today=TODAY)
    assert told["person_name"] == "見本 うめ" and "reporter_name" not in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signs", ["nonsense"]), ("signs", 7), ("seen", "あ" * 2001), ("seen", 5), ("seen_on", "0000年1月1日"),
        ("seen_on", "9999-12-31"), ("seen_on", "1900-01-01"), ("prefecture", "99"), ("prefecture", "٠٤"), ("consent", "perhaps"),
        ("consent", ["yes"]), ("urgency", "\x00"), ("reporter_phone", "12"), ("reporter_name", "あ" * 61), ("about", "\ud800"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_gets_a_sentence(name: str, value: Any) -> None:
    answers, errors = clean_report(REPORT | {name: value}, member=False, today=TODAY)
    assert name in errors and name not in answers
    assert all(len(sentence) <= 40 for sentence in errors[name])


def test_numbers_and_names_in_the_words_are_pointed_out_and_kept() -> None:
    answers, _ = clean_report(REPORT | {"seen": "見本花子さん、090-1234-5678に電話がありました。"}, member=False, today=TODAY)
    assert any("090-1234-5678" in words for words in personal_in(answers))
    assert answers["seen"].startswith("見本花子さん、090-1234-5678")
    assert personal_in(REPORT) == [] or all("町" in words for words in personal_in(REPORT))


def test_the_card_names_who_reported_and_never_the_person() -> None:
    card = card_from_answers(REPORT | {"reporter_name": "見本 次郎", "person_name": "見本 うめ"})
    assert card["consumer_name"] == "見本 次郎" and card["contract_party_is_consumer"] is False
    assert "うめ" not in str(card)


# --- taking it in -----------------------------------------------------------------------------------------------------


def test_a_report_stands_in_the_queue_of_the_place_under_its_own_kind(town: Any) -> None:
    done = services.report_watch(idempotency_key="a" * 20, answers=REPORT)
    with system_transaction():
        contact = Contact.objects.get(id=done.contact_id)
        item = WorkItem.objects.get(subject_id=contact.id)
        report = WatchReport.objects.get(contact=contact)
    assert (item.centre_id, item.title) == (town.centre_a.id, "見守り情報：知らない人や業者が、よく出入りしている")
    assert item.priority_reasons == ["watch_over"] and item.money_moving is False
    assert (report.member_id, report.centre_id, contact.receipt_number) == (None, town.centre_a.id, done.number)
    assert "みほん町" not in str(contact.facts) and contact.secret_hash == ""
    with actor_transaction(town.counsellor):
        told = submission_answers(actor=town.counsellor, contact_id=contact.id, purpose=Purpose.OWN_CASE)
        assert told["seen"] == REPORT["seen"] and told["area"] == REPORT["area"]
        with pytest.raises(WrongState):
            services.write_answer(actor=town.counsellor, contact_id=contact.id, text="お返事です。")
    with actor_transaction(town.outsider), pytest.raises(NotFound):
        submission_answers(actor=town.outsider, contact_id=contact.id, purpose=Purpose.OWN_CASE)


def test_whoever_calls_the_service_names_the_person_only_with_a_members_link(town: Any) -> None:
    given = REPORT | {"person_name": "見本 うめ", "person_address": "みほん町1-2-3"}
    found = []
    for member_id in (None, registered(town).member.id):
        done = services.report_watch(idempotency_key="a" * 20, answers=given, member_id=member_id)
        with actor_transaction(town.counsellor):
            told = submission_answers(actor=town.counsellor, contact_id=done.contact_id, purpose=Purpose.OWN_CASE)
        found.append((told.get("person_name"), told.get("person_address")))
    assert found == [(None, None), ("見本 うめ", "みほん町1-2-3")]


def test_words_of_the_report_lie_nowhere_in_clear(town: Any) -> None:
    new = registered(town)
    given = REPORT | {"person_name": "見本 うめ", "person_address": "みほん町1-2-3", "urgency": "money"}
    services.report_watch(idempotency_key="a" * 20, answers=given, member_id=new.member.id)
    tables = ("channels_contact", "channels_submission", "channels_message", "channels_watch_report", "queues_work_item",
              "channels_watch_member", "platform_outbox", "audit_access")  # fmt: skip
    with system_transaction(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            text = cursor.fetchone()[0]
            for word in ("うめ", "健康食品", "1-2-3", "一郎", "022-000-0001", new.secret):
                assert word not in text, (table, word)


def test_sent_twice_is_one_report(town: Any) -> None:
    first = services.report_watch(idempotency_key="a" * 20, answers=REPORT)
    again = services.report_watch(idempotency_key="a" * 20, answers=REPORT)
    other = services.report_watch(idempotency_key="b" * 20, answers=REPORT)
    assert again.repeated and again.number == first.number != other.number
    with system_transaction():
        assert WatchReport.objects.count() == 2
        assert OutboxEvent.objects.filter(topic="channels.contact_received").count() == 2


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_sent_twice_at_once_is_one_report(town: Any) -> None:
    numbers: list[str] = []
    start = threading.Barrier(4)

    def send() -> None:
        try:
            start.wait(10)
            numbers.append(services.report_watch(idempotency_key="a" * 20, answers=REPORT).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with system_transaction():
        assert WatchReport.objects.count() == 1 and WorkItem.objects.count() == 1
    assert len(numbers) == 4 and len(set(numbers)) == 1


@pytest.mark.parametrize(
    ("prefecture", "area", "centre"),
    [("04", "仙台市青葉区国分町", "a"), ("04", "石巻市", "a"), ("12", "千葉市中央区", "b"), ("12", "", "b"), ("13", "新宿区", "a")],
)
def test_the_place_in_words_leads_to_the_responsible_centre(town: Any, prefecture: str, area: str, centre: str) -> None:
    with system_transaction():
        assert centre_of_area(prefecture, area) == {"a": town.centre_a, "b": town.centre_b}[centre]


def test_one_address_and_one_member_send_only_so_much(town: Any) -> None:
    for n in range(ADDRESS_LIMIT):
        services.report_watch(idempotency_key=f"{n:020}", answers=REPORT, client="192.0.2.7")
    with pytest.raises(TooMany):
        services.report_watch(idempotency_key="z" * 20, answers=REPORT, client="192.0.2.7")
    new = registered(town)
    # Members of one office share an address.
    services.report_watch(idempotency_key="y" * 20, answers=REPORT, client="192.0.2.7", member_id=new.member.id)
    for n in range(MEMBER_LIMIT - 1):
        services.report_watch(idempotency_key=f"m{n:020}", answers=REPORT, member_id=new.member.id)
    with pytest.raises(TooMany):
        services.report_watch(idempotency_key="x" * 20, answers=REPORT, member_id=new.member.id)


def test_known_and_unknown_persons_ask_the_database_the_same(town: Any) -> None:
    new = registered(town)
    given = REPORT | {"person_name": "見本 うめ", "person_address": "みほん町1-2-3"}
    services.report_watch(idempotency_key="0" * 20, answers=given, member_id=new.member.id)
    counted = []
    for name in ("見本 うめ", "見本 知らず"):
        with CaptureQueriesContext(connection) as asked:
            services.report_watch(idempotency_key=f"{name}".ljust(20, "-"), answers=given | {"person_name": name}, member_id=new.member.id)
        counted.append([query["sql"].split()[0] for query in asked])
    assert counted[0] == counted[1]


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_member_has_a_link_whose_secret_is_kept_nowhere(town: Any) -> None:
    new = registered(town)
    member = services.member_of_link(secret=new.secret)
    assert member.id == new.member.id and link_holds(member, day_in_japan(timezone.now()))
    done = services.report_watch(idempotency_key="a" * 20, answers=REPORT, member_id=member.id)
    with actor_transaction(town.counsellor):
        (line,) = member_lines(actor=town.counsellor, now=timezone.now())
        assert (line.name, line.reports, line.holds) == ("見○○", 1, True)
        assert member_texts(member, actor=town.counsellor, purpose=Purpose.ADVICE)["name"] == "見本 一郎"
    with actor_transaction(town.outsider):
        assert member_lines(actor=town.outsider, now=timezone.now()) == []
        with pytest.raises(NotAllowed):
            member_texts(member, actor=town.outsider, purpose=Purpose.ADVICE)
    with system_transaction():
        assert WatchReport.objects.get(contact_id=done.contact_id).member_id == member.id


def test_a_new_link_ends_the_old_one_and_an_ended_member_reports_no_more(town: Any) -> None:
    new = registered(town)
    with pytest.raises(VersionConflict):
        services.renew_watch_link(actor=town.official, member_id=new.member.id, version=9, valid_until=until())
    newer = services.renew_watch_link(actor=town.official, member_id=new.member.id, version=1, valid_until=until())
    with pytest.raises(NotFound):
        services.member_of_link(secret=new.secret)
    assert services.member_of_link(secret=newer.secret).id == new.member.id
    services.end_watch_member(actor=town.supervisor, member_id=new.member.id)
    ended = services.end_watch_member(actor=town.supervisor, member_id=new.member.id)
    assert ended.version == 3 and not link_holds(services.member_of_link(secret=newer.secret), day_in_japan(timezone.now()))
    with pytest.raises(NotAllowed):
        services.report_watch(idempotency_key="a" * 20, answers=REPORT, member_id=new.member.id)


def test_a_link_that_ran_out_reports_no_more(town: Any) -> None:
    new = registered(town)
    with system_transaction():
        WatchMember.objects.update(valid_until=day_in_japan(timezone.now()) - timedelta(days=1))
    with pytest.raises(NotAllowed):
        services.report_watch(idempotency_key="a" * 20, answers=REPORT, member_id=new.member.id)


def test_only_who_leads_the_centre_registers_members(town: Any) -> None:
    given = {"kind": "bank", "organisation": "みほん銀行", "name": "見本 二郎", "valid_until": until()}
    for actor in (town.counsellor, town.analyst, town.admin, town.ncac):
        with pytest.raises(NotAllowed):
            services.register_watch_member(actor=actor, **given)
    new = registered(town)
    with pytest.raises(NotFound):
        services.renew_watch_link(actor=town.outside_official, member_id=new.member.id, version=1, valid_until=until())
    with pytest.raises(NotFound):
        services.end_watch_member(actor=town.outside_official, member_id=new.member.id)


def test_a_member_needs_kind_name_and_a_day_that_is_to_come(town: Any) -> None:
    with pytest.raises(Invalid) as error:
        services.register_watch_member(
            actor=town.official, kind="?", organisation=" ", name="\x00", contact="あ" * 121, valid_until=date(9999, 12, 31)
        )
    assert set(error.value.fields or {}) == {"kind", "organisation", "name", "contact", "valid_until"}


def test_wrong_links_are_counted(town: Any) -> None:
    new = registered(town)
    for n in range(LINK_TRIES):
        with pytest.raises(NotFound):
            services.member_of_link(secret=f"{n:032}", client="192.0.2.9")
    with pytest.raises(TooMany):
        services.member_of_link(secret=new.secret, client="192.0.2.9")
    assert services.member_of_link(secret=new.secret, client="192.0.2.10").id == new.member.id


def test_name_and_contact_of_a_member_are_forgotten_a_year_after_the_end(town: Any) -> None:
    new = registered(town)
    services.end_watch_member(actor=town.supervisor, member_id=new.member.id)
    now = timezone.now()
    with system_transaction():
        assert expired_member_keys(now, 10) == []
        assert expired_member_keys(now + KEEP_MEMBER_FOR + timedelta(minutes=1), 10) == [new.member.record_key_id]
