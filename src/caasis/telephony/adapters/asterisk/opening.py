"""The switchboard's port to an Asterisk, as `asterisk.toml` of the home says (setting TELEPHONY_PORT)."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from caasis.platform.settings_file import BadSettings, read_owners_file
from caasis.telephony.adapters.asterisk.engine import AsteriskEngine
from caasis.telephony.adapters.asterisk.setup import AsteriskSetup
from caasis.telephony.recording_keys import recording_key

FILE = "asterisk.toml"


def open_port() -> AsteriskEngine:
    """An engine that looks for its Asterisk from now on. Raises BadSettings."""
    setup = read_setup(Path(settings.CAASIS_HOME), recordings=Path(settings.TELEPHONY_RECORDINGS))
    return AsteriskEngine(setup, keys=recording_key)


def read_setup(home: Path, *, recordings: Path) -> AsteriskSetup:
    """What `HOME/telephone/asterisk.toml` says: names as in AsteriskSetup. Raises BadSettings."""
    path = home / "telephone" / FILE
    told = read_owners_file(path)
    if missing := [name for name in ("url", "user", "password") if not told.get(name)]:
        raise BadSettings(f"{path} に「{missing[0]}」を書いてください（docs/telephony/asterisk.md）。")
    known = {one.name: one for one in fields(AsteriskSetup) if one.name != "recordings"}
    if unknown := set(told) - set(known):
        raise BadSettings(f"{path} の「{min(unknown)}」は、設定できる項目ではありません。")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    for name, value in given.items():
        _check(path, name, value, known[name].type)
    if urlsplit(given["url"]).scheme not in ("http", "https"):
        raise BadSettings(f"{path} の「url」は http:// か https:// で始めてください。")
    return AsteriskSetup(**given, recordings=recordings)


def _check(path: Path, name: str, value: object, kind: object) -> None:
    """What is of another kind than the setup's. Raises BadSettings."""
    good = {
        "str": isinstance(value, str),
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "float": isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0,
        "tuple[str, ...]": isinstance(value, tuple) and all(isinstance(one, str) for one in value),
    }
    if not good[str(kind)]:
        raise BadSettings(f"{path} の「{name}」の書き方が違います（docs/telephony/asterisk.md）。")
