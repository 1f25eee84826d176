"""Who may decide at which step of 決裁."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from caasis.kernel.actor import Actor, Role


@dataclass(frozen=True, slots=True)
class Right:
    """May the actor decide here? `deputy_for` names the role for which they stand in, `deputy_of` the absent person
    whose deputy they are; `why_not` is a sentence."""

    allowed: bool
    deputy_for: str = ""
    why_not: str = ""
    deputy_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class StandIn:
    """An absence that holds today: who is away, their roles in the centre, and who decides meanwhile."""

    absent: UUID
    roles: frozenset[Role]
    deputy: UUID | None


def right_to_decide(
    *,
    actor: Actor,
    centre_id: UUID,
    steps: Sequence[str],
    current_step: int,
    requested_by: UUID | None,
    deputies: Mapping[str, str],
    self_approval: bool,
    absences: Sequence[StandIn] = (),
) -> Right:
    """The rule of one step: the step's role, its deputy (代決), or whoever stands in for an absent approver; nobody
    decides on their own request, except in a one-person centre that is set up so."""
    if not actor.works_for(centre_id) or current_step >= len(steps):
        return Right(False, why_not="この決裁は、担当センターの決裁者だけができます。")
    if actor.id is not None and actor.id == requested_by and not self_approval:
        return Right(False, why_not="自分が依頼した決裁は、ほかの決裁者が行います。")
    role = steps[current_step]
    if Role(role) in actor.roles:
        return Right(True)
    for absence in absences:
        # Before the standing deputy, so that the record says for whom it was.
        if actor.id is not None and absence.deputy == actor.id and Role(role) in absence.roles:
            return Right(True, deputy_for=role, deputy_of=absence.absent)
    deputy = deputies.get(role)
    if deputy and Role(deputy) in actor.roles:
        return Right(True, deputy_for=role)
    if self_approval and actor.id is not None and actor.id == requested_by:
        return Right(True, deputy_for=role)
    return Right(False, why_not="この段階の決裁者ではありません。")


#: Nobody is away longer than that on one entry; who is, enters it again.
LONGEST_ABSENCE_DAYS = 366


def absence_errors(
    *,
    first: date | None,
    last: date | None,
    today: date,
    user_id: UUID,
    deputy_id: UUID | None,
    possible: Collection[UUID],
    others: Sequence[tuple[date, date]] = (),
) -> dict[str, list[str]]:
    """What is wrong with an absence, by field. `possible` are those who could be the deputy; where there is anybody, one
    of them must be named. `others` are the absences that the person has already."""
    errors: dict[str, list[str]] = {}
    if first is None:
        errors["first"] = ["不在の初日を入力してください。"]
    if last is None:
        errors["last"] = ["不在の最終日を入力してください。"]
    if first is not None and last is not None:
        if last < first:
            errors["last"] = ["最終日を、初日より後にしてください。"]
        elif last < today:
            errors["last"] = ["終わった期間です。日付を確かめてください。"]
        elif (last - first).days > LONGEST_ABSENCE_DAYS:
            errors["last"] = ["1年までです。短く区切ってください。"]
        elif any(first <= end and start <= last for start, end in others):
            errors["first"] = ["ほかの不在と重なっています。先に取り消してください。"]
    if deputy_id is not None and (deputy_id == user_id or deputy_id not in possible):
        errors["deputy"] = ["代わりに決裁する人を、一覧から選んでください。"]
    elif deputy_id is None and possible:
        errors["deputy"] = ["代わりに決裁する人を選んでください。"]
    return errors
