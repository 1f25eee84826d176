"""What nobody should send, and the doors it is sent to: every address that takes something, with the fields of its form.

The forms are those of the walk: an address that somebody adds is attacked without a line here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from django.db import connection
from django.test import Client

from caasis.audit.models import AccessRecord
from caasis.platform.transactions import system_transaction
from tests.flows.portal_steps import fill
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
    "1,001 fields": (FORM, urlencode([(f"field{n}", "x") for n in range(1_001)]).encode()),
    "12 MB": (FORM, b"story=" + b"a" * 12_000_000),
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
    office = (
        "desk:approval", "desk:booking", "desk:flow", "desk:survey", "desk:telephone-number", "desk:telephone-message",
        "desk:watch-member",
    )  # fmt: skip
    return "official" if name.startswith(office) else "counsellor"


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


def as_read(answer: Any, content: bytes | None = None) -> str:
    """The answer's text as whoever reads it sees it: in JSON not \\u3042 but あ."""
    text = (answer.content if content is None else content).decode("utf-8", "replace")
    return json.dumps(json.loads(text), ensure_ascii=False) if answer.get("Content-Type") == "application/json" else text


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
        shown = as_read(answer, text)
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


def among_good_ones(target: Target, name: str, what: str, names: dict[str, dict[str, str]]) -> bytes:
    """A body with one hostile value. It stands last, so that the cut of a big one takes none of the good ones away."""
    good = {key: value for key, value in good_values(target, names).items() if key != name}
    return encoded(good | {name: VALUES[what]})[:1_900_000]
