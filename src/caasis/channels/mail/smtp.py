"""Mail through an SMTP server (RFC 5321), with TLS from the start, STARTTLS (RFC 3207), or, on the same machine, without."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import HeaderParseError

from caasis.channels.mail.composing import ascii_address, compose
from caasis.channels.mail.ports import Letter
from caasis.channels.ports import Lost, Refused, Unreachable
from caasis.kernel.clock import utc_now
from caasis.kernel.ids import uuid7

PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMail:
    """security: "tls", "starttls" or "none". `sender` is the address that stands in From and takes what comes back."""

    host: str
    sender: str
    sender_name: str = ""
    security: str = "starttls"
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    #: A file of the authority that signed the server's certificate, where it is not one that everybody knows.
    authority: str = ""
    timeout_s: float = 20.0

    def send(self, *, to: str, letter: Letter) -> str:
        """As the port says."""
        name = f"{uuid7().hex}@{self.sender.rpartition('@')[2]}"
        try:
            receiver = ascii_address(to)
            mail = compose(
                to=receiver, sender=self.sender, sender_name=self.sender_name, letter=letter, name=name, now=utc_now()
            )
        except (ValueError, HeaderParseError, IndexError):
            raise Refused("address") from None
        server = self._connected()
        try:
            self._hand_over(server, receiver, mail.as_bytes())
        finally:
            server.close()
        return name

    def _connected(self) -> smtplib.SMTP:
        port = self.port or PORTS[self.security]
        try:
            if self.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, port, timeout=self.timeout_s, context=self._context())
            else:
                server = smtplib.SMTP(self.host, port, timeout=self.timeout_s)
            try:
                if self.security == "starttls":
                    server.starttls(context=self._context())
                if self.user:
                    server.login(self.user, self.password)
            except BaseException:
                server.close()
                raise
        except smtplib.SMTPResponseException as error:
            # Also a wrong password: whoever runs this may mend it meanwhile.
            raise Unreachable(str(error.smtp_code)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(type(error).__name__) from None
        return server

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority or None)

    def _hand_over(self, server: smtplib.SMTP, receiver: str, content: bytes) -> None:
        try:
            server.ehlo_or_helo_if_needed()
            _expect(server.mail(self.sender, ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []), 250)
            _expect(server.rcpt(receiver), 250, 251)
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(type(error).__name__) from None
        try:
            _expect(server.data(content), 250)
        except smtplib.SMTPDataError as error:
            _expect((error.smtp_code, b""), 250)
        except (OSError, smtplib.SMTPException) as error:
            # From here on the server may have it, though its word never came.
            raise Lost(type(error).__name__) from None


def _expect(answer: tuple[int, bytes], *good: int) -> None:
    code = answer[0]
    if code in good:
        return
    # 4yz: not now. 421 in particular: the server is closing down.
    raise Unreachable(str(code)) if 400 <= code < 500 or code < 0 else Refused(str(code))
