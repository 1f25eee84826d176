"""Sending a case to another centre, taking it back, ending what is shared.

Personal data are sealed per centre: what somebody ticked is opened here, for the log, and sealed again under the
receiving centre's key as a row of its own. When the sharing ends that key is destroyed, and what was passed on with it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.cases.events import ReferralChanged
from caasis.cases.models import Case, Referral, Share
from caasis.cases.rules.referring import (
    CONSENT,
    PASSABLE,
    RUNNING,
    ReferralForm,
    ReferralKind,
    ReferralState,
    may_leave,
    moves,
    problems_of,
)
from caasis.cases.selectors import consumer_of, with_parts
from caasis.cases.services.approving import personal_in_texts
from caasis.cases.services.guards import locked_case
from caasis.cases.services.rows import entry
from caasis.cases.sharing import filled_fields, get_referral, is_back_up, known_names, personal_kinds_in
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.kernel.actor import SYSTEM, Actor, Purpose, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.kernel.ids import uuid7
from caasis.organisations.selectors import centres
from caasis.people.models import Consent, Person
from caasis.people.selectors import open_person
from caasis.people.services import build_person, save_person
from caasis.people.vocabulary import ConsentKind
from caasis.platform.outbox.publish import publish_all
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.erasure import Reason, erase_record

#: The toast stands for ten seconds; the server allows a little more for a slow network.
UNDO_SECONDS = 30
NO_NAMES = "氏名・電話などの個人情報は書かず、渡す項目で選んでください。"


def send_referral(
    *, actor: Actor, case_id: UUID, to_centre_id: UUID, form: ReferralForm, page_id: UUID | None = None
) -> Referral:
    """Refer a case to another centre. The other centre sees it at once in its inbox.

    `page_id` is made with the page, so that two clicks send one referral.

    :raises Invalid: the form must be mended; nothing has left. :raises WrongState: the case can't be referred so now.
    :raises NotFound: hidden or absent. :raises NotAllowed: nobody who works on the case.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        # Bound to the case: the same number with another case is another referral.
        referral_id = uuid5(case.id, str(page_id)) if page_id else uuid7()
        known = Referral.objects.filter(id=referral_id).first()
        if known is not None:
            return known
        case = with_parts(Case.objects.filter(id=case.id)).get()
        if form.handed_back and not is_back_up(actor.centre_id):
            raise NotAllowed("担当のセンターに戻せるのは、国のバックアップだけです。")
        if to_centre_id == actor.centre_id or not centres().filter(id=to_centre_id).exists():
            raise Invalid(fields={"to": ["相手のセンターを選んでください。"]})
        _check_state(case, form.kind, to_centre_id)
        problems = problems_of(form, today=day_in_japan(timezone.now()), known=filled_fields(case))
        names = known_names(case)
        for name in ("reason", "request"):
            if name not in problems and personal_kinds_in(getattr(form, name), names):
                problems[name] = [NO_NAMES]
        if personal_in_texts(case, {"title": case.title, "summary": case.summary, "handling": case.handling}):
            problems["texts"] = ["件名や概要に個人情報があるようです。カードで伏せてください。"]
        if problems:
            raise Invalid(fields=problems)
        referral = _save(case, actor=actor, to_centre_id=to_centre_id, form=form, referral_id=referral_id)
        _tell(referral, Entry.REFERRED, actor=actor, referral_kind=form.kind.value)
        log_both(referral, "refer_case", actor=actor, fields=form.passed, reason=form.reason)
        return referral


def _check_state(case: Case, kind: ReferralKind, to_centre_id: UUID) -> None:
    running = Referral.objects.filter(case=case, state__in=[state.value for state in RUNNING])
    why_not = may_leave(
        kind,
        state_is_editable=State(case.state) in EDITABLE,
        registered_before=case.registered_at is not None,
        running=list(running.values_list("kind", flat=True)),
    )
    if not why_not and case.state in (State.MERGED, State.TRANSFERRED):
        why_not = f"「{State(case.state).label}」の相談は、送れません。"
    if not why_not and running.filter(to_centre_id=to_centre_id).exists():
        why_not = "このセンターには、もう送っています。返事を確かめてください。"
    if why_not:
        raise WrongState(why_not)


def _save(
    case: Case, *, actor: Actor, to_centre_id: UUID, form: ReferralForm, referral_id: UUID
) -> Referral:
    at = timezone.now()
    consumer = consumer_of(case)
    source = consumer.person if consumer else None
    passed = tuple(name for name in PASSABLE if name in form.passed)
    values: dict[str, str] = {}
    if passed and source is not None:
        opened = open_person(source, actor=actor, purpose=Purpose.HANDOVER)
        values = {name: opened.get(name, "") for name in passed}
    if source is not None and form.basis == CONSENT and form.consent_on is not None:
        Consent.objects.create(
            person=source,
            centre_id=source.centre_id,
            kind=ConsentKind.PASS_ON.value,
            given_at=datetime.combine(form.consent_on, time(0), tzinfo=JST),
            given_by_means=form.consent_means,
            recorded_by=actor.id,
        )
    # The other centre's rows are behind its own wall: the system writes them, after the checks above.
    with system_transaction():
        person = save_person(build_person(centre_id=to_centre_id, values=values)) if values else None
        referral = Referral(
            id=referral_id,
            case=case,
            from_centre_id=case.handling_centre_id,
            to_centre_id=to_centre_id,
            kind=form.kind.value,
            handed_back=form.handed_back,
            basis=form.basis,
            basis_document=form.basis_document,
            consent_by=form.consent_by,
            consent_on=form.consent_on,
            consent_means=form.consent_means,
            passed=list(passed),
            reason=form.reason,
            request=form.request,
            person=person,
            sent_by=actor.id,
            sent_at=at,
        )
        referral.save(force_insert=True)
        Share.objects.create(
            case=case, referral=referral, from_centre_id=referral.from_centre_id, centre_id=to_centre_id
        )
    return referral


