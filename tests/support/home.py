"""Pytest plugin: a CAASIS_HOME of the run's own, set before Django reads its settings. Load with `-p tests.support.home`.

Workers of pytest-xdist inherit the controller's home, so that all share one key ring, as the processes of one
installation do.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from caasis.platform.crypto.keyring import create_keyring

_made: list[str] = []

if "PYTEST_XDIST_WORKER" not in os.environ and "CAASIS_TEST_HOME" not in os.environ:
    _made.append(tempfile.mkdtemp(prefix="caasis-home-"))
    os.environ["CAASIS_TEST_HOME"] = _made[0]
os.environ["CAASIS_HOME"] = os.environ["CAASIS_TEST_HOME"]
# Tests roll their transactions back on the connection that they hold: a pool would hand out another one.
os.environ["CAASIS_NO_POOL"] = "1"
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
create_keyring(Path(os.environ["CAASIS_HOME"]))


def pytest_unconfigure(config: pytest.Config) -> None:
    for path in _made:
        shutil.rmtree(path, ignore_errors=True)
