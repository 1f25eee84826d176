"""What the switchboard says when something can't be done now."""

from __future__ import annotations


class NotNow(Exception):
    """It can't be done; the text is a sentence for whoever asked."""
