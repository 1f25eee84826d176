"""重大事故等: found from fields and words, timed, notified without 決裁, supplemented, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import accidents
from caasis.cases import services as cases
from caasis.cases.models import AccidentNotice, Task
from caasis.cases.rules.accidents import NOTICE_FIELDS, accident_law, criteria_met, is_late, notice_draft, notice_text
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh

State = AccidentNotice.State
HURT = {**COMPLETE, "injury": True, "harm_degree": "from_30_days", "consumer_name": "秘匿川 栞奈"}


@pytest.mark.parametrize(
    ("card", "codes"),
    [
        ({"harm_degree": "death"}, ["death"]),
        ({"harm_days": 30}, ["treatment_30"]),
        ({"harm_days": 29}, []),
        ({"harm_degree": "under_30_days"}, []),
        ({"harm_degree": "aftereffect"}, ["disability"]),
        ({"harm_kind": "co_poisoning"}, ["co_poisoning"]),
        ({"harm_kind": "suffocation"}, ["danger"]),
        ({"summary": "ストーブから出火し、壁が焦げた。"}, ["fire"]),
        ({"summary": "父が一酸化炭素中毒になった。"}, ["co_poisoning"]),
        ({"summary": "全治2か月と言われた。"}, ["treatment_30"]),
        ({"summary": "こんにゃくをのどに詰まらせた。"}, ["danger"]),
        ({"summary": "飲料に洗剤が混入していた。"}, ["poison"]),
        ({"summary": "けがはない。火事にはならなかった。"}, []),
        ({"summary": "契約をやめたい。"}, []),
        ({}, []),
    ],
)
def test_each_criterion_is_met_by_its_field_or_its_words(card, codes):
    assert [met.criterion.code for met in criteria_met(card)] == codes


def test_coded_fields_are_certain_and_come_first():
    met = criteria_met({"summary": "発火した。", "harm_degree": "death"})
    assert [(one.criterion.code, one.certain, one.quote) for one in met] == [("death", True, ""), ("fire", False, "発火")]


def test_every_criterion_has_its_article_and_says_whether_it_is_verified():
    law = accident_law()
    assert "12条" in law.duty and law.criteria
    assert all("消費者安全法" in one.article for one in law.criteria)
    assert law.criterion("nothing") is None


def test_the_form_fills_itself_and_shows_what_is_unknown():
    values = notice_draft({"summary": "発火した。", "harm_kept": True}, {"learned": "電話", "contact": "センター"})
    assert set(values) == {name for name, _, _ in NOTICE_FIELDS}
    assert values["what"] == "発火した。" and values["where"] == "〔発生した場所〕" and "保管されている" in values["now"]
    text = notice_text(values, criteria=("fire", "nothing"), receipt_number="2026-1", today=day_in_japan(timezone.now()), supplement=True)
    assert "続報" in text and "火災" in text and "第12条第1項" in text


def test_late_is_after_the_centres_hour():
    now = timezone.now()
    assert not is_late(now - timedelta(minutes=59), now=now) and is_late(now - timedelta(minutes=60), now=now)


def opened(town: Any, **card: Any) -> Any:
    with actor_transaction(town.counsellor):
        return cases.open_case(actor=town.counsellor, card={**HURT, **card})


def notices(case: Any) -> list[AccidentNotice]:
    with system_transaction():
        return list(AccidentNotice.objects.filter(case=case))


@pytest.mark.django_db
def test_saving_a_card_starts_the_clock_once_with_a_task(town):
    case = opened(town)
    with actor_transaction(town.counsellor):
        cases.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"harm_degree": "death"})
    (notice,) = notices(case)
    assert notice.state == State.OPEN and notice.criteria == ["treatment_30", "death"]
    with system_transaction():
        assert Task.objects.filter(case=case, kind="accident", done_at=None).count() == 1
    plain = opened(town, harm_degree="none")
    assert not notices(plain)


@pytest.mark.django_db
def test_it_is_notified_without_approval_and_the_clock_stops(town):
    case = opened(town)
    (notice,) = notices(case)
    with actor_transaction(town.official):
        # An official may, too: it must not wait for anybody.
        cases.save_notice(actor=town.official, notice_id=notice.id, values={"what": "ヤマガラが起きた。"})
        cases.record_sent(actor=town.official, notice_id=notice.id, means="mail", to="消費者庁")
    refresh(case)
    refresh(notice)
    assert notice.state == State.SENT and case.state == "advising"
    with system_transaction():
        assert not Task.objects.filter(case=case, kind="accident", done_at=None).exists()
        assert "ヤマガラ".encode() not in bytes(notice.body.data)
    with actor_transaction(town.official):
        assert accidents.notice_values(notice, actor=town.official, purpose=Purpose.ADVICE)["what"] == "ヤマガラが起きた。"
    with actor_transaction(town.counsellor), pytest.raises(WrongState):
        cases.save_notice(actor=town.counsellor, notice_id=notice.id, values={})


@pytest.mark.django_db
def test_the_draft_holds_no_name(town):
    case = opened(town)
    with actor_transaction(town.counsellor):
        notice = accidents.get_notice(actor=town.counsellor, notice_id=notices(case)[0].id)
        values = accidents.notice_values(notice, actor=town.counsellor, purpose=Purpose.OWN_CASE)
    assert "秘匿川" not in str(values) and "70歳代" in values["injury"] and "青葉市" in values["contact"]


@pytest.mark.django_db
def test_a_mistaken_record_of_sending_is_taken_back(town):
    (notice,) = notices(opened(town))
    cases.record_sent(actor=town.counsellor, notice_id=notice.id, means="phone", to="消費者庁")
    with pytest.raises(WrongState):
        cases.undo_sent(actor=town.counsellor2, notice_id=notice.id)
    cases.undo_sent(actor=town.counsellor, notice_id=notice.id)
    refresh(notice)
    assert notice.state == State.OPEN and notice.sent_at is None


@pytest.mark.django_db
def test_a_supplement_follows_and_a_revocation_needs_its_reason(town):
    case = opened(town)
    (notice,) = notices(case)
    with pytest.raises(WrongState):
        cases.supplement_notice(actor=town.counsellor, notice_id=notice.id)
    cases.record_sent(actor=town.counsellor, notice_id=notice.id, means="mail", to="消費者庁")
    more = cases.supplement_notice(actor=town.counsellor, notice_id=notice.id)
    assert more.supplements_id == notice.id
    assert cases.supplement_notice(actor=town.counsellor, notice_id=notice.id).id == more.id
    with pytest.raises(Invalid):
        cases.close_notice(actor=town.counsellor, notice_id=notice.id, reason=" ")
    cases.close_notice(actor=town.counsellor, notice_id=notice.id, reason="治療は3日だった。")
    refresh(notice)
    assert notice.state == State.REVOKED


@pytest.mark.django_db
def test_what_a_person_dismissed_comes_back_only_with_a_new_criterion(town):
    case = opened(town)
    cases.close_notice(actor=town.counsellor, notice_id=notices(case)[0].id, reason="自然に治った。")
    with actor_transaction(town.counsellor):
        case.refresh_from_db()
        cases.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"title": "書きかえた"})
        assert [one.state for one in notices(case)] == [State.DISMISSED]
        case.refresh_from_db()
        cases.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"harm_degree": "death"})
    assert [one.state for one in notices(case)] == [State.DISMISSED, State.OPEN]


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"means": "pigeon"}, {"to": ""}, {"to": "長" * 81}, {"at": timezone.now() + timedelta(days=1)}, {"at": timezone.now() - timedelta(days=9)}])
def test_a_record_of_sending_without_sense_is_refused(town, wrong):
    (notice,) = notices(opened(town))
    with pytest.raises(Invalid):
        cases.record_sent(actor=town.counsellor, notice_id=notice.id, **{"means": "mail", "to": "消費者庁", **wrong})


@pytest.mark.django_db
def test_who_is_outside_sees_and_sends_no_notice(town):
    case = opened(town)
    (notice,) = notices(case)
    for who in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        actor = town.actors[who]
        with actor_transaction(actor):
            assert not accidents.open_notices(actor=actor, now=timezone.now())
            for act in (
                lambda a=actor: cases.record_sent(actor=a, notice_id=notice.id, means="mail", to="x"),
                lambda a=actor: cases.close_notice(actor=a, notice_id=notice.id, reason="x"),
                lambda a=actor: cases.start_notice(actor=a, case_id=case.id),
                lambda a=actor: accidents.notices_of(case, actor=a, purpose=None, now=timezone.now()),
            ):
                with pytest.raises((NotFound, NotAllowed)):
                    act()
    with actor_transaction(town.official):
        (shown,) = accidents.open_notices(actor=town.official, now=timezone.now() + timedelta(hours=50))
    assert shown.late and shown.waiting == "2日"
