"""The wire: whatever may be told or signalled comes out as it went in, and anything else is NotOurs."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caasis.telephony.commands import COMMANDS, Command, Endpoint, Prompt, Ring
from caasis.telephony.signals import SIGNALS, Signal, TrunkChanged
from caasis.telephony.vocabulary import (
    DtmfWay,
    EndCause,
    LegPhase,
    PlayEnd,
    Presentation,
    Refusal,
    Role,
)
from caasis.telephony.wire import NotOurs, dump, from_wire, load, to_wire

FAMILY: dict[str, type[Any]] = {**COMMANDS, **SIGNALS}

ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
counts = st.integers(0, 10**12)
parts = st.floats(0, 1e12, allow_nan=False)
roles = st.frozensets(st.sampled_from(Role))
#: ISO 8601 writes an offset in whole minutes.
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
headers = st.dictionaries(words, words, max_size=3)
endpoints = st.one_of(
    st.builds(Endpoint, kind=st.just("sip_user"), address=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)),
    st.builds(
        Endpoint,
        kind=st.just("number"),
        address=st.from_regex(r"\+[0-9]{5,15}|[0-9]{3,6}", fullmatch=True),
        trunk=words,
    ),
)
prompts = st.builds(Prompt, name=st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True), offset_ms=st.integers(0, 10**9))

#: A field's values by its declared type; those of the two tables below by their name.
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": words,
    "int": counts,
    "float": parts,
    "bool": st.booleans(),
    "datetime": st.datetimes(datetime(1900, 1, 2), datetime(9999, 12, 30), timezones=offsets),  # noqa: DTZ001
    "Role": st.sampled_from(Role),
    "frozenset[Role]": roles,
    "Endpoint": endpoints,
    "tuple[Prompt, ...]": st.lists(prompts, min_size=1, max_size=4).map(tuple),
    "tuple[str, ...]": st.lists(words, max_size=4).map(tuple),
    "Mapping[str, str]": headers,
    "EndCause": st.sampled_from(EndCause),
    "EndCause | None": st.none() | st.sampled_from(EndCause),
    "int | None": st.none() | counts,
    "Refusal": st.sampled_from(Refusal),
    "Presentation": st.sampled_from(Presentation),
    "LegPhase": st.sampled_from(LegPhase),
    "DtmfWay": st.sampled_from(DtmfWay),
    "PlayEnd": st.sampled_from(PlayEnd),
}
OF_COMMANDS = {
    **dict.fromkeys(("command_id", "leg", "room", "play", "recording", "call"), ids),
    "digits": st.from_regex(r"[0-9*#A-D]{1,32}", fullmatch=True),
}


def messages(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Every message of a kind."""
    named = OF_COMMANDS if issubclass(kind, Command) else {}
    values = {one.name: named[one.name] if one.name in named else BY_TYPE[str(one.type)] for one in fields(kind)}
    return st.builds(kind, **values)


anything = st.one_of([messages(kind) for kind in FAMILY.values()])
by_kind = pytest.mark.parametrize("kind", FAMILY.values(), ids=FAMILY.keys())


def test_the_two_families_hold_every_message_under_its_own_name():
    for family, base in ((COMMANDS, Command), (SIGNALS, Signal)):
        assert family.keys() == {one.__name__ for one in base.__subclasses__()}
        assert all(name == kind.__name__ for name, kind in family.items())
    assert not COMMANDS.keys() & SIGNALS.keys()


@by_kind
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_message_comes_out_as_it_went_in(kind: type[Any], data: st.DataObject):
    message = data.draw(messages(kind))
    line = dump(message)
    again = load(line, FAMILY)
    assert again == message and type(again) is kind
    assert from_wire(to_wire(message), FAMILY) == message
    # One line of JSON as everybody reads it, which begins with the kind.
    plain = json.loads(line, parse_constant=pytest.fail)
    assert b"\n" not in line and b"\r" not in line
    assert next(iter(plain)) == "kind" and plain == to_wire(message)


@given(anything)
@settings(max_examples=100)
def test_a_message_of_another_family_is_not_ours(message: Any):
    other = SIGNALS if isinstance(message, Command) else COMMANDS
    with pytest.raises(NotOurs):
        load(dump(message), other)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def is_ours_or_not(line: str | bytes) -> None:
    """Either a message that is told again as the same, or NotOurs; nothing else is ever raised."""
    try:
        message = load(line, FAMILY)
    except NotOurs as error:
        assert str(error)
    else:
        assert load(dump(message), FAMILY) == message


@given(st.binary(max_size=200) | st.text(max_size=200))
@settings(max_examples=150)
def test_random_bytes_are_not_ours(line: str | bytes):
    with pytest.raises(NotOurs):
        load(line, FAMILY)


