"""Articles and alerts."""
