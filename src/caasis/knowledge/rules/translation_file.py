"""A translation as a file: the form of `rules/article_file.py` with only number, title, lead and words to search by. Pure.

Everything that isn't translated (situation, law, dates) is the Japanese article's and stands there alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from caasis.knowledge.rules.article_file import FENCE, ArticleFileError, parse_article
from caasis.knowledge.rules.ruby import BROKEN_RUBY, without_ruby

EASY, ENGLISH = "ja-easy", "en"
LANGUAGES = (EASY, ENGLISH)
KEYS = ("number", "title", "lead", "search_words")
_REQUIRED = ("number", "title", "lead")

# In English: marks of Japanese sentences outside of a bracket, a sentence that begins without a blank, two blanks.
_NOT_ENGLISH = re.compile(r"[、。！？]|(?<=[a-z)])[.?!][A-Z]|(?<=\S)  +")
_KANJI = re.compile("[一-龯々]")


def parse_translation(text: str, name: str, language: str) -> dict[str, Any]:
    """`number`, `title`, `lead`, `search_words` as one text, and `body` (of ja-easy: with its readings).

    :param name: the file's name, also with folders before it: `en/F-1001.md`.
    :raises ArticleFileError: with the file, the line and what is wrong.
    """
    lines = text.split("\n")
    end = lines.index(FENCE, 1) if FENCE in lines[1:] else len(lines)
    body = lines[end + 1 :]
    # Line by line, so that an error in what remains still names the line of the file.
    plain = [without_ruby(line) for line in body] if language == EASY else body
    fields = parse_article("\n".join([*lines[: end + 1], *plain]), name, required=_REQUIRED)
    for at, line in enumerate(lines[1:end], start=2):
        key = line.split("=")[0].strip()
        if key and key in fields and key not in KEYS:
            raise ArticleFileError(name, at, f"{key} stands in the Japanese article alone")
        if broken := BROKEN_RUBY.search(line):
            raise ArticleFileError(name, at, f"a reading belongs into the text alone: {broken[0]!r}")
    for at, line in enumerate(plain, start=end + 2):
        if broken := BROKEN_RUBY.search(line):
            raise ArticleFileError(name, at, f"a reading is written ｜漢字《かんじ》: {broken[0]!r}")
    if language == ENGLISH:
        for at, line in enumerate(lines, start=1):
            if at != end + 1 and (strange := _NOT_ENGLISH.search(line)):
                raise ArticleFileError(name, at, f"not how English is set: {strange[0]!r}")
    return {key: fields.get(key, "") for key in KEYS} | {"body": "\n".join(body).strip()}


def kanji_without_reading(body: str) -> list[str]:
    """Kanji of a text in easy Japanese that nobody has written a reading for, in order."""
    return _KANJI.findall(re.sub("｜[^｜《》\n]+《[^｜《》\n]+》", "", body))


def digest_of(title: str, lead: str, body: str) -> str:
    """What a translation keeps of the text that it was made from: another one means that the original was revised."""
    return hashlib.sha256("\n\n".join((title, lead, body)).encode()).hexdigest()
