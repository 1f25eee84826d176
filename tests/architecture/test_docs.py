"""The documentation tells the truth: links, commands, variables, tables and licences are those of the code."""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "caasis"
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(p for p in SOURCE.rglob("*.md") if "vendor" not in p.parts)])
OPERATIONS = DOCS / "operations.md"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# --- links ------------------------------------------------------------------------------------------------------------


def anchor(heading: str) -> str:
    """The anchor that a heading gets where the pages are shown: lower case, without punctuation, blanks as hyphens."""
    kept = "".join(c for c in heading.strip().lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {
        anchor(re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", h)) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def links_of(page: Path, *, pictures: bool) -> list[str]:
    found = re.findall(r"(!?)\[[^]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [
        target for mark, target in found if bool(mark) == pictures and not re.match(r"[a-z]+:", target, re.IGNORECASE)
    ]


def broken(page: Path, targets: list[str]) -> list[str]:
    wrong = []
    for target in targets:
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (fragment and fragment not in anchors_of(file)):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page, links_of(page, pictures=False)) == []


@pytest.mark.parametrize("page", [p for p in PAGES if links_of(p, pictures=True)], ids=name_of)
def test_every_picture_is_there(page: Path) -> None:
    assert broken(page, links_of(page, pictures=True)) == []


@pytest.mark.parametrize("page", [p for p in PAGES if DOCS in p.parents], ids=name_of)
def test_every_page_is_reached_from_the_index(page: Path) -> None:
    reached = {(DOCS / target.partition("#")[0]).resolve() for target in links_of(DOCS / "README.md", pictures=False)}
    assert page in reached | {DOCS / "README.md"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_no_machine_and_no_registry(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"/(?:home|root|work|Users)/\w+|(?:pypi|npmjs|pythonhosted|yarnpkg)\.\w+", text) == []


# --- commands ---------------------------------------------------------------------------------------------------------


def code_of(text: str) -> Iterator[str]:
    """What a reader may type: inline code, indented lines and fenced blocks."""
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    yield from re.findall(r"^    (?! )(.+)$", text, flags=re.MULTILINE)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


def words_of(line: str) -> list[str]:
    """The words of a command line without its comment and without what sets its environment."""
    words = re.split(r"\s+#", line)[0].split()
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    return words


def commands(text: str) -> Iterator[list[str]]:
    for line in code_of(text):
        if words := words_of(line):
            yield words


def caasis_problem(words: list[str]) -> str:
    """What is wrong with `caasis SUB …`; empty when it exists. `words` come after `caasis`."""
    from caasis.config.command import main

    command: click.Command = main
    context = click.Context(main)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            return f"caasis has no command {' '.join(words)}"
        command = found
        rest.pop(0)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    return f"caasis {' '.join(words)}: no option {', '.join(unknown)}" if unknown else ""


def problem_of(words: list[str]) -> str:
    first = words[0].removeprefix("./")
    if first in ("caasis", "bin/caasis"):
        return caasis_problem(words[1:])
    if first == "make" and len(words) > 1:
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        return "" if words[1] in targets else f"make has no target {words[1]}"
    if (
        first == "bin/bench"
        and len(words) > 1
        and words[1] != "NAME"
        and not (ROOT / "bench" / f"{words[1]}.py").exists()
    ):
        return f"there is no benchmark {words[1]}"
    if first.startswith(("bin/", "tools/")) and not (ROOT / first).exists():
        return f"{first} does not exist"
    if first == "python" and len(words) > 1 and words[1].endswith(".py"):
        return "" if (ROOT / words[1]).exists() else f"{words[1]} does not exist"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_exists(page: Path) -> None:
    problems = [problem_of(words) for words in commands(page.read_text(encoding="utf-8"))]
    assert [each for each in problems if each] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("run `caasis upp`", 1),
        ("run `caasis keys rotat`", 1),
        ("run `bin/bench spin`", 1),
        ("run `bin/caasis export-cases FILE --sinse 2026-04-01`", 1),
        ("    CAASIS_PORT=1 bin/nothing  # comment", 1),
        ("    make tests\n", 1),
        ("```\npython tools/nothing.py\n```\n", 1),
        ("`caasis` and `caasis keys rotate` and `make test` and `bin/bench spine`", 0),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, count: int) -> None:
    assert len([words for words in commands(text) if problem_of(words)]) == count


def test_every_command_of_caasis_is_in_operations() -> None:
    from caasis.config.command import main

    context = click.Context(main)
    shown = {name for name in main.list_commands(context) if not main.get_command(context, name).hidden}  # type: ignore[union-attr]
    text = OPERATIONS.read_text(encoding="utf-8")
    assert {name for name in shown if f"`caasis {name}" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_named_in_the_tree_exists(page: Path) -> None:
    """`tests/…`, `src/…`, `tools/…`, `bin/…`, `docs/…`, `requirements/…` in code font; placeholders are left out."""
    named = re.findall(r"`((?:tests|src|tools|bin|docs|requirements)/[^`\s<>*{}…]*)`", page.read_text(encoding="utf-8"))
    # Made when pictures are taken; that those which pages show are there is a test of its own.
    made = {"docs/screenshots/"}
    assert [path for path in named if path not in made and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", [p for p in PAGES if DOCS in p.parents], ids=name_of)
def test_every_module_named_exists(page: Path) -> None:
    """`room/file.py`, `room/folder/file.ext` of the package, and templates by their names."""
    rooms = "|".join(path.name for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith("_"))
    named = re.findall(rf"`((?:{rooms})/[\w./-]+\.(?:py|csv|toml|html|css|js))`", page.read_text(encoding="utf-8"))
    optional = {"channels/ports.py"}  # What a checklist tells the reader to make.
    templates = {
        path.relative_to(folder).as_posix() for folder in SOURCE.glob("*/templates") for path in folder.rglob("*.html")
    }
    known = optional | templates
    assert [path for path in named if path not in known and not (SOURCE / path).exists()] == []


# --- environment ------------------------------------------------------------------------------------------------------

_VARIABLE = re.compile(r"CAASIS_[A-Z0-9_]+|DATABASE_(?:OWNER_)?URL(?:_FILE)?")


def variables_of_python(text: str) -> set[str]:
    """Names of variables that stand as whole strings in code: read, set or passed on."""
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value)
    }


@functools.cache
def variables_of_source() -> frozenset[str]:
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if "migrations" not in path.parts:
            found |= variables_of_python(path.read_text(encoding="utf-8"))
    for path in (ROOT / "bin").iterdir():
        found |= set(re.findall(r"\$\{?(CAASIS_[A-Z_]+)", path.read_text(encoding="utf-8")))
    return frozenset(found)


def base(variable: str) -> str:
    """A secret's name without `_FILE`: how a file is named is described once for all of them."""
    return variable.removesuffix("_FILE")


def test_every_variable_that_is_read_is_documented() -> None:
    documented = set(_VARIABLE.findall(OPERATIONS.read_text(encoding="utf-8")))
    assert {base(name) for name in variables_of_source()} - documented == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_documented_variable_is_read(page: Path) -> None:
    known = {base(name) for name in variables_of_source()}
    tests = "".join(
        path.read_text(encoding="utf-8")
        for room in ("architecture", "support")
        for path in (ROOT / "tests" / room).glob("*.py")
    )
    named = {base(name) for name in _VARIABLE.findall(page.read_text(encoding="utf-8"))}
    assert {name for name in named - known if f'"{name}"' not in tests} == set()


def test_the_rights_of_a_database_of_ones_own_are_those_of_the_embedded_one() -> None:
    from caasis.platform.database.roles import _RIGHTS

    text = OPERATIONS.read_text(encoding="utf-8")
    assert [line for line in _RIGHTS.strip().splitlines() if line not in text] == []


# --- what follows from the code ---------------------------------------------------------------------------------------


def test_generated_parts_are_fresh() -> None:
    assert [name_of(page) for page in tool("build_docs").old_pages()] == [], "run python tools/build_docs.py"


def test_an_old_part_is_found() -> None:
    docs = tool("build_docs")
    text = "a\n<!-- generated: metrics -->\nold\n<!-- end of metrics -->\nb\n"
    assert docs.renewed(text) == text.replace("old\n", docs.metrics())


def test_the_import_table_has_exactly_the_columns_of_the_card() -> None:
    from caasis.cases.rules.card import FIELDS
    from caasis.cases.services.importing import OWN_COLUMNS

    part = (DOCS / "import.md").read_text(encoding="utf-8").partition("<!-- generated: import-columns -->")[2]
    columns = re.findall(r"^\| `(\w+)` \|", part.partition("<!-- end of")[0], flags=re.MULTILINE)
    assert columns == [*OWN_COLUMNS, *(field.name for field in FIELDS if not field.sealed)]


def test_every_open_point_of_the_law_is_listed() -> None:
    law = tomllib.loads((SOURCE / "engines" / "deadlines" / "law.toml").read_text(encoding="utf-8"))
    text = (DOCS / "law.md").read_text(encoding="utf-8")
    open_entries = {
        entry.get("code") or entry["transaction_type"]
        for kind in ("right", "absence", "exception", "ground")
        for entry in law[kind]
        if not entry["verified"]
    }
    assert open_entries
    assert {code for code in open_entries if f"| `{code}` |" not in text} == set()


def test_each_room_has_its_page_and_its_place_in_the_picture() -> None:
    rooms = [room for floor in tool("build_docs").floors() for room in floor]
    assert set(rooms) == {p.name for p in SOURCE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "rooms").glob("*.md")}
    assert set(pages) == set(rooms)
    assert [room for room in rooms if f"<!-- generated: room-{room} -->" not in pages[room]] == []
    picture = (DOCS / "house.md").read_text(encoding="utf-8").partition("```")[2].partition("```")[0]
    places = [picture.find(f"│ {room} ") for room in rooms]
    assert -1 not in places, [room for room, place in zip(rooms, places, strict=True) if place < 0]
    assert places == sorted(places), "the picture has the floors in another order than the contract"


def test_the_processes_of_the_map_are_those_of_the_supervisor() -> None:
    from caasis.config.processes import PROCESSES

    text = (DOCS / "house.md").read_text(encoding="utf-8").partition("## Processes")[2].partition("##")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)) == set(PROCESSES) | {"postgres"}


