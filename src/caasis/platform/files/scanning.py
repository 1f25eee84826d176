"""Virus scanning by clamd, where the operator runs one (CAASIS_CLAMD: a socket's path, or host:port).

Source of the protocol: clamd(8), INSTREAM: `zINSTREAM\\0`, then chunks as a four-byte big-endian length and the bytes,
then a length of zero; the answer is one line that ends with a null byte.
"""

from __future__ import annotations

import logging
import socket
import struct
from enum import StrEnum

from django.conf import settings

from caasis.kernel.errors import DomainError, Invalid

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 30.0
_CHUNK = 64 * 1024
INFECTED = "ウイルスが見つかりました。このファイルは送れません。"


class Scan(StrEnum):
    NOT_SCANNED = "not_scanned"
    CLEAN = "clean"


class ScannerAway(DomainError):
    """A scanner is configured and doesn't answer: the file is not taken, because nobody has looked at it."""

    status = 503
    code = "scanner_away"
    default_message = "ファイルを確かめられません。少し待って、もう一度お試しください。"


def scan(content: bytes) -> Scan:
    """Ask the configured scanner; without one the file counts as not scanned.

    :raises Invalid: when it found something.
    :raises ScannerAway: when it can't be asked or didn't finish.
    """
    address = settings.CLAMD_SOCKET
    if not address:
        return Scan.NOT_SCANNED
    try:
        answer = _ask(address, content)
    except OSError:
        log.warning("the virus scanner does not answer")
        raise ScannerAway from None
    if answer.endswith("FOUND"):
        log.warning("the virus scanner refused a file")
        raise Invalid(INFECTED)
    if not answer.endswith(": OK"):
        log.warning("the virus scanner answered with an error")
        raise ScannerAway
    return Scan.CLEAN


def _ask(address: str, content: bytes) -> str:
    with _connect(address) as connection:
        try:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), _CHUNK):
                part = content[start : start + _CHUNK]
                connection.sendall(struct.pack(">I", len(part)) + part)
            connection.sendall(struct.pack(">I", 0))
        except (BrokenPipeError, ConnectionResetError):
            # The scanner closes early when the stream is over its own limit; its answer says so.
            pass
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            part = connection.recv(1024)
            if not part:
                break
            answer += part
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connect(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in address:
        return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection
