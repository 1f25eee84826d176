"""Words for which nothing was found: which of them may be kept. Pure."""

from __future__ import annotations

import re

from caasis.engines.japanese import fold_for_search

LONGEST = 60
# A telephone, a card, an address, a mail: whatever has many digits in a row, or looks like an address.
_PERSONAL = re.compile(r"[0-9][0-9 \-]{4,}|@|丁目|番地|様$|さん")


def words_to_keep(query: str) -> str:
    """The words in one width and case, or an empty text for those that may name a person or are too long to be words."""
    words = " ".join(fold_for_search(query).split())
    return words if 2 <= len(words) <= LONGEST and not _PERSONAL.search(words) else ""
