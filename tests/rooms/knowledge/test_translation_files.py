"""The translations that come with the package, as files: each is whole, and says no telephone number that nobody checked."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from caasis.kernel.actor import SYSTEM
from caasis.knowledge import services
from caasis.knowledge.rules.body import blocks
from caasis.knowledge.rules.ruby import without_ruby
from caasis.knowledge.rules.translation_file import ENGLISH, LANGUAGES, kanji_without_reading, parse_translation
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.translation_selectors import search_translations
from caasis.knowledge.translation_services import load_seed_translations
from tests.rooms.knowledge.test_article_files import NUMBERS

DATA = Path(services.__file__).parent / "data"
FILES = [(language, file) for language in LANGUAGES for file in sorted((DATA / "translations" / language).glob("*.md"))]
_TELEPHONE = re.compile(r"#[0-9]{4}|\b0[0-9]{1,4}-?[0-9]{1,4}-?[0-9]{3,4}\b|(?<=Dial )[0-9]{3,}|(?<=dial )[0-9]{3,}|(?<=[Cc]all )[0-9]{3,}")


@pytest.mark.parametrize(("language", "file"), FILES, ids=lambda item: item.stem if isinstance(item, Path) else item)
def test_a_translation_of_the_package_is_whole(language: str, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    entry = parse_translation(text, f"{language}/{file.name}", language)
    assert entry["search_words"] and blocks(entry["body"])
    kinds = [block.kind for block in blocks(entry["body"])]
    assert kinds[-1] != "heading" and ("heading", "heading") not in pairwise(kinds)
    assert set(_TELEPHONE.findall(without_ruby(text))) <= NUMBERS
    assert (DATA / "articles" / file.name).exists()
    if language == ENGLISH:
        assert entry["lead"][-1] in ".!?" and not entry["title"].endswith(".")
    else:
        assert entry["lead"].endswith("。") and kanji_without_reading(entry["body"]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_used_once(language: str) -> None:
    entries = [parse_translation(file.read_text("utf-8"), file.name, code) for code, file in FILES if code == language]
    assert len(entries) == len({entry["title"] for entry in entries}) == len({entry["lead"] for entry in entries})
    assert entries


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "question", "number"),
    [
        ("en", "How can I stop my subscription?", "F-1006"),
        ("en", "subscribtion", "F-1006"),
        ("en", "I bought from a fake website", "F-1013"),
        ("en", "apartment deposit when moving out", "F-1017"),
        ("en", "shikikin", "F-1017"),
        ("en", "Someone came to my house and I signed a contract", "F-1001"),
        ("en", "I was scammed and sent money by bank transfer", "F-1011"),
        ("en", "crypto investment on LINE", "F-1016"),
        ("en", "Is the consultation free?", "F-1070"),
        ("en", "yami baito", "F-1066"),
        ("en", "I can't pay back my loan", "F-1064"),
        ("en", "how to write a cooling off letter", "F-1004"),
        ("en", "locked out, locksmith was too expensive", "F-1087"),
        ("en", "quit gym", "F-1105"),
        ("en", "My kid charged money in a game", "F-1019"),
        ("en", "fishing sms from delivery company", "F-1058"),
        ("en", "want to sell my bank account before leaving Japan", "F-1067"),
        ("ja-easy", "しゃっきんを 返せない", "F-1064"),
        ("ja-easy", "スマホを やめたい", "F-1098"),
        ("ja-easy", "にせの おみせで かった", "F-1013"),
        ("ja-easy", "ジムを やめたい", "F-1105"),
        ("ja-easy", "アパートを 出る お金", "F-1017"),
        ("ja-easy", "ていきこうにゅう", "F-1006"),
        ("ja-easy", "だまされた お金を 返して ほしい", "F-1011"),
        ("ja-easy", "とうしを すすめられた", "F-1016"),
        ("ja-easy", "うちに 来た 人と けいやくした", "F-1001"),
    ],
)
def test_everyday_words_of_a_language_find_the_article(town: Any, language: str, question: str, number: str) -> None:
    load_seed_articles(actor=SYSTEM)
    load_seed_translations(actor=SYSTEM)
    found = [row.article.number for row in search_translations(question, language, limit=3)]
    assert number in found
