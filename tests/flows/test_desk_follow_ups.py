"""その後の確認 on the screens, over HTTP: making a list, filling it from cases, calling, results, the outsider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from caasis.appointments import services as appointments
from caasis.appointments.models import FollowUpEntry, FollowUpList
from caasis.appointments.vocabulary import NoticeChannel
from caasis.audit.models import AccessRecord
from caasis.cases import services as cases
from caasis.cases.models import Case, CaseContact, CaseEntry, Task
from caasis.desk import follow_ups
from caasis.kernel.actor import SYSTEM
from caasis.people.models import Consent
from caasis.people.services import record_consent
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Call, DeskRequest
from tests.rooms.telephony.hall import MORNING, Hall
from tests.support.cards import COMPLETE
from tests.support.desk import phone_case
from tests.support.follow_ups import made_list, queue_of
from tests.support.telephone import make_call

pytestmark = pytest.mark.django_db
NAME, PHONE = "見本川 栞奈", "090-3141-5926"


@pytest.fixture(autouse=True)
def _a_weekday_morning(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody is called at night: the screens' clock stands on a Wednesday at ten."""
    monkeypatch.setattr(follow_ups, "moment", lambda: later)
    yield


#: A Wednesday that has not come: consents that are recorded by the real clock hold then.
later = MORNING.replace(year=2028, month=6, day=7)


def closed_case(town: Any, *, agrees: bool = True, phone: str = PHONE, name: str = NAME, **card: Any) -> Case:
    """A case whose handling is over, with a consumer who agreed on it to be called, or did not."""
    case = phone_case(town.counsellor, **{**COMPLETE, "title": "屋根工事を解約したい", **card})
    case = cases.save_card(
        actor=town.counsellor, case_id=case.id, version=case.version,
        changes={"consumer_name": name, "consumer_phone": phone},
    ).case  # fmt: skip
    with system_transaction():
        person = case.parties.get(position=1).person
    if agrees:
        record_consent(actor=town.counsellor, person_id=person.pk, kind="contact_again", means="phone", case_id=case.id)
    return cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")


def entry() -> FollowUpEntry:
    with system_transaction():
        return FollowUpEntry.objects.select_related("of_list").get()


def running(town: Any, **more: Any) -> tuple[FollowUpList, Case]:
    row, case = made_list(town, **more), closed_case(town)
    cases.fill_list(actor=town.counsellor, list_id=row.id, case_ids=[case.id], now=later)
    return appointments.start_list(actor=town.supervisor, list_id=row.id), case


def reached(town: Any, found: FollowUpEntry) -> UUID:
    """The telephone has reached the person: the call and its end, without an engine."""
    call = make_call(town).id
    appointments.begin_call(actor=SYSTEM, entry_id=found.id, agent_id=town.counsellor.id, call_id=call, now=later)
    appointments.end_call(actor=SYSTEM, entry_id=found.id, call_id=call, result=None, now=later)
    return call


def form_values(town: Any, **more: Any) -> dict[str, Any]:
    return {
        "title": "屋根工事のその後", "purpose": "", "question": "返金は済みましたか。", "mode": "preview",
        "queue": str(queue_of(town.centre_a).id), "shown_number": "", "weekdays": ["0", "1", "2", "3", "4"],
        "first": "10:00", "last": "17:00", "max_tries": "3", "pause_minutes": "1440", "notice_channel": "none",
        "notice_text": "", "notice_hours": "48", **more,
    }  # fmt: skip


# --- making and filling -----------------------------------------------------------------------------------------------


