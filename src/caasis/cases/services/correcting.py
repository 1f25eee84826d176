"""補正 by the national centre: correcting coded fields of a registered case, disputing, answering, taking back.

The national scope of the database can't write a case, its parts or its timeline. This service is the one door: it asks
who acts, writes down the correction, and only then changes the card in the system's scope, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.audit.services import record_access
from caasis.cases.approval_record import today
from caasis.cases.code_lists import codes_version
from caasis.cases.correction_record import get_correction
from caasis.cases.events import CaseCorrected, CorrectionAnswered
from caasis.cases.models import Case, Correction, CorrectionStep
from caasis.cases.rules.card import from_json_value, to_json
from caasis.cases.rules.correction import (
    VERBS,
    CorrectionState,
    correction_errors,
    dispute_until,
    reason_error,
    to_put_back,
)
from caasis.cases.selectors import get_case, read_card, with_parts
from caasis.cases.services.opening import clean_or_raise
from caasis.cases.services.rows import entry
from caasis.cases.services.saving import write_fields
from caasis.cases.vocabulary import Entry, State
from caasis.engines.masking import find_personal
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: A correction of many is undone as a whole within this time; afterwards each is withdrawn by itself, with a reason.
UNDO = timedelta(minutes=10)
MOST_AT_ONCE = 300
CENTRE_ANSWERS = (Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL)


def require_corrector(actor: Actor) -> None:
    """Corrections are made by the national centre (国民生活センター) alone."""
    if not actor.has(Role.NCAC):
        raise NotAllowed("補正できるのは、国民生活センターの担当者です。")


def correct_case(
    *,
    actor: Actor,
    case_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    reason: str,
    batch_id: UUID | None = None,
) -> Correction:
    """Correct coded fields of a registered case. It holds at once; the centre is told and may dispute it.

    :raises Invalid: a field that may not be corrected, an unknown code, no reason, or nothing that differs.
    :raises VersionConflict: the case changed since `version` was read. :raises NotFound: absent or not registered.
    """
    require_corrector(actor)
    values = clean_or_raise(changes, strict=True)
    errors = correction_errors(values)
    if sentence := reason_error(reason):
        errors["correction_reason"] = [sentence]
    elif find_personal(reason, known=[], allowed=[]):
        errors["correction_reason"] = ["理由に電話番号などの個人情報を書かないでください。"]
    if "keywords" in values and find_personal(" ".join(values["keywords"] or ()), known=[], allowed=[]):
        errors["keywords"] = ["キーワードに個人情報を入れないでください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        # Seen in the actor's own scope: what is hidden from the nation can't be corrected.
        get_case(actor=actor, case_id=case_id)
        with actor_transaction(SYSTEM):
            case = with_parts(Case.objects.select_for_update(of=("self",))).get(id=case_id)
            if case.state != State.REGISTERED:
                raise NotFound
            if case.version != version:
                raise VersionConflict("見ているあいだに変わりました。開き直して確かめてください。", version=case.version)
            current = read_card(case)
            changed = {name: value for name, value in values.items() if current.get(name) != value}
            _check_parts(current, changed)
            if not changed:
                raise Invalid("変わった項目がありません。補正する項目を選んでください。")
            at = timezone.now()
            correction = Correction.objects.create(
                case=case,
                centre_id=case.handling_centre_id,
                before=to_json({name: current.get(name) for name in changed}),
                after=to_json(changed),
                codes_version=codes_version(),
                reason=reason.strip(),
                made_by=actor.id,
                made_at=at,
                dispute_until=dispute_until(today()),
                batch_id=batch_id,
            )
            _step(correction, "made", actor=actor, at=at, words=correction.reason)
            _change(correction, case, changed, actor=actor, at=at, verb="made")
            _log(correction, "correct_case", actor=actor, fields=tuple(changed))
        return correction


def _check_parts(current: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Fields of another contract party exist only where the centre entered one."""
    errors = {
        name: ["契約当事者が本人の相談です。相談者の項目で補正してください。"]
        for name in changed
        if name.startswith("party_") and current.get("contract_party_is_consumer") is not False
    }
    if errors:
        raise Invalid(fields=errors)


