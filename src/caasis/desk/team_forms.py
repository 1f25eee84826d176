"""Forms of working together: tasks, attempts, absences, the centre's policy, phrases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from caasis.accounts.selectors import staff_of
from caasis.cases.rules.tasks import SNOOZES
from caasis.cases.rules.team_policy import (
    CHANNEL_GROUPS,
    LARGEST_AMOUNT,
    LONGEST_TARGET,
    LONGEST_TIER,
    MOST_TIERS,
    PRIORITIES,
    TIER_ROLES,
    Key,
    TeamPolicyValues,
    Tier,
    target_keys,
)
from caasis.cases.rules.team_words import PLANNED, Attempt, ClockKind, Outcome, TaskKind
from caasis.kernel.actor import Role
from caasis.kernel.clock import JST
from caasis.knowledge.rules.phrases import LONGEST_BODY, LONGEST_LAW, LONGEST_TITLE, USES
from caasis.platform.forms import AppForm, JapaneseDateField, YenField

_MOMENT = "%Y-%m-%dT%H:%M"


def moment_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateTimeField:
    """A day and a time of Japan."""
    return forms.DateTimeField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=[_MOMENT],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )


def as_moment(at: datetime) -> str:
    """A moment as its input takes it."""
    return at.astimezone(JST).strftime(_MOMENT)


class TaskForm(AppForm):
    """予定 of a case."""

    requirement_marks = False
    kind = forms.ChoiceField(label="種類", choices=[(kind.value, kind.label) for kind in PLANNED], required=False)
    what = forms.CharField(label="予定の内容", max_length=120)
    due_at = moment_field("日時")
    until_at = moment_field("この時刻まで", required=False, help_text="「14時から15時のあいだ」と約束したときに入れます。")

    def clean_kind(self) -> str:
        return str(self.cleaned_data["kind"] or TaskKind.CALL.value)


class AttemptForm(AppForm):
    """How a call went, and when to try again."""

    requirement_marks = False
    result = forms.ChoiceField(label="電話の結果", choices=[(one.value, one.label) for one in Attempt], widget=forms.RadioSelect)
    again_at = moment_field("次にかける日時", required=False, help_text="空けておくと、受付時間に合わせて決めます。")


class SnoozeForm(AppForm):
    requirement_marks = False
    choice = forms.ChoiceField(label="いつまで延ばす", choices=SNOOZES)


class OutcomeForm(AppForm):
    """What the follow-up found."""

    requirement_marks = False
    outcome = forms.ChoiceField(label="確かめた結果", choices=[(one.value, one.label) for one in Outcome], widget=forms.RadioSelect)


class PersonForm(AppForm):
    """A colleague of the centre with one of the roles."""

    requirement_marks = False
    to = forms.ChoiceField(label="だれに渡す")

    def __init__(self, *args: Any, centre_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = staff_of(centre_id, Role.COUNSELLOR, Role.SUPERVISOR) if centre_id else []
        self.fields["to"].choices = [("", "選んでください"), *((str(one.pk), str(one)) for one in people)]  # type: ignore[attr-defined]


class AbsenceForm(AppForm):
    """Who is away, from when to when."""

    requirement_marks = False
    user = forms.ChoiceField(label="休む人")
    first_day = JapaneseDateField(label="始まりの日")
    last_day = JapaneseDateField(label="終わりの日")

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = people  # type: ignore[attr-defined]


def target_name(key: Key) -> str:
    return "_".join(("target", *key))


class TeamPolicyForm(AppForm):
    """The centre's policy: tiers, limits, and targets in hours."""

    requirement_marks = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    amount = YenField(label="契約金額がこれ以上なら知らせる（円）", required=False, help_text="0にすると知らせません。")
    untaken_minutes = forms.IntegerField(
        label="だれも引き受けないとき、知らせるまでの時間（分）",
        min_value=0,
        max_value=LONGEST_TIER,
        help_text="受付時間で数えます。0にすると知らせません。",
    )
    on_injury = forms.BooleanField(label="けが・事故の相談を、すぐ知らせる", required=False)
    on_breach = forms.BooleanField(label="目標の時間を過ぎた相談を、知らせる", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [("", "なし"), *((role.value, role.label) for role in TIER_ROLES)]
        for place in range(1, MOST_TIERS + 1):
            self.fields[f"role_{place}"] = forms.ChoiceField(label=f"{place}番目に頼む人", choices=roles, required=place == 1)
            self.fields[f"minutes_{place}"] = forms.IntegerField(
                label=f"{place}番目の人を待つ時間（分）", min_value=1, max_value=LONGEST_TIER, required=False
            )
        for key in target_keys():
            group, priority, kind = key
            label = f"{CHANNEL_GROUPS[group][0]}・{PRIORITIES[priority]}・{ClockKind(kind).label}（時間）"
            self.fields[target_name(key)] = forms.DecimalField(
                label=label, min_value=0, max_value=LONGEST_TARGET // 60, decimal_places=2, max_digits=6
            )

    def values(self) -> TeamPolicyValues:
        """What was typed, for the service."""
        data = self.cleaned_data
        tiers = [
            Tier(Role(data[f"role_{place}"]), data[f"minutes_{place}"] or 0)
            for place in range(1, MOST_TIERS + 1)
            if data.get(f"role_{place}")
        ]
        return TeamPolicyValues(
            tiers=tuple(tiers),
            targets={key: round(data[target_name(key)] * 60) for key in target_keys()},
            amount=min(data["amount"] or 0, LARGEST_AMOUNT + 1),
            on_injury=data["on_injury"],
            on_breach=data["on_breach"],
            untaken_minutes=data["untaken_minutes"],
        )


def policy_initial(policy: TeamPolicyValues, version: int) -> Mapping[str, Any]:
    """A policy as the form shows it."""
    shown: dict[str, Any] = {
        "version": version,
        "amount": policy.amount,
        "untaken_minutes": policy.untaken_minutes,
        "on_injury": policy.on_injury,
        "on_breach": policy.on_breach,
    }
    for place, tier in enumerate(policy.tiers, 1):
        shown[f"role_{place}"], shown[f"minutes_{place}"] = tier.role.value, tier.minutes
    for key in target_keys():
        shown[target_name(key)] = f"{policy.targets.get(key, 0) / 60:.2f}".rstrip("0").rstrip(".")
    return shown


class PhraseForm(AppForm):
    """A text of the centre."""

    requirement_marks = False
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    kind = forms.ChoiceField(label="種類", choices=[("template", "定型文"), ("script", "話し方の手順")], required=False)
    use = forms.ChoiceField(label="使う場面", choices=[("", "選んでください"), *USES.items()])
    title = forms.CharField(label="題", max_length=LONGEST_TITLE)
    body = forms.CharField(label="文", max_length=LONGEST_BODY, strip=False, widget=forms.Textarea(attrs={"rows": 14}))
    law = forms.CharField(label="根拠の条文", max_length=LONGEST_LAW, required=False, help_text="例 特定商取引法9条")
