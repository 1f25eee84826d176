"""A mail server as a peer: aiosmtpd with TLS, STARTTLS and passwords. It keeps what it takes."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "portal", "mihon"


class MailServer:
    """`letters`: what was taken, with its envelope. `refuse`: the answer to the next receivers, or data. `silent`: it has
    the whole mail and hangs up without a word."""

    def __init__(self, folder: Path, security: str = "none", *, with_password: bool = False) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage]] = []
        self.refuse_receiver: list[str] = []
        self.refuse_data: list[str] = []
        self.silent = False
        self.connections = 0
        self.logins = 0
        self.authority = ""
        context = None
        if security != "none":
            self.authority, context = _certified(folder)
        server = self

        class Handler:
            async def handle_RCPT(self, smtp: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
                if server.refuse_receiver:
                    return server.refuse_receiver.pop(0)
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, smtp: SMTP, session: Any, envelope: Any) -> str:
                if server.refuse_data:
                    return server.refuse_data.pop(0)
                content = message_from_bytes(envelope.content, policy=default)
                assert isinstance(content, EmailMessage)
                server.letters.append((envelope.mail_from, list(envelope.rcpt_tos), content))
                if server.silent:
                    assert smtp.transport is not None
                    smtp.transport.abort()
                    await asyncio.sleep(0)
                return "250 taken"

            async def handle_EHLO(self, smtp: SMTP, session: Any, envelope: Any, name: str, answers: Any) -> Any:
                server.connections += 1
                session.host_name = name
                return answers

        def authenticate(smtp: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
            server.logins += good
            return AuthResult(success=good, handled=False)

        more: dict[str, Any] = {}
        if security == "starttls":
            more |= {"tls_context": context, "require_starttls": True}
        if security == "tls":
            more |= {"ssl_context": context}
        if with_password:
            # aiosmtpd knows of no TLS that was there from the start, and would take no password then.
            more |= {"authenticator": authenticate, "auth_required": security != "tls", "auth_require_tls": security != "tls"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._controller = Controller(Handler(), hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()

    def close(self) -> None:
        if self._controller.server is not None:
            self._controller.stop()


def _certified(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself: its file is also the authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    place, key_place = folder / "server.pem", folder / "server.key"
    place.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place, key_place)
    return str(place), context
