"""HTML pages of the walk: who opens which, what they load, and the forms on them."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.contrib.staticfiles import finders

from tests.support.scene import Scene, Target, client_of, send, taken_back, targets

#: For each page the first of these who may open it.
READERS = ("public", "counsellor", "official", "analyst", "admin")


@dataclass
class Page:
    """A page that somebody can open, as it came."""

    target: Target
    role: str
    response: Any
    html: str

    @property
    def label(self) -> str:
        return f"{self.role} {self.target.name} ({self.target.object})"


def html_pages(scene: Scene, roles: tuple[str, ...] = READERS) -> list[Page]:
    """Every page of the product that answers 200 with HTML, opened by the first of the roles that may."""
    found = []
    clients = {role: client_of(scene.town, role) for role in roles}
    for target in targets(scene):
        if "GET" not in target.methods:
            continue
        for role, client in clients.items():
            with taken_back(client):
                response = send(client, target, "GET")
            if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                found.append(Page(target, role, response, response.content.decode()))
            if response.status_code in (200, 404, 405):
                # The same for everybody, or nothing to see for the next role either.
                break
    return found


def is_whole(html: str) -> bool:
    """A page, and not a part that a script loads."""
    return "<html" in html


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.faults: list[str] = []
        self.script = False
        self.headings = 0
        self.forms: dict[str, Form] = {}
        self.open_form: Form | None = None
        self.named: dict[str, Form] = {}
        self.loose: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inline(tag, given)
        if tag == "h1":
            self.headings += 1
        if tag == "script" and given.get("src"):
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "manifest", "modulepreload", "preload"):
            self.loads.append(given["href"])
        if tag in ("img", "iframe", "source", "audio", "video") and given.get("src"):
            self.loads.append(given["src"])
        if tag == "use":
            self.loads.append(given.get("href", ""))
        self._controls(tag, given)

    def _inline(self, tag: str, given: dict[str, str]) -> None:
        if tag == "style":
            self.faults.append("<style>")
        if "style" in given:
            self.faults.append(f'<{tag} style="{given["style"][:40]}">')
        self.faults += [f"<{tag} {name}=…>" for name in given if name.startswith("on")]
        self.faults += [f"<{tag} {name}=javascript:>" for name, value in given.items() if value.strip().lower().startswith("javascript:")]
        if tag == "script" and not given.get("src") and given.get("type") not in ("application/json", "application/ld+json", "importmap"):
            self.faults.append("<script> without src")

    def _controls(self, tag: str, given: dict[str, str]) -> None:
        if tag == "form":
            self.open_form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms[str(len(self.forms))] = self.open_form
            if given.get("id"):
                self.named[given["id"]] = self.open_form
        if tag in ("input", "textarea", "select", "button"):
            owner = given.get("form")
            if given.get("formaction"):
                self.forms[f"button {len(self.forms)}"] = Form(given["formaction"], "post", base=owner or "", nested=self.open_form)
            if not given.get("name"):
                return
            if owner:
                self.loose.append((owner, given))
            elif self.open_form is not None:
                self.open_form.take(given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open_form = None


@dataclass
class Form:
    """A form: where it goes and the names of its fields. A button with an address of its own makes another one."""

    action: str
    method: str
    base: str = ""
    nested: Form | None = None
    names: set[str] = field(default_factory=set)
    #: Hidden fields and what the page put into them.
    hidden: dict[str, str] = field(default_factory=dict)

    def take(self, given: dict[str, str]) -> None:
        self.names.add(given["name"])
        if given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")


def read(html: str) -> _Parts:
    parser = _Parts()
    parser.feed(html)
    for owner, given in parser.loose:
        if owner in parser.named:
            parser.named[owner].take(given)
    for form in parser.forms.values():
        source = parser.named.get(form.base) or form.nested
        if source is not None:
            form.names |= source.names
            form.hidden |= source.hidden
    return parser


def forms_of(page: Page) -> list[Form]:
    """The posting forms of a page, with addresses from the root."""
    found = []
    for form in read(page.html).forms.values():
        if form.method == "post":
            form.action = urlsplit(urljoin(page.target.url, form.action or page.target.url)).path
            found.append(form)
    return found


def static_file(url: str) -> Path:
    found = finders.find(urlsplit(url).path.removeprefix("/static/"))
    assert found, f"{url} is not a static file"
    return Path(found)


def zipped(data: bytes) -> int:
    return len(gzip.compress(data, 6))


def everything_loaded(html: str, page_url: str = "/") -> dict[str, int]:
    """Address → zipped bytes of all that a page loads, imports of scripts and of style sheets included."""
    waiting = [urljoin(page_url, one) for one in read(html).loads]
    sizes: dict[str, int] = {}
    while waiting:
        url = urlsplit(waiting.pop()).path
        if url in sizes or not url.startswith("/static/"):
            continue
        data = static_file(url).read_bytes()
        sizes[url] = zipped(data)
        text = data.decode("utf-8", "ignore")
        if url.endswith(".css"):
            inner = re.findall(r"(?:@import\s+|url\()\s*[\"']?([^\"')\s;]+)", text)
        elif url.endswith(".js"):
            inner = re.findall(r"""(?:from|import|import\(|Worker\()\s*["']([^"']+\.js)["']""", text)
        else:
            inner = []
        waiting += [urljoin(url, one) for one in inner if not one.startswith(("data:", "#"))]
    return sizes
