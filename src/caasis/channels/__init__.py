"""Contacts and messages of every channel."""
