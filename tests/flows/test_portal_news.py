"""お知らせメール from the form to the letter and out again, over HTTP (F26)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from caasis.channels import mail
from caasis.channels.mail.opening import MailSetup
from caasis.channels.models import MailMessage, NewsSubscription
from caasis.channels.services.delivering import hand_over_mail
from caasis.kernel.clock import day_in_japan, utc_now
from caasis.knowledge.models import Article
from caasis.platform.transactions import system_transaction
from caasis.portal.digest import news_letter
from caasis.portal.jobs import send_news

PORTAL = "https://soudan.example.jp"
CHOICE = {"address": "hanako@example.jp", "kinds": ["alert", "accident"], "prefecture": "13", "interval": "daily"}


class Box:
    """A letter box in place of a server."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, mail.Letter]] = []

    def send(self, *, to: str, letter: mail.Letter) -> str:
        self.letters.append((to, letter))
        return "name@example.jp"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    made = Box()
    setup = MailSetup(made, PORTAL)
    monkeypatch.setattr("caasis.channels.mail.opening._setup", lambda: setup)
    return made


def delivered(box: Box) -> list[tuple[str, mail.Letter]]:
    """What the box holds once everything waiting was handed over."""
    with system_transaction():
        waiting = list(MailMessage.objects.filter(state="waiting").values_list("id", flat=True))
    for message_id in waiting:
        hand_over_mail(message_id)
    return box.letters


def link_in(letter: mail.Letter, name: str) -> str:
    found = re.search(rf"{PORTAL}(/news/{name}/\S+)", letter.text)
    assert found is not None, letter.text
    return found[1]


def subscribed(client: Client, box: Box, **more: Any) -> str:
    """Subscribes; the address of the page that ends it."""
    assert client.post("/news/", CHOICE | more).status_code == 302
    ((_, letter),) = delivered(box)
    assert client.post(link_in(letter, "confirm")).status_code == 302
    box.letters.clear()
    with system_transaction():
        row = NewsSubscription.objects.get()
        row.told_until = day_in_japan(utc_now()) - timedelta(days=1)
        row.save()
    return link_in(letter, "confirm").replace("confirm", "stop")


def announced(number: str, kind: str = "alert", **more: Any) -> Article:
    values = {"title": f"お知らせ{number}", "lead": "要点です。", "body": "本文です。", "state": "published"}
    values |= {"published_on": day_in_japan(utc_now()) - timedelta(days=1)}
    with system_transaction():
        return Article.objects.create(number=number, kind=kind, **(values | more))


