"""Numbers, dates, times, amounts and codes as they are spoken: what a synthesiser has to be told in kana."""

from caasis.engines.japanese.spoken.counters import COUNTERS, Counter, counter_kana
from caasis.engines.japanese.spoken.digits import Zero, code_kana
from caasis.engines.japanese.spoken.numbers import LIMIT, number_kana
from caasis.engines.japanese.spoken.text import Piece, pieces, speak

__all__ = [
    "COUNTERS",
    "LIMIT",
    "Counter",
    "Piece",
    "Zero",
    "code_kana",
    "counter_kana",
    "number_kana",
    "pieces",
    "speak",
]
