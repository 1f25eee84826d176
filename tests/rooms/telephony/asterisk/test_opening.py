"""What an Asterisk is set up with, in a file that its owner alone may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from caasis.platform.settings_file import BadSettings
from caasis.telephony.adapters.asterisk.opening import read_setup

WHOLE = 'url = "http://127.0.0.1:8088/ari"\nuser = "caasis"\npassword = "みほん"\n'


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "telephone" / "asterisk.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return home


def test_what_the_file_says(tmp_path: Path):
    more = 'trunks = ["carrier"]\nmay_call = ["+81"]\nnational = false\nlines = 30\ntimeout_s = 2\n'
    found = read_setup(written(tmp_path, WHOLE + more), recordings=tmp_path)
    assert (found.url, found.user, found.password) == ("http://127.0.0.1:8088/ari", "caasis", "みほん")
    assert (found.trunks, found.may_call, found.national, found.lines) == (("carrier",), ("+81",), False, 30)
    assert found.recordings == tmp_path
    assert "みほん" not in repr(found)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "url"),
        ('url = "http://127.0.0.1:8088/ari"\nuser = "caasis"\n', "password"),
        (WHOLE + "lines = true\n", "lines"),
        (WHOLE + 'trunks = "carrier"\n', "trunks"),
        (WHOLE + "timeout_s = 0\n", "timeout_s"),
        (WHOLE + 'recordings = "/tmp"\n', "recordings"),
        (WHOLE.replace("http:", "ftp:"), "http"),
        ("url = ", "asterisk.toml"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, named: str):
    with pytest.raises(BadSettings, match=named):
        read_setup(written(tmp_path, text), recordings=tmp_path)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path):
    with pytest.raises(BadSettings, match="chmod 600"):
        read_setup(written(tmp_path, WHOLE, 0o644), recordings=tmp_path)


def test_without_a_file_it_says_what_to_write(tmp_path: Path):
    with pytest.raises(BadSettings, match="url"):
        read_setup(tmp_path, recordings=tmp_path)
