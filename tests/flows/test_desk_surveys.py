"""Surveys on the desk: writing one without code, publishing it, reading what came of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services as cases
from caasis.kernel.clock import day_in_japan
from caasis.operations import services
from caasis.operations.models import Survey, SurveyEdition, SurveyRequest
from caasis.operations.rules.surveys import questions_of
from caasis.operations.survey_reading import survey_results
from caasis.operations.vocabulary import QuestionKind
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE, refresh
from tests.support.surveys import asked_on_the_web, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def fields_of(html: str) -> dict[str, object]:
    """What a browser would send of the editor's form: every field as it stands there."""
    form = html.split('class="app-plainform')[1].split("</form>")[0]
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = re.search(r'name="([^"]+)"', tag), re.search(r'type="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or name[1] == "csrfmiddlewaretoken":
            continue
        if kind and kind[1] in ("checkbox", "radio"):
            if " checked" in tag:
                found.setdefault(name[1], []).append(value[1] if value else "on")
        else:
            found[name[1]] = value[1] if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found[name] = text.strip("\n")
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', body)
        found[name] = chosen[1] if chosen else ""
    return found


def stored(survey) -> tuple:
    refresh(survey)
    return questions_of(survey.questions)


@pytest.fixture
def survey(town):
    return services.begin_survey(actor=town.supervisor)


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_survey_begins_with_the_standard_questions_and_runs_when_published(town, client_for):
    client = client_for("supervisor")
    assert "アンケートはまだありません" in client.get("/desk/surveys/").content.decode()
    page = client.post("/desk/surveys/new", follow=True)
    address = page.redirect_chain[-1][0]
    assert "まだ、だれにもお願いしていません" in page.content.decode()
    html = client.post(f"{address}publish", follow=True).content.decode()
    assert "公開しました" in html and "公開ずみです" in html
    with system_transaction():
        assert Survey.objects.get().state == "running" and len(SurveyEdition.objects.get().questions) == 5
    assert "実施中" in client.get("/desk/surveys/").content.decode()


def test_saving_the_page_as_it_stands_changes_nothing(client_for, survey):
    client, before = client_for("supervisor"), stored(survey)
    answer = client.post(f"/desk/surveys/{survey.id}/", fields_of(client.get(f"/desk/surveys/{survey.id}/").content.decode()))
    assert answer.status_code == 302
    assert stored(survey) == before


def test_a_question_is_added_with_a_condition_without_a_script(client_for, survey):
    client, address = client_for("supervisor"), f"/desk/surveys/{survey.id}/"
    sent = fields_of(client.get(address).content.decode())
    more = client.post(address, sent | {"title": "書きかけの題名", "do": "more"})
    html = more.content.decode()
    assert more.status_code == 200 and 'value="書きかけの題名"' in html and "質問6" in html
    with system_transaction():
        assert Survey.objects.get().title != "書きかけの題名"
    sent = fields_of(html) | {"q6-text": "何が役に立ちましたか", "q6-kind": "choice", "q6-options": "助言\r\n\r\n資料\r\n",
                              "q6-only_if": "satisfaction"}  # fmt: skip
    html = client.post(address, sent | {"do": "more"}).content.decode()
    sent = fields_of(html) | {"q6-only_values": ["4", "5"]}
    assert 'name="q6-only_values"' in html
    assert client.post(address, sent | {"do": "save"}).status_code == 302
    added = stored(survey)[-1]
    assert (added.kind, added.only_if, added.only_values) == (QuestionKind.CHOICE, "satisfaction", ("4", "5"))
    assert [words for _, words in added.options] == ["助言", "資料"]


def test_a_question_without_words_goes_and_the_order_is_what_the_numbers_say(client_for, survey):
    client, address = client_for("supervisor"), f"/desk/surveys/{survey.id}/"
    sent = fields_of(client.get(address).content.decode()) | {"q2-text": "", "q5-place": "1"}
    assert client.post(address, sent).status_code == 302
    assert [one.key for one in stored(survey)] == ["satisfaction", "words", "effort", "recommend"]


def test_options_with_the_same_words_keep_their_code(client_for, survey):
    client, address, before = client_for("supervisor"), f"/desk/surveys/{survey.id}/", dict(stored(survey)[1].options)
    sent = fields_of(client.get(address).content.decode())
    sent["q2-options"] = "新しい選択肢\n" + str(sent["q2-options"])
    assert client.post(address, sent).status_code == 302
    after = dict(stored(survey)[1].options)
    assert {code: words for code, words in after.items() if words != "新しい選択肢"} == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"title": ""}, "題名"),
        ({"sample_percent": "0"}, "割合"),
        ({"sample_percent": "9" * 400}, "割合"),
        ({"sample_percent": "たくさん"}, "割合"),
        ({"q2-options": "1つだけ"}, "選択肢を2つから12個"),
        ({"q3-kind": "csat"}, "種類ごとに1つだけ"),
        ({"q1-text": "あ" * 5000}, "120字まで"),
        ({"q1-kind": "magic"}, "答え方"),
        ({"q2-only_if": "nothing"}, "前の質問の答え"),
        ({"q1-key": "../../etc"}, "質問"),
        ({"q1-place": "-3"}, "順番"),
        ({"active_from_y": "9999", "active_from_m": "13", "active_from_d": "40"}, "始める日"),
        ({"active_from_y": "0000", "active_from_m": "1", "active_from_d": "1"}, "始める日"),
        ({"version": "x"}, ""),
    ],
)
def test_what_cannot_be_taken_is_said_and_everything_typed_is_kept(client_for, survey, more, sentence):
    client, address, before = client_for("supervisor"), f"/desk/surveys/{survey.id}/", stored(survey)
    answer = client.post(address, fields_of(client.get(address).content.decode()) | {"intro": "書きかけの文"} | more)
    html = answer.content.decode()
    assert answer.status_code == 422 and sentence in html and "書きかけの文" in html
    assert 'id="error-summary"' in html
    assert stored(survey) == before


