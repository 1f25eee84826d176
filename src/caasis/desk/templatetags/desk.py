"""Tags of the desk: the controls of the card, and the words of states, reasons and timeline lines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from caasis.cases.code_lists import code_lists, label
from caasis.cases.rules.card import BY_NAME, Field, Kind
from caasis.cases.vocabulary import Entry, State
from caasis.kernel.clock import JST, day_in_japan, utc_now
from caasis.kernel.ids import uuid7
from caasis.platform.geography import municipalities, prefectures

register = template.Library()

#: State → (modifier of the colour, icon).
STATES = {
    State.RECEIVED: ("adv", "inbox"),
    State.ADVISING: ("adv", "forum"),
    State.MEDIATING: ("med", "swap_horiz"),
    State.HANDLED: ("done", "check"),
    State.WAITING_APPROVAL: ("wait", "schedule"),
    State.RETURNED: ("ret", "undo"),
    State.APPROVED: ("wait", "assignment_turned_in"),
    State.REGISTERED: ("done", "task_alt"),
    State.MERGED: ("done", "cases"),
    State.TRANSFERRED: ("done", "arrow_circle_right-fill"),
}
_ENTRY_ICONS = {
    Entry.OPENED: "inbox",
    Entry.TAKEN: "front_hand",
    Entry.CARD_SAVED: "edit_note",
    Entry.ASSIGNED: "swap_horiz",
    Entry.STATE_CHANGED: "refresh",
    Entry.ANSWER_SENT: "reply",
    Entry.ANSWER_CANCELLED: "undo",
    Entry.CONSUMER_WROTE: "forum",
    Entry.NOTE_ADDED: "edit",
    Entry.TASK_ADDED: "event",
    Entry.TASK_DONE: "check",
    Entry.FILE_ADDED: "attach_file",
    Entry.FILE_REMOVED: "delete",
    Entry.LETTER_MADE: "draw",
    Entry.MEDIATION_LOGGED: "swap_horiz",
    Entry.REDRESS_WRITTEN: "add_circle",
    Entry.ACCIDENT_NOTICE: "warning",
    Entry.ASK_LOGGED: "send",
    Entry.CONDUCT_LOGGED: "front_hand",
    Entry.APPROVAL_REQUESTED: "assignment_turned_in",
    Entry.APPROVAL_WITHDRAWN: "undo",
    Entry.APPROVAL_STEP: "check_circle",
    Entry.RETURNED: "undo",
    Entry.REGISTERED: "task_alt",
    Entry.REOPENED: "lock_open",
    Entry.PART_ADDED: "edit_note",
    Entry.PART_CHANGED: "edit_note",
    Entry.PART_REMOVED: "delete",
    Entry.PART_RESTORED: "undo",
    Entry.PART_MOVED: "swap_horiz",
    Entry.IDENTITY_CONFIRMED: "person",
    Entry.IDENTITY_WITHDRAWN: "undo",
    Entry.PERSON_LINKED: "person",
    Entry.CORRECTED: "difference",
    Entry.CORRECTION_SETTLED: "difference",
    Entry.BUSINESS_CONFIRMED: "storefront",
    Entry.BUSINESS_RELEASED: "undo",
    Entry.BUSINESS_MOVED: "difference",
    Entry.REFERRED: "send",
    Entry.REFERRAL_WITHDRAWN: "undo",
    Entry.REFERRAL_OPENED: "visibility",
    Entry.REFERRAL_ACCEPTED: "check_circle",
    Entry.REFERRAL_RETURNED: "undo",
    Entry.REFERRAL_SAID: "forum",
    Entry.REFERRAL_ENDED: "lock",
    Entry.TRANSFER_RECEIVED: "inbox",
    Entry.VIA_SET: "phone_forwarded",
    Entry.OFFICE_INTRODUCED: "map",
    Entry.OFFICE_TAKEN_BACK: "undo",
    Entry.MERGED: "cases",
    Entry.UNMERGED: "difference",
    Entry.PERSONAL_DATA_OPENED: "visibility",
    Entry.ERASED: "delete",
    Entry.HELP_ASKED: "front_hand",
    Entry.HELP_PASSED: "swap_horiz",
    Entry.HELP_SETTLED: "check",
    Entry.ESCALATED: "alarm",
    Entry.WAITING: "pause",
    Entry.WAITING_OVER: "timer",
    Entry.CALL_TRIED: "call",
    Entry.TASK_MOVED: "event",
    Entry.TASK_REOPENED: "undo",
    Entry.FOLLOWED_UP: "task_alt",
    Entry.FOLLOW_UP_UNDONE: "undo",
    Entry.CALL_LINKED: "call",
}


@register.filter
def state_label(code: str) -> str:
    return State(code).label if code in State._value2member_map_ else code


@register.filter
def state_tone(code: str) -> str:
    return STATES[State(code)][0] if code in State._value2member_map_ else "adv"


@register.filter
def state_icon(code: str) -> str:
    return STATES[State(code)][1] if code in State._value2member_map_ else "info"


@register.filter
def entry_label(kind: str) -> str:
    return Entry(kind).label if kind in Entry._value2member_map_ else kind


@register.filter
def entry_icon(kind: str) -> str:
    return _ENTRY_ICONS.get(Entry(kind), "history") if kind in Entry._value2member_map_ else "history"


@register.filter
def code(value: str, list_name: str) -> str:
    """The label of a code: `{{ contract.product|code:'product' }}`."""
    return label(list_name, value or "")


@register.filter
def days_left(day: date | None) -> int | None:
    """Days from today to a day: 0 on the day itself."""
    return None if day is None else (day - day_in_japan(utc_now())).days


@register.filter
def is_today(moment: datetime | None) -> bool:
    """True on the day itself and for what is overdue."""
    return moment is not None and moment.astimezone(JST).date() <= day_in_japan(utc_now())


@register.filter
def is_recent(moment: datetime | None, minutes: int = 2) -> bool:
    return moment is not None and utc_now() - moment < timedelta(minutes=minutes)


# --- controls of the card ---------------------------------------------------------------------------------------------

_MAYBE = (("", "わからない"), ("yes", "はい"), ("no", "いいえ"))
_BLANK = {"product": "分類を選んでください", "result": "選んでください", "sales_form": "選んでください"}


@register.simple_tag
def card_control(
    field: str, values: Any, errors: Any = None, needed: Any = (), css: str = "", describedby: str = "", placeholder: str = ""
) -> SafeString:
    """The control of one field of the card. It belongs to the page's one form (`form="card"`), wherever it stands."""
    return field_control(
        BY_NAME[field], values, errors, needed=needed, css=css, describedby=describedby, placeholder=placeholder
    )


