"""支援要請: asking a colleague, and what the centre's policy brings to somebody's notice; answering, taking, declining."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.events import HelpAsked
from caasis.cases.models import Case, HelpRequest, Mention
from caasis.cases.rules.clocks import due_moment
from caasis.cases.rules.team_policy import TeamPolicyValues
from caasis.cases.rules.team_words import HelpReason, HelpState, Trigger
from caasis.cases.services.guards import WORKERS, locked_case, log
from caasis.cases.services.handling import take_case
from caasis.cases.services.noting import add_note
from caasis.cases.services.rows import entry
from caasis.cases.services.untaken import settle
from caasis.cases.team_selectors import absent_on, team_policy_of
from caasis.cases.vocabulary import OPEN, Entry, State
from caasis.engines.schedule import Schedule
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.organisations.schedules import working_schedule
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import seal

MAX_REASON = 200


def ask_help(
    *,
    actor: Actor,
    case_id: UUID,
    reason_code: str,
    text: str = "",
    asked_of: UUID | None = None,
    at: datetime | None = None,
) -> HelpRequest:
    """Ask for help on a case: a named colleague, or whoever stands on the first tier.

    Asking a second time while one's request is open gives the first one back, so that two clicks ask once.

    :raises Invalid: with sentences by field. :raises WrongState: the case is closed.
    """
    text = text.strip()
    errors: dict[str, list[str]] = {}
    if reason_code not in HelpReason._value2member_map_:
        errors["help_reason"] = ["何に困っているか選んでください。"]
    if len(text) > MAX_REASON:
        errors["help_text"] = [f"ひとことは{MAX_REASON}字までです。短くしてください。"]
    if errors:
        raise Invalid(fields=errors)
    at = at or timezone.now()
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if State(case.state) not in OPEN:
            raise WrongState("終わった相談では、支援を頼めません。再開してください。")
        known = case.help_requests.filter(state=HelpState.OPEN.value, asked_by=actor.id, trigger=Trigger.ASKED.value)
        if (open_one := known.first()) is not None:
            return open_one
        if asked_of is not None and (
            asked_of == actor.id or not staff_of(case.handling_centre_id).filter(id=asked_of).exists()
        ):
            raise Invalid(fields={"help_to": ["同じセンターの、ほかの人を選んでください。"]})
        request = HelpRequest(
            centre_id=case.handling_centre_id,
            case=case,
            trigger=Trigger.ASKED.value,
            reason_code=reason_code,
            asked_by=actor.id,
            asked_at=at,
            asked_of=asked_of,
        )
        request.subject_id = request.id
        request.reason = seal(request, "reason", text, key=record_key_bytes(case.record_key_id))
        _place(request, team_policy_of(request.centre_id), working_schedule(request.centre_id), tier=0, at=at)
        request.save(force_insert=True)
        _tell(request, Entry.HELP_ASKED, actor=actor, at=at)
        log(case, "ask_help", actor=actor)
        return request


def raise_by_policy(
    *,
    centre_id: UUID,
    trigger: Trigger,
    subject_id: UUID,
    case: Case | None,
    contact_id: UUID | None = None,
    policy: TeamPolicyValues,
    schedule: Schedule,
    at: datetime,
) -> bool:
    """Bring something to the first tier's notice, once for each subject. False when it was before."""
    request = HelpRequest(
        centre_id=centre_id,
        case=case,
        contact_id=contact_id,
        subject_id=subject_id,
        trigger=trigger.value,
        asked_at=at,
    )
    _place(request, policy, schedule, tier=0, at=at)
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        return False
    _tell(request, Entry.ESCALATED, actor=SYSTEM, at=at)
    return True


def move_up(request: HelpRequest, *, policy: TeamPolicyValues, schedule: Schedule, at: datetime) -> bool:
    """Nobody answered in time: the next tier is asked. False when there is none; then the request stays where it is."""
    before, named = request.tier, request.asked_of is not None
    # Who was asked by name did not answer: then everybody of the tier is asked.
    following = before if named else before + 1
    if following >= len(policy.tiers):
        HelpRequest.objects.filter(id=request.id, due_at=request.due_at).update(due_at=None)
        return False
    request.asked_of = None
    _place(request, policy, schedule, tier=following, at=at)
    waiting = HelpRequest.objects.filter(id=request.id, tier=before, asked_of__isnull=not named)
    changed = waiting.filter(state=HelpState.OPEN.value).update(
        tier=request.tier, role=request.role, due_at=request.due_at, asked_of=None
    )
    if changed:
        _tell(request, Entry.ESCALATED, actor=SYSTEM, at=at)
    return bool(changed)


