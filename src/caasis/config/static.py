"""Static files beside Django: served by servestatic, from memory of their headers, without a worker thread each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from servestatic import ServeStaticASGI

#: Seconds for which a browser takes a file without asking: short, because names carry no hash.
MAX_AGE = 300


def _headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def with_static_files(application: Any) -> Any:
    """Put the static files before an ASGI application: the collected, compressed ones where there are some, else each
    room's own folder."""
    serving = ServeStaticASGI(application, max_age=MAX_AGE, allow_all_origins=False, add_headers_function=_headers)
    prefix = settings.STATIC_URL.strip("/")
    root = Path(settings.STATIC_ROOT)
    if (root / "app").is_dir():
        serving.add_files(str(root), prefix=prefix)
        return serving
    folders = {
        str(storage.location)
        for finder in get_finders()
        for _, storage in finder.list([])
        if getattr(storage, "location", None)
    }
    for folder in sorted(folders):
        serving.add_files(folder, prefix=prefix)
    return serving
