#!/usr/bin/env python3
"""Vendors the few front-end files that come from npm, and proves that they are the published ones.

    python tools/vendor_assets.py --update   # needs npm: fetches, checks, writes the files and the lock
    python tools/vendor_assets.py --check    # needs nothing: the committed files are those of the lock

The files are committed, so nobody who runs, installs or tests the product needs Node or a network. Versions are exact
and never a tag: the registry's `latest` of htmx is a new major version with other semantics.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "vendor.lock.json"
STATIC = "src/caasis/platform/static"
SPRITE = f"{STATIC}/app/icons.svg"
SPRITE_LICENCE = f"{STATIC}/vendor/material-symbols/LICENSE"
ICON_STYLE = "rounded"

# What the screens draw; a "-fill" suffix is the filled drawing. Keep the list sorted and short: portal pages carry it.
ICON_NAMES = """
add add_circle alarm arrow_back arrow_circle_right-fill arrow_downward arrow_forward
assignment_turned_in attach_file block calendar_month call call-fill call_end cases chat check check_circle
chevron_left chevron_right close cloud_done cloud_off coffee content_copy delete description
difference download draft draw edit edit_note error error-fill event filter_list format_quote
forum front_hand group headset_mic help history history_edu home inbox info keyboard keyboard_arrow_down
language location_on lock lock_open login logout mail map menu menu_book more_horiz notifications
open_in_new pause person person_search phone_forwarded phone_in_talk phone_paused print
refresh reply ring_volume save schedule search send settings share sms storefront swap_horiz sync_problem
task_alt timer translate trending_up tune undo upload_file visibility visibility_off warning
warning-fill
"""
ICONS = ICON_NAMES.split()


@dataclass(frozen=True)
class Package:
    """One package, the files to take from it (archive path → path in the repository), and its licence files."""

    name: str
    version: str
    files: Mapping[str, str]
    licences: Mapping[str, str]

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"


def into(folder: str, *paths: str) -> dict[str, str]:
    """Maps each archive path to its base name in `folder`."""
    return {path: f"{folder}/{Path(path).name}" for path in paths}


PACKAGES = (
    Package(
        "@digital-go-jp/design-tokens",
        "1.1.9",
        into(f"{STATIC}/vendor/design-tokens", "dist/tokens.css"),
        into(f"{STATIC}/vendor/design-tokens", "LICENSE"),
    ),
    Package(
        "htmx.org",
        "2.0.11",
        into(f"{STATIC}/vendor/htmx", "dist/htmx.min.js"),
        into(f"{STATIC}/vendor/htmx", "LICENSE"),
    ),
    Package(
        "htmx-ext-sse",
        "2.2.4",
        into(f"{STATIC}/vendor/htmx-ext-sse", "dist/sse.min.js"),
        into(f"{STATIC}/vendor/htmx-ext-sse", "LICENSE"),
    ),
    Package(
        "axe-core",
        "4.14.1",
        into("tests/support/vendor/axe-core", "axe.min.js"),
        into("tests/support/vendor/axe-core", "LICENSE", "LICENSE-3RD-PARTY.txt"),
    ),
    # The drawings of this one are not copied but assembled into the sprite.
    Package("@material-symbols/svg-400", "0.48.2", {}, {"LICENSE": SPRITE_LICENCE}),
)
VENDOR_FOLDERS = (f"{STATIC}/vendor", "tests/support/vendor")


class VendorError(Exception):
    """Something that the person who runs this can mend; its text says what."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetch(package: Package, folder: Path) -> tuple[dict[str, bytes], str]:
    """Downloads one package with `npm pack`; returns its members without their top folder, and its integrity string."""
    try:
        done = subprocess.run(
            ["npm", "pack", package.spec, "--json", "--ignore-scripts"],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise VendorError("npm is missing; --update needs it, --check does not") from error
    except subprocess.CalledProcessError as error:
        raise VendorError(f"npm pack {package.spec} failed:\n{error.stderr}") from error
    answer = json.loads(done.stdout)
    # npm 11 answers an object keyed by name where older versions answer a list.
    meta = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    archive, integrity = (folder / meta["filename"]).read_bytes(), meta["integrity"]
    algorithm, expected = integrity.split("-", 1)
    if base64.b64encode(hashlib.new(algorithm, archive).digest()).decode() != expected:
        raise VendorError(f"{package.spec}: the archive is not the one that the registry announced")
    members: dict[str, bytes] = {}
    with tarfile.open(folder / meta["filename"]) as tar:
        for member in tar.getmembers():
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                members[member.name.partition("/")[2]] = stream.read()
    return members, integrity


def sprite(members: Mapping[str, bytes]) -> bytes:
    """One SVG file with a `<symbol id="i-NAME">` for each icon; `_` stays, as the templates name them so."""
    symbols = []
    for name in ICONS:
        source = members.get(f"{ICON_STYLE}/{name}.svg")
        if source is None:
            raise VendorError(f"there is no icon {name!r}")
        drawing = ElementTree.fromstring(source)
        paths = [child.attrib["d"] for child in drawing if child.tag.endswith("}path")]
        if len(paths) != len(drawing) or not all(re.fullmatch(r"[0-9A-Za-z .,-]+", path) for path in paths):
            raise VendorError(f"icon {name!r} holds more than plain paths")
        shapes = "".join(f'<path d="{path}"/>' for path in paths)
        symbols.append(f'<symbol id="i-{name}" viewBox="{drawing.attrib["viewBox"]}">{shapes}</symbol>')
    notice = "<!-- Material Symbols Rounded, Apache License 2.0; assembled by tools/vendor_assets.py -->"
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', notice, *symbols, "</svg>", ""]).encode()


def wanted() -> dict[str, object]:
    """What the lock must have been written for; a changed list without --update is found by --check."""
    return {
        "packages": {p.spec: sorted([*p.files.values(), *p.licences.values()]) for p in PACKAGES},
        "icons": ICONS,
    }


def update() -> None:
    """Fetches everything first and writes only when all of it is good, so that a failure changes nothing."""
    output: dict[str, bytes] = {}
    integrity: dict[str, str] = {}
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["integrity"] if LOCK.exists() else {}
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            members, integrity[package.spec] = fetch(package, Path(folder))
        if locked.get(package.spec, integrity[package.spec]) != integrity[package.spec]:
            raise VendorError(f"{package.spec}: the registry's archive changed since the lock was written")
        for inside, outside in {**package.files, **package.licences}.items():
            if inside not in members:
                raise VendorError(f"{package.spec} has no {inside}")
            output[outside] = members[inside]
        if package.name.startswith("@material-symbols/"):
            output[SPRITE] = sprite(members)
        print(f"fetched {package.spec}", file=sys.stderr)
    for path in stray_files(set(output)):
        (ROOT / path).unlink()
    for path, data in output.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(data)
    lock = {
        "integrity": integrity,
        "files": {path: sha256(data) for path, data in sorted(output.items())},
        "wanted": wanted(),
    }
    LOCK.write_text(json.dumps(lock, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    print(f"wrote {len(output)} files and {LOCK.relative_to(ROOT)}")


def stray_files(known: set[str]) -> list[str]:
    """Files in the vendor folders that no package accounts for."""
    found = (path for folder in VENDOR_FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path for file in found if (path := file.relative_to(ROOT).as_posix()) not in known)


def problems() -> list[str]:
    """Every way in which the committed files differ from the lock, as sentences; empty when all is well."""
    if not LOCK.exists():
        return ["the lock is missing: run --update"]
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    found = [] if lock["wanted"] == wanted() else ["the list in this script changed since the lock: run --update"]
    for path, digest in lock["files"].items():
        file = ROOT / path
        if not file.exists():
            found.append(f"{path} is missing")
        elif sha256(file.read_bytes()) != digest:
            found.append(f"{path} was changed by hand")
    found += [f"{path} belongs to no package" for path in stray_files(set(lock["files"]))]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--update", action="store_true", help="fetch from npm and write files and lock")
    mode.add_argument("--check", action="store_true", help="compare the committed files with the lock (offline)")
    if parser.parse_args().update:
        try:
            update()
        except VendorError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    found = problems()
    print("\n".join(found) if found else "vendored files: all as locked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
