"""Versioned code lists, read from CSV files that a room carries.

A folder holds `lists.csv` (one line per list *and version*) and one CSV file per line. The official lists change; a case
keeps the version it was coded with, so versions stand side by side, and a code that the newest version no longer knows
is still found in the older ones. The loader knows no list by name, and no Django.

Columns of `lists.csv`: list, version, file, title, title_en, source.
Columns of a list: code, label, label_en, parent, valid_from, valid_to, source, verified, and optionally search_words
(separated by spaces). A code may stand in several lines whose periods of validity differ.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

import jaconv

from caasis.kernel.terms import Term

_TERM_COLUMNS = ("code", "label", "label_en", "parent", "valid_from", "valid_to", "source", "verified")
_LIST_COLUMNS = ("list", "version", "file", "title", "title_en", "source")


class CodeListError(ValueError):
    """A file that can't be used; the message names the file, the line and what is wrong with it."""


class CodeList:
    """One code list in one version, with its older versions behind it."""

    def __init__(
        self,
        *,
        list_id: str,
        version: str,
        title: str,
        terms: Iterable[Term],
        title_en: str = "",
        source: str = "",
        older: Sequence[CodeList] = (),
    ) -> None:
        """`older` holds the earlier versions of the same list, the newest first."""
        self.list_id = list_id
        self.version = version
        self.title = title
        self.title_en = title_en
        self.source = source
        self._older = tuple(older)
        self._terms = tuple(terms)
        self._by_code: dict[str, list[Term]] = {}
        self._children: dict[str, list[Term]] = {}
        for term in self._terms:
            self._by_code.setdefault(term.code, []).append(term)
            self._children.setdefault(term.parent, []).append(term)
        self._search_keys: list[tuple[Term, str, tuple[str, ...]]] | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """This version and the older ones, the newest first."""
        return (self.version, *(older.version for older in self._older))

    def at_version(self, version: str) -> CodeList:
        """The list as it was in `version`; KeyError when there is none."""
        for candidate in (self, *self._older):
            if candidate.version == version:
                return candidate
        raise KeyError(f"{self.list_id} has no version {version}")

    def terms(self, on: date | None = None) -> tuple[Term, ...]:
        """All terms in the order of the file; with `on`, those valid on that day."""
        return tuple(term for term in self._terms if on is None or term.is_valid_on(on))

    def find(self, code: str, on: date | None = None) -> Term | None:
        """The term of a code in this version: the one valid on the day, or without a day the one listed last."""
        candidates = [term for term in self._by_code.get(code, ()) if on is None or term.is_valid_on(on)]
        return candidates[-1] if candidates else None

    def label(self, code: str, on: date | None = None, lang: str = "ja") -> str:
        """What to show for a code.

        Old records must stay readable: when nothing is valid on the day, the term as it last was is shown; when this
        version does not know the code, the older versions are asked; and an unknown code is shown as it is.
        """
        for candidate in (self, *self._older):
            term = candidate.find(code, on) or candidate.find(code)
            if term is not None:
                return term.label_in(lang)
        return code

    def is_valid(self, code: str, on: date | None = None) -> bool:
        """Whether the code may be entered: known to this version and, with `on`, valid on that day."""
        return self.find(code, on) is not None

    def children(self, code: str = "", on: date | None = None) -> tuple[Term, ...]:
        """The narrower terms of a code; those at the top for the empty code."""
        return tuple(term for term in self._children.get(code, ()) if on is None or term.is_valid_on(on))

    def path(self, code: str) -> tuple[Term, ...]:
        """The terms from the top down to the code; empty for an unknown code."""
        steps: list[Term] = []
        term = self.find(code)
        while term is not None:
            steps.append(term)
            term = self.find(term.parent)
        return tuple(reversed(steps))

    def search(self, text: str, limit: int = 10, on: date | None = None) -> tuple[Term, ...]:
        """Terms for everyday words, the best first; width, case and kind of kana don't matter.

        Every word of `text` (separated by spaces) must be found in the label or the search words; a longer sentence
        finds the terms whose words stand in it. Without `on`, terms that have an end of validity are left out.
        """
        words = [folded for word in unicodedata.normalize("NFKC", text).split() if (folded := fold(word))]
        if not words or limit <= 0:
            return ()
        ranked = []
        for position, (term, label, keys) in enumerate(self._keys()):
            if not (term.valid_to is None if on is None else term.is_valid_on(on)):
                continue
            ranks = [_rank(word, label, keys) for word in words]
            known = [rank for rank in ranks if rank is not None]
            if len(known) == len(ranks):
                ranked.append((sum(known), position, term))
        return tuple(term for _, _, term in sorted(ranked, key=lambda entry: entry[:2])[:limit])

    def _keys(self) -> list[tuple[Term, str, tuple[str, ...]]]:
        if self._search_keys is None:
            self._search_keys = [
                (term, fold(term.label), tuple(fold(word) for word in (term.label_en, *term.search_words) if word))
                for term in self._terms
            ]
        return self._search_keys


