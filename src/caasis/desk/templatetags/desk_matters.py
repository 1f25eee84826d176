"""Words of complaints about ourselves and of incidents."""

from __future__ import annotations

from django import template

from caasis.operations.code_lists import kind_list, label
from caasis.operations.models import Matter
from caasis.operations.vocabulary import MatterState, Sort

register = template.Library()


@register.filter
def matter_kind(matter: Matter) -> str:
    return kind_list(Sort(matter.sort)).label(matter.kind)


@register.filter
def matter_sort(matter: Matter) -> str:
    return Sort(matter.sort).label


@register.filter
def matter_state(matter: Matter) -> str:
    return MatterState(matter.state).label


@register.filter
def severity(code: str) -> str:
    return label("severity", code)


@register.filter
def complaint_channel(code: str) -> str:
    return label("complaint_channel", code)
