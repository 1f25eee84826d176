"""Credentials for coturn: its shared-secret scheme, checked as coturn does it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from caasis.telephony.relays import VALID_FOR, ice_servers

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def test_the_credential_is_the_mac_of_the_name_and_the_name_begins_with_its_end() -> None:
    (server,) = ice_servers(stun=[], turn=["turn:a", "turns:b"], secret="north", who="talk", now=NOW)
    ends, who = server["username"].split(":")
    assert (int(ends), who) == (int((NOW + VALID_FOR).timestamp()), "talk")
    mac = hmac.new(b"north", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == mac
    assert server["urls"] == ["turn:a", "turns:b"]


def test_a_relay_without_a_secret_is_left_out() -> None:
    assert ice_servers(stun=["stun:a"], turn=["turn:a"], secret="", who="talk", now=NOW) == [{"urls": ["stun:a"]}]
    assert ice_servers(stun=[], turn=[], secret="north", who="talk", now=NOW) == []
