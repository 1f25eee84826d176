"""案 and their answers, the result of a mediation, taking a step back, and the redress ledger."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from caasis.cases.business_record import confirmed_business
from caasis.cases.events import CardSaved, CaseTimelineGrew
from caasis.cases.models import Mediation, MediationOffer, MediationStep, Redress
from caasis.cases.rules.mediation import RESULT_OF, FailedBecause, OfferState, Outcome, Side, Step
from caasis.cases.rules.redress import Proof, RedressKind, Source
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.handling import UNDO_SECONDS
from caasis.cases.services.mediating import (
    clean_words,
    drop_reminder,
    forget_consent,
    locked_mediation,
    write_step,
)
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

#: A single redress above this is a slip of the finger.
MOST_YEN = 10_000_000_000


def make_offer(
    *,
    actor: Actor,
    mediation_id: UUID,
    side: str,
    terms: str,
    amount: int | None = None,
    until: date | None = None,
    key: UUID | None = None,
) -> MediationOffer:
    """An offer of one side, or the centre's proposal. The same key again gives the first one back."""
    if side not in Side._value2member_map_:
        raise Invalid(fields={"side": ["だれの案かを選んでください。"]})
    text = clean_words(terms, "terms")
    with actor_transaction(actor):
        case, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        if key is not None and (known := mediation.offers.filter(id=key).first()):
            return known
        at = timezone.now()
        offer = MediationOffer(
            mediation=mediation, case=case, centre_id=mediation.centre_id, side=side, amount=amount, until=until,
            made_at=at, by=actor.id,
        )  # fmt: skip
        if key is not None:
            offer.id = key
        set_sealed(offer, terms=text)
        offer.save(force_insert=True)
        write_step(mediation, Step.OFFER, actor=actor, at=at, offer=str(offer.id), side=side)
        return offer


def answer_offer(*, actor: Actor, mediation_id: UUID, offer_id: UUID, state: str) -> MediationOffer:
    """Accepted, refused, or withdrawn by whoever made it."""
    if state not in (OfferState.ACCEPTED, OfferState.REFUSED, OfferState.WITHDRAWN):
        raise Invalid(fields={"state": ["返事を選んでください。"]})
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        offer = mediation.offers.select_for_update(of=("self",)).filter(id=offer_id).first()
        if offer is None:
            raise NotFound("この案は見つかりません。画面を開き直してください。")
        if offer.state == state:
            return offer
        if offer.state != OfferState.WAITING:
            raise WrongState("この案には、もう返事があります。取り消してからにします。")
        at = timezone.now()
        offer.state, offer.answered_at = state, at
        offer.save(update_fields=["state", "answered_at"])
        write_step(mediation, Step.ANSWER, actor=actor, at=at, offer=str(offer.id), state=state)
        return offer


def end_mediation(
    *, actor: Actor, mediation_id: UUID, outcome: str, failed_because: str = "", words: str = ""
) -> Mediation:
    """解決, 不調 with its reason, or withdrawn. The card's 処理結果 follows: settled where any mediation of the case is."""
    errors: dict[str, list[str]] = {}
    if outcome not in Outcome._value2member_map_:
        errors["outcome"] = ["結果を選んでください。"]
    if outcome == Outcome.FAILED and failed_because not in FailedBecause._value2member_map_:
        errors["failed_because"] = ["不調の理由を選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    text = clean_words(words, "words", needed=False)
    with actor_transaction(actor):
        case, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        before = case.result
        mediation.outcome, mediation.ended_at = outcome, timezone.now()
        mediation.failed_because = failed_because if outcome == Outcome.FAILED else ""
        drop_reminder(mediation)
        write_step(mediation, Step.RESULT, actor=actor, at=mediation.ended_at, words=text, outcome=outcome, result_before=before)
        _write_result(mediation, actor=actor)
        return mediation


def _write_result(mediation: Mediation, *, actor: Actor) -> None:
    outcomes = set(mediation.case.mediations.exclude(outcome="").values_list("outcome", flat=True))
    best = next((one for one in (Outcome.SETTLED, Outcome.FAILED) if one in outcomes), None)
    if best is not None:
        _save_result(mediation, RESULT_OF[best], actor=actor)


def _save_result(mediation: Mediation, result: str, *, actor: Actor) -> None:
    """Beside the drafts of whoever types: they merge with it as with a colleague's save."""
    case = mediation.case
    if case.result == result:
        return
    at = timezone.now()
    case.result, case.touched_at = result, at
    case.version += 1
    case.save(update_fields=["result", "touched_at", "version", "updated_at"])
    entry(case, Entry.CARD_SAVED, actor=actor, at=at, version=case.version, fields=("result",)).save(force_insert=True)
    publish(
        CardSaved(subject=case.id, centre_id=case.handling_centre_id, version=case.version, fields=("result",)), actor=actor
    )


UNDOABLE = frozenset({Step.CONSENT, Step.CONTACT, Step.LETTER, Step.OFFER, Step.ANSWER, Step.RESULT})


def undo_mediation_step(*, actor: Actor, mediation_id: UUID, step_id: UUID) -> MediationStep:
    """Take one's own last step back. Its line stays, struck through. A result can be taken back at any time.

    :raises WrongState: somebody else's step, one that has a later one, or too late.
    """
    with actor_transaction(actor):
        case, mediation = locked_mediation(actor=actor, mediation_id=mediation_id, ended=True)
        step = mediation.steps.filter(id=step_id).first()
        if step is None:
            raise NotFound("取り消す記録が見つかりません。画面を開き直してください。")
        if step.undone_at is not None:
            return step
        now = timezone.now()
        kind = Step(step.kind)
        result = kind is Step.RESULT and bool(mediation.outcome)
        if State(case.state) not in EDITABLE:
            raise WrongState(f"「{State(case.state).label}」の相談では、取り消せません。")
        if kind not in UNDOABLE or (not result and (step.by != actor.id or now - step.created_at > timedelta(seconds=UNDO_SECONDS))):
            raise WrongState("取り消せる時間を過ぎました。正しい内容を書き足してください。")
        if kind is Step.CONSENT:
            forget_consent(mediation, now)
        elif kind is Step.OFFER:
            mediation.offers.filter(id=step.data["offer"]).update(state=OfferState.WITHDRAWN.value)
        elif kind is Step.ANSWER:
            mediation.offers.filter(id=step.data["offer"]).update(state=OfferState.WAITING.value, answered_at=None)
        elif kind is Step.RESULT:
            mediation.outcome, mediation.failed_because, mediation.ended_at = "", "", None
        step.undone_at = now
        step.save(update_fields=["undone_at"])
        mediation.save()
        if kind is Step.RESULT:
            write_step(mediation, Step.REOPENED, actor=actor, at=now, step=str(step.id))
            _save_result(mediation, str(step.data.get("result_before", "")), actor=actor)
        log(case, "undo_mediation_step", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="mediation"), actor=actor)
        return step


