"""The telephone's figures over HTTP: page, table, definitions, identities, and the calls as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from caasis.analytics.telephone_definitions import NOW, TELEPHONE
from caasis.audit.models import AccessRecord
from caasis.platform.transactions import system_transaction
from tests.flows.test_desk_wallboard import OpenHall, hall  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE, TABLE, CALLS = "/desk/telephone/figures/", "/desk/telephone/figures.csv", "/desk/telephone/calls.csv"
ClientFor = Callable[[str], Any]
#: Of the hall, whose morning it is.
TODAY = "2026-06-03"


@pytest.fixture
def day(hall: OpenHall) -> OpenHall:  # noqa: F811
    """One call is answered, one given up, at ten in the morning."""
    hall.seat("counsellor")
    call = hall.connected("counsellor")
    lost = hall.incoming(caller="+819055550102")
    hall.wait(15)
    hall.world.peer_hangs_up(hall.leg(lost))
    hall.turn()
    hall.wait(45)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    return hall


def rows(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_page_shows_every_k_number_with_its_definition_and_that_the_sums_agree(client_for: ClientFor, day: OpenHall) -> None:
    html = client_for("official").get(PAGE).content.decode()
    for one in (*TELEPHONE, *NOW):
        assert f"<small>{one.code}</small>" in html and one.formula in html, one.code
    assert html.count("合っています") == 1 and "合っていません" not in html, "nothing is wrapped up: there is no AHT yet"
    assert re.search(r"応答率 <small>K25</small></h3><p class=\"app-nb\"><b>50</b>", html)
    assert "着信2件" in html and html.count("<h1") == 1


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("time", ["10:00", "2", "1", "50.0", "1", "50.0"]),
        ("day", [TODAY, "2", "1", "50.0", "1", "50.0"]),
        ("queue", ["電話相談", "2", "1", "1"]),
        ("agent", ["見本 counsellor", "1", "0"]),
    ],
)
def test_the_table_is_divided_as_asked_and_its_file_says_the_same(
    client_for: ClientFor, day: OpenHall, by: str, expected: list[str]
) -> None:
    client = client_for("supervisor")
    page = client.get(PAGE, {"by": by}).content.decode()
    head, first, *_ = rows(client.get(TABLE, {"by": by}))
    assert first[: len(expected)] == expected and len(head) == len(first)
    assert f'<th scope="row">{expected[0]}</th>' in page or by == "day"


def test_a_day_without_a_call_stands_in_the_table_too(client_for: ClientFor, day: OpenHall) -> None:
    _, *found = rows(client_for("official").get(TABLE, {"by": "day", "start": "2026-06-01", "end": TODAY}))
    assert [row[:2] for row in found] == [["2026-06-01", "0"], ["2026-06-02", "0"], [TODAY, "2"]]


def test_what_cannot_be_shown_is_told_at_its_field_and_stays_typed(client_for: ClientFor, day: OpenHall) -> None:
    client = client_for("counsellor")
    for query, sentence in (
        ({"start": "2026-06-03", "end": "2026-06-01"}, "終わりの日を、始まりの日より後にしてください。"),
        ({"start": "2026-06-31"}, "始まりの日は、実際にある日付にしてください。"),
        ({"start": "2024-01-01", "end": "2026-06-01"}, "期間は、1年までにしてください。"),
        ({"start": "2026-06-04", "end": "2026-06-05"}, "始まりの日を、きょうまでの日にしてください。"),
        ({"by": "moon"}, ""),
    ):
        answer = client.get(PAGE, query)
        assert answer.status_code == 422 and sentence in answer.content.decode(), query
        assert client.get(TABLE, query).status_code == 422
    assert 'value="2026-06-31"' in client.get(PAGE, {"start": "2026-06-31"}).content.decode()


def test_calls_are_written_out_for_a_purpose_and_it_is_logged(client_for: ClientFor, day: OpenHall) -> None:
    client = client_for("official")
    given = {"start": TODAY, "end": TODAY, "by": "day"}
    refused = client.post(CALLS, given)
    assert refused.status_code == 422 and "何のために使うかを選んでください。" in refused.content.decode()
    head, *lines = rows(client.post(CALLS, {**given, "purpose": "import_export"}))
    assert len(lines) == 2 and all(line[head.index("相手の番号")] == "" for line in lines)
    head, *lines = rows(client.post(CALLS, {**given, "purpose": "consumer_request"}))
    assert {line[head.index("相手の番号")].lstrip("'") for line in lines} == {"+819055550101", "+819055550102"}
    with system_transaction():
        logged = AccessRecord.objects.filter(action="export_calls").order_by("at")
        assert [row.purpose for row in logged] == ["import_export", "consumer_request"]


def test_more_calls_than_one_file_holds_are_refused(client_for: ClientFor, day: OpenHall, monkeypatch: pytest.MonkeyPatch) -> None:
    from caasis.desk.views import telephone_figures

    monkeypatch.setattr(telephone_figures, "MOST_CALLS", 1)
    answer = client_for("official").post(CALLS, {"start": TODAY, "end": TODAY, "by": "day", "purpose": "import_export"})
    assert answer.status_code == 422 and "1件をこえます。期間を短くしてください。" in answer.content.decode()
    with system_transaction():
        assert not AccessRecord.objects.filter(action="export_calls").exists()


def test_a_counsellor_sees_the_centre_and_oneself_and_others_nothing(client_for: ClientFor, day: OpenHall) -> None:
    day.seat("counsellor2")
    day.connected("counsellor2", caller="+819055550105")
    page = client_for("counsellor").get(PAGE, {"by": "agent"}).content.decode()
    assert '<th scope="row">見本 counsellor</th>' in page and "見本 counsellor2" not in page
    assert "<small>K27</small>" not in page and "書き出す" not in page
    assert client_for("counsellor").post(CALLS, {"start": TODAY, "end": TODAY, "by": "day", "purpose": "import_export"}).status_code == 403
    for name in ("outsider", "outside_official"):
        answer = client_for(name)
        outside = answer.get(PAGE, {"by": "agent"}).content.decode()
        assert "見本 counsellor" not in outside and "この期間の電話は、まだありません。" in outside
    assert rows(client_for("outside_official").post(CALLS, {"start": TODAY, "end": TODAY, "by": "day", "purpose": "import_export"}))[1:] == []
    for name in ("ncac", "analyst", "admin"):
        assert client_for(name).get(PAGE).status_code == 403
