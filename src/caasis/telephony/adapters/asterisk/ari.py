"""Asterisk's REST interface (ARI): requests, and what goes wrong with them."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

import httpx

from caasis.telephony.adapters.asterisk.setup import AsteriskSetup

#: Asterisk hangs up a connection on which nothing is asked for 15 s (session_keep_alive); we do before.
KEPT_S = 5.0
# It writes every address that is asked for, and those hold telephone numbers.
logging.getLogger("httpx").setLevel(logging.WARNING)


class AriError(Exception):
    """Asterisk answered that it can't: `status` is the HTTP status, 404 for what is not there (any more)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status


class AriLost(Exception):
    """Asterisk did not answer."""


class Ari:
    """One connection pool to one Asterisk, for one thread."""

    def __init__(self, setup: AsteriskSetup) -> None:
        self._http = httpx.Client(
            base_url=setup.url.rstrip("/") + "/",
            auth=(setup.user, setup.password),
            timeout=setup.timeout_s,
            limits=httpx.Limits(keepalive_expiry=KEPT_S),
            trust_env=False,
        )

    def get(self, *path: str, **query: str | int) -> Any:
        """Ask for something. Raises AriError, AriLost."""
        return self._ask("GET", path, query)

    def post(self, *path: str, variables: dict[str, str] | None = None, **query: str | int) -> Any:
        """Do something. Raises AriError, AriLost."""
        return self._ask("POST", path, query, variables)

    def delete(self, *path: str, **query: str | int) -> Any:
        """End something. Raises AriError, AriLost."""
        return self._ask("DELETE", path, query)

    def end(self, *path: str, **query: str | int) -> None:
        """End something that may have ended already. Raises AriError for anything but that, AriLost."""
        try:
            self.delete(*path, **query)
        except AriError as error:
            if error.status != 404:
                raise

    def content(self, *path: str) -> bytes:
        """A file. Raises AriError, AriLost."""
        return self._send("GET", path, {}, None).content

    def close(self) -> None:
        self._http.close()

    def _ask(
        self, method: str, path: tuple[str, ...], query: dict[str, str | int], variables: dict[str, str] | None = None
    ) -> Any:
        answer = self._send(method, path, query, variables)
        return answer.json() if answer.content else None

    def _send(
        self, method: str, path: tuple[str, ...], query: dict[str, str | int], variables: dict[str, str] | None
    ) -> httpx.Response:
        address = "/".join(quote(part, safe="") for part in path)
        body = {"variables": variables} if variables else None
        try:
            try:
                answer = self._http.request(method, address, params=query, json=body)
            except httpx.RemoteProtocolError:
                # Asterisk hung up a connection that it had kept, at the moment at which we used it.
                answer = self._http.request(method, address, params=query, json=body)
        except httpx.TransportError as error:
            # Its words may hold the address, and that a number.
            raise AriLost(type(error).__name__) from error
        if answer.is_error:
            raise AriError(answer.status_code, answer.reason_phrase)
        return answer
