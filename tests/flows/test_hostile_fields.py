"""Each field of every form by itself, with what nobody should send, among good values: a check that stops at the first bad
field hides nothing here.

Every field at every door meets a value of every kind; which of the kind, takes turns. All values at all doors are twenty
thousand requests: `CAASIS_HOSTILE_EVERYWHERE=1` sends them.
"""

# ruff: noqa: F401, F811 (fixtures are imported, and their names are arguments)

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hostile import (
    FORM,
    VALUES,
    Attack,
    among_good_ones,
    attack,
    doer_of,
    doors,
    fields_of,
    names,
    people,
    standing_accesses,
    standing_rows,
)
from tests.support.scene import Scene, Target, scene

EVERYWHERE = bool(os.environ.get("CAASIS_HOSTILE_EVERYWHERE"))
#: Values that fail alike, if they fail.
KINDS: dict[str, tuple[str, ...]] = {
    "bytes that are no text": ("NUL", "a lone surrogate", "broken UTF-8", "Shift_JIS"),
    "code": ("SQL", "HTML", "a template", "a format", "a path"),
    "numbers": ("a huge number", "a negative number", "not a number", "infinity", "other digits"),
    "characters": ("emoji", "JIS level 3 and 4, and variants", "right to left", "a line separator"),
    "lengths": ("empty", "blanks", "1 MB"),
}
#: From here on a form is big, and those who take it read it with the same code.
BIG = 20

Turn = tuple[Target, str, str]


def turns(found: list[Target], names: dict[str, dict[str, str]], kind: str) -> Iterator[Turn]:
    """Door, field and value, each field alone.

    The card's form goes to eleven addresses, which read it alike: there each field meets each value at one of them, and
    each address meets each field. What an address reads by itself meets a value of the kind there.
    """
    values = KINDS[kind]
    sharing: dict[frozenset[str], list[Target]] = {}
    for target in found:
        sharing.setdefault(frozenset(names.get(target.url, {})), []).append(target)
    turn = 0
    for form, alike in sharing.items():
        for place, target in enumerate(alike):
            for number, name in enumerate(fields_of(target, names)):
                turn += 1
                if EVERYWHERE:
                    yield from ((target, name, what) for what in values)
                elif len(form) < BIG or name in (target.body or {}):
                    yield target, name, values[turn % len(values)]
                else:
                    order = [*VALUES]
                    yield from (
                        (target, name, what) for what in values if (number + order.index(what)) % len(alike) == place
                    )


def test_every_value_is_of_a_kind() -> None:
    assert sorted(what for values in KINDS.values() for what in values) == sorted(VALUES)


def test_every_field_at_every_door_meets_every_kind(scene: Scene, names: Any) -> None:
    found = [target for target in doors(scene) if not target.json]
    card = [target for target in found if {"title", "summary", "consumer_name"} <= names.get(target.url, {}).keys()]
    assert len(card) == 11, [target.name for target in card]
    fields = set(fields_of(card[0], names))
    assert len(fields) > 50
    tried = {kind: list(turns(found, names, kind)) for kind in KINDS}
    others = {(target.key, name) for target in found if target not in card for name in fields_of(target, names)}
    addresses = {target.key for target in card}
    # What one address of the card reads by itself meets the kinds there, and not every value.
    of_one_address = {name for target in card for name in target.body or {}}
    assert len(of_one_address) < 20
    for kind, all_turns in tried.items():
        assert others <= {(target.key, name) for target, name, _ in all_turns}, kind
    for what in VALUES:
        at_card = {name for kind in KINDS for target, name, value in tried[kind] if value == what and target.key in addresses}
        assert fields - of_one_address <= at_card, what
    for target in card:
        assert {name for kind in KINDS for one, name, _ in tried[kind] if one.key == target.key} == fields, target.name


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_one_hostile_value_among_good_ones(kind: str, scene: Scene, people: Any, names: Any, attack: Attack) -> None:
    wrong: list[str] = []
    for target, name, what in turns([target for target in doors(scene) if not target.json], names, kind):
        body = among_good_ones(target, name, what, names)
        wrong += attack(people[doer_of(target.name)], target, body, FORM, f"{what} in {name}")
    assert not wrong, "\n".join(wrong)
