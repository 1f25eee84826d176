"""List the Python libraries that the product needs at run time, with their licences, into docs/third-party.md.

Usage::

    python tools/list_licences.py            # writes docs/third-party.md
    python tools/list_licences.py --check    # writes nothing; exit status 1 when the committed file differs

The names and versions are those of `requirements/runtime.lock` (so libraries of developers only are left out), for every
platform; the licences are read from the metadata of the installed packages. A library whose metadata are missing or don't
name a licence stands in `KNOWN`, with where its licence was read.
"""

from __future__ import annotations

import argparse
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"
TARGET = ROOT / "docs" / "third-party.md"

#: Metadata that say it unclearly or not at all; read from the licence files that come with the packages.
KNOWN = {
    "colorama": "BSD-3-Clause",  # Only installed on Windows.
    "defusedxml": "PSF-2.0",
    "fido2": "BSD-2-Clause (parts: Apache-2.0, MPL-2.0)",
    "jaconv": "MIT",
    "qrcode": "BSD-3-Clause",
    "supervisor": "BSD-derived (Repoze Public License)",
    "tqdm": "MPL-2.0 AND MIT",
    "uvloop": "MIT OR Apache-2.0",
}
_CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
}
HEAD = """# Third-party Python libraries

What a running installation loads, from `requirements/runtime.lock`. Written by `python tools/list_licences.py`; a test
compares it with the lock and the installed metadata. Other third-party parts: [NOTICE](../NOTICE).

The `psycopg` libraries are under the LGPL 3.0: they are installed unchanged as packages of their own and can be replaced.

| library | version | licence |
|---|---|---|
"""


class Unclear(Exception):
    """A library whose licence nothing names."""


def locked(text: str) -> list[tuple[str, str]]:
    """Names and versions in the order of a lock file."""
    return re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE)


def licence_of(name: str) -> str:
    """The licence of an installed library, as SPDX where the metadata allow it.

    :raises Unclear: neither `KNOWN` nor the metadata name one.
    """
    if name in KNOWN:
        return KNOWN[name]
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        raise Unclear(f"{name} is not installed and not in KNOWN") from None
    text = found.get("License-Expression") or found.get("License") or ""
    if text and "\n" not in text and len(text) < 60 and text != "UNKNOWN":
        return text
    named = [
        _CLASSIFIERS[last]
        for line in found.get_all("Classifier") or []
        if line.startswith("License :: ") and (last := line.rpartition(" :: ")[2]) in _CLASSIFIERS
    ]
    if len(named) != 1:
        raise Unclear(f"{name}: the metadata don't name one licence; read its licence file and put it into KNOWN")
    return named[0]


def page() -> str:
    """The whole of docs/third-party.md."""
    rows = [
        f"| {name} | {version} | {licence_of(name)} |" for name, version in locked(LOCK.read_text(encoding="utf-8"))
    ]
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Write or check; the exit status is 0 when the file is, or now is, right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file differs")
    arguments = parser.parse_args()
    try:
        text = page()
    except Unclear as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print("docs/third-party.md is old: run python tools/list_licences.py", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
