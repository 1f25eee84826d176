"""From a page to the same page in another language."""

from __future__ import annotations

from django.urls import reverse

from caasis.portal.languages import LANGUAGES, Language


def article_languages(number: str, codes: set[str], here: Language | None) -> list[dict[str, str]]:
    """Links to the same article in the other languages that have it; `here` is None on the Japanese page."""
    links = [
        _link(item, reverse(f"portal:{item.path}_article", args=[number]))
        for item in LANGUAGES
        if item.code in codes and item is not here
    ]
    if here is not None:
        links.insert(0, _japanese(reverse("portal:article", args=[number])))
    return links


def alternates(number: str, codes: set[str]) -> list[dict[str, str]]:
    """For machines: one page for each language code. Easy Japanese is Japanese too, and has no code of its own."""
    pages = [{"hreflang": "ja", "url": reverse("portal:article", args=[number])}]
    return pages + [
        {"hreflang": item.hreflang, "url": reverse(f"portal:{item.path}_article", args=[number])}
        for item in LANGUAGES
        if item.code in codes and item.hreflang != "ja"
    ]


def indexes(here: Language) -> list[dict[str, str]]:
    """Links to where the other languages begin."""
    others = [_link(item, reverse(f"portal:{item.path}")) for item in LANGUAGES if item is not here]
    return [_japanese(reverse("portal:top")), *others]


def _japanese(url: str) -> dict[str, str]:
    return {"url": url, "lang": "ja", "hreflang": "ja", "label": "日本語"}


def _link(item: Language, url: str) -> dict[str, str]:
    return {"url": url, "lang": item.lang, "hreflang": item.hreflang, "label": item.label}
