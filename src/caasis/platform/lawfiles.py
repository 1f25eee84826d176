"""The law file that ships with the package, read once for each process."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from caasis.engines.deadlines import Law, load_law


@lru_cache(maxsize=1)
def current_law() -> Law:
    """Return the law as of the release. Raises LawError when the shipped file is damaged."""
    return load_law(resources.files("caasis.engines.deadlines").joinpath("law.toml").read_text(encoding="utf-8"))
