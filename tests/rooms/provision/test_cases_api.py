"""Cases through the API: list, create, read, change, lead to registration."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services
from caasis.cases.models import Case, Contract
from caasis.cases.vocabulary import State
from caasis.platform.transactions import system_transaction
from tests.rooms.provision.conftest import assert_problem
from tests.support.cards import COMPLETE

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(town: Any) -> Case:
    return services.open_case(actor=town.counsellor, card={**COMPLETE, "consumer_name": "見本 花子"})


# --- creating ---------------------------------------------------------------------------------------------------------


def test_a_case_is_created_and_read_back(api: Any, town: Any) -> None:
    made = api("counsellor", "POST", "/cases", {"card": COMPLETE})
    assert made.status_code == 201, made.content.decode()
    body = made.json()
    assert body["card"]["title"] == COMPLETE["title"] and body["card"]["contracted_on"] == "2026-03-01"
    assert body["amount"] == 1_480_000 and body["age"] == 72 and body["version"] == 1
    read = api("counsellor", "GET", f"/cases/{body['id']}").json()
    assert read == body
    with system_transaction():
        assert Case.objects.get(id=body["id"]).counsellor_id == town.counsellor.id


def test_the_same_key_gives_the_first_case_back(api: Any, town: Any) -> None:
    first = api("counsellor", "POST", "/cases", {"card": {"title": "一度め"}}, Idempotency_Key="k1").json()
    again = api("counsellor", "POST", "/cases", {"card": {"title": "二度め"}}, Idempotency_Key="k1").json()
    other = api("counsellor", "POST", "/cases", {"card": {"title": "別"}}, Idempotency_Key="k2").json()
    foreign = api("outsider", "POST", "/cases", {"card": {"title": "よそ"}}, Idempotency_Key="k1")
    assert again["id"] == first["id"] and again["title"] == "一度め"
    assert other["id"] != first["id"]
    assert foreign.status_code == 201 and foreign.json()["id"] != first["id"], "a key belongs to its centre"
    with system_transaction():
        assert Case.objects.count() == 3


def test_long_keys_with_the_same_beginning_are_two(api: Any, town: Any) -> None:
    ids = {
        api("counsellor", "POST", "/cases", {"card": {}}, Idempotency_Key="k" * 150 + end).json()["id"] for end in ("a", "b", "a")
    }
    assert len(ids) == 2
    assert_problem(api("counsellor", "POST", "/cases", {"card": {}}, Idempotency_Key="k" * 201), 422)


def test_what_cannot_be_taken_is_named_and_nothing_is_written(api: Any, town: Any) -> None:
    card = {"amount": "たくさん", "kind": "nonsense", "colour": "green", "title": "長" * 121}
    body = assert_problem(api("counsellor", "POST", "/cases", {"card": card}), 422, code="invalid")
    assert body["errors"].keys() == {"amount", "kind", "colour", "title"}
    assert all(line.endswith("。") and len(line) <= 40 for lines in body["errors"].values() for line in lines), body
    with system_transaction():
        assert not Case.objects.exists()


def test_a_time_without_an_offset_is_refused(api: Any, town: Any) -> None:
    answer = api("counsellor", "POST", "/cases", {"card": {}, "received_at": "2026-04-01T09:00:00"})
    assert_problem(answer, 422, field="received_at")
    given = api("counsellor", "POST", "/cases", {"card": {}, "received_at": "2026-04-01T09:00:00+09:00"}).json()
    assert datetime.fromisoformat(given["received_at"]) == datetime.fromisoformat("2026-04-01T00:00:00+00:00")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1949-12-31T00:00:00Z", "9999-12-31T23:59:59-14:00", "2100-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_is_refused(api: Any, town: Any, at: str) -> None:
    assert_problem(api("counsellor", "POST", "/cases", {"card": {}, "received_at": at}), 422, field="received_at")


@pytest.mark.parametrize(
    ("role", "status"), [("public", 401), ("admin", 403), ("ncac", 403), ("analyst", 403), ("official", 201)]
)
def test_only_people_of_a_centre_open_cases(api: Any, town: Any, role: str, status: int) -> None:
    answer = api(role, "POST", "/cases", {"card": {}})
    if status == 201:
        assert answer.status_code == 201 and answer.json()["state"] == "received"
    else:
        assert_problem(answer, status)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_personal_data_need_a_purpose_and_are_logged(api: Any, town: Any, case: Case) -> None:
    assert api("counsellor2", "GET", f"/cases/{case.id}").json()["personal"] is None
    opened = api("counsellor2", "GET", f"/cases/{case.id}?purpose=advice").json()
    assert opened["personal"]["consumer_name"] == "見本 花子"
    with system_transaction():
        row = AccessRecord.objects.filter(action="open_personal_data").latest("at")
    assert row.actor_id == town.counsellor2.id and row.purpose == "advice"
    for refused in ("system_task", "break_glass", "import_export", "nosiness"):
        assert_problem(api("counsellor2", "GET", f"/cases/{case.id}?purpose={refused}"), 422, field="purpose")


def test_hidden_and_absent_are_answered_alike(api: Any, town: Any, case: Case) -> None:
    hidden = assert_problem(api("outsider", "GET", f"/cases/{case.id}"), 404, code="not_found")
    absent = assert_problem(api("outsider", "GET", f"/cases/{uuid4()}"), 404, code="not_found")
    assert {**hidden, "instance": ""} == {**absent, "instance": ""}
    assert_problem(api("counsellor", "GET", "/cases/not-an-id"), 404)


def test_card_fields_are_listed_with_their_code_lists(api: Any, town: Any) -> None:
    fields = {field["name"]: field for field in api("counsellor", "GET", "/cases/fields").json()}
    assert fields["consumer_name"]["personal"] is True and fields["title"]["personal"] is False
    assert fields["product"]["code_list"] == "product" and fields["amount"]["label"] == "契約金額"
    assert set(COMPLETE) <= fields.keys()


# --- listing ----------------------------------------------------------------------------------------------------------


def walk(api: Any, query: str) -> list[str]:
    """Ids of all pages, in order."""
    found: list[str] = []
    cursor: str | None = ""
    for _ in range(200):
        page = api("counsellor", "GET", f"/cases?{query}&cursor={cursor}").json()
        found += [line["id"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the walk does not end")


def test_a_walk_by_cursor_meets_each_case_once(api: Any, town: Any) -> None:
    start = timezone.now() - timedelta(days=30)
    # Ten arrivals share one instant: the place after a row is not a time alone.
    made = [
        str(services.open_case(actor=town.counsellor, card={}, received_at=start + timedelta(minutes=n // 10)).id)
        for n in range(120)
    ]
    found = walk(api, "limit=7")
    assert len(found) == 120 and set(found) == set(made)
    assert found == walk(api, "limit=200")
    times = [api("counsellor", "GET", "/cases?limit=200").json()["items"][n]["received_at"] for n in (0, 119)]
    assert times[0] > times[1], "newest first"


def test_cases_that_arrive_during_a_walk_shift_nothing(api: Any, town: Any) -> None:
    start = timezone.now() - timedelta(days=2)
    for n in range(6):
        services.open_case(actor=town.counsellor, card={}, received_at=start + timedelta(minutes=n))
    first = api("counsellor", "GET", "/cases?limit=3").json()
    services.open_case(actor=town.counsellor, card={})
    second = api("counsellor", "GET", f"/cases?limit=3&cursor={first['next_cursor']}").json()
    ids = [line["id"] for line in first["items"] + second["items"]]
    assert len(set(ids)) == 6 and second["next_cursor"] is None


def test_scope_and_filters_narrow_the_list(api: Any, town: Any, case: Case) -> None:
    services.open_case(actor=town.counsellor2, card={"channel": "visit"})
    services.open_case(actor=town.outsider, card={})
    count = lambda role, query: len(api(role, "GET", f"/cases?{query}").json()["items"])  # noqa: E731
    assert count("counsellor", "") == 2 and count("counsellor", "scope=mine") == 1
    assert count("counsellor", "channel=visit") == 1 and count("counsellor", "state=registered") == 0
    assert count("counsellor", "product=P13") == 1 and count("counsellor", "product=P02") == 0
    assert count("counsellor", "sales_form=door_to_door") == 1
    assert count("outsider", "scope=all") == 1, "an open case is its centre's alone"
    assert count("ncac", "scope=all") == 0
    assert_problem(api("counsellor", "GET", "/cases?scope=world"), 422, field="scope")
    assert_problem(api("counsellor", "GET", "/cases?limit=0"), 422, field="limit")
    assert_problem(api("counsellor", "GET", "/cases?limit=201"), 422, field="limit")


def test_a_case_with_several_contracts_is_listed_once(api: Any, town: Any, case: Case) -> None:
    with system_transaction():
        Contract.objects.create(case=case, position=2, product="P1302", sales_form="shop")
    found = lambda query: [line["id"] for line in api("counsellor", "GET", f"/cases?{query}").json()["items"]]  # noqa: E731
    assert found("product=P13") == [str(case.id)]
    assert found("product=P1302&sales_form=shop") == [str(case.id)]
    assert found("product=P1302&sales_form=door_to_door") == [], "both conditions are of one contract"


@pytest.mark.parametrize("cursor", ["x", "あ", "%F0%9F%98%80", "AAAA", "fHw", "MjAyNi0wMS0wMXxub3BlCg", "A" * 5000])
def test_a_cursor_that_was_never_ours_is_refused(api: Any, town: Any, cursor: str) -> None:
    assert_problem(api("counsellor", "GET", f"/cases?cursor={cursor}"), 422, field="cursor")


# --- changing ---------------------------------------------------------------------------------------------------------


def patch(api: Any, role: str, case: Any, version: int, **changes: Any) -> Any:
    return api(role, "PATCH", f"/cases/{case.id}", {"version": version, "changes": changes})


def test_changes_that_do_not_overlap_are_merged(api: Any, town: Any, case: Case) -> None:
    first = patch(api, "counsellor", case, 1, title="新しい件名")
    assert first.json() == {"version": 2, "changed": ["title"], "merged": []}
    second = patch(api, "counsellor2", case, 1, handling="電話で助言した。")
    assert second.json() == {"version": 3, "changed": ["handling"], "merged": ["title"]}
    card = api("counsellor", "GET", f"/cases/{case.id}").json()["card"]
    assert card["title"] == "新しい件名" and card["handling"] == "電話で助言した。"


def test_changes_that_overlap_conflict_and_nothing_of_them_is_saved(api: Any, town: Any, case: Case) -> None:
    assert patch(api, "counsellor", case, 1, title="先の件名").status_code == 200
    body = assert_problem(
        patch(api, "counsellor2", case, 1, title="あとの件名", summary="あとの概要"), 409, code="version_conflict"
    )
    assert "先に更新しました" in body["detail"]
    now = api("counsellor", "GET", f"/cases/{case.id}").json()
    assert now["version"] == 2 and now["title"] == "先の件名" and now["card"]["summary"] == COMPLETE["summary"]


@pytest.mark.parametrize("version", [0, -1, 2**31, "one", None])
def test_a_version_that_cannot_be_is_refused(api: Any, town: Any, case: Case, version: Any) -> None:
    answer = api("counsellor", "PATCH", f"/cases/{case.id}", {"version": version, "changes": {}})
    assert_problem(answer, 422, field="version")


def test_an_unknown_name_is_refused_by_name(api: Any, town: Any, case: Case) -> None:
    assert_problem(patch(api, "counsellor", case, 1, titel="うち間違い"), 422, field="titel")
    answer = api("counsellor", "PATCH", f"/cases/{case.id}", {"version": 1, "changes": {}, "extra": 1})
    assert_problem(answer, 422, field="extra")


def test_another_centre_changes_nothing(api: Any, town: Any, case: Case) -> None:
    assert_problem(patch(api, "outsider", case, 1, title="よその件名"), 404)
    assert_problem(api("outsider", "POST", f"/cases/{case.id}/transitions", {"verb": "finish_handling"}), 404)
    assert api("counsellor", "GET", f"/cases/{case.id}").json()["version"] == 1


# --- the way to registration ------------------------------------------------------------------------------------------


def lead(api: Any, role: str, case: Any, verb: str, **more: Any) -> Any:
    return api(role, "POST", f"/cases/{case.id}/transitions", {"verb": verb, **more})


def confirmed(case: Case) -> list[str]:
    with system_transaction():
        waiting = case.approvals.get(state="waiting")
    return [check["code"] for check in waiting.checks if check["verdict"] == "flagged"]


def test_a_case_walks_to_registration_and_back(api: Any, town: Any, case: Case) -> None:
    assert lead(api, "counsellor", case, "begin_mediation").json()["state"] == State.MEDIATING
    assert lead(api, "counsellor", case, "finish_handling").json()["state"] == State.HANDLED
    assert lead(api, "counsellor", case, "request_approval").json()["state"] == State.WAITING_APPROVAL
    assert_problem(patch(api, "counsellor", case, 1, title="待っている間"), 409, code="wrong_state")
    assert lead(api, "counsellor", case, "withdraw_request").json()["state"] == State.HANDLED
    lead(api, "counsellor", case, "request_approval")
    assert_problem(lead(api, "official", case, "return_case"), 422, field="reason")
    assert lead(api, "official", case, "return_case", reason="金額を確かめてください。").json()["state"] == State.RETURNED
    assert lead(api, "counsellor", case, "request_approval", reason="確かめました。").status_code == 200
    assert_problem(lead(api, "counsellor", case, "approve", confirmed_checks=confirmed(case)), 403, code="not_allowed")
    done = lead(api, "official", case, "approve", confirmed_checks=confirmed(case))
    assert done.json()["state"] == State.REGISTERED
    first = api("counsellor", "GET", f"/cases/{case.id}").json()["registered_at"]
    assert first is not None
    seen = api("ncac", "GET", f"/cases/{case.id}")
    assert seen.status_code == 200 and seen.json()["personal"] is None
    assert_problem(api("ncac", "GET", f"/cases/{case.id}?purpose=advice"), 404)
    assert lead(api, "counsellor", case, "reopen", reason="また電話があった。").status_code == 200
    lead(api, "counsellor", case, "finish_handling")
    lead(api, "counsellor", case, "request_approval")
    lead(api, "official", case, "approve", confirmed_checks=confirmed(case))
    again = api("counsellor", "GET", f"/cases/{case.id}").json()
    assert again["registered_at"] == first and again["reopened_count"] == 1


def test_a_verb_out_of_turn_is_refused(api: Any, town: Any, case: Case) -> None:
    assert_problem(lead(api, "official", case, "approve"), 409, code="wrong_state")
    assert_problem(lead(api, "counsellor", case, "reopen", reason="理由"), 409, code="wrong_state")
    assert_problem(lead(api, "counsellor", case, "vanish"), 422, field="verb")
    with system_transaction():
        assert Case.objects.get(id=case.id).version == case.version


def test_an_incomplete_case_is_not_sent(api: Any, town: Any) -> None:
    case = services.open_case(actor=town.counsellor, card={"kind": "complaint"})
    lead(api, "counsellor", case, "finish_handling")
    body = assert_problem(lead(api, "counsellor", case, "request_approval"), 422)
    assert "title" in body["errors"]


# --- what is no request -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 422),
        (b"card=1", "application/x-www-form-urlencoded", 415),
        (b'{"card": {}}', "text/plain", 415),
        (b'{"card": {}}', "", 415),
        (b"\xff\xfe\x00", "application/json", 400),
        ("{\"card\": {\"title\": \"あ\"}}".encode("shift_jis"), "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"card": []}', "application/json", 422),
        (b'{"card": {"title": "\\u0000"}}', "application/json", 201),
        (b'{"card": {"title": "\\ud800"}}', "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b'{"card": {}, "x": "' + b"a" * 12_000_000 + b'"}', "application/json", 413),
    ],
)
def test_bodies_that_are_none(client_for: Any, town: Any, body: bytes, media_type: str, status: int) -> None:
    answer = client_for("counsellor").generic("POST", "/api/v1/cases", body, content_type=media_type)
    if status < 400:
        assert answer.status_code == status, answer.content.decode()
    else:
        assert_problem(answer, status)


def test_a_method_or_address_that_is_not_there_is_a_problem_too(api: Any, town: Any) -> None:
    assert_problem(api("counsellor", "GET", "/nothing"), 404)
    assert_problem(api("counsellor", "DELETE", "/cases"), 405)


def test_unsafe_requests_need_the_token(town: Any) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(town.users["counsellor"], backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post("/api/v1/cases", {"card": {}}, content_type="application/json")
    assert_problem(answer, 403, code="csrf")
    with system_transaction():
        assert not Case.objects.exists()


def test_parts_are_added_changed_and_taken_out_and_outsiders_find_none(town: Any, client_for: Any) -> None:
    case = services.open_case(actor=town.counsellor, card=COMPLETE)
    client, base = client_for("counsellor"), f"/api/v1/cases/{case.id}/parts"

    def send(who: Any, path: str, body: dict[str, Any], method: str = "POST") -> Any:
        return who.generic(method, f"{base}{path}", json.dumps(body), content_type="application/json")

    added = send(client, "/contract", {"values": {"product_text": "浄水器", "amount": "3万8千円"}})
    assert added.status_code == 201, added.content
    part = added.json()
    assert (part["number"], part["on_card"], part["values"]["amount"]) == (2, False, 38_000)
    read = client.get(f"/api/v1/cases/{case.id}").json()
    assert [one["kind"] for one in read["parts"]] == ["contract", "contract", "party", "business"]
    changed = send(client, f"/contract/{part['id']}", {"version": read["version"], "changes": {"paid": 1000}}, "PATCH")
    assert changed.json()["changed"] == ["paid"]
    stale = send(client, f"/contract/{part['id']}", {"version": read["version"], "changes": {"paid": 2000}}, "PATCH")
    assert stale.status_code == 409
    assert send(client, f"/contract/{part['id']}/removal", {"version": read["version"]}).status_code == 409
    assert send(client, "/contract", {"values": {"rocket": 1}}).status_code == 422
    assert send(client, "/rocket", {"values": {}}).status_code == 422
    outsider = client_for("outsider")
    assert send(outsider, "/contract", {"values": {"amount": 1}}).status_code == 404
    assert send(outsider, f"/contract/{part['id']}/removal", {"version": 1}).status_code == 404
    taken = send(client, f"/contract/{part['id']}/removal", {"version": changed.json()["version"]})
    assert taken.status_code == 200 and len(client.get(f"/api/v1/cases/{case.id}").json()["parts"]) == 3