def withdraw_referral(*, actor: Actor, referral_id: UUID, undo: bool = False) -> Referral:
    """Take a referral back before the other centre took it on. What was passed on is destroyed.

    With `undo` only within seconds and before the other side opened it: then it is as if nothing had left.

    :raises WrongState: it was opened, answered or taken on meanwhile.
    """
    with actor_transaction(actor):
        referral = _own(actor, referral_id)
        if undo and (referral.opened_at or timezone.now() - referral.sent_at > timedelta(seconds=UNDO_SECONDS)):
            raise WrongState("相手が開いたか、時間が過ぎました。画面で確かめてください。")
        step(referral, "withdraw", actor=actor, closing_reason="")
        close_share(referral)
        _tell(referral, Entry.REFERRAL_WITHDRAWN, actor=actor)
        log_both(referral, "withdraw_referral", actor=actor)
        return referral


def end_sharing(*, actor: Actor, referral_id: UUID, reason: str) -> Referral:
    """End 助言 or 共同処理: either centre may. The other centre can no longer read the case, nor what was passed on.

    :raises Invalid: no reason is given. :raises WrongState: nothing is shared any more.
    """
    reason = reason.strip()[:2000]
    if len(reason) < 2:
        raise Invalid(fields={"reason": ["共有を終える理由を書いてください。"]})
    with actor_transaction(actor):
        referral = workable(actor, referral_id)
        refuse_names(referral, reason, "reason")
        step(referral, "end", actor=actor, closing_reason=reason)
        close_share(referral)
        _tell(referral, Entry.REFERRAL_ENDED, actor=actor)
        log_both(referral, "end_sharing", actor=actor, reason=reason)
        return referral


# --- shared with the receiving side -----------------------------------------------------------------------------------


def workable(actor: Actor, referral_id: UUID) -> Referral:
    """The referral, locked, for somebody who works on cases in one of the two centres."""
    referral = get_referral(actor=actor, referral_id=referral_id, for_update=True)
    if not actor.has(Role.COUNSELLOR, Role.SUPERVISOR):
        raise NotAllowed
    return referral


def _own(actor: Actor, referral_id: UUID) -> Referral:
    referral = workable(actor, referral_id)
    if not actor.works_for(referral.from_centre_id):
        raise NotAllowed("送ったセンターだけが取り消せます。返却を使ってください。")
    return referral


def step(referral: Referral, verb: str, *, actor: Actor, closing_reason: str | None = None) -> ReferralState:
    """Lead a referral along a verb. :raises WrongState: it isn't where the verb starts; says where it is."""
    after = moves(referral.state, referral.kind, verb)
    if after is None:
        raise WrongState(f"この連絡は「{ReferralState(referral.state).label}」です。画面を開き直してください。")
    at = timezone.now()
    if verb in ("accept", "return", "answer") and referral.decided_at is None:
        referral.decided_by, referral.decided_at = actor.id, at
    if closing_reason is not None:
        referral.closing_reason = closing_reason
        referral.ended_by, referral.ended_at = actor.id, at
    referral.state = after.value
    referral.version += 1
    referral.save()
    return after


def close_share(referral: Referral) -> None:
    """The other centre's view of the case ends now, and with it what was passed on of the person."""
    with system_transaction():
        Share.objects.filter(referral=referral, ended_at=None).update(ended_at=timezone.now())
        person = Person.objects.filter(id=referral.person_id).first() if referral.person_id else None
        if person is not None:
            erase_record(actor=SYSTEM, key_id=person.record_key_id, reason=Reason.SHARING_ENDED)


def refuse_names(referral: Referral, text: str, field: str) -> None:
    """A text that the other centre reads holds no personal data. :raises Invalid: it seems to."""
    with system_transaction():
        case = with_parts(Case.objects.filter(id=referral.case_id)).get()
        names = known_names(case)
    if personal_kinds_in(text, names):
        raise Invalid(fields={field: ["氏名・電話などの個人情報は書かないでください。"]})


def _tell(referral: Referral, kind: Entry, *, actor: Actor, **data: str) -> None:
    """A line in the timeline of the case, and word to both centres; the case may be the other centre's."""
    with system_transaction():
        note(referral, kind, actor=actor, **data)


def note(referral: Referral, kind: Entry, *, actor: Actor, **data: str) -> None:
    at = timezone.now()
    # Lines name the centre that acted too: names of people alone say little between centres.
    more = {"referral": str(referral.id), "centre": str(actor.centre_id), **data}
    entry(Case(id=referral.case_id), kind, actor=actor, at=at, **more).save(force_insert=True)
    Case.objects.filter(id=referral.case_id).filter(~Q(state=State.TRANSFERRED.value)).update(touched_at=at)
    publish_all(
        [
            ReferralChanged(subject=referral.case_id, centre_id=centre_id, referral=referral.id, state=referral.state)
            for centre_id in (referral.from_centre_id, referral.to_centre_id)
        ],
        actor=actor,
    )


def log_both(
    referral: Referral, action: str, *, actor: Actor, fields: tuple[str, ...] = (), reason: str = ""
) -> None:
    """The access log of both centres holds what passed between them."""
    with system_transaction():
        for centre_id in (referral.from_centre_id, referral.to_centre_id):
            record_access(
                actor=actor,
                action=action,
                object_kind="referral",
                object_id=referral.id,
                centre_id=centre_id,
                fields=fields,
                purpose=Purpose.HANDOVER,
                reason=reason,
            )