def field_control(
    spec: Field,
    values: Any,
    errors: Any = None,
    *,
    needed: Any = (),
    css: str = "",
    describedby: str = "",
    placeholder: str = "",
    form: str = "card",
) -> SafeString:
    """The control of any field, as a part of the form with that id."""
    field = spec.name
    value = values.get(field, "")
    wrong = bool(errors and errors.get(field))
    marks = [css] if css else []
    if field in (needed or ()):
        marks.append("is-need")
    described = " ".join(part for part in (describedby, f"{field}-error" if wrong else "") if part)
    common = format_html(
        ' id="{0}" name="{0}" form="{1}"{2}{3}',
        field,
        form,
        format_html(' aria-describedby="{}"', described) if described else "",
        SafeString(' aria-invalid="true"') if wrong else "",
    )
    extra = " ".join(marks)
    match spec.kind:
        case Kind.CODE | Kind.MAYBE:
            options = _maybe(value) if spec.kind is Kind.MAYBE else _options(spec.code_list, str(value))
            return format_html('<select class="dads-select__select {}"{}>{}</select>', extra, common, options)
        case Kind.LONG_TEXT:
            limit = 500 if field == "summary" else spec.limit
            return format_html(
                '<textarea class="dads-textarea__textarea {}" rows="{}" data-limit="{}" placeholder="{}"{}>\n{}</textarea>',
                extra, 5 if field == "summary" else 3, limit, placeholder, common, value,
            )  # fmt: skip
        case Kind.FLAG:
            checked = SafeString(" checked") if value in ("on", True) else ""
            return format_html('<input type="checkbox" class="dads-checkbox__input {}" value="on"{}{}>', extra, common, checked)
        case Kind.CODES:
            return _checkboxes(field, spec.code_list, value or [], form)
        case _:
            width = ' data-width="yen" inputmode="decimal"' if spec.kind is Kind.YEN else ""
            number = ' inputmode="numeric" data-width="4"' if spec.kind is Kind.NUMBER else ""
            if field == "prefecture_code":
                return format_html('<select class="dads-select__select {}"{}>{}</select>', extra, common, prefecture_options(str(value)))
            if field == "municipality_code":
                chosen = municipality_options(str(values.get("prefecture_code", "")), str(value))
                return format_html('<select class="dads-select__select {}"{}>{}</select>', extra, common, chosen)
            return format_html(
                '<input class="dads-input-text__input {}" value="{}" autocomplete="off" placeholder="{}"{}{}{}>',
                extra, value, placeholder, SafeString(width), SafeString(number), common,
            )  # fmt: skip


