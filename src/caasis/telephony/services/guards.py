"""Permission shared by the verbs."""

from __future__ import annotations

from uuid import UUID

from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import NotAllowed, NotFound


def require_manager(actor: Actor, centre_id: UUID, missing: str) -> None:
    """Numbers and flows are set up by the centre's supervisors and officials, and by the administrator.

    :raises NotFound: another centre. :raises NotAllowed: of the centre, but neither.
    """
    if actor.is_system or actor.has(Role.ADMIN):
        return
    if not actor.works_for(centre_id):
        raise NotFound(missing)
    if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed("電話番号と自動応答を変えられるのは、主任とセンターの職員です。")


def require_agent(actor: Actor) -> tuple[UUID, UUID]:
    """The id and the centre of somebody who works at a centre's telephone.

    :raises NotAllowed: neither a counsellor nor a supervisor of a centre.
    """
    staff = actor.works_for(actor.centre_id) and actor.has(Role.COUNSELLOR, Role.SUPERVISOR)
    if actor.id is None or actor.centre_id is None or not staff:
        raise NotAllowed("電話の操作ができるのは、センターの相談員と主任です。")
    return actor.id, actor.centre_id
