"""Life of a matter: who may close it, and what must be there first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from caasis.kernel.actor import Actor, Role
from caasis.operations.vocabulary import MatterState, Sort

#: Whys of a cause, at most: five is the method's own number.
MOST_WHYS = 5
CLOSERS = (Role.SUPERVISOR, Role.OFFICIAL)


@dataclass(frozen=True, slots=True)
class MeasureView:
    """What closing asks of a measure. `held` is None until somebody has checked whether it held."""

    done: bool
    held: bool | None


def why_not_close(
    *,
    actor: Actor,
    sort: Sort,
    state: MatterState,
    concerned: UUID | None,
    root_cause: str,
    answered: bool,
    lessons: str,
    measures: Sequence[MeasureView],
) -> str:
    """Why this actor can't close the matter now, as a sentence; "" when they can.

    Whoever is complained about does not decide alone: another approver closes.
    """
    if state is MatterState.CLOSED:
        return "すでに終わっています。"
    if not actor.has(*CLOSERS):
        return "終えられるのは、主任か職員です。"
    if concerned is not None and actor.id == concerned:
        return "あなたについての記録です。ほかの主任か職員が終えます。"
    if not root_cause.strip():
        return "先に、原因を書いてください。"
    if not measures:
        return "先に、対策を1つ以上決めてください。"
    if any(not one.done for one in measures):
        return "終わっていない対策があります。"
    if any(one.held is None for one in measures):
        return "対策の効き目を確かめてください。"
    if measures[-1].held is False:
        return "最後の対策が効いていません。次の対策を決めてください。"
    if sort is Sort.COMPLAINT and not answered:
        return "申し出た人への答えを書いてください。"
    if sort is Sort.INCIDENT and not lessons.strip():
        return "学んだことを書いてください。"
    return ""


def clean_whys(whys: Sequence[str]) -> list[str]:
    """The answers to "why", in order, without the empty ones."""
    return [text for one in whys if (text := " ".join(one.split()))][:MOST_WHYS]


def measure_errors(*, what: str, owner: bool, due_on: date | None, check_on: date | None, today: date) -> dict[str, list[str]]:
    """What is wrong with a measure, by field. `owner` says that the named person works in the centre."""
    errors: dict[str, list[str]] = {}
    if len(what.strip()) < 2:
        errors["what"] = ["することを書いてください。"]
    elif len(what) > 200:
        errors["what"] = ["200字までです。短くしてください。"]
    if not owner:
        errors["owner"] = ["担当する人を選んでください。"]
    if due_on is None:
        errors["due_on"] = ["期限を入力してください。"]
    elif due_on < today:
        errors["due_on"] = ["期限を、きょうより後にしてください。"]
    if check_on is None:
        errors["check_on"] = ["効き目を確かめる日を入力してください。"]
    elif due_on is not None and check_on < due_on:
        errors["check_on"] = ["確かめる日を、期限より後にしてください。"]
    return errors
