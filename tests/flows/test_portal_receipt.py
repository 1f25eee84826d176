"""The consumer's own page through HTTP: opening, reading, replying, withdrawing, closing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from caasis.channels import services
from caasis.channels.models import Contact, Message
from caasis.channels.services import Receipt
from caasis.platform.transactions import system_transaction
from tests.flows.portal_steps import STEP1, STEP2, STEP4, hidden, step3
from tests.rooms.channels.conftest import png

pytestmark = pytest.mark.django_db

ANSWERS: dict[str, Any] = {
    **STEP1, "story": STEP2["story"], "how": "visit", "contracted_on": "unknown", "amount": "unknown",
    "name": "見本 花子", "postcode": "9800811", "reply_by": "site",
}  # fmt: skip


@pytest.fixture
def receipt(town: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Receipt:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    for name, value in (("memory_cost", 64), ("time_cost", 1), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
    return services.submit(idempotency_key="k" * 20, answers=ANSWERS)


@pytest.fixture
def opened(receipt: Receipt) -> Client:
    client = Client()
    answer = client.post("/receipt/", {"receipt_number": receipt.receipt_number, "secret": receipt.secret})
    assert answer["Location"] == "/receipt/status/"
    return client


def test_number_and_secret_open_the_status(opened: Client, receipt: Receipt) -> None:
    page = opened.get("/receipt/status/")
    html = page.content.decode()
    assert page.status_code == 200 and page["Cache-Control"] == "no-store"
    assert receipt.receipt_number in html and "青葉市消費生活センターに届いています" in html
    assert "給湯器の点検" in html and receipt.secret not in html
    cookie = opened.cookies["caasis_receipt"]
    assert cookie["httponly"] and cookie["path"] == "/receipt/" and int(cookie["max-age"]) == 1800


@pytest.mark.parametrize(
    ("number", "secret", "status"),
    [
        ("", "", 422),
        ("2026-1234-56789", "たけ 000000", 422),
        ("九九九", "たけ", 422),
        ("<script>", "'; DROP TABLE", 422),
        ("1" * 5000, "あ" * 5000, 422),
    ],
)
def test_a_wrong_opening_keeps_what_was_typed_and_says_what_to_do(
    receipt: Receipt, number: str, secret: str, status: int
) -> None:
    answer = Client().post("/receipt/", {"receipt_number": number, "secret": secret})
    html = answer.content.decode()
    assert answer.status_code == status and "<title>エラー：" in html and "<script>" not in html.split("<main")[1]
    assert "caasis_receipt" not in answer.cookies


def test_a_known_and_an_unknown_number_look_alike(receipt: Receipt) -> None:
    from caasis.kernel.ids import new_receipt_number

    pages = []
    for number in (receipt.receipt_number, new_receipt_number(2026)):
        client = Client(REMOTE_ADDR=f"192.0.2.{len(pages)}")
        statuses = [client.post("/receipt/", {"receipt_number": number, "secret": "たけ 000000"}) for _ in range(9)]
        pages.append([(r.status_code, r.content.decode().replace(number, "N").split("<main")[1].split("csrfmiddleware")[0]) for r in statuses])
    assert pages[0] == pages[1]
    assert [status for status, _ in pages[0]] == [422] * 7 + [429] * 2
    right = Client(REMOTE_ADDR="192.0.2.9").post(
        "/receipt/", {"receipt_number": receipt.receipt_number, "secret": receipt.secret}
    )
    assert right.status_code == 429 and "15分" in right.content.decode()


def test_without_opening_there_is_nothing_to_see(receipt: Receipt) -> None:
    client = Client()
    for path in ("/receipt/status/", "/receipt/withdraw/"):
        assert client.get(path)["Location"] == "/receipt/?notice=timeout"
        assert client.post(path, {"text": "x"})["Location"] == "/receipt/?notice=timeout"
    client.cookies["caasis_receipt"] = "forged:cookie:value"
    assert client.get("/receipt/status/").status_code == 302


def test_an_opening_ends_by_itself_and_by_hand(opened: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    real = time.time
    monkeypatch.setattr("django.core.signing.time.time", lambda: real() + 1801)
    assert opened.get("/receipt/status/").status_code == 302
    monkeypatch.undo()
    assert opened.get("/receipt/status/").status_code == 200
    assert opened.post("/receipt/close/", follow=True).status_code == 200
    assert opened.get("/receipt/status/").status_code == 302
    assert opened.get("/receipt/close/").status_code == 405


def test_the_answer_of_the_centre_is_read_and_replied_to(opened: Client, town: Any, receipt: Receipt) -> None:
    message = services.write_answer(actor=town.actors["counsellor"], contact_id=receipt.contact_id, text="<b>書類</b>はありますか。")
    assert "書類" not in opened.get("/receipt/status/").content.decode(), "it may still be taken back"
    with system_transaction():
        Message.objects.filter(id=message.id).update(leaves_at=timezone.now() - timedelta(seconds=1))
    html = opened.get("/receipt/status/").content.decode()
    assert "&lt;b&gt;書類&lt;/b&gt;はありますか。" in html and "お返事しました" in html
    own = hidden(html, "message_id")
    for _ in range(2):
        answer = opened.post(
            "/receipt/status/",
            {"text": "あります。", "message_id": own, "files": SimpleUploadedFile("契約書.png", png())},
        )
        assert answer["Location"] == "/receipt/status/?notice=replied#talk"
    html = opened.get("/receipt/status/?notice=replied").content.decode()
    assert html.count("あります。</p>") == 1 and "契約書.png" in html and "返事を送りました" in html
    with system_transaction():
        assert Message.objects.filter(author="consumer").count() == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": ""}, "お返事を入力してください"),
        ({"text": "あ" * 4001}, "あ" * 4001),
        ({"text": "写真です", "files": SimpleUploadedFile("a.exe", b"MZ" + b"\0" * 200)}, "写真です"),
        ({"text": "写真です", "files": SimpleUploadedFile("a.png", b"")}, "写真です"),
    ],
)
def test_a_reply_that_cannot_be_taken_is_kept_and_explained(opened: Client, data: dict[str, Any], words: str) -> None:
    answer = opened.post("/receipt/status/", data)
    html = answer.content.decode()
    assert answer.status_code == 422 and "<title>エラー：" in html and words in html
    with system_transaction():
        assert Message.objects.count() == 1


def test_a_broken_id_of_the_page_keeps_nobody_from_writing(opened: Client) -> None:
    assert opened.post("/receipt/status/", {"text": "続きです", "message_id": "'; --"}).status_code == 302
    assert opened.post("/receipt/status/", {"text": "続きです", "message_id": "\x00"}).status_code == 302


def test_withdrawing_asks_once_and_ends_the_conversation(opened: Client) -> None:
    assert "取り下げますか" in opened.get("/receipt/withdraw/").content.decode()
    html = opened.post("/receipt/withdraw/", follow=True).content.decode()
    assert "相談を取り下げました" in html and "<textarea" not in html
    assert opened.post("/receipt/withdraw/").status_code == 302
    answer = opened.post("/receipt/status/", {"text": "やはりお願いします"})
    assert answer.status_code == 409 and "取り下げられています" in answer.content.decode()
    with system_transaction():
        assert Contact.objects.get().state == "withdrawn"


def test_the_receipt_of_one_opens_no_other(opened: Client, receipt: Receipt) -> None:
    other = services.submit(idempotency_key="other", answers=ANSWERS | {"story": "ほかの人のできごと"})
    assert "ほかの人のできごと" not in opened.get("/receipt/status/").content.decode()
    assert opened.post("/receipt/", {"receipt_number": other.receipt_number, "secret": receipt.secret}).status_code == 422


def test_the_five_steps_of_these_tests_are_the_forms() -> None:
    """The shared steps name only fields that the form has: a renamed field would otherwise pass unseen."""
    from caasis.portal.forms.consult import STEP_FORMS

    for number, data in {1: STEP1, 2: STEP2, 3: step3(), 4: STEP4}.items():
        names = {name.rsplit("_", 1)[0] if name.endswith(("_y", "_m", "_d", "_unknown")) else name for name in data}
        assert names <= set(STEP_FORMS[number].base_fields)