@given(json_values, st.sampled_from([*FAMILY, "Nothing", ""]))
@settings(max_examples=150)
def test_random_json_is_not_ours(value: Any, kind: str):
    is_ours_or_not(json.dumps(value))
    if isinstance(value, dict):
        is_ours_or_not(json.dumps({"kind": kind} | value))


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_message_with_a_field_that_is_wrong_is_ours_only_if_it_says_the_same_again(data: st.DataObject):
    plain = to_wire(data.draw(anything))
    name = data.draw(st.sampled_from(sorted(plain)))
    plain[name] = data.draw(json_values)
    is_ours_or_not(json.dumps(plain))


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_message_with_changed_bytes_is_ours_only_if_it_says_the_same_again(data: st.DataObject):
    line = bytearray(dump(data.draw(anything)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(line) - 1))
        match data.draw(st.sampled_from(["change", "remove", "insert", "cut"])):
            case "change":
                line[at] = data.draw(st.integers(0, 255))
            case "remove" if len(line) > 1:
                del line[at]
            case "insert":
                line.insert(at, data.draw(st.integers(0, 255)))
            case "cut" if at:
                del line[at:]
    is_ours_or_not(bytes(line))


@by_kind
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_missing_field_without_a_default_and_an_unknown_one_are_not_ours(kind: type[Any], data: st.DataObject):
    plain = to_wire(data.draw(messages(kind)))
    with pytest.raises(NotOurs):
        from_wire(plain | {"unknown": 1}, FAMILY)
    for name in ("command_id",) if issubclass(kind, Command) else ("boot", "seq", "at"):
        with pytest.raises(NotOurs):
            from_wire({key: value for key, value in plain.items() if key != name}, FAMILY)


@pytest.mark.parametrize(
    "line",
    [
        '{"kind":"Ring","command_id":"","leg":"l"}',
        '{"kind":"Ring","command_id":"c","leg":"a b"}',
        '{"kind":"Ring","command_id":"c\\n","leg":"l"}',
        '{"kind":"Ring","command_id":1,"leg":"l"}',
        '{"kind":"Ring","command_id":"c","leg":"l","leg2":"l"}',
        '{"kind":"ring","command_id":"c","leg":"l"}',
        '{"kind":["Ring"],"command_id":"c","leg":"l"}',
        '{"kind":"Play","command_id":"c","leg":"l","play":"p","prompts":[]}',
        '{"kind":"Play","command_id":"c","leg":"l","play":"p","prompts":[{"name":"../etc"}]}',
        '{"kind":"Play","command_id":"c","leg":"l","play":"p","prompts":[{"name":"a","offset_ms":-1}]}',
        '{"kind":"Play","command_id":"c","leg":"l","play":"p","prompts":[{"name":"a"}],"loop":"yes"}',
        '{"kind":"SendDigits","command_id":"c","leg":"l","digits":"1E"}',
        '{"kind":"Join","command_id":"c","leg":"l","room":"r","role":"neighbour"}',
        '{"kind":"Originate","command_id":"c","leg":"l","call":"c","to":{"kind":"number","address":"0312345678"}}',
        '{"kind":"Originate","command_id":"c","leg":"l","call":"c","to":{"kind":"sip_uri","address":"sip:a@b"}}',
        "[]",
        "null",
        '"Ring"',
        "",
        "{" * 10_000,
        '{"kind":"Ring","leg":' + "[" * 10_000,
        '{"kind":"Ring","command_id":"\\ud800","leg":"l"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_command_is_not_ours(line: str | bytes):
    with pytest.raises(NotOurs):
        load(line, COMMANDS)


@pytest.mark.parametrize("number", ["1.5", '"1"', "true", "1e400", "-0.5", "null"])
def test_a_sequence_number_is_a_whole_number(number: str):
    with pytest.raises(NotOurs):
        load(
            f'{{"kind":"TrunkChanged","boot":"b","seq":{number},"at":"2026-04-01T09:00:00Z","trunk":"t","up":true}}',
            SIGNALS,
        )


def test_a_moment_without_its_offset_is_not_ours():
    line = '{"kind":"TrunkChanged","boot":"b","seq":1,"at":"2026-04-01T09:00:00%s","trunk":"t","up":true}'
    assert load(line % "+09:00", SIGNALS) == TrunkChanged(
        boot="b", seq=1, at=datetime(2026, 4, 1, tzinfo=UTC), trunk="t", up=True
    )
    with pytest.raises(NotOurs):
        load(line % "", SIGNALS)


def test_the_reason_names_the_field_but_not_what_was_said():
    with pytest.raises(NotOurs, match=r"^Originate\.to: ") as refused:
        load(
            '{"kind":"Originate","command_id":"c","leg":"l","call":"c","to":{"kind":"number","address":"090-1234-5678"}}',
            COMMANDS,
        )
    assert "1234" not in str(refused.value)


def test_a_command_looks_like_this():
    assert dump(Ring(command_id="c-1", leg="leg_2")) == b'{"kind":"Ring","command_id":"c-1","leg":"leg_2"}'
