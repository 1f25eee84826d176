"""Guides as data: whole, without dead ends, and each end names articles that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

import caasis.knowledge
from caasis.kernel.errors import NotFound
from caasis.knowledge.guides import get_guide, guides
from caasis.knowledge.rules.article_file import parse_article
from caasis.knowledge.rules.guides import Guide, GuideError, parse_guide, place_at

ARTICLES = Path(caasis.knowledge.__file__).parent / "data" / "articles"

WHOLE = """
title = "見本"
lead = "見本です"
order = 1
[[question]]
id = "a"
text = "どちらですか"
[[question.choice]]
text = "一つめ"
to = "b"
says = { topic = "cancel" }
[[question.choice]]
text = "二つめ"
to = "x"
[[question]]
id = "b"
text = "それから"
[[question.choice]]
text = "はい"
to = "x"
says = { topic = "paid", how = "net" }
[[question.choice]]
text = "いいえ"
to = "y"
[[end]]
id = "x"
title = "終わり"
text = ["します。"]
calls = ["188"]
[[end]]
id = "y"
title = "別の終わり"
text = ["しません。"]
"""


def test_a_place_follows_the_answers() -> None:
    guide = parse_guide(WHOLE, "mihon.toml")
    start = place_at(guide, "")
    assert start.question is not None and start.question.id == "a" and start.left == 2
    end = place_at(guide, "1.1")
    assert end.end is not None and end.end.id == "x" and end.left == 0
    # The later answer counts.
    assert end.says == {"topic": "paid", "how": "net"}
    assert [step.choice.text for step in end.steps] == ["一つめ", "はい"]


@pytest.mark.parametrize("answers", ["9", "1.9", "x", "1..1", "-1", "0", "１", "1.1.1.1.1.1.1.1.1.1", "<script>", "1." * 500])
def test_strange_answers_lead_to_the_last_place_that_there_is(answers: str) -> None:
    place = place_at(parse_guide(WHOLE, "mihon.toml"), answers)
    assert (place.question is None) != (place.end is None)
    assert len(place.steps) <= 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = "y"', 'to = "z"', "z is neither a question nor an end"),
        ('to = "y"', 'to = "a"', "one comes back to a"),
        ('to = "y"', 'to = "x"', "nothing leads to y"),
        ('id = "y"', 'id = "x"', "an id stands twice"),
        ('topic = "cancel"', 'topic = "money"', "says topic = money"),
        ('calls = ["188"]', 'calls = ["911"]', "nobody knows 911"),
        ('text = "どちらですか"', f'text = "{"長" * 81}"', "longer than 80"),
        ('text = ["します。"]', "text = []", "without text"),
        ("order = 1", "", "missing"),
        ("order = 1", 'order = 1\ncolour = "red"', "unknown key colour"),
        ('title = "見本"', "title = ", "mihon.toml"),
    ],
)
def test_a_file_that_is_no_guide_says_what_is_wrong(old: str, new: str, said: str) -> None:
    with pytest.raises(GuideError, match=r"mihon\.toml") as raised:
        parse_guide(WHOLE.replace(old, new, 1), "mihon.toml")
    assert said in str(raised.value)


def test_there_are_eight_guides_and_more_of_each_trouble() -> None:
    assert len(guides()) >= 8
    assert len({guide.title for guide in guides()}) == len(guides())
    with pytest.raises(NotFound):
        get_guide("nai")


@pytest.mark.parametrize("guide", guides(), ids=lambda guide: guide.id)
def test_every_end_of_the_package_names_articles_that_there_are(guide: Guide) -> None:
    for end in guide.ends.values():
        assert end.articles or end.calls, end.id
        for number in end.articles:
            file = ARTICLES / f"{number}.md"
            entry = parse_article(file.read_text(encoding="utf-8"), file.name)
            assert entry["kind"] != "manual", number
        if end.urgent:
            assert end.calls, f"{end.id} is urgent and names nobody to call"
        if end.law:
            assert "第" in end.law or "に関する法律" in end.law, end.law
