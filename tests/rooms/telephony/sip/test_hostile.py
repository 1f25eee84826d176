"""Noise, mutations, floods and strange answers: the engine goes on, calls go on, and memory stays."""

from __future__ import annotations

import random
import socket

import psutil

from caasis.telephony.signals import IncomingCall
from tests.rooms.telephony.sip.conftest import House
from tests.rooms.telephony.sip.phone import eventually
from tests.rooms.telephony.sip.test_gate import ANSWER, GOOD

METHODS = (
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "INFO",
    "UPDATE",
    "PRACK",
    "REFER",
    "NOTIFY",
    "SUBSCRIBE",
)
VALUES = (
    "",
    "\x00",
    "%00",
    "<>",
    "sip:",
    "<sip:a@b",
    '"',
    "a" * 4_000,
    "-1",
    "4294967296",
    "9" * 40,
    ";;;;",
    "日本語",
    "\r\n\r\n",
)


def as_request(method: str, n: int) -> str:
    text = (
        GOOD.replace("INVITE", method).replace("one@127.0.0.1", f"h{n}@127.0.0.1").replace("z9hG4bKabc", f"z9hG4bK{n}")
    )
    return text


def still_works(house: House) -> None:
    call, _ = house.answered(house.line)
    house.line.hang_up(call)
    assert house.running.lives


def strike(house: House, messages: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for message in messages:
            one.sendto(message, house.running.address)


def test_noise_and_mutations_from_a_stranger(house: House):
    chance = random.Random(7)
    messages = [chance.randbytes(chance.randint(0, 2_000)) for _ in range(300)]
    messages += [b"", b"\r\n\r\n", b"A" * 60_000, GOOD.encode() * 3]
    for n, method in enumerate(METHODS * 20):
        data = bytearray(as_request(method, n).encode())
        for _ in range(chance.randint(0, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        messages.append(bytes(data))
    strike(house, messages)
    still_works(house)


def test_every_header_with_every_strange_value_from_the_line(house: House):
    """From an address that is trusted: only the gate and the parser stand before the engine."""
    n = 0
    for method in METHODS:
        for line in as_request(method, 0).split("\r\n")[1:8]:
            name = line.split(":")[0]
            for value in VALUES:
                n += 1
                house.line.send(as_request(method, n).replace(line, f"{name}: {value}", 1).encode())
    for value in VALUES:
        house.line.send(ANSWER.replace("one@127.0.0.1", value or "x").encode())
    still_works(house)


def test_strange_authorisations_are_refused(house: House):
    phone = house.phone("1001", registered=False)
    uri, me = "sip:x", "<sip:1001@x>"
    contact = f"Contact: <sip:1001@127.0.0.1:{phone.address[1]}>"
    for n, value in enumerate(("Digest", "Basic eDp5", "Digest username=", 'Digest username="1001",realm="caasis",nonce="x",'
        'uri="sip:x",response="0"', "Digest " + "a=b," * 300, 'Digest username="1001",response=""')):  # fmt: skip
        answer = phone.ask("REGISTER", uri, me, me, f"auth-{n}", [contact, f"Authorization: {value}"])
        assert answer is not None and answer.code in (400, 401, 403), value
    assert house.running.snapshot().users == ()


def test_a_flood_from_one_source_leaves_the_others_alone_and_memory_flat(house: House):
    process = psutil.Process(house.running.pid)
    strike(house, [as_request("OPTIONS", n).encode() for n in range(2_000)])
    still_works(house)
    before = process.memory_info().rss
    for round_ in range(5):
        strike(house, [as_request("OPTIONS", round_ * 10_000 + n).encode() for n in range(4_000)])
    still_works(house)
    assert process.memory_info().rss - before < 30_000_000


def test_a_flood_of_invitations_without_a_password_makes_no_call(house: House):
    strike(house, [as_request("INVITE", n).encode() for n in range(1_000)])
    still_works(house)
    assert len([one for one in house.signals() if isinstance(one, IncomingCall)]) == 1
    assert len(house.running.snapshot().legs) <= 1


def test_a_caller_who_never_acknowledges_is_let_go(house: House):
    call, leg = house.answered(house.line)
    house.line._asked = lambda message: None  # type: ignore[method-assign]
    call.sound.port = 0
    house.line.hang_up(call)
    eventually(lambda: leg not in {one.leg for one in house.running.snapshot().legs}, what="the leg is over")
