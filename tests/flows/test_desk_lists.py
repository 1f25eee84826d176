"""Home, the queue, lists, several at once, and contacts before they are taken, over HTTP."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.models import Case
from caasis.channels.services import Upload
from caasis.desk.lists import MOST, count_words
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import system_transaction
from caasis.queues.models import WorkItem
from tests.support.desk import ANSWERS, form_of, phone_case, send_consultation

pytestmark = pytest.mark.django_db


def titles(response: Any) -> list[str]:
    return [row.case.title for row in response.context["found"].rows]


def test_the_queue_puts_injury_money_deadline_arrival_in_this_order(client_for: Any, town: Any) -> None:
    send_consultation(town.centre_a, topic="other", how="shop", contracted_on="unknown", document="unknown", document_on="")
    send_consultation(town.centre_a)
    send_consultation(town.centre_a, topic="paid", money_moving="soon")
    send_consultation(town.centre_a, topic="product", injury="yes")
    send_consultation(town.centre_b, topic="suspicious", injury="yes")
    page = client_for("counsellor").get("/desk/")
    assert [row.reason.split("まで")[0] for row in page.context["queue"]] == ["けが・事故", "お金が動く", "期限", "届いた順"]
    text = page.content.decode()
    assert "けが・事故" in text and "相談 花子" not in text, "a queue shows no name"
    part = client_for("counsellor2").get("/desk/queue", headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in part.content.decode() and part.content.decode().count("app-wait__t") == 4
    assert not client_for("outsider").get("/desk/").context["queue"][1:]


def test_an_empty_home_says_what_to_do(client_for: Any, town: Any) -> None:
    text = client_for("counsellor").get("/desk/").content.decode()
    assert "待っている相談はありません。" in text and "新しい相談" in text


def test_nations_people_come_to_the_registered_cases(client_for: Any, town: Any) -> None:
    for name in ("ncac", "analyst"):
        answer = client_for(name).get("/desk/")
        assert answer.status_code == 302 and answer["Location"].endswith("?list=registered")
        assert client_for(name).get("/desk/cases/?list=centre").context["kind"].code == "registered"
    answer = client_for("admin").get("/desk/")
    assert answer.status_code == 302 and answer["Location"] == "/desk/administration/"
    assert client_for("public").get("/desk/").status_code == 302


def test_a_list_is_grouped_by_what_to_do_next(client_for: Any, town: Any) -> None:
    now = timezone.now()
    phone_case(town.counsellor, title="そのほか")
    call = phone_case(town.counsellor, title="電話する")
    services.add_task(actor=town.counsellor, case_id=call.id, what="お約束", due_at=now)
    near = phone_case(town.counsellor, title="期限")
    done = phone_case(town.counsellor, title="終わった")
    services.change_state(actor=town.counsellor, case_id=done.id, verb="finish_handling")
    with system_transaction():
        Case.objects.filter(id=near.id).update(deadline_on=(now + timedelta(days=2)).date())
    phone_case(town.counsellor2, title="同僚の")
    page = client_for("counsellor").get("/desk/cases/")
    assert [(b.group.label, b.count) for b in page.context["found"].blocks] == [("期限が近い", 1), ("きょう連絡する", 1), ("決裁を頼む", 1), ("そのほか", 1)]
    assert titles(page) == ["期限", "電話する", "終わった", "そのほか"]
    assert "同僚の" in titles(client_for("counsellor").get("/desk/cases/?list=centre"))
    assert titles(client_for("outsider").get("/desk/cases/?list=centre")) == []


def test_pages_by_cursor_hold_each_case_once(client_for: Any, town: Any) -> None:
    for number in range(37):
        phone_case(town.counsellor, title=f"件名{number:02}")
    client = client_for("counsellor")
    first = client.get("/desk/cases/")
    second = client.get(first.context["next_url"])
    seen = titles(first) + titles(second)
    assert len(seen) == len(set(seen)) == 37 and len(titles(first)) == 30
    assert not second.context["next_url"]
    for cursor in ("x", "W10", "eyJhIjoxfQ", "WzEsMiwzXQ", "あ", "W1siYSJdLCJiIiwiYyJd", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDEsIjAiXQ", "WzEsTmFOLCIwMTg5MDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"):
        assert client.get("/desk/cases/", {"after": cursor}).status_code == 200, cursor
    # A zone that Python knows and PostgreSQL refuses, and a day before all days.
    for moment in ("2026-11-01T00:00:00+23:59", "0001-01-01T00:00:00+09:00", "2026-11-01T00:00:00"):
        place = [5, moment, moment, "01890000-0000-7000-8000-000000000000"]
        strange = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        assert client.get("/desk/cases/", {"after": strange}).status_code == 200, moment


def test_filters_narrow_a_list_and_can_be_cleared(client_for: Any, town: Any) -> None:
    phone_case(town.counsellor, title="屋根のこと", product="P1301")
    phone_case(town.counsellor, title="べつのこと", product_text="健康食品")
    client = client_for("counsellor")
    assert titles(client.get("/desk/cases/?product=健康食品")) == ["べつのこと"]
    assert titles(client.get("/desk/cases/?product=屋根")) == ["屋根のこと"]
    none = client.get("/desk/cases/?product=ありえないことば")
    assert "条件に合う相談はありません。" in none.content.decode() and "条件を消して" in none.content.decode()
    assert titles(client.get("/desk/cases/?state=handled")) == []
    for query in ({"state": "'; --", "since": "x", "product": "%_\\" * 30}, {"list": "nope"}, {"q": "２０２６－１２３４－５６７８９"}, {"q": "<b>"}):
        assert client.get("/desk/cases/", query).status_code == 200


def test_a_receipt_number_leads_to_its_case_in_any_width(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    wide = case.receipt_number.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    assert client_for("counsellor").get("/desk/cases/", {"q": wide})["Location"] == f"/desk/cases/{case.id}/"
    hidden = client_for("outsider").get("/desk/cases/", {"q": wide})
    assert hidden.status_code == 200 and "見つかりません" in hidden.content.decode()


@pytest.mark.parametrize("path", ["/desk/", "/desk/cases/", "/desk/cases/?list=centre", "/desk/cases/?list=registered", "/desk/cases/?list=today"])
def test_a_page_takes_the_same_number_of_queries_whatever_it_holds(client_for: Any, town: Any, path: str) -> None:
    client = client_for("counsellor")

    def fill(count: int) -> None:
        for number in range(count):
            send_consultation(town.centre_a)
            case = phone_case(town.counsellor if number % 2 else town.counsellor2, consumer_age=30, product="P1301")
            services.add_task(actor=town.counsellor, case_id=case.id, what="連絡", due_at=timezone.now())
            if number % 3 == 0:
                with system_transaction():
                    Case.objects.filter(id=case.id).update(state="registered", registered_at=timezone.now())
            client.post(f"/desk/cases/{case.id}/draft", {"fields": "title", "title": f"下書き{number}", "version": "1", "draft_version": "1"})

    fill(3)
    client.get(path)
    with CaptureQueriesContext(connection, ) as few:
        client.get(path)
    fill(9)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few), "\n".join(query["sql"][:160] for query in many.captured_queries)
    assert len(many) <= 40


def test_counts_stop_at_a_thousand() -> None:
    assert count_words(MOST) == "1,000件" and count_words(MOST + 1) == "1,000件以上"


def test_several_cases_change_hands_after_a_count_with_a_result_each_and_undo(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    mine = [phone_case(town.counsellor, title=f"件名{n}") for n in range(2)]
    already = phone_case(town.counsellor2, title="もう同僚の")
    foreign = phone_case(town.outsider, title="よその")
    chosen = {"case": [str(c.id) for c in (*mine, already, foreign)] + ["not-an-id"], "to": str(town.counsellor2.id)}
    first = client.post("/desk/cases/assign", chosen)
    text = first.content.decode()
    assert first.status_code == 200 and "3件の担当を変えます" in text and "よその" not in text
    with system_transaction():
        assert Case.objects.filter(counsellor_id=town.counsellor2.id).count() == 1, "the count changes nothing"
    nobody = client.post("/desk/cases/assign", {**chosen, "to": "", "confirmed": "1"})
    assert nobody.status_code == 422 and "新しい担当を選んでください。" in nobody.content.decode()
    done = client.post("/desk/cases/assign", {**chosen, "confirmed": "1"})
    text = done.content.decode()
    assert "3件中2件の担当を" in text and "すでにこの人が担当しています。" in text and "data-undo" in text
    undone = client.post(done.context["undo"]["url"], headers={"Accept": "application/json"})
    assert undone.json()["message"] == "2件を元に戻しました。"
    with system_transaction():
        assert Case.objects.filter(counsellor_id=town.counsellor.id).count() == 2
    assert client.post("/desk/cases/assign", {"to": str(town.counsellor2.id)}).status_code == 302
    evil = client.post("/desk/cases/assign", {**chosen, "confirmed": "1", "back": "//evil.example/"})
    assert "evil.example" not in evil.content.decode()


# --- contacts ---------------------------------------------------------------------------------------------------------


def test_a_contact_shows_its_words_for_a_purpose_only_and_the_opening_is_logged(client_for: Any, town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    client = client_for("counsellor")
    masked = client.get(f"/desk/contacts/{receipt.contact_id}/").content.decode()
    assert "屋根がこわれている" not in masked and "相談 花子" not in masked
    assert "訪問販売" in masked and "1,480,000円" in masked and "あと<b>5</b>日" in masked, "coded answers need no opening"
    opened = client.get(f"/desk/contacts/{receipt.contact_id}/?purpose=advice").content.decode()
    assert "屋根がこわれている" in opened and "相談 花子" in opened
    with system_transaction():
        assert AccessRecord.objects.filter(actor_id=town.counsellor.id, action="open_personal_data", purpose="advice").exists()
    assert "屋根がこわれている" not in client.get(f"/desk/contacts/{receipt.contact_id}/?purpose=own_case").content.decode()
    for who in ("outsider", "outside_official"):
        assert client_for(who).get(f"/desk/contacts/{receipt.contact_id}/?purpose=advice").status_code == 404
        assert client_for(who).post(f"/desk/contacts/{receipt.contact_id}/take").status_code == 404
    assert client_for("ncac").get(f"/desk/contacts/{receipt.contact_id}/").status_code == 403


def test_a_file_is_shown_in_the_browser_and_kept_nowhere(client_for: Any, town: Any) -> None:
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000" + "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082")
    from caasis.channels import services as channels

    receipt = channels.submit(idempotency_key=str(uuid7()), answers={**ANSWERS, "contracted_on": "unknown", "document": "unknown", "postcode": ""}, files=[Upload(name="契約書.png", content=png)], centre=town.centre_a)
    client = client_for("counsellor")
    page = client.get(f"/desk/contacts/{receipt.contact_id}/?purpose=advice")
    file = page.context["attachments"][0]
    shown = client.get(f"/desk/files/{file.id}?purpose=advice")
    assert shown.status_code == 200 and shown.content == png
    assert shown["Cache-Control"] == "no-store" and shown["Content-Disposition"].startswith("inline")
    assert "script-src" not in shown["Content-Security-Policy"] and shown["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/desk/files/{file.id}").status_code == 403, "without a purpose nothing is opened"
    assert client_for("outsider").get(f"/desk/files/{file.id}?purpose=advice").status_code == 404
    client.post(f"/desk/contacts/{receipt.contact_id}/take")
    assert client.get(f"/desk/files/{file.id}").status_code == 200, "on one's own case the purpose is implied"


def test_taking_opens_the_case_and_can_be_undone(client_for: Any, town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    client = client_for("counsellor")
    answer = client.post(f"/desk/contacts/{receipt.contact_id}/take")
    assert answer.status_code == 302
    with system_transaction():
        case = Case.objects.get()
        assert case.counsellor_id == town.counsellor.id and case.receipt_number == receipt.receipt_number
    page = client.get(answer["Location"]).content.decode()
    assert "屋根がこわれている" in page and 'data-after-undo="/desk/"' in page
    assert not client.get("/desk/").context["queue"]
    undone = client.post(f"/desk/cases/{case.id}/undo", headers={"Accept": "application/json"})
    assert undone.status_code == 200
    assert [row.item.subject_id for row in client.get("/desk/").context["queue"]] == [receipt.contact_id]
    with system_transaction():
        assert Case.objects.get().counsellor_id is None


def test_who_was_slower_hears_who_has_it_and_finds_the_way_back(client_for: Any, town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    client_for("counsellor").post(f"/desk/contacts/{receipt.contact_id}/take")
    late = client_for("counsellor2").post(f"/desk/contacts/{receipt.contact_id}/take")
    text = late.content.decode()
    assert late.status_code == 409 and "見本 counsellorさんが先に引き受けました。" in text and 'href="/desk/"' in text
    again = client_for("counsellor").post(f"/desk/contacts/{receipt.contact_id}/take")
    assert again.status_code == 302, "two clicks take it once"
    with system_transaction():
        assert Case.objects.count() == 1 and WorkItem.objects.get().assigned_to == town.counsellor.id


def test_officials_look_but_do_not_take(client_for: Any, town: Any) -> None:
    receipt = send_consultation(town.centre_a)
    client = client_for("official")
    assert "引き受けられるのは相談員です。" in client.get(f"/desk/contacts/{receipt.contact_id}/").content.decode()
    assert client.post(f"/desk/contacts/{receipt.contact_id}/take").status_code == 403
    assert client.get("/desk/cases/new").status_code == 403


@pytest.mark.parametrize("data", [{}, {"channel": "phone"}, {"channel": "telepathy", "key": "abcdefgh1"}, {"channel": "phone", "key": "<script>"}, {"channel": "x" * 9000, "key": "y" * 9000}])
def test_a_wrong_start_of_a_case_is_refused(client_for: Any, town: Any, data: dict[str, str]) -> None:
    answer = client_for("counsellor").post("/desk/cases/new", data)
    assert answer.status_code == 422 and "エラー：" in answer.content.decode()
    with system_transaction():
        assert not Case.objects.exists()


def test_places_of_a_prefecture(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    assert "仙台市" in client.get("/desk/places?prefecture_code=04").content.decode()
    assert client.get("/desk/places?prefecture_code=<b>").status_code == 404
    assert client.get("/desk/places?prefecture_code=99").status_code == 200


def test_the_session_can_be_asked_for_without_opening_anything(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, consumer_name="相談 花子")
    client = client_for("counsellor")
    with system_transaction():
        before = AccessRecord.objects.count()
    assert client.head(f"/desk/cases/{case.id}/").status_code == 200
    with system_transaction():
        assert AccessRecord.objects.count() == before
    assert UUID(str(case.id)) and form_of(client.get(f"/desk/cases/{case.id}/"))["consumer_name"] == "相談 花子"
