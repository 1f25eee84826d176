"""Numbers as lines write them, and why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.telephony.adapters.asterisk.setup import AsteriskSetup
from caasis.telephony.adapters.lines import dialled_number, presentation, told_number
from caasis.telephony.vocabulary import Presentation


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("0312345678", "+81312345678"),
        ("09012345678", "+819012345678"),
        ("03-1234-5678", "+81312345678"),
        ("+81312345678", "+81312345678"),
        ("81312345678", "+81312345678"),
        ("+14155550100", "+14155550100"),
        ("188", "188"),
        ("0120123456", "+81120123456"),
        ("", ""),
        ("anonymous", ""),
        ("+", ""),
        ("1001", "1001"),
    ],
)
def test_a_number_from_a_line(line: str, number: str):
    assert told_number(line) == number


@given(st.from_regex(r"\+81[1-9][0-9]{8,9}", fullmatch=True), st.booleans())
def test_a_japanese_number_comes_back_as_it_was_dialled(number: str, national: bool):
    assert told_number(dialled_number(number, national=national)) == number


def test_a_number_abroad_and_a_short_one_are_dialled_as_they_are():
    for number in ("+14155550100", "188"):
        assert dialled_number(number, national=True) == number


@pytest.mark.parametrize(
    ("shown", "name", "number", "why"),
    [
        ("allowed_passed_screen", "", "0312345678", Presentation.ALLOWED),
        ("allowed_not_screened", "Tokyo", "0312345678", Presentation.ALLOWED),
        ("prohib_passed_screen", "", "0312345678", Presentation.ANONYMOUS),
        ("prohib", "Anonymous", "", Presentation.ANONYMOUS),
        ("prohib", "Coin line/payphone", "", Presentation.PAYPHONE),
        ("allowed", "coin line", "anonymous", Presentation.PAYPHONE),
        ("prohib", "Unavailable", "", Presentation.UNAVAILABLE),
        ("prohib", "Interaction with other service", "", Presentation.UNAVAILABLE),
        ("unavailable", "", "", Presentation.UNAVAILABLE),
        ("allowed", "", "", Presentation.UNAVAILABLE),
    ],
)
def test_why_a_number_is_there_or_not(shown: str, name: str, number: str, why: Presentation):
    assert presentation(shown=shown, name=name, number=number) is why


def test_the_password_is_not_shown():
    setup = AsteriskSetup(url="https://pbx:8089/ari/", user="caasis", password="a secret", recordings=Path("x"))
    assert "a secret" not in repr(setup)
    assert setup.websocket == "wss://pbx:8089/ari/events?app=caasis"
