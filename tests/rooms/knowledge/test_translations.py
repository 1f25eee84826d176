"""Articles in easy Japanese and English: their files, loading, finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.knowledge.models import Article
from caasis.knowledge.rules.article_file import ArticleFileError
from caasis.knowledge.rules.body import blocks
from caasis.knowledge.rules.english import words_of
from caasis.knowledge.rules.ruby import Part, ruby_parts, spoken, without_ruby
from caasis.knowledge.rules.translation_file import LANGUAGES, parse_translation
from caasis.knowledge.services import load_seed_articles
from caasis.knowledge.translation_models import ArticleTranslation
from caasis.knowledge.translation_selectors import (
    is_outdated,
    languages_of,
    search_translations,
    translation_by_number,
    translations,
)
from caasis.knowledge.translation_services import load_seed_translations, read_translations
from tests.support.translations import EASY, ENGLISH, load_translations, write_translations

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(town: Any, tmp_path: Path) -> Path:
    load_seed_articles(actor=SYSTEM)
    load_translations(tmp_path)
    return tmp_path


# --- readings -----------------------------------------------------------------------------------------------------


def test_a_reading_belongs_to_what_stands_between_its_marks() -> None:
    assert ruby_parts("お｜金《かね》を ｜払《はら》う") == [
        Part("お"), Part("金", "かね"), Part("を "), Part("払", "はら"), Part("う")
    ]  # fmt: skip
    assert without_ruby("｜契約《けいやく》を\n｜見《み》る") == "契約を\n見る"
    assert spoken("｜契約《けいやく》を ｜見《み》る") == "けいやくを みる"


@pytest.mark.parametrize("text", ["｜契約《", "契約《けいやく》", "｜契約《<b>》", "｜《けい》", "｜契\n約《けいやく》"])
def test_what_is_no_whole_reading_stays_as_typed(text: str) -> None:
    assert ruby_parts(text) == [Part(text)] and without_ruby(text) == text


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_file_gives_what_is_translated() -> None:
    fields = parse_translation(EASY, "ja-easy/F-1001.md", "ja-easy")
    assert set(fields) == {"number", "title", "lead", "search_words", "body"}
    assert fields["body"].startswith("## やめる ｜方法《ほうほう》") and fields["search_words"] == "訪問販売 家に 来た"
    english = parse_translation(ENGLISH, "en/F-1001.md", "en")
    kinds = [block.kind for block in blocks(english["body"], joint=" ")]
    assert kinds == ["heading", "steps", "paragraph", "note", "bullets"]
    assert "goods back. This costs" in blocks(english["body"], joint=" ")[2].text


@pytest.mark.parametrize(
    ("language", "old", "new", "line", "words"),
    [
        ("en", "Copy both sides.", "Copy **both** sides.", 11, "step"),
        ("en", "This costs you nothing.", "This costs <b>nothing</b>.", 14, "Markdown subset"),
        ("en", "This costs you nothing.", "This costs nothing。", 14, "English"),
        ("en", "This costs you nothing.", "It's free.You pay nothing.", 14, "English"),
        ("en", "This costs you nothing.", "This costs  you nothing.", 14, "English"),
        ("en", "This costs you nothing.", "｜cost《コスト》", 14, "Markdown subset"),
        ("en", 'lead = "Yes.', 'situation = "paid"\nlead = "Yes.', 4, "situation"),
        ("en", 'number = "F-1001"', 'number = "F-1002"', 2, "F-1002.md"),
        ("en", "+++\nnumber", "number", 1, "+++"),
        ("ja-easy", "｜方法《ほうほう》", "｜方法《ほうほう", 8, "Markdown subset"),
        ("ja-easy", "｜方法《ほうほう》", "方法《ほうほう》", 8, "reading"),
        ("ja-easy", "｜車《くるま》は", "｜車《kuruma》は", 15, "Markdown subset"),
        ("ja-easy", "家に 来た 人と", "｜家《いえ》に 来た 人と", 3, "reading"),
        ("ja-easy", "- ｜車《くるま》は", "・｜車《くるま》は", 15, "Markdown subset"),
    ],
)
def test_an_error_names_file_and_line(language: str, old: str, new: str, line: int, words: str) -> None:
    text = {"en": ENGLISH, "ja-easy": EASY}[language]
    assert text.count(old) == 1
    with pytest.raises(ArticleFileError) as caught:
        parse_translation(text.replace(old, new), f"{language}/F-1001.md", language)
    message = str(caught.value)
    assert message.startswith(f"{language}/F-1001.md:{line}: ")
    assert words in message


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "F-1001.md").write_bytes(b"+++\n\xff\n")
    with pytest.raises(ArticleFileError, match=r"en/F-1001.md:2: not UTF-8"):
        read_translations("en", tmp_path)


def test_what_comes_along_belongs_to_an_article_and_is_unchecked(town: Any) -> None:
    load_seed_articles(actor=SYSTEM)
    known = set(Article.objects.values_list("number", flat=True))
    for language in LANGUAGES:
        entries = read_translations(language)
        for entry in entries:
            assert entry["number"] in known, (language, entry["number"])
    assert load_seed_translations(actor=SYSTEM) == sum(len(read_translations(language)) for language in LANGUAGES)
    assert not ArticleTranslation.objects.filter(checked=True).exists()


# --- loading --------------------------------------------------------------------------------------------------------


def test_loading_again_writes_nothing_and_keeps_what_was_edited(seeded: Path) -> None:
    assert load_translations(seeded) == 0
    ArticleTranslation.objects.filter(language="en").update(title="Edited", version=2)
    ArticleTranslation.objects.filter(language="ja-easy").update(title="ずれた 題", checked=True)
    assert load_translations(seeded) == 1
    assert translation_by_number("F-1001", "en").title == "Edited"
    again = translation_by_number("F-1001", "ja-easy")
    assert again.title != "ずれた 題" and not again.checked


def test_a_translation_waits_for_its_article(town: Any, tmp_path: Path) -> None:
    assert load_translations(tmp_path) == 0
    load_seed_articles(actor=SYSTEM)
    assert load_translations(tmp_path) == 2


@pytest.mark.parametrize("name", ["counsellor", "supervisor", "official", "outsider", "ncac", "analyst"])
def test_nobody_else_loads_translations(town: Any, tmp_path: Path, name: str) -> None:
    load_seed_articles(actor=SYSTEM)
    with pytest.raises(NotAllowed):
        load_seed_translations(actor=town.actors[name], root=write_translations(tmp_path))
    assert ArticleTranslation.objects.count() == 0


# --- life -----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_article_takes_its_translations_with_it(seeded: Path) -> None:
    assert search_translations("roof", "en") and languages_of(Article.objects.get(number="F-1001")) == {"ja-easy", "en"}
    Article.objects.filter(number="F-1001").update(state=Article.State.WITHDRAWN)
    for language in LANGUAGES:
        assert not translations(language).exists()
        with pytest.raises(NotFound):
            translation_by_number("F-1001", language)
    assert search_translations("roof", "en") == []
    assert search_translations("F-1001", "en") == []


def test_a_translation_is_outdated_when_the_japanese_text_changed_and_not_before(seeded: Path) -> None:
    article = Article.objects.get(number="F-1001")
    article.useful_votes, article.law_verified = 9, not article.law_verified
    article.save()
    assert not is_outdated(translation_by_number("F-1001", "en"))
    article.body += "\n\n新しい段落です。"
    article.save()
    assert is_outdated(translation_by_number("F-1001", "en"))
    # Loading again does not hide it: the translation is still that of the older text.
    load_translations(seeded)
    assert is_outdated(translation_by_number("F-1001", "en"))


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    ["ROOF", "cooling-off", "Can I cancel a contract?", "cancelling the contracts", "cancelation", "contrakt", "f1001", "kuringu ofu"],
)
def test_english_words_find_it_in_any_form(seeded: Path, question: str) -> None:
    assert [row.article.number for row in search_translations(question, "en")] == ["F-1001"]


@pytest.mark.parametrize("question", ["", "the", "elephant bag", "?!", "'; DROP TABLE x; --", "a" * 5000])
def test_what_is_not_there_finds_nothing(seeded: Path, question: str) -> None:
    assert search_translations(question, "en") == []


@pytest.mark.parametrize("question", ["家に来た人", "家に 来た 人", "やめる方法", "郵便局", "ゆうびんきょく"])
def test_easy_japanese_is_found_with_and_without_blanks(seeded: Path, question: str) -> None:
    found = search_translations(question, "ja-easy")
    assert [row.article.number for row in found] == ["F-1001"]


def test_no_language_answers_for_another(seeded: Path) -> None:
    ArticleTranslation.objects.filter(language="en").delete()
    assert search_translations("roof", "en") == [] and search_translations("roof", "ja-easy") == []


def test_endings_of_one_word_are_one_word() -> None:
    assert len(set(words_of("cancel cancelled canceled cancelling cancels cancellation"))) == 1
    assert words_of("I don't want this") == []
