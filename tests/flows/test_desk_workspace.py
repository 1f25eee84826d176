"""The workspace over HTTP: taking, typing, saving, drafts, conflicts, refusals, verbs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from caasis.audit.models import AccessRecord
from caasis.cases import selectors, services
from caasis.cases.models import Case, Draft
from caasis.platform.transactions import system_transaction
from tests.support.desk import COMPLETE, card_page, form_of, phone_case, save_card, send_consultation

pytestmark = pytest.mark.django_db


def reload(case_id: Any) -> Case:
    with system_transaction():
        return Case.objects.get(id=case_id)


def test_a_new_phone_case_opens_the_workspace_at_once(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    page = client.get("/desk/cases/new?channel=phone")
    key = page.context["key"]
    answer = client.post("/desk/cases/new", {"channel": "phone", "key": key})
    assert answer.status_code == 302
    again = client.post("/desk/cases/new", {"channel": "phone", "key": key})
    assert again["Location"] == answer["Location"], "two clicks open one case"
    workspace = client.get(answer["Location"])
    assert workspace.status_code == 200
    assert "自分の担当" in workspace.content.decode()
    with system_transaction():
        assert Case.objects.count() == 1
        assert Case.objects.get().contact_links.count() == 1


def test_typing_is_kept_as_a_draft_and_comes_back(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), summary="書きかけの概要", memo="14:03:21 聞いたこと", draft_version="5")
    answer = client.post(f"/desk/cases/{case.id}/draft", data, headers={"X-Requested-With": "autosave"})
    assert answer.status_code == 200 and answer.json()["saved_at"]
    late = {**data, "summary": "古い", "draft_version": "4"}
    client.post(f"/desk/cases/{case.id}/draft", late, headers={"X-Requested-With": "autosave"})
    page = card_page(client, case.id).content.decode()
    assert "書きかけの概要" in page and "聞いたこと" in page and "の続きです" in page
    assert reload(case.id).summary == "", "a draft changes no case"
    assert "書きかけの概要" not in card_page(client_for("counsellor2"), case.id).content.decode()


def test_saving_keeps_the_memo_and_ends_the_draft_of_the_card(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), summary="突然来訪した。", memo="14:03:21 聞いたこと", amount="148万円", consumer_name="相談 花子")
    answer = save_card(client, case.id, data)
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    text = page.content.decode()
    assert "保存しました" in text and "聞いたこと" in text and "の続きです" not in text
    assert 'value="1,480,000"' in text and "相談 花子さん" in text
    assert page.context["sheet"].version == 2


def test_a_save_by_script_answers_parts_only(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), summary="突然来訪した。")
    answer = save_card(client, case.id, data, **{"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in text
    assert 'id="card-version" value="2"' in text and "登録まで残り" in text
    again = save_card(client, case.id, {**data, "version": "2", "base": _value(text, "card-base")}, **{"HX-Request": "true"})
    assert 'data-changed="false"' in again.content.decode(), "the same save twice changes nothing"


def _value(html: str, element_id: str) -> str:
    return html.split(f'id="{element_id}" value="')[1].split('"')[0]


def test_two_people_on_different_fields_merge(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    mine, theirs = client_for("counsellor"), client_for("supervisor")
    my_page, their_page = card_page(mine, case.id), card_page(theirs, case.id)
    assert save_card(theirs, case.id, form_of(their_page, business_name="カクウルーフ")).status_code == 302
    answer = save_card(mine, case.id, form_of(my_page, summary="わたしの概要"))
    assert answer.status_code == 302
    saved = card_page(mine, case.id).content.decode()
    assert "カクウルーフ" in saved and "わたしの概要" in saved
    assert "合わせて保存しました" in saved


def test_two_people_on_one_field_see_mine_and_theirs(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子")
    mine, theirs = client_for("counsellor"), client_for("supervisor")
    my_page, their_page = card_page(mine, case.id), card_page(theirs, case.id)
    save_card(theirs, case.id, form_of(their_page, amount="1,840,000", business_name="カクウルーフ"))
    conflict = save_card(mine, case.id, form_of(my_page, amount="1,480,000", summary="わたしの概要"))
    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert "ほかの職員が先に更新しました。あなたの入力は残っています。" in text
    assert "重なったのは1項目" in text and "相手方事業者" in text
    assert "1,480,000円" in text and "1,840,000円" in text and "わたしの概要" in text and "カクウルーフ" in text
    assert reload(case.id).summary == "", "nothing of a refused save is half saved"
    back = card_page(mine, case.id).content.decode()
    assert "わたしの概要" in back, "what was typed is a draft, too"
    for choice, amount in (("theirs", 1_840_000), ("mine", 1_480_000)):
        settled = form_of(conflict, resolve_amount=choice)
        if choice == "mine":
            settled["amount"] = "1,480,000"
            settled["version"] = str(reload(case.id).version)
        answer = save_card(mine, case.id, settled)
        assert answer.status_code == 302, choice
        with system_transaction():
            assert Case.objects.get(id=case.id).contracts.get().amount == amount
    assert reload(case.id).summary == "わたしの概要"


def test_a_conflict_by_script_keeps_the_page(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    mine, theirs = client_for("counsellor"), client_for("supervisor")
    my_page, their_page = card_page(mine, case.id), card_page(theirs, case.id)
    save_card(theirs, case.id, form_of(their_page, title="相手の件名", business_name="カクウルーフ"))
    answer = save_card(mine, case.id, form_of(my_page, title="わたしの件名"), **{"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 409 and "<html" not in text and "resolve_title" in text
    over = json.loads(text.split('id="taken-over" type="application/json">')[1].split("</script>")[0])
    assert over == {"business_name": "カクウルーフ"}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "たくさん", "契約金額を「38000」か「3万8千円」のように入力してください。"),
        ("contracted_on", "13月40日", "契約日を「2026年11月3日」のように入力してください。"),
        ("consumer_age", "900", "年齢を0から130までの数字で入力してください。"),
        ("title", "あ" * 121, "件名は120字までです。短くしてください。"),
        ("keywords", "一、二、三、四、五、六", "キーワードは5つまでです。"),
        ("product", "NOPE", "商品・役務を一覧から選んでください。"),
        ("summary", "長" * 20_001, "相談概要は20,000字までです。短くしてください。"),
    ],
)
def test_wrong_input_is_refused_with_everything_kept(client_for: Any, town: Any, field: str, value: str, sentence: str) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), handling="助言したこと", **{field: value})
    answer = save_card(client, case.id, data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "エラー：" in text and sentence in text and "助言したこと" in text
    if field not in ("product",):
        assert value in text
    assert reload(case.id).handling == ""
    part = save_card(client, case.id, data, **{"HX-Request": "true"})
    assert part.status_code == 422 and sentence in part.content.decode() and "<html" not in part.content.decode()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "'; DROP TABLE cases_case; --", "{{ 7*7 }}", "\u202etxt.exe", "a\x00b", "𠮷野家\u3000🍣"])
def test_hostile_text_is_text(client_for: Any, town: Any, hostile: str) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    answer = save_card(client, case.id, form_of(card_page(client, case.id), summary=hostile, title=hostile[:100]))
    assert answer.status_code == 302
    text = card_page(client, case.id).content.decode()
    assert "<script>alert" not in text and ">49<" not in text


def test_a_form_that_lies_about_its_fields_does_no_harm(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    for data in ({}, {"fields": "state,owning_centre_id,id", "state": "registered"}, {"version": "x", "base": "::::", "fields": "title,,", "title": "よい件名"}, {"draft_version": "9" * 40}):
        assert save_card(client, case.id, data).status_code in (302, 409, 422)
    assert reload(case.id).state == "advising"


def test_an_expired_session_answers_401_and_keeps_the_page(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    public = client_for("public")
    for path in ("draft", "save", "clock", "presence"):
        assert public.post(f"/desk/cases/{case.id}/{path}", {}).status_code == 401
    page = public.get(f"/desk/cases/{case.id}/")
    assert page.status_code == 302 and page["Location"].startswith("/accounts/login/?next=")
    assert public.head(f"/desk/cases/{case.id}/").status_code == 401


def test_the_outsider_and_the_absent_get_the_same_404(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    outsider = client_for("outsider")
    absent = "01890000-0000-7000-8000-000000000000"
    for path in ("", "preview", "timeline", "news", "request", "task"):
        hidden = outsider.get(f"/desk/cases/{case.id}/{path}")
        gone = outsider.get(f"/desk/cases/{absent}/{path}")
        assert hidden.status_code == gone.status_code == 404, path
        assert _without_reference(hidden) == _without_reference(gone)
    for path in ("save", "draft", "clock", "presence", "handover", "take", "undo", "note", "answer", "reopen", "state/finish_handling", "request/send", "draft/discard"):
        assert outsider.post(f"/desk/cases/{case.id}/{path}", {}).status_code == 404, path


def _without_reference(response: Any) -> str:
    return response.content.decode().replace(response["X-Reference"], "")


def test_personal_data_are_masked_until_a_purpose_is_stated_and_opening_is_logged(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子", consumer_phone="022-000-0001")
    colleague = client_for("counsellor2")
    masked = card_page(colleague, case.id)
    assert "伏せています" in masked.content.decode() and "相談 花子" not in masked.content.decode()
    with system_transaction():
        before = AccessRecord.objects.filter(action="open_personal_data").count()
    opened = card_page(colleague, case.id, "?purpose=advice")
    assert "相談 花子" in opened.content.decode()
    with system_transaction():
        rows = AccessRecord.objects.filter(action="open_personal_data", purpose="advice")
        assert rows.filter(actor_id=town.counsellor2.id).exists()
        assert AccessRecord.objects.filter(action="open_personal_data").count() > before
    assert card_page(colleague, case.id, "?purpose=own_case").context["sheet"].opened is False, "nobody claims another's case"


def test_saving_behind_the_mask_leaves_the_name_alone(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子")
    colleague = client_for("counsellor2")
    answer = save_card(colleague, case.id, form_of(card_page(colleague, case.id), handling="応援で助言した"))
    assert answer.status_code == 302
    assert "相談 花子" in card_page(client_for("counsellor"), case.id).content.decode()


def test_nations_people_read_what_is_registered_without_names(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子", **{k: v for k, v in COMPLETE.items() if k != "contract_party_is_consumer"}, contract_party_is_consumer=True)
    for name in ("ncac", "analyst", "outsider"):
        assert card_page(client_for(name), case.id).status_code == 404
    with system_transaction():
        Case.objects.filter(id=case.id).update(state="registered", registered_at=case.received_at)
    for name in ("ncac", "analyst", "outsider"):
        page = card_page(client_for(name), case.id)
        assert page.status_code == 200, name
        text = page.content.decode()
        assert "瓦がずれている" in text and "相談 花子" not in text
        assert f"/desk/cases/{case.id}/save" not in text and "<textarea" not in text


def test_the_card_walks_to_approval_with_buttons_that_save_first(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    page = card_page(client, case.id)
    refused = client.post(f"/desk/cases/{case.id}/state/finish_handling", form_of(page, summary="途中まで", amount="たくさん"))
    assert refused.status_code == 422 and reload(case.id).state == "advising"
    done = client.post(f"/desk/cases/{case.id}/state/finish_handling", form_of(page, **COMPLETE))
    assert done.status_code == 302
    assert reload(case.id).state == "handled" and reload(case.id).summary == COMPLETE["summary"]
    after = client.get(done["Location"])
    assert "data-undo" in after.content.decode()
    assert "data-undo" not in card_page(client, case.id).content.decode(), "the toast comes once"
    undone = client.post(f"/desk/cases/{case.id}/undo", headers={"Accept": "application/json"})
    assert undone.status_code == 200 and reload(case.id).state == "advising"
    client.post(f"/desk/cases/{case.id}/state/finish_handling", form_of(card_page(client, case.id)))
    checks = client.post(f"/desk/cases/{case.id}/request/prepare", form_of(card_page(client, case.id)), follow=True)
    assert "登録に必要な項目" in checks.content.decode() and "すべて入力されています" in checks.content.decode()
    sent = client.post(f"/desk/cases/{case.id}/request/send", {"reply": ""}, follow=True)
    assert reload(case.id).state == "waiting_approval" and "決裁を待っているあいだ" in sent.content.decode()
    late = client.post(f"/desk/cases/{case.id}/save", form_of(page, summary="決裁中の書き換え"))
    assert late.status_code == 409 and reload(case.id).summary == COMPLETE["summary"]
    assert client.post(f"/desk/cases/{case.id}/request/withdraw").status_code == 302
    assert reload(case.id).state == "handled"


def test_a_request_names_what_is_missing(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    page = client.get(f"/desk/cases/{case.id}/request")
    text = page.content.decode()
    assert "相談概要</a>" in text and f"/desk/cases/{case.id}/#summary" in text and 'aria-disabled="true"' in text
    refused = client.post(f"/desk/cases/{case.id}/request/send", {})
    assert refused.status_code == 422 and reload(case.id).state == "handled"


def test_handing_over_writes_the_note_and_can_be_undone(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    page = card_page(client, case.id)
    nobody = client.post(f"/desk/cases/{case.id}/handover", form_of(page, handover_note="あすの連絡をお願いします"))
    assert nobody.status_code == 422 and "あすの連絡をお願いします" in nobody.content.decode()
    stranger = client.post(f"/desk/cases/{case.id}/handover", form_of(page, to=str(town.outsider.id)))
    assert stranger.status_code == 422
    answer = client.post(
        f"/desk/cases/{case.id}/handover",
        form_of(page, to=str(town.counsellor2.id), handover_note="あすの連絡をお願いします", summary="引き継ぎ前の概要", memo="14:00 控え"),
    )
    assert answer.status_code == 302
    assert reload(case.id).counsellor_id == town.counsellor2.id and reload(case.id).summary == "引き継ぎ前の概要"
    assert "あすの連絡をお願いします" in card_page(client_for("counsellor2"), case.id).content.decode()
    assert "控え" in card_page(client, case.id).content.decode(), "the memo is mine and stays"
    assert client.post(f"/desk/cases/{case.id}/undo", headers={"Accept": "application/json"}).status_code == 200
    assert reload(case.id).counsellor_id == town.counsellor.id


def test_reopening_needs_a_reason(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    with system_transaction():
        Case.objects.filter(id=case.id).update(state="registered", registered_at=case.received_at)
    page = card_page(client, case.id)
    assert "再開する理由" in page.content.decode()
    assert client.post(f"/desk/cases/{case.id}/reopen", form_of(page, reason="")).status_code == 422
    assert client.post(f"/desk/cases/{case.id}/reopen", form_of(page, reason="新しい書面が見つかった")).status_code == 302
    assert reload(case.id).state == "advising" and reload(case.id).reopened_count == 1


def test_an_internal_note_is_never_the_consumers(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    receipt = send_consultation(town.centre_a)
    client.post(f"/desk/contacts/{receipt.contact_id}/take")
    with system_transaction():
        case = Case.objects.get()
    page = card_page(client, case.id)
    text = page.content.decode()
    assert "内部メモ：相談者には見えません" in text and "相談者へ送る" in text
    answer = client.post(f"/desk/cases/{case.id}/note", form_of(page, note_text="申し送りです", summary="変えた概要"))
    assert answer.status_code == 302
    after = client.get(answer["Location"]).content.decode()
    assert "申し送りです" in after and reload(case.id).summary == "変えた概要"
    with system_transaction():
        from caasis.channels.models import Message

        assert Message.objects.count() == 1
    assert client.post(f"/desk/cases/{case.id}/note", form_of(page, note_text="  ")).status_code == 422


def test_an_answer_leaves_after_ten_seconds_and_can_be_taken_back(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    receipt = send_consultation(town.centre_a)
    client.post(f"/desk/contacts/{receipt.contact_id}/take")
    with system_transaction():
        case = Case.objects.get()
    data = form_of(card_page(client, case.id), answer_text="はがきで通知を出してください。")
    answer = client.post(f"/desk/cases/{case.id}/answer", data)
    twice = client.post(f"/desk/cases/{case.id}/answer", data)
    assert answer.status_code == twice.status_code == 302
    from caasis.channels.models import Message

    with system_transaction():
        message = Message.objects.get(author="centre")
        assert 9 <= (message.leaves_at - message.written_at).total_seconds() <= 11
    page = client.get(answer["Location"]).content.decode()
    assert "はがきで通知を出してください。" in page and "data-strict" in page
    undo = client.post(f"/desk/cases/{case.id}/answers/{message.id}/cancel", headers={"Accept": "application/json"})
    assert undo.status_code == 200
    with system_transaction():
        assert Message.objects.get(id=message.id).cancelled_at is not None
    empty = client.post(f"/desk/cases/{case.id}/answer", form_of(card_page(client, case.id), answer_text=""))
    assert empty.status_code == 422 and "お返事を入力してください。" in empty.content.decode()


def test_an_answer_goes_to_a_contact_of_this_case_only(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    other = send_consultation(town.centre_a)
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), answer_text="まちがった相手", answer_contact=str(other.contact_id))
    assert client.post(f"/desk/cases/{case.id}/answer", data).status_code == 404


def test_the_forms_answers_are_candidates_with_their_source(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    receipt = send_consultation(town.centre_a)
    client.post(f"/desk/contacts/{receipt.contact_id}/take")
    with system_transaction():
        case = Case.objects.get()
    page = card_page(client, case.id)
    found = page.context["sheet"].candidates
    assert found["amount"].adopted and found["amount"].source == "相談フォーム"
    assert found["product"].source.startswith("「屋根工事」") and not found["product"].adopted
    changed = save_card(client, case.id, form_of(page, amount="150万円"))
    assert changed.status_code == 302
    offer = card_page(client, case.id).context["sheet"].candidates["amount"]
    assert not offer.adopted and offer.value == "1,480,000"
    adopted = client.post(f"/desk/cases/{case.id}/draft", {**form_of(card_page(client, case.id)), "adopt": "amount=1,480,000"})
    assert adopted.status_code == 302
    assert card_page(client, case.id).context["sheet"].typed["amount"] == "1,480,000"


def test_the_same_number_shows_content_only_after_name_and_address_were_confirmed(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    phone_case(town.counsellor, consumer_phone="022-000-0009", title="前の相談の件名")
    case = phone_case(town.counsellor, consumer_phone="０２２（０００）０００９")
    page = card_page(client, case.id).content.decode()
    assert "同じ番号の相談があります。本人とは限りません。" in page and "前の相談の件名" not in page
    named = form_of(card_page(client, case.id), consumer_name="相談 花子", consumer_address="架空県みほん市")
    save_card(client, case.id, named)
    assert "前の相談の件名" not in card_page(client, case.id).content.decode(), "typing them confirms nobody"


def test_the_clock_follows_the_typing_without_saving(client_for: Any, town: Any) -> None:
    from datetime import timedelta

    from caasis.desk.workspace import today_in_japan

    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    day = today_in_japan() - timedelta(days=2)
    typed = {"sales_form": "door_to_door", "contract_document_on": f"{day.month}/{day.day}", "contracted_on": day.isoformat(), "requested_visit": "no"}
    answer = client.post(f"/desk/cases/{case.id}/clock", typed)
    assert answer.status_code == 200
    assert "あと<b>5</b>日" in answer.content.decode() and "特定商取引法9条" in answer.content.decode()
    assert reload(case.id).deadline_on is None
    save_card(client, case.id, form_of(card_page(client, case.id), **typed))
    assert reload(case.id).deadline_on == day + timedelta(days=7)
    rubbish = client.post(f"/desk/cases/{case.id}/clock", {"sales_form": "x" * 5000, "amount": "＜＞", "contracted_on": "\x00"})
    assert rubbish.status_code == 200


def test_who_else_is_looking(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    colleague = client_for("supervisor")
    assert "ほかに見ている人はいません" in colleague.post(f"/desk/cases/{case.id}/presence", {"editing": "1"}).content.decode()
    mine = client_for("counsellor")
    answer = mine.post(f"/desk/cases/{case.id}/presence", {"editing": "0"})
    assert "見本 supervisorさんが編集中" in answer.content.decode()
    assert "見本 supervisor" in mine.get("/desk/cases/").content.decode()
    colleague.post(f"/desk/cases/{case.id}/presence", {"leaving": "1"})
    assert "ほかに見ている人はいません" in mine.post(f"/desk/cases/{case.id}/presence", {}).content.decode()


def test_a_draft_that_is_no_card_is_refused_in_words(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), summary="長" * 400_000)
    answer = client.post(f"/desk/cases/{case.id}/draft", data, headers={"X-Requested-With": "autosave"})
    assert answer.status_code == 422 and "下書きが長すぎます" in answer.json()["message"]
    with system_transaction():
        assert not Draft.objects.exists()


def test_throwing_a_draft_away_shows_the_saved_card(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    data = form_of(card_page(client, case.id), summary="いらない下書き")
    assert client.post(f"/desk/cases/{case.id}/draft", data).status_code == 302
    assert "いらない下書き" in card_page(client, case.id).content.decode()
    client.post(f"/desk/cases/{case.id}/draft/discard", data)
    assert "いらない下書き" not in card_page(client, case.id).content.decode()


def test_a_task_is_planned_and_done(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor)
    assert client.post(f"/desk/cases/{case.id}/task", {"what": "", "due_at": "きのう"}).status_code == 422
    assert client.post(f"/desk/cases/{case.id}/task", {"what": "通知を出せたか確かめる", "due_at": "2026-11-25T10:00"}).status_code == 302
    page = card_page(client, case.id).content.decode()
    assert "通知を出せたか確かめる" in page and "10:00" in page
    with system_transaction():
        task = Case.objects.get(id=case.id).tasks.get()
    assert client.post(f"/desk/cases/{case.id}/tasks/{task.id}/done").status_code == 302
    assert selectors.open_tasks(actor=town.counsellor).count() == 0


def test_a_returned_case_says_why_and_where(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, **{k: v for k, v in COMPLETE.items() if k != "contract_party_is_consumer"}, contract_party_is_consumer=True)
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    approval = services.request_approval(actor=town.counsellor, case_id=case.id)
    assert approval is not None
    services.decide(actor=town.official, approval_id=approval.id, approve=False, reason="金額を書いてください", fields=["amount"])
    page = card_page(client_for("counsellor"), case.id).content.decode()
    assert "差し戻されました（見本 officialさん）" in page and "金額を書いてください" in page and 'href="#amount"' in page
    assert "決裁依頼" in page
