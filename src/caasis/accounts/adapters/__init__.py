"""Adapters to outside systems of the accounts room."""
