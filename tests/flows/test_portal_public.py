"""The pages without personal data: reachable, cacheable, tolerant, without cookies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.models import Article
from caasis.knowledge.services import load_seed_articles

pytestmark = pytest.mark.django_db

CACHED = ("/", "/guide/", "/search/", "/search/?q=定期購入", "/search/?situation=paid", "/articles/F-1001/", "/alerts/", "/offices/", "/privacy/", "/accessibility/", "/about/", "/alerts/?kind=alert&prefecture=04", "/cross-border/", "/help-without-internet/", "/statistics/")  # fmt: skip
OWN = ("/consult/1/", "/consult/resume/", "/receipt/", "/offices/?postcode=980-0811", "/articles/F-1001/?day_y=2026&day_m=11&day_d=18")  # fmt: skip


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return Client()


@pytest.mark.parametrize("path", CACHED)
def test_a_public_page_may_be_kept_and_sets_no_cookie(visitor: Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=5, stale-if-error=86400"
    assert not answer.cookies
    assert "Cookie" not in answer["Vary"]
    html = answer.content.decode()
    assert html.count("<h1") == 1 and 'href="tel:188"' in html and "csrfmiddlewaretoken" not in html


@pytest.mark.parametrize("path", CACHED)
def test_a_page_that_is_kept_for_everybody_is_the_same_for_staff(visitor: Client, client_for: Any, path: str) -> None:
    """One copy serves all, so that nothing on it may come from the session that the middleware looked into."""
    answer = client_for("counsellor").get(path)
    assert answer["Cache-Control"] == "public, max-age=5, stale-if-error=86400" and "Cookie" not in answer["Vary"]
    assert not answer.cookies
    assert answer.content == visitor.get(path).content


def test_a_page_with_a_message_or_a_cookie_of_its_own_is_kept_by_nobody(visitor: Client, client_for: Any) -> None:
    staff = client_for("counsellor")
    staff.cookies["messages"] = _a_message()
    answer = staff.get("/about/")
    assert "ある人へのお知らせ" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store" and "Cookie" in answer["Vary"]
    visitor.cookies["caasis_session"] = "over1234567890over1234567890over"
    answer = visitor.get("/about/")
    assert answer["Cache-Control"] == "no-store" and answer.cookies["caasis_session"].value == ""


def _a_message() -> str:
    """The cookie that Django writes for a message."""
    request = RequestFactory().get("/")
    storage = CookieStorage(request)
    storage.add(constants.INFO, "ある人へのお知らせ")
    response = HttpResponse()
    storage.update(response)
    return response.cookies["messages"].value


@pytest.mark.parametrize("path", OWN)
def test_a_page_of_ones_own_is_not_kept(visitor: Client, path: str) -> None:
    assert visitor.get(path)["Cache-Control"] == "no-store"


def test_the_policy_allows_nothing_unsafe(visitor: Client) -> None:
    for path in CACHED + OWN:
        answer = visitor.get(path)
        assert "unsafe" not in answer["Content-Security-Policy"]
        html = answer.content.decode()
        assert " style=" not in html and "<style" not in html and " onclick=" not in html
        assert "<script>" not in html


def test_every_link_of_the_portal_leads_somewhere(visitor: Client) -> None:
    import re

    seen: set[str] = set()
    todo = ["/"]
    while todo:
        path = todo.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answer = visitor.get(path, follow=True)
        assert answer.status_code == 200, path
        for link in re.findall(r'href="(/[^"#]*)', answer.content.decode()):
            if not link.startswith("/static/"):
                todo.append(link.replace("&amp;", "&"))
    assert len(seen) > 40


def test_the_top_page_asks_the_database_little(visitor: Client, django_assert_max_num_queries: Any) -> None:
    visitor.get("/")
    with django_assert_max_num_queries(12):
        visitor.get("/")


# --- search -----------------------------------------------------------------------------------------------------


def test_nothing_found_is_a_page_that_helps(visitor: Client) -> None:
    html = visitor.get("/search/?q=" + quote("ぞうさんのかばん")).content.decode()
    assert "見つかりませんでした" in html and "文章で相談を送る" in html and "いまの状況から選ぶ" in html
    assert 'value="ぞうさんのかばん"' in html


@pytest.mark.parametrize(
    "query",
    ["<script>alert(1)</script>", "あ" * 10_000, "'; DROP TABLE knowledge_article; --", "%00", "\u202e", "{{7*7}}", "\ud83d", "　"],
)
def test_strange_questions_harm_nothing(visitor: Client, query: str) -> None:
    answer = visitor.get("/search/", {"q": query.encode("utf-8", "surrogatepass")})
    assert answer.status_code in (200, 400)
    html = answer.content.decode()
    assert "<script>alert" not in html and "49" not in html.split("<main")[1].split("</h1>")[0]


def test_shift_jis_in_the_address_is_no_crash(visitor: Client) -> None:
    assert visitor.get("/search/?q=%92%E8%8A%FA%8Dw%93%FC").status_code in (200, 400)


def test_a_number_in_the_search_box_leads_to_the_article(visitor: Client) -> None:
    assert visitor.get("/search/", {"q": "ｆ１００４"})["Location"] == "/articles/F-1004/"


# --- articles -----------------------------------------------------------------------------------------------------


def test_an_article_answers_first_and_prints_its_number(visitor: Client) -> None:
    html = visitor.get("/articles/F-1001/").content.decode()
    main = html.split("<main")[1]
    assert main.index("app-answer") < main.index("app-calc") < main.index("app-steps")
    assert "電話で、この番号をお伝えください" in main and main.count("F-1001") >= 2
    assert "/consult/1/?article=F-1001" in main
    assert "特定商取引法9条" in main and "要確認" not in main
    assert "要確認" in visitor.get("/articles/F-1003/").content.decode()


def test_an_article_with_a_day_shows_the_deadline_as_tiles(visitor: Client) -> None:
    today = day_in_japan(timezone.now())
    day = today - timedelta(days=3)
    html = visitor.get(f"/articles/F-1001/?day_y={day.year}&day_m={day.month}&day_d={day.day}").content.decode()
    last = day + timedelta(days=7)
    assert f"<b>{last.month}月{last.day}日</b>" in html and "あと4日" in html
    strip = html.split('class="app-days"')[1].split("</ol>")[0]
    assert strip.count("<li") == 8 and strip.count("data-past") == 3 and strip.count("data-today") == 1
    multilevel = visitor.get(f"/articles/F-1008/?day_y={day.year}&day_m={day.month}&day_d={day.day}").content.decode()
    end = day + timedelta(days=19)
    assert f"<b>{end.month}月{end.day}日</b>" in multilevel


def test_a_deadline_that_is_over_is_never_the_end(visitor: Client) -> None:
    html = visitor.get("/articles/F-1001/?day_y=2020&day_m=1&day_d=1").content.decode()
    assert "期限をすぎても、やめられることがあります" in html and "188に電話する" in html
    assert "app-due__left" not in html


@pytest.mark.parametrize("day", ["day_y=2099&day_m=1&day_d=1", "day_y=&day_m=&day_d=", "day_y=abc&day_m=13&day_d=99", "day_y=2026"])
def test_a_day_that_cannot_be_is_told(visitor: Client, day: str) -> None:
    answer = visitor.get(f"/articles/F-1001/?{day}")
    assert answer.status_code == 422 and "<title>エラー：" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("number", ["F-9999", "x", "<script>", "F-1001%00", "あ" * 300])
def test_an_absent_article_is_a_friendly_404(visitor: Client, number: str) -> None:
    answer = visitor.get(f"/articles/{quote(number, safe='%')}/")
    assert answer.status_code in (400, 404) and "188" in answer.content.decode()


def test_a_vote_counts_without_a_cookie_and_not_without_end(visitor: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    for number in range(34):
        answer = strict.post("/articles/F-1001/vote/", {"useful": "yes" if number % 2 else "no"})
        assert answer["Location"] == "/articles/F-1001/?voted=1#vote" and not answer.cookies
    article = Article.objects.get(number="F-1001")
    assert article.useful_votes + article.not_useful_votes == 30
    strict.post("/articles/F-1001/vote/", {"useful": "maybe"})
    assert strict.get("/articles/F-1001/vote/").status_code == 405
    assert strict.post("/articles/F-9999/vote/", {"useful": "yes"}).status_code == 404
    assert "ありがとうございます" in visitor.get("/articles/F-1001/?voted=1").content.decode()


# --- offices ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("postcode=980-0811", ["宮城県仙台市青葉区の方は、この窓口です", "青葉市<wbr>消費生活<wbr>センター", "16:30", "お昼（12時〜13時）"]),
        ("postcode=〒９８０ー０８１１", ["この窓口です"]),
        ("prefecture=12", ["千葉県の窓口です", "若葉市"]),
        ("prefecture=47", ["まだ載っていません", "188"]),
        ("postcode=9000000&prefecture=12", ["188"]),
        ("postcode=0000000", ["見つかりません", "188"]),
    ],
)
def test_the_office_of_a_place(visitor: Client, query: str, words: list[str]) -> None:
    html = visitor.get(f"/offices/?{query}").content.decode()
    for word in words:
        assert word in html


@pytest.mark.parametrize("query", ["postcode=98", "postcode=abcdefg", "prefecture=99", "postcode=<script>", "prefecture=%00"])
def test_a_place_that_cannot_be_is_told(visitor: Client, query: str) -> None:
    answer = visitor.get(f"/offices/?{query}")
    assert answer.status_code in (400, 422)
    assert "<script>" not in answer.content.decode().split("<main")[1]


def test_methods_that_change_nothing_are_not_taken(visitor: Client) -> None:
    for path in ("/", "/search/", "/articles/F-1001/", "/offices/"):
        assert visitor.post(path).status_code in (403, 405)
