"""Reads of notices of serious accidents: inside the centre only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from caasis.accounts.selectors import names_of
from caasis.cases.code_lists import label
from caasis.cases.models import AccidentNotice, Case
from caasis.cases.rules.accidents import NoticeMeans, accident_law, is_late, notice_draft
from caasis.cases.rules.checks import age_band
from caasis.cases.selectors import is_insider, read_card
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import JST
from caasis.kernel.errors import NotFound
from caasis.organisations.models import Centre
from caasis.privacy.services import open_fields

State = AccidentNotice.State


def own_notices(*, actor: Actor) -> QuerySet[AccidentNotice]:
    """Notices of the actor's centre; nobody else sees any."""
    if actor.is_system:
        return AccidentNotice.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return AccidentNotice.objects.none()
    return AccidentNotice.objects.filter(centre_id=actor.centre_id)


def get_notice(*, actor: Actor, notice_id: UUID, case_id: UUID | None = None) -> AccidentNotice:
    """One notice, of this case where one is named. :raises NotFound: absent, hidden, or of another case."""
    rows = own_notices(actor=actor).filter(id=notice_id)
    if case_id is not None:
        rows = rows.filter(case_id=case_id)
    found = rows.select_related("case").first()
    if found is None:
        raise NotFound("この通知は見つかりません。相談から開き直してください。")
    return found


def standing_notice(case: Case) -> AccidentNotice | None:
    """The notice that is open or has left; None where there is none, or a person said that it is none."""
    return case.accident_notices.filter(supplements=None, state__in=[State.OPEN, State.SENT]).first()


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice with what the page says of it."""

    notice: AccidentNotice
    criteria: list[tuple[str, str, bool]]
    late: bool
    minutes: int
    means: str
    sent_by: str
    closed_by: str
    reason: str | None

    @property
    def waiting(self) -> str:
        """How long it has been waiting, or waited, in words."""
        hours, minutes = divmod(self.minutes, 60)
        if hours >= 48:
            return f"{hours // 24}日"
        return f"{hours}時間{minutes}分" if hours else f"{minutes}分"


def notices_of(case: Case, *, actor: Actor, purpose: Purpose | None, now: datetime) -> list[ShownNotice]:
    """All notices of a case, the oldest first. :raises NotFound: outside the centre."""
    if not is_insider(case, actor):
        raise NotFound
    rows = list(case.accident_notices.all())
    reasons = {
        row.id: open_fields(row, "reason", actor=actor, purpose=purpose)["reason"]
        for row in rows
        if purpose is not None and row.reason
    }
    return _shown(rows, now, reasons)


def open_notices(*, actor: Actor, now: datetime) -> list[ShownNotice]:
    """Notices of the centre that have not left, the oldest first: an official's list."""
    rows = own_notices(actor=actor).filter(state=State.OPEN).select_related("case").order_by("found_at")
    return _shown(list(rows[:200]), now, {})


def recent_notices(*, actor: Actor, now: datetime, limit: int = 30) -> list[ShownNotice]:
    """Notices of the centre that left or were closed, the newest first."""
    rows = own_notices(actor=actor).exclude(state=State.OPEN).select_related("case").order_by("-updated_at")
    return _shown(list(rows[:limit]), now, {})


def _shown(rows: Sequence[AccidentNotice], now: datetime, reasons: dict[UUID, str]) -> list[ShownNotice]:
    law = accident_law()
    names = names_of({one for row in rows for one in (row.sent_by, row.closed_by) if one})
    return [
        ShownNotice(
            notice=row,
            criteria=[
                (found.label, found.article, found.verified) for code in row.criteria if (found := law.criterion(code))
            ],
            late=row.state == State.OPEN and is_late(row.found_at, now=now),
            minutes=max(0, int(((row.sent_at or row.closed_at or now) - row.found_at).total_seconds() // 60)),
            means=NoticeMeans.words(row.sent_means) if row.sent_means else "",
            sent_by=names.get(row.sent_by, "") if row.sent_by else "",
            closed_by=names.get(row.closed_by, "") if row.closed_by else "",
            reason=reasons.get(row.id),
        )
        for row in rows
    ]


def notice_values(notice: AccidentNotice, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """The form: as it was saved, else filled from the card, without names. Opened for the purpose, and logged."""
    body = open_fields(notice, "body", actor=actor, purpose=purpose)["body"]
    if body:
        saved: dict[str, str] = json.loads(body)
        return saved
    case = notice.case
    card = read_card(case)
    own = card.get("contract_party_is_consumer") is not False
    age, sex = (card["consumer_age"], card["consumer_sex"]) if own else (card["party_age"], card["party_sex"])
    centre = Centre.objects.filter(id=notice.centre_id).first()
    at = notice.found_at.astimezone(JST)
    return notice_draft(
        card,
        {
            "kind": label("harm_kind", card["harm_kind"]),
            "degree": label("harm_degree", card["harm_degree"]),
            "product": label("product", card["product"]),
            "age": label("age_band", age_band(age)) if age is not None else "",
            "sex": label("sex", sex) if sex else "",
            "learned": f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}　{label('channel', case.channel)}による相談",
            "contact": "　".join(part for part in (centre.name, centre.phone) if part) if centre else "",
        },
    )
