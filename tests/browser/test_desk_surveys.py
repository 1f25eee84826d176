"""The survey's screens of the desk in Chromium: results with their picture, the editor, the preview, at both widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from caasis.operations import services
from tests.support.browser import WIDTHS
from tests.support.surveys import asked_on_the_web, running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def supervisor(
    live: Any, live_town: Any, new_context: Callable[..., BrowserContext], watch_page: Callable[[Page], Page]
) -> Page:
    """A browser in which the supervisor is logged in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(live_town.users["supervisor"], backend="allauth.account.auth_backends.AuthenticationBackend")
    context = new_context()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live.url}])
    return watch_page(context.new_page())


@pytest.mark.parametrize("width", WIDTHS)
def test_results_editor_and_preview_are_accessible_and_fit(
    live: Any,
    live_town: Any,
    supervisor: Page,
    axe: Callable[..., Any],
    no_sideways_scroll: Callable[[Page], None],
    screenshot: Callable[..., None],
    width: int,
) -> None:
    survey = running(live_town)
    for at in range(7):
        request = asked_on_the_web(live_town, f"key{at}", phone=f"080-1234-000{at}")
        given = {"satisfaction": "5" if at else "2", "effort": "6", "recommend": "9", "words": "ゆっくり話してくれて助かりました。"}
        services.answer_survey(request_id=request.id, given=given)
    page = supervisor
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    one = f"/desk/surveys/{survey.id}/"
    pages = {
        "/desk/surveys/": "list",
        one: "edit",
        f"{one}preview": "preview",
        "/desk/analysis/surveys/": "results",
        "/desk/analysis/surveys/words/": "purpose",
        "/desk/analysis/surveys/words/?purpose=improvement": "words",
    }
    for path, name in pages.items():
        page.goto(live.url + path)
        assert page.locator("h1").count() == 1, path
        axe(page)
        no_sideways_scroll(page)
        screenshot(page, f"surveys-{name}-{width}")
    page.goto(live.url + one)
    page.allow_console("status of 422")  # type: ignore[attr-defined]
    page.get_by_role("textbox", name="題名").fill("")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("題名")
    axe(page)
    no_sideways_scroll(page)