def test_who_saved_second_is_told_and_loses_nothing(client_for, survey):
    first, second = client_for("supervisor"), client_for("official")
    address = f"/desk/surveys/{survey.id}/"
    sent = fields_of(first.get(address).content.decode())
    assert first.post(address, sent).status_code == 302
    answer = second.post(address, sent | {"title": "あとから保存"})
    assert answer.status_code == 409 and 'value="あとから保存"' in answer.content.decode()


def test_the_preview_shows_what_a_consumer_sees_and_sends_nothing(client_for, survey):
    html = client_for("supervisor").get(f"/desk/surveys/{survey.id}/preview").content.decode()
    assert "今回の相談員の対応に、満足しましたか。" in html and html.count('type="radio"') == 28
    assert "答えを送る" not in html


@pytest.mark.parametrize("who", ["outsider", "outside_official", "ncac"])
def test_a_survey_of_another_centre_is_not_there(client_for, survey, who):
    client = client_for(who)
    for path in ("", "preview"):
        assert client.get(f"/desk/surveys/{survey.id}/{path}").status_code == 404
    for path in ("", "publish", "end"):
        assert client.post(f"/desk/surveys/{survey.id}/{path}", {}).status_code == 404
    assert survey.title not in client.get("/desk/surveys/").content.decode().split("<main")[1]


def test_a_counsellor_looks_but_does_not_write(client_for, survey):
    client, address = client_for("counsellor"), f"/desk/surveys/{survey.id}/"
    html = client.get(address).content.decode()
    assert "直せるのは、主任とセンター職員です" in html and "保存する" not in html.split("<main")[1]
    sent = fields_of(client_for("supervisor").get(address).content.decode())
    assert client.post(address, sent).status_code == 403
    assert client.post(f"{address}publish").status_code == 403
    assert client.post("/desk/surveys/new").status_code == 403


def test_the_ncac_writes_the_national_one(client_for, town):
    page = client_for("ncac").post("/desk/surveys/new", follow=True)
    address = page.redirect_chain[-1][0]
    assert client_for("ncac").post(f"{address}publish").status_code == 302
    html = client_for("supervisor").get(address).content.decode()
    assert "国民生活センターが直します" in html
    assert client_for("official").post(f"{address}end").status_code == 403


def test_ending_asks_nobody_any_more(client_for, town):
    survey = running(town)
    client_for("official").post(f"/desk/surveys/{survey.id}/end")
    refresh(survey)
    assert survey.state == "ended"
    assert "直せません" in client_for("official").get(f"/desk/surveys/{survey.id}/").content.decode()


# --- results ----------------------------------------------------------------------------------------------------------


def answered(town, number: int, *, given=None, actor=None, words: str = "", **card):
    """So many closed cases, asked and answered, of different people."""
    for at in range(number):
        request = asked_on_the_web(town, f"{actor and actor.name}{at}{card}{words}"[:20].ljust(4), phone=f"080-{_next():04}-0001")
        if card or actor:
            with system_transaction():
                SurveyRequest.objects.filter(id=request.id).update(**card)
        services.answer_survey(request_id=request.id, given={"satisfaction": "5", "recommend": "10", "effort": "6"}
                               | (given or {}) | ({"words": words} if words else {}))  # fmt: skip


_numbers = iter(range(1, 9999))


def _next() -> int:
    return next(_numbers)


