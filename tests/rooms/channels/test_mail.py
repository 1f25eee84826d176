"""E-mail: settings, a real server with and without TLS, and never twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from caasis.channels import mail
from caasis.channels.jobs import forget_unconfirmed_news
from caasis.channels.mail.opening import FILE, read_setup
from caasis.channels.models import MailMessage, NewsSubscription
from caasis.channels.ports import Lost, Refused, Unreachable
from caasis.channels.retention import expired_mail_keys
from caasis.channels.services.delivering import MOST_TRIES, hand_over_mail
from caasis.channels.services.mailing import send_mail
from caasis.channels.services.subscriptions import (
    ask_for_news,
    confirm_news,
    read_address,
    stop_news,
    subscriptions_due,
    tell_news,
)
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.platform.settings_file import BadSettings
from caasis.platform.transactions import system_transaction
from caasis.privacy.erasure import Reason, erase_record
from tests.rooms.channels.mail_server import PASSWORD, USER, MailServer

TO = "hanako@example.jp"
LETTER = mail.Letter("【見本】お知らせ", "本文です。\n.\n点だけの行も、そのまま届きます。\n", "https://soudan.example.jp/stop/1")
PORTAL = "https://soudan.example.jp"


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / FILE
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return home


def told(server: MailServer, security: str = "none", **more: str | int) -> str:
    values: dict[str, str | int] = {"adapter": "smtp", "host": "127.0.0.1", "port": server.port, "security": security}
    values |= {"sender": "oshirase@soudan.example.jp", "sender_name": "消費生活ポータル", "portal": f"{PORTAL}/"}
    if server.authority:
        values["authority"] = server.authority
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in (values | more).items())


def port(server: MailServer, home: Path, security: str = "none", **more: str | int) -> mail.MailPort:
    found = read_setup(written(home, told(server, security, **more)))
    assert found is not None
    return found.port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    made = MailServer(tmp_path)
    yield made
    made.close()


@pytest.fixture
def connected(server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The installation has this server."""
    setup = read_setup(written(tmp_path, told(server)))
    monkeypatch.setattr("caasis.channels.mail.opening._setup", lambda: setup)
    return server


# --- the settings -----------------------------------------------------------------------------------------------------


