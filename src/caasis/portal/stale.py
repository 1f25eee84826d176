"""What stands on a page of the portal that is shown while the rest of the system is down."""

from __future__ import annotations

from datetime import UTC, datetime

from caasis.kernel.clock import JST

_BEFORE = b'<main id="main"'


def with_notice(body: bytes, content_type: bytes, made_at: float) -> bytes:
    """The page with a sentence that says from when it is. Feeds and pictures stay as they are.

    :param made_at: seconds since 1970.
    """
    if not content_type.startswith(b"text/html"):
        return body
    made = datetime.fromtimestamp(made_at, UTC).astimezone(JST)
    when = f"{made.month}月{made.day}日{made.hour}時{made.minute:02}分"
    notice = (
        '<div class="app-wrap"><div class="app-note app-note--stale" role="status">'
        f"<p><b>いま、一部の機能が止まっています。</b>この画面は、{when}のものです。</p>"
        "<p>文章で相談を送ることと、状況を見ることは、しばらくたってからお試しください。"
        'お急ぎのときは<a href="tel:188">188</a>へお電話ください。</p></div></div>'
    )
    return body.replace(_BEFORE, notice.encode() + _BEFORE, 1)
