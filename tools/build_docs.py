"""Write the parts of the documentation that follow from the code, so that the two can't disagree.

Usage::

    python tools/build_docs.py            # writes the generated parts of docs/
    python tools/build_docs.py --check    # writes nothing; exit status 1 and a list when a part is old

A generated part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; everything around it is written by
hand. Parts: `room-<name>` (tables, services, events, jobs and floors of a room), `import-columns` (the CSV layout),
`law-open-points` and `code-lists` (what nobody has compared with its source yet), `metrics` (the KPI registry), `benchmarks`.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "caasis"
LAW = SOURCE / "engines" / "deadlines" / "law.toml"

_PART = re.compile(r"(<!-- generated: (?P<name>[a-z_-]+) -->\n)(?P<body>.*?)(<!-- end of (?P=name) -->)", re.DOTALL)


# --- rooms ------------------------------------------------------------------------------------------------------------


def floors() -> list[list[str]]:
    """The rooms from the roof down, as the import contract in pyproject.toml has them; a floor may hold several rooms."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(each for each in contracts if each["id"] == "floors")["layers"]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def below(room: str) -> list[str]:
    """The rooms of which a room may know."""
    order = floors()
    own = next(number for number, names in enumerate(order) if room in names)
    return [name for names in order[own + 1 :] for name in names]


def first_sentence(text: str | None) -> str:
    """The first sentence of a docstring on one line, with the next one when it is no more than a name."""
    paragraph = " ".join((text or "").strip().split("\n\n")[0].split())
    sentences = re.split(r"(?<=[.。])\s", paragraph)
    return " ".join(sentences[: 2 if len(sentences[0]) < 20 else 1])


def room_part(room: str) -> str:
    """What the code says of a room."""
    parts = [f"May know: {', '.join(f'`{name}`' for name in below(room)) or 'nothing'}."]
    for title, rows in (
        ("Tables", tables_of(room)),
        ("Personal data (sealed fields)", sealed_of(room)),
        ("Services", services_of(room)),
        ("Publishes", events_of(room)),
        ("Listens", listeners_of(room)),
        ("Periodic jobs (times of day are UTC)", jobs_of(room)),
    ):
        if rows:
            parts.append(f"**{title}**\n\n" + "\n".join(f"- {row}" for row in rows))
    return "\n\n".join(parts) + "\n"


def tables_of(room: str) -> list[str]:
    """Each table with the first sentence about it; the history tables of a room in one line."""
    from django.apps import apps

    if not apps.is_installed(f"caasis.{room}"):
        return []
    models = list(apps.get_app_config(room).get_models())
    kept = [model for model in models if not hasattr(model, "pgh_tracked_model")]
    rows = [f"`{model._meta.db_table}` — {first_sentence(model.__doc__)}" for model in kept]
    history = sorted(f"`{m.pgh_tracked_model._meta.db_table}`" for m in models if hasattr(m, "pgh_tracked_model"))
    if history:
        rows.append(f"history (who changed what, written by triggers) of {', '.join(dict.fromkeys(history))}")
    return rows


def sealed_of(room: str) -> list[str]:
    """The registered personal data of a room."""
    from caasis.privacy.registry import registrations

    rows = []
    for entry in registrations():
        if entry.model._meta.app_label == room:  # type: ignore[attr-defined]
            fields = ", ".join(f"`{name}` {label}" for name, label in entry.fields.items())
            found = f"; found by {', '.join(f'`{name}`' for name in entry.blind)}" if entry.blind else ""
            rows.append(f"`{entry.model._meta.db_table}`: {fields}{found}")  # type: ignore[attr-defined]
    return rows


def services_of(room: str) -> list[str]:
    """The public functions of a room's services: those of `__all__`, or those defined in the file."""
    folder = SOURCE / room
    if (folder / "services.py").exists():
        files, wanted = [folder / "services.py"], None
    elif (folder / "services" / "__init__.py").exists():
        files = sorted((folder / "services").glob("*.py"))
        wanted = _all_of(folder / "services" / "__init__.py")
    else:
        return []
    rows = []
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if wanted is None or node.name in wanted:
                what = first_sentence(ast.get_docstring(node))
                rows.append(f"`{node.name}`{f' — {what}' if what else ''}")
    return sorted(rows)


