"""The referral directory: everyday words, what is due, a centre's own knowledge, naming an office, and 経由."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from caasis.cases import services
from caasis.cases.directory import common_offices, get_office, introduction_counts, introductions_of, offices
from caasis.cases.models import Case, CaseVia, Introduction, Office
from caasis.cases.rules.offices import KINDS, Entry, due_entries, find_offices, introduction_text, months_since
from caasis.desk.workspace import today_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.platform.transactions import actor_transaction, system_transaction

VALUES = {"name": "見本市の無料法律相談", "kind": "legal", "words": "弁護士 近所", "phone": "022-000-0000"}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("給料が払われない", "labour-standards"),
        ("残業代がもらえない", "labour-standards"),
        ("パワハラで会社を辞めたい", "labour-general"),
        ("屋根の雨漏りの工事", "sumai-dial"),
        ("裁判所から訴状が届いた", "houterasu"),
        ("知らない人につきまといをされている", "police-9110"),
        ("夫に殴られる", "dv"),
        ("死にたい", "heart"),
        ("光回線の解約金", "telecom"),
        ("病院で医療ミスがあった", "medical-safety"),
        ("国民年金の受給", "pension"),
        ("隣の家の騒音", "building-neighbour"),
    ],
)
def test_everyday_words_find_the_office(told: str, code: str) -> None:
    assert find_offices(common_offices(), told)[0].code == code


@pytest.mark.parametrize("told", ["", " ", "あ", "zzzz"])
def test_words_that_say_nothing_find_nothing(told: str) -> None:
    assert find_offices(common_offices(), told) == []


def test_every_common_entry_has_its_source_and_no_number_that_nobody_is_sure_of() -> None:
    for entry in common_offices():
        assert entry.source and entry.kind in KINDS, entry
        assert bool(entry.phone) == entry.verified, entry.code
    numbers = {entry.code: entry.phone for entry in common_offices() if entry.phone}
    assert numbers["houterasu"] == "0570-078374" and numbers["hotline-188"] == "188"


def test_what_nobody_checked_for_six_months_is_due() -> None:
    today = date(2026, 11, 26)
    entries = [
        Entry("a", "a", "tax", checked_on=date(2026, 5, 27)),
        Entry("b", "b", "tax", checked_on=date(2026, 5, 26)),
        Entry("c", "c", "tax"),
    ]
    assert [entry.code for entry in due_entries(entries, today)] == ["c", "b"]
    assert months_since(date(2026, 5, 27), today) == 5


def test_the_text_for_the_consumer_leaves_out_what_is_unsure() -> None:
    text = introduction_text(Entry("x", "見本窓口", "tax", handles="税の相談", phone="03-0000-0000", hours="平日（要確認）"))
    assert text.splitlines() == ["【ご案内】見本窓口", "　税の相談", "　電話：03-0000-0000"]


@pytest.mark.django_db
def test_a_centres_own_knowledge_stays_with_the_centre(town: Any) -> None:
    own = services.save_office(actor=town.counsellor, values=VALUES, checked=True)
    services.save_office(
        actor=town.counsellor,
        code="labour-standards",
        values={"name": "見本労働基準監督署", "kind": "labour", "phone": "022-111-1111"},
    )
    with actor_transaction(town.counsellor):
        assert get_office(actor=town.counsellor, code=own.code).checked_on == today_in_japan()
        assert get_office(actor=town.counsellor, code="labour-standards").phone == "022-111-1111"
    with actor_transaction(town.outsider):
        assert get_office(actor=town.outsider, code="labour-standards").phone == ""
        assert Office.objects.count() == 0, "the wall"
        with pytest.raises(NotFound):
            get_office(actor=town.outsider, code=own.code)
    with actor_transaction(town.analyst):
        assert len(offices(actor=town.analyst)) == len(common_offices())
    with pytest.raises(NotAllowed):
        services.save_office(actor=town.analyst, values=VALUES)


@pytest.mark.django_db
def test_checking_hiding_and_a_colleague_who_was_faster(town: Any) -> None:
    services.check_office(actor=town.counsellor, code="houterasu")
    with actor_transaction(town.counsellor):
        checked = get_office(actor=town.counsellor, code="houterasu")
        assert (checked.checked_on, checked.phone) == (today_in_japan(), "0570-078374")
    with pytest.raises(VersionConflict):
        services.save_office(actor=town.counsellor2, code="houterasu", version=0, values=VALUES)
    services.hide_office(actor=town.counsellor, code="houterasu")
    with actor_transaction(town.counsellor), pytest.raises(NotFound):
        get_office(actor=town.counsellor, code="houterasu")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": " "}, "name"), ({"url": "javascript:alert(1)"}, "url"), ({"kind": "x"}, "kind"), ({"phone": "1" * 60}, "phone")],
)
def test_an_entry_that_must_be_mended(town: Any, change: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as error:
        services.save_office(actor=town.counsellor, values={**VALUES, **change})
    assert list(error.value.fields) == [field]


@pytest.mark.django_db
def test_an_office_is_named_once_a_case_and_counted(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={"title": "給料が払われない"})
    first = services.introduce_office(actor=town.counsellor, case_id=case.id, code="labour-standards")
    assert services.introduce_office(actor=town.counsellor2, case_id=case.id, code="labour-standards").id == first.id
    today = today_in_japan()
    span = {"since": today - timedelta(days=1), "until": today}
    with actor_transaction(town.counsellor):
        assert list(introduction_counts(actor=town.counsellor, **span)) == [("labour-standards", "労働基準監督署", 1)]
    with actor_transaction(town.outsider):
        assert list(introduction_counts(actor=town.outsider, **span)) == []
        assert Introduction.objects.count() == 0, "the wall"
    with pytest.raises(NotFound):
        services.introduce_office(actor=town.outsider, case_id=case.id, code="houterasu")
    with pytest.raises(NotFound):
        services.take_back_introduction(actor=town.outsider, introduction_id=first.id)
    services.take_back_introduction(actor=town.counsellor, introduction_id=first.id)
    with pytest.raises(WrongState):
        services.take_back_introduction(actor=town.counsellor, introduction_id=first.id)
    with actor_transaction(town.counsellor):
        assert introductions_of(case, actor=town.counsellor) == []


@pytest.mark.django_db
def test_where_a_case_came_from(town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={"title": "役場から回ってきた相談"})
    given = {"route": "via_transfer", "office": "見本町役場 住民課", "contact_person": "見本", "phone": "022-000-0000"}
    services.set_via(actor=town.counsellor, case_id=case.id, **given)
    with system_transaction():
        assert Case.objects.get(id=case.id).route == "via_transfer"
    with pytest.raises(VersionConflict):
        services.set_via(actor=town.counsellor2, case_id=case.id, **given)
    with pytest.raises(Invalid):
        services.set_via(actor=town.counsellor, case_id=case.id, **{**given, "route": "direct"}, version=1)
    with pytest.raises(NotFound):
        services.set_via(actor=town.outsider, case_id=case.id, **given)
    with actor_transaction(town.outsider):
        assert CaseVia.objects.count() == 0, "the wall"
