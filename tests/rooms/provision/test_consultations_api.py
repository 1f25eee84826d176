"""Consultations of the public through the API: sent once, read with number and secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from caasis.channels import services as channels
from caasis.channels.jobs import forget_repeat_answers
from caasis.channels.models import Contact
from caasis.kernel.ids import new_receipt_number
from caasis.platform.transactions import system_transaction
from caasis.queues.models import WorkItem
from tests.rooms.provision.conftest import assert_problem

pytestmark = pytest.mark.django_db

SENT = {
    "topic": "cancel",
    "story": "給湯器の点検だと言って来て、その日のうちに契約した。",
    "wish": "やめたい。",
    "injury": "no",
    "money_moving": "soon",
    "who": "self",
    "how": "none",
    "reply_by": "site",
    "prefecture": "12",
    "name": "見本 花子",
}


def send(api: Any, key: str = "", **changes: Any) -> Any:
    headers = {"Idempotency_Key": key} if key else {}
    body = {name: value for name, value in {**SENT, **changes}.items() if value is not None}
    return api("public", "POST", "/consultations", body, **headers)


def read(api: Any, number: str, secret: str) -> Any:
    return api("public", "GET", f"/consultations/{number}", X_Consultation_Secret=quote(secret))


def contacts() -> int:
    with system_transaction():
        return Contact.objects.count()


def test_a_consultation_is_sent_and_read_again(api: Any, town: Any) -> None:
    sent = send(api)
    assert sent.status_code == 201, sent.content.decode()
    receipt = sent.json()
    assert receipt["centre"] == town.centre_b.name, "the prefecture decides the centre"
    seen = read(api, receipt["receipt_number"], receipt["secret"])
    assert seen.status_code == 200, seen.content.decode()
    body = seen.json()
    assert body["state"] == "received" and body["receipt_number"] == receipt["receipt_number"]
    assert [m["author"] for m in body["messages"]] == ["consumer"]
    assert SENT["story"] in body["messages"][0]["text"]
    with system_transaction():
        contact = Contact.objects.get()
        assert contact.centre_id == town.centre_b.id
        assert WorkItem.objects.filter(subject_id=contact.id).exists()


def test_deadlines_are_told_at_once(api: Any, town: Any) -> None:
    from caasis.kernel.clock import day_in_japan

    day = (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat()
    body = send(
        api, how="visit", contracted_on=day, document="yes", document_on=day, amount="48万円", product="給湯器"
    ).json()
    assert body["deadlines"], body
    assert any("8日" in line or "クーリング" in line for line in body["deadlines"]), body["deadlines"]


def test_the_same_key_and_words_give_the_same_receipt(api: Any, town: Any) -> None:
    first = send(api, key="once").json()
    again = send(api, key="once")
    assert again.status_code == 201
    assert {k: again.json()[k] for k in ("receipt_number", "secret")} == {k: first[k] for k in ("receipt_number", "secret")}
    assert contacts() == 1
    other = send(api, key="once", story="別のできごと").json()
    assert other["receipt_number"] != first["receipt_number"], "a key that somebody else chose leads nowhere"
    assert send(api).json()["receipt_number"] != send(api).json()["receipt_number"], "without a key each is its own"


def test_a_repetition_after_a_day_gives_the_number_without_the_secret(api: Any, town: Any) -> None:
    first = send(api, key="once").json()
    assert first["repeated"] is False
    soon = send(api, key="once").json()
    assert soon == {**first, "repeated": True}
    with system_transaction():
        Contact.objects.update(offered_at=timezone.now() - timedelta(days=1, minutes=1))
    assert forget_repeat_answers() == 1
    late = send(api, key="once")
    assert late.status_code == 201, late.content.decode()
    assert late.json() == {**first, "secret": None, "repeated": True}
    assert contacts() == 1
    assert read(api, first["receipt_number"], first["secret"]).status_code == 200, "the secret itself still opens"


def test_the_centres_answer_is_seen(api: Any, town: Any) -> None:
    from caasis.cases import services as cases

    receipt = send(api, prefecture="04").json()
    with system_transaction():
        contact = Contact.objects.get()
    cases.take_contact(actor=town.counsellor, contact_id=contact.id)
    channels.write_answer(actor=town.counsellor, contact_id=contact.id, text="お電話ください。", leave_after_seconds=0)
    channels.write_answer(actor=town.counsellor, contact_id=contact.id, text="まだ出ていない。", leave_after_seconds=3600)
    body = read(api, receipt["receipt_number"], receipt["secret"]).json()
    assert [(m["author"], m["text"]) for m in body["messages"]][1:] == [("centre", "お電話ください。")]
    assert body["state"] == "answered"


def test_wrong_number_and_wrong_secret_are_answered_alike(api: Any, town: Any) -> None:
    receipt = send(api).json()
    wrong = assert_problem(read(api, receipt["receipt_number"], "たけ 000000"), 404, code="not_found")
    unknown = assert_problem(read(api, new_receipt_number(2026), receipt["secret"]), 404)
    assert {**wrong, "instance": ""} == {**unknown, "instance": ""}
    assert_problem(read(api, "2026-0000", receipt["secret"]), 404)
    assert_problem(api("public", "GET", f"/consultations/{receipt['receipt_number']}"), 404)


def test_wrong_secrets_are_counted_and_lock_the_number(api: Any, town: Any) -> None:
    receipt = send(api).json()
    for _ in range(7):
        assert_problem(read(api, receipt["receipt_number"], "たけ 000000"), 404)
    assert_problem(read(api, receipt["receipt_number"], "たけ 000000"), 429)
    locked = read(api, receipt["receipt_number"], receipt["secret"])
    assert_problem(locked, 429)
    other = send(api).json()
    assert read(api, other["receipt_number"], other["secret"]).status_code == 200, "only this number is locked"


def test_the_secret_may_not_stand_in_the_address(api: Any, town: Any) -> None:
    receipt = send(api).json()
    path = f"/consultations/{receipt['receipt_number']}?secret={quote(receipt['secret'])}&X-Consultation-Secret={quote(receipt['secret'])}"
    assert_problem(api("public", "GET", path), 404)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"story": None}, "story"),
        ({"story": ""}, "story"),
        ({"story": "あ" * 4001}, "story"),
        ({"story": "a\x00b"}, "story"),
        ({"topic": None}, "topic"),
        ({"topic": "other-world"}, "topic"),
        ({"age": -1}, "age"),
        ({"age": 10**30}, "age"),
        ({"age": "七十二"}, "age"),
        ({"amount": -5}, "amount"),
        ({"amount": 10**40}, "amount"),
        ({"mail": "not a mail", "reply_by": "mail"}, "mail"),
        ({"reply_by": "phone"}, "phone"),
        ({"postcode": "12"}, "postcode"),
        ({"prefecture": "99"}, "prefecture"),
        ({"contracted_on": "2026-02-31"}, "contracted_on"),
        ({"colour": "green"}, "colour"),
        ({"story": {"a": 1}}, "story"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_written(
    api: Any, town: Any, changes: dict[str, Any], field: str
) -> None:
    assert_problem(send(api, **changes), 422, field=field)
    assert contacts() == 0


@pytest.mark.parametrize("story", ["𠮟られた。葛󠄀城さん（辻󠄁）👨‍👩‍👧", "<script>alert(1)</script>{{ 7*7 }}'; DROP TABLE x;--"])
def test_unusual_words_survive_the_round_trip(api: Any, town: Any, story: str) -> None:
    receipt = send(api, story=story, wish=None).json()
    body = read(api, receipt["receipt_number"], receipt["secret"]).json()
    assert body["messages"][0]["text"] == story


def test_one_address_cannot_send_without_end(api: Any, town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caasis.channels.services.intake._LIMIT", 2)
    assert [send(api).status_code for _ in range(2)] == [201, 201]
    assert_problem(send(api), 429, code="too_many")
    assert contacts() == 2


def test_a_logged_in_counsellor_gets_no_more_than_the_public(api: Any, town: Any) -> None:
    receipt = send(api).json()
    answer = api("counsellor", "GET", f"/consultations/{receipt['receipt_number']}")
    assert_problem(answer, 404)
