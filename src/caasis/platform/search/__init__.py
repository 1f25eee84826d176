"""Search: a projection of the database that can be thrown away and rebuilt. Knows no word of the domain.

Rooms call `register_kind` at the start and `search_index().search(…)`; `indexer.run` is the process that writes.
"""

from caasis.platform.search.access import search_index, use_folder, use_index
from caasis.platform.search.conditions import EVERYTHING, AllOf, AnyOf, Condition, Days, Has
from caasis.platform.search.documents import TIMELESS, SearchDocument
from caasis.platform.search.highlight import Segment, snippet
from caasis.platform.search.ports import Count, Hit, Readiness, SearchIndex, SearchPage
from caasis.platform.search.sources import IndexEvent, kind_source, register_events, register_kind

__all__ = [
    "EVERYTHING",
    "TIMELESS",
    "AllOf",
    "AnyOf",
    "Condition",
    "Count",
    "Days",
    "Has",
    "Hit",
    "IndexEvent",
    "Readiness",
    "SearchDocument",
    "SearchIndex",
    "SearchPage",
    "Segment",
    "kind_source",
    "register_events",
    "register_kind",
    "search_index",
    "snippet",
    "use_folder",
    "use_index",
]
