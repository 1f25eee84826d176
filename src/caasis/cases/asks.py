"""Reads of requests beside a case: of the centre, and for the nation those that it asked itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from caasis.accounts.selectors import names_of
from caasis.cases.models import Case, CaseAsk, CaseAskEntry
from caasis.cases.rules.asks import OVER, AskKind, AskState, AskStep
from caasis.cases.selectors import is_insider
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.services import open_rows


def visible_asks(*, actor: Actor) -> QuerySet[CaseAsk]:
    """Requests of the actor's centre; a national role sees its own requests for co-operation."""
    if actor.is_system:
        return CaseAsk.objects.all()
    if actor.centre_id is not None and actor.works_for(actor.centre_id):
        return CaseAsk.objects.filter(centre_id=actor.centre_id)
    if actor.is_national:
        return CaseAsk.objects.filter(asked_by_nation=True, kind=AskKind.COOPERATION.value, asked_by=actor.id)
    return CaseAsk.objects.none()


def get_ask(*, actor: Actor, ask_id: UUID, case_id: UUID | None = None) -> CaseAsk:
    """One request, of this case where one is named. :raises NotFound: absent, hidden, or of another case."""
    rows = visible_asks(actor=actor).filter(id=ask_id)
    if case_id is not None:
        rows = rows.filter(case_id=case_id)
    found = rows.select_related("case").first()
    if found is None:
        raise NotFound("この依頼は見つかりません。相談から開き直してください。")
    return found


@dataclass(frozen=True, slots=True)
class ShownEntry:
    entry: CaseAskEntry
    kind: str
    who: str
    words: str | None


@dataclass(frozen=True, slots=True)
class ShownAsk:
    """A request in words; texts are None while no purpose is stated."""

    ask: CaseAsk
    kind: str
    state: str
    over: bool
    body: str | None
    entries: list[ShownEntry]

    @property
    def holder(self) -> str:
        """Who has the thing now, by the chain of custody."""
        return next((shown.entry.took for shown in reversed(self.entries) if shown.entry.took), "")


def asks_of(case: Case, *, actor: Actor, purpose: Purpose | None) -> list[ShownAsk]:
    """The requests of a case with their logs, the newest first. :raises NotFound: outside the centre."""
    if not is_insider(case, actor):
        raise NotFound
    rows = list(case.asks.all())
    lines = list(CaseAskEntry.objects.filter(ask__in=rows))
    names = names_of({line.by for line in lines if line.by})
    bodies: Sequence[str | None] = [None] * len(rows)
    words: Sequence[str | None] = [None] * len(lines)
    if purpose is not None:
        key = case.record_key_id
        bodies = open_rows(rows, "body", key_id=key, object_id=case.id, actor=actor, purpose=purpose)
        words = open_rows(lines, "words", key_id=key, object_id=case.id, actor=actor, purpose=purpose)
    shown: dict[UUID, list[ShownEntry]] = {row.id: [] for row in rows}
    for line, text in zip(lines, words, strict=True):
        who = "国の機関" if line.kind == AskStep.ASKED and line.by not in names else names.get(line.by, "") if line.by else ""
        shown[line.ask_id].append(ShownEntry(line, AskStep.words(line.kind), who, text))
    return [
        ShownAsk(
            row,
            AskKind.words(row.kind),
            AskState.words(row.state),
            AskState(row.state) in OVER or row.state == AskState.AGREED,
            body,
            shown[row.id],
        )
        for row, body in zip(rows, bodies, strict=True)
    ][::-1]


def open_asks(*, actor: Actor) -> list[CaseAsk]:
    """Requests that are not over, those that are due first: the inbox of a centre, or what a national role has asked."""
    rows = visible_asks(actor=actor).select_related("case")
    if not actor.is_national:
        rows = rows.exclude(Q(state__in=[one.value for one in OVER]) | Q(state=AskState.AGREED.value))
    return list(rows.order_by("due_on", "asked_at")[:200])
