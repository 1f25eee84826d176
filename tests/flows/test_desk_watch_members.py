"""見守りの構成員 and 見守り情報 at the desk, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases.models import Case
from caasis.channels import services
from caasis.channels.models import Contact
from caasis.channels.watch_models import WatchMember
from caasis.kernel.clock import day_in_japan
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db
LIST = "/desk/watch-members/"
REPORT: dict[str, Any] = {
    "signs": ["goods"], "seen": "玄関に、開けていない箱がたくさんあります。", "consent": "no", "urgency": "soon", "prefecture": "04",
    "person_name": "見本 うめ", "person_address": "みほん町1-2-3",
}  # fmt: skip


def form(**changed: Any) -> dict[str, Any]:
    day = day_in_japan(timezone.now()) + timedelta(days=100)
    return {
        "kind": "welfare", "organisation": "みほん町民生委員協議会", "name": "見本 一郎", "contact": "022-000-0001",
        "valid_until_y": str(day.year), "valid_until_m": str(day.month), "valid_until_d": str(day.day),
    } | changed  # fmt: skip


def link_in(answer: Any) -> str:
    found = re.search(r'value="http://[^/]+(/watch-report/member/[^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


@pytest.fixture
def made(client_for: Any, settings: Any) -> tuple[str, str]:
    """A member's page at the desk, and their link."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    link = link_in(client_for("supervisor").post(f"{LIST}new", form()))
    with system_transaction():
        return f"{LIST}{WatchMember.objects.get().id}/", link


def report(**changed: Any) -> Contact:
    with system_transaction():
        member = WatchMember.objects.get()
    done = services.report_watch(idempotency_key="k" * 20, answers=REPORT | changed, member_id=member.id)
    with system_transaction():
        return Contact.objects.get(id=done.contact_id)


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_registered_member_gets_a_link_that_is_shown_once(client_for: Any, made: tuple[str, str]) -> None:
    page, link = made
    assert client_for("public").get(link).status_code == 200
    for name in ("counsellor", "supervisor", "official"):
        for url in (LIST, page):
            html = client_for(name).get(url).content.decode()
            assert "みほん町民生委員協議会" in html and "見○○" in html and link not in html and "見本 一郎" not in html


def test_name_and_contact_are_opened_for_a_purpose_and_logged(client_for: Any, made: tuple[str, str]) -> None:
    html = client_for("counsellor").get(f"{made[0]}?purpose=advice").content.decode()
    assert "見本 一郎" in html and "022-000-0001" in html
    with system_transaction():
        row = AccessRecord.objects.get(action="open_personal_data", object_kind="watch_member")
    assert row.purpose == "advice" and row.fields == "contact,name"


def test_the_outsider_finds_nothing(client_for: Any, made: tuple[str, str]) -> None:
    page, link = made
    for name in ("outsider", "outside_official"):
        client = client_for(name)
        assert "みほん町民生委員協議会" not in client.get(LIST).content.decode()
        assert client.get(page).status_code == 404 and client.get(f"{page}?purpose=advice").status_code == 404
    client = client_for("outside_official")
    assert client.post(f"{page}end").status_code == 404
    assert client.post(f"{page}renew", form(version="1")).status_code == 404
    assert client_for("public").get(link).status_code == 200


def test_a_counsellor_reads_and_does_not_change(client_for: Any, made: tuple[str, str]) -> None:
    client = client_for("counsellor")
    assert client.get(f"{LIST}new").status_code == client.post(f"{LIST}new", form()).status_code == 403
    assert client.post(f"{made[0]}end").status_code == client.post(f"{made[0]}renew", form(version="1")).status_code == 403
    assert f"{made[0]}end" not in client.get(made[0]).content.decode()


def test_wrong_input_keeps_what_was_typed(client_for: Any, settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    client = client_for("official")
    for changed in ({"valid_until_y": "9999"}, {"valid_until_y": "0000"}, {"organisation": "あ" * 90}, {"name": "\x00"}, {"kind": "x"}):
        answer = client.post(f"{LIST}new", form(**changed))
        assert answer.status_code == 422 and "022-000-0001" in answer.content.decode(), changed
    with system_transaction():
        assert WatchMember.objects.count() == 0


def test_a_new_link_and_the_end_of_it(client_for: Any, made: tuple[str, str]) -> None:
    page, link = made
    client, visitor = client_for("official"), client_for("public")
    assert client.post(f"{page}renew", form(version="7")).status_code == 409
    assert client.post(f"{page}renew", form(version="1", valid_until_y="2020")).status_code == 422
    newer = link_in(client.post(f"{page}renew", form(version="1")))
    assert visitor.get(link).status_code == 404 and visitor.get(newer).status_code == 200
    assert client.post(f"{page}end").status_code == 302
    assert visitor.get(newer).status_code == 410
    assert "止めました" in client.get(LIST).content.decode()


def test_the_list_counts_reports_with_the_same_number_of_queries(client_for: Any, made: tuple[str, str]) -> None:
    client = client_for("supervisor")
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    report()
    for n in range(4):
        client.post(f"{LIST}new", form(organisation=f"みほん{n}"))
    with CaptureQueriesContext(connection) as many:
        html = client.get(LIST).content.decode()
    assert html.count("<tr>") == 6 and '<td data-label="届いた数" class="app-num">1</td>' in html
    assert len(many) == len(few)


def test_without_members_the_list_says_what_to_do(client_for: Any, settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    assert "「構成員を登録する」を押すと" in client_for("official").get(LIST).content.decode()
    assert "主任とセンター職員ができます" in client_for("counsellor").get(LIST).content.decode()


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_stands_in_the_queue_and_opens_for_a_purpose(client_for: Any, made: tuple[str, str]) -> None:
    contact, client = report(), client_for("counsellor")
    home = client.get("/desk/").content.decode()
    assert "見守り情報：使っていない品物や段ボールが、たまっている" in home and "<b>見守り情報</b>" in home
    closed = client.get(f"/desk/contacts/{contact.id}/").content.decode()
    assert "みほん町民生委員協議会" in closed and "本人の同意" in closed and "なし" in closed
    for word in ("見本 うめ", "みほん町1-2-3", "開けていない箱"):
        assert word not in closed
    opened = client.get(f"/desk/contacts/{contact.id}/?purpose=advice").content.decode()
    for word in ("見本 うめ", "みほん町1-2-3", "開けていない箱", "知らせた人が書いたこと"):
        assert word in opened
    outsider = client_for("outsider")
    assert outsider.get(f"/desk/contacts/{contact.id}/?purpose=advice").status_code == 404
    assert "見守り情報：" not in outsider.get("/desk/").content.decode()


def test_taken_it_is_a_case_without_an_answer_box_and_the_report_stays_to_be_read(client_for: Any, made: tuple[str, str]) -> None:
    contact, client = report(urgency="money"), client_for("counsellor")
    answer = client.post(f"/desk/contacts/{contact.id}/take")
    assert answer.status_code == 302
    with system_transaction():
        case = Case.objects.get()
    assert case.receipt_number == contact.receipt_number and case.money_moving
    html = client.get(f"/desk/cases/{case.id}/").content.decode()
    assert "見守り情報を読む" in html and "相談者へのお返事" not in html and "見本 うめ" not in html
    assert "見本 うめ" in client.get(f"/desk/contacts/{contact.id}/").content.decode()
    assert "対応しています" in client.get(made[0]).content.decode()
