"""`caasis deadline`: lines in, lines out, as its page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from caasis.config.command.deadline import command
from caasis.engines.deadlines import Counts, Facts, Kind, Status
from caasis.engines.deadlines.lines import LONGEST_LINE
from caasis.platform.lawfiles import current_law

PAGE = Path(__file__).resolve().parents[3] / "docs" / "deadline.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```jsonl\n(.*?)^```\n+```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
GOOD = '{"today":"2026-11-19","transaction_types":["shop"]}'


def run(text: str | bytes) -> tuple[Result, list[dict[str, Any]]]:
    result = CliRunner().invoke(command, ["-"], input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def objects(text: str) -> Iterator[Any]:
    """JSON values that stand behind each other, over as many lines as they like."""
    decoder, place = json.JSONDecoder(), 0
    while rest := text[place:].lstrip():
        value, length = decoder.raw_decode(rest)
        place = len(text) - len(rest) + length
        yield value


def holds(shown: Any, answered: Any) -> bool:
    """Whether everything that is shown stands in the answer; what is left out of the page may be anything."""
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(k in answered and holds(v, answered[k]) for k, v in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(answered) and all(map(holds, shown, answered))
    return bool(shown == answered)


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == TEXT.count("```jsonl") == 5


@pytest.mark.parametrize(("asked", "shown"), EXAMPLES)
def test_the_examples_of_the_page_are_answered_as_shown(asked: str, shown: str) -> None:
    result, answers = run(asked)
    expected = list(objects(shown))
    assert len(answers) == len(expected)
    for one, answer in zip(expected, answers, strict=True):
        assert holds(one, answer), answer
    assert result.exit_code == any("error" in answer for answer in answers)


def test_the_page_names_every_key_and_code() -> None:
    codes = {status.value for status in Status} | {kind.value for kind in Kind} | {counts.value for counts in Counts}
    codes |= {field.name for field in fields(Facts)} | set(current_law().transaction_types)
    _, (answer,) = run('{"today":"2026-11-19","sales_form":"door_to_door"}')
    codes |= answer.keys() | answer["assessments"][0].keys()
    assert {code for code in codes if f"`{code}`" not in TEXT} == set()


@pytest.mark.parametrize(("line", "field"), [("[", ""), ("{}", "today"), ('{"today":"2026-11-19","car":"no"}', "car")])
def test_a_line_that_cannot_be_answered_says_why_and_the_next_one_is(line: str, field: str) -> None:
    result, (refused, answered) = run(f"{line}\n{GOOD}\n")
    assert (refused["line"], refused["field"]) == (1, field)
    assert refused["error"].endswith("。")
    assert refused["errors"][0] == {"field": field, "error": refused["error"]}
    assert answered["assessments"][0]["status"] == "none"
    assert result.exit_code == 1


def test_lines_of_other_programs_are_read_as_they_come() -> None:
    """A byte-order mark, Windows line ends, empty lines, no newline at the end, bytes that are no UTF-8."""
    text = b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\n  \n\xff\xfe\n" + GOOD.encode()
    result, answers = run(text)
    assert [answer["line"] for answer in answers] == [1, 4, 5]
    assert "UTF-8" in answers[1]["error"]
    assert result.exit_code == 1


def test_a_line_longer_than_memory_should_hold_is_passed_over() -> None:
    _, answers = run("x" * (LONGEST_LINE * 9) + "\n" + GOOD)
    assert [(answer["line"], "error" in answer) for answer in answers] == [(1, True), (2, False)]


def test_names_and_codes_are_the_same() -> None:
    lines = [
        {"transaction_types": ["連鎖販売取引", "individual_credit"]},
        {"transaction_types": ["multilevel"], "individual_credit": True},
        {"transaction_types": "連鎖販売取引", "individual_credit": True},
        {"sales_form": "マルチ・マルチまがい", "transaction_types": ["unknown", "other"], "individual_credit": True},
    ]
    _, answers = run("\n".join(json.dumps({"today": "2026-11-19"} | line) for line in lines))
    first, *others = [answer["assessments"] for answer in answers]
    assert [item["right"] for item in first] == ["multilevel", "credit_multilevel"]
    assert all(other == first for other in others)
    _, (denied,) = run(
        '{"today":"2026-11-19","transaction_types":["訪問販売","individual_credit"],"individual_credit":false}'
    )
    assert [item["right"] for item in denied["assessments"]] == ["door_to_door"]


def test_the_id_comes_back_as_it_was() -> None:
    _, answers = run('{"id":{"a":[1]},"today":"2026-11-19"}\n{"id":0,"today":"x"}\n')
    assert [answer["id"] for answer in answers] == [{"a": [1]}, 0]


def test_a_file_is_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(GOOD)
    result = CliRunner().invoke(command, [str(file)])
    assert (result.exit_code, json.loads(result.stdout)["line"]) == (0, 1)
    assert CliRunner().invoke(command, [str(tmp_path / "none")]).exit_code == 2


def process(**more: Any) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "caasis.config.command", "deadline"]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)


def test_each_line_is_answered_before_the_next_is_asked() -> None:
    with process() as running:
        assert running.stdin and running.stdout
        for number in (1, 2):
            running.stdin.write(GOOD.encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["line"] == number
        running.stdin.close()
        assert running.wait() == 0


def test_a_reader_that_leaves_is_no_error() -> None:
    with process(stderr=subprocess.PIPE) as running:
        assert running.stdin and running.stdout and running.stderr
        running.stdin.write(f"{GOOD}\n".encode())
        running.stdin.flush()
        running.stdout.readline()
        running.stdout.close()
        running.stdin.write(f"{GOOD}\n{GOOD}\n".encode())
        running.stdin.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


def test_it_starts_without_django_and_a_database() -> None:
    """Counted, not timed: what would make it slow to start is not even loaded."""
    code = (
        "import sys; from click.testing import CliRunner; from caasis.config.command.deadline import command;"
        f"r = CliRunner().invoke(command, ['-'], input={GOOD!r}); assert r.exit_code == 0, r.output;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'psycopg', 'tantivy', 'pydantic'}))"
    )
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept)
    assert found.stdout.strip() == "[]"
