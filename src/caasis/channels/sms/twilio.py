"""SMS through Twilio's published REST interface (Messages, version 2010-04-01), which other providers copy."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from caasis.channels.ports import Lost, Refused, Unreachable

#: "Too many requests" and what says that they are busy: not taken, and worth another try.
_BUSY = (429, 502, 503)
# It writes every address that is asked for.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSms:
    """account: the account's SID, with which `token` belongs. sender: a number (+81…), a word, or a messaging service's SID."""

    account: str
    token: str = field(repr=False)
    sender: str
    url: str = "https://api.twilio.com"
    timeout_s: float = 10.0

    def send(self, *, number: str, text: str) -> str:
        """As the port says."""
        sender = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        try:
            answer = httpx.post(
                f"{self.url.rstrip('/')}/2010-04-01/Accounts/{quote(self.account, safe='')}/Messages.json",
                data={"To": number, sender: self.sender, "Body": text},
                auth=(self.account, self.token),
                timeout=self.timeout_s,
                trust_env=False,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
            raise Unreachable(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise Lost(type(error).__name__) from None
        if answer.status_code in _BUSY:
            raise Unreachable(str(answer.status_code))
        told = _read(answer)
        if answer.status_code >= 500:
            raise Lost(str(answer.status_code))
        if answer.status_code not in (200, 201):
            raise Refused(str(told.get("code") or answer.status_code)[:20])
        if told.get("error_code") or told.get("status") in ("failed", "undelivered"):
            raise Refused(str(told.get("error_code") or told.get("status"))[:20])
        return str(told.get("sid", ""))[:64]


def _read(answer: httpx.Response) -> dict[str, object]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
