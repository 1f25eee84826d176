"""Readings above kanji: `{{ text|ruby }}`; in a title or an attribute `{{ text|plain }}`. The notation is that of `knowledge/rules/ruby.py`."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from caasis.knowledge.rules.ruby import ruby_parts, without_ruby

register = template.Library()
_RUBY = "<ruby>{}<rp>（</rp><rt>{}</rt><rp>）</rp></ruby>"


@register.filter(is_safe=True)
def ruby(text: str) -> SafeString:
    """Everything that was typed is escaped; a browser without ruby shows the reading in brackets."""
    parts = ruby_parts(str(text))
    if not any(part.reading for part in parts):
        return format_html("{}", text)
    pieces = ((format_html(_RUBY, part.text, part.reading) if part.reading else part.text,) for part in parts)
    # One element around them: in a grid or a flexible box each reading would become a box of its own.
    return format_html("<span>{}</span>", format_html_join("", "{}", pieces))


@register.filter
def plain(text: str) -> str:
    """Without the readings."""
    return without_ruby(str(text))
