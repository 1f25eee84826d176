"""Work shared among processes: everything that is said arrives, and one that fails ends the others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from caasis.twin.side_by_side import side_by_side


def test_each_share_is_done_once_in_a_process_of_its_own() -> None:
    here = os.getpid()

    def work(share: int) -> Iterator[int]:
        for number in range(3):
            yield share * 10 + number + (1000 if os.getpid() == here else 0)

    assert sorted(side_by_side(3, work)) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert list(side_by_side(1, work)) == [1000, 1001, 1002], "alone, it needs no other process"


@pytest.mark.parametrize("end", ["raise", "kill"])
def test_one_that_fails_ends_the_others(end: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def work(share: int) -> Iterator[int]:
        (tmp_path / str(share)).write_text(str(os.getpid()))
        yield share
        if share == 1:
            if end == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("of this share")
        time.sleep(60)

    began = time.monotonic()
    with pytest.raises(RuntimeError, match="ended with"):
        list(side_by_side(2, work))
    assert time.monotonic() - began < 20
    assert not psutil.pid_exists(int((tmp_path / "0").read_text()))
    assert end == "kill" or "of this share" in capfd.readouterr().err


def test_whoever_stops_listening_ends_them(tmp_path: Path) -> None:
    def work(share: int) -> Iterator[int]:
        (tmp_path / str(share)).write_text(str(os.getpid()))
        while True:
            yield share
            time.sleep(0.01)

    listening = side_by_side(2, work)
    next(listening)
    listening.close()  # type: ignore[attr-defined]
    for pid in tmp_path.iterdir():
        assert not psutil.pid_exists(int(pid.read_text()))
