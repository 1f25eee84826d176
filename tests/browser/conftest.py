"""Browser tests: the fixtures of tests.support.browser, and the kit that shows the front end without the product."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.browser.kit.server import Kit
from tests.support.browser import (  # noqa: F401
    axe,
    browser,
    context,
    new_context,
    no_sideways_scroll,
    page,
    screenshot,
    watch_page,
)


@pytest.fixture
def kit() -> Iterator[Kit]:
    server = Kit()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.drop_streams.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
