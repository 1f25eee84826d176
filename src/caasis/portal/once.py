"""A form that is sent twice is one deed: a random secret that we made lies in the form, signed, and goes with it.

Where the deed has a link of its own, the secret becomes that link: only its hash is kept.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core import signing

_SALT = "portal.once"
_AGE = timedelta(hours=12)
#: What is signed is 32 letters; whatever is much longer is none of ours.
_LONGEST = 200


def new_token() -> str:
    """For the hidden field of a new form. 192 random bits."""
    return signing.dumps(secrets.token_urlsafe(24), salt=_SALT)


def secret_in(token: str) -> str | None:
    """The secret of a token that we made within half a day; None for any other."""
    try:
        secret = signing.loads(token[:_LONGEST], salt=_SALT, max_age=_AGE)
    except signing.BadSignature:
        return None
    return secret if isinstance(secret, str) else None