def _change(
    correction: Correction, case: Case, changes: Mapping[str, Any], *, actor: Actor, at: datetime, verb: str
) -> None:
    """Write the fields, the line of the timeline and the event; runs in the system's scope."""
    write_fields(case, dict(changes), actor=actor)
    case.version += 1
    # The order of the centre's lists is that of its own work: `touched_at` stays.
    case.save()
    fields = tuple(sorted(changes))
    entry(
        case, Entry.CORRECTED, actor=actor, at=at, version=case.version, fields=fields, correction=str(correction.id), verb=verb
    ).save(force_insert=True)
    publish(
        CaseCorrected(subject=case.id, centre_id=case.handling_centre_id, correction=correction.id, fields=fields),
        actor=actor,
    )


def _step(
    correction: Correction, kind: str, *, actor: Actor, at: datetime, words: str = "", kept: Sequence[str] = ()
) -> None:
    CorrectionStep.objects.create(
        correction=correction,
        centre_id=correction.centre_id,
        kind=kind,
        at=at,
        actor_id=actor.id,
        words=words,
        kept=list(kept),
    )


def _log(correction: Correction, action: str, *, actor: Actor, fields: tuple[str, ...] = ()) -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="case",
        object_id=correction.case_id,
        centre_id=correction.centre_id,
        fields=fields,
    )


def _lead(correction: Correction, verb: str, *, at: datetime) -> None:
    sources, target = VERBS[verb]
    if CorrectionState(correction.state) not in sources:
        label = CorrectionState(correction.state).label
        raise WrongState(f"この補正は「{label}」です。画面を開き直してください。")
    correction.state = target.value
    correction.settled_at = None if target is CorrectionState.DISPUTED else at
    correction.save(update_fields=["state", "settled_at", "updated_at"])


# --- the centre -------------------------------------------------------------------------------------------------------


def note_seen(*, actor: Actor, correction_id: UUID) -> Correction:
    """The centre has looked at it and has nothing against it. Without this, silence does the same after the days."""
    return _answer_of_centre(actor, correction_id, "seen", "")


def dispute_correction(*, actor: Actor, correction_id: UUID, reason: str) -> Correction:
    """The centre disputes a correction, with its reason, until the last day for it.

    :raises Invalid: no reason. :raises WrongState: too late, or settled. :raises NotAllowed: not of the centre.
    """
    if sentence := reason_error(reason, "異議の理由"):
        raise Invalid(fields={"dispute_reason": [sentence]})
    if find_personal(reason, known=[], allowed=[]):
        raise Invalid(fields={"dispute_reason": ["理由に電話番号などの個人情報を書かないでください。"]})
    return _answer_of_centre(actor, correction_id, "dispute", reason.strip())


def _answer_of_centre(actor: Actor, correction_id: UUID, verb: str, words: str) -> Correction:
    with actor_transaction(actor):
        correction = get_correction(actor=actor, correction_id=correction_id, for_update=True)
        if not actor.works_for(correction.centre_id) or not actor.has(*CENTRE_ANSWERS):
            raise NotAllowed("異議を伝えられるのは、担当センターの職員です。")
        at = timezone.now()
        if verb == "dispute" and today() > correction.dispute_until:
            raise WrongState("異議を伝えられる期間を過ぎました。再開して直せます。")
        _lead(correction, verb, at=at)
        _step(correction, verb, actor=actor, at=at, words=words)
        _told(correction, verb, actor=actor, at=at)
        _log(correction, f"correction_{verb}", actor=actor)
        return correction


def _told(correction: Correction, verb: str, *, actor: Actor, at: datetime) -> None:
    """A line in the case's timeline, and the event for the screens of both sides."""
    with actor_transaction(SYSTEM):
        entry(
            correction.case, Entry.CORRECTION_SETTLED, actor=actor, at=at, correction=str(correction.id), verb=verb
        ).save(force_insert=True)
    publish(
        CorrectionAnswered(
            subject=correction.case_id,
            centre_id=correction.centre_id,
            correction=correction.id,
            state=correction.state,
        ),
        actor=actor,
    )


# --- the national centre answers --------------------------------------------------------------------------------------


def answer_dispute(*, actor: Actor, correction_id: UUID, withdraw: bool, reason: str) -> Correction:
    """Answer a dispute, or withdraw a correction before anybody disputes it: the fields go back to what they were,
    except those that somebody has changed since; the step names them.

    :raises Invalid: no reason. :raises WrongState: settled, or the case is just being approved again.
    """
    require_corrector(actor)
    if sentence := reason_error(reason, "回答の理由"):
        raise Invalid(fields={"answer_reason": [sentence]})
    if find_personal(reason, known=[], allowed=[]):
        raise Invalid(fields={"answer_reason": ["理由に電話番号などの個人情報を書かないでください。"]})
    with actor_transaction(actor):
        correction = get_correction(actor=actor, correction_id=correction_id, for_update=True)
        at = timezone.now()
        if withdraw:
            _take_back(correction, actor=actor, at=at, words=reason.strip())
        else:
            _lead(correction, "uphold", at=at)
            _step(correction, "uphold", actor=actor, at=at, words=reason.strip())
        _told(correction, "withdraw" if withdraw else "uphold", actor=actor, at=at)
        _log(correction, "correction_withdraw" if withdraw else "correction_uphold", actor=actor)
        return correction


