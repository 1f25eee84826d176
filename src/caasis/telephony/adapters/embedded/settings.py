"""What the engine is set up with, read from the environment by `settings_from`."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caasis.telephony.adapters.embedded.sip.settings import SipSettings
from caasis.telephony.adapters.embedded.sip.ua import Trunk
from caasis.telephony.adapters.embedded.tolls import DEFAULT_ALLOWED, DEFAULT_DENIED, Allowance

#: How many signals an engine remembers.
KEPT_SIGNALS = 50_000


class BadSettings(ValueError):
    """The environment says something that can't be; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """The engine's settings.

    socket: where the clients find it. users_file: JSON, each user's secret by name; read again when it changes.
    prompts, recordings: folders. rtp_ports: from it, ports for sound are taken. lines: how many legs there may be at once.
    media_timeout_s: a leg from which no sound came for so long is ended; 0 never. keep: how many signals are remembered.
    """

    sip: SipSettings = field(default_factory=SipSettings)
    socket: Path
    users_file: Path
    prompts: Path
    recordings: Path
    rtp_ports: range = range(16_384, 32_768)
    lines: int = 1_000
    media_timeout_s: float = 30.0
    allowance: Allowance = field(default_factory=Allowance)
    keep: int = KEPT_SIGNALS


def socket_path(environment: Mapping[str, str]) -> Path:
    """Where the engine's socket is; clients ask for nothing more."""
    stated = environment.get("CAASIS_TELEPHONE_SOCKET", "")
    return Path(stated) if stated else _home(environment) / "telephone" / "engine.sock"


def settings_from(environment: Mapping[str, str]) -> EngineSettings:
    """The settings that an environment states. Raises BadSettings.

    CAASIS_HOME · CAASIS_SIP_HOST, CAASIS_SIP_PORT (5060), CAASIS_SIP_PUBLIC_ADDRESS, CAASIS_SIP_REALM · CAASIS_RTP_PORTS
    (`16384-32767`) · CAASIS_TELEPHONE_SOCKET, _USERS, _PROMPTS, _RECORDINGS (paths; below the home unless stated), _TRUNKS
    (a JSON file: a list of what `Trunk` holds; a secret may be given as `secret_file`), _LINES, _MEDIA_TIMEOUT_S, _ALLOW and
    _DENY (beginnings of numbers, separated by commas).
    """
    home = _home(environment) / "telephone"

    def path(name: str, default: str) -> Path:
        stated = environment.get(f"CAASIS_TELEPHONE_{name}", "")
        return Path(stated) if stated else home / default

    sip = SipSettings(
        host=environment.get("CAASIS_SIP_HOST") or "127.0.0.1",
        port=_whole(environment, "CAASIS_SIP_PORT", 5060),
        public_address=environment.get("CAASIS_SIP_PUBLIC_ADDRESS", ""),
        realm=environment.get("CAASIS_SIP_REALM") or "caasis",
        trunks=read_trunks(path("TRUNKS", "trunks.json")),
    )
    return EngineSettings(
        sip=sip,
        socket=socket_path(environment),
        users_file=path("USERS", "users.json"),
        prompts=path("PROMPTS", "prompts"),
        recordings=path("RECORDINGS", "recordings"),
        rtp_ports=_ports(environment.get("CAASIS_RTP_PORTS", "")),
        lines=_whole(environment, "CAASIS_TELEPHONE_LINES", 1_000),
        media_timeout_s=float(_whole(environment, "CAASIS_TELEPHONE_MEDIA_TIMEOUT_S", 30)),
        allowance=Allowance(
            allowed=_words(environment.get("CAASIS_TELEPHONE_ALLOW", "")) or DEFAULT_ALLOWED,
            denied=_words(environment.get("CAASIS_TELEPHONE_DENY", "")) or DEFAULT_DENIED,
        ),
    )


def read_trunks(path: Path) -> tuple[Trunk, ...]:
    """The trunks that a file states; none where there is no file. Raises BadSettings."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path} can't be read as JSON") from error
    if not isinstance(stated, list) or not all(isinstance(one, dict) for one in stated):
        raise BadSettings(f"{path} is no list of trunks")
    trunks = tuple(_trunk(dict(one), path) for one in stated)
    if len({one.name for one in trunks}) < len(trunks):
        raise BadSettings(f"{path} names a trunk twice")
    return trunks


def _trunk(stated: dict[str, Any], path: Path) -> Trunk:
    secret_file = stated.pop("secret_file", None)
    try:
        if secret_file is not None:
            stated["secret"] = (path.parent / str(secret_file)).read_text(encoding="utf-8").strip()
        for name in ("sources", "numbers"):
            stated[name] = tuple(map(str, stated.get(name, ())))
        trunk = Trunk(**stated)
    except (OSError, TypeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    wrong = not (trunk.name and trunk.host) or not 0 < trunk.port < 1 << 16 or (trunk.register and not trunk.user)
    if wrong:
        raise BadSettings(f"{path}: a trunk has a name, a host and a port, and a user where it registers")
    return trunk


class Users:
    """Users' secrets from a file, read again when it changes. A file that is missing or broken lets nobody in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._secrets: dict[str, str] = {}

    def secret_of(self, user: str) -> str | None:
        """The secret of a user, or None."""
        with self._lock:
            self._read()
            return self._secrets.get(user) or None

    def _read(self) -> None:
        try:
            found = os.stat(self._path)
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp == self._stamp:
                return
            stated = json.loads(self._path.read_text(encoding="utf-8"))
            self._secrets = {str(user): str(secret) for user, secret in stated.items()}
            self._stamp = stamp
        except (OSError, ValueError, AttributeError):
            self._secrets, self._stamp = {}, None


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("CAASIS_HOME") or "var").resolve()


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    stated = environment.get(name, "")
    if not stated:
        return default
    if not (stated.isascii() and stated.isdigit()):
        raise BadSettings(f"{name} is no whole number")
    return int(stated)


def _ports(stated: str) -> range:
    if not stated:
        return range(16_384, 32_768)
    first, dash, last = stated.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and 1_024 <= int(first) < int(last) < 1 << 16):
        raise BadSettings("CAASIS_RTP_PORTS is FIRST-LAST, between 1024 and 65535")
    return range(int(first), int(last) + 1)


def _words(stated: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in stated.split(",") if one.strip())
