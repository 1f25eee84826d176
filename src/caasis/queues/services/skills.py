"""Skills: what there is, and who has which level from when on."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.audit.services import record_access
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.queues.code_lists import code_lists
from caasis.queues.events import AgentSkillsChanged
from caasis.queues.models import AgentSkill, Skill
from caasis.queues.rules.setup import may_lead, may_set_up, skill_errors
from caasis.queues.rules.skills import HIGHEST, LOWEST
from caasis.queues.services.states import require_system

MISSING = "このスキルは見つかりません。一覧を開き直してください。"


def load_seed_skills(*, actor: Actor = SYSTEM) -> int:
    """Write the skills that come with the product. Safe to run again: what somebody has edited stays.

    Returns how many were written. :raises NotAllowed: unless the system.
    """
    require_system(actor)
    written = 0
    with actor_transaction(actor):
        known = {skill.code: skill for skill in Skill.objects.filter(centre_id=None)}
        for term in code_lists()["skill"].terms():
            skill = known.get(term.code)
            if skill is None:
                Skill.objects.create(code=term.code, label=term.label, is_seed=True)
            elif skill.is_seed and skill.label != term.label:
                skill.label = term.label
                skill.save(update_fields=["label", "updated_at"])
            else:
                continue
            written += 1
    return written


def add_skill(*, actor: Actor, code: str, label: str, centre_id: UUID | None) -> Skill:
    """A skill of a centre, or of the nation when `centre_id` is None.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless a supervisor or an official of the centre; of the
        nation, unless an administrator.
    """
    _require(actor, centre_id)
    code, label = code.strip(), " ".join(label.split())
    if errors := skill_errors(code=code, label=label):
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        # A centre's code that is the nation's too would leave two answers to one question.
        taken = (
            Skill.objects.filter(code=code)
            if centre_id is None
            else Skill.objects.filter(Q(centre_id=None) | Q(centre_id=centre_id), code=code)
        )
        if taken.exists():
            raise Invalid(fields={"code": ["この記号は使われています。別の記号にしてください。"]})
        try:
            with transaction.atomic():
                skill = Skill.objects.create(centre_id=centre_id, code=code, label=label)
        except IntegrityError:
            raise Invalid(fields={"code": ["この記号は使われています。別の記号にしてください。"]}) from None
        _log(actor, skill, "add_skill")
        return skill


def change_skill(*, actor: Actor, skill_id: UUID, version: int, label: str, active: bool = True) -> Skill:
    """Rename a skill, or take it out of use. Its code stays. A changed seed is no longer touched by newer ones.

    :raises Invalid: with sentences by field. :raises NotAllowed: as `add_skill`. :raises NotFound.
    :raises VersionConflict: somebody saved since `version` was read.
    """
    label = " ".join(label.split())
    with actor_transaction(actor):
        skill = Skill.objects.select_for_update().filter(id=skill_id).first()
        if skill is None or not _sees(actor, skill):
            raise NotFound(MISSING)
        _require(actor, skill.centre_id)
        if errors := skill_errors(code=skill.code, label=label):
            raise Invalid(fields=errors)
        if skill.version != version:
            raise VersionConflict(current=skill)
        skill.label, skill.active, skill.is_seed = label, active, False
        skill.version += 1
        skill.save()
        _log(actor, skill, "change_skill")
        return skill


def set_agent_skill(
    *, actor: Actor, centre_id: UUID, user_id: UUID, code: str, level: int, valid_from: date | None = None
) -> AgentSkill:
    """Say which level a member of staff has from a day on (today when absent). What was said before ends the day before.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless a supervisor or an official of the centre.
    :raises NotFound: the person, or the skill, is not there.
    """
    _require_lead(actor, centre_id)
    first = valid_from or day_in_japan(timezone.now())
    if isinstance(level, bool) or not LOWEST <= level <= HIGHEST:
        raise Invalid(fields={"level": [f"段階は{LOWEST}から{HIGHEST}までです。"]})
    with actor_transaction(actor):
        skill = _agent_and_skill(centre_id, user_id, code)
        _end(centre_id, user_id, skill, last=first - timedelta(days=1))
        row = AgentSkill.objects.create(
            user_id=user_id, centre_id=centre_id, skill=skill, level=level, valid_from=first
        )
        _tell(actor, centre_id, user_id, "set_agent_skill")
        return row


def end_agent_skill(*, actor: Actor, centre_id: UUID, user_id: UUID, code: str, last: date | None = None) -> None:
    """Somebody has a skill no more after a day (yesterday when absent). Twice does no harm.

    :raises NotAllowed: as `set_agent_skill`. :raises NotFound: the person, or the skill, is not there.
    """
    _require_lead(actor, centre_id)
    with actor_transaction(actor):
        skill = _agent_and_skill(centre_id, user_id, code)
        _end(centre_id, user_id, skill, last=last or day_in_japan(timezone.now()) - timedelta(days=1))
        _tell(actor, centre_id, user_id, "end_agent_skill")


def _require(actor: Actor, centre_id: UUID | None) -> None:
    if centre_id is None and not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed("全国のスキルを変えられるのは、システム管理者です。")
    if centre_id is not None and not may_set_up(actor, centre_id):
        raise NotAllowed("スキルを設定できるのは、センターの主任と職員です。")


def _require_lead(actor: Actor, centre_id: UUID) -> None:
    if not (actor.is_system or may_lead(actor, centre_id)):
        raise NotAllowed("スキルを設定できるのは、センターの主任と職員です。")


def _sees(actor: Actor, skill: Skill) -> bool:
    return skill.centre_id in (None, actor.centre_id) or may_set_up(actor, skill.centre_id)


def _agent_and_skill(centre_id: UUID, user_id: UUID, code: str) -> Skill:
    """The skill that a code means in a centre. Changes of one person's skills wait for each other."""
    if not staff_of(centre_id).filter(id=user_id).exists():
        raise NotFound("この人は見つかりません。一覧を開き直してください。")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"queues.skills:{centre_id}:{user_id}"]
        )
    skill = Skill.objects.filter(Q(centre_id=None) | Q(centre_id=centre_id), code=code, active=True).first()
    if skill is None:
        raise NotFound(MISSING)
    return skill


def _end(centre_id: UUID, user_id: UUID, skill: Skill, *, last: date) -> None:
    """Let what holds end on a day; what begins later is gone with it."""
    rows = AgentSkill.objects.filter(centre_id=centre_id, user_id=user_id, skill=skill)
    rows.filter(valid_from__gt=last).delete()
    rows.filter(Q(valid_to=None) | Q(valid_to__gt=last)).update(valid_to=last)


def _log(actor: Actor, skill: Skill, action: str) -> None:
    record_access(actor=actor, action=action, object_kind="skill", object_id=skill.id, centre_id=skill.centre_id)


def _tell(actor: Actor, centre_id: UUID, user_id: UUID, action: str) -> None:
    record_access(actor=actor, action=action, object_kind="user", object_id=user_id, centre_id=centre_id)
    publish(AgentSkillsChanged(subject=user_id, centre_id=centre_id), actor=actor)
