"""Feeds, the list of pages for search engines, and what those may read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.guides import guides
from caasis.knowledge.models import Article
from caasis.knowledge.rules.regions import concerns
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.translation_services import load_seed_translations

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return Client()


def entries(client: Client, what: str, form: str, query: str = "") -> list[dict[str, str]]:
    """Title, link and id of each entry, in whichever form."""
    content = client.get(f"/feeds/{what}.{form}{query}").content
    if form == "json":
        items = client.get(f"/feeds/{what}.json{query}").json()["items"]
        return [{"title": item["title"], "link": item["url"], "id": item["id"]} for item in items]
    tree = ET.fromstring(content)
    if form == "rss":
        return [
            {"title": item.findtext("title", ""), "link": item.findtext("link", ""), "id": item.findtext("guid", "")}
            for item in tree.iter("item")
        ]
    return [
        {
            "title": item.findtext(f"{ATOM}title", ""),
            "link": item.find(f"{ATOM}link").attrib["href"],  # type: ignore[union-attr]
            "id": item.findtext(f"{ATOM}id", ""),
        }
        for item in tree.iter(f"{ATOM}entry")
    ]


@pytest.mark.parametrize("what", ["alerts", "articles"])
@pytest.mark.parametrize("form", TYPES)
def test_a_feed_may_be_kept_and_names_its_kind(visitor: Client, client_for: Any, what: str, form: str) -> None:
    answer = visitor.get(f"/feeds/{what}.{form}")
    assert answer.status_code == 200 and answer["Content-Type"] == f"{TYPES[form]}; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=5, stale-if-error=86400" and not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert visitor.post(f"/feeds/{what}.{form}").status_code in (403, 405)
    found = entries(visitor, what, form)
    assert 1 <= len(found) <= 30 and len({entry["id"] for entry in found}) == len(found)
    # Whoever is logged in gets the same: a feed never holds the counsellors' articles.
    assert [entry["link"] for entry in entries(client_for("counsellor"), what, form)] == [entry["link"] for entry in found]


@pytest.mark.parametrize("form", TYPES)
def test_addresses_lead_to_the_articles_and_ids_stay(visitor: Client, form: str) -> None:
    for entry in entries(visitor, "alerts", form):
        assert entry["link"].startswith("http://testserver/articles/A-") and entry["id"].startswith("urn:uuid:")
        assert visitor.get(entry["link"].removeprefix("http://testserver")).status_code == 200
    before = {entry["id"]: entry["title"] for entry in entries(visitor, "alerts", form)}
    article = Article.objects.get(number="A-2001")
    article.title = "点検をよそおう訪問"
    article.save()
    after = {entry["id"]: entry["title"] for entry in entries(visitor, "alerts", form)}
    assert before.keys() == after.keys() and before != after


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("what", ["alerts", "articles"])
def test_a_withdrawn_one_is_gone_at_once(visitor: Client, what: str, form: str) -> None:
    first = entries(visitor, what, form)[0]
    number = first["link"].rstrip("/").rsplit("/", 1)[1]
    Article.objects.filter(number=number).update(state=Article.State.WITHDRAWN)
    assert first["id"] not in [entry["id"] for entry in entries(visitor, what, form)]


def test_the_newest_comes_first_with_its_day_in_japan(visitor: Client) -> None:
    page = visitor.get("/feeds/alerts.json").json()
    assert page["version"] == "https://jsonfeed.org/version/1.1" and page["language"] == "ja"
    assert page["feed_url"] == "http://testserver/feeds/alerts.json" and page["home_page_url"] == "http://testserver/alerts/"
    days = [item["date_published"] for item in page["items"]]
    assert days == sorted(days, reverse=True) and days[0] == "2026-11-18T00:00:00+09:00"
    assert all(datetime.fromisoformat(item["date_modified"]) >= datetime.fromisoformat(item["date_published"]) for item in page["items"])
    rss = ET.fromstring(visitor.get("/feeds/alerts.rss").content)
    first = next(rss.iter("item"))
    assert parsedate_to_datetime(first.findtext("pubDate", "")).isoformat() == days[0]
    atom = ET.fromstring(visitor.get("/feeds/alerts.atom").content)
    assert next(atom.iter(f"{ATOM}entry")).findtext(f"{ATOM}published") == days[0]


def test_the_text_of_an_entry_is_the_answer_and_has_no_markup(visitor: Client) -> None:
    Article.objects.filter(number="A-2001").update(lead="<b>強い</b>&字", body="<script>x</script>\n\n1. **はじめに** 断る\n2. 電話する")
    item = visitor.get("/feeds/alerts.json").json()["items"][0]
    assert item["summary"] == "<b>強い</b>&字"
    assert item["content_text"].endswith("1. はじめに　断る\n2. 電話する") and "content_html" not in item
    for form in ("rss", "atom"):
        assert "<script>" not in visitor.get(f"/feeds/alerts.{form}").content.decode()


def test_a_sample_says_that_it_is_one(visitor: Client) -> None:
    assert all(entry["title"].endswith("（見本）") for entry in entries(visitor, "alerts", "atom"))


def test_a_feed_of_one_kind(visitor: Client) -> None:
    Article.objects.filter(number="A-2001").update(kind="action")
    assert [entry["link"][-7:-1] for entry in entries(visitor, "alerts", "json", "?kind=action")] == ["A-2001"]
    assert "A-2001" in "".join(entry["link"] for entry in entries(visitor, "alerts", "json"))
    assert entries(visitor, "alerts", "json", "?kind=accident") == []
    assert len(entries(visitor, "alerts", "json", "?kind=nothing")) == 6


def test_an_empty_feed_is_a_feed(visitor: Client) -> None:
    Article.objects.all().delete()
    for what in ("alerts", "articles"):
        for form in TYPES:
            assert entries(visitor, what, form) == []


@pytest.mark.parametrize(("path", "what"), [("/", "alerts"), ("/alerts/", "alerts"), ("/search/", "articles")])
def test_pages_name_their_feeds(visitor: Client, path: str, what: str) -> None:
    head = visitor.get(path).content.decode().split("</head>")[0]
    for form, kind in TYPES.items():
        assert f'rel="alternate" type="{kind}"' in head and f'href="/feeds/{what}.{form}"' in head


def test_the_page_of_warnings_links_its_feeds_for_readers(visitor: Client) -> None:
    main = visitor.get("/alerts/").content.decode().split("<main")[1]
    for form in TYPES:
        assert f'href="/feeds/alerts.{form}"' in main and f'href="/feeds/articles.{form}"' in main


# --- search engines ---------------------------------------------------------------------------------------------


def test_the_sitemap_holds_every_public_page_and_no_other(visitor: Client) -> None:
    answer = visitor.get("/sitemap.xml")
    assert answer["Content-Type"].startswith("application/xml") and answer["Cache-Control"] == "public, max-age=5, stale-if-error=86400"
    rows = {row.findtext(f"{MAP}loc", ""): row.findtext(f"{MAP}lastmod") for row in ET.fromstring(answer.content)}
    public = Article.objects.filter(state="published", audience="public").exclude(kind="manual")
    numbers = {address.rstrip("/").rsplit("/", 1)[1] for address in rows if "/articles/" in address}
    assert numbers == set(public.values_list("number", flat=True)) and len(numbers) > 100
    assert rows["http://testserver/articles/A-2001/"] == "2026-11-18"
    for address in (one for one in rows if "/articles/" not in one):
        page = visitor.get(address.removeprefix("http://testserver"))
        assert page.status_code == 200 and "noindex" not in page.content.decode()
    Article.objects.filter(number="A-2001").update(state=Article.State.WITHDRAWN)
    assert "A-2001" not in visitor.get("/sitemap.xml").content.decode()


def test_the_sitemap_names_guides_and_other_languages(visitor: Client) -> None:
    load_seed_translations(actor=SYSTEM)
    addresses = [row.findtext(f"{MAP}loc", "") for row in ET.fromstring(visitor.get("/sitemap.xml").content)]
    for path in ("/guides/", f"/guides/{guides()[0].id}/", "/en/articles/F-1001/", "/easy/articles/F-1001/"):
        assert f"http://testserver{path}" in addresses
        assert visitor.get(path).status_code == 200
    assert len(addresses) == len(set(addresses))
    Article.objects.filter(number="F-1001").update(state=Article.State.WITHDRAWN)
    assert "F-1001" not in visitor.get("/sitemap.xml").content.decode()


def test_robots_may_read_what_is_public(visitor: Client) -> None:
    text = visitor.get("/robots.txt").content.decode()
    closed = [line.removeprefix("Disallow: ") for line in text.splitlines() if line.startswith("Disallow")]
    assert "/desk/" in closed and "/" not in closed
    assert "Sitemap: http://testserver/sitemap.xml" in text
    for path in ("/", "/articles/F-1001/", "/search/", "/alerts/", "/feeds/alerts.atom", "/static/app/base.css"):
        assert not any(path.startswith(start) for start in closed)


# --- places -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "place", "meant"),
    [
        ("群馬・栃木・茨城で多い", "群馬", True),
        ("群馬・栃木・茨城で多い", "宮城", False),
        ("近畿で多い", "京都", True),
        ("近畿で多い", "東京", False),
        ("東京都で多い", "京都", False),
        ("全国。とくに東京", "沖縄", True),
        ("", "沖縄", True),
        ("山あいの町で多い", "高知", True),
        ("北海道で多い", "北海道", True),
        ("九州・沖縄", "沖縄", True),
    ],
)
def test_a_place_sees_what_concerns_it_and_what_is_not_clear(region: str, place: str, meant: bool) -> None:
    assert concerns(region, place) is meant
