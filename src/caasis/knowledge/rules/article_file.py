"""An article as a file: TOML between two lines of `+++`, then the text in the Markdown subset of `rules/body.py`. Pure.

Whoever writes articles is no programmer: an error says the file, the line and what stands there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from typing import Any

FENCE = "+++"
#: What the front matter may say, and the type of each.
FIELDS: dict[str, type] = {
    "number": str,
    "kind": str,
    "audience": str,
    "title": str,
    "lead": str,
    "search_words": list,
    "situation": str,
    "sales_form": str,
    "product": str,
    "law": str,
    "law_checked_on": date,
    "law_verified": bool,
    "published_on": date,
    "region": str,
}
REQUIRED = ("number", "kind", "title", "lead", "published_on")
LONGEST_TITLE, LONGEST_LEAD, LONGEST_LAW, LONGEST_LINE = 120, 240, 120, 400

_STEP = re.compile(r"[0-9]{1,2}\. ")
_WHOLE_STEP = re.compile(r"[0-9]{1,2}\. \*\*[^*]+\*\*( [^*]+)?")
_TOML_LINE = re.compile(r"\(at line ([0-9]+), column [0-9]+\)|\(at end of document\)")
# What people write out of habit and a reader would see as it stands: marks of other lists, HTML, links, tables, emphasis.
_STRANGE = re.compile(r"^[・•*+|！] ?|^! |^#(?!# )|^-(?! )|^>(?! )|<[a-zA-Z/!]|\]\(|https?://|｜|`|\*\*|__")


class ArticleFileError(ValueError):
    """A file that is no article; the message begins with `file:line`."""

    def __init__(self, name: str, line: int, what: str) -> None:
        super().__init__(f"{name}:{line}: {what}")


def parse_article(text: str, name: str, *, required: Sequence[str] = REQUIRED) -> dict[str, Any]:
    """The fields of an article: those of the front matter, `search_words` as one text, and `body`.

    :param name: the file's name, `F-1001.md`, which is also the article's number; folders may stand before it.
    :param required: what the front matter must say; a translation says less (`rules/translation_file.py`).
    :raises ArticleFileError: with the file, the line and what is wrong.
    """
    lines = text.split("\n")
    if lines[0] != FENCE:
        raise ArticleFileError(name, 1, f"the file must begin with a line {FENCE}")
    try:
        end = lines.index(FENCE, 1)
    except ValueError:
        raise ArticleFileError(name, len(lines), f"the second line {FENCE} is missing") from None
    for at, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise ArticleFileError(name, at, f"longer than {LONGEST_LINE} characters")
    fields = _front_matter(lines[1:end], name, required)
    _check_body(lines, end + 1, name)
    return fields | {
        "search_words": " ".join(fields.get("search_words", [])),
        "body": "\n".join(lines[end + 1 :]).strip(),
    }


def _front_matter(lines: list[str], name: str, required: Sequence[str]) -> dict[str, Any]:
    try:
        # The empty line stands for the fence, so that the line numbers are the file's.
        fields = tomllib.loads("\n" + "\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        at = int(found[1]) if found and found[1] else len(lines) + 1
        raise ArticleFileError(name, at, _TOML_LINE.sub("", str(error)).strip()) from None

    def line_of(key: str) -> int:
        return next((at for at, line in enumerate(lines, start=2) if line.split("=")[0].strip() == key), 1)

    for key, value in fields.items():
        if key not in FIELDS:
            raise ArticleFileError(name, line_of(key), f"unknown key {key}")
        if not isinstance(value, FIELDS[key]):
            raise ArticleFileError(name, line_of(key), f"{key} is not a {FIELDS[key].__name__}")
    for key in required:
        if not fields.get(key):
            raise ArticleFileError(name, line_of(key), f"{key} is missing")
    for key, longest in (("title", LONGEST_TITLE), ("lead", LONGEST_LEAD), ("law", LONGEST_LAW)):
        if len(fields.get(key, "")) > longest:
            raise ArticleFileError(name, line_of(key), f"{key} is longer than {longest} characters")
    if name.rpartition("/")[2] != f"{fields['number']}.md":
        raise ArticleFileError(name, line_of("number"), f"the file's name is not {fields['number']}.md")
    if not all(isinstance(word, str) for word in fields.get("search_words", [])):
        raise ArticleFileError(name, line_of("search_words"), "search_words holds something else than words")
    return fields


def _check_body(lines: list[str], begin: int, name: str) -> None:
    """Every line is what `rules/body.py` reads, and no block mixes lists with text.

    :param begin: index of the first line of the text.
    """
    before = ""
    some = False
    for at, line in enumerate(lines[begin:], start=begin + 1):
        mark = _mark(line)
        if mark == "step" and not _WHOLE_STEP.fullmatch(line):
            raise ArticleFileError(name, at, "a step is written `1. **heading** text`")
        strange = None if mark == "step" else _STRANGE.search(line)
        if strange or line != line.strip():
            raise ArticleFileError(name, at, f"not of the Markdown subset: {(strange or [line])[0]!r}")
        if mark and before and (mark != before or mark in ("heading", "warning")):
            raise ArticleFileError(name, at, "an empty line is missing before this one")
        before, some = mark, some or bool(mark)
    if not some:
        raise ArticleFileError(name, len(lines), "the text is missing")


def _mark(line: str) -> str:
    """What a line begins: empty for an empty one."""
    if _STEP.match(line):
        return "step"
    for start, mark in (("## ", "heading"), ("> ", "warning"), ("- ", "item")):
        if line.startswith(start):
            return mark
    return "text" if line.strip() else ""


#: The same faults, as somebody at the desk reads them.
_IN_WORDS = {
    "a step is written `1. **heading** text`": "手順は「1. **見出し** 文」と書いてください",
    "an empty line is missing before this one": "この行の前に、空の行を入れてください",
    "the text is missing": "本文を入力してください",
}


def body_errors(body: str) -> list[str]:
    """Sentences on what keeps a text from being shown, with its line; an empty list for a whole text."""
    lines = body.split("\n")
    for at, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            return [f"{at}行目：{LONGEST_LINE}文字までにしてください。"]
    try:
        _check_body(lines, 0, "")
    except ArticleFileError as error:
        line, what = str(error).removeprefix(":").split(": ", 1)
        words = _IN_WORDS.get(what, "使えない記号があります。使えるのは、## - > 1. です")
        return [f"{words}。" if what == "the text is missing" else f"{line}行目：{words}。"]
    return []


def article_text(fields: dict[str, Any]) -> str:
    """An article as a file: what `parse_article` reads. Keys without a value are left out."""
    lines = [FENCE]
    for key, kind in FIELDS.items():
        value = fields.get(key)
        if key == "search_words":
            value = str(value or "").split()
        if value in (None, "", []) or (kind is bool and not value):
            continue
        if isinstance(value, date):
            lines.append(f"{key} = {value.isoformat()}")
        elif isinstance(value, bool):
            lines.append(f"{key} = {str(value).lower()}")
        elif isinstance(value, list):
            lines.append(f"{key} = [{', '.join(_quoted(one) for one in value)}]")
        else:
            lines.append(f"{key} = {_quoted(str(value))}")
    return "\n".join([*lines, FENCE, "", str(fields.get("body", "")).strip(), ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
