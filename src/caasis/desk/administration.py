"""Forms of the administrator's screens, and between them and the services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any
from uuid import UUID

from django import forms

from caasis.accounts.staff import HeldRole
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Role
from caasis.organisations.models import Centre, CentreSettings, OpeningHours
from caasis.organisations.rules import DECIDING, FEWEST_YEARS, MOST_STEPS, MOST_YEARS, Span
from caasis.organisations.selectors import CentrePolicy, centres
from caasis.organisations.services import Particulars, Policy
from caasis.platform.forms import AppForm, JapaneseDateField, PhoneField
from caasis.platform.geography import Municipality, municipalities, municipality, prefectures

WEEKDAYS = ("月", "火", "水", "木", "金", "土", "日")
SPANS = (1, 2)
GIVEN_ROLES = (
    *sorted(CENTRE_ROLES, key=lambda role: list(Role).index(role)),
    *sorted(NATIONAL_ROLES | {Role.ADMIN}, key=lambda role: list(Role).index(role)),
)


class DiscardForm(AppForm):
    requirement_marks = False
    reason = forms.CharField(
        label="捨てる理由", help_text="5字以上。個人の名前や電話番号は書かないでください。", max_length=200
    )


class RoleForm(AppForm):
    """A role and, for those of a centre, which centre."""

    requirement_marks = False
    role = forms.ChoiceField(label="役割", choices=[("", "選んでください"), *((role.value, role.label) for role in GIVEN_ROLES)])
    centre = forms.ChoiceField(
        label="センター", required=False, help_text="相談員・主任・センター職員のときに選びます。"
    )

    def __init__(self, *args: Any, held: tuple[HeldRole, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nobody works for two centres at once: every screen and every wall knows one.
        own = {role.centre_id for role in held if role.centre_id is not None}
        rows = [centre for centre in centres() if not own or centre.id in own]
        self.fields["centre"].choices = [("", "なし"), *((str(row.id), row.name) for row in rows)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        role = Role(cleaned["role"]) if cleaned.get("role") else None
        if role in CENTRE_ROLES and "centre" in cleaned and not cleaned["centre"]:
            self.add_error("centre", "この役割には、センターを選んでください。")
        if role is not None and role not in CENTRE_ROLES and cleaned.get("centre"):
            self.add_error("centre", "この役割には、センターを選ばないでください。")
        return cleaned

    @property
    def given_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    @property
    def given_centre(self) -> UUID | None:
        return UUID(self.cleaned_data["centre"]) if self.cleaned_data["centre"] else None


class NewUserForm(RoleForm):
    requirement_marks = True
    username = forms.CharField(
        label="利用者名", max_length=150, help_text="ログインに使います。半角の英数字と @ . + - _ です。"
    )
    display_name = forms.CharField(label="氏名", max_length=60)
    field_order = ("username", "display_name", "role", "centre")


class CentreForm(AppForm):
    """A centre's particulars. The code is asked for once: it stands in numbers that are out already."""

    code = forms.CharField(label="記号", max_length=20, help_text="半角の英大文字と数字。あとから変えられません。")
    name = forms.CharField(label="センターの名前", max_length=80)
    prefecture_code = forms.ChoiceField(label="都道府県")
    place = forms.CharField(
        label="市区町村", required=False, max_length=60, help_text="県のセンターなど、市区町村のないときは空けておきます。"
    )
    whole_prefecture = forms.BooleanField(label="センターのない市区町村の相談も、県全体で受ける", required=False)
    address = forms.CharField(label="住所", required=False, max_length=160)
    phone = PhoneField(label="電話番号", required=False, help_text="相談窓口の番号。ポータルに出ます。")
    closed_on = JapaneseDateField(
        label="閉じた日", required=False, help_text="統合などでなくなったときに入れます。窓口の案内から外れます。"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prefecture_code"].choices = [  # type: ignore[attr-defined]
            ("", "選んでください"),
            *((row.code, row.name) for row in prefectures()),
        ]
        if not new:
            del self.fields["code"]
        else:
            del self.fields["closed_on"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        words = "".join((cleaned.get("place") or "").split())
        cleaned["municipality_code"] = ""
        if words and cleaned.get("prefecture_code"):
            found = _place_called(words, cleaned["prefecture_code"])
            if found is None:
                self.add_error("place", "市区町村の名前を、「仙台市青葉区」のように入れてください。")
            else:
                cleaned["municipality_code"] = found.code
        return cleaned

    def particulars(self) -> Particulars:
        given = self.cleaned_data
        return Particulars(
            name=given["name"],
            prefecture_code=given["prefecture_code"],
            municipality_code=given["municipality_code"],
            address=given["address"],
            # The field cleans to E.164; people read the number as it was typed.
            phone=self.data.get("phone", "") if given["phone"] else "",
            whole_prefecture=given["whole_prefecture"],
            closed_on=given.get("closed_on"),
        )

    def add_domain_fields(self, fields: dict[str, list[str]]) -> None:
        super().add_domain_fields({("place" if name == "municipality_code" else name): texts for name, texts in fields.items()})


def _place_called(words: str, prefecture_code: str) -> Municipality | None:
    """The municipality of a prefecture by its code or name; a ward also without its city, a town with its county.

    None when there is none of the name, or several.
    """
    found = [row for row in municipalities(prefecture_code) if words in (row.code, *_names_of(row))]
    return found[0] if len(found) == 1 else None


def _names_of(row: Municipality) -> set[str]:
    names = {row.name, row.county + row.name}
    parent = municipality(row.parent_code) if row.parent_code else None
    if parent is not None:
        names.add(row.name.removeprefix(parent.name))
    return names


def centre_initial(centre: Centre, *, whole_prefecture: bool) -> dict[str, Any]:
    """What the form of a centre shows at first."""
    place = municipality(centre.municipality_code) if centre.municipality_code else None
    return {
        "name": centre.name,
        "prefecture_code": centre.prefecture_code,
        "place": place.name if place is not None else centre.municipality_code,
        "whole_prefecture": whole_prefecture,
        "address": centre.address,
        "phone": centre.phone,
        "closed_on": centre.closed_on,
        "version": centre.version,
    }


def _time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time", "aria-label": label}, format="%H:%M"),
    )


