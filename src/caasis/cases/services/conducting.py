"""Ending an abusive consultation by the centre's rule, with a witness, and care for whoever had to listen.

A counsellor notes and warns, a supervisor decides, an official hears the appeal. An ending never stops a consultation
about injury or danger to life, nor one about another matter: `rules.conduct.is_turned_away` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import staff_of
from caasis.cases.conduct import criteria_of, policy_of, standing_file
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import Case, ConductEntry, ConductFile, ConductRule, Task
from caasis.cases.rules.conduct import ConductState, ConductStep, Criterion, warnings_missing
from caasis.cases.services.guards import WORKERS, locked_case, log
from caasis.cases.services.mediating import clean_words, past
from caasis.cases.services.noting import show_next_task
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

FEWEST_DAYS, MOST_DAYS, MOST_WARNINGS = 1, 365, 5
#: How soon after an incident a supervisor talks it over with whoever had to listen.
DEBRIEF_AFTER = timedelta(days=1)
INVOLVED = (*WORKERS, Role.OFFICIAL)


def save_conduct_rule(
    *, actor: Actor, warnings_needed: int, longest_days: int, warning: str, ending: str, appeal_to: str
) -> ConductRule:
    """The centre's own rule, set by its official."""
    if not actor.has(Role.OFFICIAL) or actor.centre_id is None:
        raise NotAllowed("きまりを決めるのは、センターの職員です。")
    errors: dict[str, list[str]] = {}
    if not 1 <= warnings_needed <= MOST_WARNINGS:
        errors["warnings_needed"] = [f"警告の回数は1回から{MOST_WARNINGS}回までです。"]
    if not FEWEST_DAYS <= longest_days <= MOST_DAYS:
        errors["longest_days"] = [f"期間は{FEWEST_DAYS}日から{MOST_DAYS}日までです。"]
    if len(appeal_to) > 120:
        errors["appeal_to"] = ["申し立て先は120字までです。短くしてください。"]
    if errors:
        raise Invalid(fields=errors)
    values = {
        "warnings_needed": warnings_needed,
        "longest_days": longest_days,
        "warning": clean_words(warning, "warning"),
        "ending": clean_words(ending, "ending"),
        "appeal_to": appeal_to.strip(),
    }
    with actor_transaction(actor):
        row, _ = ConductRule.objects.update_or_create(centre_id=actor.centre_id, defaults=values)
        return row


def note_incident(
    *,
    actor: Actor,
    case_id: UUID,
    criteria: Sequence[str],
    words: str,
    at: datetime | None = None,
    witness: UUID | None = None,
    debrief: bool = True,
    key: UUID | None = None,
) -> ConductEntry:
    """Write down what happened; the file of the case is opened with the first incident, and a talk with the supervisor
    is planned. The same key again gives the first line back."""
    if not criteria or any(code not in Criterion._value2member_map_ for code in criteria):
        raise Invalid(fields={"criteria": ["あてはまるものを選んでください。"]})
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if key is not None and (known := ConductEntry.objects.filter(id=key, case=case).first()):
            return known
        file = standing_file(case)
        if file is None:
            file = ConductFile.objects.create(
                case=case, centre_id=case.handling_centre_id, state=ConductState.NOTED.value,
                opened_by=actor.id, opened_at=timezone.now(),
            )  # fmt: skip
        line = _write(
            file, ConductStep.INCIDENT, case, actor=actor, words=text, at=past(at, "at"),
            witness=_witness(case, witness), criteria=list(criteria), key=key,
        )  # fmt: skip
        if debrief:
            _plan_debrief(file, case, actor=actor)
        return line


def warn(*, actor: Actor, case_id: UUID, words: str, witness: UUID | None = None) -> ConductEntry:
    """A warning in the centre's wording, as it was said, with who heard it."""
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, WORKERS, ConductState.NOTED, ConductState.WARNED)
        file.state = ConductState.WARNED.value
        file.save(update_fields=["state", "updated_at"])
        return _write(file, ConductStep.WARNING, case, actor=actor, words=text, witness=_witness(case, witness))


def propose_ending(*, actor: Actor, case_id: UUID, words: str, witness: UUID | None) -> ConductEntry:
    """Ask the supervisor to end it. :raises WrongState: a warning is still missing. :raises Invalid: nobody witnessed it."""
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, WORKERS, ConductState.NOTED, ConductState.WARNED)
        lines = list(file.entries.all())
        missing = warnings_missing(
            policy_of(file.centre_id), warnings=sum(1 for one in lines if one.kind == ConductStep.WARNING), criteria=criteria_of(lines)
        )
        if missing:
            raise WrongState(f"あと{missing}回の警告がいります（センターのきまり）。")
        who = _witness(case, witness) or next((one.witness for one in lines if one.witness), None)
        if who is None:
            raise Invalid(fields={"witness": ["いっしょに聞いた職員を選んでください。"]})
        file.state, file.proposed_by = ConductState.PROPOSED.value, actor.id
        file.save(update_fields=["state", "proposed_by", "updated_at"])
        return _write(file, ConductStep.PROPOSAL, case, actor=actor, words=text, witness=who)


