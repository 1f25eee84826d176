"""Education events at the desk: written, opened, held; who signed up; lectures that are asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.appointments import services as appointments
from caasis.appointments.models import EducationEvent, LectureRequest, SignUp
from caasis.appointments.services import EventValues, LectureValues
from caasis.audit.models import AccessRecord
from caasis.kernel.clock import JST, day_in_japan
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db


def form(**more: Any) -> dict[str, Any]:
    start = timezone.now().astimezone(JST) + timedelta(days=30)
    return {
        "title": "だまされないための講座", "summary": "点検商法の手口を見ます。", "audience": "elderly", "place": "青葉市民会館",
        "starts_at": start.strftime("%Y-%m-%dT14:00"), "ends_at": start.strftime("%Y-%m-%dT16:00"),
        "sign_up_until": start.strftime("%Y-%m-%dT12:00"), "capacity": "3", "access": ["wheelchair"], "access_note": "駅から5分",
    } | more  # fmt: skip


def only() -> EducationEvent:
    with system_transaction():
        return EducationEvent.objects.get()


@pytest.fixture
def event(town: Any) -> EducationEvent:
    """An open event with a seat taken by two and two who wait."""
    start = timezone.now() + timedelta(days=30)
    row = appointments.write_event(
        actor=town.counsellor,
        values=EventValues(
            title="だまされないための講座", summary="## 内容\n\n手口を見ます。", audience="elderly", place="青葉市民会館", starts_at=start,
            ends_at=start + timedelta(hours=2), capacity=3, sign_up_until=start - timedelta(days=1),
        ),
    )  # fmt: skip
    appointments.open_event(actor=town.supervisor, event_id=row.id)
    for number in (1, 2):
        appointments.sign_up(
            event_id=row.id, secret=f"{number:032d}", name="見本 花子", phone="022-000-4321", people=2, needs="手話通訳がほしい"
        )
    return only()


@pytest.fixture
def asked(town: Any) -> LectureRequest:
    day = day_in_japan(timezone.now()) + timedelta(days=30)
    return appointments.request_lecture(
        values=LectureValues(
            organisation="見本町内会", name="見本 次郎", phone="022-000-1234", postcode="980-0811", place="見本集会所", people=30,
            days=[day, None, None], theme="elderly", note="坂の上です",
        ),
        secret="l" * 32,
    )  # fmt: skip


def people() -> list[SignUp]:
    with system_transaction():
        return list(SignUp.objects.order_by("place_in_line"))


def page(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_event_is_written_by_a_counsellor_and_opened_by_the_supervisor(client_for: Any) -> None:
    counsellor: Client = client_for("counsellor")
    assert "これからの催しはありません" in page(counsellor.get("/desk/events/"))
    answer = counsellor.post("/desk/events/new", form())
    event = only()
    assert answer["Location"] == f"/desk/events/{event.id}/" and event.state == "draft" and event.access == ["wheelchair"]
    html = page(counsellor.get(f"/desk/events/{event.id}/"))
    assert "下書きです" in html and f"{event.id}/open" not in html
    assert counsellor.post(f"/desk/events/{event.id}/open").status_code == 403 and only().state == "draft"
    assert client_for("supervisor").post(f"/desk/events/{event.id}/open").status_code == 302
    assert only().state == "open" and Client().get(f"/events/{event.id}/").status_code == 200
    assert counsellor.get(f"/desk/events/{event.id}/change").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "あ" * 81), ("summary", "<script>x</script>"), ("summary", "あ" * 10**6), ("capacity", "9" * 40),
        ("capacity", "-1"), ("starts_at", "9999-12-31T23:59"), ("starts_at", "0001-01-01T00:00"), ("ends_at", "0000-00-00T00:00"),
        ("sign_up_until", "9999-12-31T23:59"), ("audience", "x"), ("access", "x"), ("place", "\x00"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_everything_typed_is_kept(client_for: Any, field: str, value: str) -> None:
    answer = client_for("counsellor").post("/desk/events/new", form(**{field: value}))
    html = page(answer)
    assert answer.status_code == 422 and "エラー：" in html
    assert field == "access_note" or "駅から5分" in html
    with system_transaction():
        assert not EducationEvent.objects.exists()


def test_a_change_is_kept_from_whoever_read_an_older_one(client_for: Any, event: EducationEvent) -> None:
    supervisor: Client = client_for("supervisor")
    sent = form(version=str(event.version), capacity="4", title="新しい名前")
    assert supervisor.post(f"/desk/events/{event.id}/change", sent).status_code == 302
    assert only().title == "新しい名前" and [row.state for row in people()] == ["confirmed", "confirmed"]
    again = supervisor.post(f"/desk/events/{event.id}/change", sent | {"title": "もっと新しい名前"})
    assert again.status_code == 409 and "もっと新しい名前" in page(again) and only().title == "新しい名前"
    assert supervisor.post(f"/desk/events/{event.id}/change", form(version="9" * 30)).status_code == 422


def test_names_stay_masked_until_a_purpose_is_chosen(client_for: Any, event: EducationEvent) -> None:
    counsellor: Client = client_for("counsellor")
    html = page(counsellor.get(f"/desk/events/{event.id}/"))
    assert "見本 花子" not in html and "022-000-4321" not in html and "手話通訳がほしい" not in html
    assert "見本 花子" not in page(counsellor.get(f"/desk/events/{event.id}/?purpose=break_glass"))
    html = page(counsellor.get(f"/desk/events/{event.id}/?purpose=consumer_request"))
    assert "見本 花子" in html and "022-000-4321" in html and "手話通訳がほしい" in html
    with system_transaction():
        assert AccessRecord.objects.filter(object_kind="sign_up", action="open_personal_data").count() == 2


def test_whoever_moved_up_is_called_and_marked(client_for: Any, event: EducationEvent) -> None:
    counsellor: Client = client_for("counsellor")
    first, second = people()
    assert counsellor.post(f"/desk/events/sign-ups/{first.id}/off").status_code == 302
    assert [row.state for row in people()] == ["cancelled", "confirmed"]
    assert "電話する人 1組" in page(counsellor.get("/desk/events/"))
    html = page(counsellor.get(f"/desk/events/{event.id}/"))
    assert "電話する人が1組あります" in html and "取りやめ 1組" in html
    answer = counsellor.post(f"/desk/events/sign-ups/{second.id}/told?purpose=consumer_request")
    assert answer["Location"] == f"/desk/events/{event.id}/?purpose=consumer_request" and not people()[1].to_tell


def test_a_cancelled_event_shows_whom_to_call(client_for: Any, event: EducationEvent) -> None:
    assert client_for("counsellor").post(f"/desk/events/{event.id}/cancel").status_code == 403
    supervisor: Client = client_for("supervisor")
    assert supervisor.post(f"/desk/events/{event.id}/cancel").status_code == 302
    html = page(supervisor.get(f"/desk/events/{event.id}/"))
    assert "電話する人が2組あります" in html and "メールは送られません" in html
    assert event.title in page(supervisor.get("/desk/events/"))


def test_closing_and_opening_again(client_for: Any, event: EducationEvent) -> None:
    supervisor: Client = client_for("supervisor")
    for verb, state in (("close", "closed"), ("close", "closed"), ("open", "open")):
        assert supervisor.post(f"/desk/events/{event.id}/{verb}").status_code == 302
        assert only().state == state


def test_how_many_came_is_written_down_once_it_has_begun(client_for: Any, event: EducationEvent) -> None:
    counsellor: Client = client_for("counsellor")
    early = counsellor.post(f"/desk/events/{event.id}/held", {"came": "2"})
    assert early.status_code == 409 and "まだ始まっていません" in page(early)
    with system_transaction():
        now = timezone.now()
        EducationEvent.objects.update(starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))
    for wrong in ("", "-1", "9" * 30, "多い"):
        assert counsellor.post(f"/desk/events/{event.id}/held", {"came": wrong}).status_code == 422
    assert counsellor.post(f"/desk/events/{event.id}/held", {"came": "2"}).status_code == 302
    assert only().state == "held" and "来た人 2人" in page(counsellor.get("/desk/events/?past=1"))
    html = page(counsellor.get("/desk/events/"))
    assert event.title not in html and "講座・催し 1回、来た人 2人" in html
    assert "講座・催し 0回、来た人 0人" in page(client_for("outsider").get("/desk/events/"))


def test_the_counsellor_of_another_centre_finds_nothing(client_for: Any, event: EducationEvent, asked: LectureRequest) -> None:
    outsider: Client = client_for("outsider")
    row = people()[0]
    assert event.title not in page(outsider.get("/desk/events/"))
    assert asked.organisation not in page(outsider.get("/desk/events/lectures/"))
    for address in (f"{event.id}/", f"{event.id}/?purpose=consumer_request", f"{event.id}/change", f"lectures/{asked.id}/"):
        assert outsider.get(f"/desk/events/{address}").status_code == 404, address
    official: Client = client_for("outside_official")
    for address in (
        f"{event.id}/change", f"{event.id}/open", f"{event.id}/close", f"{event.id}/cancel", f"{event.id}/held",
        f"sign-ups/{row.id}/told", f"sign-ups/{row.id}/off", f"lectures/{asked.id}/accept", f"lectures/{asked.id}/decline",
        f"lectures/{asked.id}/held",
    ):  # fmt: skip
        assert official.post(f"/desk/events/{address}", form(came="1", day_y="2027", day_m="1", day_d="5")).status_code == 404, address
    assert (only().state, people()[0].state) == ("open", "confirmed")


@pytest.mark.parametrize("who", ["ncac", "analyst", "admin"])
def test_the_nation_has_no_events(client_for: Any, event: EducationEvent, who: str) -> None:
    client: Client = client_for(who)
    for address in ("", "new", f"{event.id}/", "lectures/"):
        assert client.get(f"/desk/events/{address}").status_code == 403


def test_nobody_without_a_login_sees_who_signed_up(event: EducationEvent) -> None:
    answer = Client().get(f"/desk/events/{event.id}/?purpose=consumer_request")
    assert answer.status_code == 302 and "/accounts/login" in answer["Location"]


def test_a_lecture_is_answered_and_held(client_for: Any, asked: LectureRequest) -> None:
    counsellor: Client = client_for("counsellor")
    assert "返事待ち 1件" in page(counsellor.get("/desk/events/"))
    html = page(counsellor.get("/desk/events/lectures/"))
    assert "見本町内会" in html and "返事待ち" in html and "次郎" not in html
    address = f"/desk/events/lectures/{asked.id}/"
    assert "022-000-1234" not in page(counsellor.get(address))
    html = page(counsellor.get(f"{address}?purpose=consumer_request"))
    assert "見本 次郎" in html and "022-000-1234" in html and "坂の上です" in html
    today = day_in_japan(timezone.now())

    def day(of: date) -> dict[str, str]:
        return {"day_y": str(of.year), "day_m": str(of.month), "day_d": str(of.day)}

    wrong = counsellor.post(f"{address}accept", {"day_y": "9999", "day_m": "1", "day_d": "5"})
    assert wrong.status_code == 422 and "2年先まで" in page(wrong)
    assert counsellor.post(f"{address}accept", day(today + timedelta(days=1))).status_code == 302
    assert counsellor.post(f"{address}held", {"came": "5"}).status_code == 409
    assert counsellor.post(f"{address}accept", day(today)).status_code == 302
    assert counsellor.post(f"{address}held", {"came": "28"}).status_code == 302
    with system_transaction():
        row = LectureRequest.objects.get()
    assert (row.state, row.came, row.agreed_day) == ("held", 28, today)
    assert "出前講座 1回、来た人 28人" in page(counsellor.get("/desk/events/"))


def test_a_lecture_is_declined(client_for: Any, asked: LectureRequest) -> None:
    counsellor: Client = client_for("counsellor")
    assert counsellor.post(f"/desk/events/lectures/{asked.id}/decline").status_code == 302
    html = page(counsellor.get(f"/desk/events/lectures/{asked.id}/"))
    assert "お断りしました" in html and "この日に決める" not in html


def test_an_empty_list_says_from_where_requests_come(client_for: Any) -> None:
    assert "依頼はまだありません" in page(client_for("counsellor").get("/desk/events/lectures/"))


def test_teaching_material_is_written_at_the_desk_and_found_by_whom_it_is_for(client_for: Any, client: Client) -> None:
    writer, approver = client_for("counsellor"), client_for("ncac")
    edit = writer.post("/desk/articles/new", {"kind": "material", "title": "見本の教材", "search_words": ""})["Location"]
    texts = {"title": "見本の教材", "lead": "見本です。", "body": "見本です。", "search_words": "見本", "situation": "young"}
    answer = writer.post(edit, {"version": "1", "submit": "1"} | texts)
    assert answer.status_code == 302
    for decision in ("approve", "publish"):
        approver.post(f"{answer['Location']}decide", {"decision": decision})
    assert "見本の教材" in page(client.get("/materials/?audience=young"))
    assert "見本の教材" not in page(client.get("/materials/?audience=school"))


def test_lists_ask_the_database_as_often_for_one_event_as_for_many(
    client_for: Any, town: Any, event: EducationEvent, asked: LectureRequest
) -> None:
    counsellor, public = client_for("counsellor"), Client()
    addresses = ((counsellor, "/desk/events/"), (counsellor, f"/desk/events/{event.id}/"), (counsellor, "/desk/events/lectures/"),
                 (public, "/events/"), (public, "/feeds/events.atom"), (public, f"/events/{event.id}/"))  # fmt: skip

    def counts() -> list[int]:
        found = []
        for client, address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    before = counts()
    start = timezone.now() + timedelta(days=20)
    for number in range(4):
        row = appointments.write_event(
            actor=town.counsellor,
            values=EventValues(
                title=f"講座{number}", summary="見本です。", audience="anybody", place="見本会館", starts_at=start,
                ends_at=start + timedelta(hours=1), capacity=9, sign_up_until=start,
            ),
        )  # fmt: skip
        appointments.open_event(actor=town.supervisor, event_id=row.id)
        for of in (row, event):
            appointments.sign_up(event_id=of.id, secret=f"{of.id.hex[:30]}{number:02d}", name="見本 花子", phone="022-000-4321", people=1)
    assert counts() == before
