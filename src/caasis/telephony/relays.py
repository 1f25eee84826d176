"""How two browsers find each other for the picture: coturn's shared-secret scheme (draft-uberti-behave-turn-rest)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

#: A page that is open longer than this fetches its state anew when the picture has to be made again.
VALID_FOR = timedelta(hours=6)


def ice_servers(
    *, stun: Sequence[str], turn: Sequence[str], secret: str, who: str, now: datetime
) -> list[dict[str, Any]]:
    """`iceServers` for a browser. A relay without a secret is left out: it would let everybody or nobody through.

    :param who: an id of this page's talk, never a name; it stands in the relay's log.
    """
    servers: list[dict[str, Any]] = []
    if stun:
        servers.append({"urls": list(stun)})
    if turn and secret:
        user = f"{int((now + VALID_FOR).timestamp())}:{who}"
        digest = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
        servers.append({"urls": list(turn), "username": user, "credential": base64.b64encode(digest).decode()})
    return servers
