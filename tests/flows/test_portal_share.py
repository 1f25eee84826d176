"""Articles in search engines, in the preview of a link, and in the hands of family and friends."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.models import Article
from caasis.knowledge.services import load_seed_articles

pytestmark = pytest.mark.django_db

URL = "http://testserver/articles/F-1001/"


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return Client()


def page(client: Client, number: str = "F-1001") -> str:
    return client.get(f"/articles/{number}/").content.decode()


def structured(html: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0])
    return data


def meta(html: str, name: str) -> str:
    found = re.search(f'<meta (?:property|name)="{name}" content="([^"]*)">', html)
    assert found, name
    return unescape(found[1])


def test_a_question_is_structured_with_its_whole_answer(visitor: Client) -> None:
    article = Article.objects.get(number="F-1001")
    data = structured(page(visitor))
    assert data["@context"] == "https://schema.org" and data["@type"] == "FAQPage" and data["url"] == URL
    question = data["mainEntity"][0]
    assert question["name"] == article.title
    assert question["acceptedAnswer"]["text"].startswith(article.lead) and len(question["acceptedAnswer"]["text"]) > 200
    assert "**" not in question["acceptedAnswer"]["text"] and "## " not in question["acceptedAnswer"]["text"]


def test_a_warning_is_no_question(visitor: Client) -> None:
    data = structured(page(visitor, "A-2001"))
    assert data["@type"] == "Article" and data["dateModified"] == "2026-11-18"


def test_no_text_gets_out_of_the_block_of_data(visitor: Client) -> None:
    Article.objects.filter(number="F-1001").update(title="</script><script>alert(1)</script>&\u2028", lead='"]}<!--')
    html = page(visitor)
    assert "<script>alert" not in html and "<!--" not in html
    assert structured(html)["mainEntity"][0]["name"] == "</script><script>alert(1)</script>&\u2028"


def test_the_preview_of_a_link_has_title_answer_and_picture(visitor: Client) -> None:
    article = Article.objects.get(number="F-1001")
    html = page(visitor)
    assert meta(html, "og:title") == article.title and meta(html, "og:description") == article.lead
    assert meta(html, "og:url") == URL and f'<link rel="canonical" href="{URL}">' in html
    assert meta(html, "og:image").startswith("http://testserver/static/portal/share/faq")
    for kind in ("faq", "guide", "alert", "accident", "action", "site"):
        assert finders.find(f"portal/share/{kind}.png"), kind
    Article.objects.filter(number="F-1001").update(kind="material")
    assert "/portal/share/site" in meta(page(visitor), "og:image")


@pytest.mark.parametrize(
    ("path", "canonical"),
    [("/", "/"), ("/search/?q=定期", "/search/"), ("/alerts/?kind=alert", "/alerts/"), ("/articles/F-1001/?voted=1", "/articles/F-1001/")],
)
def test_questions_and_filters_are_no_pages_of_their_own(visitor: Client, path: str, canonical: str) -> None:
    assert f'<link rel="canonical" href="http://testserver{canonical}">' in visitor.get(path).content.decode()


def test_pages_of_a_person_have_no_address_to_share(visitor: Client) -> None:
    for path in ("/consult/1/", "/receipt/"):
        assert "canonical" not in visitor.get(path).content.decode()


def test_family_and_friends_can_be_told(visitor: Client) -> None:
    article = Article.objects.get(number="F-1001")
    part = page(visitor).split('<section class="app-share"')[1].split("</section>")[0]
    assert "家族や友人に知らせる" in part and f'value="{URL}" readonly' in part
    links = [urlsplit(unescape(link)) for link in re.findall(r'href="([^"]+)"', part) if "icons" not in link]
    links = [link for link in links if link.scheme]
    mail, line = links
    assert mail.scheme == "mailto" and parse_qs(mail.query)["subject"] == [article.title]
    assert URL in parse_qs(mail.query)["body"][0] and "+" not in mail.query
    assert (line.scheme, line.netloc, line.path) == ("https", "line.me", "/R/share")
    assert parse_qs(line.query)["text"] == [f"{article.title}\n{URL}"]
    # What only a script can do stands there when one runs.
    assert part.count(" hidden>") == 2


def test_sharing_asks_no_other_site_for_anything(visitor: Client) -> None:
    html = page(visitor)
    for link in re.findall(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="(https?:[^"]+)"', html):
        assert link.startswith("http://testserver/")


def test_the_counsellors_articles_are_shared_with_nobody(visitor: Client, client_for: Any) -> None:
    html = client_for("counsellor").get("/articles/M-2001/").content.decode()
    assert "相談員の手引" in html
    for word in ("og:", "ld+json", "app-share", "canonical"):
        assert word not in html


def test_an_open_calculation_is_not_shared(visitor: Client) -> None:
    html = visitor.get("/articles/F-1001/?day_y=2026&day_m=11&day_d=18").content.decode()
    assert "2026&amp;day" not in html.split("<main")[0] and f'value="{URL}"' in html
