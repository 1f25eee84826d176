"""Opening a case: from a contact that waits, or directly (a phone call, a visit)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from caasis.cases.code_lists import code_lists
from caasis.cases.models import Case
from caasis.cases.rules.card import BY_NAME, clean_card
from caasis.cases.rules.parts import Further, clean_further
from caasis.cases.rules.team_words import ClockKind
from caasis.cases.services.alerting import watch_card
from caasis.cases.services.clocks import first_clocks
from caasis.cases.services.rows import build_case, save_rows
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.platform.geography import look_up_postcode
from caasis.platform.transactions import actor_transaction


def is_code(list_name: str, code: str) -> bool:
    return code_lists()[list_name].is_valid(code)


def clean_or_raise(raw: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """Typed values of a card.

    :raises Invalid: with a sentence for each field; with `strict` also for names that are no field.
    """
    values, errors = clean_card(raw, today=day_in_japan(timezone.now()), is_code=is_code)
    if strict:
        errors |= {name: ["この項目はありません。名前を確かめてください。"] for name in raw if name not in BY_NAME}
    if errors:
        raise Invalid(fields=errors)
    return fill_place(values)


def further_or_raise(raw: Any, card: Mapping[str, Any], *, sealed: bool = True) -> list[Further]:
    """Typed parts beside the card.

    :raises Invalid: with sentences, under `parts`.
    """
    if not raw:
        return []
    found, errors = clean_further(raw, today=day_in_japan(timezone.now()), is_code=is_code, sealed=sealed)
    has = {
        "consumer": True,
        "contract_party": card.get("contract_party_is_consumer") is False,
        "first": bool(card.get("business_name") or card.get("business_phone") or card.get("business_url")),
    }
    if any(one.of and not has[one.of] for one in found):
        errors.append("カードにない契約当事者や事業者に、項目を足しています。")
    if errors:
        raise Invalid(fields={"parts": errors})
    return found


def fill_place(values: dict[str, Any]) -> dict[str, Any]:
    """A postcode says prefecture and municipality, unless they were given."""
    if values.get("consumer_postcode") and not values.get("prefecture_code"):
        place = look_up_postcode(values["consumer_postcode"])
        if place is not None:
            values["prefecture_code"] = place.prefecture_code
            values["municipality_code"] = place.municipality_code
    return values


def open_case(
    *,
    actor: Actor,
    card: Mapping[str, Any],
    received_at: datetime | None = None,
    receipt_number: str | None = None,
    contact_id: UUID | None = None,
    take: bool = True,
    idempotency_key: str | None = None,
    strict: bool = False,
    further: Any = None,
) -> Case:
    """Open a case in the actor's centre. With `take` the actor handles it from now on.

    A second call with the same idempotency key gives the first case back.

    `further` are the parts that the card doesn't hold, as {kind: [entry, …]} (see rules.parts.clean_further).

    :raises Invalid: a field can't be taken. :raises NotAllowed: the actor does not work on cases.
    """
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed("相談を受け付けられるのは、センターの相談員と職員です。")
    values = clean_or_raise(card, strict=strict)
    parts = further_or_raise(further, values)
    values.setdefault("channel", "phone")
    if not values["channel"]:
        values["channel"] = "phone"
    at = timezone.now()
    handles = take and actor.has(Role.COUNSELLOR, Role.SUPERVISOR)
    key = f"{actor.centre_id}:{idempotency_key}"[:80] if idempotency_key else None
    with actor_transaction(actor):
        if key:
            known = Case.objects.filter(idempotency_key=key, handling_centre_id=actor.centre_id).first()
            if known is not None:
                return known
        for attempt in range(NUMBER_TRIES):
            rows = build_case(
                actor=actor,
                centre_id=actor.centre_id,
                card=values,
                received_at=received_at or at,
                at=at,
                receipt_number=receipt_number,
                contact_id=contact_id,
                counsellor_id=actor.id if handles else None,
                idempotency_key=key,
                further=parts,
            )
            rows.clocks, rows.clock_steps = first_clocks(
                rows.case, ClockKind.FIRST, ClockKind.CLOSE, at=rows.case.received_at
            )
            try:
                case = save_rows(rows)
            except IntegrityError as error:
                # The same key arrived twice at once: the other one won.
                known = Case.objects.filter(idempotency_key=key, handling_centre_id=actor.centre_id).first() if key else None
                if known is not None:
                    return known
                # A random number that another case has already; the centre can't see which.
                if receipt_number or "receipt_number" not in str(error) or attempt == NUMBER_TRIES - 1:
                    raise
                continue
            watch_card(case, values, actor=actor)
            return case
    raise AssertionError("unreachable")


#: A number is taken once in fifty in a nation's busiest year: eight tries fail once in 10¹³.
NUMBER_TRIES = 8