def test_results_show_the_measures_with_their_intervals(town, client_for):
    running(town)
    answered(town, 4)
    answered(town, 1, given={"satisfaction": "2", "recommend": "3", "effort": "2"})
    html = client_for("counsellor").get("/desk/analysis/surveys/").content.decode()
    assert "80.0％" in html and "95％の幅 37.6％〜96.4％・回答5件" in html
    assert "＋60" in html and "5.2" in html
    assert "お願いした5件のうち5件" in html and html.count("<svg viewBox") >= 2
    assert "P13" not in html and "訪問販売" in html


def test_fewer_than_five_answers_are_not_shown(town, client_for):
    running(town)
    answered(town, 4)
    html = client_for("supervisor").get("/desk/analysis/surveys/").content.decode()
    assert "回答が少ないため表示しません（4件）" in html and "100.0％" not in html.replace("100.0％</td>", "").split("回答率")[0]


def test_a_small_line_is_not_told_by_what_is_left(town):
    running(town)
    answered(town, 5, sales_form="shop")
    answered(town, 5, sales_form="telephone")
    answered(town, 2, sales_form="door_to_door")
    today = day_in_japan(timezone.now())
    with actor_transaction(town.supervisor):
        found = survey_results(actor=town.supervisor, start=today, end=today)
    assert found.total.csat.n == 12 and found.total.csat.is_shown
    assert sorted(one.csat.is_shown for one in found.sales_forms) == [False, False, True]


def test_who_was_not_asked_is_counted_with_the_reason(town, client_for):
    running(town)
    case = cases.open_case(actor=town.counsellor, card=COMPLETE)
    cases.change_state(actor=town.counsellor, case_id=case.id, verb="finish_handling")
    services.ask_for_answer(case_id=case.id)
    html = client_for("supervisor").get("/desk/analysis/surveys/").content.decode()
    assert "終わった相談1件のうち、1件にはお願いしていません" in html and "届ける方法がない" in html


def test_another_centre_sees_nothing_of_it_and_the_nation_only_sums(town, client_for):
    running(town)
    answered(town, 6, words="見本の文")
    outside = client_for("outsider").get("/desk/analysis/surveys/").content.decode()
    assert "この期間の記録は、まだありません" in outside
    national = client_for("analyst").get("/desk/analysis/surveys/").content.decode()
    assert "青葉市消費生活センター" in national and "100.0％" in national and "見本の文" not in national
    assert client_for("admin").get("/desk/analysis/surveys/").status_code == 403
    assert client_for("public").get("/desk/analysis/surveys/").status_code == 302


def test_without_a_survey_the_page_says_how_to_begin(client_for, town):
    html = client_for("counsellor").get("/desk/analysis/surveys/?months=9999").content.decode()
    assert "この期間の記録は、まだありません" in html


# --- words ------------------------------------------------------------------------------------------------------------


def test_words_are_read_after_a_purpose_was_named_and_that_is_logged(town, client_for):
    running(town)
    answered(town, 1, words="説明が <b>早口</b>でした")
    client, address = client_for("official"), "/desk/analysis/surveys/words/"
    closed = client.get(address).content.decode()
    assert "早口" not in closed and "何のために読みますか" in closed
    assert "早口" not in client.get(f"{address}?purpose=curiosity").content.decode()
    html = client.get(f"{address}?purpose=improvement").content.decode()
    assert "説明が &lt;b&gt;早口&lt;/b&gt;でした" in html and "満足度 5" in html
    with system_transaction():
        log = AccessRecord.objects.filter(object_kind="survey_answer").latest("at")
        assert log.purpose == "improvement" and log.actor_id == town.official.id


@pytest.mark.parametrize(("who", "status"), [("counsellor", 403), ("ncac", 403), ("analyst", 403), ("outside_official", 200)])
def test_nobody_else_reads_words(town, client_for, who, status):
    running(town)
    answered(town, 1, words="説明が早口でした")
    answer = client_for(who).get("/desk/analysis/surveys/words/?purpose=improvement")
    assert answer.status_code == status and "早口" not in answer.content.decode()


@pytest.mark.parametrize("query", ["page=99999", "page=-1", "page=x", "page=%00", "months=%00", "page=" + "9" * 500])
def test_strange_addresses_of_the_words_are_answered(town, client_for, query):
    running(town)
    answered(town, 1, words="説明が早口でした")
    assert client_for("official").get(f"/desk/analysis/surveys/words/?purpose=improvement&{query}").status_code in (200, 400)


def test_old_answers_are_outside_of_the_period(town, client_for):
    running(town)
    answered(town, 5)
    with system_transaction():
        SurveyRequest.objects.update(asked_at=timezone.now() - timedelta(days=200))
    assert "この期間の記録は、まだありません" in client_for("official").get("/desk/analysis/surveys/?months=3").content.decode()
    assert "100.0％" in client_for("official").get("/desk/analysis/surveys/?months=12").content.decode()