def answer_help(*, actor: Actor, help_id: UUID, text: str, at: datetime | None = None) -> HelpRequest:
    """Answer with advice, which is kept as an internal note of the case.

    :raises Invalid: no advice was written. :raises NotFound: outside the centre. :raises WrongState: settled already.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        request = _for_answering(actor, help_id)
        if request.case_id is None:
            raise WrongState("届いた相談は、引き受けてから助言を書いてください。")
        try:
            note = add_note(actor=actor, case_id=request.case_id, text=text)
        except Invalid as error:
            raise Invalid(fields={"advice": error.fields.get("text", [error.message])}) from None
        if request.asked_by is not None:
            # Whoever asked finds the advice like a note that names them.
            Mention.objects.get_or_create(
                note=note,
                user_id=request.asked_by,
                defaults={"case_id": request.case_id, "centre_id": request.centre_id},
            )
        return settle(request, HelpState.ANSWERED, actor=actor, at=at)


def take_over_help(*, actor: Actor, help_id: UUID, at: datetime | None = None) -> HelpRequest:
    """Take the case itself over.

    :raises NotAllowed: the actor handles no cases. :raises NotFound: outside the centre. :raises WrongState: settled.
    """
    at = at or timezone.now()
    if not actor.has(*WORKERS):
        raise NotAllowed("担当を代われるのは、相談員と主任です。助言を書いてください。")
    with actor_transaction(actor):
        request = _for_answering(actor, help_id)
        if request.case_id is None:
            raise WrongState("届いた相談は、その画面で引き受けてください。")
        settle(request, HelpState.TAKEN, actor=actor, at=at)
        take_case(actor=actor, case_id=request.case_id)
        return request


def decline_help(*, actor: Actor, help_id: UUID, at: datetime | None = None) -> HelpRequest:
    """Not me: a named request goes to the tier, a tier's request to the next one; after the last it is declined.

    :raises NotFound: outside the centre. :raises WrongState: settled already.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        request = _for_answering(actor, help_id)
        policy, schedule = team_policy_of(request.centre_id), working_schedule(request.centre_id)
        if request.asked_of is not None:
            request.asked_of = None
            _place(request, policy, schedule, tier=request.tier, at=at)
            request.save(update_fields=["tier", "role", "due_at", "asked_of", "updated_at"])
            _tell(request, Entry.HELP_PASSED, actor=actor, at=at)
            return request
        if request.tier + 1 < len(policy.tiers):
            _place(request, policy, schedule, tier=request.tier + 1, at=at)
            request.save(update_fields=["tier", "role", "due_at", "updated_at"])
            _tell(request, Entry.HELP_PASSED, actor=actor, at=at)
            return request
        return settle(request, HelpState.DECLINED, actor=actor, at=at)


def withdraw_help(*, actor: Actor, help_id: UUID, at: datetime | None = None) -> HelpRequest:
    """Take one's own request back.

    :raises NotAllowed: somebody else's. :raises NotFound: outside the centre. :raises WrongState: settled already.
    """
    at = at or timezone.now()
    with actor_transaction(actor):
        request = _open_request(actor, help_id)
        if request.asked_by != actor.id:
            raise NotAllowed("取り下げられるのは、頼んだ本人です。")
        return settle(request, HelpState.WITHDRAWN, actor=actor, at=at)


def may_answer(request: HelpRequest, actor: Actor) -> bool:
    """Whoever was asked by name or by role, and every supervisor or official: help is not refused for want of a role."""
    if not actor.works_for(request.centre_id) or request.asked_by == actor.id:
        return False
    return request.asked_of == actor.id or actor.has(Role(request.role), Role.SUPERVISOR, Role.OFFICIAL)


def _open_request(actor: Actor, help_id: UUID) -> HelpRequest:
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotFound
    request = (
        HelpRequest.objects.select_for_update(of=("self",))
        .filter(id=help_id, centre_id=actor.centre_id)
        .select_related("case")
        .first()
    )
    if request is None:
        raise NotFound("この支援要請は見つかりません。一覧を開き直してください。")
    if request.state != HelpState.OPEN.value:
        raise WrongState(f"この支援要請は、もう終わっています（{HelpState(request.state).label}）。")
    return request


def _for_answering(actor: Actor, help_id: UUID) -> HelpRequest:
    request = _open_request(actor, help_id)
    if not may_answer(request, actor):
        raise NotAllowed("この支援要請は、頼まれた人が答えます。")
    return request


def _place(request: HelpRequest, policy: TeamPolicyValues, schedule: Schedule, *, tier: int, at: datetime) -> None:
    """Put a request on a tier: the first from `tier` on that has somebody who is there. The last one is the last resort."""
    day = day_in_japan(at)
    away = absent_on(request.centre_id, day)
    for number in range(tier, len(policy.tiers)):
        request.tier, request.role = number, policy.tiers[number].role.value
        people = staff_of(request.centre_id, policy.tiers[number].role).exclude(id__in=away)
        if request.asked_by is not None:
            people = people.exclude(id=request.asked_by)
        if request.asked_of is not None or people.exists():
            break
    request.due_at = due_moment(schedule, since=at, target=policy.tiers[request.tier].minutes, used=0)


def _tell(request: HelpRequest, kind: Entry, *, actor: Actor, at: datetime) -> None:
    """The line in the case's timeline, and the event that brings the request to the desks."""
    if request.case is not None:
        entry(
            request.case,
            kind,
            actor=actor,
            at=at,
            trigger=request.trigger,
            role=request.role,
            to=str(request.asked_of or ""),
        ).save(force_insert=True)
    publish(
        HelpAsked(subject=request.case_id or request.id, centre_id=request.centre_id, trigger=request.trigger),
        actor=actor,
    )
