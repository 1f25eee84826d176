"""A coded term: one line of a versioned code list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    """One code with its Japanese and English label.

    `parent` is the code of the broader term, empty at the top. `valid_from` and `valid_to` are both inclusive; None means
    without bound. `source` names the publication or article that the term was taken from; `verified` is False while
    somebody still has to compare it with that source (要確認). `search_words` are everyday words that lead to it.
    """

    code: str
    label: str
    label_en: str = ""
    parent: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    verified: bool = False
    search_words: tuple[str, ...] = ()

    def is_valid_on(self, day: date) -> bool:
        """Whether the term may be used for something that happened on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def label_in(self, lang: str) -> str:
        """The label in a language; Japanese where there is no English one."""
        return self.label_en if lang == "en" and self.label_en else self.label
