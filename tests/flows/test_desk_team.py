"""Working together on the screens, over HTTP: help, 予定, response clocks, mentions, the centre's policy, phrases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.models import Draft, HelpRequest, Mention, ResponseClock, Task, TeamPolicy
from caasis.cases.rules.team_policy import TeamPolicyValues
from caasis.desk.lists import KINDS, Filters, read_page
from caasis.desk.team_forms import policy_initial
from caasis.kernel.actor import SYSTEM
from caasis.knowledge.models import Phrase
from caasis.knowledge.services import load_seed_phrases
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE
from tests.support.desk import card_page, form_of, phone_case, send_consultation

pytestmark = pytest.mark.django_db


def web_case(town: Any) -> Any:
    return services.take_contact(actor=town.counsellor, contact_id=send_consultation(town.centre_a).contact_id)


def posted(client: Any, case: Any, path: str, **changes: Any) -> Any:
    """The workspace's one form, sent by one of its buttons."""
    return client.post(f"/desk/cases/{case.id}/{path}", form_of(card_page(client, case.id), **changes))


# --- help -------------------------------------------------------------------------------------------------------------


def test_help_is_asked_from_the_card_answered_on_its_page_and_found_at_home(client_for: Any, town: Any) -> None:
    case, counsellor, supervisor = phone_case(town.counsellor), client_for("counsellor"), client_for("supervisor")
    page = posted(counsellor, case, "help", summary="打ちかけの概要", help_text="24条でよいか")
    assert page.status_code == 422 and "何に困っているか選んでください。" in page.content.decode()
    assert "24条でよいか" in page.content.decode() and "打ちかけの概要" in page.content.decode()
    answer = posted(counsellor, case, "help", summary="打ちかけの概要", help_reason="law", help_text="24条でよいか")
    assert answer.status_code == 302
    assert "打ちかけの概要" in card_page(counsellor, case.id).content.decode()
    home = supervisor.get("/desk/").content.decode()
    assert "法律の判断に迷う" in home and "24条でよいか" not in home, "what was typed is opened on its page only"
    assert "支援 <b>1</b>" in home
    with system_transaction():
        asked = HelpRequest.objects.get()
        opened = AccessRecord.objects.filter(object_kind="help").count()
    shown = supervisor.get(f"/desk/help/{asked.id}/").content.decode()
    assert "24条でよいか" in shown
    with system_transaction():
        assert AccessRecord.objects.filter(object_kind="help").count() == opened + 1
    empty = supervisor.post(f"/desk/help/{asked.id}/answer", {"advice": " "})
    assert empty.status_code == 422 and "メモを書いてください。" in empty.content.decode()
    supervisor.post(f"/desk/help/{asked.id}/answer", {"advice": "電話なので24条です。"})
    assert "電話なので24条です。" in card_page(counsellor, case.id).content.decode()
    again = supervisor.post(f"/desk/help/{asked.id}/answer", {"advice": "もう一度の助言"})
    assert again.status_code == 409 and "終わっています" in again.content.decode()
    assert "あなたあてのメモ" in counsellor.get("/desk/").content.decode()


