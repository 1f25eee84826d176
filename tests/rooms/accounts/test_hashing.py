"""What passwords are hashed with: the tests' own cheap hasher must never be the product's."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, make_password

from caasis.config import settings as product
from tests.support.hashing import QuickArgon2


def test_the_product_hashes_with_argon2_at_the_librarys_full_cost() -> None:
    assert product.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
    assert Argon2PasswordHasher.memory_cost >= 100 * 1024 and Argon2PasswordHasher.time_cost >= 2


def test_tests_hash_cheaply_in_the_same_form() -> None:
    assert isinstance(get_hasher(), QuickArgon2)
    assert make_password("みほん").startswith("argon2$argon2id$")
