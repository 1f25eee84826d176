"""What the engine is set up with."""

from __future__ import annotations

from pathlib import Path

import pytest

from caasis.platform.settings_file import BadSettings
from caasis.telephony.adapters.embedded.settings import read_settings
from caasis.twin.phones import PUBLIC_NUMBER, write_phones

FILE = """
lines = 20
may_call = ["+81", "+1"]
[[phone]]
user = "1001"
password = "みほん"
[[trunk]]
name = "line"
address = "198.51.100.7:5080"
register = true
user = "0355550100"
password = "みほん"
"""


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "telephone" / "telephone.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return home


def test_without_a_file_there_are_defaults(tmp_path: Path):
    found = read_settings(tmp_path, {})
    assert (found.host, found.port, found.told_address, found.phones) == ("127.0.0.1", 5060, "127.0.0.1", {})


def test_the_file_names_phones_lines_and_limits(tmp_path: Path):
    found = read_settings(written(tmp_path, FILE), {"CAASIS_SIP_PORT": "5070", "CAASIS_RTP_PORTS": "30000-30099"})
    assert found.port == 5070 and list(found.rtp_ports)[::99] == [30_000, 30_099]
    assert found.lines == 20 and found.may_call == ("+81", "+1")
    assert found.phones["1001"].password == "みほん" and found.trunks["line"].address == ("198.51.100.7", 5080)
    assert "みほん" not in repr(found)


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"CAASIS_SIP_HOST": "example.jp"}, "CAASIS_SIP_HOST"), ({"CAASIS_SIP_PORT": "sip"}, "CAASIS_SIP_PORT"),
        ({"CAASIS_RTP_PORTS": "20000"}, "CAASIS_RTP_PORTS"), ({"CAASIS_RTP_PORTS": "5-4"}, "CAASIS_RTP_PORTS"),
        ({"CAASIS_SIP_HOST": "0.0.0.0"}, "CAASIS_SIP_PUBLIC_ADDRESS"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, environment: dict[str, str], word: str):
    with pytest.raises(BadSettings, match=word):
        read_settings(tmp_path, environment)


@pytest.mark.parametrize("text", ["[[phone]]\nuser='1'", "[[trunk]]\nname='a'", "what = 1", "= 1", "[[phone]]\nx=1"])
def test_a_file_with_a_mistake_is_refused(tmp_path: Path, text: str):
    with pytest.raises(BadSettings):
        read_settings(written(tmp_path, text), {})


def test_a_file_that_others_may_read_is_refused(tmp_path: Path):
    with pytest.raises(BadSettings, match="chmod 600"):
        read_settings(written(tmp_path, FILE, 0o644), {})


def test_the_demo_has_phones_with_passwords_of_their_own(tmp_path: Path):
    path = tmp_path / "telephone" / "telephone.toml"
    assert write_phones(path) and not write_phones(path)
    phones = read_settings(tmp_path, {}).phones
    assert phones["9001"].outside == PUBLIC_NUMBER and len({one.password for one in phones.values()}) == len(phones)
