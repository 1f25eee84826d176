"""What others see of an article: search engines, the preview of a shared link, family and friends (F2, F5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from caasis.knowledge.models import Article
from caasis.knowledge.rules.body import blocks
from caasis.portal.views.feeds import plain

SITE = "消費生活ポータル"
#: Kinds with a picture of their own (`tools/make_share_pictures.py`); the others get the site's.
PICTURES = ("faq", "guide", "alert", "accident", "action")
#: Kinds that are a question with an answer, as search engines understand it.
_QUESTIONS = ("faq",)
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Sharing:
    """Addresses of an article, and the ways to hand them on. None of them asks another site for anything."""

    url: str
    picture: str
    mail: str
    line: str
    structured: SafeString


def sharing(request: HttpRequest, article: Article) -> Sharing:
    """How an article that everybody may read is shared."""
    url = request.build_absolute_uri(reverse("portal:article", args=[article.number]))
    message = f"{article.title}\n{url}"
    picture = picture_url(request, article.kind)
    return Sharing(
        url=url,
        picture=picture,
        mail="mailto:?" + urlencode({"subject": article.title, "body": f"{article.lead}\n\n{message}\n\n（{SITE}）"}, quote_via=quote),
        line="https://line.me/R/share?" + urlencode({"text": message}, quote_via=quote),
        structured=structured_data(_schema(article, url, picture)),
    )


def picture_url(request: HttpRequest, kind: str = "") -> str:
    """The picture that stands beside a shared link."""
    name = kind if kind in PICTURES else "site"
    return request.build_absolute_uri(static(f"portal/share/{name}.png"))


def structured_data(data: dict[str, Any]) -> SafeString:
    """JSON-LD as a block of data in the page. The policy forbids scripts in a page; a block of data isn't run.

    Whatever could end the block is written as an escape of JSON, so that no text of an article gets out of it.
    """
    text = json.dumps(data, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above


def _schema(article: Article, url: str, picture: str) -> dict[str, Any]:
    shown = article.published_on.isoformat() if article.published_on else None
    if article.kind in _QUESTIONS:
        answer = "\n\n".join([article.lead, *map(plain, blocks(article.body))])
        question = {"@type": "Question", "name": article.title, "acceptedAnswer": {"@type": "Answer", "text": answer, "url": url}}
        data: dict[str, Any] = {"@type": "FAQPage", "mainEntity": [question]}
    else:
        data = {"@type": "Article", "headline": article.title, "description": article.lead, "image": picture}
    data |= {"@context": "https://schema.org", "url": url, "inLanguage": "ja", "publisher": {"@type": "Organization", "name": SITE}}
    return data | ({"dateModified": shown} if shown else {})
