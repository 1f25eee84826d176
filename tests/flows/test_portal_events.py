"""Education events on the portal: found, signed up for, cancelled by the link; lectures asked for; teaching material."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.events import EducationEventChanged, SignUpChanged
from caasis.appointments.models import EducationEvent, LectureRequest, SignUp
from caasis.appointments.rules.event_calendar import calendar_text
from caasis.appointments.services import EventValues
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.ids import uuid7
from caasis.knowledge.models import Article
from caasis.knowledge.selectors import search_articles
from caasis.knowledge.services import load_seed_articles
from caasis.platform.pages.cache import PageCache
from caasis.platform.streams.hub import StreamEvent
from caasis.platform.transactions import system_transaction
from caasis.portal.stale import with_notice
from caasis.portal.views import events as view
from caasis.portal.views.lectures import REQUESTS_A_WINDOW

pytestmark = pytest.mark.django_db
WHO = {"name": "見本 花子", "phone": "022-000-4321", "people": "2", "needs": "車いすで行きます"}
NEXT_MONTH = timedelta(days=40)


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return Client()


@pytest.fixture
def event(town: Any) -> EducationEvent:
    return make(town)


def make(town: Any, **more: Any) -> EducationEvent:
    start = timezone.now() + NEXT_MONTH
    values: dict[str, Any] = {
        "title": "だまされないための講座", "summary": "## 内容\n\n点検商法の手口を見ます。", "audience": "elderly", "place": "青葉市民会館",
        "starts_at": start, "ends_at": start + timedelta(hours=2), "capacity": 3, "sign_up_until": start - timedelta(days=1),
        "access": ("wheelchair",),
    }  # fmt: skip
    row = appointments.write_event(actor=town.counsellor, values=EventValues(**(values | more)))
    return appointments.open_event(actor=town.supervisor, event_id=row.id)


def page(answer: Any) -> str:
    return str(answer.content.decode())


def once(html: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', html)
    assert found
    return found[1]


def sign_up(visitor: Client, event: EducationEvent, **more: str) -> Any:
    token = once(page(visitor.get(f"/events/{event.id}/")))
    return visitor.post(f"/events/{event.id}/", WHO | {"once": token, "send": "1"} | more)


def sign_ups() -> list[SignUp]:
    with system_transaction():
        return list(SignUp.objects.order_by("place_in_line"))


# --- finding ----------------------------------------------------------------------------------------------------------


def test_an_empty_list_points_to_the_lecture_that_comes_to_people(visitor: Client) -> None:
    html = page(visitor.get("/events/"))
    assert "これからの講座は、いまありません" in html and 'href="/events/lecture/"' in html


def test_a_list_shows_what_comes_and_narrows_by_place_audience_and_month(visitor: Client, event: EducationEvent) -> None:
    answer = visitor.get("/events/")
    assert event.title in page(answer) and answer["Cache-Control"].startswith("public") and not answer.cookies
    starts = event.starts_at.astimezone(JST)
    for query, there in (
        ("prefecture=04", True), ("prefecture=12", False), ("audience=elderly", True), ("audience=young", False),
        (f"month={starts:%Y-%m}", True), (f"month={timezone.now().astimezone(JST):%Y-%m}", False), ("past=1", False),
        ("month=9999-99&audience=%FF&prefecture=%F0", True),
    ):  # fmt: skip
        assert (event.title in page(visitor.get(f"/events/?{query}"))) is there, query


def test_a_draft_is_nowhere(visitor: Client, town: Any, event: EducationEvent) -> None:
    start = timezone.now() + NEXT_MONTH
    draft = appointments.write_event(
        actor=town.counsellor,
        values=EventValues(
            title="まだ秘密の講座", summary="準備中です。", audience="anybody", place="会館", starts_at=start,
            ends_at=start + timedelta(hours=1), capacity=5, sign_up_until=start,
        ),
    )  # fmt: skip
    assert visitor.get(f"/events/{draft.id}/").status_code == 404
    for address in ("/events/", "/feeds/events.atom", "/feeds/events.json", "/sitemap.xml"):
        html = page(visitor.get(address))
        assert "まだ秘密の講座" not in html and str(draft.id) not in html, address
        assert str(event.id) in html, address
    assert visitor.get(f"/events/{draft.id}/event.ics").status_code == 404


def test_a_cancelled_event_says_so_also_in_feed_and_calendar(visitor: Client, town: Any, event: EducationEvent) -> None:
    assert "STATUS:CONFIRMED" in page(visitor.get(f"/events/{event.id}/event.ics"))
    appointments.cancel_event(actor=town.supervisor, event_id=event.id)
    html = page(visitor.get(f"/events/{event.id}/"))
    assert "中止になりました" in html and 'name="once"' not in html
    assert "【中止】" in page(visitor.get("/feeds/events.atom"))
    assert "STATUS:CANCELLED" in page(visitor.get(f"/events/{event.id}/event.ics"))


def test_a_calendar_file_is_folded_and_escaped() -> None:
    at = datetime(2027, 1, 20, 14, tzinfo=JST)
    text = calendar_text(
        event_id=uuid7(), version=2, title="講座, その1; " + "あ" * 60, place="1階\n会議室", about="x", url="https://example.jp/",
        starts_at=at, ends_at=at, changed_at=at,
    )  # fmt: skip
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines) and lines[-1] == ""
    assert "DTSTART:20270120T050000Z" in lines and "LOCATION:1階\\n会議室" in lines
    whole = text.replace("\r\n ", "")
    assert "SUMMARY:講座\\, その1\\; " + "あ" * 60 in whole


def test_an_event_that_changed_is_made_anew_before_it_is_shown_again(tmp_path: Path) -> None:
    from caasis.config import asgi

    kept = PageCache(asgi.uncached, folder=tmp_path, session_cookie="x", notice=with_notice)
    seen: list[str] = []
    for topic in (EducationEventChanged.topic, SignUpChanged.topic):
        before = kept._purges
        asgi.purging(kept)(StreamEvent(1, topic, str(uuid7()), None, None))
        seen += [topic] * (kept._purges - before)
    assert seen == [EducationEventChanged.topic]


# --- signing up -------------------------------------------------------------------------------------------------------


def test_signing_up_asks_once_more_and_ends_at_a_link_of_ones_own(visitor: Client, event: EducationEvent) -> None:
    token = once(page(visitor.get(f"/events/{event.id}/")))
    asked = visitor.post(f"/events/{event.id}/", WHO | {"once": token, "check": "1"})
    html = page(asked)
    assert "この内容で申し込みますか" in html and "見本 花子" in html and sign_ups() == []
    assert once(html) == token and asked["Cache-Control"] == "no-store"
    answer = visitor.post(f"/events/{event.id}/", WHO | {"once": token, "send": "1"})
    assert answer.status_code == 302
    (row,) = sign_ups()
    assert (row.people, row.state) == (2, "confirmed")
    own = visitor.get(answer["Location"])
    html = page(own)
    assert "2人分の席をお取りしました" in html and "見本 花子" not in html and answer["Location"].split("?")[0] in html
    assert own["Cache-Control"] == "no-store" and "noindex" in own["X-Robots-Tag"]
    assert "あと1人" in page(visitor.get(f"/events/{event.id}/"))


def test_going_back_keeps_what_was_typed(visitor: Client, event: EducationEvent) -> None:
    token = once(page(visitor.get(f"/events/{event.id}/")))
    html = page(visitor.post(f"/events/{event.id}/", WHO | {"once": token, "back": "1"}))
    assert "見本 花子" in html and "022-000-4321" in html and "車いすで行きます" in html and once(html) == token


def test_sending_twice_is_one_sign_up(visitor: Client, event: EducationEvent) -> None:
    token = once(page(visitor.get(f"/events/{event.id}/")))
    first, second = (visitor.post(f"/events/{event.id}/", WHO | {"once": token, "send": "1"}) for _ in range(2))
    assert first["Location"] == second["Location"] and len(sign_ups()) == 1


def test_a_secret_of_ones_own_making_is_not_taken(visitor: Client, event: EducationEvent) -> None:
    for token in ("", "a" * 32, "x" * 10**6, "\x00"):
        answer = visitor.post(f"/events/{event.id}/", WHO | {"once": token, "send": "1"})
        assert answer.status_code == 200 and "この内容で申し込みますか" in page(answer)
    assert sign_ups() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "あ" * 61), ("phone", "110"), ("phone", ""), ("people", "0"), ("people", "9" * 400), ("people", "2.5"),
        ("needs", "あ" * 10**6), ("name", "\x00"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_and_the_rest_is_kept(visitor: Client, event: EducationEvent, field: str, value: str) -> None:
    sent = WHO | {field: value}
    body = "&".join(f"{key}={_quoted(text)}" for key, text in (sent | {"send": "1"}).items())
    answer = visitor.generic("POST", f"/events/{event.id}/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and sign_ups() == []
    html = page(answer)
    assert "エラー：" in html
    for name, text in WHO.items():
        assert name == field or text in html


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def test_who_waits_sees_the_place_in_line_and_moves_up_when_somebody_cancels(visitor: Client, event: EducationEvent) -> None:
    first = sign_up(visitor, event)["Location"].split("?")[0]
    second = sign_up(visitor, event)["Location"].split("?")[0]
    assert "キャンセル待ちの1番目" in page(visitor.get(second))
    assert "いまは満席です" in page(visitor.get(f"/events/{event.id}/"))
    asked = visitor.post(f"{first}cancel/")
    assert "取りやめますか" in page(asked) and sign_ups()[0].state == "confirmed"
    assert visitor.post(f"{first}cancel/", {"sure": "1"}).status_code == 302
    assert "取りやめになっています" in page(visitor.get(first))
    assert "2人分の席をお取りしました" in page(visitor.get(second))
    assert sign_ups()[1].to_tell


def test_a_wrong_link_finds_nothing_and_many_wrong_ones_are_held_back(visitor: Client, event: EducationEvent) -> None:
    right = sign_up(visitor, event)["Location"]
    for number in range(view.WRONG_LINKS_A_WINDOW):
        answer = visitor.get(f"/events/my/{number:032d}/")
        assert answer.status_code == 404 and answer["Cache-Control"] == "no-store"
    assert visitor.get("/events/my/x/").status_code == 429
    assert visitor.get(right).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get(right).status_code == 200


def test_one_address_signs_up_only_so_often(visitor: Client, town: Any) -> None:
    wide = make(town, capacity=500)
    answers = [sign_up(visitor, wide).status_code for _ in range(view.SIGN_UPS_A_WINDOW + 1)]
    assert answers == [302] * view.SIGN_UPS_A_WINDOW + [429]
    assert len(sign_ups()) == view.SIGN_UPS_A_WINDOW


def test_what_closed_in_the_meantime_says_so(visitor: Client, town: Any, event: EducationEvent) -> None:
    token = once(page(visitor.get(f"/events/{event.id}/")))
    appointments.close_event(actor=town.supervisor, event_id=event.id)
    answer = visitor.post(f"/events/{event.id}/", WHO | {"once": token, "send": "1"})
    assert answer.status_code == 409 and "申し込みは、終わりました" in page(answer) and sign_ups() == []


def test_a_browser_that_checks_forms_is_asked_for_its_token(town: Any, event: EducationEvent, settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/events/{event.id}/", WHO | {"send": "1"}).status_code == 403


# --- lectures ---------------------------------------------------------------------------------------------------------


def asked(**more: str) -> dict[str, str]:
    day = day_in_japan(timezone.now()) + timedelta(days=30)
    return {
        "organisation": "見本町内会", "name": "見本 次郎", "phone": "022-000-1234", "postcode": "980-0811", "place": "見本集会所",
        "theme": "elderly", "audience": "elderly", "people": "30", "part_of_day": "morning", "note": "坂の上です",
        "day1_y": str(day.year), "day1_m": str(day.month), "day1_d": str(day.day),
    } | more  # fmt: skip


def test_a_lecture_is_asked_for_and_reaches_the_centre_of_its_place(visitor: Client, town: Any) -> None:
    token = once(page(visitor.get("/events/lecture/")))
    for _ in range(2):
        answer = visitor.post("/events/lecture/", asked(once=token), follow=True)
        assert "依頼を受け付けました" in page(answer)
    with system_transaction():
        (row,) = LectureRequest.objects.all()
    assert row.centre_id == town.centre_a.id and row.people == 30


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", ""), ("phone", "x"), ("postcode", "000-0000"), ("people", "0"), ("people", "9" * 30), ("people", "多い"),
        ("theme", "x"), ("day1_y", "9999"), ("day1_y", "0000"), ("day1_d", "32"), ("note", "あ" * 10**6), ("name", "\x00"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_keeps_what_was_typed(visitor: Client, field: str, value: str) -> None:
    token = once(page(visitor.get("/events/lecture/")))
    answer = visitor.post("/events/lecture/", asked(once=token, **{field: value}))
    html = page(answer)
    assert answer.status_code == 422 and "エラー：" in html and ("坂の上です" in html or field == "note")
    with system_transaction():
        assert not LectureRequest.objects.exists()


def test_one_address_asks_only_so_often(visitor: Client) -> None:
    answers = []
    for _ in range(REQUESTS_A_WINDOW + 1):
        token = once(page(visitor.get("/events/lecture/")))
        answers.append(visitor.post("/events/lecture/", asked(once=token)).status_code)
    assert answers == [302] * REQUESTS_A_WINDOW + [429]


# --- teaching material ------------------------------------------------------------------------------------------------


@pytest.fixture
def lessons(visitor: Client) -> Client:
    load_seed_articles(actor=SYSTEM)
    return visitor


def test_material_is_listed_by_whom_it_is_for(lessons: Client) -> None:
    html = page(lessons.get("/materials/"))
    assert all(f"/articles/K-300{number}/" in html for number in range(1, 7))
    young = page(lessons.get("/materials/?audience=young"))
    assert "K-3002" in young and "K-3001" in young and "K-3004" not in young
    assert "K-3004" in page(lessons.get("/materials/?audience=%FF"))


def test_material_is_read_printed_and_taken_away_as_text(lessons: Client) -> None:
    assert "要確認" in page(lessons.get("/articles/K-3005/"))
    answer = lessons.get("/materials/K-3001/text.md")
    text = page(answer)
    assert answer["Content-Type"].startswith("text/markdown") and 'filename="K-3001.md"' in answer["Content-Disposition"]
    assert "# 教材：クーリング・オフ" in text and "特定商取引法9条" in text and "（要確認）" in text and "188" in text
    for wrong in ("F-1001", "K-9999", "x", "%FF"):
        assert lessons.get(f"/materials/{wrong}/text.md").status_code == 404


def test_withdrawn_material_is_gone_and_no_lesson_stands_before_an_answer(lessons: Client) -> None:
    hits = search_articles("訪問販売で契約した クーリング・オフ", limit=30)
    assert hits and all(hit.article.kind != Article.Kind.MATERIAL for hit in hits)
    Article.objects.filter(number="K-3001").update(state="withdrawn")
    assert "K-3001" not in page(lessons.get("/materials/"))
    assert lessons.get("/materials/K-3001/text.md").status_code == 404


def test_without_material_the_page_points_to_the_lecture(visitor: Client) -> None:
    html = page(visitor.get("/materials/"))
    assert "教材は、まだありません" in html and 'href="/events/lecture/"' in html