class HoursForm(AppForm):
    """Two spans for each weekday: 午前 and 午後, or one alone."""

    requirement_marks = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, word in enumerate(WEEKDAYS):
            for span in SPANS:
                self.fields[f"opens_{weekday}_{span}"] = _time_field(f"{word}曜日 {span}回目の始まり")
                self.fields[f"closes_{weekday}_{span}"] = _time_field(f"{word}曜日 {span}回目の終わり")
        for field in self.fields.values():
            field.error_messages["invalid"] = f"{field.label}の時刻を、9:00のように入力してください。"

    def rows(self) -> Iterator[dict[str, Any]]:
        """For each weekday its word and its pairs of boxes."""
        for weekday, word in enumerate(WEEKDAYS):
            pairs = [(self[f"opens_{weekday}_{span}"], self[f"closes_{weekday}_{span}"]) for span in SPANS]
            yield {"word": word, "pairs": pairs, "errors": [e for pair in pairs for box in pair for e in box.errors]}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for weekday, word in enumerate(WEEKDAYS):
            for span in SPANS:
                opens, closes = (cleaned.get(f"{end}_{weekday}_{span}") for end in ("opens", "closes"))
                if (opens is None) != (closes is None) and not self.errors:
                    missing = "closes" if closes is None else "opens"
                    self.add_error(f"{missing}_{weekday}_{span}", f"{word}曜日は、始まりと終わりの両方を入力してください。")
        return cleaned

    def week(self) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        for weekday in range(7):
            spans: list[tuple[time, time]] = []
            for span in SPANS:
                opens = self.cleaned_data[f"opens_{weekday}_{span}"]
                closes = self.cleaned_data[f"closes_{weekday}_{span}"]
                if opens is not None and closes is not None:
                    spans.append((opens, closes))
            found[weekday] = spans
        return found


