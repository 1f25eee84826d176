"""自分で調べる手引き over HTTP: by links alone, to an end that helps, and on into the consultation form."""

from __future__ import annotations

import re

import pytest

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.guides import guides
from caasis.knowledge.models import Article
from caasis.knowledge.rules.guides import place_at
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction
from caasis.portal.page import PUBLIC_CACHE
from caasis.portal.tokens import DRAFT_COOKIE

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(town: object) -> None:
    with system_transaction():
        load_seed_articles(actor=SYSTEM)


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_from_the_top_page_to_an_end_by_links_alone(client, seeded):
    top = text_of(client.get("/"))
    assert 'href="/guides/"' in top
    index = text_of(client.get("/guides/"))
    assert index.count('class="app-sit"') == len(guides())
    page = text_of(client.get("/guides/yametai/"))
    assert "どうやって契約しましたか" in page and "1問目" in page
    for _ in range(8):
        link = re.search(r'<ul class="app-ask__choices"><li><a href="\?a=([0-9.]+)"', page)
        if not link:
            break
        answer = client.get(f"/guides/yametai/?a={link[1]}")
        assert answer["Cache-Control"] == PUBLIC_CACHE and not answer.cookies
        page = text_of(answer)
    assert "クーリング・オフできる見込みがあります" in page
    assert 'href="/articles/F-1004/"' in page and "第9条" in page
    # Each answer can be changed.
    assert page.count("答えを変える") == 3


@pytest.mark.parametrize("guide", guides(), ids=lambda guide: guide.id)
def test_every_place_of_every_guide_opens(client, seeded, guide):
    seen, todo = 0, [""]
    while todo:
        here = todo.pop()
        place = place_at(guide, here)
        answer = client.get(f"/guides/{guide.id}/", {"a": here} if here else {})
        assert answer.status_code == 200
        page = text_of(answer)
        assert (place.end.title if place.end else place.question.text) in page
        seen += 1
        if place.question:
            todo += [f"{here}.{n}".strip(".") for n in range(1, len(place.question.choices) + 1)]
    assert seen > len(guide.questions)


def test_a_withdrawn_article_is_no_longer_named(client, seeded):
    with system_transaction():
        Article.objects.filter(number="F-1004").update(state=Article.State.WITHDRAWN)
    page = text_of(client.get("/guides/yametai/?a=1.1.1"))
    assert "F-1004" not in page and "F-1001" in page


def test_answers_that_lead_nowhere_and_a_guide_that_is_not_there(client, seeded):
    page = text_of(client.get("/guides/yametai/", {"a": "9.<script>"}))
    assert "どうやって契約しましたか" in page and "<script>" not in page.replace('<script type="module"', "")
    assert client.get("/guides/nai/").status_code == 404


def test_what_was_answered_begins_the_consultation(client, seeded):
    answer = client.post("/guides/yametai/consult/", {"a": "1.1.1"})
    assert answer.status_code == 302 and answer["Location"] == "/consult/1/"
    first = text_of(client.get("/consult/1/"))
    assert re.search(r'value="cancel"[^>]*checked', first)
    story = text_of(client.get("/consult/2/"))
    assert "手引き「契約を、いまからやめられるか調べる」で" in story and "業者が家に来た" in story
    assert re.search(r'value="visit"[^>]*checked', text_of(client.get("/consult/3/")))


def test_what_somebody_has_typed_stands(client, seeded):
    client.post("/consult/1/", {"topic": "product", "who": "self", "injury": "no", "money_moving": "no"})
    client.post("/consult/2/", {"story": "自分で書いた話です。", "wish": ""})
    client.post("/guides/yametai/consult/", {"a": "1.1.1"})
    assert re.search(r'value="product"[^>]*checked', text_of(client.get("/consult/1/")))
    story = text_of(client.get("/consult/2/"))
    assert "自分で書いた話です。" in story and "手引き" not in story


def test_forms_that_are_begun_at_speed_are_held_back(client, seeded, monkeypatch):
    begun = 0
    while begun < 300:
        client.cookies.clear()
        answer = client.post("/guides/yametai/consult/", {"a": "1"})
        assert answer.status_code == 302
        if DRAFT_COOKIE not in answer.cookies:
            break
        begun += 1
    assert 5 <= begun < 300, "nobody held it back"
