"""A survey as the consumer meets it: by the link on her own page, once, with JavaScript off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caasis.operations import services
from caasis.operations.models import SurveyAnswer, SurveyPerson, SurveyRequest
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed
from tests.support.surveys import asked_on_the_web, closed, link_of, running, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(town, settings) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return Client()


@pytest.fixture
def request_(town) -> SurveyRequest:
    running(town)
    return asked_on_the_web(town)


@pytest.fixture
def link(request_) -> str:
    return link_of(request_)


def answers() -> list[SurveyAnswer]:
    with system_transaction():
        return list(SurveyAnswer.objects.all())


def test_the_link_stands_on_the_consumers_own_page_until_it_is_answered(browser, town):
    running(town)
    receipt = sent()
    case = closed(town, contact_id=receipt.contact_id, channel="web")
    browser.post("/receipt/", {"receipt_number": receipt.receipt_number, "secret": receipt.secret})
    assert "アンケート" not in browser.get("/receipt/status/").content.decode()
    link = link_of(services.ask_for_answer(case_id=case.id))
    assert f'href="{link}"' in browser.get("/receipt/status/").content.decode()
    browser.post(link, {"satisfaction": "5"})
    assert "アンケート" not in browser.get("/receipt/status/").content.decode()


def test_one_page_asks_everything_and_says_that_it_is_free_to_answer(browser, link):
    answer = browser.get(link)
    html = answer.content.decode()
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert html.count('type="radio"') == 5 + 5 + 7 + 11 and html.count("<textarea") == 1
    assert "1の質問で、「不満」「やや不満」と答えた方だけ" in html
    assert "答えるかどうかは自由です" in html and "見本" not in html


def test_an_answer_is_taken_once_and_thanked_for(browser, link):
    answer = browser.post(link, {"satisfaction": "2", "reason": "wait", "recommend": "7", "words": "長く待ちました"}, follow=True)
    assert answer.redirect_chain == [(link, 302)] and "ありがとうございました" in answer.content.decode()
    (row,) = answers()
    assert (row.csat, row.nps, row.ces, row.answers["reason"]) == (2, 7, None, "wait")
    with system_transaction():
        assert "長く待ちました" in read_sealed(row, "words")["words"]
    browser.post(link, {"satisfaction": "5"})
    assert [one.csat for one in answers()] == [2]
    assert "satisfaction" not in browser.get(link).content.decode()


def test_what_is_wrong_is_said_and_everything_typed_is_kept(browser, link):
    answer = browser.post(link, {"recommend": "7", "words": "途中まで書いた <b>文</b>"})
    html = answer.content.decode()
    assert answer.status_code == 422 and answer["Cache-Control"] == "no-store"
    assert "1つ選んでください。" in html and 'href="#s-satisfaction"' in html
    assert "途中まで書いた &lt;b&gt;文&lt;/b&gt;" in html
    assert 'name="recommend" value="7" checked' in html
    assert answers() == []


def test_an_answer_without_the_one_before_it_is_not_taken(browser, link):
    browser.post(link, {"satisfaction": "5", "reason": "manner"})
    assert answers()[0].answers == {"satisfaction": "5"}


@pytest.mark.parametrize(
    "given",
    [
        {"satisfaction": "99999999999999999999"},
        {"satisfaction": "５"},
        {"satisfaction": "5\x00x"},
        {"satisfaction": "5", "words": "あ" * 1001},
        {"satisfaction": "5", "words": "あ" * 400_000},
        {},
    ],
)
def test_hostile_answers_get_a_sentence(browser, link, given):
    answer = browser.post(link, given)
    assert answer.status_code == 422 and "エラー：" in answer.content.decode()


def test_a_nul_byte_in_the_words_is_dropped(browser, link):
    assert browser.post(link, {"satisfaction": "5", "words": "\x00あり\x00がとう"}).status_code == 302
    with system_transaction():
        assert read_sealed(SurveyAnswer.objects.get(), "words")["words"] == '{"words": "ありがとう"}'


def test_saying_no_is_one_button(browser, link):
    html = browser.post(link, {"do": "decline"}, follow=True).content.decode()
    assert "わかりました" in html and answers() == []
    with system_transaction():
        assert SurveyRequest.objects.get().state == "declined"
        assert not SurveyPerson.objects.exclude(refused_at=None).exists()


def test_no_more_surveys_can_be_said_before_and_after_answering(browser, town, link):
    browser.post(link, {"satisfaction": "5"})
    html = browser.post(link, {"do": "never"}, follow=True).content.decode()
    assert "今後、アンケートはお送りしません" in html and len(answers()) == 1
    case = closed(town, contact_id=sent("z").contact_id, channel="web")
    late = timezone.now() + timedelta(days=60)
    assert services.ask_for_answer(case_id=case.id, now=late).not_asked == "refused"


def test_an_old_link_is_answered_kindly(browser, request_, link):
    with system_transaction():
        SurveyRequest.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page = browser.get(link)
    assert page.status_code == 410 and "受け付けは終わりました" in page.content.decode()
    assert browser.post(link, {"satisfaction": "5"}, follow=True).status_code == 410
    assert answers() == []


@pytest.mark.parametrize("wrong", ["x", "A" * 32, "A" * 31 + "é", "A" * 3000])
def test_a_wrong_link_is_a_kind_page_and_tells_nothing(browser, link, wrong):
    page = browser.get(f"/survey/{wrong}/")
    assert page.status_code == 404 and "このリンクは使えません" in page.content.decode()
    assert page["Cache-Control"] == "no-store"


def test_trying_links_is_held_back_and_the_right_one_rests_meanwhile(browser, link):
    for _ in range(40):
        browser.get("/survey/wrong/")
    assert browser.get("/survey/wrong/").status_code == 429
    assert browser.get(link).status_code == 429


def test_a_form_from_another_site_is_refused(town, link):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link, {"satisfaction": "5"}).status_code == 403
    assert answers() == []
