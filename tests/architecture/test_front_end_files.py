"""What the browser gets: only files of ours, nothing inline, nothing from outside, and what npm published unchanged."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "caasis"
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))
STYLES = sorted(p for p in SOURCE.glob("*/static/**/*.css") if "vendor" not in p.parts)
SCRIPTS = sorted(p for p in SOURCE.glob("*/static/**/*.js") if "vendor" not in p.parts)


def vendoring() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_assets", ROOT / "tools" / "vendor_assets.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["vendor_assets"] = module
    spec.loader.exec_module(module)
    return module


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_vendored_files_are_those_of_the_lock() -> None:
    assert vendoring().problems() == []


def test_a_vendored_file_changed_by_hand_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = vendoring()
    for path in (*module.VENDOR_FOLDERS, "tools"):
        (tmp_path / path).mkdir(parents=True)
    for path in [*(p for p in module.json.loads(module.LOCK.read_text())["files"])]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    assert module.problems() == []
    changed = tmp_path / module.SPRITE
    changed.write_bytes(changed.read_bytes() + b" ")
    (tmp_path / module.VENDOR_FOLDERS[0] / "stray.js").write_text("x")
    assert [text.rpartition(" ")[0].split("/")[-1] for text in module.problems()] == [
        "icons.svg was changed by",
        "stray.js belongs to no",
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_has_nothing_inline_and_nothing_from_outside(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text), "style attributes break the policy"
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "handlers belong into a script"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text)
    assert not re.search(r"hx-on[:=]|javascript:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_every_icon_and_static_file_of_a_template_exists(path: Path) -> None:
    from caasis.platform.templatetags.app import icon_names

    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"{%\s*icon\s+[\"']([^\"']+)[\"']", text)) <= icon_names()
    for name in re.findall(r"{%\s*static\s+[\"']([^\"']+)[\"']", text):
        assert any((room / "static" / name).is_file() for room in SOURCE.iterdir()), name


@pytest.mark.parametrize("path", STYLES, ids=names)
def test_a_style_sheet_loads_nothing_and_uses_known_properties(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text and "url(" not in text
    tokens = (SOURCE / "platform/static/vendor/design-tokens/tokens.css").read_text(encoding="utf-8")
    base = (SOURCE / "platform/static/app/base.css").read_text(encoding="utf-8")
    # Every page of a room loads the room's own sheet first.
    room = path.parent / f"{path.parent.name}.css"
    shared = room.read_text(encoding="utf-8") if room.is_file() else ""
    defined = set(re.findall(r"(--[\w-]+)\s*:", tokens + base + shared + text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("path", SCRIPTS, ids=names)
def test_a_script_keeps_to_the_policy_and_stores_nothing(path: Path) -> None:
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"\beval\(|new Function|setAttribute\([\"']on", text)
    assert not re.search(r"(?:localStorage|sessionStorage)\.setItem|indexedDB\.open|caches\.open", text)
    assert not re.search(r"https?://", text)


def test_the_parts_that_every_portal_page_carries_are_small() -> None:
    static = SOURCE / "platform/static"
    files = [
        static / "vendor/design-tokens/tokens.css",
        static / "app/base.css",
        SOURCE / "portal/static/portal/portal.css",
        static / "app/icons.svg",
        static / "app/forms.js",
    ]
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) < 45_000, "half of a portal page's 90 KB"
    desk = [*(static / "app").glob("*.js"), static / "vendor/htmx/htmx.min.js"]
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in desk) < 60_000