def hours_initial(rows: list[OpeningHours]) -> dict[str, time]:
    """What the form of the week shows at first."""
    initial: dict[str, time] = {}
    count = dict.fromkeys(range(7), 0)
    for row in rows:
        count[row.weekday] += 1
        initial[f"opens_{row.weekday}_{count[row.weekday]}"] = row.opens
        initial[f"closes_{row.weekday}_{count[row.weekday]}"] = row.closes
    return initial


class SpecialDayForm(AppForm):
    requirement_marks = False
    day = JapaneseDateField(label="日")
    opens = _time_field("開く時刻")
    closes = _time_field("閉じる時刻")
    note = forms.CharField(label="理由", required=False, max_length=80, help_text="ポータルに出ます。例：設備の点検のため")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opens"].help_text = "休みのときは、時刻を空けておきます。"


class SettingsForm(AppForm):
    """How a centre works. Steps of 決裁 are filled from the first."""

    requirement_marks = False
    step_1 = forms.ChoiceField(label="決裁の1段目")
    step_2 = forms.ChoiceField(label="決裁の2段目", required=False)
    step_3 = forms.ChoiceField(label="決裁の3段目", required=False)
    deputy = forms.ChoiceField(
        label="センター職員の代わりに決裁する人", required=False, help_text="センター職員がいないときの代決です。"
    )
    self_approval = forms.BooleanField(label="1人のセンター：担当した人が自分で決裁できる", required=False)
    light_path_for_inquiries = forms.BooleanField(label="問合せは、指摘がなければ決裁なしで登録する", required=False)
    open_on_holidays = forms.BooleanField(label="祝日も開いている", required=False)
    second_factor = forms.BooleanField(label="このセンターの全員に、二段階認証を求める", required=False)
    retention_years = forms.IntegerField(
        label="相談を保存する年数", min_value=FEWEST_YEARS, max_value=MOST_YEARS,
        error_messages={
            "min_value": f"保存の年数は{FEWEST_YEARS}から{MOST_YEARS}までです。",
            "max_value": f"保存の年数は{FEWEST_YEARS}から{MOST_YEARS}までです。",
        },
    )  # fmt: skip
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role.value, role.label) for role in DECIDING]
        for number in range(1, MOST_STEPS + 1):
            self.fields[f"step_{number}"].choices = roles if number == 1 else [("", "なし"), *roles]  # type: ignore[attr-defined]
        deputies = [(role.value, role.label) for role in DECIDING if role is not Role.OFFICIAL]
        self.fields["deputy"].choices = [("", "なし"), *deputies]  # type: ignore[attr-defined]

    def policy(self) -> Policy:
        given = self.cleaned_data
        return Policy(
            approval_steps=tuple(step for number in range(1, MOST_STEPS + 1) if (step := given[f"step_{number}"])),
            approval_deputies={Role.OFFICIAL.value: given["deputy"]} if given["deputy"] else {},
            self_approval=given["self_approval"],
            light_path_for_inquiries=given["light_path_for_inquiries"],
            open_on_holidays=given["open_on_holidays"],
            retention_years=given["retention_years"],
            second_factor=given["second_factor"],
        )

    def add_domain_fields(self, fields: dict[str, list[str]]) -> None:
        places = {"approval_steps": "step_1", "approval_deputies": "deputy"}
        super().add_domain_fields({places.get(name, name): texts for name, texts in fields.items()})


def settings_initial(row: CentreSettings | None, policy: CentrePolicy, *, second_factor: bool) -> dict[str, Any]:
    """What the form of the settings shows at first; the defaults while nobody has set anything."""
    steps = {f"step_{number}": step for number, step in enumerate(policy.approval_steps, start=1)}
    return steps | {
        "deputy": policy.approval_deputies.get(Role.OFFICIAL.value, ""),
        "self_approval": policy.self_approval,
        "light_path_for_inquiries": policy.light_path_for_inquiries,
        "open_on_holidays": row.open_on_holidays if row is not None else False,
        "second_factor": second_factor,
        "retention_years": policy.retention_years,
        "version": row.version if row is not None else 0,
    }
