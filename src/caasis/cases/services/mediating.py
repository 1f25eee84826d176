"""あっせん: beginning, the consumer's consent, the log, the business's deadline, and where it goes on to.

Nobody is named to a business without consent that is recorded before (「本人の同意なく誰にも知られない」).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.business_record import confirmed_business
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.mediations import get_mediation
from caasis.cases.models import Case, Mediation, MediationOnward, MediationStep, Task
from caasis.cases.rules.mediation import (
    ONWARD_OVER,
    Body,
    Direction,
    Means,
    OnwardState,
    Outcome,
    Step,
)
from caasis.cases.rules.mediation_letters import BusinessLetter
from caasis.cases.selectors import consumer_of
from caasis.cases.services.guards import locked_case, log, move
from caasis.cases.services.rows import entry
from caasis.cases.services.tasking import show_next_task
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.engines.identity import read_name
from caasis.engines.japanese import normalise_phone, normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, WrongState
from caasis.people.naming_consent import record_naming_consent, withdraw_naming_consent
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

LONGEST = 4_000
#: A reminder of a deadline comes up when the centre opens on its day.
REMIND_AT = time(9)
NO_CONSENT = "名前を伝えるには、本人の同意を先に記録します。"


def begin_mediation(
    *, actor: Actor, case_id: UUID, business_name: str = "", business_phone: str = "", business_person: str = ""
) -> Mediation:
    """Begin a mediation with a business; the case becomes あっせん中. One that is open with the same business is given back.

    :raises Invalid: no business is named. :raises WrongState: the case is not being worked on.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        heard = case.businesses.order_by("position").first()
        name = normalise_text(business_name) or (heard.name_as_heard if heard else "")
        phone = normalise_text(business_phone) or (heard.phone if heard else "")
        errors: dict[str, list[str]] = {}
        if not name:
            errors["business_name"] = ["相手方の事業者の名前を入力してください。"]
        for field, value, most in (("business_name", name, 160), ("business_phone", phone, 40), ("business_person", business_person, 80)):
            if len(value) > most:
                errors[field] = [f"{most}字までで入力してください。"]
        if errors:
            raise Invalid(fields=errors)
        key = read_name(name, guess_reading=False).core[:160]
        standing = case.mediations.filter(outcome="", name_key=key).first()
        if standing is not None:
            return standing
        at = timezone.now()
        if case.state != State.MEDIATING:
            move(case, "begin_mediation", actor=actor, at=at)
        same = heard is not None and read_name(heard.name_as_heard, guess_reading=False).core[:160] == key
        mediation = Mediation.objects.create(
            case=case,
            centre_id=case.handling_centre_id,
            business=confirmed_business(case) if same else None,
            business_name=name,
            business_phone=phone,
            business_person=normalise_text(business_person),
            phone_key=normalise_phone(phone) or "",
            name_key=key,
            handled_by=case.counsellor_id or actor.id,
            began_at=at,
            last_step_at=at,
        )
        write_step(mediation, Step.BEGUN, actor=actor, at=at)
        return mediation


def locked_mediation(*, actor: Actor, mediation_id: UUID, ended: bool = False) -> tuple[Case, Mediation]:
    """Case and mediation, locked, for somebody who works on the case. With `ended` also one that is over.

    :raises NotFound: hidden or absent. :raises WrongState: the mediation has ended, or the case can't be changed.
    """
    found = get_mediation(actor=actor, mediation_id=mediation_id)
    case = locked_case(actor=actor, case_id=found.case_id)
    mediation = Mediation.objects.select_for_update(of=("self",)).get(id=mediation_id)
    mediation.case = case
    if not ended and mediation.outcome:
        raise WrongState("このあっせんは終わっています。結果を取り消すと続けられます。")
    if not ended and State(case.state) not in EDITABLE:
        raise WrongState(f"「{State(case.state).label}」の相談では、あっせんを進められません。")
    return case, mediation


def write_step(
    mediation: Mediation,
    kind: Step,
    *,
    actor: Actor,
    at: datetime,
    words: str = "",
    means: str = "",
    direction: str = "",
    named: bool = False,
    key: UUID | None = None,
    **data: Any,
) -> MediationStep:
    """One line of the log, of the case's timeline and of the access log; and the event."""
    case = mediation.case
    step = MediationStep(
        mediation=mediation, case=case, centre_id=mediation.centre_id, kind=kind.value, at=at, by=actor.id,
        means=means, direction=direction, named_consumer=named, data=data,
    )  # fmt: skip
    if key is not None:
        step.id = key
    if words:
        set_sealed(step, words=words)
    step.save(force_insert=True)
    mediation.last_step, mediation.last_step_at = kind.value, at
    mediation.save()
    entry(case, Entry.MEDIATION_LOGGED, actor=actor, at=timezone.now(), step=kind.value, mediation=str(mediation.id)).save(
        force_insert=True
    )
    log(case, f"mediation_{kind.value}", actor=actor)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="mediation"), actor=actor)
    return step


