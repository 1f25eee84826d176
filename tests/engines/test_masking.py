from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caasis.engines.masking import PLACEHOLDERS, PersonalKind, Span, find_personal, mask
from caasis.engines.masking.folding import fold
from caasis.engines.masking.patterns import passes_luhn


def masked(text: str, **options: object) -> str:
    return mask(text, find_personal(text, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("電話は090-0000-1234です", "電話は［電話］です"),
        ("電話は０９０−００００−１２３４です", "電話は［電話］です"),
        ("自宅は 03(1234)5678 、2026年に契約", "自宅は ［電話］ 、2026年に契約"),
        ("0312345678 2026年11月", "［電話］ 2026年11月"),
        ("番号は０９０の１２３４の５６７８", "番号は［電話］"),
        ("〇九〇ー一二三四ー五六七八へ", "［電話］へ"),
        ("090\u200b1234\u200b5678", "［電話］"),
        ("+81 90-1234-5678", "［電話］"),
        ("(03) 1234-5678と0120-000-000", "［電話］と［電話］"),
        ("電話：1234-5678", "電話：［電話］"),
        ("03-1234-5678/090-1234-5678", "［電話］/［電話］"),
        ("携帯09012345678、自宅0612345678", "携帯［電話］、自宅［電話］"),
    ],
)
def test_phone_numbers_are_found_however_they_are_written(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "受付番号2026-0004217",
        "契約金額は1,480,000円で、11/14に契約した",
        "8日以内の2026年11月21日まで",
        "型番123-4567を買った",
        "みほん市在住の70歳代の人",
        "大阪市北区の店で",
        "3人家族で、2回目の契約",
        "法人番号1234567890123",
        "0001234567890",
        "型番03-1234-56789",
        "00000000000000",
        "番号は0です。1丁目",
        "@だけ、a@、＠example.jpでも",
        "",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "written",
    [
        "hanako.mihon@example.jp",
        "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "hanakoアットマークexampleドットjp",
        "a+b@mail.example.co.jp",
    ],
)
def test_mail_addresses(written: str) -> None:
    assert masked(f"メールは{written}です") == "メールは［メール］です"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "〒123-4567 架空県みほん市さくら町3丁目5番2号 みほんマンション305号室に住む",
            "［郵便番号］ ［住所］に住む",
        ),
        ("架空県みほん市さくら町３丁目", "［住所］"),
        ("私は東京都千代田区霞が関3-1-1に住む", "私は［住所］に住む"),
        ("住所は架空郡みほん町大字見本123番地の4です", "住所は［住所］です"),
        ("架空県みほん市見本五丁目六番地", "［住所］"),
        ("見本町2丁目3番4号コーポ見本201号室", "［住所］"),
        ("郵便番号は123-4567", "郵便番号は［郵便番号］"),
        ("123-4567 架空県の", "［郵便番号］ 架空県の"),
    ],
)
def test_addresses_finer_than_a_municipality(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_card_numbers_need_the_right_check_digit() -> None:
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")
    assert masked("カードは4111 1111 1111 1111") == "カードは［カード番号］"
    assert masked("カードは４１１１－１１１１－１１１１－１１１１") == "カードは［カード番号］"
    assert masked("カードは4111111111111112") == "カードは4111111111111112"


@given(st.integers(12, 17).flatmap(lambda more: st.integers(2 * 10**more, 7 * 10**more - 1)).map(str))
def test_one_of_ten_last_digits_makes_a_card_number(digits: str) -> None:
    assert sum(passes_luhn(digits + last) for last in "0123456789") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("普通預金 1234567 に振り込んだ", "普通預金 ［口座番号］ に振り込んだ"),
        ("口座番号は１２３４５６７", "口座番号は［口座番号］"),
        ("ゆうちょ 記号12345 番号 12345678", "ゆうちょ 記号［口座番号］"),
        ("マイナンバー1234-5678-9012", "マイナンバー［個人番号］"),
    ],
)
def test_account_and_individual_numbers(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("見本　花子さんから", "［氏名］さんから"),
        ("見本花子は", "［氏名］は"),
        ("ミホンハナコ様", "［氏名］様"),
        ("みほん・はなこです", "［氏名］です"),
        ("見本さんと、花子が", "［氏名］さんと、［氏名］が"),
        ("見本は来なかった", "［氏名］は来なかった"),
        ("みほんさんに聞いた", "［氏名］さんに聞いた"),
        ("見本工務店と架空見本", "見本工務店と架空見本"),
        ("みほんを見せられた", "みほんを見せられた"),
        ("髙﨑 渚さん", "［氏名］さん"),
        ("林さんの林", "［氏名］さんの林"),
        (
            "はなさんと話し、はながはなしをした。ハナ、ハナ",
            "［氏名］さんと話し、はながはなしをした。［氏名］、［氏名］",
        ),
        ("SMITH johnから", "［氏名］から"),
    ],
)
def test_known_names_are_found_in_kanji_kana_and_parts(text: str, expected: str) -> None:
    known = ["見本 花子", "みほん　はなこ", "高崎渚", "林 一", "はな", "Smith John", "あ", ""]
    assert masked(text, known=known) == expected


