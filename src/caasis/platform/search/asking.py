"""What all adapters do alike with the arguments and candidates of a search."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from caasis.platform.search.analysis import fold
from caasis.platform.search.conditions import Condition
from caasis.platform.search.matching import TextView, query_holds
from caasis.platform.search.paging import fingerprint
from caasis.platform.search.ports import FetchText, Hit, Sort
from caasis.platform.search.queries import MAX_LENGTH, ParsedQuery

_UNFINISHED_KANA = re.compile("(?<=[ぁ-ゖァ-ヺー])[a-z]{1,3}$")


def checked_limit(limit: int) -> int:
    """A page holds 1 to 100 documents; anything else is a mistake of the caller."""
    if not 1 <= limit <= 100:
        raise ValueError("a page holds 1 to 100 documents")
    return limit


def earliest_day(today: date, years: int | None) -> date | None:
    """The first day of a search over that many years; None for all."""
    if years is None:
        return None
    # On 29 February, a year ago is taken as 28 February.
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(max(1, today.year - max(1, years)), today.month, day)


def search_fingerprint(parsed: ParsedQuery, filters: Condition, sort: Sort, years: int | None) -> str:
    """What a cursor belongs to."""
    return fingerprint(parsed, filters, sort, years)


def verified(hits: Sequence[Hit], parsed: ParsedQuery, fetch_text: FetchText | None) -> set[str]:
    """Ids of the hits whose current text still fulfils the query; all of them when texts can't be fetched.

    A row that `fetch_text` leaves out is gone (or hidden) since it was indexed.
    """
    ids = [hit.id for hit in hits]
    if fetch_text is None or not ids:
        return set(ids)
    texts = fetch_text(ids)
    return {id for id in ids if id in texts and query_holds(parsed, TextView(texts[id]))}


def pieces_typed(prefix: str) -> list[str]:
    """What has been typed so far, folded and cut at blanks, without the letters of a kana that isn't finished yet."""
    pieces = [_UNFINISHED_KANA.sub("", piece) for piece in fold(prefix[:MAX_LENGTH]).split()]
    return [piece for piece in pieces if any(character.isalnum() for character in piece)][:8]


def sorted_facets(counter: Counter[str]) -> dict[str, int]:
    """The most frequent value first, equal ones by name."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
