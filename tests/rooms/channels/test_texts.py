"""Texts by SMS: to whom, how long, through which provider, and never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from caasis.channels import sms
from caasis.channels.models import TextMessage
from caasis.channels.ports import Lost, Refused, Unreachable
from caasis.channels.retention import expired_keys
from caasis.channels.rules.texting import LINKS, LONGEST, link_text, parts, text_error
from caasis.channels.services.delivering import MOST_TRIES, hand_over
from caasis.channels.services.texting import send_link, send_text
from caasis.channels.sms.opening import FILE, read_setup
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.settings_file import BadSettings
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import Reason, erase_record
from tests.rooms.channels.sms_provider import ACCOUNT, TOKEN, Provider

NUMBER = "+819055550101"
LINK = TextMessage.Purpose.LINK


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / FILE
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return home


def twilio(provider: Provider, **more: str) -> str:
    told = {"adapter": "twilio", "account": ACCOUNT, "token": TOKEN, "sender": "+815012345678", "url": provider.url}
    told |= {"portal": "https://soudan.example.jp/"} | more
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items())


@pytest.fixture
def connected(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The installation has this provider."""
    setup = read_setup(written(tmp_path, twilio(provider)))
    monkeypatch.setattr("caasis.channels.sms.opening._setup", lambda: setup)
    return provider


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("あ" * 70, 1), ("あ" * 71, 2), ("あ" * 134, 2), ("あ" * 135, 3),
        ("😀" * 35, 1), ("😀" * 36, 2),
    ],
)  # fmt: skip
def test_how_many_texts_it_makes(text: str, expected: int):
    assert parts(text) == expected


@pytest.mark.parametrize("number", ["+81355550100", "+8190555501", "+819055550101 ", "+14155550101", "09055550101", ""])
def test_only_mobile_numbers_in_japan(number: str):
    assert "携帯電話" in text_error(number, "案内です。")
    assert text_error(NUMBER, "案内です。") == text_error("+816055550101", "案内です。") == ""


def test_neither_empty_nor_longer_than_carriers_take():
    assert text_error(NUMBER, " \n") and text_error(NUMBER, "あ" * (LONGEST + 1))
    assert not text_error(NUMBER, "あ" * LONGEST)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_fits_into_two_texts_even_with_a_long_name(link: str):
    text = link_text("青葉市消費生活センター", link, "https://soudan.example.jp")
    assert parts(text) <= 2 and f"https://soudan.example.jp{LINKS[link][1]}\n" in text


def test_every_link_leads_to_a_page(client: Any, town: Any):
    for _, path in LINKS.values():
        assert client.get(path, follow=True).status_code == 200


# --- the settings -----------------------------------------------------------------------------------------------------


def test_without_a_file_there_is_no_sms(tmp_path: Path):
    assert read_setup(tmp_path) is None


def test_the_portals_address_has_no_slash_in_the_end(provider: Provider, tmp_path: Path):
    found = read_setup(written(tmp_path, twilio(provider)))
    assert found is not None and found.portal == "https://soudan.example.jp" and TOKEN not in repr(found)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('adapter = "pigeon"', "adapter"),
        ('adapter = "folder"', "portal"),
        ('adapter = "folder"\nportal = "soudan"', "portal"),
        ('adapter = "twilio"\nportal = "https://x.jp"\naccount = "AC"\nsender = "x"', "token"),
        ('adapter = "folder"\nportal = "https://x.jp"\ncolour = 1', "colour"),
        ('adapter = "twilio"\nportal = "https://x.jp"\naccount = "AC"\ntoken = "t"\nsender = 5', "sender"),
        ('adapter = "twilio"\nportal = "https://x.jp"\naccount = "A"\ntoken = "t"\nsender = "s"\nurl = "ftp://x"', "url"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, named: str):
    with pytest.raises(BadSettings, match=named):
        read_setup(written(tmp_path, text))


def test_a_file_that_others_may_read_is_refused(provider: Provider, tmp_path: Path):
    with pytest.raises(BadSettings, match="chmod 600"):
        read_setup(written(tmp_path, twilio(provider), 0o644))


def test_the_file_is_read_anew_when_it_changes(tmp_path: Path, settings: Any):
    settings.CAASIS_HOME = tmp_path
    assert not sms.is_available()
    written(tmp_path, 'adapter = "folder"\nportal = "https://one.example.jp"')
    assert sms.portal_address() == "https://one.example.jp"
    (tmp_path / FILE).chmod(0o644)
    assert not sms.is_available()
    (tmp_path / FILE).chmod(0o600)
    assert sms.is_available(), "closing the file is enough"
    (tmp_path / FILE).unlink()
    assert not sms.is_available() and sms.open_sms() is None


def test_a_drill_writes_files_that_others_cannot_read(tmp_path: Path):
    found = read_setup(written(tmp_path, 'adapter = "folder"\nportal = "https://one.example.jp"'))
    assert found is not None
    name = found.port.send(number=NUMBER, text="案内です。")
    file = tmp_path / "sms" / f"{name}.json"
    assert json.loads(file.read_text())["text"] == "案内です。" and file.stat().st_mode & 0o777 == 0o600


# --- the provider -----------------------------------------------------------------------------------------------------