def clean_words(text: str, field: str, *, needed: bool = True) -> str:
    """A free text of the log. :raises Invalid: empty where it is needed, or too long."""
    text = text.replace("\x00", "").strip()
    if needed and not text:
        raise Invalid(fields={field: ["内容を書いてください。"]})
    if len(text) > LONGEST:
        raise Invalid(fields={field: [f"{LONGEST:,}字までです。短くしてください。"]})
    return text


def past(at: datetime | None, field: str) -> datetime:
    """The instant at which something happened. :raises Invalid: it has not happened yet."""
    now = timezone.now()
    if at is None:
        return now
    if at > now + timedelta(minutes=5):
        raise Invalid(fields={field: ["まだ来ていない日時です。直してください。"]})
    return at


def record_consent(*, actor: Actor, mediation_id: UUID, means: str, given_at: datetime | None = None) -> Mediation:
    """The consumer agreed to be named to this business. A second time changes nothing."""
    if means not in Means._value2member_map_:
        raise Invalid(fields={"means": ["同意を受けた方法を選んでください。"]})
    with actor_transaction(actor):
        case, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        if mediation.consent_given_at is not None:
            return mediation
        at = past(given_at, "given_at")
        mediation.consent_given_at, mediation.consent_means, mediation.consent_by = at, means, actor.id
        consumer = consumer_of(case)
        if consumer is not None and consumer.person is not None and consumer.person.centre_id == mediation.centre_id:
            mediation.consent_id = record_naming_consent(actor=actor, person=consumer.person, means=means, given_at=at)
        write_step(mediation, Step.CONSENT, actor=actor, at=timezone.now(), means=means)
        return mediation


def withdraw_consent(*, actor: Actor, mediation_id: UUID) -> Mediation:
    """The consumer takes the consent back: from now on nobody names them. What was said before stays in the log."""
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        if mediation.consent_given_at is None:
            return mediation
        at = timezone.now()
        forget_consent(mediation, at)
        write_step(mediation, Step.CONSENT_WITHDRAWN, actor=actor, at=at)
        return mediation


def forget_consent(mediation: Mediation, at: datetime) -> None:
    if mediation.consent_id is not None:
        withdraw_naming_consent(consent_id=mediation.consent_id, at=at)
    mediation.consent_given_at, mediation.consent_means = None, ""
    mediation.consent_by, mediation.consent_id = None, None


def log_contact(
    *,
    actor: Actor,
    mediation_id: UUID,
    means: str,
    direction: str,
    words: str,
    named: bool = False,
    at: datetime | None = None,
    key: UUID | None = None,
) -> MediationStep:
    """A call, letter, mail or meeting with either side, and what was said. The same key again gives the first line back.

    :raises Invalid: the consumer was named to the business without consent.
    """
    errors: dict[str, list[str]] = {}
    if means not in Means._value2member_map_:
        errors["means"] = ["連絡の方法を選んでください。"]
    if direction not in Direction._value2member_map_:
        errors["direction"] = ["だれとの連絡かを選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    text = clean_words(words, "words")
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        if key is not None and (known := mediation.steps.filter(id=key).first()):
            return known
        if named and mediation.consent_given_at is None and direction == Direction.TO_BUSINESS:
            raise Invalid(fields={"named": [NO_CONSENT]})
        return write_step(
            mediation, Step.CONTACT, actor=actor, at=past(at, "at"), words=text, means=means, direction=direction,
            named=named and direction == Direction.TO_BUSINESS, key=key,
        )  # fmt: skip


def set_answer_deadline(*, actor: Actor, mediation_id: UUID, due_on: date | None) -> Mediation:
    """The day until which the business is to answer, with a task on that day; None takes it back."""
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id)
        if due_on is not None and due_on < timezone.now().astimezone(JST).date():
            raise Invalid(fields={"due_on": ["きょうか、きょうより後の日を入力してください。"]})
        if due_on == mediation.answer_due_on:
            return mediation
        before = mediation.answer_due_on
        _remind(mediation, due_on, actor=actor)
        write_step(
            mediation, Step.DEADLINE, actor=actor, at=timezone.now(),
            before=before.isoformat() if before else "", due_on=due_on.isoformat() if due_on else "",
        )  # fmt: skip
        return mediation


