"""決裁: the machine's checks, asking for it, taking the request back, the light path for inquiries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.events import CaseRegistered
from caasis.cases.models import Approval, Case
from caasis.cases.parts import contracts_of_snapshot, further_parts, snapshot_of
from caasis.cases.rules.checks import Check, check_card, open_flags, stops
from caasis.cases.selectors import read_card
from caasis.cases.services.guards import locked_case, log, move
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import Entry, State
from caasis.engines.masking import Span, find_personal
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.organisations.selectors import policy_of
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import read_sealed


def run_checks(case: Case, card: dict[str, Any] | None = None) -> list[Check]:
    """The machine's checks of a case as it stands. The consumer's name is looked for, never shown."""
    card = card if card is not None else read_card(case)
    return check_card(
        card,
        today=day_in_japan(timezone.now()),
        personal=personal_in_texts(case, card),
        further=contracts_of_snapshot(card, further_parts(case)),
    )


def personal_spans(case: Case, card: Mapping[str, Any]) -> dict[str, list[Span]]:
    """Where the open texts hold what looks like a consumer's personal data: field → places. The consumer's name is
    looked for, never shown; the trader's name and phone are evidence and stay."""
    known: list[str] = []
    for party in case.parties.all():
        if party.person is not None:
            known += [name for name in read_sealed(party.person, "name", "kana").values() if len(name) >= 2]
    allowed = [value for value in (card.get("business_phone"), card.get("business_name")) if value]
    allowed += [value for row in case.businesses.all() for value in (row.phone, row.name_as_heard) if value]
    found: dict[str, list[Span]] = {}
    for field in ("title", "summary", "handling"):
        spans = find_personal(card.get(field) or "", known=known, allowed=allowed)
        if spans:
            found[field] = spans
    return found


def personal_in_texts(case: Case, card: Mapping[str, Any]) -> dict[str, list[str]]:
    """What looks like a consumer's personal data in the open texts: field → kinds (氏名, 電話番号, …)."""
    return {
        field: list(dict.fromkeys(PERSONAL_LABELS.get(span.kind, "個人情報") for span in spans))
        for field, spans in personal_spans(case, card).items()
    }


PERSONAL_LABELS = {
    "phone": "電話番号",
    "mail": "メールアドレス",
    "email": "メールアドレス",
    "address": "住所",
    "postcode": "郵便番号",
    "card": "カード番号",
    "account": "口座番号",
    "known": "氏名",
    "name": "氏名",
}


def request_approval(*, actor: Actor, case_id: UUID, reply: str = "") -> Approval | None:
    """Ask for 決裁. Returns the request, or None where the centre's light path registered an inquiry at once.

    :raises Invalid: a check says that something must be mended first; `fields` name where.
    """
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        at = timezone.now()
        if State(case.state) in (State.ADVISING, State.MEDIATING):
            raise WrongState("先に「処理終了」にしてください。")
        card = read_card(case)
        checks = run_checks(case, card)
        bad = stops(checks)
        if bad:
            raise Invalid(fields={check.field: [check.message] for check in bad})
        policy = policy_of(case.handling_centre_id)
        if policy.light_path_for_inquiries and case.kind == "inquiry" and not open_flags(checks):
            register_light(case, actor=actor)
            return None
        case.handled_at = case.handled_at or at
        move(case, "request_approval", actor=actor, at=at)
        approval = Approval.objects.create(
            case=case,
            centre_id=case.handling_centre_id,
            number=case.approvals.count() + 1,
            requested_by=actor.id,
            requested_at=at,
            case_version=case.version,
            snapshot=snapshot_of(card, further_parts(case)),
            checks=[check.to_json() for check in checks],
            steps=list(policy.approval_steps),
            reply=reply.strip()[:2000],
        )
        entry(case, Entry.APPROVAL_REQUESTED, actor=actor, at=at, number=approval.number).save(force_insert=True)
        log(case, "request_approval", actor=actor)
        return approval


def register_light(case: Case, *, actor: Actor) -> None:
    """軽い決裁: an inquiry without open checks is registered by the counsellor; the timeline says so."""
    at = timezone.now()
    move(case, "request_approval", actor=actor, at=at)
    move(case, "approve", actor=actor, at=at)
    _register(case, actor=actor)


def withdraw_request(*, actor: Actor, case_id: UUID) -> Case:
    """Take back a request that nobody has decided yet."""
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        approval = case.approvals.select_for_update().filter(state=Approval.State.WAITING).first()
        if approval is None:
            raise WrongState("取り下げられる決裁依頼がありません。")
        if approval.requested_by != actor.id:
            raise NotAllowed("依頼した本人だけが取り下げられます。")
        if approval.decisions.exists():
            raise WrongState("すでに決裁が始まっています。差し戻しを頼んでください。")
        at = timezone.now()
        approval.state = Approval.State.WITHDRAWN
        approval.save(update_fields=["state"])
        move(case, "withdraw_request", actor=actor, at=at)
        entry(case, Entry.APPROVAL_WITHDRAWN, actor=actor, at=at, number=approval.number).save(force_insert=True)
        return case


def _register(case: Case, *, actor: Actor) -> None:
    at = timezone.now()
    if case.registered_at is None:
        # The first registration is the one that counts; a reopened case keeps its day.
        case.registered_at = at
    move(case, "register", actor=actor, at=at)
    entry(case, Entry.REGISTERED, actor=actor, at=at, light=True).save(force_insert=True)
    publish(CaseRegistered(subject=case.id, centre_id=case.handling_centre_id), actor=actor)
