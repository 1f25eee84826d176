"""Every form and endpoint that takes something, with what nobody should send.

Never a server error, never a stack trace; what is refused is refused with a sentence, and leaves no row behind. The forms
are those of the walk: an address that somebody adds is attacked without a line here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from django.db import connection
from django.test import Client

from caasis.audit.models import AccessRecord
from caasis.cases.selectors import get_case, open_personal, read_card
from caasis.kernel.actor import Purpose
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.flows.portal_steps import fill, hidden
from tests.support.pages import Page, forms_of, html_pages
from tests.support.scene import PRIVATE, Scene, Target, client_of, scene, taken_back, targets  # noqa: F401

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "xxBOUNDARYxx"
#: Written on purpose also when the answer is a refusal: what was typed is kept as a draft, tries are counted, sessions.
#: Access rows are looked at by themselves: a page that comes back with opened personal data is one more opening.
KEPT = (
    "cases_draft", "channels_intake_draft", "channels_attempts", "django_session", "privacy_record_key",
    "audit_access", "axes_", "procrastinate_",
)  # fmt: skip
TRACE = re.compile(r"Traceback|File \"/|[A-Z]\w+(?:Error|Exception)\b|psycopg|django\.")

#: What stands in every field at once, as raw bytes of a form.
VALUES: dict[str, bytes] = {
    "empty": b"",
    "blanks": "　 \t".encode(),
    "NUL": b"a\x00b",
    "a lone surrogate": b"\xed\xa0\x80",
    "broken UTF-8": b"\xff\xfe\xc3\x28",
    "Shift_JIS": "表示される相談の内容ソ能".encode("shift_jis"),
    "SQL": b"'; DROP TABLE cases_case; --",
    "HTML": b"<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a template": b"{{ settings.SECRET_KEY }}{% debug %}{% load static %}",
    "a format": b"%s %d {0.__class__} ${jndi:ldap://x} \\u0000",
    "a path": b"../../../../etc/passwd",
    "a huge number": b"9" * 400,
    "a negative number": b"-1",
    "not a number": b"NaN",
    "infinity": b"1e999",
    "other digits": "٣٤٥１２３".encode(),
    "emoji": "👨‍👩‍👧🇯🇵".encode(),
    "JIS level 3 and 4, and variants": "𠮷野家の㐂寿、葛󠄀城さん、辻󠄁さん、鷗外、剝がす".encode(),
    "right to left": "\u202egnp.exe\u2066".encode(),
    "a line separator": "一\u2028二\x0b三\x1f".encode(),
    "1 MB": "長".encode() * 350_000,
}
#: Whole bodies: (media type, bytes).
BODIES: dict[str, tuple[str, bytes]] = {
    "nothing": (FORM, b""),
    "500 fields": (FORM, urlencode([(f"field{n}", "x") for n in range(500)]).encode()),
    "3 MB": (FORM, b"story=" + b"a" * 3_000_000),
    "JSON": ("application/json", b'{"title": "x"}'),
    "broken JSON": ("application/json", b'{"title": '),
    "text": ("text/plain", "相談です".encode()),
    "no media type": ("", b"title=x"),
    "an unknown media type": ("application/x-nothing; charset=klingon", b"title=x"),
    "an unknown charset": (f"{FORM}; charset=klingon", b"title=%e3%81%82"),
    "UTF-16": (f"{FORM}; charset=utf-16", "title=あ".encode("utf-16")),
    "multipart without a boundary": ("multipart/form-data", b"--x\r\n"),
    "multipart that breaks off": (
        f"multipart/form-data; boundary={BOUNDARY}",
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nabc'.encode(),
    ),
    "multipart with a broken head": (
        f"multipart/form-data; boundary={BOUNDARY}",
        f"--{BOUNDARY}\r\nContent-Disposition: nonsense; name\r\n\r\nabc\r\n--{BOUNDARY}--\r\n".encode(),
    ),
    "multipart with a bad transfer encoding": (
        f"multipart/form-data; boundary={BOUNDARY}",
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\nContent-Transfer-Encoding: base64\r\n\r\n***\r\n'
        f"--{BOUNDARY}--\r\n".encode(),
    ),
    "a file where words belong": (
        f"multipart/form-data; boundary={BOUNDARY}",
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"; filename="a\x00b.exe"\r\n\r\nMZ\r\n--{BOUNDARY}--\r\n'.encode(),
    ),
}


def doer_of(name: str) -> str:
    """Who may use the form, so that its own checks are reached."""
    if name.startswith(("portal:", "api:send", "api:read", "account_login", "account_reset")):
        return "public"
    return "official" if name.startswith("desk:approval") else "counsellor"


@pytest.fixture(scope="module")
def people(scene: Scene) -> Iterator[dict[str, Client]]:  # noqa: F811
    """Clients; the public has a form filled in up to the confirmation, and a receipt opened."""
    clients = {role: client_of(scene.town, role) for role in ("public", "counsellor", "official")}
    public = clients["public"]
    fill(public)
    opened = public.post("/receipt/", {"receipt_number": scene.receipt_number, "secret": scene.secret})
    assert opened.status_code == 302 and opened["Location"] == "/receipt/status/"
    yield clients


@pytest.fixture(scope="module")
def names(scene: Scene, people: dict[str, Client]) -> dict[str, dict[str, str]]:  # noqa: F811
    """Address → fields read off the pages, with what the page itself put into the hidden ones."""
    found: dict[str, dict[str, str]] = {}
    for page in [*html_pages(scene, ("public", "counsellor", "official")), *begun_pages(scene, people["public"])]:
        for form in forms_of(page):
            found.setdefault(form.action, {}).update(dict.fromkeys(form.names, "") | form.hidden)
    assert {"story", "wish", "draft"} <= found["/consult/2/"].keys() and "text" in found["/receipt/status/"]
    return found


def begun_pages(scene: Scene, public: Client) -> Iterator[Page]:  # noqa: F811
    """Pages that only somebody sees who has begun a form or opened a receipt."""
    for target in targets(scene):
        if target.name in ("portal:consult_step", "portal:receipt_status"):
            with taken_back(public):
                answer = public.get(target.url)
            assert answer.status_code == 200, target.url
            yield Page(target, "public", answer, answer.content.decode())


def doors(scene: Scene) -> list[Target]:  # noqa: F811
    """Every address that takes a POST (or, in the API, an unsafe method), once."""
    return [
        target
        for target in targets(scene)
        if set(target.methods) - {"GET"} and target.object not in ("case waiting for approval", "registered case")
    ]


@pytest.fixture(scope="module")
def standing_rows(people: Any) -> dict[str, int]:
    """Rows before an attack: always these, because each attack is taken back."""
    return rows()


@pytest.fixture(scope="module")
def standing_accesses(people: Any) -> set[Any]:
    """Access rows before an attack."""
    with system_transaction():
        return set(AccessRecord.objects.values_list("id", flat=True))


def rows() -> dict[str, int]:
    """Numbers of rows of all tables, in one query."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith(KEPT)]
    with system_transaction(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))
        return dict(cursor.fetchall())