def _take_back(correction: Correction, *, actor: Actor, at: datetime, words: str) -> None:
    _lead(correction, "withdraw", at=at)
    with actor_transaction(SYSTEM):
        case = with_parts(Case.objects.select_for_update(of=("self",))).get(id=correction.case_id)
        if State(case.state) in (State.WAITING_APPROVAL, State.MERGED):
            # What is being approved must stay as it was sent.
            raise WrongState("決裁を待っています。終わってから取り下げてください。")
        back, kept = to_put_back(correction.before, correction.after, to_json(read_card(case)))
        if back:
            typed = {name: from_json_value(name, value) for name, value in back.items()}
            _change(correction, case, typed, actor=actor, at=at, verb="withdraw")
        _step(correction, "withdraw", actor=actor, at=at, words=words, kept=kept)


def settle_silent_corrections() -> int:
    """Accept what nobody disputed in time. Returns how many. Repeatable."""
    count = 0
    with actor_transaction(SYSTEM):
        rows = Correction.objects.select_for_update(skip_locked=True).filter(
            state=CorrectionState.APPLIED.value, dispute_until__lt=today()
        )
        for correction in rows.select_related("case"):
            at = timezone.now()
            _lead(correction, "expire", at=at)
            _step(correction, "expire", actor=SYSTEM, at=at)
            _told(correction, "expire", actor=SYSTEM, at=at)
            count += 1
    return count


# --- many at once -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CorrectionOutcome:
    """What became of one case of a correction of many."""

    case_id: UUID
    done: bool
    sentence: str


def correct_many(
    *,
    actor: Actor,
    cases: Sequence[tuple[UUID, int]],
    changes: Mapping[str, Any],
    reason: str,
    after_each: Callable[[], object] | None = None,
) -> tuple[UUID, list[CorrectionOutcome]]:
    """The same correction for many registered cases, each by itself. `cases` are ids with the version that was seen.

    Returns the id under which all are taken back together, and what became of each.

    :raises Invalid: no reason, or too many at once.
    """
    require_corrector(actor)
    if sentence := reason_error(reason):
        raise Invalid(fields={"correction_reason": [sentence]})
    if len(cases) > MOST_AT_ONCE:
        raise Invalid(f"一度に補正できるのは{MOST_AT_ONCE}件までです。")
    batch_id = uuid7()
    outcomes: list[CorrectionOutcome] = []
    for case_id, version in cases:
        try:
            correct_case(
                actor=actor, case_id=case_id, version=version, changes=changes, reason=reason, batch_id=batch_id
            )
        except DomainError as error:
            outcomes.append(CorrectionOutcome(case_id, False, error.message))
        else:
            outcomes.append(CorrectionOutcome(case_id, True, "補正しました。"))
        if after_each is not None:
            after_each()
    return batch_id, outcomes


def take_back_corrections(*, actor: Actor, batch_id: UUID) -> list[CorrectionOutcome]:
    """Undo a correction of many, shortly after it, by the person who made it. What a centre has already answered stays.

    :raises NotFound: no such batch of the actor. :raises WrongState: the time is over.
    """
    require_corrector(actor)
    with actor_transaction(actor):
        rows = list(
            Correction.objects.select_for_update(of=("self",))
            .filter(batch_id=batch_id, made_by=actor.id)
            .order_by("made_at")
        )
        if not rows:
            raise NotFound
        at = timezone.now()
        if at - rows[0].made_at > UNDO:
            raise WrongState("取り消せる時間を過ぎました。1件ずつ取り下げてください。")
        outcomes = []
        for correction in rows:
            try:
                with actor_transaction(actor):
                    _take_back(correction, actor=actor, at=at, words="まとめて取り消しました。")
                    _told(correction, "withdraw", actor=actor, at=at)
                    _log(correction, "correction_withdraw", actor=actor)
            except DomainError as error:
                outcomes.append(CorrectionOutcome(correction.case_id, False, error.message))
            else:
                outcomes.append(CorrectionOutcome(correction.case_id, True, "元に戻しました。"))
        return outcomes
