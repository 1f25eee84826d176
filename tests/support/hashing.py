"""Argon2 at its lowest cost: what is hashed in tests needs no protection, and there are thousands of hashes in a run."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The same format and the same code as the product's, with 8 KiB instead of 100 MiB."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
