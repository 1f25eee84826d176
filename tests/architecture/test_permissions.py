"""Who may do what: every URL × every role, against the reviewed table `permissions.csv`.

The walls themselves are asserted here and not in the table, so that no row can bless a hole: another centre's people get
the same answer for a hidden object as for an absent one, and nobody outside ever reads personal data.

A URL without a row fails. `CAASIS_WRITE_PERMISSIONS=1 pytest tests/architecture/test_permissions.py` adds the rows that
are missing and drops those whose URL is gone; a row that stands is never changed. Read each new line before you commit.
"""

from __future__ import annotations

import csv
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.cast import CAST
from tests.support.scene import (
    PRIVATE,
    Scene,
    Target,
    body_text,
    client_of,
    patterns,
    scene,  # noqa: F401
    send,
    taken_back,
    targets,
    without_object,
)

TABLE = Path(__file__).with_name("permissions.csv")
ROLES = ("public", *CAST)
#: Nothing of centre A may reach these, unless it is registered, and never anything personal.
OUTSIDE = ("public", "outsider", "outside_official", "ncac", "analyst", "admin")
#: These answer the same for an absent object; the national roles and the public are told at the door.
OTHER_CENTRE = ("outsider", "outside_official")
#: Unsafe without a token on purpose, each with its reason.
WITHOUT_TOKEN = {
    "portal:vote": "a cached page has no token; a forged vote is bounded by the limit for one address",
    "portal:note": "the same; what is written is masked, kept without its writer, and read by staff only",
    "portal:news_stop": "a mail program presses it for its reader (RFC 8058); the link in the mail says who it is",
    "portal:ask": "the same; an answer changes nothing but counts",
    "portal:ask_rate": "the same",
    "portal:ask_consult": "the same; what a forged request could do is begin a form that nobody sends",
    "portal:guide_consult": "the same",
    "api:send_consultation": "a program of the public has no session, so that there is nothing to ride on",
}
#: Reads whose methods a library does not restrict: whatever the method, nothing changes.
ANY_METHOD = {
    "api:openapi-json": "the framework's own description of the API",
    "account_": "django-allauth leads who is logged in (or out) away before it looks at the method",
    "mfa_": "the same",
    "usersessions_": "the same",
}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def read_table() -> dict[tuple[str, str, str], dict[str, str]]:
    if not TABLE.exists():
        return {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["url"], row["object"], row["method"]): row for row in csv.DictReader(file)}


