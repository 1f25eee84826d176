"""Kept pages: what is kept, for whom, how it is purged, and what is shown while Django is down."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from caasis.platform.pages import cache as cache_module
from caasis.platform.pages.cache import PageCache

PAGE = "<main id=\"main\">受付中</main>".encode() + b"x" * 1000


class Backend:
    """Stands for Django: says what it is told to, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.body = PAGE
        self.headers = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"public, max-age=5")]
        self.broken = False
        self.hangs = False
        self.before_answer: Callable[[], None] = lambda: None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        if self.broken:
            raise OSError("no database")
        if self.hangs:
            await asyncio.sleep(60)
        body, headers = self.body, list(self.headers)
        if b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b""):
            body = gzip.compress(body)
            headers += [(b"Content-Encoding", b"gzip"), (b"Vary", b"Accept-Encoding")]
        headers.append((b"X-Reference", b"ABCD"))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        self.before_answer()
        await send(start)
        await send({"type": "http.response.body", "body": body})


class Answer:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {name.lower().decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])


class Browser:
    def __init__(self, cache: PageCache) -> None:
        self.cache = cache

    async def get(self, path: str, method: str = "GET", query: bytes = b"", **headers: str) -> Answer:
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        sent = [(b"host", b"example.jp")] + [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": sent}
        await self.cache(scope, receive, send)
        return Answer(messages)


async def settled(cache: PageCache) -> None:
    """Until everything that runs beside the requests is done: pages made anew, written and warmed."""
    while cache._background:
        await asyncio.gather(*cache._background, return_exceptions=True)


def notice(body: bytes, content_type: bytes, made_at: float) -> bytes:
    return b"OLD" + body


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def browser(backend: Backend, tmp_path: Path) -> Browser:
    return Browser(PageCache(backend, folder=tmp_path / "pages", session_cookie="session", notice=notice))


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_the_second_reader_is_answered_without_django(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        first = await browser.get("/a")
        second = await browser.get("/a")
        packed = await browser.get("/a", accept_encoding="gzip, br")
        assert first.body == second.body == gzip.decompress(packed.body) == PAGE
        assert packed.headers["content-encoding"] == "gzip" and packed.headers["vary"] == "Accept-Encoding"
        assert int(packed.headers["content-length"]) == len(packed.body)
        assert second.headers["cache-control"] == "public, max-age=5"
        # A reference number belongs to one request.
        assert "x-reference" not in second.headers
        assert backend.asked == ["/a"]

    run(day())


def test_a_page_that_django_packed_is_kept_unpacked(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        assert gzip.decompress((await browser.get("/a", accept_encoding="gzip")).body) == PAGE
        assert (await browser.get("/a")).body == PAGE
        assert backend.asked == ["/a"]

    run(day())


def test_a_browser_with_the_same_copy_gets_304(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        for encoding in ("", "gzip"):
            etag = (await browser.get("/a", accept_encoding=encoding)).headers["etag"]
            again = await browser.get("/a", accept_encoding=encoding, if_none_match=etag)
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
            assert again.headers["cache-control"] == "public, max-age=5"
        assert (await browser.get("/a", if_none_match='"other"')).status == 200
        head = await browser.get("/a", method="HEAD")
        assert head.body == b"" and int(head.headers["content-length"]) == len(PAGE)
        assert backend.asked == ["/a"]

    run(day())


@pytest.mark.parametrize("what", ["session", "post", "no-store", "cookie", "vary", "404", "question", "host", "range", "scheme"])
def test_what_is_not_for_everybody_always_comes_from_django(browser: Browser, backend: Backend, what: str) -> None:
    async def day() -> None:
        asked: dict[str, Any] = {}
        if what == "session":
            await browser.get("/a")
            asked["cookie"] = "a=b; session=xyz"
        elif what == "post":
            asked["method"] = "POST"
        elif what == "no-store":
            backend.headers[1] = (b"Cache-Control", b"no-store")
        elif what == "cookie":
            backend.headers.append((b"Set-Cookie", b"csrf=1"))
        elif what == "vary":
            backend.headers.append((b"Vary", b"Accept-Encoding, Cookie"))
        elif what == "404":
            backend.status = 404
        elif what == "question":
            asked["query"] = b"q=" + b"a" * 400
        elif what == "range":
            asked["range"] = "bytes=0-1"
        elif what == "scheme":
            # Whatever somebody writes there may not fill the memory.
            asked["x_forwarded_proto"] = "anything"
        before = len(backend.asked)
        for number in range(2):
            if what == "host":
                asked["host"] = f"{number}.example.jp"
            await browser.get("/a", **asked)
        assert len(backend.asked) == before + 2

    if what == "host":

        async def two_hosts() -> None:
            for host in (b"one.jp", b"two.jp"):
                scope = {"type": "http", "method": "GET", "path": "/a", "query_string": b"", "headers": [(b"host", host)]}

                async def nothing(*_: Any) -> Any:
                    return {"type": "http.request"}

                await browser.cache(scope, nothing, nothing)
            assert len(backend.asked) == 2

        run(two_hosts())
    else:
        run(day())


def test_after_a_minute_one_request_makes_it_anew(
    browser: Browser, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "FRESH_SECONDS", -1.0)

    async def day() -> None:
        await browser.get("/a")
        backend.body = b"new" * 300
        answers = await asyncio.gather(*(browser.get("/a") for _ in range(50)))
        # Within the grace everybody still gets the old page while one makes the new one.
        assert {answer.body for answer in answers} == {PAGE}
        await settled(browser.cache)
        assert len(backend.asked) == 2
        assert (await browser.get("/a")).body == backend.body

    run(day())


def test_a_publication_is_seen_by_the_next_reader(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        await browser.get("/a")
        backend.body = b"new" * 300
        assert (await browser.get("/a")).body == PAGE
        browser.cache.published()
        answers = await asyncio.gather(*(browser.get("/a") for _ in range(50)))
        assert {answer.body for answer in answers} == {backend.body}
        assert len(backend.asked) == 2

    run(day())


def test_what_was_begun_before_a_purge_is_not_kept_after_it(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        backend.before_answer = browser.cache.withdrawn
        await browser.get("/a")
        backend.before_answer = lambda: None
        backend.body = b"new" * 300
        assert (await browser.get("/a")).body == backend.body

    run(day())


def test_a_withdrawn_page_is_shown_no_more_even_when_django_fails(
    browser: Browser, backend: Backend, tmp_path: Path
) -> None:
    async def day() -> None:
        await browser.get("/a")
        await settled(browser.cache)
        assert list((tmp_path / "pages").glob("*.page"))
        backend.broken = True
        browser.cache.withdrawn()
        with pytest.raises(OSError, match="no database"):
            await browser.get("/a")
        assert not list((tmp_path / "pages").glob("*.page"))

    run(day())


def test_after_a_withdrawal_the_other_pages_are_kept_again_by_themselves(browser: Browser, backend: Backend) -> None:
    async def day() -> None:
        for path in ("/a", "/b"):
            await browser.get(path)
        await browser.get("/search", query=b"q=a")
        backend.asked.clear()
        browser.cache.withdrawn()
        await settled(browser.cache)
        assert backend.asked == ["/a", "/b"]
        backend.broken = True
        assert (await browser.get("/a")).body == PAGE

    run(day())


@pytest.mark.parametrize("trouble", ["broken", "hangs", "500"])
def test_while_django_is_down_the_old_page_says_that_it_is_old(
    browser: Browser, backend: Backend, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(cache_module, "FRESH_SECONDS", -1000.0)
    monkeypatch.setattr(cache_module, "PATIENCE_SECONDS", 0.1)

    async def day() -> None:
        await browser.get("/a")
        backend.broken, backend.hangs = trouble == "broken", trouble == "hangs"
        backend.status = 503 if trouble == "500" else 200
        old = await browser.get("/a")
        assert old.status == 200 and old.body == b"OLD" + PAGE
        assert old.headers["cache-control"] == "no-store" and "etag" not in old.headers
        # Django isn't asked by each reader while it is down.
        asked = len(backend.asked)
        for _ in range(20):
            assert (await browser.get("/a")).body == b"OLD" + PAGE
        assert len(backend.asked) == asked
        backend.broken = backend.hangs = False
        backend.status = 200
        browser.cache._trouble_until = 0.0
        await asyncio.sleep(0.2)
        assert (await browser.get("/a")).body == PAGE

    run(day())


def test_a_page_that_is_gone_is_not_shown_as_an_old_one(
    browser: Browser, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "FRESH_SECONDS", -1000.0)

    async def day() -> None:
        await browser.get("/a")
        backend.status = 404
        assert (await browser.get("/a")).status == 404
        backend.broken = True
        with pytest.raises(OSError, match="no database"):
            await browser.get("/a")

    run(day())


def test_after_a_restart_the_pages_on_disk_serve_only_while_django_is_down(
    browser: Browser, backend: Backend, tmp_path: Path
) -> None:
    async def day() -> None:
        await browser.get("/a")
        await browser.get("/search", query=b"q=" + "花子".encode())
        await settled(browser.cache)
        folder = tmp_path / "pages"
        assert len(list(folder.glob("*.page"))) == 1, "what people typed is never written"
        assert folder.stat().st_mode & 0o077 == 0

        (folder / "broken.page").write_bytes(b"7a7a\n{}\n")
        backend.broken = True
        later = Browser(PageCache(backend, folder=folder, session_cookie="session", notice=notice))
        assert (await later.get("/a")).body == b"OLD" + PAGE
        backend.broken = False
        backend.body = b"new" * 300
        later.cache._trouble_until = 0.0
        assert (await later.get("/a")).body == backend.body

    run(day())


def test_memory_has_a_limit(browser: Browser, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MOST_BYTES", 20_000)

    async def day() -> None:
        for number in range(100):
            await browser.get("/search", query=f"q={number}".encode())
        assert browser.cache._bytes <= 20_000
        backend.asked.clear()
        await browser.get("/search", query=b"q=99")
        assert backend.asked == []

    run(day())
