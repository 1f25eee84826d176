"""The product's version, in one place."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as _installed

try:
    VERSION = _installed("caasis")
except PackageNotFoundError:
    VERSION = "0.1.0"