def write_table(rows: dict[tuple[str, str, str], dict[str, str]]) -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["url", "object", "method", *ROLES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def answer_of(response: Any) -> str:
    """What the table holds: the status, or `login` for being led there."""
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return "login"
    return str(response.status_code)


def ask(client: Any, target: Target, method: str) -> tuple[str, str]:
    """The answer and its text; whatever the request changed is taken back."""
    with taken_back(client):
        response = send(client, target, method)
        return answer_of(response), body_text(response)


@pytest.fixture(scope="module")
def table() -> Any:
    rows = read_table()
    yield rows
    if os.environ.get("CAASIS_WRITE_PERMISSIONS") == "1":
        write_table(rows)


@pytest.mark.parametrize("role", ROLES)
def test_every_url_answers_each_role_as_the_table_says(role: str, scene: Scene, table: Any) -> None:  # noqa: F811
    client = client_of(scene.town, role)
    writing = os.environ.get("CAASIS_WRITE_PERMISSIONS") == "1"
    wrong: list[str] = []
    seen = set()
    for target in targets(scene):
        for method in target.methods:
            key = (target.name, target.object, method)
            seen.add(key)
            got, text = ask(client, target, method)
            place = f"{role} {method} {target.name} ({target.object})"
            if got.startswith("5"):
                wrong.append(f"{place}: {got}")
            if role in OUTSIDE:
                wrong += [f"{place}: {got} with personal data {word!r}" for word in PRIVATE if word in text]
            if writing:
                row = table.setdefault(key, {"url": key[0], "object": key[1], "method": key[2]})
                if not got.startswith("5"):
                    row.setdefault(role, got)
            row = table.get(key, {})
            if role not in row:
                wrong.append(f"{place}: no row in {TABLE.name}")
            elif row[role] != got:
                wrong.append(f"{place}: {got}, the table says {row[role]}")
    gone = table.keys() - seen
    if writing:
        for key in gone:
            del table[key]
    else:
        wrong += [f"{key}: a row without a URL" for key in sorted(gone)]
    assert not wrong, "\n".join(wrong)


def _owned(target: Target) -> bool:
    """The target names an object that only centre A may see."""
    return target.object in (
        "open case",
        "case waiting for approval",
        "waiting contact",
        "file",
        "approval",
        "emergency access",
        "saved search",
        "export",
        "person",
        "council member",
        "call flow",
    ) or (
        target.object in ("telephone number", "education event", "sign-up", "lecture request")
        and target.name.startswith("desk:")
    )


def _absent(target: Target) -> Target:
    """The same URL with objects that are nowhere."""
    return replace(target, url=_ID.sub(lambda found: str(UUID(found[0][::-1].replace("-", "").ljust(32, "0")[:32])), target.url))


def test_the_walk_stays_logged_in(scene: Scene) -> None:  # noqa: F811
    """A walk whose client was logged out on its way would show nothing but logins."""
    rows = read_table()
    for role in ("counsellor", "counsellor2", "supervisor", "official", "outsider", "outside_official"):
        assert rows["desk:home", "", "GET"][role] == "200", role
    assert rows["desk:case", "open case", "GET"]["counsellor"] == "200"
    assert rows["usersessions_list", "", "GET"]["admin"] == "200"


@pytest.mark.parametrize("role", OTHER_CENTRE)
def test_another_centres_objects_are_absent(role: str, scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, role)
    wrong = []
    tried = 0
    for target in filter(_owned, targets(scene)):
        for method in target.methods:
            hidden, hidden_text = ask(client, target, method)
            absent, absent_text = ask(client, _absent(target), method)
            tried += 1
            allowed = ("404", "405")
            if hidden not in allowed or absent != hidden:
                wrong.append(f"{method} {target.name} ({target.object}): hidden {hidden}, absent {absent}")
            elif hidden == "404" and _plain(hidden_text) != _plain(absent_text):
                wrong.append(f"{method} {target.name} ({target.object}): the page tells hidden from absent")
    assert tried > 50
    assert not wrong, "\n".join(wrong)


def _plain(text: str) -> str:
    """A page without what differs by request: ids, reference number, token, the time."""
    text = _ID.sub("ID", text)
    text = re.sub(r'(csrfmiddlewaretoken" value=|"X-CSRFToken": |nonce=)"[^"]*"', "", text)
    return re.sub(r"\b[A-Z2-9]{8}\b|\d\d:\d\d:\d\d", "", text)


@pytest.mark.parametrize("role", ("public", "ncac", "analyst", "admin"))
def test_outside_the_centre_nothing_unregistered_is_shown(role: str, scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, role)
    wrong = []
    for target in filter(_owned, targets(scene)):
        for method in target.methods:
            got, _ = ask(client, target, method)
            if got not in ("401", "403", "404", "405", "login"):
                wrong.append(f"{method} {target.name} ({target.object}): {got}")
    assert not wrong, "\n".join(wrong)


def test_the_fixture_holds_what_must_not_leak(scene: Scene) -> None:  # noqa: F811
    """Inside the centre the words do appear: else their absence outside would prove nothing."""
    client = client_of(scene.town, "counsellor")
    text = client.get(f"/desk/cases/{scene.open_case.id}/").content.decode()
    text += client.get(f"/desk/contacts/{scene.waiting_contact}/?purpose=advice").content.decode()
    for part in (f"mediations/{scene.more['mediation']}/", "conduct/"):
        text += client.get(f"/desk/cases/{scene.open_case.id}/{part}").content.decode()
    text += client.get(f"/desk/help/{scene.more['help']}/").content.decode()
    text += client.get(f"/desk/phrases/{scene.more['phrase']}/").content.decode()
    text += client.get(f"/desk/cases/{scene.open_case.id}/files/").content.decode()
    text += client.get(f"/desk/matters/{scene.more['matter']}/").content.decode()
    missing = [word for word in PRIVATE if word not in text]
    assert not [word for word in missing if word not in ("09098761234",)], missing


def test_unsafe_methods_need_the_token(scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, "counsellor", enforce_csrf_checks=True)
    wrong = []
    for target in targets(scene):
        for method in target.methods:
            if method == "GET" or target.name in WITHOUT_TOKEN:
                continue
            got, _ = ask(client, target, method)
            if got not in ("403", "405"):
                wrong.append(f"{method} {target.name} ({target.object}): {got} without a token")
    assert not wrong, "\n".join(wrong)


def test_every_url_has_an_object_to_be_tried_with(scene: Scene) -> None:  # noqa: F811
    assert without_object(scene) == [], "tests/support/scene.py knows no object for these"


def test_exemptions_name_urls_that_exist(scene: Scene) -> None:  # noqa: F811
    names = {name for name, _, _ in patterns()} | {target.name for target in targets(scene)}
    assert not WITHOUT_TOKEN.keys() - names


def test_methods_that_nobody_declared_are_refused(scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, "supervisor")
    declared: dict[str, set[str]] = {}
    for target in targets(scene):
        if target.name.startswith(tuple(ANY_METHOD)):
            continue
        declared.setdefault(target.url, set()).update(target.methods)
    wrong = []
    for url, methods in declared.items():
        for method in {"PUT", "PATCH", "DELETE", "TRACE"} - methods:
            with taken_back(client):
                status = client.generic(method, url).status_code
            if status < 400 or status >= 500:
                wrong.append(f"{method} {url}: {status}")
    assert not wrong, "\n".join(wrong)