def test_a_supervisor_makes_a_list_and_what_was_typed_is_kept_on_an_error(client_for: Any, town: Any) -> None:
    client = client_for("supervisor")
    assert "名簿はまだありません。" in client.get("/desk/follow-ups/").content.decode()
    assert client.get("/desk/follow-ups/new").status_code == 200
    wrong = client.post("/desk/follow-ups/new", form_values(town, title="のこる名前", question="", weekdays=[]))
    shown = wrong.content.decode()
    assert wrong.status_code == 422 and "のこる名前" in shown and "電話をかける曜日を、1つは選んでください。" in shown
    upside = client.post("/desk/follow-ups/new", form_values(town, first="15:00", last="15:00"))
    assert upside.status_code == 422 and "終わりの時刻は、始まりより後にしてください。" in upside.content.decode()
    made = client.post("/desk/follow-ups/new", form_values(town))
    with system_transaction():
        row = FollowUpList.objects.get()
    assert made.status_code == 302 and made.headers["Location"] == f"/desk/follow-ups/{row.id}/build"
    assert row.hours["0"] == ["10:00", "17:00"] and row.state == "draft"
    assert "屋根工事のその後" in client.get("/desk/follow-ups/").content.decode()
    page = client.get(f"/desk/follow-ups/{row.id}/").content.decode()
    assert "まだだれも入っていません。" in page and "月〜金 10:00〜17:00（祝日は休み）" in page
    changed = client.post(f"/desk/follow-ups/{row.id}/change", form_values(town, title="新しい名前"))
    assert changed.status_code == 302 and "新しい名前" in client.get(f"/desk/follow-ups/{row.id}/").content.decode()


def test_a_counsellor_neither_makes_nor_starts_a_list(client_for: Any, town: Any) -> None:
    client, row = client_for("counsellor"), made_list(town)
    assert "名簿を作る</a>" not in client.get("/desk/follow-ups/").content.decode()
    assert client.post("/desk/follow-ups/new", form_values(town)).status_code == 403
    assert client.post(f"/desk/follow-ups/{row.id}/start").status_code == 403


def test_cases_are_picked_with_the_number_of_consents_before_anything_is_made(client_for: Any, town: Any) -> None:
    row = made_list(town)
    good, bad = closed_case(town), closed_case(town, agrees=False, phone="080-3141-5926")
    open_one = phone_case(town.counsellor, title="屋根工事がまだ続く")
    client = client_for("supervisor")
    url = f"/desk/follow-ups/{row.id}/build"
    assert "終わった相談をさがす" in client.get(url).content.decode()
    shown = client.get(url, {"words": "屋根"}).content.decode()
    assert "<b>2</b>件中　<b>1</b>件に同意あり" in shown
    assert good.receipt_number in shown and bad.receipt_number in shown and open_one.receipt_number not in shown
    assert NAME not in shown and "栞奈" not in shown and "5926" not in shown, "names and numbers are masked"
    assert "「その後の連絡」の同意がありません" in shown
    with system_transaction():
        assert not FollowUpEntry.objects.exists(), "looking makes nothing"
    assert "見つかりませんでした。" in client.get(url, {"words": "ない物"}).content.decode()
    assert "<b>0</b>件中" not in client.get(url, {"words": "", "result": "advice"}).content.decode()
    assert client.get(url, {"words": "", "closed_from_y": "2026", "closed_from_m": "13", "closed_from_d": "1"}).status_code == 422
    none = client.post(f"{url}?words=屋根", {}, follow=True).content.decode()
    assert "名簿に入れる相談を選んでください。" in none
    added = client.post(f"{url}?words=屋根", {"case": [str(good.id), str(bad.id), "x"]}, follow=True).content.decode()
    assert "選んだ人を名簿に入れました。" in added and "1人は入れませんでした。" in added and good.receipt_number in added
    with system_transaction():
        assert FollowUpEntry.objects.get().case_id == good.id


def test_one_case_is_put_on_a_list_from_its_workspace_or_the_reason_is_said(client_for: Any, town: Any) -> None:
    good, bad = closed_case(town), closed_case(town, agrees=False, phone="080-3141-5926")
    client = client_for("counsellor")
    assert f"/desk/cases/{good.id}/follow-up" in client.get(f"/desk/cases/{good.id}/").content.decode()
    assert "入れられる名簿がありません。" in client.get(f"/desk/cases/{good.id}/follow-up").content.decode()
    row = made_list(town)
    refused = client.post(f"/desk/cases/{bad.id}/follow-up", {"of_list": str(row.id)})
    assert refused.status_code == 422 and "「その後の連絡」の同意がありません" in refused.content.decode()
    assert client.post(f"/desk/cases/{good.id}/follow-up", {"of_list": ""}).status_code == 422
    assert client.post(f"/desk/cases/{good.id}/follow-up", {"of_list": str(row.id)}).status_code == 302
    assert entry().case_id == good.id
    assert "屋根工事のその後" in client.get(f"/desk/cases/{good.id}/follow-up").content.decode()


