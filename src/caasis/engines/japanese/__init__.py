"""Japanese text: normalisation, kana, words, dates, amounts, telephone numbers. Pure; other engines may import it."""

from caasis.engines.japanese.dates import WEEKDAYS, format_date_ja, format_date_near, parse_japanese_date
from caasis.engines.japanese.numbers import MAX_YEN, format_yen, parse_yen
from caasis.engines.japanese.phones import normalise_phone
from caasis.engines.japanese.text import (
    bigrams,
    fold_for_search,
    fold_name_variants,
    normalise_name,
    normalise_text,
    to_hiragana,
    to_katakana,
)
from caasis.engines.japanese.words import Morpheme, content_word, content_words, morphemes, reading

__all__ = [
    "MAX_YEN",
    "WEEKDAYS",
    "Morpheme",
    "bigrams",
    "content_word",
    "content_words",
    "fold_for_search",
    "fold_name_variants",
    "format_date_ja",
    "format_date_near",
    "format_yen",
    "morphemes",
    "normalise_name",
    "normalise_phone",
    "normalise_text",
    "parse_japanese_date",
    "parse_yen",
    "reading",
    "to_hiragana",
    "to_katakana",
]
