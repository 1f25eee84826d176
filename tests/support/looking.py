"""Looking at one page after the other in Chromium, at both widths: axe, no sideways scroll, one h1, a title."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.browser import WIDTHS
from tests.support.scene import Scene, make_scene


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


def goto(url: str) -> Callable[[Page], None]:
    return lambda page: page.goto(url) and None
