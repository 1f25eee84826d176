"""Who calls, from the headers."""

from __future__ import annotations

import pytest

from caasis.telephony.adapters.embedded.sip import identity

FROM = '"Taro" <sip:0312345678@192.0.2.1;user=phone>;tag=1'


def headers(**more: str) -> dict[str, list[str]]:
    return {"from": [FROM], "to": ["<sip:0355550100@192.0.2.2>"]} | {
        name.replace("_", "-"): [value] for name, value in more.items()
    }


def test_the_asserted_identity_goes_before_from():
    assert identity.caller_of(headers()) == ("0312345678", "Taro")
    found = identity.caller_of(headers(p_asserted_identity="<sip:+81612345678@carrier.example>"))
    assert found == ("+81612345678", "Taro")
    assert identity.caller_of(headers(p_asserted_identity="<tel:+81612345678>"))[0] == "+81612345678"


@pytest.mark.parametrize(
    ("more", "hidden"),
    [
        ({}, False), ({"privacy": "none"}, False), ({"privacy": "id"}, True), ({"privacy": "user;id"}, True),
        ({"from": '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'}, True),
    ],
)  # fmt: skip
def test_who_hides(more: dict[str, str], hidden: bool):
    assert identity.hides_itself(headers() | {name: [value] for name, value in more.items()}) is hidden


def test_the_number_that_was_dialled():
    assert identity.called_of(headers(), "0355550100") == "0355550100"
    assert identity.called_of(headers(), "") == "0355550100"
    assert identity.called_of(headers(p_called_party_id="<sip:0355550199@x>"), "user") == "0355550199"


def test_diversion_of_188():
    assert identity.diverted_from(headers()) == ""
    assert identity.diverted_from(headers(diversion="<sip:188@carrier.example>;reason=unconditional")) == "188"
    history = "<sip:188@carrier.example>;index=1, <sip:0355550100@carrier.example>;index=1.1"
    assert identity.diverted_from(headers(history_info=history)) == "188"


@pytest.mark.parametrize("value", ["", "<>", "sip:", "<sip:@x>", '"', "<sip:host.example>"])
def test_what_names_nobody(value: str):
    assert identity.user_of(value) == ""
