"""Tags and filters of every template; a builtin library, so nothing has to load it."""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import budoux
from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.forms.widgets import ChoiceWidget, Input
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from caasis.engines.japanese import WEEKDAYS, format_date_ja, format_yen
from caasis.kernel.clock import JST, utc_now

register = template.Library()
log = logging.getLogger(__name__)

SPRITE = Path(__file__).resolve().parent.parent / "static" / "app" / "icons.svg"


@cache
def icon_names() -> frozenset[str]:
    """Names of the icons in the sprite."""
    return frozenset(part.partition('"')[0] for part in SPRITE.read_text("utf-8").split('id="i-')[1:])


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite: `{% icon 'call' %}`, decoration unless it has a `label`.

    An icon that doesn't exist is logged and left out: a page without a drawing is better than no page. A test walks
    through the templates and finds such names.
    """
    return _drawn(name, label, css)


@lru_cache(maxsize=2048)
def _drawn(name: str, label: str, css: str) -> SafeString:
    # A list of fifty rows draws some hundred icons, of a dozen kinds.
    if name not in icon_names():
        log.error("no icon of this name: %s", name)
        return SafeString("")
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="app-icon{}" {} focusable="false"><use href="{}#i-{}"></use></svg>',
        f" {css}" if css else "",
        role,
        static("app/icons.svg"),
        name,
    )


@register.simple_tag
def csrf_cookie_name() -> str:
    """Name of the cookie from which scripts take the current CSRF token, also after a new login in another tab."""
    return str(settings.CSRF_COOKIE_NAME)


# --- forms ------------------------------------------------------------------------------------------------------------

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.Textarea, "dads-textarea__textarea"),
    (forms.Select, "dads-select__select"),
    (forms.CheckboxInput, "dads-checkbox__input"),
    (forms.FileInput, "app-file__input"),
    (Input, "dads-input-text__input"),
)
_CARDS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@register.filter
def field_kind(field: BoundField) -> str:
    """Which shape the field template gives to a field: cards, boxes, checkbox or line."""
    widget = field.field.widget
    if isinstance(widget, _CARDS):
        return "cards"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "boxes" if field.use_fieldset else "line"


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a field with the classes of the design system."""
    widget = field.field.widget
    if isinstance(widget, _CARDS):
        return _cards(field, widget)
    attrs: dict[str, Any] = {}
    css = next((name for kind, name in _CLASSES if isinstance(widget, kind)), "")
    if css:
        attrs["class"] = f"{css} {widget.attrs.get('class', '')}".strip()
    if isinstance(widget, forms.Textarea) and (limit := text_limit(field)):
        # The browser would cut a pasted text without a word; we count, and let the form say it.
        attrs |= {"maxlength": False, "data-limit": limit}
    return field.as_widget(attrs=attrs)


def _cards(field: BoundField, widget: ChoiceWidget) -> SafeString:
    """Radio buttons or check boxes as cards. The group says that it is invalid: a single radio button can't."""
    # Django derives the check boxes from the radio buttons, so the order of the question matters.
    kind = "checkbox" if isinstance(widget, forms.CheckboxSelectMultiple) else "radio"
    cards = []
    for choice in field.subwidgets:
        attrs = {
            k: v
            for k, v in choice.data["attrs"].items()
            if k not in ("aria-invalid", "aria-describedby", "data-cols", "class")
        }
        attrs |= {
            "type": kind,
            "name": choice.data["name"],
            "value": choice.data["value"],
            "class": f"dads-{kind}__input",
        }
        cards.append({"attrs": SafeString(flatatt(attrs)), "label": choice.choice_label})
    return render_to_string(
        "app/widgets/cards.html", {"cards": cards, "kind": kind, "columns": widget.attrs.get("data-cols", "1")}
    )


@register.filter
def text_limit(field: BoundField) -> int | None:
    """Longest text that the field takes, when it has a limit."""
    return getattr(field.field, "max_length", None)


@register.filter
def error_target(field: BoundField) -> str:
    """Id of the control to which the error summary leads: the first box or the first choice of a group."""
    if isinstance(field.field.widget, _CARDS):
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


