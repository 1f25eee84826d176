"""The index of suggestions follows what is published, also where it is too large to be made anew for every change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from caasis.knowledge.models import Article
from caasis.knowledge.suggestions import forget_suggestions, suggest_articles

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def many(db: None) -> Iterator[None]:
    """More articles than are indexed anew for each change."""
    Article.objects.bulk_create(
        Article(number=f"F-{20000 + order}", kind="faq", state="published", title=f"記事{order}番の契約", lead="。", body="。")
        for order in range(600)
    )
    forget_suggestions()
    yield
    forget_suggestions()


def soon(check: Callable[[], bool]) -> bool:
    """Whether it comes true within the five seconds in which a change must be seen."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.05)
    return False


def titles(query: str) -> list[str]:
    return [article.title for article in suggest_articles(query)]


def test_a_change_is_seen_within_seconds_and_the_old_title_is_gone(many: None) -> None:
    assert titles("記事7番") == ["記事7番の契約"]
    article = Article.objects.get(number="F-20007")
    article.title = "ヒラタクワガタの通販"
    article.save()
    assert soon(lambda: titles("ひらたくわがた") == ["ヒラタクワガタの通販"])
    assert titles("記事7番") == []


def test_a_new_one_is_seen_within_seconds(many: None) -> None:
    assert titles("ノコギリクワガタ") == []
    Article.objects.create(number="F-30000", kind="faq", state="published", title="ノコギリクワガタ", lead="。", body="。")
    assert soon(lambda: titles("のこぎりくわ") == ["ノコギリクワガタ"])


def test_a_withdrawn_one_is_gone_at_once_and_others_take_its_place(many: None) -> None:
    first = suggest_articles("契約")
    assert len(first) == 8
    Article.objects.filter(pk=first[0].pk).update(state=Article.State.WITHDRAWN)
    again = suggest_articles("契約")
    assert len(again) == 8 and first[0].pk not in [article.pk for article in again]
