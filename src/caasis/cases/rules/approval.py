"""Who may decide at which step of 決裁."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from caasis.kernel.actor import Actor, Role


@dataclass(frozen=True, slots=True)
class Right:
    """May the actor decide here? `deputy_for` names the role for which they stand in; `why_not` is a sentence."""

    allowed: bool
    deputy_for: str = ""
    why_not: str = ""


def right_to_decide(
    *,
    actor: Actor,
    centre_id: UUID,
    steps: Sequence[str],
    current_step: int,
    requested_by: UUID | None,
    deputies: Mapping[str, str],
    self_approval: bool,
) -> Right:
    """The rule of one step: the step's role, or its deputy (代決); nobody decides on their own request, except in a
    one-person centre that is set up so."""
    if not actor.works_for(centre_id) or current_step >= len(steps):
        return Right(False, why_not="この決裁は、担当センターの決裁者だけができます。")
    if actor.id is not None and actor.id == requested_by and not self_approval:
        return Right(False, why_not="自分が依頼した決裁は、ほかの決裁者が行います。")
    role = steps[current_step]
    if Role(role) in actor.roles:
        return Right(True)
    deputy = deputies.get(role)
    if deputy and Role(deputy) in actor.roles:
        return Right(True, deputy_for=role)
    if self_approval and actor.id is not None and actor.id == requested_by:
        return Right(True, deputy_for=role)
    return Right(False, why_not="この段階の決裁者ではありません。")
