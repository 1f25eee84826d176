"""Municipalities, centres, partnerships, opening hours, settings and flags per centre."""
