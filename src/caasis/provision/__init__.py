"""API and open data."""
