"""Backup and restore of database, files and keys together. Free of Django: a restore runs before there is a database."""