def test_a_request_is_absent_for_outsiders_and_only_readable_for_others(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    asked = services.ask_help(actor=town.counsellor, case_id=case.id, reason_code="law", text="ひみつ")
    for name in ("outsider", "outside_official"):
        client = client_for(name)
        assert client.get(f"/desk/help/{asked.id}/").status_code == 404
        assert client.post(f"/desk/help/{asked.id}/take").status_code == 404
        assert "法律の判断" not in client.get("/desk/help/").content.decode()
        assert client.post(f"/desk/cases/{case.id}/help", {"help_reason": "law"}).status_code == 404
    page = client_for("counsellor2").get(f"/desk/help/{asked.id}/").content.decode()
    assert "助言を返す" not in page
    refused = client_for("counsellor2").post(f"/desk/help/{asked.id}/answer", {"advice": "わたしの助言"})
    assert refused.status_code == 403
    with system_transaction():
        assert not case.notes.exists()
    assert "要請を取り下げる" in client_for("counsellor").get(f"/desk/help/{asked.id}/").content.decode()


def test_the_help_list_needs_as_many_queries_for_ten_as_for_one(client_for: Any, town: Any) -> None:
    client = client_for("supervisor")
    services.ask_help(actor=town.counsellor, case_id=phone_case(town.counsellor).id, reason_code="law")
    client.get("/desk/help/")
    with CaptureQueriesContext(connection) as few:
        client.get("/desk/help/")
    for _ in range(9):
        services.ask_help(actor=town.counsellor, case_id=phone_case(town.counsellor).id, reason_code="abuse")
    with CaptureQueriesContext(connection) as many:
        assert client.get("/desk/help/").content.decode().count("app-thelp__i--mine") == 10
    assert len(many) == len(few)


# --- clocks and lists -------------------------------------------------------------------------------------------------


def test_the_workspace_says_the_target_and_waiting_stops_it(client_for: Any, town: Any) -> None:
    case, client = web_case(town), client_for("counsellor")
    text = card_page(client, case.id).content.decode()
    assert "お返事の目標まで" in text and "（受付時間で）" in text
    wrong = posted(client, case, "wait", waiting_for="weather")
    assert wrong.status_code == 422
    assert posted(client, case, "wait", waiting_for="business", title="打った件名").status_code == 302
    text = card_page(client, case.id).content.decode()
    assert "事業者の返事待ち（時計は止まっています）" in text and "打った件名" in text
    assert posted(client, case, "go-on").status_code == 302
    assert client_for("outsider").post(f"/desk/cases/{case.id}/wait", {"waiting_for": "business"}).status_code == 404


def test_lists_show_and_sort_by_the_target_and_the_page_goes_on(client_for: Any, town: Any) -> None:
    now = timezone.now()
    found = [web_case(town) for _ in range(4)]
    late, soon, waiting, last = found
    with system_transaction():
        for case, due in ((late, -2), (soon, 30), (last, 60)):
            ResponseClock.objects.filter(case=case).update(due_at=now + timedelta(days=due))
    services.wait_for(actor=town.counsellor, case_id=waiting.id, waiting_for="consumer")
    page = client_for("counsellor2").get("/desk/cases/?list=due")
    assert [row.case.id for row in page.context["found"].rows] == [late.id, soon.id, last.id, waiting.id]
    assert [block.group.label for block in page.context["found"].blocks] == ["目標を過ぎた", "目標まで", "返事を待っている"]
    assert client_for("outsider").get("/desk/cases/?list=due").context["found"].rows == []
    seen, cursor = [], ""
    for _ in range(5):
        with actor_transaction(town.counsellor):
            part = read_page(KINDS["due"], actor=town.counsellor, filters=Filters(), cursor=cursor, size=1)
        seen += [row.case.id for row in part.rows]
        cursor = part.next_cursor
        if not cursor:
            break
    assert seen == [late.id, soon.id, last.id, waiting.id]


def test_who_is_looking_stands_in_lists_without_a_query_for_each_row(client_for: Any, town: Any) -> None:
    cases = [phone_case(town.counsellor) for _ in range(6)]
    client, other = client_for("counsellor"), client_for("counsellor2")
    other.post(f"/desk/cases/{cases[0].id}/presence", {"editing": "1"})
    client.get("/desk/cases/")
    with CaptureQueriesContext(connection) as few:
        assert client.get("/desk/cases/").content.decode().count("app-seeing") == 1
    for case in cases[1:]:
        other.post(f"/desk/cases/{case.id}/presence", {})
    with CaptureQueriesContext(connection) as many:
        assert client.get("/desk/cases/").content.decode().count("app-seeing") == 6
    assert len(many) == len(few)


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_call_is_planned_with_a_window_tried_and_done_with_undo(client_for: Any, town: Any) -> None:
    case, client = phone_case(town.counsellor), client_for("counsellor")
    wrong = client.post(
        f"/desk/cases/{case.id}/task",
        {"kind": "call", "what": "折り返す", "due_at": "2026-12-01T14:00", "until_at": "2026-12-01T13:00"},
    )
    assert wrong.status_code == 422 and "折り返す" in wrong.content.decode()
    due = timezone.now() + timedelta(days=3)
    client.post(
        f"/desk/cases/{case.id}/task",
        {"kind": "call", "what": "折り返す", "due_at": f"{due:%Y-%m-%dT%H:%M}", "until_at": f"{due + timedelta(hours=1):%Y-%m-%dT%H:%M}"},
    )
    with system_transaction():
        task = Task.objects.get()
    page = client.get("/desk/tasks/").content.decode()
    assert "折り返す" in page and "7日間の予定：" in page
    assert client.post(f"/desk/tasks/{task.id}/attempt", {"result": "shouted"}).status_code == 422
    client.post(f"/desk/tasks/{task.id}/attempt", {"result": "busy"})
    assert "話し中" in client.get(f"/desk/tasks/{task.id}/").content.decode()
    client.post(f"/desk/tasks/{task.id}/finish")
    assert "data-undo" in client.get("/desk/tasks/").content.decode()
    undone = client.post(f"/desk/tasks/{task.id}/reopen", headers={"Accept": "application/json"})
    assert undone.json() == {"message": "予定を戻しました。"}
    outsider = client_for("outsider")
    assert outsider.get(f"/desk/tasks/{task.id}/").status_code == 404
    assert outsider.post(f"/desk/tasks/{task.id}/back?due=2026-12-01T10:00:00%2B09:00").status_code == 404
    for path in ("finish", "reopen", "attempt", "snooze", "give"):
        assert outsider.post(f"/desk/tasks/{task.id}/{path}").status_code == 404, path
    with system_transaction():
        assert Task.objects.get().done_at is None


def test_snoozing_is_undone_with_the_moment_from_before(client_for: Any, town: Any) -> None:
    case, client = phone_case(town.counsellor), client_for("counsellor")
    task = services.add_task(actor=town.counsellor, case_id=case.id, what="調べる", due_at=timezone.now())
    client.post(f"/desk/tasks/{task.id}/snooze", {"choice": "week"})
    offer = client.session["desk_undo"]["url"]
    with system_transaction():
        assert Task.objects.get().due_at > task.due_at + timedelta(days=5)
    assert client.post(offer).status_code == 302
    with system_transaction():
        assert Task.objects.get().due_at == task.due_at
    for broken in ("", "?due=", "?due=morgen", "?due=2026-12-01T10:00"):
        assert client.post(f"/desk/tasks/{task.id}/back{broken}").status_code == 422


def test_a_fix_that_did_not_hold_offers_to_reopen(client_for: Any, town: Any) -> None:
    case, client = services.open_case(actor=town.counsellor, card=COMPLETE), client_for("counsellor")
    services.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    with system_transaction():
        task = Task.objects.get()
    # From the card, a follow-up leads to the page that asks for its outcome.
    assert client.post(f"/desk/cases/{case.id}/tasks/{task.id}/done")["Location"] == f"/desk/tasks/{task.id}/"
    missing = client.post(f"/desk/tasks/{task.id}/finish")
    assert missing.status_code == 422 and "確かめた結果を選んでください。" in missing.content.decode()
    answer = client.post(f"/desk/tasks/{task.id}/finish", {"outcome": "not_held"}, follow=True)
    assert "相談を再開する" in answer.content.decode()
    with system_transaction():
        case.refresh_from_db()
    assert case.state == "handled"
    client.post(f"/desk/cases/{case.id}/reopen", {"reason": "終わったあとの確認で、履行されていないことが分かった。"})
    with system_transaction():
        case.refresh_from_db()
    assert case.state == "advising"


def test_absences_are_entered_and_show_the_tasks_to_the_supervisor(client_for: Any, town: Any) -> None:
    case, client = phone_case(town.counsellor), client_for("counsellor")
    services.add_task(actor=town.counsellor, case_id=case.id, what="きょうの電話", due_at=timezone.now())
    day = timezone.localdate()
    given = {f"{name}_{part}": str(value) for name in ("first_day", "last_day") for part, value in (("y", day.year), ("m", day.month), ("d", day.day))}
    wrong = client.post("/desk/absences/enter", {"user": str(town.counsellor.id), **given, "last_day_y": "2001"})
    assert wrong.status_code == 422
    other = client.post("/desk/absences/enter", {"user": str(town.counsellor2.id), **given})
    assert other.status_code == 422, "only a supervisor enters other people's days"
    assert client.post("/desk/absences/enter", {"user": str(town.counsellor.id), **given}).status_code == 302
    assert "休んでいる人の予定" in client_for("supervisor").get("/desk/tasks/").content.decode()
    assert "休んでいる人の予定" not in client_for("counsellor2").get("/desk/tasks/").content.decode()


# --- mentions ---------------------------------------------------------------------------------------------------------


def test_a_mention_is_opened_once_by_the_one_it_names(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor)
    services.add_note(actor=town.counsellor, case_id=case.id, text="@見本 counsellor2 さん、見てください")
    with system_transaction():
        mention = Mention.objects.get()
    client = client_for("counsellor2")
    assert "メモ <b>1</b>" in client.get("/desk/").content.decode()
    assert client_for("supervisor").post(f"/desk/mentions/{mention.id}/open").status_code == 404
    assert client_for("outsider").post(f"/desk/mentions/{mention.id}/open").status_code == 404
    answer = client.post(f"/desk/mentions/{mention.id}/open")
    assert answer["Location"] == f"/desk/cases/{case.id}/"
    assert "読んでいないメモはありません。" in client.get("/desk/").content.decode()


# --- the policy -------------------------------------------------------------------------------------------------------


def policy_form(version: int, **changes: Any) -> dict[str, Any]:
    shown = policy_initial(TeamPolicyValues(), version)
    return {name: "on" if value is True else value for name, value in shown.items() if value is not False} | changes


def test_the_policy_is_read_by_all_and_changed_by_supervisors_with_versions(client_for: Any, town: Any) -> None:
    counsellor, supervisor = client_for("counsellor"), client_for("supervisor")
    assert "決まりを保存する" not in counsellor.get("/desk/team/policy").content.decode()
    assert counsellor.post("/desk/team/policy", policy_form(0)).status_code == 403
    wrong = supervisor.post("/desk/team/policy", policy_form(0, minutes_1="0", target_web_normal_first="きょう"))
    assert wrong.status_code == 422 and 'value="きょう"' in wrong.content.decode()
    twice = supervisor.post("/desk/team/policy", policy_form(0, role_2="supervisor"))
    assert twice.status_code == 422 and "同じ役割が2回あります。" in twice.content.decode()
    assert supervisor.post("/desk/team/policy", policy_form(0, target_web_normal_first="4", amount="500,000")).status_code == 302
    late = client_for("official").post("/desk/team/policy", policy_form(0, untaken_minutes="15"))
    assert late.status_code == 409 and 'value="15"' in late.content.decode()
    page = supervisor.get("/desk/team/policy").content.decode()
    assert "Web・メール・SNS・ふつうの相談・最初のお返事：6時間30分 → 4時間" in page and "第1版" in page
    with system_transaction():
        assert TeamPolicy.objects.get().body["amount"] == 500_000
    assert "第1版" not in client_for("outside_official").get("/desk/team/policy").content.decode()


# --- phrases ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def phrases(db: None) -> None:
    load_seed_phrases(actor=SYSTEM)


@pytest.mark.usefixtures("phrases")
def test_a_phrase_is_filled_from_the_case_and_gaps_are_said_in_words(client_for: Any, town: Any) -> None:
    case, client = web_case(town), client_for("counsellor")
    part = client.get(f"/desk/cases/{case.id}/phrases", headers={"HX-Request": "true"}).content.decode()
    assert case.receipt_number in part and "青葉市消費生活センター" in part and "{受付番号}" not in part
    assert "カードに無いもの：センター電話" in part and "［センター電話を書く］" in part
    assert client_for("outsider").get(f"/desk/cases/{case.id}/phrases").status_code == 404


@pytest.mark.usefixtures("phrases")
def test_without_scripts_a_phrase_goes_behind_what_is_typed(client_for: Any, town: Any) -> None:
    case, client = web_case(town), client_for("counsellor")
    with system_transaction():
        phrase = Phrase.objects.get(number="T01")
        script = Phrase.objects.get(number="S01")
    answer = posted(client, case, f"phrases/{phrase.id}/insert", answer_text="こんにちは。", title="打った件名")
    assert answer.status_code == 302
    form = form_of(card_page(client, case.id))
    assert form["answer_text"].startswith("こんにちは。\n\n") and case.receipt_number in form["answer_text"]
    assert form["title"] == "打った件名"
    # From the page of phrases nothing is sent along: the draft goes on.
    client.post(f"/desk/cases/{case.id}/phrases/{phrase.id}/insert")
    form = form_of(card_page(client, case.id))
    assert form["answer_text"].count(case.receipt_number) == 2 and form["title"] == "打った件名"
    assert posted(client, case, f"phrases/{script.id}/insert").status_code == 404
    with system_transaction():
        assert Draft.objects.count() == 1
    kept = posted(client, case, "phrases", note_text="書きかけのメモ")
    assert kept["Location"] == f"/desk/cases/{case.id}/phrases"
    assert form_of(card_page(client, case.id))["note_text"] == "書きかけのメモ"


@pytest.mark.usefixtures("phrases")
def test_a_script_has_steps_to_tick_that_are_sent_nowhere(client_for: Any, town: Any) -> None:
    case, client = web_case(town), client_for("counsellor")
    with system_transaction():
        script = Phrase.objects.get(number="S04")
    page = client.get(f"/desk/cases/{case.id}/scripts/{script.id}").content.decode()
    assert page.count('type="checkbox"') > 5 and "支援要請を押す" in page
    assert 'type="checkbox" class="dads-checkbox__input" name' not in page


@pytest.mark.usefixtures("phrases")
def test_a_centre_rewrites_a_national_phrase_for_itself_alone(client_for: Any, town: Any) -> None:
    with system_transaction():
        national = Phrase.objects.get(number="T14")
    supervisor = client_for("supervisor")
    given = {"version": national.version, "use": "close", "title": "青葉の結び", "body": "青葉市より。{受付番号}", "law": ""}
    assert client_for("counsellor").post(f"/desk/phrases/{national.id}/", given).status_code == 403
    bad = supervisor.post(f"/desk/phrases/{national.id}/", {**given, "body": "{住所}へ送ります"})
    assert bad.status_code == 422 and "「住所」という差し込みはありません。" in bad.content.decode() and "{住所}へ送ります" in bad.content.decode()
    assert supervisor.post(f"/desk/phrases/{national.id}/", given).status_code == 302
    late = client_for("official").post(f"/desk/phrases/{national.id}/", given)
    assert late.status_code == 409
    assert "青葉の結び" in client_for("counsellor").get("/desk/phrases/").content.decode()
    assert "これで終わりにします" not in client_for("counsellor").get("/desk/phrases/").content.decode()
    assert "これで終わりにします" in client_for("outsider").get("/desk/phrases/").content.decode()
    with system_transaction():
        own = Phrase.objects.get(centre_id=town.centre_a.id)
    assert client_for("outsider").get(f"/desk/phrases/{own.id}/").status_code == 404
    assert client_for("outside_official").post(f"/desk/phrases/{own.id}/retire").status_code == 404
    supervisor.post(f"/desk/phrases/{own.id}/", {**given, "version": 1, "title": "青葉の結び2"})
    assert "第2版" in supervisor.get(f"/desk/phrases/{own.id}/").content.decode()
    supervisor.post(f"/desk/phrases/{own.id}/retire")
    assert "これで終わりにします" in supervisor.get("/desk/phrases/").content.decode()
    supervisor.post(f"/desk/phrases/{own.id}/restore")
    assert "青葉の結び2" in supervisor.get("/desk/phrases/").content.decode()
