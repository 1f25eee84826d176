"""Every form and endpoint that takes something, with what nobody should send.

Never a server error, never a stack trace; what is refused is refused with a sentence, and leaves no row behind. Each field
by itself: `test_hostile_fields.py`.
"""

# ruff: noqa: F401, F811 (fixtures are imported, and their names are arguments)

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from caasis.cases.selectors import get_case, open_personal, read_card
from caasis.kernel.actor import Purpose
from caasis.platform.transactions import actor_transaction
from tests.flows.portal_steps import hidden
from tests.support.hostile import (
    BODIES,
    FORM,
    SHOWN,
    TRACE,
    VALUES,
    Attack,
    among_good_ones,
    as_read,
    attack,
    doer_of,
    doors,
    encoded,
    fields_of,
    good_values,
    names,
    people,
    standing_accesses,
    standing_rows,
)
from tests.support.scene import Scene, client_of, scene, taken_back

#: These run with every commit, the others with `make check`.
FIRST = ("NUL", "a lone surrogate", "Shift_JIS", "HTML", "a huge number")


@pytest.mark.parametrize("what", [pytest.param(one, marks=[] if one in FIRST else [pytest.mark.slow]) for one in VALUES])
def test_a_hostile_value_in_every_field_at_once(
    what: str,
    scene: Scene,
    people: Any,
    names: Any,
    attack: Attack,
) -> None:
    wrong: list[str] = []
    tried = 0
    for target in doors(scene):
        if target.json:
            continue
        client = people[doer_of(target.name)]
        given = dict.fromkeys(fields_of(target, names) or ["x"], VALUES[what])
        kept = {name: value for name, value in good_values(target, names).items() if name in SHOWN and name in given}
        given = kept | {name: value for name, value in given.items() if name not in kept}
        # What is longer than a request may be is cut, so that the views see it and not the limit alone.
        wrong += attack(client, target, encoded(given)[:1_900_000], FORM, what)
        tried += 1
    assert tried > 25
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("what", BODIES)
def test_bodies_that_are_no_form(what: str, scene: Scene, people: Any, attack: Attack) -> None:
    media_type, body = BODIES[what]
    wrong: list[str] = []
    for target in doors(scene):
        wrong += attack(people[doer_of(target.name)], target, body, media_type, what)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("headers", [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}, {}])
def test_the_login_answers_programs_with_its_page(headers: dict[str, str], scene: Scene) -> None:
    """The library has an answer in JSON beside it, which gives the password back."""
    client, typed = client_of(scene.town, "public"), "PassWord-typed-9"
    body, media_type = urlencode({"login": "nobody", "password": typed}).encode(), FORM
    if not headers:
        body, media_type = json.dumps({"login": "nobody", "password": typed}).encode(), "application/json"
    with taken_back(client):
        answer = client.generic("POST", "/accounts/login/", body, content_type=media_type, headers=headers)
    assert answer.status_code == 422 and answer["Content-Type"].startswith("text/html")
    assert "エラー：" in answer.content.decode() and typed not in answer.content.decode()


@pytest.mark.parametrize("what", ["12 MB", "1,001 fields"])
def test_what_is_too_long_is_told_to_be_too_long(what: str, people: Any) -> None:
    media_type, body = BODIES[what]
    with taken_back(people["public"]):
        answer = people["public"].generic("POST", "/consult/2/", body, content_type=media_type)
    assert answer.status_code == 413 and "短くして" in answer.content.decode()


