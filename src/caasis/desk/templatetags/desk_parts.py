"""Tags of the parts of a case and of the people on it."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from caasis.cases.models import Case
from caasis.cases.people_record import people_of, repeat_hint
from caasis.cases.rules.fields import Field, Kind
from caasis.cases.rules.parts import PartKind
from caasis.desk.parts import listed
from caasis.desk.templatetags.desk import field_control
from caasis.desk.workspace import today_in_japan
from caasis.kernel.actor import Actor
from caasis.people.models import Consent
from caasis.people.selectors import families_of, standing_consents
from caasis.people.vocabulary import ConsentKind

register = template.Library()
_PLACEHOLDERS = {
    "amount": "例：3万8千円",
    "contracted_on": "例：令和8年3月1日、3/1",
    "relation": "例：母、ケアマネジャー",
    "person_contact_note": "時間帯、留守番電話、家族に内密 など",
}


@register.simple_tag
def part_control(field: Field, values: Any, errors: Any = None) -> SafeString:
    """The control of one field of a part's form."""
    return field_control(field, values, errors, form="part", placeholder=_PLACEHOLDERS.get(field.name, ""))


@register.filter
def is_set(field: Field) -> bool:
    """Whether the control is a set of boxes, which need a legend instead of a label."""
    return field.kind is Kind.CODES


@register.filter
def is_wide(field: Field) -> bool:
    return field.kind in (Kind.CODES, Kind.LONG_TEXT) or field.name in ("person_address", "person_contact_note", "keywords")


@register.inclusion_tag("desk/parts/section.html")
def part_section(case: Case, editable: bool = True) -> dict[str, Any]:
    """The compact list inside 「くわしい項目」; links and buttons belong to the card's form."""
    kinds = listed(case, today=today_in_japan())
    return {"case": case, "kinds": kinds, "editable": editable, "any": any(len(one.parts) > 1 for one in kinds)}


@register.inclusion_tag("desk/people/strip.html")
def people_strip(case: Case, actor: Actor) -> dict[str, Any]:
    """What the centre knows of the people on the case, calmly: 見守り, standing consents, repeated harm."""
    people = people_of(case) if actor.works_for(case.handling_centre_id) else []
    if not people:
        return {"case": case, "people": []}
    today = today_in_japan()
    rows = Consent.objects.filter(person_id__in=families_of(person.pk for person in people)).order_by("-given_at")
    kinds = {row.kind for row in standing_consents(rows, on=today)}
    return {
        "case": case,
        "people": people,
        "watched": [person for person in people if person.watch_over],
        "today": today,
        "consents": [kind.label for kind in ConsentKind if kind.value in kinds],
        "repeat": repeat_hint(actor=actor, case=case, today=today),
    }


@register.filter
def part_icon(kind: PartKind) -> str:
    return {
        PartKind.CONTRACT: "description",
        PartKind.PARTY: "group",
        PartKind.BUSINESS: "storefront",
        PartKind.HARM: "warning",
    }[kind]