# --- the ledger -------------------------------------------------------------------------------------------------------

#: The ledger is also kept after registration, and by officials: money often comes later.
KEEPERS = (Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL)


def write_redress(
    *,
    actor: Actor,
    case_id: UUID,
    kind: str,
    amount: int,
    on: date,
    source: str,
    proof: str,
    words: str = "",
    mediation_id: UUID | None = None,
    key: UUID | None = None,
) -> Redress:
    """One entry of the ledger, at any state of the case. The same key again gives the first entry back."""
    errors: dict[str, list[str]] = {}
    for field, value, known, sentence in (
        ("kind", kind, RedressKind, "救済の種類を選んでください。"),
        ("source", source, Source, "何によるものかを選んでください。"),
        ("proof", proof, Proof, "確かめ方を選んでください。"),
    ):
        if value not in known._value2member_map_:
            errors[field] = [sentence]
    if not 0 < amount <= MOST_YEN:
        errors["amount"] = ["金額は1円から100億円までで入力してください。"]
    if on > day_in_japan(timezone.now()):
        errors["on"] = ["きょうか、きょうより前の日を入力してください。"]
    if errors:
        raise Invalid(fields=errors)
    text = clean_words(words, "words", needed=False)
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=KEEPERS)
        if key is not None and (known_row := case.redress.filter(id=key).first()):
            return known_row
        mediation = case.mediations.filter(id=mediation_id).first() if mediation_id else None
        row = Redress(
            case=case, centre_id=case.handling_centre_id, mediation=mediation,
            business=(mediation.business if mediation else None) or confirmed_business(case),
            kind=kind, amount=amount, on=on, source=source, proof=proof, by=actor.id, at=timezone.now(),
        )  # fmt: skip
        if key is not None:
            row.id = key
        return _insert(row, text, actor=actor)


def counter_redress(*, actor: Actor, case_id: UUID, redress_id: UUID, reason: str) -> Redress:
    """Take an entry back by a counter-entry with its reason; a second time gives the first counter-entry back."""
    text = clean_words(reason, "reason")
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=KEEPERS)
        wrong = case.redress.select_for_update(of=("self",)).filter(id=redress_id).first()
        if wrong is None:
            raise NotFound("この記録は見つかりません。画面を開き直してください。")
        if wrong.corrects_id is not None:
            raise WrongState("取り消しの行は取り消せません。正しい額を書き足してください。")
        known = Redress.objects.filter(corrects=wrong).first()
        if known is not None:
            return known
        row = Redress(
            case=case, centre_id=case.handling_centre_id, mediation=wrong.mediation, business=wrong.business, kind=wrong.kind,
            amount=-wrong.amount, on=wrong.on, source=wrong.source, proof=wrong.proof, corrects=wrong, by=actor.id, at=timezone.now(),
        )  # fmt: skip
        return _insert(row, text, actor=actor)


def _insert(row: Redress, words: str, *, actor: Actor) -> Redress:
    case = row.case
    if words:
        set_sealed(row, words=words)
    row.save(force_insert=True)
    entry(case, Entry.REDRESS_WRITTEN, actor=actor, at=row.at, redress=str(row.id), sort=row.kind).save(force_insert=True)
    log(case, "write_redress" if row.corrects_id is None else "counter_redress", actor=actor)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="redress"), actor=actor)
    return row
