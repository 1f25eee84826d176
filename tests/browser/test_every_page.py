"""Every page in Chromium, at both widths, as it opens and when it refuses: axe, no sideways scroll, one h1, a title.

`make test` runs one page of each face; `make check` every page that the walk of `tests/support/scene.py` finds, so that a
new page is tested without a line here. What opens is loaded anew for each width. What refuses is sent once and turned from
narrow to wide, and of refusals that came with the same words on the same page (but for numbers) one is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.browser import WIDTHS
from tests.support.pages import html_pages, is_whole
from tests.support.scene import Scene, Target, client_of, make_scene, taken_back, targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: One page of each face for every commit: (role, URL name, object).
QUICK = {
    "portal": ("public", "portal:top", ""),
    "desk": ("counsellor", "desk:case", "open case"),
    "approval": ("official", "desk:approval", "approval"),
    "analysis": ("analyst", "desk:dashboard", ""),
    "accounts": ("public", "account_login", ""),
}
ROLES = ("public", "counsellor", "official", "analyst", "admin")
#: Posts that an empty form refuses are visited as error pages; these would end the walk's own session.
ENDS_THE_SESSION = ("account_logout",)


@pytest.fixture
def standing(live: Any, live_town: Any) -> Scene:
    return make_scene(live_town)


@pytest.fixture
def visit(
    live: Any,
    new_context: Callable[..., BrowserContext],
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
) -> Callable[..., list[str]]:
    """`visit(client, steps)` opens pages one after the other in one browser and gives back what is wrong with them.

    With `turn` a page is opened once, and the window is made wider.
    """

    def run(client: Any, steps: list[tuple[str, Callable[[Page], None]]], *, turn: bool = False) -> list[str]:
        context = new_context()
        context.add_cookies([{"name": n, "value": m.value, "url": live.url} for n, m in client.cookies.items() if m.value])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if _is_fault(message) else None)
        wrong: list[str] = []
        for label, step in steps:
            for number, (width, height) in enumerate(WIDTHS.items()):
                page.set_viewport_size({"width": width, "height": height})
                place = f"{label} at {width} px"
                try:
                    if number == 0 or not turn:
                        step(page)
                    wrong += [f"{place}: {fault}" for fault in _look(page, axe, no_sideways_scroll)]
                except Exception as error:
                    wrong.append(f"{place}: {type(error).__name__} {str(error)[:300]}")
                wrong += [f"{place}: {error}" for error in errors]
                errors.clear()
        return wrong

    return run


def _is_fault(message: Any) -> bool:
    # A refused form is what the error state is about.
    return message.type == "error" and "status of 4" not in message.text


def _look(page: Page, axe: Callable[..., Any], no_sideways_scroll: Callable[[Page], None]) -> Iterator[str]:
    page.wait_for_load_state("load")
    for check in (axe, no_sideways_scroll):
        try:
            check(page)
        except AssertionError as error:
            yield str(error)
    headings = page.locator("h1").count()
    if headings != 1:
        yield f"{headings} h1"
    if not page.title().strip():
        yield "no title"
    if page.locator("main").count() != 1:
        yield "no main landmark"


def _goto(url: str) -> Callable[[Page], None]:
    return lambda page: page.goto(url) and None


def _refused(base: str, target: Target) -> Callable[[Page], None]:
    """Send the form's address nothing but the token, from a page of the same face."""

    def step(page: Page) -> None:
        page.goto(base + ("/consult/1/" if target.name.startswith("portal:") else "/accounts/login/?next=/desk/"))
        with page.expect_navigation():
            page.evaluate(
                """(url) => {
                    const token = document.cookie.match(/caasis_csrf=([^;]+)/)?.[1]
                        || document.querySelector('[name=csrfmiddlewaretoken]')?.value || '';
                    const form = Object.assign(document.createElement('form'), {method: 'post', action: url});
                    form.append(Object.assign(document.createElement('input'),
                        {type: 'hidden', name: 'csrfmiddlewaretoken', value: token}));
                    document.body.append(form);
                    HTMLFormElement.prototype.submit.call(form);
                }""",
                target.url,
            )

    return step


_PASSING = re.compile(
    r"(?:name=\"csrfmiddlewaretoken\" value|name=\"app-csrf\" content)=\"[^\"]*\""
    r"|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|受付番号 \w+|[0-9]+"
)


def _but_for_numbers(html: str) -> str:
    """A page without what differs from request to request: tokens, ids, numbers and days."""
    return _PASSING.sub("", html)


@pytest.mark.parametrize("face", QUICK)
def test_one_page_of_each_face(face: str, live: Any, standing: Scene, visit: Callable[..., list[str]]) -> None:
    role, name, words = QUICK[face]
    target = next(one for one in targets(standing) if one.key == (name, words))
    wrong = visit(client_of(standing.town, role), [(face, _goto(live.url + target.url))])
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ROLES)
def test_every_page(role: str, live: Any, standing: Scene, visit: Callable[..., list[str]]) -> None:
    pages = [page for page in html_pages(standing, (role,)) if is_whole(page.html)]
    assert len(pages) >= 5
    wrong = visit(client_of(standing.town, role), [(page.label, _goto(live.url + page.target.url)) for page in pages])
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ("public", "counsellor", "official", "admin"))
def test_every_refusal(role: str, live: Any, standing: Scene, visit: Callable[..., list[str]]) -> None:
    """Pages that come when a form is sent empty, when something is not there, and when it is not allowed."""
    client = client_of(standing.town, role)
    steps = [("absent", _goto(f"{live.url}/nothing/")), ("unknown article", _goto(f"{live.url}/articles/F-0/"))]
    if role == "counsellor":
        foreign = client_of(standing.town, "outsider")
        assert visit(foreign, [("hidden case", _goto(f"{live.url}/desk/cases/{standing.open_case.id}/"))]) == []
    seen = set()
    for target in targets(standing):
        if target.json or "POST" not in target.methods or target.name in ENDS_THE_SESSION:
            continue
        with taken_back(client):
            answer = client.post(target.url)
        if not (400 <= answer.status_code < 500 and answer.status_code != 405):
            continue
        html = answer.content.decode() if answer.get("Content-Type", "").startswith("text/html") else ""
        if is_whole(html) and (same := _but_for_numbers(html)) not in seen:
            seen.add(same)
            steps.append((f"{role} POST {target.name} ({target.object}) empty", _refused(live.url, target)))
    assert len(steps) > 4
    wrong = visit(client, steps, turn=True)
    assert not wrong, "\n".join(wrong)
