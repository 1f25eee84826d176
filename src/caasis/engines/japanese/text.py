"""Normalisation of Japanese text: widths, hyphens, spaces, kana.

NFKC alone is too blunt for a record: it replaces the compatibility ideographs that JIS X 0213 lists as characters of
their own (U+FA19 and the like occur in family names). What is *stored* therefore keeps them (`normalise_text`), what is
*compared* folds them (`fold_for_search`, `normalise_name`).
"""

from __future__ import annotations

import re
import unicodedata

import jaconv

_COMPATIBILITY_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Control characters, lone surrogates, byte-order marks and zero-width characters carry no text, and some of them break
# encoders. U+200D and the variation selectors stay: emoji and ideographic variants need them.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ud800-\udfff\ufff9-\ufffb]")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_HYPHENS = re.compile("[‐‑‒–—―−─━⁃﹘]")
# The long-vowel mark is a hyphen only between letters or digits: 「０３ー１２３４」, never in 「カード」.
_LONG_VOWEL_AS_HYPHEN = re.compile("(?<=[0-9A-Za-z])ー(?=[0-9A-Za-z])")
_BLANKS = re.compile("[^\\S\n]+")
_BLANKS_AT_LINE_BREAK = re.compile(" ?\n ?")

_KANA_ONLY = re.compile("[\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30fe]+")
_NAME_SEPARATORS = re.compile("[\\s・･,、.。]+")
# Variants of one and the same kanji that clerks type interchangeably in family names. Kanji that are names of their own
# (斎 and 斉, 島 and 嶋) are not folded.
_NAME_VARIANTS = str.maketrans("髙﨑𠮷濵濱邊邉德廣澤櫻國黑", "高崎吉浜浜辺辺徳広沢桜国黒")


def normalise_text(text: str) -> str:
    """Return `text` with one width, one hyphen and single blanks; line breaks stay, kanji stay as typed.

    Like NFKC, except that compatibility ideographs (JIS level 3 and 4) are kept. Ideographic variation sequences
    survive. The result is stable: normalising it again changes nothing.
    """
    text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text))
    parts = _COMPATIBILITY_IDEOGRAPHS.split(text)
    text = "".join(part if index % 2 else unicodedata.normalize("NFKC", part) for index, part in enumerate(parts))
    text = _HYPHENS.sub("-", text)
    text = _LONG_VOWEL_AS_HYPHEN.sub("-", text)
    text = _BLANKS.sub(" ", text)
    return _BLANKS_AT_LINE_BREAK.sub("\n", text).strip()


def fold_for_search(text: str) -> str:
    """Return the form in which texts are compared: normalised, lower case, without variants of the same character."""
    return _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFKC", normalise_text(text))).lower()


def to_hiragana(text: str) -> str:
    """Turn full- and half-width katakana into hiragana; everything else stays."""
    return jaconv.kata2hira(jaconv.h2z(text))


def to_katakana(text: str) -> str:
    """Turn hiragana and half-width katakana into full-width katakana; everything else stays."""
    return jaconv.hira2kata(jaconv.h2z(text))


def normalise_name(text: str) -> str:
    """Return the form of a personal name that blind indexes are computed from.

    NFKC, lower case, no blanks or middle dots, no variation selectors, interchangeable variants (髙, 﨑, 邉 …) as the
    common kanji. A name written in kana only becomes katakana, so that 「やまだ はなこ」 meets 「ヤマダハナコ」.
    """
    name = fold_name_variants(_NAME_SEPARATORS.sub("", fold_for_search(text)))
    return to_katakana(name) if _KANA_ONLY.fullmatch(name) else name


def fold_name_variants(text: str) -> str:
    """Replace kanji variants that are typed interchangeably in names (髙 → 高); the length stays the same."""
    return text.translate(_NAME_VARIANTS)


def bigrams(text: str) -> list[str]:
    """Return the overlapping character pairs of `text`, in order, as the search index stores them.

    Pairs never span a blank; a single character between blanks is returned alone. The text is folded first, so that
    a query and a document which differ in width, case or kanji variant give the same pairs.
    """
    pairs: list[str] = []
    for run in fold_for_search(text).split():
        if len(run) == 1:
            pairs.append(run)
        else:
            pairs.extend(run[index : index + 2] for index in range(len(run) - 1))
    return pairs
