"""The index of the articles follows every change, also one that is committed later than a newer one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caasis.knowledge import selectors
from caasis.knowledge.models import Article
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db


def article(number: str, title: str) -> Article:
    with system_transaction():
        return Article.objects.create(
            number=number, kind=Article.Kind.FAQ, state=Article.State.PUBLISHED, title=title, lead="見本です。", body="見本です。"
        )


def found(words: str) -> list[str]:
    with system_transaction():
        return [hit.article.number for hit in selectors.search_articles(words)]


def test_what_is_published_edited_and_withdrawn_is_found_at_once() -> None:
    row = article("F-9001", "ラクダの貸し出しを断られた")
    assert found("ラクダ") == ["F-9001"]
    with system_transaction():
        row.title = "クジャクの貸し出しを断られた"
        row.save()
    assert (found("ラクダ"), found("クジャク")) == ([], ["F-9001"])
    with system_transaction():
        row.state = Article.State.WITHDRAWN
        row.save()
    assert found("クジャク") == []


def test_a_change_that_was_committed_late_is_found_within_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = article("F-9001", "ラクダの貸し出し"), article("F-9002", "クジャクの羽が抜けた")
    assert found("クジャク") == ["F-9002"]
    # Older than the newest, as of a transaction that took longer than another.
    with system_transaction():
        Article.objects.filter(pk=first.pk).update(
            title="アルパカの貸し出し", updated_at=second.updated_at - timedelta(seconds=1)
        )
    monkeypatch.setattr(selectors._kept, "look_again_at", 0.0)
    assert found("アルパカ") == ["F-9001"]
