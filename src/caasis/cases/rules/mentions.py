"""Mentions in internal notes: 「@見本 花子」 names a colleague. Pure: the colleagues are an argument."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from uuid import UUID


def mentioned(text: str, colleagues: Mapping[UUID, str]) -> list[UUID]:
    """Who is named after an @ (also full width), with or without the blank in the name, in the order of the text.

    The longest name that fits counts, so that 「@見本 花子」 doesn't call 「見本 花」. Two colleagues of one name are both
    called: which of them was meant nobody can know.
    """
    plain = _fold(text)
    names: dict[str, list[UUID]] = {}
    for user_id, name in colleagues.items():
        if folded := _fold(name):
            names.setdefault(folded, []).append(user_id)
    longest_first = sorted(names, key=len, reverse=True)
    found: list[UUID] = []
    for place, char in enumerate(plain):
        if char != "@":
            continue
        called = next((one for one in longest_first if plain.startswith(one, place + 1)), "")
        found += [user_id for user_id in names.get(called, ()) if user_id not in found]
    return found


def _fold(text: str) -> str:
    """Width and case folded, blanks dropped."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if not char.isspace())