def touched() -> list[tuple[str, int]]:
    """Rows written so far in this transaction, by table, also those that were taken back: cheap to ask, where counting
    all tables after each of some thousand requests takes minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 ORDER BY relname"
        )
        return [(name, count) for name, count in cursor.fetchall() if not name.startswith(KEPT)]


def unfounded_accesses(before: set[Any], shown: str, reference: str) -> list[str]:
    """What a refusal wrote into the access log and did not do: the only deed a refusal has is showing a page again."""
    with system_transaction():
        written = list(AccessRecord.objects.exclude(id__in=before))
    told = [f"{row.action} {row.object_kind} {row.fields}" for row in written]
    if any(row.action != "open_personal_data" or row.reference != reference for row in written):
        return [f"access rows of something else than opening: {told}"]
    if written and not any(word in shown for word in PRIVATE):
        return [f"access rows of openings that nobody saw: {told}"]
    return []


Attack = Callable[[Client, Target, bytes, str, str], list[str]]


@pytest.fixture
def attack(standing_rows: dict[str, int], standing_accesses: set[Any]) -> Attack:
    """`attack(client, target, body, media_type, what)` sends one request and says what is wrong with the answer."""

    def run(client: Client, target: Target, body: bytes, media_type: str, what: str) -> list[str]:
        return _attack(client, target, body, media_type, what, standing_rows, standing_accesses)

    return run


def _attack(
    client: Client, target: Target, body: bytes, media_type: str, what: str, before: dict[str, int], accesses: set[Any]
) -> list[str]:
    method = next(one for one in target.methods if one != "GET")
    place = f"{method} {target.name} ({target.object}) with {what}"
    with taken_back(client):
        written = touched()
        answer = client.generic(method, target.url, body, content_type=media_type)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        shown = text.decode("utf-8", "replace")
        status = answer.status_code
        wrong = []
        if status >= 500:
            return [f"{place}: {status}"]
        if status >= 400:
            if status != 405 and "。" not in shown:
                wrong.append(f"{place}: {status} without a sentence: {shown[:80]!r}")
            after = rows() if touched() != written else before
            if after != before:
                changed = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
                wrong.append(f"{place}: {status}, and yet rows changed: {changed}")
            wrong += [f"{place}: {status}, {one}" for one in unfounded_accesses(accesses, shown, answer["X-Reference"])]
        if TRACE.search(re.sub(r"<textarea.*?</textarea>|value=\"[^\"]*\"", "", shown, flags=re.S)):
            wrong.append(f"{place}: a trace in the answer")
        if "<script>alert(1)</script>" in shown and not answer["Content-Type"].startswith(("text/plain", "application/")):
            wrong.append(f"{place}: what was typed is not escaped")
    return wrong


#: Without these nothing else of a form would be read: which fields the page showed, and which begun form it is.
SHOWN = ("fields", "draft")


def fields_of(target: Target, names: dict[str, dict[str, str]]) -> list[str]:
    found = set(target.body or {}) | set(names.get(target.url, {}))
    return sorted(found - {"csrfmiddlewaretoken"})


def good_values(target: Target, names: dict[str, dict[str, str]]) -> dict[str, bytes]:
    """What the page and the right person would send."""
    own = {name: str(value) for name, value in (target.body or {}).items() if not isinstance(value, list)}
    hidden_ones = {name: value for name, value in names.get(target.url, {}).items() if value}
    return {name: value.encode() for name, value in {**own, **hidden_ones}.items()}


def encoded(given: dict[str, bytes]) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in given.items()).encode()


#: These run with every commit, the others with `make check`.
FIRST = ("NUL", "a lone surrogate", "Shift_JIS", "HTML", "a huge number")


@pytest.mark.parametrize("what", [pytest.param(one, marks=[] if one in FIRST else [pytest.mark.slow]) for one in VALUES])
def test_a_hostile_value_in_every_field_at_once(
    what: str,
    scene: Scene,  # noqa: F811
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
def test_bodies_that_are_no_form(what: str, scene: Scene, people: Any, attack: Attack) -> None:  # noqa: F811
    media_type, body = BODIES[what]
    wrong: list[str] = []
    for target in doors(scene):
        wrong += attack(people[doer_of(target.name)], target, body, media_type, what)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("headers", [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}, {}])
def test_the_login_answers_programs_with_its_page(headers: dict[str, str], scene: Scene) -> None:  # noqa: F811
    """The library has an answer in JSON beside it, which gives the password back."""
    client, typed = client_of(scene.town, "public"), "PassWord-typed-9"
    body, media_type = urlencode({"login": "nobody", "password": typed}).encode(), FORM
    if not headers:
        body, media_type = json.dumps({"login": "nobody", "password": typed}).encode(), "application/json"
    with taken_back(client):
        answer = client.generic("POST", "/accounts/login/", body, content_type=media_type, headers=headers)
    assert answer.status_code == 422 and answer["Content-Type"].startswith("text/html")
    assert "エラー：" in answer.content.decode() and typed not in answer.content.decode()


@pytest.mark.parametrize("what", ["3 MB", "500 fields"])
def test_what_is_too_long_is_told_to_be_too_long(what: str, people: Any) -> None:
    media_type, body = BODIES[what]
    with taken_back(people["public"]):
        answer = people["public"].generic("POST", "/consult/2/", body, content_type=media_type)
    assert answer.status_code == 413 and "短くして" in answer.content.decode()


#: Every field at every door with every value: ten thousand requests. Without it the doors of a big form take turns.
EVERYWHERE = bool(os.environ.get("CAASIS_HOSTILE_EVERYWHERE"))
#: From here on a form is big, and those who take it read it with the same code.
BIG = 20


def turns(found: list[Target], names: dict[str, dict[str, str]], what: str) -> Iterator[tuple[Target, str]]:
    """Door and field, each field alone.

    The card's form goes to eleven addresses, which read it alike. There each field meets each value at one of them, and each
    address meets each field with several values; what an address reads by itself meets every value there.
    """
    sharing: dict[frozenset[str], list[Target]] = {}
    for target in found:
        sharing.setdefault(frozenset(names.get(target.url, {})), []).append(target)
    for form, alike in sharing.items():
        for place, target in enumerate(alike):
            for number, name in enumerate(fields_of(target, names)):
                own = len(form) < BIG or name in (target.body or {})
                if EVERYWHERE or own or (number + sorted(VALUES).index(what)) % len(alike) == place:
                    yield target, name


def test_the_doors_of_a_big_form_share_every_field(scene: Scene, names: Any) -> None:  # noqa: F811
    found = [target for target in doors(scene) if not target.json]
    card = [target for target in found if {"title", "summary"} <= names.get(target.url, {}).keys()]
    assert len(card) == 11, [target.name for target in card]
    fields = set(fields_of(card[0], names))
    assert len(fields) > 50
    tried = {what: {(target.key, name) for target, name in turns(found, names, what)} for what in VALUES}
    others = {(target.key, name) for target in found if target not in card for name in fields_of(target, names)}
    addresses = {target.key for target in card}
    for what, pairs in tried.items():
        assert {name for address, name in pairs if address in addresses} == fields, what
        assert others <= pairs, what
    for target in card:
        assert {name for pairs in tried.values() for address, name in pairs if address == target.key} == fields, target.name


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", sorted(VALUES))
def test_one_hostile_value_among_good_ones(what: str, scene: Scene, people: Any, names: Any, attack: Attack) -> None:  # noqa: F811
    """Each field alone: a check that stops at the first bad field hides nothing here."""
    wrong: list[str] = []
    for target, name in turns([target for target in doors(scene) if not target.json], names, what):
        body = among_good_ones(target, name, what, names)
        wrong += attack(people[doer_of(target.name)], target, body, FORM, f"{what} in {name}")
    assert not wrong, "\n".join(wrong)


def among_good_ones(target: Target, name: str, what: str, names: dict[str, dict[str, str]]) -> bytes:
    """A body with one hostile value. It stands last, so that the cut of a big one takes none of the good ones away."""
    good = {key: value for key, value in good_values(target, names).items() if key != name}
    return encoded(good | {name: VALUES[what]})[:1_900_000]


def test_every_door_with_one_hostile_value_among_good_ones(
    scene: Scene,  # noqa: F811
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
def test_hostile_json_in_every_field(value: str, scene: Scene, people: Any) -> None:  # noqa: F811
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


def test_addresses_that_are_none(scene: Scene, people: Any) -> None:  # noqa: F811
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
def test_headers_that_are_none(scene: Scene, header: dict[str, str]) -> None:  # noqa: F811
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


def test_a_form_sent_twice_is_answered_twice(scene: Scene, people: Any) -> None:  # noqa: F811
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
            elif 400 <= answer.status_code != 405 and "。" not in answer.content.decode():
                wrong.append(f"{method} {target.name} ({target.object}), press {turn}: {answer.status_code} without a sentence")
    assert not wrong, "\n".join(wrong)


# --- what is unusual and right ----------------------------------------------------------------------------------------

UNUSUAL = "𠮷野家の㐂寿さん、葛󠄀城さんと辻󠄁さん。鷗外を剝がす👨‍👩‍👧①㈱﨑髙ｶﾅ"


def test_unusual_characters_survive_the_card(scene: Scene, people: Any) -> None:  # noqa: F811
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


def test_unusual_characters_survive_a_note_an_answer_and_the_receipt(scene: Scene, people: Any) -> None:  # noqa: F811
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


def test_unusual_characters_survive_the_portals_form(scene: Scene, people: Any) -> None:  # noqa: F811
    public = people["public"]
    with taken_back(public):
        page = public.get("/consult/2/").content.decode()
        moved = public.post("/consult/2/", {"draft": hidden(page, "draft"), "story": UNUSUAL})
        assert moved.status_code == 302 and moved["Location"] == "/consult/3/"
        assert UNUSUAL in public.get("/consult/2/").content.decode()
