"""Engines that carry calls, one folder each."""
