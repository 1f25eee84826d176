"""Warnings by kind and place, and the ways for buyers abroad and for people without the internet."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.models import Article
from caasis.knowledge.services import load_seed_articles

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    load_seed_articles(actor=SYSTEM, alerts=True)
    return Client()


def listed(client: Client, query: str) -> list[str]:
    main = client.get(f"/alerts/{query}").content.decode().split("<main")[1]
    return [part[:6] for part in main.split('href="/articles/')[1:]]


def test_all_kinds_stand_on_one_page_and_can_be_chosen(visitor: Client) -> None:
    Article.objects.filter(number="A-2001").update(kind="action", title="訪問販売の会社に業務停止の命令")
    Article.objects.filter(number="A-2002").update(kind="accident")
    assert listed(visitor, "") == ["A-2001", "A-2002", "A-2003", "A-2004", "A-2005", "A-2006"]
    assert listed(visitor, "?kind=action") == ["A-2001"]
    assert listed(visitor, "?kind=accident") == ["A-2002"]
    assert listed(visitor, "?kind=alert") == ["A-2003", "A-2004", "A-2005", "A-2006"]
    html = visitor.get("/alerts/?kind=action").content.decode()
    assert '<h1 class="app-page-h1">行政処分</h1>' in html and '<option value="action" selected>' in html
    assert 'href="/alerts/?kind=action"' in visitor.get("/articles/A-2001/").content.decode()


def test_a_place_sees_its_own_and_the_nations(visitor: Client) -> None:
    assert listed(visitor, "?prefecture=10") == ["A-2001", "A-2002", "A-2003", "A-2004", "A-2006"]
    assert listed(visitor, "?prefecture=26") == ["A-2002", "A-2003", "A-2004", "A-2005", "A-2006"]
    assert "京都府の方に関係するお知らせ" in visitor.get("/alerts/?prefecture=26").content.decode()


def test_no_announcement_of_a_kind_is_said_and_leads_on(visitor: Client) -> None:
    main = visitor.get("/alerts/?kind=accident").content.decode().split("<main")[1]
    assert "いまお知らせする事故情報はありません" in main and "すべてのお知らせを見る" in main


@pytest.mark.parametrize("query", ["?kind=x", "?prefecture=99", "?kind=<script>&prefecture=%00", "?kind=manual", "?prefecture=全国"])
def test_a_choice_that_is_none_shows_all(visitor: Client, query: str) -> None:
    answer = visitor.get(f"/alerts/{query}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert len(listed(visitor, query)) == 6
        assert "<script>" not in answer.content.decode().split("<main")[1]


def test_what_was_withdrawn_is_gone(visitor: Client) -> None:
    Article.objects.filter(number="A-2001").update(state=Article.State.WITHDRAWN)
    assert "A-2001" not in listed(visitor, "")


def test_a_business_abroad_has_a_path_of_its_own(visitor: Client) -> None:
    main = visitor.get("/cross-border/").content.decode().split("<main")[1]
    assert "越境消費者センター（CCJ）" in main and 'href="https://www.ccj.kokusen.go.jp/"' in main
    assert "通則法11条" in main and "民事訴訟法3条の4" in main and "要確認" in main
    assert 'href="tel:188"' in main and "/consult/" in main


def test_without_the_internet_there_is_a_way_for_everybody(visitor: Client) -> None:
    main = visitor.get("/help-without-internet/").content.decode().split("<main")[1]
    for words in ("電話をかける", "会って相談する", "手紙で相談する", "ご家族や、見守る方へ", "印刷して"):
        assert words in main
    for path in ("/", "/guide/"):
        foot = visitor.get(path).content.decode().split("<footer")[1]
        assert 'href="/help-without-internet/"' in foot and 'href="/cross-border/"' in foot
