"""Registrations, wrong passwords, and what may be called."""

from __future__ import annotations

from pathlib import Path

from caasis.telephony.adapters.embedded.settings import EngineSettings
from caasis.telephony.adapters.embedded.sip.registrar import LOCKED_S, LONGEST_S, MOST_FAILURES, SHORTEST_S, Registrar
from caasis.telephony.adapters.embedded.tolls import WINDOW_S, Tolls

HERE = ("192.0.2.1", 5070)


def test_the_newest_registration_counts_until_it_is_over():
    registrar = Registrar()
    assert registrar.register("1001", HERE, "a", "phone", 600, 0.0) == 600
    registrar.register("1001", ("192.0.2.2", 5070), "b", "phone", 600, 1.0)
    found = registrar.find("1001", 2.0)
    assert found and (found.address[0], found.contact_user) == ("192.0.2.2", "b")
    assert registrar.online(2.0) == ("1001",)
    assert registrar.find("1001", 700.0) is None and registrar.online(700.0) == ()
    assert registrar.expire(700.0) == ["1001"] and registrar.expire(700.0) == []
    assert not registrar.unregister("1001")


def test_a_time_is_held_within_bounds():
    registrar = Registrar()
    assert registrar.register("1001", HERE, "a", "", 1, 0.0) == SHORTEST_S
    assert registrar.register("1001", HERE, "a", "", 10**9, 0.0) == LONGEST_S


def test_after_many_wrong_passwords_an_address_is_locked_for_a_while():
    registrar = Registrar()
    for _ in range(MOST_FAILURES):
        assert not registrar.is_locked("192.0.2.1", 0.0)
        registrar.failed("192.0.2.1", 0.0)
    assert registrar.is_locked("192.0.2.1", 1.0) and not registrar.is_locked("192.0.2.2", 1.0)
    assert not registrar.is_locked("192.0.2.1", LOCKED_S + 1)


def settings(**more: object) -> EngineSettings:
    return EngineSettings(socket=Path("s"), prompts=Path("p"), recordings=Path("r"), **more)  # type: ignore[arg-type]


def test_only_what_is_permitted_is_called():
    tolls = Tolls(settings())
    assert tolls.refusal("+81312345678") == ""
    for number in ("+882991234567", "+81990123456", "0312345678", "999", "+1900123456"):
        assert tolls.take(number, 0.0) != "", number


def test_no_more_calls_within_a_minute_than_a_centre_makes():
    tolls = Tolls(settings(calls_a_minute=3))
    taken = [tolls.take("+81312345678", float(n)) == "" for n in range(5)]
    assert taken == [True, True, True, False, False]
    assert tolls.take("+81312345678", WINDOW_S + 0.5) == ""
