"""Fixtures for tests in a real browser: Debian's Chromium, no connection of its own, no outside request, no error.

Use them with `pytest_plugins = ["tests.support.browser"]` or `-p tests.support.browser`. `page` fails its test when the
page asked for anything outside of this machine, threw an error or wrote one to the console (`page.allow_console` takes
patterns of what a test provokes on purpose).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The synchronous Playwright keeps a loop in this thread, from which the ORM is used as well.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(_name, None)

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(__file__).resolve().parent / "vendor" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
#: Nothing of the browser's own may leave the machine, and no name but this machine's is found.
QUIET = [
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-default-apps",
    "--no-pings",
    "--no-first-run",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--safebrowsing-disable-auto-update",
]
#: Height in pixels at which pages are examined.
TALL = 2400
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
WIDTHS = {320: 700, 1440: 900}
_INSIDE = re.compile(r"^(?:https?://(?:127\.0\.0\.1|localhost)(?::\d+)?/|data:|blob:|about:)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for each file: while it runs, this thread has a loop, in which no other test could start its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, chromium_sandbox=False, args=QUIET
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts (one for each person in a test); afterwards none may have asked for anything outside."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []

    def guard(route: Route) -> None:
        if _INSIDE.match(route.request.url):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def make(**options: Any) -> BrowserContext:
        settings: dict[str, Any] = {
            "locale": "ja-JP",
            "timezone_id": "Asia/Tokyo",
            "viewport": {"width": 1440, "height": 900},
            "service_workers": "block",
            # In the middle of a change of colour, nobody's contrast is right.
            "reduced_motion": "reduce",
            **options,
        }
        context = browser.new_context(**settings)
        context.set_default_timeout(10_000)
        # Only what is outside is routed: a routed request would be buffered, and an event stream never ends.
        context.route(lambda url: not _INSIDE.match(url), guard)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not outside, f"the page asked for outside resources: {outside}"


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    return new_context()


@pytest.fixture
def watch_page() -> Iterator[Callable[[Page], Page]]:
    """Turns errors of the given pages into failures of the test."""
    errors: list[str] = []

    def watch(page: Page) -> Page:
        allowed: list[str] = []
        page.allow_console = allowed.append  # type: ignore[attr-defined]

        def note(text: str) -> None:
            errors.append(text)
            allowed_now[id(page)] = allowed

        def console(message: ConsoleMessage) -> None:
            if message.type == "error" and not any(re.search(pattern, message.text) for pattern in allowed):
                note(message.text)

        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", console)
        return page

    allowed_now: dict[int, list[str]] = {}
    yield watch
    left = [text for text in errors if not any(re.search(p, text) for ps in allowed_now.values() for p in ps)]
    assert not left, f"errors on the page: {left}"


@pytest.fixture
def page(context: BrowserContext, watch_page: Callable[[Page], Page]) -> Page:
    return watch_page(context.new_page())


@pytest.fixture
def axe() -> Callable[..., dict[str, Any]]:
    """`axe(page)` fails on any violation of WCAG 2.0–2.2 A and AA and returns axe's result."""
    source = AXE.read_text(encoding="utf-8")

    def run(page: Page, *, include: str | None = None) -> dict[str, Any]:
        # Through the debugging protocol, so that the strict content security policy stays in force.
        page.evaluate(source)
        # A tall window shows panes whole: a control that the edge of a scrolled pane cuts in half is no small target.
        seen = page.viewport_size
        if seen is not None:
            page.set_viewport_size({"width": seen["width"], "height": max(seen["height"], TALL)})
        # Nor is one that a strip covers which stays in view while the pane is scrolled.
        page.evaluate(
            "() => { scrollTo(0, 0); for (const pane of document.querySelectorAll('[data-pane], main')) pane.scrollTop = 0 }"
        )
        result: dict[str, Any] = page.evaluate(
            "([include, tags]) => axe.run(include || document, {runOnly: {type: 'tag', values: tags}})",
            [include, list(AXE_TAGS)],
        )
        if seen is not None:
            page.set_viewport_size(seen)
        found = [
            f"{violation['id']} [{violation['impact']}] {violation['help']}: "
            f"{[node['target'] for node in violation['nodes']][:5]}"
            for violation in result["violations"]
        ]
        assert not found, "\n".join(found)
        return result

    return run


@pytest.fixture
def no_sideways_scroll() -> Callable[[Page], None]:
    """Fails when the page stays wider than the window (WCAG 1.4.10), naming the widest elements and where they lie.

    The page is looked at three times within half a second: a window that is being resized is no page that scrolls.
    """

    def check(page: Page) -> None:
        for wait in (0, 100, 400):
            page.wait_for_timeout(wait)
            wide = page.evaluate(
                """() => document.documentElement.scrollWidth <= innerWidth ? [] :
                    [...document.body.querySelectorAll('*')]
                    .map((e) => [e, e.getBoundingClientRect()]).filter(([, box]) => box.right > innerWidth + 1).slice(-8)
                    .map(([e, box]) => `${e.tagName.toLowerCase()}.${e.getAttribute('class') || ''} ` +
                        `${Math.round(box.left)}–${Math.round(box.right)} px`)
                    .concat(`${document.documentElement.scrollWidth} px in a window of ${innerWidth}`)"""
            )
            if not wide:
                return
        assert not wide, f"scrolls sideways: {wide}"

    return check


@pytest.fixture
def screenshot() -> Callable[..., None]:
    """`screenshot(page, "name")` saves docs/screenshots/name.png, only when CAASIS_SCREENSHOTS=1."""

    def save(page: Page, name: str, *, full_page: bool = True) -> None:
        if os.environ.get("CAASIS_SCREENSHOTS") == "1":
            folder = ROOT / "docs" / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=full_page)

    return save
