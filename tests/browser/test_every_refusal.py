"""Every page that refuses in Chromium, at both widths: what is sent empty, what is not there, what is not allowed.

What refuses is sent once and turned from narrow to wide, and of refusals that came with the same words on the same page
(but for numbers) one is looked at.
"""

# ruff: noqa: F401, F811 (fixtures are imported, and their names are arguments)

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.looking import goto, standing, visit
from tests.support.pages import is_whole
from tests.support.scene import Scene, Target, client_of, taken_back, targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Posts that an empty form refuses are visited as error pages; these would end the walk's own session.
ENDS_THE_SESSION = ("account_logout",)


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


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ("public", "counsellor", "official", "admin"))
def test_every_refusal(role: str, live: Any, standing: Scene, visit: Callable[..., list[str]]) -> None:
    """Pages that come when a form is sent empty, when something is not there, and when it is not allowed."""
    client = client_of(standing.town, role)
    steps = [("absent", goto(f"{live.url}/nothing/")), ("unknown article", goto(f"{live.url}/articles/F-0/"))]
    if role == "counsellor":
        foreign = client_of(standing.town, "outsider")
        assert visit(foreign, [("hidden case", goto(f"{live.url}/desk/cases/{standing.open_case.id}/"))]) == []
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
