"""One name, however it is written: legal forms, widths, kana, old characters, romaji, notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.identity import fold_reading, read_name, romaji_to_kana, skeleton, strip_department
from caasis.engines.identity.kana import spell
from caasis.engines.identity.names import best, has_kanji, is_kana

ROOF = [
    "株式会社カクウルーフ", "㈱カクウルーフ", "(株)カクウルーフ", "（株）カクウルーフ", "カクウルーフ株式会社", "カクウルーフ ㈱", "ｶｸｳﾙｰﾌ(株)",
    "カ）カクウルーフ", "カクウルーフ（カ", "かくうるーふ 株式会社", "かぶしきがいしゃ カクウルーフ", "カクウ・ルーフ㈱", "「カクウルーフ」",
    "カクウルーフ（聞き取り不確か）", "カクウルーフ（株）（自称）", "カクウルーフ様", "カクウルーフという会社", "カクウルーフ？", "Kabushiki Kaisha カクウルーフ",
    "株式会社カクウルーフ御中", "カクウルーフ　さん",
]  # fmt: skip


@pytest.mark.parametrize("text", ROOF)
def test_every_way_to_write_a_company_gives_one_core(text):
    assert read_name(text).core == "カクウルーフ"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("㈱見本", "株式会社"), ("見本(有)", "有限会社"), ("ゆうげんがいしゃ見本", "有限会社"), ("(同)見本", "合同会社"),
        ("NPO法人見本", "特定非営利活動法人"), ("医療法人社団見本会", "医療法人"), ("見本 Co., Ltd.", ""), ("見本", ""), ("(一社)見本", "一般社団法人"),
    ],
)  # fmt: skip
def test_the_legal_form_is_known_by_its_ways(text, form):
    assert read_name(text).form == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("澤田髙商店", "沢田高商店"), ("廣國櫻", "広国桜"), ("佐々木", "佐佐木"), ("霞ヶ関", "霞ケ関"), ("ＡＢＣ商会", "abc商会"), ("齋藤", "斉藤"),
        ("サクラ　ホーム", "さくらホーム"), ("見本Inc.", "見本"), ("見本Corporation", "見本"),
    ],
)  # fmt: skip
def test_two_ways_to_write_one_name(one, other):
    assert read_name(one).core == read_name(other).core


def test_a_name_that_is_only_a_form_stays_a_name():
    assert read_name("株式会社").core == "株式会社"


@pytest.mark.parametrize("text", ["", "　", "（）", "…", "😀"])
def test_nothing_to_compare_gives_nothing(text):
    name = read_name(text)
    assert (name.core, name.readings, name.skeletons) == ("", (), ())
    assert best(name.readings) == ""


@pytest.mark.parametrize(
    ("latin", "kana"), [("kakuuroof", None), ("sakura", "サクラ"), ("ohno", "オノ"), ("Ōsaka", "オサカ"), ("jidōsha", "ジドシャ"),
                        ("matcha", "マッチャ"), ("kekkon", "ケッコン"), ("shimbun", "シンブン"), ("fuji", "フジ"), ("jyoho", "ジョホ"), ("x", None), ("am", None), ("", None)],
)  # fmt: skip
def test_romaji_becomes_kana_and_english_does_not(latin, kana):
    assert romaji_to_kana(latin) == kana


@pytest.mark.parametrize(("text", "reading"), [("KAKUU ROOF", "カクルフ"), ("NTT", "エヌティティ"), ("Sakura Home", "サクラホム"), ("kakuu-r2", "カクアル2")])
def test_letters_are_read_as_words_romaji_or_one_by_one(text, reading):
    assert best(read_name(text).readings) == reading


def test_spelling_keeps_what_is_no_letter():
    assert spell("a1") == "エー1"


def test_kanji_are_read_by_the_dictionary_unless_a_reading_is_known():
    assert read_name("見本工業").readings == ("ミホンコギョ",)
    assert read_name("東商会", kana="アズマショウカイ").readings[0] == "アズマショカイ"
    assert read_name("東商会", guess_reading=False).readings == ()
    assert read_name("東商会", kana="アズマショウカイ", guess_reading=False).readings == ("アズマショカイ",)


@pytest.mark.parametrize("way", ["カクウ", "カクー", "カク", "カクウウ"])
def test_long_vowels_are_one_however_written(way):
    assert fold_reading(way) == "カク"


@pytest.mark.parametrize(("one", "other"), [("ホウエイ", "ホーエー"), ("オオタ", "オータ"), ("ケイ", "ケエ"), ("ソウオ", "ソ"), ("シイ", "シー")])
def test_vowels_that_lengthen(one, other):
    assert fold_reading(one) == fold_reading(other)


@pytest.mark.parametrize(("one", "other"), [("カグウ", "ガクウ"), ("ヴィラ", "ビラ"), ("ティー", "チー"), ("ヂヅ", "ジズ"), ("ジャ", "シヤ"), ("カッコ", "カコ"), ("フォト", "ホト")])
def test_what_a_bad_line_blurs_has_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


@given(st.text(alphabet="アイウエオカガキクコサシスソタチツトナニノハバパヒフホマミモヤユヨラリルロワンーッャュョァィヴ", max_size=20))
def test_folds_are_stable(kana):
    assert fold_reading(fold_reading(kana)) == fold_reading(kana)
    assert skeleton(skeleton(kana)) == skeleton(kana)


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text):
    name = read_name(text, guess_reading=False)
    assert read_name(name.core, guess_reading=False).core == name.core or has_kanji(name.core) or not is_kana(name.core)


@pytest.mark.parametrize(
    ("core", "left"),
    [("カクウルーフカスタマーセンター", "カクウルーフ"), ("見本工業東京支店", "見本工業"), ("カクウルーフ西日本", "カクウルーフ"), ("見本事務局", "見本"), ("カクウルーフ", None), ("センター", None)],
)
def test_the_desk_that_was_reached_can_be_left_out(core, left):
    assert strip_department(core) == left


@pytest.mark.slow
def test_a_very_long_name_is_read():
    assert read_name("見本" * 5_000, guess_reading=False).core.startswith("見本")
