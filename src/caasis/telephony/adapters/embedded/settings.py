"""What our own engine is set up with: the environment, and one file of phones and trunks that its owner alone may read."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caasis.platform.settings_file import BadSettings, read_owners_file

FILE = "telephone.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A desk phone that may register. outside: it stands for a telephone of the public, with this number (drills)."""

    user: str
    password: str = field(repr=False)
    outside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A line of a carrier, or of a PBX.

    address: where requests go and whence they come, an IPv4 address and a port. register: whether we register there.
    national: whether it takes Japanese numbers with 0 in front; otherwise with +81. caller: the number shown by default.
    """

    name: str
    address: tuple[str, int]
    user: str = ""
    password: str = field(default="", repr=False)
    register: bool = False
    national: bool = True
    caller: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """host, port: of SIP by UDP. public_address: what others are told, where it isn't `host`. lines: legs at once.

    may_call: beginnings of numbers that may be called, may_not_call: those among them that may not. calls_a_minute: to
    numbers outside. keep: signals that are remembered.
    """

    host: str = "127.0.0.1"
    port: int = 5060
    public_address: str = ""
    rtp_ports: range = range(20_000, 22_000)
    socket: Path
    prompts: Path
    recordings: Path
    lines: int = 500
    may_call: tuple[str, ...] = ("+81",)
    may_not_call: tuple[str, ...] = ("+81990",)
    calls_a_minute: int = 60
    keep: int = 50_000
    realm: str = "caasis"
    phones: Mapping[str, Phone] = field(default_factory=dict)
    trunks: Mapping[str, Trunk] = field(default_factory=dict)

    @property
    def told_address(self) -> str:
        """The address that SIP and SDP name."""
        return self.public_address or self.host


def read_settings(home: Path, environment: Mapping[str, str] = os.environ) -> EngineSettings:
    """Settings from the environment and from `HOME/telephone/telephone.toml`, which need not exist. Raises BadSettings."""
    folder = home / "telephone"
    host = _address("CAASIS_SIP_HOST", environment.get("CAASIS_SIP_HOST", "127.0.0.1"))
    public = environment.get("CAASIS_SIP_PUBLIC_ADDRESS", "")
    if public:
        public = _address("CAASIS_SIP_PUBLIC_ADDRESS", public)
    elif ipaddress.IPv4Address(host).is_unspecified:
        raise BadSettings(
            "CAASIS_SIP_HOST=0.0.0.0 には、電話機から見えるアドレス CAASIS_SIP_PUBLIC_ADDRESS が必要です。"
        )
    told = read_owners_file(folder / FILE)
    try:
        return EngineSettings(
            host=host,
            port=_port("CAASIS_SIP_PORT", environment.get("CAASIS_SIP_PORT", "5060")),
            public_address=public,
            rtp_ports=_ports(environment.get("CAASIS_RTP_PORTS", "20000-21999")),
            socket=socket_path(home, environment),
            prompts=folder / "prompts",
            recordings=folder / "recordings",
            phones={one.user: one for one in (_phone(entry) for entry in told.pop("phone", []))},
            trunks={one.name: one for one in (_trunk(entry) for entry in told.pop("trunk", []))},
            **_limits(told),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise BadSettings(f"{FILE} を読めません: {error}") from error


def socket_path(home: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the engine takes commands: a Unix socket that its owner alone may open."""
    return Path(environment.get("CAASIS_TELEPHONE_SOCKET", "") or home / "telephone" / "engine.sock")


def _limits(told: Mapping[str, Any]) -> dict[str, Any]:
    """What else the file may say: lines, may_call, may_not_call, calls_a_minute, realm."""
    if unknown := set(told) - {"lines", "may_call", "may_not_call", "calls_a_minute", "realm"}:
        raise BadSettings(f"{FILE} の「{min(unknown)}」は、設定できる項目ではありません。")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}


def _phone(entry: Mapping[str, Any]) -> Phone:
    return Phone(**entry)


def _trunk(entry: Mapping[str, Any]) -> Trunk:
    given = dict(entry)
    host, _, port = str(given.pop("address")).partition(":")
    return Trunk(address=(_address("address", host), _port("address", port or "5060")), **given)


def _address(name: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise BadSettings(f"{name} は IPv4 アドレスで指定してください: {text}") from None


def _port(name: str, text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) < 1 << 16:
        raise BadSettings(f"{name} のポート番号が正しくありません: {text}")
    return int(text)


def _ports(text: str) -> range:
    first, dash, last = text.partition("-")
    if not dash:
        raise BadSettings("CAASIS_RTP_PORTS は 20000-21999 のように指定してください。")
    found = range(_port("CAASIS_RTP_PORTS", first), _port("CAASIS_RTP_PORTS", last) + 1)
    if len(found) < 2:
        raise BadSettings("CAASIS_RTP_PORTS の範囲に、ポートがありません。")
    return found
