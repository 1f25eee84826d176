"""AudioSocket: sound comes in whatever pieces TCP brings it, from nobody but whom it was expected from."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from caasis.telephony.adapters.asterisk.ears import KEPT_PIECES, PIECE, Ears, Tap


@pytest.fixture
def ears() -> Iterator[Ears]:
    made = Ears("127.0.0.1", 0)
    yield made
    made.close()


def dial(ears: Ears) -> socket.socket:
    host, _, port = ears.address.rpartition(":")
    wire = socket.create_connection((host, int(port)), timeout=5)
    wire.settimeout(5)
    return wire


def message(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2) + payload


def hung_up(wire: socket.socket) -> bool:
    try:
        return wire.recv(1) == b""
    except ConnectionResetError:
        return True


def test_sound_comes_in_pieces_of_100_ms(ears: Ears):
    name, tap = uuid4(), Tap()
    ears.expect(name, tap)
    sound = bytes(range(256)) * 25
    with dial(ears) as wire:
        told = message(0x01, name.bytes) + b"".join(message(0x10, sound[at : at + 320]) for at in range(0, 6_400, 320))
        # One byte at a time, as a network may bring it.
        for byte in told:
            wire.sendall(bytes([byte]))
        pieces = [next(tap) for _ in range(4)]
    assert b"".join(pieces) == sound and {len(one) for one in pieces} == {PIECE}


def test_other_messages_are_passed_over(ears: Ears):
    name, tap = uuid4(), Tap()
    ears.expect(name, tap)
    with dial(ears) as wire:
        wire.sendall(
            message(0x01, name.bytes) + message(0x03, b"5") + message(0x77, b"?") + message(0x10, b"\1" * PIECE)
        )
        assert next(tap) == b"\1" * PIECE


@pytest.mark.parametrize(
    "said",
    [message(0x01, bytes(16)), message(0x01, b"short"), message(0x10, b"\0" * 320), b"GET / HTTP/1.1\r\n" * 3_000],
    ids=["an unknown name", "no name", "sound without a name", "HTTP"],
)
def test_a_stranger_is_hung_up_on(ears: Ears, said: bytes):
    with dial(ears) as wire:
        try:
            wire.sendall(said)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert hung_up(wire)


def test_the_end_of_a_tap_hangs_up_and_ends_the_reader(ears: Ears):
    name, tap = uuid4(), Tap()
    ears.expect(name, tap)
    with dial(ears) as wire:
        wire.sendall(message(0x01, name.bytes) + message(0x10, b"\1" * PIECE))
        assert next(tap)
        ears.forget(name)
        wire.sendall(message(0x10, b"\2" * PIECE))
        assert hung_up(wire)
    assert list(tap) in ([], [b"\2" * PIECE])


def test_asterisk_hangs_up(ears: Ears):
    name, tap = uuid4(), Tap()
    ears.expect(name, tap)
    with dial(ears) as wire:
        wire.sendall(message(0x01, name.bytes) + message(0x00, b""))
        assert hung_up(wire)
    assert not tap.ended, "the leg lives; only its end ends a tap"


def test_a_slow_reader_loses_the_oldest():
    tap = Tap()
    for n in range(KEPT_PIECES + 5):
        tap.put(bytes([n]) * PIECE)
    tap.end()
    assert [one[0] for one in tap] == list(range(5, KEPT_PIECES + 5))


def test_a_reader_waits_for_sound_and_for_the_end():
    tap = Tap()
    threading.Timer(0.05, lambda: tap.put(b"\1" * PIECE)).start()
    threading.Timer(0.1, tap.end).start()
    assert list(tap) == [b"\1" * PIECE]


def test_closing_ends_every_tap():
    ears, tap = Ears("127.0.0.1", 0), Tap()
    ears.expect(uuid4(), tap)
    wire = dial(ears)
    ears.close()
    assert tap.ended and list(tap) == [] and hung_up(wire)
    wire.close()