def test_the_metrics_of_operations_are_those_of_the_endpoint() -> None:
    told = set(re.findall(r"`(caasis_[a-z_]+)`", OPERATIONS.read_text(encoding="utf-8")))
    made = set(re.findall(r'"(caasis_[a-z_]+)"', (SOURCE / "platform" / "health.py").read_text(encoding="utf-8")))
    roles = {"caasis_app", "caasis_owner"}
    assert told - roles == made


def test_the_demo_accounts_are_those_of_the_twin() -> None:
    from caasis.twin.demo import PEOPLE

    text = (DOCS / "twin.md").read_text(encoding="utf-8").partition("## The demo's accounts")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \|", text, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(PEOPLE)


def test_licences_are_those_of_the_lock() -> None:
    licences = tool("list_licences")
    assert licences.TARGET.read_text(encoding="utf-8") == licences.page(), "run python tools/list_licences.py"


def test_the_notice_names_every_vendored_package() -> None:
    vendored = json.loads((ROOT / "tools" / "vendor.lock.json").read_text(encoding="utf-8"))
    packages = re.findall(r'"((?:@[\w-]+/)?[\w.-]+)@(\d[\w.]*)": \[', json.dumps(vendored))
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert len(packages) >= 5
    assert [name for name, version in packages if name not in notice or version not in notice] == []


