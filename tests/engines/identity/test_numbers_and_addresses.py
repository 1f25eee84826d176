"""Corporate numbers with their check digit, and the part of an address that names the trader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.engines.identity import corporate_check_digit, parse_corporate_number, web_key

TWELVE = st.text(alphabet="0123456789", min_size=12, max_size=12)


def test_the_national_tax_agencys_own_number():
    # 国税庁's own number as published on the register's site.
    assert parse_corporate_number("7000012050002") == "7000012050002"


@pytest.mark.parametrize("text", ["７０００－０１２０－５０００２", "T7000012050002", "t7000012050002", "7000 0120 50002", "700-0012-050-002"])
def test_any_way_to_write_it(text):
    assert parse_corporate_number(text) == "7000012050002"


@pytest.mark.parametrize("text", ["", "7000012050003", "700001205000", "70000120500022", "0000012050002", "七〇〇〇", "T", "TT7000012050002"])
def test_what_is_no_number(text):
    assert parse_corporate_number(text) is None


@pytest.mark.parametrize("body", ["", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"])
def test_the_check_digit_needs_twelve_digits(body):
    with pytest.raises(ValueError, match="twelve"):
        corporate_check_digit(body)


@given(TWELVE)
def test_the_check_digit_makes_a_number(body):
    digit = corporate_check_digit(body)
    assert 1 <= digit <= 9 and parse_corporate_number(f"{digit}{body}") == f"{digit}{body}"


@given(TWELVE, st.integers(0, 11), st.integers(1, 8))
def test_one_wrong_digit_is_found_unless_nine_and_nought_are_confused(body, place, more):
    wrong = str((int(body[place]) + more) % 10)
    other = body[:place] + wrong + body[place + 1 :]
    if {body[place], wrong} != {"0", "9"} and other != body:
        assert parse_corporate_number(f"{corporate_check_digit(body)}{other}") is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://www.shop.mihon.co.jp/x?y=1", "mihon.co.jp"), ("HTTP://MIHON.JP", "mihon.jp"), ("mihon.jp/", "mihon.jp"), ("info@mihon.jp", "mihon.jp"),
        ("https://mihon.example:8443/", "mihon.example"), ("mihon.city.tokyo.jp", "mihon.city.tokyo.jp"), ("a.b.mihon.tokyo.jp", "b.mihon.tokyo.jp"),
        ("shop.mihon.co.uk", "mihon.co.uk"), ("https://mihon.base.shop/items/1", "mihon.base.shop"), ("x.mihon.thebase.in", "mihon.thebase.in"),
        ("https://www.instagram.com/miho_n/?hl=ja", "instagram.com/miho_n"), ("https://line.me/R/ti/p/@mihon", "line.me/mihon"), ("https://www.instagram.com/", None),
        ("ｈｔｔｐｓ：／／ｍｉｈｏｎ．ｊｐ", "mihon.jp"), ("見本.jp", "xn--8pvz87e.jp"), ("", None), ("なし", None), ("localhost", None), ("http://192.0.2.1/", None), ("。。.jp", None),
        ("a" * 300 + ".jp", None), (".".join(["a" * 60] * 5) + ".jp", None),
    ],
)  # fmt: skip
def test_the_part_of_an_address_that_names_the_trader(text, key):
    assert web_key(text) == key


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_none(text):
    key = web_key(text)
    assert key is None or web_key(key) == key
