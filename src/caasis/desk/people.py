"""The screens of people: forms, and one human as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps

from caasis.accounts.selectors import names_of
from caasis.cases.models import Case
from caasis.cases.people_record import cases_of_person
from caasis.kernel.actor import Actor, Purpose
from caasis.organisations.models import Centre
from caasis.people.models import Consent, ContactPoint, Person, PersonMerge
from caasis.people.selectors import (
    consents_of,
    family_ids,
    merges_of,
    standing_consents,
)
from caasis.people.services.consenting import LONGEST_NOTE
from caasis.people.services.merging import LONGEST_REASON
from caasis.people.services.watching import LONGEST_REASON as LONGEST_WATCH
from caasis.people.vocabulary import ConsentKind, GivenBy, Means
from caasis.platform.forms import AppForm, JapaneseDateField
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import masked_fields, open_fields

MOST_CASES = 50
#: What the history of a person tells: which fields changed, never what they held.
_TOLD = {
    "name": "氏名",
    "kana": "ふりがな",
    "postcode": "郵便番号",
    "address": "住所",
    "contact_note": "連絡のしかた",
    "watch_over": "見守り",
    "watch_review_on": "見直す日",
    "merged_into_id": "まとめ",
}


class FindForm(AppForm):
    """Who is looked for. Sent in the body, never in an address: a number in an address stands in logs."""

    requirement_marks = False
    phone = forms.CharField(label="電話番号", max_length=40, required=False)
    mail = forms.CharField(label="メールアドレス", max_length=200, required=False)
    name = forms.CharField(label="氏名（全部）", max_length=80, required=False, help_text="姓と名。空白や旧字の違いは問いません。")
    kana = forms.CharField(label="ふりがな（全部）", max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not any(str(value or "").strip() for value in given.values()):
            raise forms.ValidationError("電話番号・メール・氏名・ふりがなのどれかを入れてください。")
        return given


class PersonMergeForm(AppForm):
    other = forms.UUIDField(label="同じ人", widget=forms.HiddenInput)
    reason = forms.CharField(
        label="同じ人とした理由", max_length=LONGEST_REASON, help_text="例：住所と生年月日を聞いて、同じ人と分かった"
    )


class ConsentForm(AppForm):
    """What was agreed to, by whom, how, for how long and for which centre."""

    prefix = "consent"
    kind = forms.ChoiceField(label="何への同意か", choices=[("", "選んでください"), *((one.value, one.label) for one in ConsentKind)])
    given_by = forms.ChoiceField(label="だれの同意か", choices=[(one.value, one.label) for one in GivenBy])
    means = forms.ChoiceField(label="どのように聞いたか", choices=[("", "選んでください"), *((one.value, one.label) for one in Means)])
    until = JapaneseDateField(label="いつまで", required=False, help_text="決めていなければ、空けておきます。")
    recipient = forms.ChoiceField(label="引き継ぐ先のセンター", required=False, help_text="ほかのセンターへの引継ぎのときだけ選びます。")
    note = forms.CharField(
        label="同意の内容", max_length=LONGEST_NOTE, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="何を、どこまで伝えてよいか。",
    )  # fmt: skip

    def __init__(self, *args: Any, centre_id: UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Centre.objects.exclude(id=centre_id).order_by("name").values_list("id", "name")
        self.fields["recipient"].choices = [("", "どのセンターでもよい"), *((str(pk), name) for pk, name in others)]  # type: ignore[attr-defined]


class WithdrawForm(AppForm):
    prefix = "withdraw"
    means = forms.ChoiceField(label="どのように聞いたか", choices=[(one.value, one.label) for one in Means])


class WatchForm(AppForm):
    prefix = "watch"
    reason = forms.CharField(
        label="見守る理由", max_length=LONGEST_WATCH, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="いつ、何があったか。推測は書きません。",
    )  # fmt: skip
    review_on = JapaneseDateField(label="見直す日", help_text="1年以内です。")


class PointForm(AppForm):
    prefix = "point"
    kind = forms.ChoiceField(label="種類", choices=[("phone", "電話"), ("mail", "メール")])
    value = forms.CharField(label="番号・アドレス", max_length=200)


@dataclass(frozen=True, slots=True)
class ShownConsent:
    """A consent in words. `state` is one of 有効, 取り消し, 期限切れ, 取り消しより前."""

    row: Consent
    kind: str
    state: str
    stands: bool
    how: str
    by: str
    recipient: str
    note: str


@dataclass(frozen=True, slots=True)
class ShownPoint:
    row: ContactPoint
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ShownMerge:
    row: PersonMerge
    who: str
    other: str
    reason: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """One human. Texts are masked until they were opened for a purpose."""

    person: Person
    family: list[Person]
    opened: bool
    heading: str
    rows: list[tuple[str, str]]
    points: list[ShownPoint]
    cases: list[Case]
    consents: list[ShownConsent]
    merges: list[ShownMerge]
    watch_reason: str
    history: list[tuple[Any, str]]


def masked_person(person: Person, *, actor: Actor) -> dict[str, str]:
    return masked_fields(person, "name", "kana", "address", actor=actor)


def portrait(person: Person, *, actor: Actor, purpose: Purpose | None, today: Any) -> Portrait:
    """Everything of one human for somebody of the centre; opened and logged where a purpose was stated."""
    ids = family_ids(person.pk)
    by_id = Person.objects.in_bulk(ids)
    family = [by_id[one] for one in ids]
    values = [_read(one, actor, purpose) for one in family]
    opened = purpose is not None
    rows = []
    for name, label in (("name", "氏名"), ("kana", "ふりがな"), ("postcode", "郵便番号"), ("address", "住所"), ("contact_note", "連絡のしかた")):
        texts = list(dict.fromkeys(one.get(name, "") for one in values if one.get(name)))
        rows.append((label, "、".join(texts) if texts else "—"))
    points = [
        ShownPoint(
            point,
            "電話" if point.kind == "phone" else "メール",
            _point(point, actor, purpose),
        )
        for point in ContactPoint.objects.filter(person_id__in=ids).select_related("person").order_by("-usable", "created_at")
    ]
    head = next((one.get("name", "") for one in values if one.get("name")), "")
    return Portrait(
        person=person,
        family=family,
        opened=opened,
        heading=f"{head}さん" if head else "氏名のない人",
        rows=rows,
        points=points,
        cases=list(cases_of_person(actor=actor, person_id=person.pk)[:MOST_CASES]),
        consents=_consents(person, actor, purpose, today),
        merges=_merges(person, actor, purpose),
        watch_reason=_sealed(person, "watch_reason", actor, purpose),
        history=_history(ids),
    )


def _read(person: Person, actor: Actor, purpose: Purpose | None) -> dict[str, str]:
    names = ("name", "kana", "postcode", "address", "contact_note")
    if purpose is None or person.erased_at is not None:
        return masked_fields(person, *names, actor=actor)
    return open_fields(person, *names, actor=actor, purpose=purpose)


def _point(point: ContactPoint, actor: Actor, purpose: Purpose | None) -> str:
    if purpose is None or not point.value:
        return masked_fields(point, "value", actor=actor)["value"] or "消去ずみ"
    return open_fields(point, "value", actor=actor, purpose=purpose)["value"]


def _sealed(row: Any, name: str, actor: Actor, purpose: Purpose | None) -> str:
    if not getattr(row, name):
        return ""
    if purpose is None:
        return "［伏せています］"
    try:
        return open_fields(row, name, actor=actor, purpose=purpose)[name]
    except Forgotten:
        return ""


def _consents(person: Person, actor: Actor, purpose: Purpose | None, today: Any) -> list[ShownConsent]:
    rows = consents_of(actor=actor, person_id=person.pk)
    stand = {row.pk for row in standing_consents(rows, on=today)}
    who = names_of({row.recorded_by for row in rows if row.recorded_by})
    centres = dict(Centre.objects.filter(id__in={row.recipient_centre_id for row in rows}).values_list("id", "name"))
    shown = []
    for row in rows:
        if row.pk in stand:
            state = "有効"
        elif row.withdrawn_at is not None:
            state = "取り消し"
        elif row.until is not None and row.until < today:
            state = "期限切れ"
        else:
            state = "あとの取り消しで終了"
        shown.append(
            ShownConsent(
                row=row,
                kind=ConsentKind(row.kind).label,
                state=state,
                stands=row.pk in stand,
                how=f"{GivenBy(row.given_by).label}・{Means(row.given_by_means).label}",
                by=who.get(row.recorded_by, "") if row.recorded_by else "",
                recipient=centres.get(row.recipient_centre_id, "") if row.recipient_centre_id else "",
                note=_sealed(row, "note", actor, purpose),
            )
        )
    return shown


def _merges(person: Person, actor: Actor, purpose: Purpose | None) -> list[ShownMerge]:
    rows = merges_of(actor=actor, person_id=person.pk)
    who = names_of({row.actor_id for row in rows if row.actor_id})
    return [
        ShownMerge(
            row=row,
            who=who.get(row.actor_id, "") if row.actor_id else "",
            other=masked_person(row.other, actor=actor)["name"] or "氏名のない人",
            reason=_sealed(row, "reason", actor, purpose),
        )
        for row in rows
    ]


def _history(ids: list[UUID]) -> list[tuple[Any, str]]:
    """(when, which fields changed), the newest first, from the rows that the database itself keeps."""
    event: Any = apps.get_model("people", "PersonEvent")
    lines: list[tuple[Any, str]] = []
    for person_id in ids:
        later: Any = Person.objects.filter(id=person_id).first()
        for row in event.objects.filter(pgh_obj_id=person_id).order_by("-pgh_id")[:20]:
            changed = [label for name, label in _TOLD.items() if later is not None and getattr(row, name) != getattr(later, name)]
            if changed:
                lines.append((row.pgh_created_at, "・".join(changed)))
            later = row
    return sorted(lines, key=lambda line: line[0], reverse=True)[:20]
