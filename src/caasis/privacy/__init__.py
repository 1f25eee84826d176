"""Purposes, sealed fields, record keys, blind index, masking, retention, erasure."""
