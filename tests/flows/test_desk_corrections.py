"""補正 and the pages around 決裁 through HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from caasis.cases import services
from caasis.cases.approval_record import today
from caasis.cases.models import Contract, Correction
from caasis.cases.vocabulary import State
from caasis.platform.transactions import system_transaction
from tests.flows.test_desk_approval import sent, url
from tests.support.cards import COMPLETE, refresh

pytestmark = pytest.mark.django_db


def registered(town, **more):
    case, approval = sent(town, **more)
    services.decide(
        actor=town.official,
        approval_id=approval.id,
        approve=True,
        confirmed_checks=[check["code"] for check in approval.checks],
    )
    refresh(case)
    return case


def form(case, **more):
    given = {"version": case.version, "product": "P1301", "sales_form": "telephone", "kind": "complaint", "result": "advice"}
    given |= {"transaction_types": ["door_to_door"], "consumer_age": "72", "consumer_sex": "female"}
    return given | {"correction_reason": "電話勧誘と読めるため", **more}


def test_the_nation_sees_what_changes_then_corrects_and_the_centre_disputes(town, client_for):
    case = registered(town)
    ncac, official = client_for("ncac"), client_for("official")
    listed = ncac.get(reverse("desk:corrections-registered")).content.decode()
    assert reverse("desk:correct", args=[case.id]) in listed and "内容別分類がありません" in listed
    page = ncac.post(reverse("desk:correct", args=[case.id]), form(case)).content.decode()
    assert "1項目が変わります" in page and "訪問販売" in page
    with system_transaction():
        assert not Correction.objects.exists()
    answer = ncac.post(reverse("desk:correct", args=[case.id]), form(case, confirmed="1"))
    assert answer.status_code == 302
    with system_transaction():
        correction = Correction.objects.get()
        assert list(correction.after) == ["sales_form"]
    home = official.get(reverse("desk:home")).content.decode()
    assert "国民生活センターの補正" in home
    assert "電話勧誘と読めるため" in official.get(reverse("desk:case", args=[case.id])).content.decode()
    one = reverse("desk:correction", args=[correction.id])
    refused = official.post(f"{one}dispute", {"dispute_reason": "短い"})
    assert refused.status_code == 422 and "短い" in refused.content.decode()
    assert official.post(f"{one}dispute", {"dispute_reason": "契約書では訪問販売でした"}).status_code == 302
    assert "契約書では訪問販売でした" in ncac.get(one).content.decode()
    answer = ncac.post(f"{one}answer", {"decision": "withdraw", "answer_reason": "記載に従います"})
    assert answer.status_code == 302
    with system_transaction():
        assert Contract.objects.get(case=case).sales_form == "door_to_door"
    assert "記載に従います" in official.get(one).content.decode()


def test_a_refused_correction_keeps_what_was_typed(town, client_for):
    case = registered(town)
    answer = client_for("ncac").post(
        reverse("desk:correct", args=[case.id]), form(case, correction_reason="短い", keywords="点検", confirmed="1")
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "短い" in page and 'value="点検"' in page and "入力は、そのまま" in page


def test_many_are_counted_first_and_then_each_has_a_result(town, client_for):
    cases = [registered(town, title=f"{number}件め") for number in range(2)]
    ncac = client_for("ncac")
    chosen = [f"{case.id}:{case.version}" for case in cases]
    first = ncac.post(reverse("desk:corrections-bulk"), {"case": chosen}).content.decode()
    assert "2件をまとめて補正します" in first
    data = {"case": [chosen[0], f"{cases[1].id}:1"], "confirmed": "1", "payment_method": "cash", "correction_reason": "現金のため"}
    done = ncac.post(reverse("desk:corrections-bulk"), data).content.decode()
    assert "2件中1件を補正しました" in done and "見ているあいだに変わりました" in done
    with system_transaction():
        batch = Correction.objects.get().batch_id
    ncac.post(reverse("desk:corrections-undo", args=[batch]))
    with system_transaction():
        assert Correction.objects.get().state == "withdrawn"


@pytest.mark.parametrize("who", ["counsellor", "official", "outsider", "admin"])
def test_only_the_nation_opens_the_form(town, client_for, who):
    case = registered(town)
    assert client_for(who).get(reverse("desk:correct", args=[case.id])).status_code == 403
    assert client_for(who).get(reverse("desk:corrections-registered")).status_code == 403


def test_an_open_case_is_absent_for_a_correction_and_an_outsider_finds_none(town, client_for):
    case, _ = sent(town)
    assert client_for("ncac").get(reverse("desk:correct", args=[case.id])).status_code == 404
    done = registered(town)
    correction = services.correct_case(
        actor=town.ncac, case_id=done.id, version=done.version, changes={"sales_form": "shop"}, reason="店舗と読めるため"
    )
    assert client_for("outside_official").get(reverse("desk:correction", args=[correction.id])).status_code == 404


# --- around 決裁 ------------------------------------------------------------------------------------------------------


def test_the_list_filters_by_check_age_kind_and_sender(town, client_for):
    sent(town, title="指摘のない相談")
    sent(town, title="指摘のある相談", paid=2_000_000)
    official = client_for("official")
    everything = official.get(reverse("desk:approval-list")).content.decode()
    assert "指摘のない1件を選んでいます" in everything and "指摘：金額" in everything
    clean = official.get(reverse("desk:approval-list"), {"flags": "clean", "who": str(town.counsellor.id)}).content.decode()
    assert "指摘のない相談" in clean and "指摘のある相談" not in clean
    assert "条件に合う依頼はありません" in official.get(reverse("desk:approval-list"), {"age": "7"}).content.decode()
    assert official.get(reverse("desk:approval-list"), {"kind": "'", "who": "x", "age": "x"}).status_code == 200


def test_marked_fields_stand_out_on_the_counsellors_card(town, client_for):
    case, approval = sent(town)
    page = client_for("official").get(url("approval", approval)).content.decode()
    assert 'name="field" value="amount"' in page
    client_for("official").post(
        url("approval-decide", approval), {"decision": "return", "reason": "書面で確かめてください。", "field": ["amount", "bogus"]}
    )
    card = client_for("counsellor").get(reverse("desk:case", args=[case.id])).content.decode()
    assert card.count("is-returned") == 1 and "書面で確かめてください。" in card and 'href="#amount"' in card


def test_a_case_handed_over_while_it_waits_can_still_be_approved(town, client_for):
    case, approval = sent(town)
    services.assign_case(actor=town.counsellor, case_id=case.id, to=town.counsellor2.id)
    refresh(case)
    answer = client_for("official").post(url("approval-decide", approval), {"decision": "approve", "version": case.version})
    assert answer.status_code == 302


def test_a_second_look_counts_from_ones_own_first(town, client_for):
    case, approval = sent(town)
    official = client_for("official")
    official.get(url("approval", approval))
    official.post(url("approval-decide", approval), {"decision": "return", "reason": "金額を確かめてください。"})
    refresh(case)
    services.save_card(actor=town.counsellor, case_id=case.id, version=case.version, changes={"amount": 1_260_000})
    again = services.request_approval(actor=town.counsellor, case_id=case.id)
    assert "あなたが前に見た依頼" in official.get(url("approval", again)).content.decode()
    assert "あなたは、まだこの相談を見ていません" in client_for("supervisor").get(url("approval", again)).content.decode()


def test_an_absence_offers_the_deputy_the_decision(town, client_for):
    _, approval = sent(town)
    day = today()
    official = client_for("official")
    data = {"user": str(town.official.id), "deputy": str(town.supervisor.id), "note": "出張"}
    for name in ("first", "last"):
        data |= {f"{name}_y": day.year, f"{name}_m": day.month, f"{name}_d": day.day}
    refused = official.post(reverse("desk:approval-absence"), {**data, "deputy": ""})
    assert refused.status_code == 422 and "出張" in refused.content.decode()
    assert official.post(reverse("desk:approval-absence"), data).status_code == 302
    page = client_for("supervisor").get(url("approval", approval)).content.decode()
    assert "見本 officialさんの代決" in page
    assert client_for("supervisor").post(url("approval-decide", approval), {"decision": "approve"}).status_code == 302
    assert "見本 officialさんの代決" in official.get(reverse("desk:approval-absence")).content.decode()


def test_the_paper_holds_no_name_until_a_purpose_is_stated(town, client_for):
    _, approval = sent(town, consumer_name="秘匿川 栞奈")
    official = client_for("official")
    plain = official.get(url("approval-paper", approval)).content.decode()
    assert "個人情報は記載していません" in plain and "秘匿川" not in plain and COMPLETE["summary"][:15] in plain
    assert "秘匿川 栞奈" in official.get(url("approval-paper", approval), {"purpose": "approval"}).content.decode()
    pdf = official.get(url("approval-paper-pdf", approval))
    assert pdf.content.startswith(b"%PDF") and pdf["Cache-Control"] == "no-store"
    assert client_for("outside_official").get(url("approval-paper-pdf", approval)).status_code == 404


def test_a_case_approved_while_somebody_types_keeps_the_typing_and_says_so(town, client_for):
    case, _ = sent(town)
    services.withdraw_request(actor=town.counsellor, case_id=case.id)
    refresh(case)
    counsellor = client_for("counsellor")
    typed = {"version": case.version, "fields": "title", "title": "打ちかけの新しい件名", "base": "title:0000000000"}
    # The page is open; meanwhile a colleague sends the case, and it is approved.
    again = services.request_approval(actor=town.counsellor2, case_id=case.id)
    services.decide(actor=town.official, approval_id=again.id, approve=True)
    answer = counsellor.post(reverse("desk:case-save", args=[case.id]), typed)
    page = answer.content.decode()
    assert answer.status_code == 409 and "書き換えられません" in page
    assert "保存されていない、あなたの入力" in page and "打ちかけの新しい件名" in page
    refresh(case)
    assert case.state == State.REGISTERED and case.title == COMPLETE["title"]
    by_script = counsellor.post(reverse("desk:case-save", args=[case.id]), typed, headers={"HX-Request": "true"})
    assert by_script.status_code == 409 and "入力は、そのまま残っています" in by_script.content.decode()
    later = counsellor.get(reverse("desk:case", args=[case.id])).content.decode()
    assert "打ちかけの新しい件名" in later
    services.reopen_case(actor=town.counsellor, case_id=case.id, reason="続きを書くため")
    assert "打ちかけの新しい件名" in counsellor.get(reverse("desk:case", args=[case.id])).content.decode()
