"""Product tests with their chain of custody, the consumer's own 申出, and consent to co-operate with enforcement."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone

from caasis.cases.asks import get_ask
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import Case, CaseAsk, CaseAskEntry
from caasis.cases.rules.asks import CUSTODY, OVER, AskKind, AskState, AskStep
from caasis.cases.rules.mediation import Means
from caasis.cases.selectors import visible_cases
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.mediating import clean_words
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry, State
from caasis.engines.masking import PersonalKind, find_personal
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

KEEPERS = (Role.COUNSELLOR, Role.SUPERVISOR, Role.OFFICIAL)
#: Who decides for the centre that it co-operates.
DECIDERS = (Role.SUPERVISOR, Role.OFFICIAL)


def open_ask(
    *, actor: Actor, case_id: UUID, kind: str, addressee: str, text: str, due_on: date | None = None, key: UUID | None = None
) -> CaseAsk:
    """A product test or a 申出 of this case. The same key again gives the first one back."""
    errors: dict[str, list[str]] = {}
    if kind not in (AskKind.TEST, AskKind.PETITION):
        errors["kind"] = ["依頼の種類を選んでください。"]
    if not addressee.strip() or len(addressee) > 80:
        errors["addressee"] = ["依頼・提出先を80字までで入力してください。"]
    if errors:
        raise Invalid(fields=errors)
    body = clean_words(text, "text")
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id, roles=KEEPERS)
        if key is not None and (known := case.asks.filter(id=key).first()):
            return known
        ask = CaseAsk(
            case=case, centre_id=case.handling_centre_id, kind=kind, state=AskState.OPEN.value, addressee=addressee.strip(),
            due_on=due_on, asked_by=actor.id, asked_at=timezone.now(),
        )  # fmt: skip
        if key is not None:
            ask.id = key
        set_sealed(ask, body=body)
        ask.save(force_insert=True)
        _write(ask, AskStep.ASKED, actor=actor)
        return ask


def ask_cooperation(
    *, actor: Actor, case_id: UUID, authority: str, question: str, due_on: date | None = None, key: UUID | None = None
) -> CaseAsk:
    """NCAC or CAA asks the centre of one registered case whether the consumer and the centre would co-operate.

    The centre may also write down a request that came by letter.

    :raises NotAllowed: neither a national role nor of the case's centre. :raises NotFound: the case is hidden.
    """
    errors: dict[str, list[str]] = {}
    if not authority.strip() or len(authority) > 80:
        errors["authority"] = ["求める機関を80字までで入力してください。"]
    text = clean_words(question, "question")
    if any(span.kind in (PersonalKind.PHONE, PersonalKind.MAIL) for span in find_personal(text, known=[], allowed=[])):
        errors["question"] = ["電話番号やメールは書かずに、求めることを書いてください。"]
    if due_on is not None and due_on < day_in_japan(timezone.now()):
        errors["due_on"] = ["きょうか、きょうより後の日を入力してください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        case = visible_cases(actor=actor).filter(id=case_id).first()
        if case is None:
            raise NotFound
        own = actor.works_for(case.handling_centre_id)
        if not own and not (actor.is_national and case.state == State.REGISTERED):
            raise NotAllowed("協力を求められるのは、国の機関と担当センターです。")
        if key is not None and (known := CaseAsk.objects.filter(id=key, case=case).first()):
            return known
        ask = CaseAsk(
            case=case, centre_id=case.handling_centre_id, kind=AskKind.COOPERATION.value, state=AskState.ASKED.value,
            addressee=authority.strip(), question=text, due_on=due_on, asked_by=actor.id, asked_by_nation=not own,
            asked_at=timezone.now(),
        )  # fmt: skip
        if key is not None:
            ask.id = key
        ask.save(force_insert=True)
        _write(ask, AskStep.ASKED, actor=actor, in_timeline=own)
        return ask


def _write(
    ask: CaseAsk, kind: AskStep, *, actor: Actor, words: str = "", gave: str = "", took: str = "", in_timeline: bool = True
) -> CaseAskEntry:
    case: Case = ask.case
    line = CaseAskEntry(
        ask=ask, case=case, centre_id=ask.centre_id, kind=kind.value, at=timezone.now(), by=actor.id, gave=gave, took=took
    )
    if words:
        set_sealed(line, words=words)
    line.save(force_insert=True)
    if in_timeline:
        entry(case, Entry.ASK_LOGGED, actor=actor, at=line.at, ask=str(ask.id), step=kind.value).save(force_insert=True)
    log(case, f"ask_{kind.value}", actor=actor)
    publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="ask"), actor=actor)
    return line


def _locked(actor: Actor, ask_id: UUID) -> CaseAsk:
    found = get_ask(actor=actor, ask_id=ask_id)
    case = locked_case(actor=actor, case_id=found.case_id, roles=KEEPERS)
    ask = CaseAsk.objects.select_for_update(of=("self",)).get(id=ask_id)
    ask.case = case
    if AskState(ask.state) in OVER:
        raise WrongState("この依頼は終わっています。新しく始めてください。")
    return ask


#: Which steps a person writes into which kind of request, and the state that it leads to ("" leaves it).
STEPS: dict[AskKind, dict[AskStep, str]] = {
    AskKind.TEST: {
        AskStep.KEPT: "", AskStep.MOVED: "", AskStep.SENT: AskState.SENT.value, AskStep.RESULT: AskState.DONE.value,
        AskStep.RETURNED: "", AskStep.DISPOSED: "", AskStep.NOTE: "", AskStep.WITHDRAWN: AskState.WITHDRAWN.value,
    },
    AskKind.PETITION: {
        AskStep.FILED: AskState.SENT.value, AskStep.RESULT: AskState.DONE.value, AskStep.NOTE: "",
        AskStep.WITHDRAWN: AskState.WITHDRAWN.value,
    },
    AskKind.COOPERATION: {AskStep.ANSWERED: AskState.DONE.value, AskStep.NOTE: ""},
}  # fmt: skip


def log_ask(*, actor: Actor, ask_id: UUID, step: str, words: str = "", gave: str = "", took: str = "") -> CaseAskEntry:
    """One line of a request's log. Where a thing changes hands, who gave it and who took it are needed.

    :raises Invalid: the step is none of this kind, or a hand is missing. :raises WrongState: an answer before both agreed.
    """
    text = clean_words(words, "words", needed=step in (AskStep.RESULT, AskStep.NOTE, AskStep.ANSWERED))
    with actor_transaction(actor):
        ask = _locked(actor, ask_id)
        steps = STEPS[AskKind(ask.kind)]
        if step not in steps:
            raise Invalid(fields={"step": ["記録することを選んでください。"]})
        kind = AskStep(step)
        missing = [name for name, value in (("gave", gave), ("took", took)) if not value.strip() and kind in CUSTODY]
        if missing:
            raise Invalid(fields={name: ["渡した人と受け取った人を入力してください。"] for name in missing})
        if max(len(gave), len(took)) > 80:
            raise Invalid(fields={"took": ["渡した人・受け取った人は80字までです。"]})
        if kind is AskStep.ANSWERED and ask.state != AskState.AGREED:
            raise WrongState("本人とセンターの両方が協力すると決めてから回答します。")
        line = _write(ask, kind, actor=actor, words=text, gave=gave.strip(), took=took.strip())
        if steps[kind]:
            ask.state = steps[kind]
            ask.closed_at = line.at if AskState(ask.state) in OVER else None
            ask.save(update_fields=["state", "closed_at", "updated_at"])
        return line


def record_consumer_answer(*, actor: Actor, ask_id: UUID, agrees: bool, means: str, words: str = "") -> CaseAsk:
    """What the consumer said to the request for co-operation. A no ends it: nobody asks a second time."""
    if means not in Means._value2member_map_:
        raise Invalid(fields={"means": ["確かめた方法を選んでください。"]})
    text = clean_words(words, "words", needed=False)
    with actor_transaction(actor):
        ask = _cooperation(actor, ask_id)
        ask.consumer_agrees, ask.consumer_asked_at, ask.consumer_means = agrees, timezone.now(), means
        _write(ask, AskStep.CONSUMER_YES if agrees else AskStep.CONSUMER_NO, actor=actor, words=text)
        _settle(ask)
        return ask


def decide_cooperation(*, actor: Actor, ask_id: UUID, agrees: bool, words: str = "") -> CaseAsk:
    """The centre's own decision, by its supervisor or official."""
    if not actor.has(*DECIDERS):
        raise NotAllowed("センターとしての判断は、主任か職員に頼んでください。")
    text = clean_words(words, "words", needed=not agrees)
    with actor_transaction(actor):
        ask = _cooperation(actor, ask_id)
        ask.centre_agrees, ask.centre_decided_by = agrees, actor.id
        _write(ask, AskStep.CENTRE_YES if agrees else AskStep.CENTRE_NO, actor=actor, words=text)
        _settle(ask)
        return ask


def _cooperation(actor: Actor, ask_id: UUID) -> CaseAsk:
    ask = _locked(actor, ask_id)
    if ask.kind != AskKind.COOPERATION:
        raise WrongState("協力の依頼ではありません。画面を開き直してください。")
    return ask


def _settle(ask: CaseAsk) -> None:
    """Both must agree; one no is enough."""
    if ask.consumer_agrees is False or ask.centre_agrees is False:
        ask.state, ask.closed_at = AskState.REFUSED.value, timezone.now()
    elif ask.consumer_agrees and ask.centre_agrees:
        ask.state = AskState.AGREED.value
    ask.save()
