"""Public pages kept before Django, purged by events, and shown from disk while the rest is down."""
