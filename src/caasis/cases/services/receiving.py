"""What the receiving centre does with a referral: open it, take it on, return it, answer, say what was done.

Taking on a 移送 opens a case of the receiving centre: its coded parts are copied, the person is the row that was passed
on, and the case that was handed over stays with the sender as a record that can only be read. One of the two counts.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from django.utils import timezone

from caasis.cases.models import Case, CaseBusiness, Contract, Harm, Party, Referral, ReferralMessage
from caasis.cases.rules.referring import LONGEST, ReferralKind
from caasis.cases.selectors import consumer_of, with_parts
from caasis.cases.services.guards import move
from caasis.cases.services.referring import (
    close_share,
    log_both,
    note,
    refuse_names,
    step,
    workable,
)
from caasis.cases.services.rows import build_case, entry, save_rows
from caasis.cases.sharing import get_referral
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.kernel.ids import uuid7
from caasis.people.models import Person
from caasis.platform.transactions import actor_transaction, system_transaction

#: What of a case is copied when it is handed over.
Part = Party | Contract | CaseBusiness | Harm


def open_referral(*, actor: Actor, referral_id: UUID) -> Referral:
    """The first look of the receiving centre: from now on it can't be undone silently. Later looks change nothing."""
    with actor_transaction(actor):
        referral = get_referral(actor=actor, referral_id=referral_id, for_update=True)
        if actor.works_for(referral.to_centre_id) and referral.opened_at is None and referral.state == "sent":
            referral.opened_at, referral.opened_by = timezone.now(), actor.id
            referral.save(update_fields=["opened_at", "opened_by", "updated_at"])
            _note(referral, Entry.REFERRAL_OPENED, actor=actor)
            log_both(referral, "open_referral", actor=actor)
        return referral


def accept_referral(*, actor: Actor, referral_id: UUID) -> Referral:
    """Take on 共同処理 or 移送. After a 移送 `continued_as` is the case of the receiving centre.

    :raises WrongState: it was withdrawn or answered meanwhile, or the case can't be handed over now.
    """
    with actor_transaction(actor):
        referral = _received(actor, referral_id)
        step(referral, "accept", actor=actor)
        if referral.kind == ReferralKind.TRANSFER:
            _take_over(referral, actor=actor)
        _note(referral, Entry.REFERRAL_ACCEPTED, actor=actor)
        log_both(referral, "accept_referral", actor=actor)
        return referral


def _take_over(referral: Referral, *, actor: Actor) -> None:
    at = timezone.now()
    with system_transaction():
        Case.objects.select_for_update().get(id=referral.case_id)
        source = with_parts(Case.objects.filter(id=referral.case_id)).get()
        if State(source.state) not in EDITABLE:
            raise WrongState("送り元で決裁中のため、まだ引き受けられません。")
        parts = _copies_of(source)
        person = Person.objects.filter(id=referral.person_id).first() if referral.person_id else None
        taken = _case_of(source, referral, actor=actor, person=person, parts=parts)
        # The sender keeps its own rows; the way to the other case is the referral.
        move(source, "transfer", actor=actor, at=at)
        source.tasks.filter(done_at=None).update(done_at=at)
        referral.continued_as = taken
        referral.save(update_fields=["continued_as", "updated_at"])
        # What was passed on lives on in the case; only the look through the wall ends.
        referral.share.ended_at = at
        referral.share.save(update_fields=["ended_at", "updated_at"])


def _copies_of(source: Case) -> list[Part]:
    """Unsaved copies of the coded parts: a new row each, nobody's person among them."""
    rows: list[Part] = [*source.parties.all(), *source.contracts.all(), *source.businesses.all(), *source.harms.all()]
    copies: list[Part] = []
    for row in rows:
        values = {
            column.attname: getattr(row, column.attname)
            for column in row._meta.concrete_fields
            if column.attname not in ("id", "case_id", "person_id", "created_at", "updated_at")
        }
        copies.append(type(row)(**values))
    return copies


