"""What the stories hold: kinds, alternatives, codes of the product's lists."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from caasis.twin import stories as story_files
from caasis.twin.generate import _CHANNELS
from caasis.twin.stories import AGE_BANDS, GROUPS, RESULTS, StoryKind, load_stories
from caasis.twin.streams import stream
from caasis.twin.town import _OCCUPATION_KEYS
from caasis.twin.wording import WordingError, compile_slot, fact_names, tell, wordings

from . import towns

KINDS = tuple(load_stories().kinds.values())
WANTED = (
    "定期購入", "屋根", "給湯器", "副業", "退去", "エステ", "マッチング|出会い系", "架空請求", "光回線", "電気", "新聞", "浄水器", "訪問購入",
    "中古車", "脱毛", "結婚", "家庭教師", "健康食品", "布団", "原野商法", "海産物", "偽の通販", "転売", "宿泊", "格安スマホ", "サブスク",
    "ゲーム課金", "暗号資産", "SNS型の投資", "ロマンス", "害虫", "水漏れ", "鍵開け", "引越", "クリーニング", "スポーツクラブ", "葬儀", "太陽光",
    "リフォーム", "外壁", "マルチ商法", "モニター商法", "霊感", "個人情報の削除", "保険金", "自転車", "発火", "異物", "化粧品による", "美容医療",
    "老人ホーム", "還付金",
)  # fmt: skip


def test_there_are_at_least_45_kinds_of_trouble_beside_the_planted_one() -> None:
    assert len([kind for kind in KINDS if not kind.novel]) >= 45
    labels = " ".join(kind.label for kind in KINDS)
    assert [word for word in WANTED if not re.search(word, labels)] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_each_slot_has_at_least_four_wordings_and_each_kind_thousands_of_texts(kind: StoryKind) -> None:
    for slot in (kind.title, *kind.phases, *kind.voice, kind.advice, kind.wish):
        assert wordings(slot) >= 4
    assert math.prod(map(wordings, kind.phases)) * wordings(kind.wish) >= 5_000
    assert math.prod(map(wordings, kind.voice)) >= 1_000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_code_exists_in_the_product_lists(kind: StoryKind) -> None:
    used = {
        "product": kind.products.options,
        "sales_form": kind.sales_forms.options,
        "transaction_type": kind.transaction_types,
        "payment_method": kind.payments.options,
        "result": kind.results.options,
        "keyword": kind.keywords,
        "content_class": kind.content_classes,
    }
    assert {name: sorted(set(codes) - towns.codes_of(name)) for name, codes in used.items()} == {
        name: [] for name in used
    }
    assert len(kind.keywords) == len(set(kind.keywords)) >= 5


def test_channels_occupations_and_results_exist_in_the_product_lists() -> None:
    assert set(_CHANNELS) <= towns.codes_of("channel")
    assert set(_OCCUPATION_KEYS) <= towns.codes_of("occupation")
    assert set(RESULTS) <= towns.codes_of("result")
    assert {"complaint", "inquiry", "request", "information"} <= towns.codes_of("kind")


def test_every_way_to_pay_and_every_outcome_has_its_words() -> None:
    shared = load_stories().shared
    needed = {f"pay_{method}" for kind in KINDS for method in kind.payments.options}
    needed |= {f"result_{result}" for result in RESULTS}
    needed |= {f"{harm}_{kind.harm_style}" for kind in KINDS if kind.injury for harm in ("injury", "voice_injury")}
    needed |= {f"injury_{kind.harm_style}_severe" for kind in KINDS if kind.injury}
    needed |= {f"hazard_{kind.harm_style}" for kind in KINDS if kind.hazard}
    assert needed - set(shared) == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_profiles_are_plausible_numbers(kind: StoryKind) -> None:
    assert len(kind.season) == 12 and min(kind.season) > 0
    assert len(AGE_BANDS) == 9 and set(kind.ages.options) <= set(range(9))
    assert 0 <= kind.women <= 1 and 0 <= kind.family <= 1 and kind.injury + kind.hazard <= 1
    assert list(kind.amounts) == sorted(kind.amounts) and len(kind.amounts) == 5
    assert list(kind.delay_days) == sorted(kind.delay_days)
    assert kind.weight > 0 and kind.traders


def test_the_planted_words_occur_in_no_other_kind() -> None:
    folder = Path(story_files.__file__).parent
    text = {group: (folder / f"{group}.toml").read_text(encoding="utf-8") for group in (*GROUPS, "common")}
    for kind in KINDS:
        for word in kind.novel_words:
            assert [group for group, whole in text.items() if word in whole] == ["not_yet_known"]
            others = [block for block in text["not_yet_known"].split("[[kind]]") if word in block]
            assert len(others) == 1


def test_a_slot_tells_each_alternative_and_fills_facts() -> None:
    slot = compile_slot("{今日|昨日}、{amount}を{払った|{一部|全部}払った}。", {})
    draw = stream(1, "slot").random
    told = {tell(slot, {"amount": "5万円"}, draw) for _ in range(300)}
    assert wordings(slot) == len(told) == 6
    assert "昨日、5万円を一部払った。" in told
    assert fact_names(slot) == {"amount"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("{今日|昨日", "not closed"), ("今日}", "don't match"), ("今日|昨日", "don't match"), ("{今日}", "neither"),
     ("{nobody}", "unknown slot"), ("  ", "at least one")],
)  # fmt: skip
def test_a_text_with_wrong_braces_is_refused(text: str, message: str) -> None:
    with pytest.raises(WordingError, match=message):
        compile_slot(text, {})
