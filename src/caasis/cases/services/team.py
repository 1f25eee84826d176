"""How a centre works together: a new version of its policy, and who is away."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from caasis.accounts.selectors import staff_of
from caasis.audit.services import record_access
from caasis.cases.models import Absence, TeamPolicy
from caasis.cases.rules.team_policy import TeamPolicyValues, policy_errors, to_json
from caasis.cases.team_selectors import may_set_team_policy
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.platform.transactions import actor_transaction

LONGEST_ABSENCE = timedelta(days=400)


def change_team_policy(*, actor: Actor, version: int, values: TeamPolicyValues) -> TeamPolicy:
    """Save a new version of the actor's centre. `version` is the number that was read; 0 while nobody has set anything.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless a supervisor or an official.
    :raises VersionConflict: somebody saved since.
    """
    if actor.centre_id is None or not may_set_team_policy(actor):
        raise NotAllowed("決まりを変えられるのは、主任とセンター職員です。")
    if errors := policy_errors(values):
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        assert actor.centre_id is not None
        last = TeamPolicy.objects.filter(centre_id=actor.centre_id).order_by("-number").first()
        if (last.number if last is not None else 0) != version:
            raise VersionConflict(current=last)
        try:
            with transaction.atomic():
                row = TeamPolicy.objects.create(
                    centre_id=actor.centre_id, number=version + 1, body=to_json(values), saved_by=actor.id
                )
        except IntegrityError:
            raise VersionConflict(current=last) from None
        record_access(
            actor=actor,
            action="change_team_policy",
            object_kind="team_policy",
            object_id=row.id,
            centre_id=actor.centre_id,
        )
        return row


def enter_absence(*, actor: Actor, user_id: UUID, first_day: date, last_day: date) -> Absence:
    """Say that somebody is away: oneself, or, as a supervisor or an official, a colleague of the centre.

    The same days entered twice are one absence.

    :raises Invalid: with sentences by field. :raises NotAllowed: somebody else's days.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("休みを入れられるのは、センターの人です。")
    if user_id != actor.id and not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed("ほかの人の休みは、主任かセンター職員が入れます。")
    if not staff_of(actor.centre_id).filter(id=user_id).exists():
        raise Invalid(fields={"user": ["同じセンターの人を選んでください。"]})
    if last_day < first_day:
        raise Invalid(fields={"last_day": ["終わりの日は、始まりの日より後にしてください。"]})
    if last_day - first_day > LONGEST_ABSENCE:
        raise Invalid(fields={"last_day": ["休みは400日までです。終わりの日を確かめてください。"]})
    with actor_transaction(actor):
        row, _ = Absence.objects.get_or_create(
            centre_id=actor.centre_id,
            user_id=user_id,
            first_day=first_day,
            last_day=last_day,
            defaults={"entered_by": actor.id},
        )
        record_access(
            actor=actor, action="enter_absence", object_kind="absence", object_id=row.id, centre_id=actor.centre_id
        )
        return row


def remove_absence(*, actor: Actor, absence_id: UUID) -> None:
    """Take an absence back: one's own, or as a supervisor or an official a colleague's.

    :raises NotFound: hidden and absent alike.
    """
    if actor.id is None or actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotFound
    with actor_transaction(actor):
        rows = Absence.objects.filter(id=absence_id, centre_id=actor.centre_id)
        if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
            assert actor.id is not None
            rows = rows.filter(user_id=actor.id)
        count, _ = rows.delete()
        if not count:
            raise NotFound("この休みは、もう一覧にありません。")
        record_access(
            actor=actor, action="remove_absence", object_kind="absence", object_id=absence_id, centre_id=actor.centre_id
        )