def _case_of(
    source: Case,
    referral: Referral,
    *,
    actor: Actor,
    person: Person | None,
    parts: list[Part],
) -> Case:
    assert actor.centre_id is not None
    at = timezone.now()
    card = {
        name: getattr(source, name)
        for name in ("kind", "channel", "title", "summary", "handling", "injury", "money_moving")
        if getattr(source, name)
    }
    rows = build_case(
        actor=actor,
        centre_id=actor.centre_id,
        card=card | {"route": ReferralKind(referral.kind).route},
        received_at=source.received_at,
        at=at,
        counsellor_id=actor.id,
        is_demo=source.is_demo,
    )
    case = rows.case
    case.deadline_on = source.deadline_on
    case.prefecture_code, case.municipality_code = source.prefecture_code, source.municipality_code
    case.codes_version = source.codes_version
    for copy in parts:
        copy.case = case
    rows.parties = [part for part in parts if isinstance(part, Party)]
    rows.contracts = [part for part in parts if isinstance(part, Contract)]
    rows.businesses = [part for part in parts if isinstance(part, CaseBusiness)]
    rows.harms = [part for part in parts if isinstance(part, Harm)]
    consumer = consumer_of(source)
    for party in rows.parties:
        if person is not None and consumer is not None and party.position == consumer.position:
            party.person = person
    rows.entries.append(
        entry(case, Entry.TRANSFER_RECEIVED, actor=actor, at=at, referral=str(referral.id), centre=str(referral.from_centre_id))
    )
    return save_rows(rows)


def return_referral(*, actor: Actor, referral_id: UUID, reason: str) -> Referral:
    """返却 with its reason: the sender goes on alone, and what was passed on is destroyed here.

    :raises Invalid: no reason is given, or it holds personal data.
    """
    reason = reason.strip()[:2000]
    if len(reason) < 2:
        raise Invalid(fields={"reason": ["返す理由を書いてください。"]})
    with actor_transaction(actor):
        referral = _received(actor, referral_id)
        refuse_names(referral, reason, "reason")
        step(referral, "return", actor=actor, closing_reason=reason)
        close_share(referral)
        _note(referral, Entry.REFERRAL_RETURNED, actor=actor)
        log_both(referral, "return_referral", actor=actor, reason=reason)
        return referral


def say(*, actor: Actor, referral_id: UUID, text: str, page_id: UUID | None = None) -> ReferralMessage:
    """Answer a question (回答), ask on, or tell the other centre what was done (経過). No personal data.

    `page_id` is made with the page, so that two clicks say it once.

    :raises Invalid: empty, too long, or with personal data. :raises WrongState: nothing is shared any more.
    """
    text = text.strip()
    if not text:
        raise Invalid(fields={"text": ["相手のセンターに伝えることを書いてください。"]})
    if len(text) > LONGEST:
        raise Invalid(fields={"text": [f"{LONGEST:,}字までで書いてください。"]})
    with actor_transaction(actor):
        referral = workable(actor, referral_id)
        message_id = uuid5(referral.id, str(page_id)) if page_id else uuid7()
        known = referral.messages.filter(id=message_id).first()
        if known is not None:
            return known
        receives = actor.works_for(referral.to_centre_id)
        advice = referral.kind == ReferralKind.ADVICE
        verb = "answer" if advice and receives else "say"
        refuse_names(referral, text, "text")
        step(referral, verb, actor=actor)
        message = ReferralMessage(
            id=message_id,
            referral=referral,
            centre_id=referral.to_centre_id if receives else referral.from_centre_id,
            author_id=actor.id,
            kind="answer" if verb == "answer" else "question" if advice else "progress",
            text=text,
        )
        message.save(force_insert=True)
        _note(referral, Entry.REFERRAL_SAID, actor=actor)
        log_both(referral, "say_in_referral", actor=actor)
        return message


def _received(actor: Actor, referral_id: UUID) -> Referral:
    referral = workable(actor, referral_id)
    if not actor.works_for(referral.to_centre_id):
        raise NotAllowed("引き受け・返却は、届いたセンターだけができます。")
    return referral


def _note(referral: Referral, kind: Entry, *, actor: Actor) -> None:
    with system_transaction():
        note(referral, kind, actor=actor)