def _maybe(value: Any) -> SafeString:
    return _option_list(_MAYBE, "yes" if value in (True, "yes") else "no" if value in (False, "no") else "")


def _option_list(choices: Any, chosen: str) -> SafeString:
    return format_html_join(
        "", '<option value="{}"{}>{}</option>', ((c, SafeString(" selected") if c == chosen else "", words) for c, words in choices)
    )


@lru_cache(maxsize=1024)
def _options(list_name: str, chosen: str) -> SafeString:
    """Options of a code list, grouped by its top terms where it has several levels. An old code stays choosable."""
    terms = code_lists()[list_name]
    blank = format_html('<option value="">{}</option>', _BLANK.get(list_name, "—"))
    known = terms.find(chosen) is not None
    old = format_html('<option value="{}" selected>{}</option>', chosen, terms.label(chosen)) if chosen and not known else ""
    top = terms.children()
    if all(not terms.children(term.code) for term in top):
        return format_html("{}{}{}", blank, old, _option_list(((t.code, t.label) for t in top), chosen))
    groups = format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((term.label, _option_list(list(_family(list_name, term.code, 0)), chosen)) for term in top),
    )
    return format_html("{}{}{}", blank, old, groups)


def _family(list_name: str, code: str, depth: int) -> Any:
    terms = code_lists()[list_name]
    own = terms.find(code)
    if own is not None:
        whole = "（全般）" if depth == 0 and terms.children(code) else ""
        yield code, f"{'　' * max(0, depth - 1)}{own.label}{whole}"
    for child in terms.children(code):
        yield from _family(list_name, child.code, depth + 1)


def _checkboxes(field: str, list_name: str, chosen: Any, form: str) -> SafeString:
    terms = code_lists()[list_name].children()
    return format_html_join(
        "",
        '<label class="dads-checkbox app-tick"><input type="checkbox" class="dads-checkbox__input" name="{0}" id="{0}-{1}" value="{1}"'
        ' form="{4}"{2}><span>{3}</span></label>',
        ((field, t.code, SafeString(" checked") if t.code in chosen else "", t.label, form) for t in terms),
    )


@lru_cache(maxsize=64)
def prefecture_options(chosen: str) -> SafeString:
    return _option_list([("", "—"), *((p.code, p.name) for p in prefectures())], chosen)


@lru_cache(maxsize=512)
def municipality_options(prefecture_code: str, chosen: str) -> SafeString:
    """Municipalities of a prefecture; without one, only 「—」."""
    names = municipalities(prefecture_code) if prefecture_code else ()
    return _option_list([("", "—"), *((m.code, m.name_in_address) for m in names)], chosen)


@register.simple_tag
def new_id() -> str:
    """An id that a form brings along, so that sending it twice is sending it once."""
    return str(uuid7())


@register.simple_tag
def field_label(field: str) -> str:
    return BY_NAME[field].label


@register.filter
def item(mapping: Any, key: str) -> Any:
    """`{{ errors|item:'amount' }}`; None when absent."""
    return mapping.get(key) if mapping else None
