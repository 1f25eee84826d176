"""Writing complaints about ourselves and incidents: recorded, acknowledged, understood, mended, checked, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.audit.services import record_access
from caasis.cases.models import Case
from caasis.cases.selectors import own_cases
from caasis.engines.masking import find_personal
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict, WrongState
from caasis.kernel.events import Event
from caasis.operations.code_lists import code_lists, kind_list
from caasis.operations.events import MatterChanged, MatterClosed, MatterRecorded
from caasis.operations.models import Matter, MatterStep, Measure
from caasis.operations.rules.duties import clean_answers
from caasis.operations.rules.life import CLOSERS, MeasureView, clean_whys, measure_errors, why_not_close
from caasis.operations.selectors import get_matter, get_measure
from caasis.operations.vocabulary import MatterState, Sort, Step
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

LONGEST, LONGEST_OPEN = 4000, 400
NO_NAMES = "名前や電話番号は書かないでください。"


def _today() -> date:
    return day_in_japan(timezone.now())


def _open_words(text: str, field: str, *, least: int = 0, most: int = LONGEST_OPEN) -> tuple[str, dict[str, list[str]]]:
    """Words that everybody in the centre reads: without what looks like somebody's personal data."""
    text = text.replace("\x00", "").strip()
    if len(text) < least:
        return text, {field: ["内容を書いてください。"]}
    if len(text) > most:
        return text, {field: [f"{most}字までです。短くしてください。"]}
    if find_personal(text, known=[], allowed=[]):
        return text, {field: [NO_NAMES]}
    return text, {}