def test_every_door_with_one_hostile_value_among_good_ones(
    scene: Scene,
    people: Any,
    names: Any,
    attack: Attack,
) -> None:
    """The quick form of the sweep above: three fields of each form, and the values in turn."""
    wrong: list[str] = []
    tried: set[str] = set()
    turn = 0
    for target in doors(scene):
        fields = [] if target.json else fields_of(target, names)
        for name in fields[:: max(1, len(fields) // 3)][:3]:
            what = sorted(VALUES)[turn % len(VALUES)]
            turn += 1
            tried.add(what)
            body = among_good_ones(target, name, what, names)
            wrong += attack(people[doer_of(target.name)], target, body, FORM, f"{what} in {name}")
    assert tried == VALUES.keys()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("value", ["NUL", "a lone surrogate", "SQL", "HTML", "1 MB", "emoji", "a huge number"])
def test_hostile_json_in_every_field(value: str, scene: Scene, people: Any) -> None:
    given = "\ud800" if value == "a lone surrogate" else VALUES[value].decode()
    wrong: list[str] = []
    for target in doors(scene):
        if not target.json:
            continue
        method = next(one for one in target.methods if one != "GET")
        client = people[doer_of(target.name)]
        shapes: list[Any] = [{**target.body, name: given} for name in target.body]
        shapes += [{**target.body, given[:1000]: "x"}, {**target.body, "card": {"keywords": [given], "title": given}}]
        for inner in ("changes", "card"):
            if inner in target.body:
                from caasis.cases.rules.card import FIELDS

                shapes += [{**target.body, inner: {f.name: odd}} for f in FIELDS for odd in (given, [given], {"a": given}, 10**400)]
        for shape in shapes:
            with taken_back(client):
                answer = client.generic(method, target.url, json.dumps(shape), content_type="application/json")
            if answer.status_code >= 500:
                wrong.append(f"{target.name} with {json.dumps(shape)[:120]}: {answer.status_code}")
            elif answer.status_code >= 400 and answer["Content-Type"] != "application/problem+json":
                wrong.append(f"{target.name}: {answer.status_code} as {answer['Content-Type']}")
    assert not wrong, "\n".join(wrong)


def test_addresses_that_are_none(scene: Scene, people: Any) -> None:
    """Whatever stands in an address or its query, there is an answer."""
    wrong = []
    odd = ["%00", "%ed%a0%80", "%ff", "%E3%81", "'", "<script>", "../..", "9" * 5000, "%0d%0aSet-Cookie:a=b", "{{7*7}}", "٣", "-1", "1e9"]
    paths = ["/{}", "/articles/{}/", "/desk/cases/{}/", "/api/v1/cases/{}", "/api/v1/consultations/{}", "/consult/{}/", "/static/{}"]
    queries = [
        "/search/?q={}", "/offices/?postcode={}&prefecture={}", f"/articles/{scene.article}/?day_y={{}}&day_m={{}}&day_d={{}}",
        "/desk/cases/?list={}&state={}&product={}&since={}&q={}&after={}", "/desk/places?prefecture_code={}",
        "/desk/cases/new?channel={}", "/api/v1/cases?scope={}&cursor={}&state={}&product={}", "/consult/1/?article={}&notice={}",
        "/api/v1/statistics/cases?by={}&from={}&to={}", "/desk/analysis/?from={}&to={}&product={}&prefecture={}",
        f"/desk/cases/{scene.open_case.id}/?purpose={{}}&panel={{}}", f"/desk/cases/{scene.open_case.id}/news?version={{}}",
        f"/desk/cases/{scene.open_case.id}/timeline?kind={{}}", "/desk/search?q={}", "/desk/search/?q={}",
        f"/desk/approvals/{scene.approval.id}/?show={{}}", "/accounts/login/?next={}",
    ]  # fmt: skip
    for role in ("public", "counsellor"):
        for form in paths + queries:
            for value in odd:
                url = form.replace("{}", value)
                with taken_back(people[role]):
                    answer = people[role].get(url)
                if answer.status_code >= 500 or "Set-Cookie:a=b" in str(answer.headers):
                    wrong.append(f"{role} {url[:120]}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "header",
    [
        {"Cookie": "caasis_session=" + "x" * 4000},
        {"Cookie": "caasis_session=\x01;;==;caasis_draft=1:2:3;caasis_receipt="},
        {"Cookie": "caasis_draft=" + "A" * 3000 + "; caasis_receipt=[1]"},
        {"Accept": "\xff/\xff;q=x"},
        {"Accept-Language": "x" * 5000},
        {"X-Requested-With": "autosave\x00"},
        {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Target": "%00"},
        {"Content-Length": "-1"},
        {"Content-Length": "many"},
        {"Content-Length": str(10**20)},
        {"Host": "evil.example"},
        {"Host": "a b"},
        {"Idempotency-Key": "\xff" * 150},
    ],
)
def test_headers_that_are_none(scene: Scene, header: dict[str, str]) -> None:
    wrong = []
    for method, url in (("GET", "/"), ("GET", "/consult/1/"), ("GET", "/desk/"), ("POST", "/receipt/"), ("POST", "/api/v1/consultations")):
        client = client_of(scene.town, "public")
        extra = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in header.items()}
        if "Content-Length" in header:
            extra = {"CONTENT_LENGTH": header["Content-Length"]}
        with taken_back(client):
            answer = client.generic(method, url, b"{}" if "api" in url else b"", content_type="application/json" if "api" in url else FORM, **extra)
        if answer.status_code >= 500 or TRACE.search(answer.content.decode("utf-8", "replace")):
            wrong.append(f"{method} {url}: {answer.status_code}")
    assert not wrong, wrong


def test_a_form_sent_twice_is_answered_twice(scene: Scene, people: Any) -> None:
    """The second press of every button gets a page or a sentence."""
    wrong: list[str] = []
    for target in doors(scene):
        client = people[doer_of(target.name)]
        method = next(one for one in target.methods if one != "GET")
        body = json.dumps(target.body) if target.json else urlencode(target.body or {}, doseq=True)
        media_type = "application/json" if target.json else FORM
        with taken_back(client):
            answers = [client.generic(method, target.url, body, content_type=media_type) for _ in range(2)]
        for turn, answer in enumerate(answers, start=1):
            if answer.status_code >= 500:
                wrong.append(f"{method} {target.name} ({target.object}), press {turn}: {answer.status_code}")
            elif 400 <= answer.status_code != 405 and "。" not in as_read(answer):
                wrong.append(f"{method} {target.name} ({target.object}), press {turn}: {answer.status_code} without a sentence")
    assert not wrong, "\n".join(wrong)


# --- what is unusual and right ----------------------------------------------------------------------------------------

UNUSUAL = "𠮷野家の㐂寿さん、葛󠄀城さんと辻󠄁さん。鷗外を剝がす👨‍👩‍👧①㈱﨑髙ｶﾅ"


def test_unusual_characters_survive_the_card(scene: Scene, people: Any) -> None:
    client, case, town = people["counsellor"], scene.open_case, scene.town
    with taken_back(client):
        shown = "title,summary,consumer_name,business_name"
        given = {"version": case.version, "fields": shown, "title": UNUSUAL, "summary": UNUSUAL, "consumer_name": UNUSUAL, "business_name": UNUSUAL}
        assert client.post(f"/desk/cases/{case.id}/save", given).status_code == 302
        with actor_transaction(town.counsellor):
            fresh = get_case(actor=town.counsellor, case_id=case.id)
            card = read_card(fresh)
            assert (card["title"], card["summary"], card["business_name"]) == (UNUSUAL,) * 3
            assert open_personal(fresh, actor=town.counsellor, purpose=Purpose.OWN_CASE)["consumer_name"] == UNUSUAL
        page = client.get(f"/desk/cases/{case.id}/").content.decode()
        assert page.count(UNUSUAL) >= 4


def test_unusual_characters_survive_a_note_an_answer_and_the_receipt(scene: Scene, people: Any) -> None:
    client, case = people["counsellor"], scene.open_case
    with taken_back(client, people["public"]):
        base = {"version": case.version}
        assert client.post(f"/desk/cases/{case.id}/note", {**base, "note_text": UNUSUAL}).status_code == 302
        sent = client.post(
            f"/desk/cases/{case.id}/answer", {**base, "answer_contact": scene.taken_contact, "answer_text": UNUSUAL + "返"}
        )
        assert sent.status_code == 302
        page = client.get(f"/desk/cases/{case.id}/").content.decode()
        assert UNUSUAL in page and UNUSUAL + "返" in page
        assert people["public"].post("/receipt/status/", {"text": UNUSUAL}).status_code == 302
        assert UNUSUAL in people["public"].get("/receipt/status/").content.decode()


def test_unusual_characters_survive_the_portals_form(scene: Scene, people: Any) -> None:
    public = people["public"]
    with taken_back(public):
        page = public.get("/consult/2/").content.decode()
        moved = public.post("/consult/2/", {"draft": hidden(page, "draft"), "story": UNUSUAL})
        assert moved.status_code == 302 and moved["Location"] == "/consult/3/"
        assert UNUSUAL in public.get("/consult/2/").content.decode()