def decide_ending(*, actor: Actor, case_id: UUID, end: bool, days: int = 0, words: str) -> ConductFile:
    """The supervisor decides, never on one's own proposal where the centre has another supervisor or an official."""
    if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed("対応の終了を決めるのは主任です。主任に頼んでください。")
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, INVOLVED, ConductState.PROPOSED)
        assert actor.id is not None
        others = staff_of(file.centre_id, Role.SUPERVISOR, Role.OFFICIAL).exclude(id=actor.id)
        if file.proposed_by == actor.id and others.exists():
            raise NotAllowed("自分の申し出は、ほかの主任か職員が判断します。")
        most = policy_of(file.centre_id).longest_days
        if end and not FEWEST_DAYS <= days <= most:
            raise Invalid(fields={"days": [f"期間は{FEWEST_DAYS}日から{most}日までです（センターのきまり）。"]})
        today = day_in_japan(timezone.now())
        file.state = (ConductState.ENDED if end else ConductState.CLOSED).value
        file.decided_by, file.decided_at = actor.id, timezone.now()
        if end:
            file.ended_from, file.ended_until = today, today + timedelta(days=days - 1)
        file.save()
        _write(file, ConductStep.ENDED if end else ConductStep.REFUSED, case, actor=actor, words=text)
        return file


def record_ending_letter(*, actor: Actor, case_id: UUID) -> ConductEntry | None:
    """The letter that tells the consumer was made; the text is not kept. Once is one line."""
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, INVOLVED, ConductState.ENDED, ConductState.APPEALED)
        if file.entries.filter(kind=ConductStep.LETTER.value).exists():
            return None
        return _write(file, ConductStep.LETTER, case, actor=actor)


def record_appeal(*, actor: Actor, case_id: UUID, words: str) -> ConductFile:
    """The consumer objects. The ending stands until somebody who did not decide it has looked."""
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, INVOLVED, ConductState.ENDED)
        file.state = ConductState.APPEALED.value
        file.save(update_fields=["state", "updated_at"])
        _write(file, ConductStep.APPEAL, case, actor=actor, words=text)
        return file


def lift_ending(*, actor: Actor, case_id: UUID, uphold: bool, words: str) -> ConductFile:
    """Lift the ending, or uphold it after an appeal. An appeal is decided by somebody other than who ended it."""
    if not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed("判断するのは、主任か職員です。")
    text = clean_words(words, "words")
    with actor_transaction(actor):
        case, file = _standing(actor, case_id, INVOLVED, ConductState.ENDED, ConductState.APPEALED)
        if uphold and file.state != ConductState.APPEALED:
            raise WrongState("申し立てがありません。画面を開き直してください。")
        if file.state == ConductState.APPEALED and file.decided_by == actor.id:
            raise NotAllowed("申し立ては、決めた人とは別の主任か職員が判断します。")
        file.state = (ConductState.ENDED if uphold else ConductState.LIFTED).value
        file.save(update_fields=["state", "updated_at"])
        _write(file, ConductStep.UPHELD if uphold else ConductStep.LIFTED, case, actor=actor, words=text)
        return file


def care_for_staff(*, actor: Actor, case_id: UUID, kind: str, words: str = "") -> ConductEntry:
    """A break that was offered, a talk that is planned, or how the counsellor is (read by supervisors only)."""
    if kind not in (ConductStep.BREAK, ConductStep.DEBRIEF, ConductStep.CARE):
        raise Invalid(fields={"kind": ["記録することを選んでください。"]})
    text = clean_words(words, "words", needed=kind == ConductStep.CARE)
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=INVOLVED)
        file = case.conduct_files.order_by("-opened_at").first()
        if file is None:
            raise WrongState("先に、できごとを記録してください。")
        if kind == ConductStep.DEBRIEF:
            return _plan_debrief(file, case, actor=actor)
        return _write(file, ConductStep(kind), case, actor=actor, words=text)


def _plan_debrief(file: ConductFile, case: Case, *, actor: Actor) -> ConductEntry:
    assert actor.id is not None
    supervisor = staff_of(file.centre_id, Role.SUPERVISOR).exclude(id=actor.id).first()
    Task.objects.create(
        case=case, centre_id=file.centre_id, kind="debrief", what="迷惑行為のあとの振り返り（相談員と主任）",
        due_at=timezone.now() + DEBRIEF_AFTER, assigned_to=supervisor.pk if supervisor else actor.id, created_by=actor.id,
    )  # fmt: skip
    show_next_task(case)
    return _write(file, ConductStep.DEBRIEF, case, actor=actor)


def _standing(actor: Actor, case_id: UUID, roles: tuple[Role, ...], *states: ConductState) -> tuple[Case, ConductFile]:
    case = locked_case(actor=actor, case_id=case_id, roles=roles)
    file = standing_file(case)
    if file is None:
        raise WrongState("先に、できごとを記録してください。")
    if file.state not in states:
        raise WrongState(f"いまは「{ConductState.words(file.state)}」です。画面を開き直してください。")
    return case, file


def _witness(case: Case, witness: UUID | None) -> UUID | None:
    if witness is not None and not staff_of(case.handling_centre_id).filter(id=witness).exists():
        raise NotFound("いっしょに聞いた職員が見つかりません。選び直してください。")
    return witness


def _write(
    file: ConductFile,
    kind: ConductStep,
    case: Case,
    *,
    actor: Actor,
    words: str = "",
    at: datetime | None = None,
    witness: UUID | None = None,
    criteria: Sequence[str] = (),
    key: UUID | None = None,
) -> ConductEntry:
    line = ConductEntry(
        file=file, case=case, centre_id=file.centre_id, kind=kind.value, at=at or timezone.now(), by=actor.id,
        witness=witness, criteria=list(criteria),
    )  # fmt: skip
    if key is not None:
        line.id = key
    if words:
        set_sealed(line, words=words)
    line.save(force_insert=True)
    # The timeline names no kind: it is seen by more people than the file.
    entry(case, Entry.CONDUCT_LOGGED, actor=actor, at=timezone.now(), file=str(file.id)).save(force_insert=True)
    log(case, f"conduct_{kind.value}", actor=actor)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="conduct"), actor=actor)
    return line
