"""The article guide: it quotes word for word, asks, or hands over, and never says anything of its own about a matter."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from caasis.kernel.actor import SYSTEM
from caasis.knowledge.answering import Answer, answer
from caasis.knowledge.models import Article
from caasis.knowledge.rules.answering import SAYS, Reply, best_part, choose, what_it_is
from caasis.knowledge.rules.body import blocks
from caasis.knowledge.selectors import published
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

HERE = Path(__file__).parent
QUESTIONS = HERE.parents[2] / "bench" / "faq" / "questions.tsv"


def red_team() -> list[tuple[str, str]]:
    lines = (HERE / "red_team.tsv").read_text(encoding="utf-8").splitlines()
    return [(kind, message) for kind, _, message in (line.partition("\t") for line in lines)]


@pytest.fixture
def seeded(db: None) -> None:
    with system_transaction():
        load_seed_articles(actor=SYSTEM)


def words_of(article: Article) -> str:
    parts = [article.lead]
    for block in blocks(article.body):
        parts += [block.text, *(f"{i.title}{'。' if i.title and i.text else ''}{i.text}" for i in block.items)]
    return "\n".join(parts)


def is_sound(found: Answer) -> bool:
    """An answer has a published source of the public and its words; everything else tells nothing of a matter."""
    if found.reply is not Reply.ANSWER:
        return found.source is None and found.quote is None
    assert found.source is not None
    row = published().filter(number=found.source.number).first()
    return row is not None and found.source.lead == row.lead and (
        found.quote is None or found.quote.text.rstrip("…") in words_of(row)
    )


def test_the_red_team_has_two_hundred_messages() -> None:
    messages = [message for _, message in red_team()]
    assert len(messages) >= 200 and len(set(messages)) == len(messages)


def test_hostile_and_odd_messages(seeded: None) -> None:
    wrong = []
    with system_transaction():
        for kind, message in red_team():
            found = answer(message)
            expected = kind in ("safe", "masked") or found.reply.value == kind
            if not expected or not is_sound(found) or (kind == "masked" and not found.masked):
                wrong.append((kind, message, found.reply.value))
    assert not wrong, wrong


def test_personal_data_is_nowhere_in_what_is_kept(seeded: None) -> None:
    with system_transaction():
        for number, message in (
            ("090-1234-5678", "電話は090-1234-5678です。定期購入をやめたい"),
            ("4111", "カード 4111 1111 1111 1111 で払った"),
            ("hanako@example.com", "hanako@example.com に請求が来ました"),
        ):
            found = answer(message)
            assert found.masked and number not in found.message and "［" in found.message


def test_each_of_the_frozen_questions_is_answered_with_a_source_or_not_at_all(seeded: None) -> None:
    with QUESTIONS.open(encoding="utf-8", newline="") as file, system_transaction():
        unsound = [row["question"] for row in csv.DictReader(file, delimiter="\t") if not is_sound(answer(row["question"]))]
    assert not unsound


def test_a_clear_question_is_answered_in_the_words_of_the_article(seeded: None) -> None:
    with system_transaction():
        found = answer("クーリング・オフのはがきの書き方")
        assert found.reply is Reply.ANSWER and found.source is not None and found.source.number == "F-1004"
        assert found.quote is not None
        Article.objects.filter(number="F-1004").update(state=Article.State.WITHDRAWN)
        later = answer("クーリング・オフのはがきの書き方")
        assert later.source is None or later.source.number != "F-1004"


def test_scores_decide_between_answering_asking_and_handing_over() -> None:
    assert choose([]) is Reply.HANDOVER
    assert choose([1.9]) is Reply.HANDOVER
    assert choose([3.0, 1.0]) is Reply.CHOICES
    assert choose([6.0, 5.9]) is Reply.CHOICES
    assert choose([6.0, 3.0]) is Reply.ANSWER


def test_ordinary_troubles_are_not_taken_for_anything_else() -> None:
    for message in (
        "定期購入をやめたい", "屋根の点検の業者と契約した", "バカ高い修理代を請求された", "しねんの高い品物", "詐欺サイトで買った",
        "訪問販売を断りたい", "はがきが届いた", "警察を名乗る電話", "子どもがゲームで課金", "OKと答えたら契約になった",
    ):  # fmt: skip
        assert what_it_is(message) is None, message


def test_a_quote_is_the_part_that_shares_most_and_whole_sentences() -> None:
    body = "## 一\n\n犬の話です。\n\n## 二\n\n猫を返したいときは、店に電話します。"
    quote = best_part("猫を返したい", body)
    assert quote is not None and (quote.heading, quote.text) == ("二", "猫を返したいときは、店に電話します。")
    assert best_part("鯨", body) is None
    long = "猫を返したいときは、店に電話します。" * 60
    cut = best_part("猫を返したい", long)
    assert cut is not None and len(cut.text) <= 400 and cut.text.endswith("。")


def test_every_language_has_every_sentence() -> None:
    keys = set(SAYS["ja"])
    assert set(Reply) <= keys
    assert all(set(words) == keys for words in SAYS.values())
