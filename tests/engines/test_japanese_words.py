from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from caasis.engines.japanese import content_words, morphemes, reading


def test_content_words_are_normalised_and_free_of_particles() -> None:
    words = content_words("屋根の点検と言われ、ＡＢＣ社と契約をしました。")
    assert words == ["屋根", "点検", "言う", "abc", "社", "契約"]


def test_variants_of_a_word_meet() -> None:
    assert content_words("打ち合わせ") == content_words("打合せ")


def test_a_text_beyond_the_tokenizers_limit_is_read_whole() -> None:
    text = "屋根を直した。" * 3_000 + "根" * 25_000 + "瓦"
    assert "".join(morpheme.surface() for morpheme in morphemes(text)) == text
    assert content_words("屋根を直した。" * 3_000).count("屋根") == 3_000


def test_reading_is_katakana_and_leaves_signs_and_digits() -> None:
    assert reading("東京の屋根、123ABC") == "トウキョウノヤネ、123ABC"
    assert reading("") == ""


def test_each_thread_has_its_own_tokenizer() -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(content_words, ["点検商法の屋根工事"] * 32))
    assert all(result == content_words("点検商法の屋根工事") for result in results)
