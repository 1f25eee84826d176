"""The embedded index: tantivy, in process, one folder of partitions."""

from caasis.platform.search.adapters.tantivy.index import TantivyIndex, open_reader

__all__ = ["TantivyIndex", "open_reader"]
