"""A consultation through HTTP, as a browser without JavaScript sends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from caasis.channels.models import Attachment, Contact, IntakeDraft, Message
from caasis.channels.selectors import submission_answers
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues.selectors import waiting_items
from tests.flows.portal_steps import STEP1, STEP2, STEP4, fill, hidden, send, send_step, shown_code, slip, step3
from tests.rooms.channels.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(town: Any, settings: Any) -> Client:
    """A browser that checks CSRF as a real one is checked."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return Client()


def contacts() -> list[Contact]:
    with system_transaction():
        return list(Contact.objects.all())


def test_five_steps_lead_to_a_receipt_and_into_the_queue(browser: Client, town: Any) -> None:
    fill(browser)
    answer = send(browser)
    html = answer.content.decode()
    assert answer.status_code == 200 and answer.redirect_chain[-1][0] == "/consult/done/"
    number, secret = slip(html)
    (contact,) = contacts()
    assert (contact.receipt_number, contact.centre_id) == (number, town.centre_a.id)
    actor = town.actors["counsellor"]
    with actor_transaction(actor):
        assert [item.subject_id for item in waiting_items(actor=actor)] == [contact.id]
        answers = submission_answers(actor=actor, contact_id=contact.id, purpose=Purpose.OWN_CASE)
    day = (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat()
    assert answers["story"] == STEP2["story"].replace("\r\n", "\n")
    assert (answers["contracted_on"], answers["document_on"]) == (day, day)
    assert (answers["amount"], answers["age"], answers["phone"]) == (480000, 72, "+819012345678")
    assert (answers["postcode"], answers["quiet"]) == ("9800811", ["family_secret"])
    assert browser.get("/receipt/status/").status_code == 200
    assert secret not in str(browser.cookies)


def test_the_completion_page_shows_the_deadline_before_anybody_has_read(browser: Client) -> None:
    fill(browser)
    html = send(browser).content.decode()
    last = day_in_japan(timezone.now()) + timedelta(days=5)
    assert "お返事を待たずに、通知を出してください" in html
    assert f"<b>{last.month}月{last.day}日" in html and "あと5日" in html
    assert html.count("data-last") == 1 and "特定商取引法9条" in html
    assert "引き落としが近いときは" in html


def test_what_is_not_certain_is_not_said_plainly(browser: Client) -> None:
    fill(browser, step3=step3() | {"exceptions": ["unknown"]})
    html = send(browser).content.decode()
    assert "できることがあります" in html and "お返事を待たずに188へ" in html
    assert "理由を言わずにやめられます" not in html


def test_an_unknown_trade_leads_to_188(browser: Client) -> None:
    fill(browser, step3={"how": "unknown", "contracted_on_unknown": "on", "amount_unknown": "on"})
    html = send(browser).content.decode()
    assert "188" in html and "app-due__big" not in html and "data-last" not in html


def test_before_a_contract_neither_day_nor_sum_is_needed(browser: Client) -> None:
    fill(browser, step3={"how": "none"})
    assert send(browser).status_code == 200
    assert len(contacts()) == 1


def test_pressing_send_twice_makes_one_contact_and_one_page(browser: Client) -> None:
    fill(browser)
    token = hidden(browser.get("/consult/5/").content.decode(), "draft")
    first = browser.post("/consult/5/", {"draft": token, "send": "1"}, follow=True).content.decode()
    second = browser.post("/consult/5/", {"draft": token, "send": "1"}, follow=True).content.decode()
    assert slip(first) == slip(second)
    assert len(contacts()) == 1
    assert slip(browser.get("/consult/done/").content.decode()) == slip(first)


def test_the_back_button_after_sending_leads_to_the_receipt(browser: Client) -> None:
    fill(browser)
    sent = slip(send(browser).content.decode())
    for number in range(1, 6):
        answer = browser.get(f"/consult/{number}/", follow=True)
        assert answer.redirect_chain[-1][0] == "/consult/done/"
        assert slip(answer.content.decode()) == sent


def test_going_back_keeps_what_was_typed_also_where_it_was_wrong(browser: Client) -> None:
    fill(browser, upto=2)
    answer = send_step(browser, 3, {"how": "call", "business": "あおぞら", "amount": "たくさん"}, back="1")
    assert answer["Location"] == "/consult/2/"
    html = browser.get("/consult/3/").content.decode()
    assert 'value="たくさん"' in html and 'value="あおぞら"' in html
    assert "エラー：" in html


def test_errors_keep_everything_and_say_what_to_do(browser: Client) -> None:
    fill(browser, upto=2)
    tomorrow = day_in_japan(timezone.now()) + timedelta(days=1)
    answer = send_step(
        browser,
        3,
        step3(tomorrow) | {"amount": "", "business": "ヤマダと<b>名乗った</b>", "document": "no", "document_on_y": "", "document_on_m": "", "document_on_d": ""},
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>エラー：" in html
    assert "2か所、確かめてください" in html
    assert 'href="#id_contracted_on_0"' in html and 'href="#id_amount_0"' in html
    assert "きょうか、きょうより前の日を入力してください。" in html
    assert "金額を入力するか「わからない」を選んでください。" in html
    assert "ヤマダと&lt;b&gt;名乗った&lt;/b&gt;" in html


def test_an_empty_form_is_refused_at_each_step_without_blame(browser: Client) -> None:
    answer = browser.post("/consult/1/", {})
    assert answer.status_code == 422 and "4か所、確かめてください" in answer.content.decode()
    with system_transaction():
        assert IntakeDraft.objects.count() == 0
    fill(browser, upto=1)
    for number, expected in ((2, "1か所"), (3, "3か所")):
        answer = send_step(browser, number, {})
        assert answer.status_code == 422 and expected in answer.content.decode()
        fill_one = {2: STEP2, 3: step3()}[number]
        assert send_step(browser, number, fill_one).status_code == 302
    answer = send_step(browser, 4, {})
    assert answer.status_code == 422


def test_sending_with_a_step_left_out_says_which(browser: Client) -> None:
    fill(browser, upto=1)
    page = browser.get("/consult/5/")
    html = page.content.decode()
    assert page.status_code == 200 and "できごとを入力してください" in html
    answer = browser.post("/consult/5/", {"draft": hidden(html, "draft"), "send": "1"})
    assert answer.status_code == 422
    assert '/consult/2/?return=1#id_story' in answer.content.decode()
    assert contacts() == []


def test_one_answer_is_mended_from_the_confirmation(browser: Client) -> None:
    fill(browser)
    page = browser.get("/consult/2/?return=1").content.decode()
    answer = browser.post(
        "/consult/2/", {"draft": hidden(page, "draft"), "return": "1", "story": "書きなおしました", "wish": ""}
    )
    assert answer["Location"] == "/consult/5/"
    assert "書きなおしました" in browser.get("/consult/5/").content.decode()


# --- the code ---------------------------------------------------------------------------------------------------


def test_the_code_opens_the_form_in_another_browser(browser: Client) -> None:
    fill(browser, upto=3)
    code = shown_code(browser.get("/consult/4/").content.decode())
    other = Client()
    answer = other.post("/consult/resume/", {"code": f" {code.replace(' ', '')}　"})
    assert answer["Location"] == "/consult/4/"
    assert "あおぞら設備" in other.get("/consult/3/").content.decode()


def test_a_wrong_code_is_answered_in_one_sentence_and_not_often(browser: Client) -> None:
    for number in range(10):
        answer = browser.post("/consult/resume/", {"code": f"みかん {number:06d}"})
        assert answer.status_code == 422
    assert "保存コードが見つかりません" in answer.content.decode()
    assert 'value="みかん 000009"' in answer.content.decode()
    assert browser.post("/consult/resume/", {"code": "みかん 999999"}).status_code == 429


def test_an_expired_code_and_form_lose_nothing_of_the_page(browser: Client) -> None:
    fill(browser, upto=1)
    page = browser.get("/consult/2/").content.decode()
    code = shown_code(page)
    with system_transaction():
        IntakeDraft.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert browser.post("/consult/resume/", {"code": code}).status_code == 422
    answer = browser.post("/consult/2/", {"draft": hidden(page, "draft"), **STEP2}, follow=True)
    html = answer.content.decode()
    assert "さきほどの入力は残っています" in html
    assert "給湯器の点検" in browser.get("/consult/2/").content.decode()


def test_a_forged_token_opens_nothing(browser: Client) -> None:
    fill(browser, upto=2)
    code = shown_code(browser.get("/consult/3/").content.decode())
    other = Client()
    for forged in (code, f"{code}:x:y", "a" * 5000, "::", "\x00"):
        other.cookies["caasis_draft"] = forged if forged.isascii() and "\x00" not in forged else "x"
        answer = other.post("/consult/3/", {"draft": forged, **step3()}, follow=True)
        assert "できごと" not in shown_lines(other)
        assert answer.status_code == 200


def shown_lines(client: Client) -> str:
    html = client.get("/consult/2/").content.decode()
    return "できごと" if "給湯器の点検" in html else ""


def test_the_form_can_be_forgotten_at_once(browser: Client) -> None:
    fill(browser, upto=2)
    page = browser.get("/consult/3/").content.decode()
    browser.post("/consult/discard/", {"draft": hidden(page, "draft")})
    with system_transaction():
        assert IntakeDraft.objects.count() == 0
    assert browser.get("/consult/3/")["Location"].startswith("/consult/1/")


def test_two_windows_do_not_write_into_each_other(browser: Client) -> None:
    fill(browser, upto=1)
    first = browser.get("/consult/2/").content.decode()
    browser.cookies.pop("caasis_draft")
    fill(browser, upto=1)
    browser.post("/consult/2/", {"draft": hidden(first, "draft"), "story": "はじめの窓のできごと"})
    with system_transaction():
        drafts = list(IntakeDraft.objects.order_by("created_at"))
    assert len(drafts) == 2 and drafts[0].step == 3 and drafts[1].step == 2


# --- the article that was read before (K15) -------------------------------------------------------------------------


def test_the_article_that_led_here_is_kept(browser: Client) -> None:
    page = browser.get("/consult/1/?article=Ｆ1001").content.decode()
    assert hidden(page, "article") == "F-1001"
    assert browser.post("/consult/1/", {**STEP1, "article": "F-1001"}).status_code == 302
    for number, data in ((2, STEP2), (3, step3()), (4, STEP4)):
        send_step(browser, number, data)
    send(browser)
    assert contacts()[0].faq_number == "F-1001"


def test_a_senseless_article_number_stops_nobody(browser: Client) -> None:
    assert browser.get("/consult/1/?article=<script>").status_code == 200
    assert browser.post("/consult/1/", {**STEP1, "article": "'; DROP TABLE"}).status_code == 302


# --- files ------------------------------------------------------------------------------------------------------


def picture(name: str = "契約書 1枚目.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(), content_type="image/png")


def test_photos_are_added_listed_removed_and_sent(browser: Client) -> None:
    fill(browser, upto=2)
    answer = send_step(browser, 3, {**step3(), "files": [picture(), picture("名刺.png")]}, add_files="1")
    assert answer["Location"] == "/consult/3/#files"
    html = browser.get("/consult/3/").content.decode()
    assert "契約書 1枚目.png" in html and "名刺.png" in html and 'value="あおぞら設備"' in html
    removed = html.split("名刺.png")[1].split('name="remove" value="')[1].split('"')[0]
    send_step(browser, 3, step3(), remove=removed)
    assert "名刺.png" not in browser.get("/consult/3/").content.decode()
    assert send_step(browser, 3, {**step3(), "files": [picture("画面.png")]})["Location"] == "/consult/4/"
    assert send_step(browser, 4, STEP4).status_code == 302
    assert "画面.png" in browser.get("/consult/5/").content.decode()
    send(browser)
    with system_transaction():
        assert Attachment.objects.count() == 2
        assert Attachment.objects.filter(message=Message.objects.get()).count() == 2


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.exe", b"MZ\x90\x00" + b"\x00" * 300, "。"),
        ("a.jpg", b"\x00" * (10 * 1024 * 1024 + 1), "10MB"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "。"),
        ("a.png", b"", "。"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_and_the_rest_stays(
    browser: Client, name: str, content: bytes, sentence: str
) -> None:
    fill(browser, upto=2)
    answer = send_step(browser, 3, {**step3(), "files": SimpleUploadedFile(name, content)})
    html = answer.content.decode()
    assert answer.status_code == 422 and "<title>エラー：" in html
    assert "契約書や画面の写真" in html and sentence in html and 'value="あおぞら設備"' in html
    with system_transaction():
        assert IntakeDraft.objects.get().files.count() == 0


def test_six_photos_are_one_too_many(browser: Client) -> None:
    fill(browser, upto=2)
    answer = send_step(browser, 3, {**step3(), "files": [picture(f"{n}.png") for n in range(6)]})
    assert answer.status_code == 422 and "5つまで" in answer.content.decode()
    with system_transaction():
        assert IntakeDraft.objects.get().files.count() == 5


# --- hostile, huge, foreign input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{ request }}{% debug %}",
        "'; DROP TABLE channels_contact; --",
        "\ud83d\ude00絵文字と𠮷野家とゟ",
        "\u202eさかさま\u0000ぬる\u0007ベル",
        "a" * 3999,
    ],
)
def test_strange_words_are_kept_as_they_are_and_harm_nothing(browser: Client, text: str) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    fill(browser, upto=1)
    assert send_step(browser, 2, {"story": text}).status_code == 302
    assert send_step(browser, 3, step3()).status_code == 302
    assert send_step(browser, 4, STEP4).status_code == 302
    html = browser.get("/consult/5/").content.decode()
    assert "<script>alert" not in html
    assert send(browser).status_code == 200
    status = browser.get("/receipt/status/").content.decode()
    assert "<script>alert" not in status and "\x00" not in status


def test_too_long_a_story_is_told_and_kept(browser: Client) -> None:
    fill(browser, upto=1)
    answer = send_step(browser, 2, {"story": "あ" * 4001})
    html = answer.content.decode()
    assert answer.status_code == 422 and "4000字まで" in html.replace(",", "") and "あ" * 4001 in html


def test_line_ends_count_once(browser: Client) -> None:
    fill(browser, upto=1)
    assert send_step(browser, 2, {"story": "あ\r\n" * 2000}).status_code == 302


def test_shift_jis_is_not_guessed_at(browser: Client) -> None:
    """A page in UTF-8 sends UTF-8; whoever sends other bytes is told, or the bytes are kept as unreadable, never a crash."""
    fill(browser, upto=1)
    token = hidden(browser.get("/consult/2/").content.decode(), "draft")
    from urllib.parse import quote, quote_from_bytes

    body = f"draft={quote(token)}&story={quote_from_bytes('点検の契約'.encode('shift_jis'))}"
    for content_type in ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=Shift_JIS"):
        answer = browser.post("/consult/2/", body, content_type=content_type)
        assert answer.status_code in (302, 400, 422)
        assert "Traceback" not in answer.content.decode()


def test_unknown_choices_are_refused_in_our_words(browser: Client) -> None:
    answer = browser.post("/consult/1/", {**STEP1, "topic": "everything", "injury": ["yes", "no"]})
    assert answer.status_code == 422
    assert "一覧から選びなおしてください" in answer.content.decode()


def test_a_form_without_its_csrf_token_is_refused_with_a_sentence(town: Any, settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/consult/1/", STEP1)
    assert answer.status_code == 403 and "もう一度送ってください" in answer.content.decode()
    assert contacts() == []


def test_steps_that_do_not_exist_are_not_found(browser: Client) -> None:
    assert browser.get("/consult/6/").status_code == 404
    assert browser.get("/consult/0/").status_code == 404
    assert browser.put("/consult/1/").status_code in (403, 405)


def test_a_later_step_without_a_form_leads_to_the_first(browser: Client) -> None:
    for number in range(2, 6):
        assert browser.get(f"/consult/{number}/")["Location"] == "/consult/1/?notice=start"
    assert "はじめの質問から" in browser.get("/consult/1/?notice=start").content.decode()
    assert browser.get("/consult/done/")["Location"] == "/receipt/?notice=over"