def test_without_a_mail_server_the_page_says_so(client: Client, town: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caasis.channels.mail.opening._setup", lambda: None)
    page = client.get("/news/")
    assert "いまは、メールでのお知らせを出していません" in page.content.decode() and 'name="address"' not in page.content.decode()
    assert client.post("/news/", CHOICE).status_code in (409, 422)


def test_from_the_form_to_the_first_letter_and_out_again(client: Client, town: Any, box: Box):
    assert "お知らせメールに登録する" in client.get("/alerts/").content.decode()
    stop = subscribed(client, box)
    announced("K1")
    announced("K2", title="大阪だけ", region="大阪府")
    announced("K3", kind="action", title="行政処分")
    announced("K4", title="古い", published_on=day_in_japan(utc_now()) - timedelta(days=2))
    announced("K5", title="取り下げ", state="withdrawn")
    send_news()
    send_news()
    ((to, letter),) = delivered(box)
    assert to == "hanako@example.jp" and letter.subject == "【消費生活ポータル】お知らせK1"
    assert f"{PORTAL}/articles/K1/" in letter.text
    assert not [one for one in ("大阪だけ", "行政処分", "古い", "取り下げ") if one in letter.text]
    assert letter.stop_url == PORTAL + stop and letter.stop_url in letter.text
    page = client.get(stop).content.decode()
    assert "お知らせメールをやめますか" in page
    with system_transaction():
        assert NewsSubscription.objects.count() == 1, "looking ends nothing"
    answer = Client(enforce_csrf_checks=True).post(stop, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200 and "やめました" in answer.content.decode()
    with system_transaction():
        assert not NewsSubscription.objects.exists()


def test_several_announcements_stand_in_one_letter(client: Client, town: Any, box: Box):
    subscribed(client, box, prefecture="")
    for number in range(20):
        announced(f"K{number}", is_demo=True)
    send_news()
    ((_, letter),) = delivered(box)
    assert "ほか19件" in letter.subject and letter.text.count("■") == 15 and "ほかに5件あります" in letter.text
    assert "（見本）" in letter.text


def test_a_morning_without_news_sends_nothing(client: Client, town: Any, box: Box):
    subscribed(client, box)
    send_news()
    assert delivered(box) == []


def test_one_letter_that_cannot_be_written_holds_up_no_other(
    client: Client, town: Any, box: Box, monkeypatch: pytest.MonkeyPatch
):
    subscribed(client, box)
    announced("K1")
    calls: list[object] = []

    def broken(row: NewsSubscription, since: Any, before: Any) -> mail.Letter | None:
        calls.append(row.id)
        if len(calls) == 1:
            raise RuntimeError
        return news_letter(row, since, before)

    with system_transaction():
        first = NewsSubscription.objects.get()
        first.pk, first.address_hash = None, b"0" * 16
        NewsSubscription.objects.create(
            record_key_id=first.record_key_id, address=first.address, address_hash=b"1" * 16, kinds=["alert"],
            interval="daily", state="confirmed", told_until=first.told_until,
        )  # fmt: skip
    monkeypatch.setattr("caasis.portal.jobs.news_letter", broken)
    send_news()
    assert len(calls) == 2


def test_the_link_of_the_mail_needs_a_press(client: Client, town: Any, box: Box):
    client.post("/news/", CHOICE)
    ((_, letter),) = delivered(box)
    link = link_in(letter, "confirm")
    page = client.get(link)
    assert "登録する" in page.content.decode() and "no-store" in page["Cache-Control"]
    with system_transaction():
        assert NewsSubscription.objects.get().state == "asked"
    assert client.post(link).headers["Location"] == "/news/confirmed/"
    assert "登録しました" in client.get("/news/confirmed/").content.decode()


def test_what_the_asker_sees_tells_nothing_of_the_address(client: Client, town: Any, box: Box):
    subscribed(client, box)
    known = client.post("/news/", CHOICE)
    unknown = client.post("/news/", CHOICE | {"address": "other@example.jp"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, "/news/sent/")


def test_forged_and_old_links(client: Client, town: Any, box: Box):
    stop = subscribed(client, box)
    for path in (stop[:-2] + "/", "/news/stop/x/", "/news/confirm/" + "a" * 3000 + "/"):
        assert client.get(path).status_code == 404 and client.post(path).status_code == 404
    client.post(stop)
    gone = client.post(stop.replace("stop", "confirm"))
    assert gone.status_code == 404 and "もう一度登録" in gone.content.decode()
    assert client.post(stop).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"address": "花子"}, "メールアドレスの形を確かめてください"),
        ({"address": "花子@example.jp"}, "メールアドレスの形を確かめてください"),
        ({"address": "a" * 300 + "@example.jp"}, "254字まで"),
        ({"kinds": []}, "受け取るお知らせを選んでください"),
        ({"kinds": ["faq"]}, "一覧から選びなおしてください"),
        ({"interval": "hourly"}, "一覧から選びなおしてください"),
        ({"prefecture": "99"}, "一覧から選びなおしてください"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: Client, town: Any, box: Box, wrong: dict[str, Any], sentence: str
):
    answer = client.post("/news/", CHOICE | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page
    assert f'value="{(CHOICE | wrong)["address"]}"' in page
    with system_transaction():
        assert not NewsSubscription.objects.exists()


def test_who_asks_at_speed_is_held_back(client: Client, town: Any, box: Box):
    codes = [client.post("/news/", CHOICE | {"address": f"a{number}@example.jp"}).status_code for number in range(12)]
    assert codes[:10] == [302] * 10 and set(codes[10:]) == {429}
