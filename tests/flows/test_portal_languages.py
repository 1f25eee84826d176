"""The portal in easy Japanese and English, as a visitor reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.models import Article
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.knowledge.translation_services import load_seed_translations
from caasis.portal.languages import LANGUAGES
from caasis.portal.situations import BY_CODE
from caasis.portal.templatetags.ruby import ruby
from tests.support.translations import load_translations

pytestmark = pytest.mark.django_db

PAGES = [f"/{item.path}/{rest}" for item in LANGUAGES for rest in ("", "search/", "search/?q=roof", "articles/F-1001/")]


@pytest.fixture
def visitor(town: Any, settings: Any, tmp_path: Path) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM)
    load_translations(tmp_path)
    return Client()


def page(visitor: Client, path: str, status: int = 200) -> str:
    answer = visitor.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_be_kept_and_asks_for_nothing(visitor: Client, client_for: Any, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200 and answer["Cache-Control"].startswith("public") and not answer.cookies
    html = answer.content.decode()
    assert html.count("<h1") == 1 and 'href="tel:188"' in html
    assert " style=" not in html and "<script" not in html
    assert client_for("counsellor").get(path).content == answer.content


@pytest.mark.parametrize("path", [path for path in PAGES if path.startswith("/en")] + ["/en/articles/F-9999/"])
def test_an_english_page_is_in_english(visitor: Client, path: str) -> None:
    """Japanese stands only where a language attribute says so, for the voice of a screen reader."""
    html = page(visitor, path, 404 if "9999" in path else 200)
    assert '<html lang="en">' in html
    text = re.sub(r'<[^>]*lang="ja"[^>]*>[^<]*</[a-z]+>', "", html.split("<body")[1])
    assert not re.findall("[ぁ-ヿ一-龯]+", re.sub("<[^>]+>", "", text))


def test_easy_japanese_shows_the_readings(visitor: Client) -> None:
    html = page(visitor, "/easy/articles/F-1001/")
    assert '<html lang="ja">' in html
    assert "<ruby>郵便局<rp>（</rp><rt>ゆうびんきょく</rt><rp>）</rp></ruby>" in html
    assert "｜" not in html.split("<body")[1] and "《" not in html


def test_what_somebody_typed_into_a_text_is_no_markup(visitor: Client) -> None:
    ArticleTranslation.objects.filter(language="ja-easy").update(body="｜<b>太《ふと》い <script>alert(1)</script>")
    html = page(visitor, "/easy/articles/F-1001/")
    assert "<ruby>&lt;b&gt;太" in html and "<script" not in html


def test_the_languages_lead_to_each_other(visitor: Client) -> None:
    easy, english, japanese = "/easy/articles/F-1001/", "/en/articles/F-1001/", "/articles/F-1001/"
    for here, others in ((japanese, (easy, english)), (easy, (japanese, english)), (english, (japanese, easy))):
        switch = page(visitor, here).split('class="app-switch"')[1].split("</nav>")[0]
        assert re.findall('href="([^"]+)"', switch) == list(others)
        head = page(visitor, here).split("</head>")[0]
        assert f'hreflang="en" href="{english}"' in head and f'hreflang="ja" href="{japanese}"' in head


def test_only_languages_that_exist_are_offered(visitor: Client) -> None:
    ArticleTranslation.objects.filter(language="en").delete()
    assert "/en/articles/" not in page(visitor, "/articles/F-1001/") + page(visitor, "/easy/articles/F-1001/")
    assert "app-switch" not in page(visitor, "/articles/F-1004/")


def test_every_page_of_the_portal_leads_to_the_other_languages(visitor: Client) -> None:
    html = page(visitor, "/about/")
    assert 'href="/easy/"' in html and 'href="/en/"' in html and "やさしい日本語" in html


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda item: item.path)
def test_the_list_is_sorted_by_what_has_happened_and_says_how_to_get_help(visitor: Client, language: Any) -> None:
    html = page(visitor, f"/{language.path}/")
    assert ruby(language.situations["cancel"]) in html and ruby(language.situations["paid"]) not in html
    assert f"/{language.path}/articles/F-1001/" in html and 'id="help"' in html and 'href="tel:110"' in html
    assert set(language.situations) == set(BY_CODE)


def test_the_help_says_which_language_is_spoken(visitor: Client) -> None:
    assert "counsellors speak Japanese" in page(visitor, "/en/")


def test_a_number_leads_to_its_article_and_nothing_found_helps(visitor: Client) -> None:
    assert visitor.get("/en/search/", {"q": "f1001"})["Location"] == "/en/articles/F-1001/"
    html = page(visitor, "/en/search/?q=%3Cscript%3Ealert(1)")
    assert "No English article matches" in html and "<script" not in html and "How to get help" in html


def test_an_article_without_translation_leads_to_the_japanese_one(visitor: Client) -> None:
    html = page(visitor, "/en/articles/F-1004/", 404)
    assert "Not available in English" in html and 'href="/articles/F-1004/"' in html
    assert 'href="/articles/F-9999/"' not in page(visitor, "/en/articles/F-9999/", 404)


def test_a_withdrawn_article_is_gone_in_every_language(visitor: Client) -> None:
    Article.objects.filter(number="F-1001").update(state=Article.State.WITHDRAWN)
    for path in ("easy", "en"):
        gone = page(visitor, f"/{path}/articles/F-1001/", 404)
        assert "8 days" not in gone and 'href="/articles/F-1001/"' not in gone
        assert "F-1001/" not in page(visitor, f"/{path}/")
    assert "cancel?" not in page(visitor, "/en/search/?q=cancel")


def test_a_revised_original_is_announced(visitor: Client) -> None:
    sentence = "The Japanese original was revised after this translation."
    assert sentence not in page(visitor, "/en/articles/F-1001/")
    article = Article.objects.get(number="F-1001")
    article.lead = "短くなった答えです。"
    article.save()
    assert sentence in page(visitor, "/en/articles/F-1001/")
    assert "もとの" in page(visitor, "/easy/articles/F-1001/")


def test_an_unchecked_translation_says_so(visitor: Client) -> None:
    sentence = "has not yet been checked by a native speaker"
    assert sentence in page(visitor, "/en/articles/F-1001/")
    ArticleTranslation.objects.filter(language="en").update(checked=True)
    assert sentence not in page(visitor, "/en/articles/F-1001/")


@pytest.mark.parametrize("path", ["/en/", "/easy/", "/en/search/?q=cancel"])
def test_a_list_asks_the_database_little(visitor: Client, django_assert_max_num_queries: Any, path: str) -> None:
    load_seed_translations(actor=SYSTEM)
    visitor.get(path)
    with django_assert_max_num_queries(5):
        visitor.get(path)
