"""「どこがわかりにくかったですか」: a reader's words after the vote, and the staff who read them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import NotAllowed
from caasis.knowledge.models import Article, ReaderNote
from caasis.knowledge.reader_notes import KEPT, note_difficulty, reader_notes
from caasis.knowledge.services import load_seed_articles

pytestmark = pytest.mark.django_db

URL = "/articles/F-1001/note/"


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return Client(enforce_csrf_checks=True)


def test_after_the_vote_words_can_follow_without_cookie(visitor: Client) -> None:
    assert 'name="text"' not in visitor.get("/articles/F-1001/").content.decode()
    html = visitor.get("/articles/F-1001/?voted=1").content.decode()
    assert "どこがわかりにくかったですか" in html and "お名前、電話番号、住所は書かないでください" in html
    answer = visitor.post(URL, {"text": "  8日の数え方が　わからない "})
    assert answer["Location"] == "/articles/F-1001/?noted=1#vote" and not answer.cookies
    assert ReaderNote.objects.get().text == "8日の数え方が わからない"
    html = visitor.get("/articles/F-1001/?noted=1").content.decode()
    assert "お声を受け取りました" in html and 'name="text"' not in html and "/vote/" not in html


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("わからないので 090-1234-5678 に電話してください", "1234"),
        ("ｍｉｈｏｎ＠ｅｘａｍｐｌｅ．ｃｏｍ まで", "mihon"),
        ("カードは4111 1111 1111 1111です", "1111"),
        ("わたしは山田花子です。期限がわからない", "山田"),
    ],
)
def test_what_looks_like_a_person_is_masked_before_it_is_written(visitor: Client, text: str, gone: str) -> None:
    assert visitor.post(URL, {"text": text}).status_code == 302
    note = ReaderNote.objects.get()
    assert gone not in note.text and note.was_masked


@pytest.mark.parametrize("text", ["", "　 \n", "あ" * 401])
def test_nothing_and_too_much_come_back_as_typed(visitor: Client, text: str) -> None:
    answer = visitor.post(URL, {"text": text})
    html = answer.content.decode()
    assert answer.status_code == 422 and answer["Cache-Control"] == "no-store" and "<title>エラー：" in html
    assert text.strip() in html and not ReaderNote.objects.exists()


def test_one_address_writes_ten_an_hour_and_loses_nothing(visitor: Client) -> None:
    for _ in range(10):
        assert visitor.post(URL, {"text": "わかりにくい"}).status_code == 302
    answer = visitor.post(URL, {"text": "十一番目の声"})
    assert answer.status_code == 429 and "十一番目の声</textarea>" in answer.content.decode()
    assert "1時間たってから" in answer.content.decode() and ReaderNote.objects.count() == 10


def test_only_public_articles_take_words(visitor: Client) -> None:
    for number in ("M-2001", "F-9999"):
        assert visitor.post(f"/articles/{number}/note/", {"text": "声"}).status_code == 404
    Article.objects.filter(number="F-1001").update(state=Article.State.WITHDRAWN)
    assert visitor.post(URL, {"text": "声"}).status_code == 404
    assert visitor.get(URL).status_code == 405 and not ReaderNote.objects.exists()


def test_the_newest_are_kept_and_no_more(visitor: Client) -> None:
    article = Article.objects.get(number="F-1001")
    ReaderNote.objects.bulk_create(ReaderNote(article=article, article_version=1, text=f"声{order}") for order in range(KEPT))
    note_difficulty(number="F-1001", text="いちばん新しい声")
    assert ReaderNote.objects.count() == KEPT
    assert ReaderNote.objects.order_by("-created_at")[0].text == "いちばん新しい声"


def test_staff_of_every_centre_and_of_the_nation_read_them_and_nobody_else(visitor: Client, client_for: Any) -> None:
    visitor.post(URL, {"text": "<b>表</b>がわかりにくい"})
    visitor.post("/articles/F-1002/note/", {"text": "電話のときはどうなるか"})
    for role in ("counsellor", "supervisor", "outsider"):
        html = client_for(role).get("/desk/reader-notes/").content.decode()
        assert "&lt;b&gt;表&lt;/b&gt;がわかりにくい" in html and "電話のときは" in html and "/articles/F-1001/" in html
    one = client_for("counsellor").get("/desk/reader-notes/?number=ｆ１００２").content.decode()
    assert "電話のときは" in one and "表" not in one.split('class="app-rows"')[1].split("</ul>")[0]
    assert "この記事への声はありません" in client_for("counsellor").get("/desk/reader-notes/?number=x").content.decode()
    assert client_for("analyst").get("/desk/reader-notes/").status_code == 200
    assert client_for("admin").get("/desk/reader-notes/").status_code == 403
    assert visitor.get("/desk/reader-notes/").status_code == 302
    with pytest.raises(NotAllowed):
        reader_notes(actor=SYSTEM)


def test_a_note_on_an_older_text_says_so(visitor: Client, client_for: Any) -> None:
    visitor.post(URL, {"text": "わかりにくい"})
    assert "前の版への声" not in client_for("counsellor").get("/desk/reader-notes/").content.decode()
    Article.objects.filter(number="F-1001").update(version=2)
    assert "前の版への声" in client_for("counsellor").get("/desk/reader-notes/").content.decode()
