"""ASGI entry: Django, and beside it the browser streams on the same port."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caasis.config.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from caasis.config.serving import ThreadedHandler  # noqa: E402
from caasis.config.static import with_static_files  # noqa: E402
from caasis.config.streaming import stream_application  # noqa: E402

_django = ThreadedHandler(settings.REQUEST_THREADS)


async def _dispatch(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await stream_application.lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/desk/stream":
        await stream_application(scope, receive, send)
    elif scope["type"] == "http":
        await _django(scope, receive, send)


application = with_static_files(_dispatch)