def fold(text: str) -> str:
    """Text for comparison: NFKC, lower case, hiragana, without spaces, dots and brackets."""
    plain = jaconv.kata2hira(unicodedata.normalize("NFKC", text).lower())
    return "".join(character for character in plain if unicodedata.category(character)[0] in "LN" or character == "ー")


def load_code_lists(package: str, folder: str) -> dict[str, CodeList]:
    """The newest version of each list in a package's folder, by list id, older versions behind it.

    Raises CodeListError for a file that is missing or wrong.
    """
    return load_code_lists_from(files(package).joinpath(folder))


def load_code_lists_from(folder: Traversable) -> dict[str, CodeList]:
    """Like `load_code_lists`, for any folder (also a `pathlib.Path`)."""
    versions: dict[str, list[dict[str, str]]] = {}
    for line, row in _read(folder, "lists.csv", _LIST_COLUMNS):
        known = versions.setdefault(row["list"], [])
        if any(other["version"] == row["version"] for other in known):
            raise CodeListError(f"lists.csv, line {line}: {row['list']} has version {row['version']} twice")
        known.append(row)
    lists: dict[str, CodeList] = {}
    for list_id, rows in versions.items():
        older: list[CodeList] = []
        for row in sorted(rows, key=lambda entry: _version_order(entry["version"])):
            current = CodeList(
                list_id=list_id,
                version=row["version"],
                title=row["title"],
                title_en=row["title_en"],
                source=row["source"],
                terms=_terms(folder, row["file"]),
                older=older,
            )
            older = [current, *older]
        lists[list_id] = older[0]
    return lists


def _version_order(version: str) -> tuple[list[int], str]:
    """Versions in order of their numbers: 2025-2 comes before 2025-10."""
    return [int(number) for number in re.findall(r"[0-9]+", version)], version


def _terms(folder: Traversable, name: str) -> list[Term]:
    terms: list[Term] = []
    for line, row in _read(folder, name, _TERM_COLUMNS):
        where = f"{name}, line {line}"
        if not row["code"] or not row["label"]:
            raise CodeListError(f"{where}: a term needs a code and a label")
        if row["verified"] not in ("true", "false"):
            raise CodeListError(f"{where}: verified must be true or false, not {row['verified']!r}")
        terms.append(
            Term(
                code=row["code"],
                label=row["label"],
                label_en=row["label_en"],
                parent=row["parent"],
                valid_from=_day(row["valid_from"], where),
                valid_to=_day(row["valid_to"], where),
                source=row["source"],
                verified=row["verified"] == "true",
                search_words=tuple((row.get("search_words") or "").split()),
            )
        )
    _check(name, terms)
    return terms


def _check(name: str, terms: Sequence[Term]) -> None:
    parents: dict[str, str] = {}
    by_code: dict[str, list[Term]] = {}
    for term in terms:
        if parents.setdefault(term.code, term.parent) != term.parent:
            raise CodeListError(f"{name}: {term.code} stands under two parents")
        if any(_overlap(term, other) for other in by_code.get(term.code, ())):
            raise CodeListError(f"{name}: {term.code} stands twice for the same days")
        by_code.setdefault(term.code, []).append(term)
    for code in parents:
        _check_ancestors(name, code, parents)


def _check_ancestors(name: str, code: str, parents: Mapping[str, str]) -> None:
    seen = {code}
    step = parents[code]
    while step:
        if step not in parents:
            raise CodeListError(f"{name}: the parent {step} of {code} is not in the list")
        if step in seen:
            raise CodeListError(f"{name}: {code} is its own ancestor")
        seen.add(step)
        step = parents[step]


def _overlap(one: Term, other: Term) -> bool:
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    ends = min(one.valid_to or date.max, other.valid_to or date.max)
    return starts <= ends


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CodeListError(f"{where}: {text!r} is no date (YYYY-MM-DD)") from None


def _read(folder: Traversable, name: str, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Rows with their line numbers; every one of `columns` is present in each row."""
    try:
        text = folder.joinpath(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CodeListError(f"{name} is missing") from None
    reader = csv.DictReader(text.splitlines())
    if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
        raise CodeListError(f"{name}: no column {', '.join(missing)}")
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise CodeListError(f"{name}, line {reader.line_num}: wrong number of columns")
        rows.append((reader.line_num, row))
    return rows


def _rank(word: str, label: str, keys: Sequence[str]) -> int | None:
    """How well a word fits a term, 0 is best; None when it does not fit at all."""
    if word == label:
        return 0
    if word in keys:
        return 1
    if label.startswith(word):
        return 2
    if any(key.startswith(word) for key in keys):
        return 3
    if word in label:
        return 4
    if any(word in key for key in keys):
        return 5
    # A sentence such as 「給湯器の点検に来た」 holds the term's word; single characters would fit everywhere.
    return 6 if any(len(key) > 1 and key in word for key in (label, *keys)) else None
