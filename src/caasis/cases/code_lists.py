"""The room's code lists, read once from `codes/`. An old case is shown with the version it was coded with."""

from __future__ import annotations

import functools

from caasis.platform.codelists import CodeList, load_code_lists
from caasis.platform.geography import municipality, prefecture


@functools.cache
def code_lists() -> dict[str, CodeList]:
    return load_code_lists("caasis.cases", "codes")


def label(list_name: str, code: str) -> str:
    """The Japanese label of a code; an unknown code is shown as it is, never dropped."""
    if not code:
        return ""
    if list_name in ("prefecture", "municipality"):
        place = prefecture(code) if list_name == "prefecture" else municipality(code)
        return place.name if place else code
    try:
        return code_lists()[list_name].label(code)
    except KeyError:
        return code


@functools.cache
def codes_version() -> str:
    """The newest version over all lists: what a case opened now is coded with."""
    return max(entry.version for entry in code_lists().values())
