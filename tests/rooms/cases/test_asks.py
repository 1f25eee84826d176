"""Product tests with their custody, 申出 of 特商法60条, and co-operation that needs the consumer and the centre."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import asks
from caasis.cases import services as cases
from caasis.cases.models import CaseAsk, CaseAskEntry
from caasis.cases.rules.asks import petition_text
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db
TODAY = day_in_japan(timezone.now())


def opened(town: Any) -> Any:
    with actor_transaction(town.counsellor):
        return cases.open_case(actor=town.counsellor, card=COMPLETE)


def registered(town: Any) -> Any:
    case = opened(town)
    with actor_transaction(town.counsellor):
        cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
        approval = cases.request_approval(actor=town.counsellor, case_id=case.id)
    flagged = [check["code"] for check in approval.checks if check["verdict"] == "flagged"]
    with actor_transaction(town.official):
        cases.decide(actor=town.official, approval_id=approval.id, approve=True, confirmed_checks=flagged)
    return case


def test_a_thing_changes_hands_only_with_both_hands_named(town):
    case = opened(town)
    ask = cases.open_ask(actor=town.counsellor, case_id=case.id, kind="test", addressee="国民生活センター", text="発煙した")
    with pytest.raises(Invalid) as refused:
        cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="kept", gave="相談者")
    assert list(refused.value.fields) == ["took"]
    cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="kept", gave="相談者", took="センターの金庫")
    cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="sent", gave="センター", took="商品テスト部")
    with actor_transaction(town.counsellor):
        (shown,) = asks.asks_of(case, actor=town.counsellor, purpose=Purpose.OWN_CASE)
    assert (shown.holder, shown.ask.state, shown.body) == ("商品テスト部", "sent", "発煙した")
    cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="result", words="部品の焼損")
    refresh(ask)
    assert ask.state == "done"
    with pytest.raises(WrongState):
        cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="note", words="もう一度")


@pytest.mark.parametrize("step", ["filed", "answered", "consumer_yes", "nothing"])
def test_a_test_takes_only_its_own_steps(town, step):
    ask = cases.open_ask(actor=town.counsellor, case_id=opened(town).id, kind="test", addressee="NCAC", text="x")
    with pytest.raises(Invalid):
        cases.log_ask(actor=town.counsellor, ask_id=ask.id, step=step, words="x")


def test_the_petition_is_the_consumers_own_and_names_its_article():
    text = petition_text({"business_name": "カクウルーフ"}, addressee="", name="", address="", today=TODAY)
    assert "第60条第1項" in text and "カクウルーフ" in text and "〔氏名〕" in text and "〔金額〕" in text


def test_the_nation_asks_and_both_must_agree(town):
    case = registered(town)
    with actor_transaction(town.ncac):
        ask = cases.ask_cooperation(actor=town.ncac, case_id=case.id, authority="国民生活センター", question="録音はあるか。")
        assert [row.id for row in asks.open_asks(actor=town.ncac)] == [ask.id]
    with actor_transaction(town.counsellor):
        assert [row.id for row in asks.open_asks(actor=town.counsellor)] == [ask.id]
        with pytest.raises(WrongState):
            cases.log_ask(actor=town.counsellor, ask_id=ask.id, step="answered", words="はい")
        cases.record_consumer_answer(actor=town.counsellor, ask_id=ask.id, agrees=True, means="phone", words="ヒタキです")
        with pytest.raises(NotAllowed):
            cases.decide_cooperation(actor=town.counsellor, ask_id=ask.id, agrees=True)
    with actor_transaction(town.official):
        cases.decide_cooperation(actor=town.official, ask_id=ask.id, agrees=True)
        refresh(ask)
        assert ask.state == "agreed"
        cases.log_ask(actor=town.official, ask_id=ask.id, step="answered", words="録音を渡した。")
    refresh(ask)
    assert ask.state == "done"
    with actor_transaction(town.ncac):
        # The nation sees that it is done, and reads no word of the centre's log.
        assert asks.get_ask(actor=town.ncac, ask_id=ask.id).state == "done"
        with pytest.raises(NotFound):
            asks.asks_of(case, actor=town.ncac, purpose=Purpose.ADVICE)


def test_one_no_ends_it(town):
    case = registered(town)
    with actor_transaction(town.ncac):
        ask = cases.ask_cooperation(actor=town.ncac, case_id=case.id, authority="消費者庁", question="契約書はあるか。")
    with actor_transaction(town.counsellor):
        cases.record_consumer_answer(actor=town.counsellor, ask_id=ask.id, agrees=False, means="phone")
    refresh(ask)
    assert ask.state == "refused"
    with actor_transaction(town.official), pytest.raises(WrongState):
        cases.decide_cooperation(actor=town.official, ask_id=ask.id, agrees=True)


def test_a_request_that_carries_a_number_is_refused(town):
    case = registered(town)
    with actor_transaction(town.ncac), pytest.raises(Invalid):
        cases.ask_cooperation(actor=town.ncac, case_id=case.id, authority="消費者庁", question="090-1234-5678に聞きたい。")


def test_who_is_outside_asks_about_no_open_case_and_reads_no_request(town):
    open_case, case = opened(town), registered(town)
    test = cases.open_ask(actor=town.counsellor, case_id=open_case.id, kind="test", addressee="NCAC", text="x")
    for who in ("ncac", "analyst", "outsider"):
        actor = town.actors[who]
        with actor_transaction(actor):
            with pytest.raises((NotFound, NotAllowed)):
                cases.ask_cooperation(actor=actor, case_id=open_case.id, authority="x", question="何か。")
            with pytest.raises(NotFound):
                asks.get_ask(actor=actor, ask_id=test.id)
            assert not CaseAsk.objects.exists() and not CaseAskEntry.objects.exists(), who
    with actor_transaction(town.outsider), pytest.raises(NotAllowed):
        cases.ask_cooperation(actor=town.outsider, case_id=case.id, authority="x", question="何か。")
    with system_transaction():
        assert CaseAsk.objects.count() == 1