def test_without_a_file_there_is_no_mail(tmp_path: Path):
    assert read_setup(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('adapter = "pigeon"', "adapter"),
        ('adapter = "folder"', "portal"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nsender = "a@x.jp"', "host"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "nobody"', "sender"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "a@x.jp\\nBcc: b@x.jp"', "sender"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "a@x.jp"\nsecurity = "some"', "security"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "a@x.jp"\nport = 70000', "port"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "a@x.jp"\nauthority = "/no/file"', "authority"),
        ('adapter = "smtp"\nportal = "https://x.jp"\nhost = "h"\nsender = "a@x.jp"\ncolour = "red"', "colour"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, named: str):
    with pytest.raises(BadSettings, match=named):
        read_setup(written(tmp_path, text))


def test_a_file_that_others_may_read_is_refused(server: MailServer, tmp_path: Path):
    with pytest.raises(BadSettings, match="chmod 600"):
        read_setup(written(tmp_path, told(server), 0o644))


def test_a_drill_writes_mails_that_others_cannot_read(tmp_path: Path):
    found = read_setup(written(tmp_path, f'adapter = "folder"\nportal = "{PORTAL}"'))
    assert found is not None
    found.port.send(to=TO, letter=LETTER)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert message_from_bytes(file.read_bytes(), policy=default)["Subject"] == "【見本】お知らせ"


# --- a real server ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_letter_arrives_whole(tmp_path: Path, security: str):
    server = MailServer(tmp_path, security, with_password=security != "none")
    try:
        more = {"user": USER, "password": PASSWORD} if security != "none" else {}
        name = port(server, tmp_path, security, **more).send(to=TO, letter=LETTER)
        ((sender, receivers, letter),) = server.letters
        assert server.logins == (security != "none")
        assert (sender, receivers) == ("oshirase@soudan.example.jp", [TO])
        assert letter["From"] == "消費生活ポータル <oshirase@soudan.example.jp>" and letter["To"] == TO
        assert letter["Subject"] == "【見本】お知らせ" and letter["Message-ID"] == f"<{name}>"
        assert letter.get_content().replace("\r\n", "\n") == LETTER.text
        assert letter["List-Unsubscribe"] == f"<{LETTER.stop_url}>"
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" and letter["Auto-Submitted"] == "auto-generated"
    finally:
        server.close()


def test_a_server_without_the_right_certificate_gets_nothing(tmp_path: Path):
    server = MailServer(tmp_path, "starttls")
    try:
        server.authority = ""
        with pytest.raises(Unreachable):
            port(server, tmp_path, "starttls").send(to=TO, letter=LETTER)
        assert server.letters == []
    finally:
        server.close()


def test_a_wrong_password_may_be_mended_meanwhile(tmp_path: Path):
    server = MailServer(tmp_path, "tls", with_password=True)
    try:
        with pytest.raises(Unreachable, match="535"):
            port(server, tmp_path, "tls", user=USER, password="wrong").send(to=TO, letter=LETTER)
    finally:
        server.close()


def test_what_the_server_will_never_take(server: MailServer, tmp_path: Path):
    server.refuse_receiver = ["550 no such user"]
    with pytest.raises(Refused, match="550"):
        port(server, tmp_path).send(to=TO, letter=LETTER)
    server.refuse_data = ["554 no"]
    with pytest.raises(Refused, match="554"):
        port(server, tmp_path).send(to=TO, letter=LETTER)


def test_what_it_does_not_take_now(server: MailServer, tmp_path: Path):
    server.refuse_receiver = ["450 grey"]
    with pytest.raises(Unreachable, match="450"):
        port(server, tmp_path).send(to=TO, letter=LETTER)
    server.refuse_data = ["452 full"]
    with pytest.raises(Unreachable, match="452"):
        port(server, tmp_path).send(to=TO, letter=LETTER)
    here = port(server, tmp_path)
    server.close()
    with pytest.raises(Unreachable):
        here.send(to=TO, letter=LETTER)


def test_no_word_after_the_whole_mail_is_not_taken_for_a_refusal(server: MailServer, tmp_path: Path):
    server.silent = True
    with pytest.raises(Lost):
        port(server, tmp_path).send(to=TO, letter=LETTER)


@pytest.mark.parametrize("to", ["花子@example.jp", "a@b@example.jp\nBcc: x@example.jp", "", "@example.jp", "a@", "a b@example.jp"])
def test_an_address_that_no_server_takes_is_refused(server: MailServer, tmp_path: Path, to: str):
    with pytest.raises((Refused, Unreachable)) as refused:
        port(server, tmp_path).send(to=to, letter=LETTER)
    assert refused.type is Refused and server.letters == []


def test_a_line_break_in_a_subject_makes_no_header(server: MailServer, tmp_path: Path):
    port(server, tmp_path).send(to=TO, letter=mail.Letter("お知らせ\r\nBcc: other@example.jp", "本文"))
    ((_, receivers, letter),) = server.letters
    assert letter["Bcc"] is None and receivers == [TO] and letter["Subject"] == "お知らせ Bcc: other@example.jp"


# --- from the wish to the server --------------------------------------------------------------------------------------


def sent() -> MailMessage:
    return send_mail(address=TO, letter=LETTER, purpose=MailMessage.Purpose.NEWS)


def now(row: MailMessage) -> MailMessage:
    with system_transaction():
        return MailMessage.objects.get(id=row.id)


def test_a_mail_goes_out_once(connected: MailServer, town: Any):
    row = sent()
    hand_over_mail(row.id)
    hand_over_mail(row.id)
    assert len(connected.letters) == 1 and now(row).state == "sent"
    assert now(row).provider_name.endswith("@soudan.example.jp")


def test_what_was_interrupted_or_lost_is_not_sent_again(connected: MailServer, town: Any):
    interrupted = sent()
    with system_transaction():
        MailMessage.objects.filter(id=interrupted.id).update(state="sending")
    hand_over_mail(interrupted.id)
    assert now(interrupted).state == "unknown" and connected.connections == 0
    lost = sent()
    connected.silent = True
    hand_over_mail(lost.id)
    connected.silent = False
    hand_over_mail(lost.id)
    assert now(lost).state == "unknown" and len(connected.letters) == 1


def test_a_busy_server_is_tried_until_it_is_given_up(connected: MailServer, town: Any):
    row = sent()
    connected.refuse_receiver = ["450 later"] * MOST_TRIES
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(Unreachable):
            hand_over_mail(row.id)
        assert now(row).state == "waiting"
    hand_over_mail(row.id)
    assert now(row).state == "failed" and connected.letters == []


def test_address_and_text_lie_sealed_and_go_after_a_month(connected: MailServer, town: Any):
    row = now(sent())
    assert TO.encode() not in row.address.data and "本文".encode() not in row.text.data
    hand_over_mail(row.id)
    with system_transaction():
        assert expired_mail_keys(timezone.now() + timedelta(days=29), 10) == []
        assert expired_mail_keys(timezone.now() + timedelta(days=31), 10) == [row.record_key_id]
    erase_record(actor=SYSTEM, key_id=row.record_key_id, reason=next(iter(Reason)))
    with system_transaction():
        assert expired_mail_keys(timezone.now() + timedelta(days=31), 10) == []


def test_without_a_server_nothing_is_taken_down(town: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caasis.channels.mail.opening._setup", lambda: None)
    with pytest.raises(WrongState):
        sent()
    with system_transaction():
        assert not MailMessage.objects.exists()


# --- subscriptions ----------------------------------------------------------------------------------------------------


def first(subscription_id: UUID) -> mail.Letter:
    return mail.Letter("確認", f"{PORTAL}/{subscription_id}")


def ask(address: str = TO, *, client: str = "", **more: Any) -> UUID | None:
    """Asks; the id that the mail carries, None when none was written."""
    with system_transaction():
        before = set(MailMessage.objects.values_list("id", flat=True))
    made: list[UUID] = []

    def letter(subscription_id: UUID) -> mail.Letter:
        made.append(subscription_id)
        return first(subscription_id)

    values = {"kinds": ["alert"], "prefecture": "", "interval": "weekly"} | more
    ask_for_news(address=address, client=client, first_letter=letter, **values)
    with system_transaction():
        assert MailMessage.objects.exclude(id__in=before).count() == len(made)
    return made[0] if made else None


def rows() -> list[NewsSubscription]:
    with system_transaction():
        return list(NewsSubscription.objects.order_by("created_at"))


def news(text: str = "新しいお知らせ") -> Any:
    return lambda row, since, before: mail.Letter(text, f"{since} {before}", "https://x.jp/stop")


def test_nobody_gets_news_who_did_not_use_the_link(connected: MailServer, town: Any):
    subscription = ask()
    assert subscription is not None
    later = day_in_japan(utc_now()) + timedelta(days=8)
    assert subscriptions_due(later, after=None, limit=10) == []
    assert not tell_news(subscription_id=subscription, day=later, news=news())
    confirm_news(subscription_id=subscription)
    assert subscriptions_due(later, after=None, limit=10) == [subscription]


def test_news_come_once_and_in_their_interval(connected: MailServer, town: Any):
    weekly, daily = ask(), ask("taro@example.jp", interval="daily")
    assert weekly and daily
    for one in (weekly, daily):
        confirm_news(subscription_id=one)
    today = day_in_japan(utc_now())
    assert subscriptions_due(today, after=None, limit=10) == []
    assert subscriptions_due(today + timedelta(days=1), after=None, limit=10) == [daily]
    week = today + timedelta(days=7)
    assert subscriptions_due(week, after=None, limit=10) == sorted([weekly, daily])
    assert subscriptions_due(week, after=min(weekly, daily), limit=10) == [max(weekly, daily)]
    asked: list[tuple[date, date]] = []

    def letter(row: NewsSubscription, since: date, before: date) -> mail.Letter:
        asked.append((since, before))
        return LETTER

    assert tell_news(subscription_id=weekly, day=week, news=letter)
    assert not tell_news(subscription_id=weekly, day=week, news=letter), "the same morning once more"
    assert asked == [(today, week)]
    with system_transaction():
        assert MailMessage.objects.filter(purpose="news").count() == 1


def test_a_morning_without_news_writes_nobody(connected: MailServer, town: Any):
    subscription = ask(interval="daily")
    assert subscription
    confirm_news(subscription_id=subscription)
    tomorrow = day_in_japan(utc_now()) + timedelta(days=1)
    assert not tell_news(subscription_id=subscription, day=tomorrow, news=lambda row, since, before: None)
    assert rows()[0].told_until == tomorrow


def test_who_asks_again_confirms_the_new_choice_in_place_of_the_old_one(connected: MailServer, town: Any):
    old = ask()
    assert old
    confirm_news(subscription_id=old)
    new = ask(TO.upper(), kinds=["accident"], interval="daily")
    assert new and {row.state for row in rows()} == {"confirmed", "asked"}, "the old one holds until the link is used"
    confirm_news(subscription_id=new)
    confirm_news(subscription_id=new)
    (row,) = rows()
    assert (row.id, row.kinds, row.interval) == (new, ["accident"], "daily")
    with pytest.raises(NotFound):
        confirm_news(subscription_id=old)


def test_an_address_is_not_buried_in_mails(connected: MailServer, town: Any):
    assert [ask() is not None for _ in range(5)] == [True, True, True, False, False]
    assert ask("other@example.jp") is not None


def test_one_client_does_not_ask_for_everybody(connected: MailServer, town: Any):
    for number in range(10):
        ask(f"a{number}@example.jp", client="192.0.2.7")
    with pytest.raises(TooMany):
        ask("another@example.jp", client="192.0.2.7")
    assert ask("another@example.jp", client="192.0.2.8")


def test_what_was_not_confirmed_is_forgotten(connected: MailServer, town: Any):
    subscription = ask()
    confirmed = ask("taro@example.jp")
    assert subscription and confirmed
    confirm_news(subscription_id=confirmed)
    with system_transaction():
        NewsSubscription.objects.update(created_at=timezone.now() - timedelta(days=3, minutes=1))
    with pytest.raises(NotFound):
        confirm_news(subscription_id=subscription)
    assert forget_unconfirmed_news() == 1 and [row.id for row in rows()] == [confirmed]


def test_ending_it_forgets_the_address(connected: MailServer, town: Any):
    subscription = ask()
    assert subscription
    confirm_news(subscription_id=subscription)
    stop_news(subscription_id=subscription)
    stop_news(subscription_id=subscription)
    stop_news(subscription_id=uuid4())
    assert rows() == []


def test_the_address_lies_sealed(connected: MailServer, town: Any):
    ask()
    (row,) = rows()
    assert TO.encode() not in row.address.data and TO.encode() not in bytes(row.address_hash)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ ", "hanako@example.jp"),
        ("hanako@例え.jp", "hanako@xn--r8jz45g.jp"),
        ("Hanako+a@Example.JP", "Hanako+a@Example.JP"),
    ],
)
def test_addresses_as_people_type_them(typed: str, read: str):
    assert read_address(typed) == read


@pytest.mark.parametrize("typed", ["", "hanako", "hanako@", "@example.jp", "花子@example.jp", "a" * 250 + "@example.jp"])
def test_what_is_no_address(typed: str):
    with pytest.raises(Invalid) as refused:
        read_address(typed)
    assert all(len(sentence) <= 40 for sentence in refused.value.fields["address"])


@pytest.mark.parametrize("more", [{"kinds": []}, {"interval": "hourly"}])
def test_nothing_chosen(connected: MailServer, town: Any, more: dict[str, Any]):
    with pytest.raises(Invalid) as refused:
        ask(**more)
    assert set(refused.value.fields) == set(more)


def test_no_mail_no_subscription(town: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caasis.channels.mail.opening._setup", lambda: None)
    with pytest.raises(WrongState, match=re.escape("メールでのお知らせ")):
        ask()
    assert rows() == []
