"""The benchmark runs, and what does not depend on the machine holds at a small size."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.long
def test_nothing_is_lost_and_plain_python_costs_more():
    done = subprocess.run(
        [str(ROOT / "bin" / "bench"), "media", "--quick"], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    calls, browsers = found["calls"], found["browsers"]
    assert calls["recorded"] == calls["calls"] and calls["lost"] == calls["refused"] == 0
    assert calls["delivered_of_expected"] >= 0.999
    assert browsers["connected"] == browsers["browsers"]
    assert found["ratio_peer_to_ours_cpu_per_packet"] > 1
