"""Every page in Chromium, at both widths, as it opens: axe, no sideways scroll, one h1, a title.

`make test` runs one page of each face; `make check` every page that the walk of `tests/support/scene.py` finds, so that a
new page is tested without a line here. A page that is built the same for two roles, element for element, is looked at once.
"""

# ruff: noqa: F401, F811 (fixtures are imported, and their names are arguments)

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.looking import goto, standing, visit
from tests.support.pages import html_pages, is_whole
from tests.support.scene import Scene, client_of, targets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: One page of each face for every commit: (role, URL name, object).
QUICK = {
    "portal": ("public", "portal:top", ""),
    "desk": ("counsellor", "desk:case", "open case"),
    "approval": ("official", "desk:approval", "approval"),
    "analysis": ("analyst", "desk:dashboard", ""),
    "accounts": ("public", "account_login", ""),
}
ROLES = ("public", "counsellor", "official", "analyst", "admin")


@pytest.mark.parametrize("face", QUICK)
def test_one_page_of_each_face(face: str, live: Any, standing: Scene, visit: Callable[..., list[str]]) -> None:
    role, name, words = QUICK[face]
    target = next(one for one in targets(standing) if one.key == (name, words))
    wrong = visit(client_of(standing.town, role), [(face, goto(live.url + target.url))])
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def seen() -> set[tuple[Any, str]]:
    """Address and structure of the pages that were looked at for the roles before."""
    return set()


_TAG = re.compile(r"<(/?[a-z][a-z0-9-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_CLASS = re.compile(r'(?:class|role|type|data-type)="[^"]*"')
_NAME = re.compile(r"([a-z-]+)(?:=|\s|$)")


def structure_of(html: str) -> str:
    """The elements of a page with classes, roles and names of attributes, without texts, ids and addresses."""
    return "".join(
        f"<{tag} {' '.join(_CLASS.findall(rest))} {' '.join(_NAME.findall(re.sub(_QUOTED, '=', rest)))}>"
        for tag, rest in _TAG.findall(html)
    )


_QUOTED = re.compile(r"=(?:\"[^\"]*\"|'[^']*')")


def test_the_structure_of_a_page_is_what_axe_looks_at() -> None:
    page = '<main id="a1"><h1 class="big">見本</h1><input name="x" aria-label="番号" type="text"></main>'
    assert structure_of(page) == structure_of(page.replace("見本", "ほか").replace("a1", "b2").replace("番号", "名前"))
    for other in (
        page.replace("h1", "h2"), page.replace("big", "small"), page.replace(' aria-label="番号"', ""), page.replace('"text"', '"tel"'),
        page + "<p></p>",
    ):  # fmt: skip
        assert structure_of(other) != structure_of(page), other


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ROLES)
def test_every_page(
    role: str, live: Any, standing: Scene, visit: Callable[..., list[str]], seen: set[tuple[Any, str]]
) -> None:
    found = [page for page in html_pages(standing, (role,)) if is_whole(page.html)]
    assert len(found) >= 5
    pages = [page for page in found if (page.target.key, structure_of(page.html)) not in seen]
    seen |= {(page.target.key, structure_of(page.html)) for page in pages}
    wrong = visit(client_of(standing.town, role), [(page.label, goto(live.url + page.target.url)) for page in pages])
    assert not wrong, "\n".join(wrong)
