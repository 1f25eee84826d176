"""Adapters of `ports.SearchIndex`, one folder each."""