def record_matter(
    *,
    actor: Actor,
    sort: Sort,
    kind: str,
    severity: str,
    what: str,
    noticed_on: date | None,
    happened_on: date | None = None,
    channel: str = "",
    complainant: str = "",
    concerned_id: UUID | None = None,
    receipt_number: str = "",
    idempotency_key: str | None = None,
    is_demo: bool = False,
) -> Matter:
    """Write down a complaint about our own handling, or an incident. Sent twice under one key it is one.

    `what` and `complainant` may name people: they are sealed. `receipt_number` links a case of the centre.

    :raises Invalid: with sentences by field. :raises NotAllowed: not staff of a centre.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("記録できるのは、センターの相談員と職員です。")
    what, complainant = what.replace("\x00", "").strip(), complainant.replace("\x00", "").strip()
    errors: dict[str, list[str]] = {}
    if not kind_list(sort).is_valid(kind):
        errors["kind"] = ["種類を選んでください。"]
    if not code_lists()["severity"].is_valid(severity):
        errors["severity"] = ["重さを選んでください。"]
    if sort is Sort.COMPLAINT and not code_lists()["complaint_channel"].is_valid(channel):
        errors["channel"] = ["届き方を選んでください。"]
    if len(what) < 5:
        errors["what"] = ["あったことを書いてください（5字以上）。"]
    elif len(what) > LONGEST:
        errors["what"] = [f"{LONGEST:,}字までです。短くしてください。"]
    if len(complainant) > 300:
        errors["complainant"] = ["300字までです。短くしてください。"]
    if noticed_on is None:
        errors["noticed_on"] = ["気づいた日を入力してください。"]
    elif noticed_on > _today():
        errors["noticed_on"] = ["気づいた日を、きょうまでにしてください。"]
    elif happened_on is not None and happened_on > noticed_on:
        errors["happened_on"] = ["起きた日を、気づいた日より前にしてください。"]
    if concerned_id is not None and not staff_of(actor.centre_id).filter(id=concerned_id).exists():
        errors["concerned"] = ["センターの職員を選んでください。"]
    with actor_transaction(actor):
        case = _case_of(actor, receipt_number, errors)
        if errors or noticed_on is None:
            raise Invalid(fields=errors)
        if idempotency_key:
            known = Matter.objects.filter(idempotency_key=idempotency_key, centre_id=actor.centre_id).first()
            if known is not None:
                return known
        matter = Matter(
            centre_id=actor.centre_id,
            sort=sort.value,
            kind=kind,
            channel=channel if sort is Sort.COMPLAINT else "",
            severity=severity,
            case=case,
            concerned_id=concerned_id,
            happened_on=happened_on,
            noticed_on=noticed_on,
            recorded_by=actor.id,
            record_key_id=create_record_key(actor.centre_id).id,
            idempotency_key=idempotency_key,
            is_demo=is_demo,
        )
        matter.number = _new_number(matter)
        set_sealed(matter, what=what, complainant=complainant)
        try:
            with transaction.atomic():
                matter.save(force_insert=True)
        except IntegrityError:
            if not idempotency_key:
                raise
            # Two clicks at once: the other request was first.
            return Matter.objects.get(idempotency_key=idempotency_key, centre_id=actor.centre_id)
        _step(matter, Step.RECORDED, actor=actor)
        _log(matter, "record_matter", actor=actor)
        publish(
            MatterRecorded(subject=matter.id, centre_id=matter.centre_id, sort=sort.value, severity=severity), actor=actor
        )
        return matter


def _case_of(actor: Actor, receipt_number: str, errors: dict[str, list[str]]) -> Case | None:
    number = "".join(receipt_number.split()).upper()[:20]
    if not number:
        return None
    case = own_cases(actor=actor).filter(receipt_number=number).first()
    if case is None:
        errors["receipt_number"] = ["このセンターに、その番号の相談はありません。"]
    return case


def _new_number(matter: Matter) -> str:
    """「K2026-3F9A12BC」: the year, and a piece of the id. Numbers in order would need a lock, and tell others how many."""
    word = "K" if matter.sort == Sort.COMPLAINT else "J"
    return f"{word}{matter.noticed_on.year}-{matter.id.hex[-8:].upper()}"


def _open_matter(actor: Actor, matter_id: UUID, version: int | None = None) -> Matter:
    """A matter that is still open, locked."""
    matter = get_matter(actor=actor, matter_id=matter_id, for_update=True)
    if matter.state == MatterState.CLOSED:
        raise WrongState("終わった記録です。直すときは、もう一度開いてください。")
    if version is not None and version != matter.version:
        raise VersionConflict("ほかの人が先に書きました。開き直して確かめてください。", version=matter.version)
    return matter


def _step(matter: Matter, kind: Step, *, actor: Actor, words: str = "") -> None:
    MatterStep.objects.create(
        matter=matter, centre_id=matter.centre_id, at=timezone.now(), kind=kind.value, actor_id=actor.id, words=words[:400]
    )


def _log(matter: Matter, action: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=action, object_kind="matter", object_id=matter.id, centre_id=matter.centre_id
    )


def _save(matter: Matter, kind: Step, *, actor: Actor, words: str = "", event: Event | None = None) -> Matter:
    """Save a changed matter with its line, its row in the access log and its event."""
    matter.version += 1
    matter.save()
    _step(matter, kind, actor=actor, words=words)
    _log(matter, f"matter_{kind.value}", actor=actor)
    publish(event or MatterChanged(subject=matter.id, centre_id=matter.centre_id, what=kind.value), actor=actor)
    return matter


def acknowledge(*, actor: Actor, matter_id: UUID, words: str = "") -> Matter:
    """The complainant was told that we heard them; of an incident, that the people concerned know."""
    words, errors = _open_words(words, "words")
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id)
        if matter.acknowledged_at is not None:
            raise WrongState("受け止めは、すでに伝えています。")
        matter.acknowledged_at = timezone.now()
        if matter.state == MatterState.OPEN:
            matter.state = MatterState.ACKNOWLEDGED.value
        return _save(matter, Step.ACKNOWLEDGED, actor=actor, words=words)


def set_causes(
    *, actor: Actor, matter_id: UUID, version: int, whys: Sequence[str], root_cause: str, lessons: str = ""
) -> Matter:
    """なぜなぜ: up to five answers to "why", the root cause, and what was learnt.

    :raises Invalid: with sentences by field. :raises VersionConflict: somebody wrote since `version` was read.
    """
    root_cause, errors = _open_words(root_cause, "root_cause", least=2)
    lessons, wrong = _open_words(lessons, "lessons", most=2000)
    errors |= wrong
    answers = clean_whys(whys)
    for number, one in enumerate(answers, start=1):
        _, wrong = _open_words(one, f"why_{number}", most=200)
        errors |= wrong
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id, version)
        matter.whys, matter.root_cause, matter.lessons = answers, root_cause, lessons
        return _save(matter, Step.CAUSES, actor=actor)


def set_duties(*, actor: Actor, matter_id: UUID, answers: Mapping[str, str]) -> Matter:
    """Answers to the questions about reporting an incident. The product asks; people decide."""
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id)
        if matter.sort != Sort.INCIDENT:
            raise WrongState("報告の要否を確かめるのは、事故の記録です。")
        matter.duties = clean_answers(matter.kind, answers)
        return _save(matter, Step.DUTIES, actor=actor)


def note_progress(*, actor: Actor, matter_id: UUID, words: str, restored: bool = False) -> Matter:
    """A line of the timeline; `restored` says that an outage or a leak is stopped."""
    words, errors = _open_words(words, "words", least=2)
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id)
        if restored and matter.restored_at is None:
            matter.restored_at = timezone.now()
            return _save(matter, Step.RESTORED, actor=actor, words=words)
        return _save(matter, Step.NOTE, actor=actor, words=words)


def add_measure(
    *, actor: Actor, matter_id: UUID, what: str, owner_id: UUID | None, due_on: date | None, check_on: date | None
) -> Measure:
    """What is done so that it doesn't happen again.

    :raises Invalid: with sentences by field.
    """
    what = " ".join(what.replace("\x00", "").split())
    _, errors = _open_words(what, "what")
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id)
        owner = owner_id is not None and staff_of(matter.centre_id).filter(id=owner_id).exists()
        errors |= measure_errors(what=what, owner=owner, due_on=due_on, check_on=check_on, today=_today())
        if errors or owner_id is None or due_on is None or check_on is None:
            raise Invalid(fields=errors)
        measure = Measure.objects.create(
            matter=matter, centre_id=matter.centre_id, what=what, owner_id=owner_id, due_on=due_on, check_on=check_on
        )
        matter.state = MatterState.ACTING.value
        _save(matter, Step.MEASURE_ADDED, actor=actor, words=what)
        return measure


def finish_measure(*, actor: Actor, measure_id: UUID) -> Measure:
    """The measure is in place; whether it holds is checked later."""
    with actor_transaction(actor):
        measure = get_measure(actor=actor, measure_id=measure_id)
        matter = _open_matter(actor, measure.matter_id)
        if measure.done_at is not None:
            raise WrongState("この対策は、すでに終わっています。")
        measure.done_at = timezone.now()
        measure.save(update_fields=["done_at", "updated_at"])
        _save(matter, Step.MEASURE_DONE, actor=actor, words=measure.what)
        return measure


def check_measure(*, actor: Actor, measure_id: UUID, held: bool, note: str = "") -> Measure:
    """Whether a measure that is in place has held: the follow-up that shows that it wasn't only words."""
    note, errors = _open_words(note, "note", most=200)
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        measure = get_measure(actor=actor, measure_id=measure_id)
        matter = _open_matter(actor, measure.matter_id)
        if measure.done_at is None:
            raise WrongState("先に、対策を終えてください。")
        measure.held, measure.check_note = held, note
        measure.checked_at, measure.checked_by = timezone.now(), actor.id
        measure.save(update_fields=["held", "check_note", "checked_at", "checked_by", "updated_at"])
        _save(matter, Step.MEASURE_CHECKED, actor=actor, words="効いている" if held else "効いていない")
        return measure


