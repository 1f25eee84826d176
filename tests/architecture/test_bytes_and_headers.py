"""Every HTML page: headers, nothing inline, and the byte budgets of ux.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.pages import Page, everything_loaded, html_pages, is_whole, read, zipped
from tests.support.scene import PRIVATE, Scene, client_of, scene, taken_back, targets  # noqa: F401

PORTAL_BYTES = 90 * 1024
PORTAL_SCRIPT = 30 * 1024
PORTAL_REQUESTS = 12
WORKSPACE_SCRIPT = 150 * 1024
#: With everything that it loads: a wall's computer is often an old one.
WALLBOARD_BYTES = 100 * 1024
#: May be kept by a browser or a CDN: pages without a word of any person.
MAY_BE_KEPT = re.compile(
    r"portal:(top|guide|guides|guide_step|ask|search|article|alerts|offices|privacy|accessibility|about|cross_border|offline"
    r"|statistics|events|event_calendar|lecture_done|materials|material_file|easy|easy_article|easy_search|en|en_article|en_search)$"
)


@pytest.fixture(scope="module")
def pages(scene: Scene) -> Iterator[list[Page]]:  # noqa: F811
    found = html_pages(scene)
    assert len(found) > 30
    yield found


def test_headers_of_every_page(pages: list[Page]) -> None:
    wrong = []
    for page in pages:
        headers = page.response
        policy = headers.get("Content-Security-Policy", "")
        for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            if part not in policy:
                wrong.append(f"{page.label}: no {part}")
        if "unsafe-" in policy or "*" in policy:
            wrong.append(f"{page.label}: {policy}")
        for name, value in (
            ("X-Frame-Options", "DENY"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ):
            if headers.get(name) != value:
                wrong.append(f"{page.label}: {name} is {headers.get(name)!r}")
    assert not wrong, "\n".join(wrong)


def test_nothing_of_a_person_stays_on_the_terminal(pages: list[Page]) -> None:
    wrong = []
    personal = 0
    for page in pages:
        kept = page.response.get("Cache-Control", "")
        personal += any(word in page.html for word in PRIVATE)
        if "no-store" not in kept and not MAY_BE_KEPT.match(page.target.name):
            wrong.append(f"{page.label}: Cache-Control {kept!r}")
        if any(word in page.html for word in PRIVATE) and "no-store" not in kept:
            wrong.append(f"{page.label}: personal data under {kept!r}")
    assert personal, "no page showed personal data: the test would prove nothing"
    assert not wrong, "\n".join(wrong)


def test_errors_are_not_kept_and_carry_the_headers(scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, "outsider")
    for url in ("/nothing/", f"/desk/cases/{scene.open_case.id}/", "/articles/F-0/"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert answer["Cache-Control"] == "no-store" and "unsafe-" not in answer["Content-Security-Policy"]
        assert read(answer.content.decode()).faults == []


def test_a_file_of_a_consumer_is_not_kept_and_can_run_nothing(scene: Scene) -> None:  # noqa: F811
    client = client_of(scene.town, "counsellor")
    target = next(one for one in targets(scene) if one.name == "desk:attachment")
    with taken_back(client):
        answer = client.get(target.url)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "script-src" not in answer["Content-Security-Policy"] and "default-src 'none'" in answer["Content-Security-Policy"]


def test_nothing_is_inline(pages: list[Page]) -> None:
    wrong = [f"{page.label}: {sorted(set(faults))}" for page in pages if (faults := read(page.html).faults)]
    assert not wrong, "\n".join(wrong)


def test_each_whole_page_has_one_heading_a_title_and_a_language(pages: list[Page]) -> None:
    wrong = []
    for page in filter(lambda one: is_whole(one.html), pages):
        title = re.search(r"<title>\s*(.+?)\s*</title>", page.html, re.S)
        if read(page.html).headings != 1 or not title or '<html lang="' not in page.html:
            wrong.append(f"{page.label}: {read(page.html).headings} h1, title {title and title[1]!r}")
    assert not wrong, "\n".join(wrong)


def test_everything_a_page_loads_is_its_own(pages: list[Page]) -> None:
    outside = [
        f"{page.label}: {url}" for page in pages for url in read(page.html).loads if url.startswith(("http:", "https:", "//"))
    ]
    assert not outside, "\n".join(outside)


def test_the_portal_is_small(pages: list[Page]) -> None:
    wrong, weighed = [], 0
    for page in pages:
        if page.role != "public" or not page.target.name.startswith("portal:") or not is_whole(page.html):
            continue
        loaded = everything_loaded(page.html, page.target.url)
        total = zipped(page.html.encode()) + sum(loaded.values())
        script = sum(size for url, size in loaded.items() if url.endswith(".js"))
        weighed += 1
        if total > PORTAL_BYTES or script > PORTAL_SCRIPT or len(loaded) + 1 > PORTAL_REQUESTS:
            wrong.append(f"{page.label}: {total} bytes, {script} of script, {len(loaded) + 1} requests: {loaded}")
    assert weighed >= 10
    assert not wrong, "\n".join(wrong)


def test_the_workspace_is_within_its_budget(pages: list[Page]) -> None:
    page = next(one for one in pages if one.target.key == ("desk:case", "open case") and one.role == "counsellor")
    scripts = {url: size for url, size in everything_loaded(page.html, page.target.url).items() if url.endswith(".js")}
    assert scripts, "the workspace loads scripts"
    assert sum(scripts.values()) <= WORKSPACE_SCRIPT, scripts


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        '<button onclick="go()">',
        "<script>go()</script>",
        '<a href=" JavaScript:go()">',
        '<svg><g onload="go()"></g></svg>',
    ],
)
def test_the_search_for_inline_parts_finds_them(html: str) -> None:
    assert read(html).faults
    assert not read('<script src="/static/a.js"></script><p class="style" data-on="x">onclick=""</p>').faults


def test_the_wallboard_fits_its_budget_with_all_that_it_loads(pages: list[Page]) -> None:
    walls = [page for page in pages if page.target.name == "desk:wallboard"]
    assert walls
    for page in walls:
        total = zipped(page.html.encode()) + sum(everything_loaded(page.html, page.target.url).values())
        assert total <= WALLBOARD_BYTES, f"{total:,} bytes"
