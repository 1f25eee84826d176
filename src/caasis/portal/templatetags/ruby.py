"""Texts of other languages: `{{ text|ruby:here.lang }}`; in a title or an attribute `{{ text|plain }}`.

In Japanese, readings stand above the kanji (the notation is that of `knowledge/rules/ruby.py`). In any other language a term
in Japanese is marked as such, or a screen reader would spell it in the wrong voice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from caasis.knowledge.rules.ruby import ruby_parts, without_ruby

register = template.Library()
_RUBY = "<ruby>{}<rp>（</rp><rt>{}</rt><rp>）</rp></ruby>"
_TERM = '<span lang="ja">{}</span>'
_JAPANESE = re.compile("([ぁ-ヿ一-龯々「」]+)")


@register.filter(is_safe=True)
def ruby(text: str, lang: str = "ja") -> SafeString:
    """Everything that was typed is escaped; a browser without ruby shows the reading in brackets."""
    pieces = list(_readings(str(text)) if lang == "ja" else _terms(str(text)))
    if not any(isinstance(piece, SafeString) for piece in pieces):
        return format_html("{}", text)
    # One element around them: in a grid or a flexible box each piece would become a box of its own.
    return format_html("<span>{}</span>", format_html_join("", "{}", ((piece,) for piece in pieces)))


def _readings(text: str) -> Iterator[str]:
    for part in ruby_parts(text):
        yield format_html(_RUBY, part.text, part.reading) if part.reading else part.text


def _terms(text: str) -> Iterator[str]:
    for at, piece in enumerate(_JAPANESE.split(text)):
        if piece:
            yield format_html(_TERM, piece) if at % 2 else piece


@register.filter
def plain(text: str) -> str:
    """Without the readings."""
    return without_ruby(str(text))
