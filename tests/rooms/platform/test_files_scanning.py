"""Scanning uploads: the INSTREAM protocol, against a server that this test runs."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from caasis.kernel.errors import Invalid
from caasis.platform.files.scanning import Scan, ScannerAway, scan

# The EICAR test string in two pieces, so that no scanner takes this file itself for a virus.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 1024 * 1024


def read_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def serve_instream(connection: socket.socket) -> None:
    """What clamd does with one INSTREAM session."""
    assert read_exactly(connection, 10) == b"zINSTREAM\0"
    data = b""
    while length := struct.unpack(">I", read_exactly(connection, 4))[0]:
        data += read_exactly(connection, length)
        if len(data) > LIMIT:
            connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
    connection.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


@pytest.fixture
def clamd(tmp_path: Path, settings) -> Iterator[Callable[[str], None]]:  # type: ignore[no-untyped-def]
    servers: list[socket.socket] = []

    def start(family: str, session: Callable[[socket.socket], None] = serve_instream) -> None:
        if family == "unix":
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(tmp_path / "clamd"))
            settings.CLAMD_SOCKET = str(tmp_path / "clamd")
        else:
            server = socket.socket(socket.AF_INET)
            server.bind(("127.0.0.1", 0))
            settings.CLAMD_SOCKET = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen()
        servers.append(server)

        def loop() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        session(connection)
                    except ConnectionError:
                        pass

        threading.Thread(target=loop, daemon=True).start()

    yield start
    for server in servers:
        server.close()


def test_without_a_scanner_a_file_counts_as_not_scanned(settings) -> None:  # type: ignore[no-untyped-def]
    settings.CLAMD_SOCKET = ""
    assert scan(EICAR) is Scan.NOT_SCANNED


@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_a_clean_file_passes_whatever_its_size(clamd, family: str) -> None:  # type: ignore[no-untyped-def]
    clamd(family)
    assert scan(b"") is Scan.CLEAN
    assert scan(b"x" * 300_000) is Scan.CLEAN


def test_an_infected_file_is_refused_wherever_the_signature_lies(clamd) -> None:  # type: ignore[no-untyped-def]
    clamd("unix")
    with pytest.raises(Invalid, match="ウイルス"):
        scan(b"x" * (64 * 1024 - 10) + EICAR)


def test_a_file_over_the_scanners_own_limit_is_not_taken_as_clean(clamd) -> None:  # type: ignore[no-untyped-def]
    clamd("unix")
    with pytest.raises(ScannerAway):
        scan(b"x" * (4 * LIMIT))


def test_a_scanner_that_is_away_or_dies_refuses_the_file(clamd, settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    with pytest.raises(ScannerAway):
        scan(b"x")
    clamd("unix", lambda connection: None)
    with pytest.raises(ScannerAway):
        scan(b"x")