def test_a_list_is_started_paused_and_ended_and_sms_says_what_is_missing(client_for: Any, town: Any) -> None:
    client, row = client_for("supervisor"), made_list(town, notice_channel=NoticeChannel.SMS, notice_text="お電話します")
    page = client.post(f"/desk/follow-ups/{row.id}/start", follow=True).content.decode()
    assert "SMSの接続がありません。" in page and "SMSの接続が必要です。" in page
    client.post(f"/desk/follow-ups/{row.id}/change", form_values(town, notice_channel="letter", notice_text="お電話します"))
    case = closed_case(town)
    cases.fill_list(actor=town.counsellor, list_id=row.id, case_ids=[case.id], now=later)
    page = client.get(f"/desk/follow-ups/{row.id}/").content.decode()
    assert "お知らせがまだの人 1人" in page
    assert "お知らせを出したことを記録しました。" in client.post(f"/desk/follow-ups/{row.id}/noticed", follow=True).content.decode()
    for verb, state in (("start", "running"), ("pause", "paused"), ("start", "running"), ("end", "ended")):
        assert client.post(f"/desk/follow-ups/{row.id}/{verb}").status_code == 302
        with system_transaction():
            assert FollowUpList.objects.get().state == state
    assert entry().skipped_because == "list_ended"


def test_an_outsider_finds_nothing_of_a_list(client_for: Any, town: Any) -> None:
    row, case = running(town)
    found = appointments.open_next(actor=town.counsellor, list_id=row.id, now=later)
    assert found is not None
    for role in ("outsider", "outside_official"):
        client = client_for(role)
        assert row.title not in client.get("/desk/follow-ups/").content.decode()
        assert client.get(f"/desk/follow-ups/{row.id}/").status_code == 404
        assert client.get(f"/desk/follow-ups/{row.id}/results.csv").status_code == 404
        assert client.get(f"/desk/cases/{case.id}/follow-up").status_code == 404
        assert client.post(f"/desk/follow-ups/entries/{found.id}/off").status_code == 404
    client = client_for("outsider")
    for path in ("work", "now", "build"):
        assert client.get(f"/desk/follow-ups/{row.id}/{path}").status_code == 404
    assert client.post(f"/desk/follow-ups/{row.id}/next").status_code == 404
    for path in ("call", "let-go", "result", "undo"):
        assert client.post(f"/desk/follow-ups/entries/{found.id}/{path}", {"result": "settled"}).status_code == 404
    assert client_for("analyst").get("/desk/follow-ups/").status_code == 403


# --- calling ----------------------------------------------------------------------------------------------------------


def test_the_next_person_is_opened_called_from_the_screen_and_the_opening_is_logged(client_for: Any, town: Any) -> None:
    row, case = running(town)
    client = client_for("counsellor")
    url = f"/desk/follow-ups/{row.id}/work"
    assert "次の人を開く" in client.get(url).content.decode() and NAME not in client.get(url).content.decode()
    assert entry().agent_id is None, "looking takes nobody"
    page = client.post(f"/desk/follow-ups/{row.id}/next", follow=True).content.decode()
    assert NAME in page and "090-3141-5926" in page and case.receipt_number in page and "返金は済みましたか。" in page
    with system_transaction():
        assert AccessRecord.objects.filter(object_kind="follow_up", object_id=entry().id, purpose="own_case").exists()
    other = client_for("counsellor2").post(f"/desk/follow-ups/{row.id}/next", follow=True).content.decode()
    assert "いま、かける順番の人はいません。" in other and NAME not in other
    client.post(f"/desk/follow-ups/entries/{entry().id}/call", {"once": "abcdefgh"})
    client.post(f"/desk/follow-ups/entries/{entry().id}/call", {"once": "abcdefgh"})
    with system_transaction():
        request = DeskRequest.objects.get()
    assert (request.kind, request.target_kind, request.target_id) == ("call", "follow_up", entry().id)
    client_for("counsellor2").post(f"/desk/follow-ups/entries/{entry().id}/call", {"once": "otherone"})
    with system_transaction():
        assert DeskRequest.objects.count() == 1, "nobody calls whom a colleague has"
    back = client.post(f"/desk/follow-ups/entries/{entry().id}/let-go", follow=True).content.decode()
    assert "この人を名簿に戻しました。" in back and entry().agent_id is None


