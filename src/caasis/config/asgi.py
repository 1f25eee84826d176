"""ASGI entry: Django, beside it the browser streams on the same port, and before both the kept pages of the portal."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caasis.config.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from caasis.analytics.reading import record_readings, salt_of  # noqa: E402
from caasis.config.serving import ThreadedHandler  # noqa: E402
from caasis.config.static import with_static_files  # noqa: E402
from caasis.config.streaming import stream_application  # noqa: E402
from caasis.kernel.clock import JST  # noqa: E402
from caasis.platform.pages.cache import PageCache  # noqa: E402
from caasis.platform.streams.hub import StreamEvent  # noqa: E402
from caasis.portal.measuring import ReaderCount  # noqa: E402
from caasis.portal.page import address_in  # noqa: E402
from caasis.portal.stale import with_notice  # noqa: E402

_django = ThreadedHandler(settings.REQUEST_THREADS)


async def _dispatch(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await stream_application.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/desk/stream":
        await stream_application(scope, receive, send)
    elif scope["type"] == "http":
        await _django(scope, receive, send)


def purging(cache: PageCache) -> Any:
    """The watcher of the outbox that tells a cache what is public now, and what no longer."""

    def heed(event: StreamEvent) -> None:
        if event.topic in ("knowledge.article_published", "appointments.education_event_changed"):
            cache.published()
        elif event.topic == "knowledge.article_withdrawn":
            cache.withdrawn()

    return heed


#: Without the kept pages: tests write to the database behind the events' back.
uncached = with_static_files(_dispatch)
kept = PageCache(
    uncached,
    folder=Path(settings.CAASIS_HOME) / "pages",
    session_cookie=settings.SESSION_COOKIE_NAME,
    notice=with_notice,
)
stream_application.watch(purging(kept))


def _released(work: Any) -> Any:
    """A function that runs in a thread that no request ends: else it would keep its connection for ever."""

    def run(argument: Any) -> Any:
        try:
            return work(argument)
        finally:
            connection.close()

    return run


application = ReaderCount(
    kept,
    record=_released(record_readings),
    salt=_released(salt_of),
    now=lambda: datetime.now(JST),
    address=address_in,
)