def error_entries(*bound: Any) -> list[dict[str, str]]:
    """`{href, text}` for every error of the given forms and formsets, in the order of the page."""
    entries: list[dict[str, str]] = []
    for form in bound:
        if not form or not hasattr(form, "errors"):
            continue
        if hasattr(form, "non_form_errors"):
            entries += [{"href": "", "text": str(text)} for text in form.non_form_errors()]
            entries += error_entries(*form.forms)
            continue
        entries += [{"href": "", "text": str(text)} for text in form.non_field_errors()]
        for field in form:
            label = str(field.label)
            for text in field.errors:
                # A sentence that names its field needs no label in front.
                shown = text if label in text else f"{label}：{text}"
                entries.append({"href": "" if field.is_hidden else error_target(field), "text": str(shown)})
    return entries


@register.inclusion_tag("app/error_summary.html")
def error_summary(*bound: Any) -> dict[str, Any]:
    """`{% error_summary form %}` or several forms and formsets; empty when they hold no error."""
    return {"entries": error_entries(*bound)}


# --- numbers, days, times ---------------------------------------------------------------------------------------------


@register.filter
def yen(amount: Any) -> str:
    """1480000 → 「1,480,000円」; empty for None; other words (「わからない」) stay."""
    if amount is None or amount == "":
        return ""
    return format_yen(int(amount)) if isinstance(amount, int | float) and amount == int(amount) else str(amount)


def _in_japan(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(JST)
    return value


@register.filter
def date_ja(value: Any, form: str = "") -> str:
    """A day in words: 「11月25日（火）」; `year` 「2026年11月25日（水）」; `short` 「11/25（火）」; `iso` 2026-11-25."""
    day = _in_japan(value)
    if not isinstance(day, date):
        return ""
    if form == "iso":
        return f"{day:%Y-%m-%d}"
    if form == "short":
        return f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"
    return format_date_ja(day, with_year=form == "year")


@register.filter
def time_ja(value: Any, form: str = "") -> str:
    """A time of day in words: 「午後2時10分」; `clock` 14:10; `seconds` 14:10:05."""
    moment = _in_japan(value)
    if not isinstance(moment, datetime | time):
        return ""
    if form == "clock":
        return f"{moment.hour}:{moment:%M}"
    if form == "seconds":
        return f"{moment.hour}:{moment:%M:%S}"
    half, hour = ("午前", moment.hour) if moment.hour < 12 else ("午後", moment.hour - 12)
    return f"{half}{hour}時" + (f"{moment.minute}分" if moment.minute else "")


@register.filter
def ago_ja(value: Any, now: datetime | None = None) -> str:
    """How long ago, as a list shows it: 「たったいま」「12分前」「きょう 14:13」「きのう 16:40」「11/17（火）」「2025/11/17」.

    The clock is the filter's argument, or the real one. An instant to come is shown as its day and time.
    """
    if not isinstance(value, datetime):
        return date_ja(value, "short")
    moment, current = _in_japan(value), _in_japan(now or utc_now())
    days = (current.date() - moment.date()).days
    clock = time_ja(moment, "clock")
    passed = current - moment
    if timedelta(0) <= passed < timedelta(minutes=1):
        return "たったいま"
    if timedelta(0) <= passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)}分前"
    if days in (0, 1, -1):
        return f"{ {0: 'きょう', 1: 'きのう', -1: 'あす'}[days] } {clock}"
    short = date_ja(moment, "short")
    if days < 0:
        return f"{short}{clock}"
    return short if moment.year == current.year else f"{moment.year}/{moment.month}/{moment.day}"


@cache
def _phrases() -> budoux.parser.Parser:
    return budoux.load_default_japanese_parser()


@register.filter(is_safe=True)
def phrases(text: Any) -> SafeString:
    """Lets Japanese break between phrases only, also where the browser can't find them: `{{ title|phrases }}`.

    For headings and short sentences; the result is a span, and what was in `text` is escaped.
    """
    parts = _phrases().parse(str(text)) if str(text) else []
    joined = format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))
    return format_html('<span class="app-phrase">{}</span>', joined)


register.filter("budoux", phrases)


@register.filter
def phone_ja(e164: str) -> str:
    """A number of Japan as it is written. Where the area code's length isn't known from its beginning: digits alone."""
    if not e164.startswith("+81"):
        return e164
    digits = "0" + e164[3:]
    for start, first, middle in _HYPHENS:
        if digits.startswith(start):
            return f"{digits[:first]}-{digits[first : first + middle]}-{digits[first + middle :]}"
    return digits


#: How numbers begin, and how long their first two parts are.
_HYPHENS = (
    *((start, 4, 3) for start in ("0120", "0570", "0800")),
    *((start, 3, 4) for start in ("050", "070", "080", "090")),
    ("03", 2, 4),
    ("06", 2, 4),
)