def _remind(mediation: Mediation, due_on: date | None, *, actor: Actor) -> None:
    case = mediation.case
    drop_reminder(mediation)
    mediation.answer_due_on = due_on
    if due_on is not None:
        task = Task.objects.create(
            case=case,
            centre_id=mediation.centre_id,
            kind="mediation",
            what=f"あっせん：{mediation.business_name[:60]}の回答期限",
            due_at=datetime.combine(due_on, REMIND_AT, JST),
            assigned_to=mediation.handled_by or actor.id,
            created_by=actor.id,
        )
        mediation.answer_task_id = task.id
    show_next_task(case)


def drop_reminder(mediation: Mediation) -> None:
    """The reminder is done with: another day, an answer, or the end."""
    if mediation.answer_task_id is not None:
        Task.objects.filter(id=mediation.answer_task_id, done_at=None).update(done_at=timezone.now())
        mediation.answer_task_id = None


def record_business_letter(
    *, actor: Actor, mediation_id: UUID, letter: BusinessLetter, form: str, named: bool, due_on: date | None = None
) -> MediationStep:
    """A letter to the business was made. The text is not kept; a letter that asks sets the deadline and its reminder.

    :raises Invalid: it names the consumer without consent.
    """
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id, ended=letter is BusinessLetter.CLOSING)
        if named and mediation.consent_given_at is None:
            raise Invalid(fields={"body": [NO_CONSENT]})
        now = timezone.now()
        recent = mediation.steps.filter(kind=Step.LETTER.value, by=actor.id, at__gte=now - timedelta(minutes=10), undone_at=None)
        if letter.asks and due_on is not None and due_on != mediation.answer_due_on:
            set_answer_deadline(actor=actor, mediation_id=mediation_id, due_on=due_on)
            mediation.refresh_from_db()
        same = next((step for step in recent if step.data.get("letter") == letter.value), None)
        if same is not None:
            # The same letter as PDF and as text, or once more after a change, is one line.
            return same
        return write_step(
            mediation, Step.LETTER, actor=actor, at=now, means=Means.LETTER.value,
            direction=Direction.TO_BUSINESS.value, named=named, letter=letter.value, form=form,
        )  # fmt: skip


def go_onward(
    *, actor: Actor, mediation_id: UUID, body: str, state: str, on: date, reference: str = "", words: str = "", key: UUID | None = None
) -> MediationOnward:
    """The case goes on to ADR, a committee or a court; possible once the mediation has failed."""
    errors: dict[str, list[str]] = {}
    if body not in Body._value2member_map_:
        errors["body"] = ["進む先を選んでください。"]
    if state not in (OnwardState.PREPARING, OnwardState.APPLIED):
        errors["state"] = ["準備中か、申請したかを選んでください。"]
    if len(reference) > 60:
        errors["reference"] = ["番号は60字までです。短くしてください。"]
    if errors:
        raise Invalid(fields=errors)
    text = clean_words(words, "words", needed=False)
    with actor_transaction(actor):
        case, mediation = locked_mediation(actor=actor, mediation_id=mediation_id, ended=True)
        if mediation.outcome != Outcome.FAILED:
            raise WrongState("ADR・委員会へ進めるのは、不調になったあとです。")
        if key is not None and (known := mediation.onwards.filter(id=key).first()):
            return known
        row = MediationOnward(
            mediation=mediation, case=case, centre_id=mediation.centre_id, body=body, state=state, on=on,
            reference=normalise_text(reference), by=actor.id,
        )  # fmt: skip
        if key is not None:
            row.id = key
        if text:
            set_sealed(row, words=text)
        row.save(force_insert=True)
        write_step(mediation, Step.ONWARD, actor=actor, at=timezone.now(), onward=str(row.id), body=body)
        return row


def record_onward(
    *, actor: Actor, mediation_id: UUID, onward_id: UUID, state: str, on: date, words: str = ""
) -> MediationOnward:
    """What became of it there."""
    if state not in OnwardState._value2member_map_:
        raise Invalid(fields={"state": ["いまの状況を選んでください。"]})
    text = clean_words(words, "words", needed=False)
    with actor_transaction(actor):
        _, mediation = locked_mediation(actor=actor, mediation_id=mediation_id, ended=True)
        row = mediation.onwards.filter(id=onward_id).first()
        if row is None:
            raise WrongState("進んだ先の記録が見つかりません。画面を開き直してください。")
        row.state = state
        row.ended_on = on if OnwardState(state) in ONWARD_OVER else None
        row.case = mediation.case
        if text:
            set_sealed(row, words=text)
        row.save()
        write_step(mediation, Step.ONWARD_RESULT, actor=actor, at=timezone.now(), onward=str(row.id), state=state)
        return row