def test_a_letter_that_grows_in_lower_case_does_not_shift_names() -> None:
    assert masked("İ見本花子", known=["見本花子"]) == "İ［氏名］"


def test_evidence_that_is_allowed_stays() -> None:
    text = "業者の電話は0120-000-000、sales@example.jp、普通1234567、担当の見本さん。自宅は03-1234-5678。"
    allowed = ["０１２０－０００－０００", "Sales@example.jp", "1234567", "見本"]
    assert masked(text, known=["見本 花子"], allowed=allowed) == text.replace("03-1234-5678", "［電話］")


def test_names_by_the_dictionary_need_a_full_name_or_an_honorific() -> None:
    text = "鈴木一郎と名乗る男性と、佐藤さんが来た。田中工業の田中。高橋 次郎"
    assert masked(text) == text
    expected = "［氏名］と名乗る男性と、［氏名］さんが来た。田中工業の田中。［氏名］"
    assert masked(text, read_names=True) == expected
    assert masked("鈴木が来た。", read_names=True) == "鈴木が来た。"
    assert masked("屋根の工事をした", read_names=True) == "屋根の工事をした"
    assert masked("鈴木一郎", read_names=True, allowed=["鈴木 一郎"]) == "鈴木一郎"


def test_spans_point_into_the_original_text_and_say_why() -> None:
    text = "㍿の後、ﾃﾞﾝﾜ：０９０−００００−１２３４"
    (span,) = find_personal(text)
    assert text[span.start : span.end] == "０９０−００００−１２３４"
    assert (span.kind, span.reason) == (PersonalKind.PHONE, "電話番号の形")


def test_overlapping_hits_become_one_span() -> None:
    text = "見本県花子市1丁目2番地"
    (span,) = find_personal(text, ["花子市1"])
    assert (span.start, span.end, span.kind) == (0, len(text), PersonalKind.ADDRESS)
    # The name reaches out of the number: the longer hit gives the kind and everything is covered.
    text = "03-1234-5678見本花子太郎次郎三郎四郎"
    (joined,) = find_personal(text, ["78見本花子太郎次郎三郎四郎"])
    assert (joined.start, joined.end, joined.kind) == (0, len(text), PersonalKind.NAME)


def test_masking_refuses_spans_that_overlap_or_lie_outside() -> None:
    first = Span(0, 3, PersonalKind.NAME, "")
    for bad in (
        Span(2, 4, PersonalKind.NAME, ""),
        Span(4, 9, PersonalKind.NAME, ""),
        Span(4, 4, PersonalKind.NAME, ""),
    ):
        with pytest.raises(ValueError, match="inside"):
            mask("あいうえお", [first, bad])
    assert mask("あいうえお", [Span(4, 5, PersonalKind.CARD, ""), first]) == "［氏名］え［カード番号］"


def test_every_kind_has_a_placeholder() -> None:
    assert set(PLACEHOLDERS) == set(PersonalKind)


@given(st.lists(st.one_of(st.integers(0x20, 0x7E), st.integers(0x3000, 0x30FF), st.integers(0, 0x10FFFF)), max_size=30))
def test_folding_keeps_the_origin_of_every_character(codes: list[int]) -> None:
    text = "".join(map(chr, codes))
    folded = fold(text)
    assert len(folded.text) == len(folded.origins)
    last = (0, 0)
    for origin in folded.origins:
        assert origin[0] < origin[1] <= len(text)
        assert origin >= last
        last = origin


PROSE = st.text(alphabet="契約のは、。をした屋根工事 見本アイウ\n", max_size=12)
WIDE = str.maketrans("0123456789-()", "０１２３４５６７８９−（）")


@given(
    PROSE,
    PROSE,
    st.sampled_from(["0{}0-{}-{}", "0{}0{}{}", "0{}0 {} {}", "0{}0({}){}"]),
    st.sampled_from("789"),
    st.from_regex("[0-9]{4}", fullmatch=True),
    st.from_regex("[0-9]{4}", fullmatch=True),
    st.booleans(),
)
@settings(max_examples=60)
def test_no_planted_phone_number_survives(
    before: str, after: str, form: str, carrier: str, middle: str, last: str, wide: bool
) -> None:
    number = form.format(carrier, middle, last)
    number = number.translate(WIDE) if wide else number
    result = masked(f"{before}{number}{after}")
    assert "［電話］" in result
    assert number not in result
    assert masked(result) == result


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit", ["屋根市", "0", "1-", "a", "a@", "一", "一丁目", "町町町町町丁目", "東京都あ", "〇九〇-"]
)
def test_time_grows_with_the_length_of_a_hostile_text_only(unit: str) -> None:
    """A pattern that needs quadratic time on 100,000 equal characters runs into the limit by far."""
    find_personal(unit * (100_000 // len(unit)))