def reason_against_closing(matter: Matter, *, actor: Actor, answered: bool | None = None) -> str:
    """Why this actor can't close the matter now; "" when they can. `answered` None reads whether an answer is kept."""
    return why_not_close(
        actor=actor,
        sort=Sort(matter.sort),
        state=MatterState(matter.state),
        concerned=matter.concerned_id,
        root_cause=matter.root_cause,
        answered=bool(matter.answer) if answered is None else answered,
        lessons=matter.lessons,
        measures=[MeasureView(one.done_at is not None, one.held) for one in matter.measures.all()],
    )


def close_matter(*, actor: Actor, matter_id: UUID, answer: str = "") -> Matter:
    """Close it: cause and measures stand, the complainant has an answer. Not by the one who is complained about.

    :raises NotAllowed: not an approver, or the person concerned. :raises Invalid: something is missing.
    """
    answer = answer.replace("\x00", "").strip()
    if len(answer) > LONGEST:
        raise Invalid(fields={"answer": [f"{LONGEST:,}字までです。短くしてください。"]})
    with actor_transaction(actor):
        matter = _open_matter(actor, matter_id)
        _require_right(matter, actor)
        sentence = reason_against_closing(matter, actor=actor, answered=bool(answer or matter.answer))
        if sentence:
            raise Invalid(fields={"answer": [sentence]})
        if answer:
            set_sealed(matter, answer=answer)
        matter.state = MatterState.CLOSED.value
        matter.closed_at, matter.closed_by = timezone.now(), actor.id
        closed = MatterClosed(subject=matter.id, centre_id=matter.centre_id, sort=matter.sort)
        return _save(matter, Step.CLOSED, actor=actor, event=closed)


def _require_right(matter: Matter, actor: Actor) -> None:
    """Who may decide at all, before it is asked whether everything is there."""
    if not actor.has(*CLOSERS) or (matter.concerned_id is not None and matter.concerned_id == actor.id):
        raise NotAllowed(reason_against_closing(matter, actor=actor))


def reopen_matter(*, actor: Actor, matter_id: UUID, reason: str) -> Matter:
    """It happened again, or the complainant is not content: open once more, nothing is lost."""
    reason, errors = _open_words(reason, "reopen_reason", least=2)
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        matter = get_matter(actor=actor, matter_id=matter_id, for_update=True)
        if matter.state != MatterState.CLOSED:
            raise WrongState("この記録は終わっていません。")
        _require_right(matter, actor)
        matter.state = MatterState.ACTING.value
        matter.closed_at = matter.closed_by = None
        return _save(matter, Step.REOPENED, actor=actor, words=reason)