def port(provider: Provider, tmp_path: Path, **more: str) -> sms.SmsPort:
    found = read_setup(written(tmp_path, twilio(provider, **more)))
    assert found is not None
    return found.port


def test_a_text_is_taken_by_the_provider(provider: Provider, tmp_path: Path):
    name = port(provider, tmp_path).send(number=NUMBER, text="案内です。＋&=")
    assert name.startswith("SM") and provider.sent == [{"To": NUMBER, "From": "+815012345678", "Body": "案内です。＋&="}]
    port(provider, tmp_path, sender="MG" + "1" * 32).send(number=NUMBER, text="案内です。")
    assert provider.sent[1]["MessagingServiceSid"] == "MG" + "1" * 32 and "From" not in provider.sent[1]


def test_refusals_carry_the_providers_code(provider: Provider, tmp_path: Path):
    with pytest.raises(Refused, match="20003"):
        port(provider, tmp_path, token="wrong").send(number=NUMBER, text="案内です。")
    with pytest.raises(Refused, match="21211"):
        port(provider, tmp_path).send(number="+81", text="案内です。")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_provider_is_asked_again(provider: Provider, tmp_path: Path, status: int):
    provider.busy = [status]
    with pytest.raises(Unreachable):
        port(provider, tmp_path).send(number=NUMBER, text="案内です。")


def test_no_answer_is_not_taken_for_a_refusal(provider: Provider, tmp_path: Path):
    provider.silent = True
    with pytest.raises(Lost):
        port(provider, tmp_path).send(number=NUMBER, text="案内です。")
    provider.close()
    with pytest.raises(Unreachable):
        port(provider, tmp_path).send(number=NUMBER, text="案内です。")


# --- from the wish to the provider ------------------------------------------------------------------------------------


def sent(town: Any) -> TextMessage:
    return send_link(actor=SYSTEM, centre_id=town.centre_a.id, number=NUMBER, link="consultation")


def now(row: TextMessage) -> TextMessage:
    with system_transaction():
        return TextMessage.objects.get(id=row.id)


def test_a_link_goes_out_in_the_centres_name_once(connected: Provider, town: Any):
    row = sent(town)
    hand_over(row.id)
    hand_over(row.id)
    (text,) = connected.sent
    assert text["To"] == NUMBER and "【青葉市消費生活センター】" in text["Body"]
    assert "https://soudan.example.jp/consult/" in text["Body"]
    row = now(row)
    assert (row.state, row.tries, row.provider_name[:2]) == ("sent", 1, "SM") and row.done_at is not None


def test_what_was_interrupted_is_not_sent_again(connected: Provider, town: Any):
    row = sent(town)
    with system_transaction():
        TextMessage.objects.filter(id=row.id).update(state="sending")
    hand_over(row.id)
    assert now(row).state == "unknown" and connected.asked == 0


def test_a_lost_answer_is_not_sent_again(connected: Provider, town: Any):
    row = sent(town)
    connected.silent = True
    hand_over(row.id)
    connected.silent = False
    hand_over(row.id)
    assert (now(row).state, connected.asked) == ("unknown", 1)


def test_a_busy_provider_is_tried_until_it_is_given_up(connected: Provider, town: Any):
    row = sent(town)
    connected.busy = [429] * MOST_TRIES
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(Unreachable):
            hand_over(row.id)
        assert now(row).state == "waiting"
    hand_over(row.id)
    assert (now(row).state, connected.sent) == ("failed", [])


def test_who_was_erased_meanwhile_gets_nothing(connected: Provider, town: Any):
    row = sent(town)
    erase_record(actor=SYSTEM, key_id=row.record_key_id, reason=next(iter(Reason)))
    hand_over(row.id)
    assert (now(row).state, connected.asked) == ("failed", 0)


def test_number_and_text_lie_sealed_and_go_after_a_month(connected: Provider, town: Any):
    row = now(sent(town))
    assert NUMBER.encode() not in row.number.data and b"soudan" not in row.text.data
    hand_over(row.id)
    with system_transaction():
        assert expired_keys(timezone.now() + timedelta(days=29), 10) == []
        assert expired_keys(timezone.now() + timedelta(days=31), 10) == [row.record_key_id]
    erase_record(actor=SYSTEM, key_id=row.record_key_id, reason=next(iter(Reason)))
    with system_transaction():
        assert expired_keys(timezone.now() + timedelta(days=31), 10) == []


def test_only_the_centres_own_staff_and_only_what_can_be_sent(connected: Provider, town: Any):
    where = {"centre_id": town.centre_a.id, "number": NUMBER, "purpose": LINK}
    assert send_text(actor=town.counsellor, text="案内です。", **where)
    with pytest.raises(NotFound):
        send_text(actor=town.outsider, text="案内です。", **where)
    with pytest.raises(Invalid):
        send_text(actor=SYSTEM, text="案内です。", **(where | {"number": "+81355550100"}))
    with pytest.raises(NotFound):
        send_link(actor=SYSTEM, centre_id=town.centre_a.id, number=NUMBER, link="elsewhere")


def test_without_a_provider_nothing_is_taken_down(town: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caasis.channels.sms.opening._setup", lambda: None)
    with pytest.raises(WrongState):
        sent(town)
    with system_transaction():
        assert not TextMessage.objects.exists()
