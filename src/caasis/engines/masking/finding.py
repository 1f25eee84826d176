"""Find and mask personal data in Japanese free text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from caasis.engines.japanese import normalise_name, normalise_phone
from caasis.engines.masking.folding import fold
from caasis.engines.masking.names import find_by_dictionary, find_known
from caasis.engines.masking.patterns import KANJI_DIGITS, Found, PersonalKind, find_by_form

PLACEHOLDERS = {
    PersonalKind.PHONE: "［電話］",
    PersonalKind.MAIL: "［メール］",
    PersonalKind.POSTCODE: "［郵便番号］",
    PersonalKind.ADDRESS: "［住所］",
    PersonalKind.CARD: "［カード番号］",
    PersonalKind.ACCOUNT: "［口座番号］",
    PersonalKind.MY_NUMBER: "［個人番号］",
    PersonalKind.NAME: "［氏名］",
}
"""What stands for each kind in masked text."""


@dataclass(frozen=True)
class Span:
    """Personal data in the original text: characters [start, end), its kind, and why it was taken for that."""

    start: int
    end: int
    kind: PersonalKind
    reason: str


def find_personal(
    text: str, known: Iterable[str] = (), *, allowed: Iterable[str] = (), read_names: bool = False
) -> list[Span]:
    """Return the personal data in `text`, in order and without overlaps.

    `known` are names and kana of the people of the case (「見本 花子」 with a blank also finds 「見本さん」). `allowed` are
    values that stay because they are evidence: the trader's phone numbers, mail addresses, accounts, addresses, names.
    With `read_names`, words that the dictionary tags as a person's name are found too (slower, and it errs).
    Widths, hyphens, blanks, kanji digits and zero-width characters don't hide anything.
    """
    folded = fold(text)
    kept = _identities(allowed)
    hits = [*find_by_form(folded.text), *find_known(folded.text, known)]
    if read_names:
        hits += find_by_dictionary(folded.text)
    spans = [
        Span(*folded.original_range(hit.start, hit.end), hit.kind, hit.reason)
        for hit in hits
        if not _is_kept(hit, kept)
    ]
    return _merge(spans)


def mask(text: str, spans: Iterable[Span]) -> str:
    """Return `text` with each span replaced by its placeholder. Raises ValueError when spans overlap or lie outside."""
    pieces: list[str] = []
    position = 0
    for span in sorted(spans, key=lambda span: span.start):
        if not position <= span.start < span.end <= len(text):
            raise ValueError("spans must lie inside the text and must not overlap")
        pieces += [text[position : span.start], PLACEHOLDERS[span.kind]]
        position = span.end
    return "".join(pieces) + text[position:]


def _identities(allowed: Iterable[str]) -> frozenset[str]:
    """Every form in which an allowed value may be recognised."""
    forms: set[str] = set()
    for value in allowed:
        plain = fold(value).text.strip()
        digits = "".join(char for char in plain.translate(KANJI_DIGITS) if char in "0123456789")
        forms |= {plain, plain.lower(), digits, normalise_phone(value) or "", normalise_name(value)}
    return frozenset(forms - {""})


def _is_kept(hit: Found, kept: frozenset[str]) -> bool:
    return hit.identity in kept


def _merge(spans: list[Span]) -> list[Span]:
    """Join overlapping spans; the longest gives kind and reason, and nothing that any of them covered is left open."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            longer = span if span.end - span.start > last.end - last.start else last
            merged.append(Span(last.start, max(last.end, span.end), longer.kind, longer.reason))
        else:
            merged.append(span)
    return merged
