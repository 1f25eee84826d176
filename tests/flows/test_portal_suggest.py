"""Suggestions while typing, over HTTP: at once, forgiving, kept by caches, and nothing that was withdrawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.guides import guides
from caasis.knowledge.models import Article
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.suggestions import forget_suggestions

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    forget_suggestions()
    return Client()


def suggested(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.get("/search/suggest/", {"q": query})
    assert answer.status_code == 200
    items: list[dict[str, str]] = answer.json()["items"]
    return items


def test_titles_and_common_questions_are_suggested(visitor: Client) -> None:
    items = suggested(visitor, "定期")
    assert 2 <= len(items) <= 8
    assert items[0] == {
        "text": "定期購入をやめたい",
        "url": "/search/?q=%E5%AE%9A%E6%9C%9F%E8%B3%BC%E5%85%A5%E3%82%92%E3%82%84%E3%82%81%E3%81%9F%E3%81%84",
        "kind": "よく調べられていること",
    }
    assert any(item["kind"] == "よくある質問" for item in items)
    for item in items:
        assert visitor.get(item["url"]).status_code == 200


def test_a_guide_is_suggested_by_its_title(visitor: Client) -> None:
    guide = guides()[0]
    items = suggested(visitor, guide.title[:6])
    assert {"text": guide.title, "url": f"/guides/{guide.id}/", "kind": "質問に答えて調べる"} in items


@pytest.mark.parametrize("query", ["ﾃｲｷｺｳﾆｭｳ", "ていきこうにゅう", "定期講入", "Ｆ－１００１", "f1001"])
def test_kana_width_slips_and_numbers_are_understood(visitor: Client, query: str) -> None:
    items = suggested(visitor, query)
    wanted = "/articles/F-1001/" if query[0] in "Ｆf" else "定期購入"
    assert any(wanted in item["url"] + item["text"] for item in items), items


def test_it_may_be_kept_and_sets_no_cookie(visitor: Client, client_for: Any) -> None:
    answer = visitor.get("/search/suggest/?q=a")
    assert answer["Cache-Control"] == "public, max-age=5, stale-if-error=86400" and not answer.cookies and "Cookie" not in answer.get("Vary", "")
    assert client_for("counsellor").get("/search/suggest/?q=定期").content == visitor.get("/search/suggest/?q=定期").content


def test_neither_withdrawn_nor_inside_ones_are_suggested(visitor: Client, client_for: Any) -> None:
    article = Article.objects.get(number="F-1001")
    assert suggested(visitor, "F-1001")
    Article.objects.filter(pk=article.pk).update(state=Article.State.WITHDRAWN)
    assert suggested(visitor, "F-1001") == []
    manual = Article.objects.filter(kind=Article.Kind.MANUAL).first()
    assert manual is not None
    for client in (visitor, client_for("counsellor")):
        assert all(manual.number not in item["url"] for item in suggested(client, manual.title))


def test_a_new_article_is_suggested_once_it_is_published(visitor: Client) -> None:
    assert suggested(visitor, "ヒラタクワガタ") == []
    Article.objects.create(number="F-9901", kind="faq", state="published", title="ヒラタクワガタの通販", lead="。", body="。")
    forget_suggestions()
    assert [item["text"] for item in suggested(visitor, "ひらたくわがた")] == ["ヒラタクワガタの通販"]


@pytest.mark.parametrize(
    "query", ["", "　", "あ" * 10_000, "<script>alert(1)</script>", "%00", "\u202e", "'; DROP TABLE x; --", "\ud83d", "*[({\\"]
)
def test_strange_beginnings_harm_nothing(visitor: Client, query: str) -> None:
    answer = visitor.get("/search/suggest/", {"q": query.encode("utf-8", "surrogatepass")})
    assert answer.status_code in (200, 400)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_asks_the_database_little(visitor: Client, django_assert_max_num_queries: Any) -> None:
    suggested(visitor, "定期")
    with django_assert_max_num_queries(4):
        suggested(visitor, "定期購入")


def test_nothing_is_changed_by_it(visitor: Client) -> None:
    assert visitor.post("/search/suggest/", {"q": "定期"}).status_code in (403, 405)


def test_the_search_box_works_without_it(visitor: Client) -> None:
    for path in ("/", "/search/"):
        html = visitor.get(path).content.decode()
        assert '<app-suggest url="/search/suggest/">' in html and "portal/suggest" in html
        assert 'name="q"' in html and 'action="/search/"' in html
        # The roles of the combobox come with the script: without it, it would promise a list that never opens.
        assert "combobox" not in html
