"""記事の案内 over HTTP, without JavaScript: a talk, in three languages, rated, and on to people."""

from __future__ import annotations

import html
import re

import pytest

from caasis.analytics.models import ReadingDay
from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

URL = "/ask/"


@pytest.fixture
def seeded(town: object) -> None:
    with system_transaction():
        load_seed_articles(actor=SYSTEM)


def talk_in(page: str) -> str:
    found = re.search(r'name="talk" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def say(client, message, talk="", lang="ja"):
    return client.post(URL, {"message": message, "talk": talk, "lang": lang}).content.decode()


def test_a_talk_goes_on_and_each_answer_names_its_source(client, seeded):
    first = client.get(URL).content.decode()
    assert "ふだんの言葉で書いてください" in first
    page = say(client, "クーリング・オフのはがきの書き方")
    assert 'href="/articles/F-1004/"' in page and "この答えのもと" in page and "<blockquote" in page
    page = say(client, "火星の人口は", talk_in(page))
    assert "クーリング・オフのはがきの書き方" in page and "合う記事が見つかりませんでした" in page
    assert dict(ReadingDay.objects.filter(what="ask").values_list("which", "times")) == {"answer": 1, "handover": 1}
    assert ReadingDay.objects.get(what="ask_answer").which == "F-1004"


def test_what_is_personal_is_gone_before_it_is_shown_again(client, seeded):
    page = say(client, "電話は090-1234-5678です。副業でお金を払いました")
    assert "090-1234-5678" not in page and "［電話］" in page and "個人情報は消しました" in page


def test_on_to_people_with_the_talk(client, seeded):
    page = say(client, "火星の人口は")
    assert "ここまでを入れて、相談の文章を書く" in page
    answer = client.post("/ask/consult/", {"talk": talk_in(page)})
    assert answer.status_code == 302 and answer["Location"] == "/consult/1/"
    client.post("/consult/1/", {"topic": "other", "who": "self", "injury": "no", "money_moving": "no"})
    assert "火星の人口は" in client.get("/consult/2/").content.decode()


def test_rated_without_anything_of_the_talk(client, seeded):
    page = say(client, "クーリング・オフのはがきの書き方")
    rated = client.post("/ask/rate/", {"talk": talk_in(page), "solved": "yes"}).content.decode()
    assert "ありがとうございます" in rated
    assert dict(ReadingDay.objects.filter(what__startswith="ask_").exclude(what="ask_answer").values_list("what", "times")) == {
        "ask_solved": 1
    }
    client.post("/ask/rate/", {"talk": "forged", "solved": "yes"})
    assert ReadingDay.objects.get(what="ask_solved").times == 1


def test_a_forged_talk_is_left_out_and_hostile_words_stay_words(client, seeded):
    page = say(client, "<script>alert(1)</script>", talk="eyJmb3JnZWQiOjF9:x:y")
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert "Only our own articles are shown here" in page


@pytest.mark.parametrize(("lang", "words"), [("en", "Write about your trouble"), ("easy", "困って いる ことを 書いて")])
def test_other_languages(client, seeded, lang, words):
    assert words in client.get(URL, {"lang": lang}).content.decode()
    page = say(client, "talk to a person", lang=lang)
    assert "188" in page


def test_danger_gives_the_number_to_press(client, seeded):
    page = say(client, "業者が帰ってくれない")
    assert 'href="tel:110"' in page
    page = say(client, "もう死にたい")
    assert 'href="tel:119"' in page and "0120-279-338" in page


def test_who_asks_at_speed_is_held_back_and_keeps_the_words(client, seeded):
    for _ in range(60):
        say(client, "こんにちは")
    answer = client.post(URL, {"message": "定期購入の話", "lang": "ja"})
    assert answer.status_code == 429 and "定期購入の話" in answer.content.decode()