# --- the API's examples -----------------------------------------------------------------------------------------------


def test_the_example_consultation_would_be_taken() -> None:
    from caasis.channels.rules.questionnaire import clean_answers
    from caasis.provision.schemas import ConsultationIn

    text = (DOCS / "api.md").read_text(encoding="utf-8")
    (body,) = re.findall(r"consultations \\\n.*?-d '(\{.*?\})'", text, flags=re.DOTALL)
    sent = ConsultationIn(**json.loads(body)).dict()
    given = {name: value for name, value in sent.items() if value not in (None, "")}
    _, errors = clean_answers(given, today=date(2026, 11, 21))
    assert errors == {}


def test_the_paths_of_the_api_page_exist() -> None:
    from caasis.provision.api import api

    paths = {(method.upper(), path) for path, item in api.get_openapi_schema()["paths"].items() for method in item}
    known = {(method, re.sub(r"\{\w+\}", "{id}", path.removeprefix("/api/v1/"))) for method, path in paths}
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(GET|POST|PATCH|PUT|DELETE) ([a-z/{}]+)`", text))
    assert len(named) >= 5
    assert named <= known, (named - known, known)
    shown = {("POST", "consultations"), ("GET", "consultations/{id}"), ("GET", "cases"), ("GET", "statistics/cases")}
    documented = named | shown
    assert known <= documented, known - documented


def test_the_verbs_of_the_api_page_are_those_of_the_endpoint() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    told = re.search(r"verbs: (.+?) \|", text)
    assert told
    source = (SOURCE / "provision" / "cases.py").read_text(encoding="utf-8").partition("def _lead")[2]
    known = {verb for line in re.findall(r"case (\".+\"):", source) for verb in re.findall(r"\"(\w+)\"", line)}
    assert set(re.findall(r"`(\w+)`", told[1])) == known


# --- what operators copy ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_steps_make_a_centre_with_a_counsellor_who_can_log_in() -> None:
    from caasis.accounts.models import Membership, User
    from caasis.knowledge.models import Article
    from caasis.organisations.models import Centre
    from caasis.organisations.selectors import responsible_centres
    from caasis.platform.geography import PostcodePlace, look_up_postcode
    from caasis.platform.transactions import system_transaction

    (code,) = re.findall(r"^```python\n(.*?)^```", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    exec(compile(code, "operations.md", "exec"), {})
    with system_transaction():
        centre = Centre.objects.get(code="K001")
        place = look_up_postcode("9800803")
        assert isinstance(place, PostcodePlace)
        assert responsible_centres(place) == [centre]
        assert Membership.objects.filter(centre=centre, user__username="mihon", role="counsellor").exists()
        assert Article.objects.exists()
    assert User.objects.get(username="mihon").check_password(re.findall(r'password="(.+?)"', code)[0])


def test_what_is_said_to_be_missing_is_missing() -> None:
    """A sentence about what isn't there yet has to go when it comes."""
    from caasis.platform.backup import restoring
    from caasis.privacy import retention

    text = (DOCS / "security.md").read_text(encoding="utf-8")
    assert ("no room has registered such a rule" in text) == (not retention._rules)
    restores = Path(restoring.__file__).read_text(encoding="utf-8") + (
        SOURCE / "config" / "command" / "restore.py"
    ).read_text(encoding="utf-8")
    assert ("**A restored backup**" in text) == ("erase_again_after_restore" not in restores)
    benchmarks = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert ("None is recorded here yet." in benchmarks) == (
        not re.search(r"^\| .*\d.* \|", benchmarks.partition("## Newest")[2], re.MULTILINE)
    )