def test_whoever_withdrew_meanwhile_is_not_called_and_the_screen_says_why(client_for: Any, town: Any) -> None:
    row, _ = running(town)
    client = client_for("counsellor")
    client.post(f"/desk/follow-ups/{row.id}/next")
    with system_transaction():
        Consent.objects.update(withdrawn_at=later - timedelta(minutes=1))
    page = client.post(f"/desk/follow-ups/entries/{entry().id}/call", follow=True).content.decode()
    assert "この人にはかけません。同意が取り消されたか、期限が過ぎました。" in page
    with system_transaction():
        assert not DeskRequest.objects.exists()
    assert entry().state == "skipped"
    listed = client.get(f"/desk/follow-ups/{row.id}/").content.decode()
    assert "同意が取り消されたか、期限が過ぎました" in listed


def test_at_night_the_screen_says_when_it_goes_on(client_for: Any, town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row, _ = running(town)
    monkeypatch.setattr(follow_ups, "moment", lambda: later.replace(hour=20))
    client = client_for("counsellor")
    assert "いまは電話をかけない時間です。次は6月8日10時00分からです。" in client.get(f"/desk/follow-ups/{row.id}/work").content.decode()
    client.post(f"/desk/follow-ups/{row.id}/next")
    assert entry().agent_id is None


def test_a_result_goes_back_to_the_case_and_can_be_taken_back(client_for: Any, town: Any) -> None:
    row, case = running(town)
    client = client_for("counsellor")
    client.post(f"/desk/follow-ups/{row.id}/next")
    reached(town, entry())
    page = client.get(f"/desk/follow-ups/{row.id}/work").content.decode()
    assert "電話が終わりました。" in page and "まだ困っている" in page
    url = f"/desk/follow-ups/entries/{entry().id}/result"
    empty = client.post(url, {"answers": "うちかけのことば"})
    assert empty.status_code == 422 and "うちかけのことば" in empty.content.decode() and "電話の結果を選んでください。" in empty.content.decode()
    soon = client.post(url, {"result": "later", "answers": "うちかけ"})
    assert soon.status_code == 422 and "かけ直す日時を入れてください。" in soon.content.decode()
    done = client.post(url, {"result": "troubled", "answers": "まだ返金がない"}, follow=True).content.decode()
    assert "結果を記録しました。" in done
    with system_transaction():
        task = Task.objects.get(what__startswith="その後の電話")
        assert task.case_id == case.id and task.kind == "call"
        assert CaseEntry.objects.filter(case=case, kind="followed_up", data__outcome="not_held").exists()
        assert Case.objects.get(id=case.id).state == "handled", "nothing reopens by itself"
    assert "まだ返金がない" not in client.get(f"/desk/follow-ups/{row.id}/").content.decode()
    assert entry().state == "done"
    undone = client.post(f"/desk/follow-ups/entries/{entry().id}/undo", follow=True).content.decode()
    assert "結果を取り消しました。" in undone and entry().state == "asked"
    with system_transaction():
        assert CaseEntry.objects.filter(case=case, kind="follow_up_undone").exists()


def test_the_results_are_a_table_without_names(client_for: Any, town: Any) -> None:
    row, case = running(town)
    client = client_for("counsellor")
    client.post(f"/desk/follow-ups/{row.id}/next")
    reached(town, entry())
    client.post(f"/desk/follow-ups/entries/{entry().id}/result", {"result": "settled", "answers": "返金された"})
    text = client.get(f"/desk/follow-ups/{row.id}/results.csv").content.decode()
    assert case.receipt_number in text and "解決していた" in text
    assert NAME not in text and "3141" not in text and "返金された" not in text
    page = client.get(f"/desk/follow-ups/{row.id}/?state=done").content.decode()
    assert case.receipt_number in page and NAME not in page
    assert case.receipt_number not in client.get(f"/desk/follow-ups/{row.id}/?state=waiting").content.decode()
    assert client.get(f"/desk/follow-ups/{row.id}/?page=９&state=x").status_code == 200


def test_somebody_is_taken_off_the_list(client_for: Any, town: Any) -> None:
    row, _ = running(town)
    page = client_for("counsellor").post(f"/desk/follow-ups/entries/{entry().id}/off", follow=True).content.decode()
    assert "名簿から外しました。" in page and entry().state == "skipped"
    assert row.title in page


def test_the_screen_says_why_the_switchboard_did_not_call_and_leads_an_agent_who_was_rung_to_the_person(
    client_for: Any, town: Any, as_system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(town)
    monkeypatch.setattr(follow_ups, "moment", hall.now)
    row, case = made_list(town, queue=hall.queue), closed_case(town)
    Consent.objects.update(given_at=MORNING - timedelta(days=1))
    cases.fill_list(actor=town.counsellor, list_id=row.id, case_ids=[case.id], now=hall.now())
    appointments.start_list(actor=town.supervisor, list_id=row.id)
    client = client_for("counsellor")
    client.post(f"/desk/follow-ups/{row.id}/next")
    client.post(f"/desk/follow-ups/entries/{entry().id}/call", {"once": "abcdefgh"})
    hall.turn()
    assert "電話機がつながっていません。" in client.get(f"/desk/follow-ups/{row.id}/work").content.decode()
    assert "電話機がつながっていません。" in client.get(f"/desk/follow-ups/{row.id}/now").content.decode()
    client.post(f"/desk/follow-ups/entries/{entry().id}/let-go")
    FollowUpList.objects.update(mode="progressive")
    assert "電話が回ってくるのを待っています。" in client.get(f"/desk/follow-ups/{row.id}/work").content.decode()
    appointments.queue_due_follow_ups(actor=SYSTEM, now=hall.now())
    hall.seat("counsellor")
    hall.world.peer_answers("counsellor")
    hall.turn()
    assert "相手の相談と結果の欄を開く" in client.get(f"/desk/follow-ups/{row.id}/now?waits=1").content.decode()
    assert NAME in client.get(f"/desk/follow-ups/{row.id}/work").content.decode()


def test_a_call_of_a_list_stands_on_its_case(client_for: Any, town: Any, as_system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(town)
    monkeypatch.setattr(follow_ups, "moment", hall.now)
    row, case = made_list(town, queue=hall.queue), closed_case(town)
    Consent.objects.update(given_at=MORNING - timedelta(days=1))
    cases.fill_list(actor=town.counsellor, list_id=row.id, case_ids=[case.id], now=hall.now())
    appointments.start_list(actor=town.supervisor, list_id=row.id)
    hall.seat_at_browser("counsellor")
    client = client_for("counsellor")
    client.post(f"/desk/follow-ups/{row.id}/next")
    client.post(f"/desk/follow-ups/entries/{entry().id}/call", {"once": "abcdefgh"})
    hall.turn()
    call = Call.objects.get()
    assert call.follow_up_for == entry().id
    assert "呼び出し中・通話中です。" in client.get(f"/desk/follow-ups/{row.id}/now").content.decode()
    customer = hall.world.peer_answers("+819031415926")
    hall.turn()
    hall.world.peer_hangs_up(customer)
    hall.turn()
    assert "電話が終わりました。" in client.get(f"/desk/follow-ups/{row.id}/now").content.decode()
    answer = client.post(f"/desk/follow-ups/entries/{entry().id}/result", {"result": "refused", "answers": ""}, follow=True)
    assert answer.status_code == 200 and entry().state == "refused"
    assert CaseContact.objects.filter(case=case, contact_id=call.id).exists()
    assert Consent.objects.get().withdrawn_at is not None
