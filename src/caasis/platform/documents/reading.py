"""The words in a file: a text's own, a PDF's own, and those that Tesseract reads in pictures and scans.

Tesseract is a program of its own (Debian: tesseract-ocr and tesseract-ocr-jpn). Where it isn't installed, pictures are
kept and shown but not read; `caasis doctor` says so, and they are read once it is there.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import StrEnum
from functools import cache

from caasis.platform.documents.pictures import (
    LONGEST_FOR_READING,
    PICTURES,
    Unreadable,
    page_count,
    picture_of,
    text_of_pdf,
)
from caasis.platform.files.sniffing import decode_text

#: Pages of a scan that are read; the rest is left to people, and the answer says so.
MAX_PAGES = 20
#: Characters that are kept: some thirty full pages.
MAX_CHARACTERS = 60_000
#: A page with fewer characters than this is taken for a scan.
SCAN_BELOW = 12
OCR_SECONDS = 120
_OCR_MEMORY_KIB = 2 * 1024 * 1024


class How(StrEnum):
    """Where the words come from; the screen tells, because a machine misreads."""

    TEXT = "text"
    MAIL = "mail"
    PDF = "pdf"
    OCR = "ocr"

    @property
    def label(self) -> str:
        return {
            How.TEXT: "文書の文字",
            How.MAIL: "メールの文字",
            How.PDF: "PDFの文字",
            How.OCR: "機械が読み取った文字（誤りがあります）",
        }[self]


class NoReader(Exception):
    """A picture, and no program here that reads pictures."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a file. `cut` says that there is more than was read."""

    text: str
    how: How
    pages: int = 1
    cut: bool = False


@cache
def ocr_command() -> str | None:
    """The Tesseract program, when it is here with Japanese; None otherwise."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    return program if "jpn" in listed.stdout.split() else None


def readable(media_type: str) -> bool:
    """Whether words can be looked for in such a file at all. Sound is listened to."""
    return media_type in PICTURES or media_type in ("application/pdf", "text/plain", "message/rfc822")


def read_text(content: bytes, media_type: str) -> Reading:
    """The words of a file.

    :raises NoReader: it is a picture (or a scan), and Tesseract isn't installed.
    :raises Unreadable: it can't be decoded.
    """
    if media_type == "text/plain":
        return _cut(decode_text(content) or "", How.TEXT)
    if media_type == "message/rfc822":
        return _cut(_mail_text(content), How.MAIL)
    if media_type == "application/pdf":
        return _read_pdf(content)
    return _cut(_ocr(picture_of(content, media_type, longest=LONGEST_FOR_READING)), How.OCR)


def _read_pdf(content: bytes) -> Reading:
    texts, pages = text_of_pdf(content), page_count(content, "application/pdf")
    how, cut = How.PDF, pages > len(texts)
    scanned = [number for number, text in enumerate(texts) if len(text.strip()) < SCAN_BELOW]
    if scanned and (ocr_command() is not None or len(scanned) == len(texts)):
        how = How.OCR
        cut = cut or len(scanned) > MAX_PAGES
        for number in scanned[:MAX_PAGES]:
            texts[number] = _ocr(picture_of(content, "application/pdf", page=number, longest=LONGEST_FOR_READING))
    return _cut("\n\n".join(text.strip() for text in texts if text.strip()), how, pages=pages, cut=cut)


def _cut(text: str, how: How, *, pages: int = 1, cut: bool = False) -> Reading:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    return Reading(text[:MAX_CHARACTERS], how, pages, cut or len(text) > MAX_CHARACTERS)


def _mail_text(content: bytes) -> str:
    """Head lines that a person reads, and the plain body."""
    mail = message_from_bytes(content, policy=policy.default)
    lines = [f"{name}: {mail[name]}" for name in ("From", "To", "Date", "Subject") if mail[name]]
    body = mail.get_body(preferencelist=("plain",))
    try:
        words = str(body.get_content()) if body is not None else ""
    except (LookupError, UnicodeDecodeError, KeyError):
        payload = body.get_payload(decode=True) if body is not None else b""
        words = decode_text(payload if isinstance(payload, bytes) else b"") or ""
    return "\n".join([*lines, "", words])


def _ocr(picture: bytes) -> str:
    """What Tesseract reads in a PNG: a page with its columns, or else one block, as a photo of a few lines is."""
    program = ocr_command()
    if program is None:
        raise NoReader
    return _tesseract(program, picture, layout=3) or _tesseract(program, picture, layout=6)


def _tesseract(program: str, picture: bytes, *, layout: int) -> str:
    """One run under limits of memory and time. `layout` is Tesseract's page segmentation mode."""
    limited = f'ulimit -v {_OCR_MEMORY_KIB} -t {OCR_SECONDS}; exec "$0" - - -l jpn --psm {layout}'
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", limited, program],
            input=picture,
            capture_output=True,
            timeout=OCR_SECONDS + 10,
            env={"PATH": "/usr/bin:/bin", "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable from None
    if done.returncode != 0:
        raise Unreadable
    return _join_japanese(done.stdout.decode("utf-8", "replace"))


def _join_japanese(text: str) -> str:
    """Tesseract sets blanks between Japanese characters, where none is written."""
    kept: list[str] = []
    for line in text.replace("\f", "\n").splitlines():
        words = line.split()
        joined = ""
        for word in words:
            between = " " if joined and joined[-1].isascii() and word[0].isascii() else ""
            joined += between + word
        kept.append(joined)
    return "\n".join(kept).strip()
