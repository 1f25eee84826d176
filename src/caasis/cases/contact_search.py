"""Cases of a telephone number or a mail address, inside one centre, by the blind index: nothing is opened.

A number is no identity: families share one, and numbers are given out again. So only how many cases there are and when
the last one came is told, and the numbers of the cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from caasis.audit.services import record_access
from caasis.cases.models import Case, Party
from caasis.cases.selectors import own_cases
from caasis.cases.vocabulary import State
from caasis.engines.japanese import normalise_phone, normalise_text
from caasis.kernel.actor import Actor
from caasis.people.models import ContactPoint
from caasis.privacy.services import blind_candidates

SHOWN = 5

_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class ContactMatch:
    """What is told of a number or an address. `kind`: phone or mail. `cases`: id, receipt number and day, newest first."""

    kind: str
    count: int
    last: date | None
    cases: tuple[tuple[UUID, str, date], ...]

    @property
    def words(self) -> str:
        return "電話番号" if self.kind == "phone" else "メールアドレス"


def contact_kind(text: str) -> str:
    """`phone` or `mail` when the text is one, else an empty text."""
    plain = normalise_text(text[:200])
    if _MAIL.fullmatch(plain):
        return "mail"
    return "phone" if normalise_phone(plain) else ""


def cases_of_contact(*, actor: Actor, text: str) -> ContactMatch | None:
    """Cases of the actor's centre whose people have this number or address; None when the text is neither, or the actor
    works for no centre. The look-up is logged, without the number."""
    kind = contact_kind(text)
    if not kind or actor.centre_id is None or not actor.works_for(actor.centre_id):
        return None
    points = ContactPoint.objects.filter(
        centre_id=actor.centre_id, kind=kind, value_index__in=blind_candidates(actor.centre_id, kind, normalise_text(text))
    )
    of_people = Party.objects.filter(person_id__in=points.values("person_id")).values("case_id")
    rows = own_cases(actor=actor).filter(id__in=of_people).exclude(state=State.MERGED.value)
    found: list[Case] = list(rows.order_by("-received_on", "-id")[:SHOWN])
    record_access(actor=actor, action="look_up_contact", object_kind="contact_point", object_id=None, fields=(kind,))
    return ContactMatch(
        kind=kind,
        count=rows.count() if len(found) == SHOWN else len(found),
        last=found[0].received_on if found else None,
        cases=tuple((case.id, case.receipt_number, case.received_on) for case in found),
    )
