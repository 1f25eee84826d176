"""Fields of a partition, and the typed builder of its documents.

No text is stored: of a document, the doc store keeps its id and kind only.

    id, kind   stored; `id` is the term by which documents are replaced
    w          content words, the title's twice
    g          character pairs with positions: two characters and more are found wherever they stand
    r          the reading in threes
    s          the title for suggestions: its pairs, its reading's pairs, and its first characters
    t          filter fields, a JSON field: rooms bring their own names
    moment     the day, and within it an arbitrary but fixed order: sorting and paging key
"""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from pathlib import Path

import tantivy

from caasis.platform.search.analysis import GAP, analyse, fold, kana_runs, pair_runs, sounds
from caasis.platform.search.conditions import term_values
from caasis.platform.search.documents import SearchDocument, check_document

#: Raise it whenever fields or the tokens put into them change.
SCHEMA_VERSION = 3

_SPLIT = "split"
_TIE_BITS = 41
_START = "\x02"
_KANA = "\x03"
# A JSON field guesses types: a text that looks like a date would be indexed as one. The mark keeps values texts.
_VALUE = "="


def build_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("w", tokenizer_name=_SPLIT, index_option="freq")
    builder.add_text_field("g", tokenizer_name=_SPLIT, index_option="position")
    builder.add_text_field("r", tokenizer_name=_SPLIT, index_option="freq")
    builder.add_text_field("s", tokenizer_name=_SPLIT, index_option="basic")
    builder.add_json_field("t", tokenizer_name="raw", fast=True, index_option="basic")
    # Indexed only because tantivy checks types of indexed fields: elsewhere it drops a wrong value without a word.
    builder.add_integer_field("moment", indexed=True, fast=True)
    return builder.build()


SCHEMA = build_schema()


def open_partition(folder: Path, *, create: bool = False) -> tantivy.Index:
    """Open a partition's index; readers reload it explicitly. Without `create`, it has to be there."""
    if create:
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(SCHEMA, path=str(folder))
    else:
        index = tantivy.Index.open(str(folder))
    index.register_tokenizer(_SPLIT, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual", 0)
    return index


def build_document(document: SearchDocument) -> tantivy.Document:
    """Turn a checked document into tantivy's. Raises `PoisonRow` when a value has the wrong type."""
    check_document(document)
    title, body = analyse(document.title), analyse(document.body)
    built = tantivy.Document()
    built.add_text("id", document.id)
    built.add_text("kind", document.kind)
    built.add_text("w", f"{title.words} {title.words} {body.words}")
    built.add_text("g", f"{title.pairs} {GAP} {GAP} {body.pairs}")
    built.add_text("r", f"{title.sounds} {body.sounds} {' '.join(sounds(kana_runs(document.reading)))}")
    built.add_text("s", " ".join(suggestion_tokens(document.title, document.reading)))
    built.add_json("t", {name: [_VALUE + value for value in values] for name, values in term_values(document).items()})
    built.add_integer("moment", moment(document.day, document.id))
    return built


def moment(day: date, id: str) -> int:
    """Sorting key: the day in the high bits, a digest of the id below. Two documents never share one in practice."""
    tie = int.from_bytes(blake2b(id.encode(), digest_size=8).digest(), "big") >> (64 - _TIE_BITS)
    return (day.toordinal() << _TIE_BITS) | tie


def day_of(moment_value: int) -> date:
    return date.fromordinal(moment_value >> _TIE_BITS)


def first_moment(day: date) -> int:
    return day.toordinal() << _TIE_BITS


def last_moment(day: date) -> int:
    return ((day.toordinal() + 1) << _TIE_BITS) - 1


def term_token(value: str) -> str:
    """A filter value as the index holds it."""
    return _VALUE + value


def term_value(token: str) -> str:
    return token[len(_VALUE) :]


def suggestion_tokens(title: str, reading: str = "") -> list[str]:
    """Tokens of a title that is being suggested."""
    tokens: list[str] = []
    for run in fold(title).split()[:1]:
        tokens.append(_START + run[0])
    tokens.extend(token for run in pair_runs(title) for token in run)
    kana = kana_runs(title)
    if kana:
        tokens.append(_START + _KANA + kana[0][0])
    tokens.extend(_KANA + pair for run in [*kana, *kana_runs(reading)] for pair in _kana_pairs(run))
    return list(dict.fromkeys(tokens))


def typed_tokens(text: str) -> list[str]:
    """Tokens that a title must hold for characters typed so far (folded, without blanks)."""
    if len(text) == 1:
        return [_START + text]
    return list(dict.fromkeys(token for run in pair_runs(text) for token in run))


def typed_kana_tokens(kana: str) -> list[str]:
    """The same for katakana."""
    return [_START + _KANA + kana] if len(kana) == 1 else [_KANA + pair for pair in _kana_pairs(kana)]


def start_tokens(text: str, kana: str) -> list[str]:
    """Tokens of titles that start with the same character or sound."""
    return [_START + text[0]] + ([_START + _KANA + kana[0]] if kana else [])


def _kana_pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)] if len(run) > 1 else [run]