def _all_of(file: Path) -> set[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return set(ast.literal_eval(node.value))
    raise ValueError(f"{file.relative_to(ROOT)} has no __all__")


def events_of(room: str) -> list[str]:
    """Each topic that a room publishes, with the first sentence about it."""
    file = SOURCE / room / "events.py"
    if not file.exists():
        return []
    rows = []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if not isinstance(line, ast.AnnAssign) or line.value is None:
                    continue
                if isinstance(line.target, ast.Name) and line.target.id == "topic":
                    what = first_sentence(ast.get_docstring(node))
                    rows.append(f"`{ast.literal_eval(line.value)}`{f' — {what}' if what else ''}")
    return rows


def listeners_of(room: str) -> list[str]:
    """The readers of the outbox in a room, with the topics of each. Handlers are registered when Django is set up."""
    from caasis.platform.outbox.handlers import consumers

    rows = []
    for consumer in consumers():
        here = {
            topic for topic, handler in consumer.handlers.items() if handler.__module__.startswith(f"caasis.{room}.")
        }
        if here:
            rows.append(f"`{consumer.name}` ← {', '.join(f'`{topic}`' for topic in sorted(here))}")
    return rows


def jobs_of(room: str) -> list[str]:
    """Periodic jobs: name, cron, and what they do."""
    rows = []
    for file in sorted((SOURCE / room).rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "job":
                    cron = next((ast.literal_eval(k.value) for k in mark.keywords if k.arg == "cron"), None)
                    if cron:
                        rows.append(f"`{node.name}` (`{cron}`) — {first_sentence(ast.get_docstring(node))}")
    return rows


# --- tables -----------------------------------------------------------------------------------------------------------

_KINDS = {
    "text": "text",
    "long_text": "text, may hold line breaks",
    "code": "one code",
    "codes": "codes, separated by `;`",
    "words": "words, separated by `;`",
    "day": "day",
    "yen": "yen",
    "number": "whole number",
    "flag": "`true` or `false`",
    "maybe": "`true`, `false` or empty (unknown)",
}
_OWN = {
    "receipt_number": ("受付番号", "year, eight digits, check digit; any width, hyphens optional"),
    "centre": ("センター", "the centre's code"),
    "received_at": ("受付日時", "`2026-04-01T09:00` or `2026-04-01`, Japan's time unless it names another"),
}


def import_columns() -> str:
    """The columns of the CSV layout, in the order in which export-cases writes them."""
    from caasis.cases.rules.card import BY_NAME
    from caasis.cases.rules.checks import missing_fields
    from caasis.cases.services.importing import CARD_COLUMNS, OWN_COLUMNS

    always = {name for name, _ in missing_fields({"kind": "inquiry"})} | {"kind"}
    complaint = {name for name, _ in missing_fields({"kind": "complaint"})} - always
    lines = ["| column | what | form | needed |", "|---|---|---|---|"]
    for name in OWN_COLUMNS:
        lines.append(f"| `{name}` | {_OWN[name][0]} | {_OWN[name][1]} | always |")
    for name in CARD_COLUMNS:
        field = BY_NAME[name]
        form = _KINDS[field.kind.value]
        if field.code_list:
            form += f" of `{field.code_list}`"
        if field.limit and field.kind.value in ("text", "long_text"):
            form += f", ≤ {field.limit:,} characters"
        if field.limit and field.kind.value == "number":
            form += f", 0 to {field.limit}"
        needed = "always" if name in always else "complaints" if name in complaint else ""
        lines.append(f"| `{name}` | {field.label} | {form} | {needed} |")
    return "\n".join(lines) + "\n"


def law_open_points() -> str:
    """Every entry of the law file that isn't verified, or that says 要確認 of itself."""
    text = LAW.read_text(encoding="utf-8")
    law = tomllib.loads(text)
    kinds = {"right": "period", "absence": "no period", "exception": "exception", "ground": "other ground"}
    total = sum(len(law[kind]) for kind in kinds)
    verified = sum(entry["verified"] for kind in kinds for entry in law[kind])
    lines = [
        f"Law file: version `{law['version']}`, as of {law['as_of'].isoformat()}; {verified} of {total} entries are verified.",
        "",
        "| kind | entry | article | what is open |",
        "|---|---|---|---|",
    ]
    for kind, title in kinds.items():
        for entry in law[kind]:
            open_texts = [value for value in _texts(entry) if "要確認" in value]
            if entry["verified"] and not open_texts:
                continue
            what = "；".join(dict.fromkeys(open_texts)) or "not verified"
            code = entry.get("code") or entry["transaction_type"]
            lines.append(f"| {title} | `{code}` | {_article(entry)} | {what} |".replace("\n", " "))
    for name, comment in _open_values(text):
        lines.append(f"| value | `{name}` | | {comment} |")
    return "\n".join(lines) + "\n"


def _texts(entry: dict[str, Any]) -> list[str]:
    found = []
    for value in entry.values():
        found += [value] if isinstance(value, str) else _texts(value) if isinstance(value, dict) else []
    return found


def _article(entry: dict[str, Any]) -> str:
    articles = [entry.get("article"), entry.get("default_article"), *entry.get("articles", {}).values()]
    return "、".join(dict.fromkeys(article for article in articles if article))


def _open_values(text: str) -> list[tuple[str, str]]:
    """Values of the law file whose comment says 要確認."""
    found, comment = [], ""
    for line in text.partition("[[")[0].splitlines():
        if line.startswith("# "):
            comment += line.removeprefix("# ") + " "
        elif line and "=" in line:
            # The head of the file explains the marks and ends with an empty line.
            if "要確認" in comment:
                found.append((line.partition("=")[0].strip(), comment.strip()))
            comment = ""
        else:
            comment = ""
    return found


def code_lists() -> str:
    """The code lists: how many terms each has, and how many of them were compared with their source."""
    from caasis.cases.code_lists import code_lists as lists

    lines = ["| list | | version | terms | verified |", "|---|---|---|---|---|"]
    for name, entry in sorted(lists().items()):
        terms = entry.terms()
        verified = sum(term.verified for term in terms)
        lines.append(f"| `{name}` | {entry.title} | {entry.version} | {len(terms)} | {verified} |")
    return "\n".join(lines) + "\n"


def metrics() -> str:
    """The KPI registry as a table."""
    from caasis.analytics.definitions import REGISTRY

    lines = ["| code | name | formula | unit | version |", "|---|---|---|---|---|"]
    for each in REGISTRY.all():
        lines.append(f"| {each.code} | {each.name} | {each.formula} | {each.unit.value} | {each.version} |")
    return "\n".join(lines) + "\n"


def benchmarks() -> str:
    """The benchmarks that `bin/bench` runs, with the first sentence about each."""
    lines = ["| name | measures |", "|---|---|"]
    for file in sorted((ROOT / "bench").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        if '__name__ == "__main__"' in text:
            lines.append(f"| `{file.stem}` | {first_sentence(ast.get_docstring(ast.parse(text)))} |")
    return "\n".join(lines) + "\n"


# --- files ------------------------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[], str]] = {
    "import-columns": import_columns,
    "law-open-points": law_open_points,
    "code-lists": code_lists,
    "metrics": metrics,
    "benchmarks": benchmarks,
}


def part(name: str) -> str:
    """The present text of a generated part; KeyError when there is no such part."""
    if name.startswith("room-"):
        return room_part(name.removeprefix("room-"))
    return PARTS[name]()


def renewed(text: str) -> str:
    """A page with all its generated parts as they should be."""
    return _PART.sub(lambda found: f"{found[1]}{part(found['name'])}{found[4]}", text)


def names_in(text: str) -> list[str]:
    """The names of the generated parts of a page."""
    return [found["name"] for found in _PART.finditer(text)]


def old_pages() -> list[Path]:
    """Pages of which a generated part is old."""
    return [page for page in pages() if renewed(page.read_text(encoding="utf-8")) != page.read_text(encoding="utf-8")]


def pages() -> list[Path]:
    """All pages below docs/."""
    return sorted(DOCS.rglob("*.md"))


def set_up() -> None:
    """Set Django up without a database, and without writing a secret into anybody's home."""
    sys.path.insert(0, str(ROOT / "src"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caasis.config.settings")
    os.environ.setdefault("CAASIS_SECRET_KEY", "only for reading the models")
    os.environ.setdefault("CAASIS_HOME", tempfile.gettempdir())
    import django

    django.setup()


def main() -> int:
    """Write or check; the exit status is 0 when the pages are, or now are, right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a part is old")
    arguments = parser.parse_args()
    set_up()
    old = old_pages()
    for page in old:
        print(page.relative_to(ROOT), file=sys.stderr)
        if not arguments.check:
            page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    if arguments.check and old:
        print("These pages are old: run python tools/build_docs.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
