"""Facts for tests: rows as the handler would have written them, without the cases behind them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from caasis.analytics.models import CaseFact
from caasis.kernel.clock import fiscal_year

CENTRE = UUID(int=1)


def fact(received_on: date, **more: Any) -> CaseFact:
    """An unsaved fact of an ordinary complaint, registered on the day after it was received."""
    values: dict[str, Any] = {
        "case_id": uuid4(),
        "centre_id": CENTRE,
        "received_on": received_on,
        "registered_on": received_on + timedelta(days=1),
        "fiscal_year": fiscal_year(received_on),
        "prefecture_code": "13",
        "channel": "phone",
        "kind": "complaint",
        "result": "advice",
        "product": "P0210",
        "sales_form": "mail_order",
        "age_band": "60s",
        "amount": 10_000,
    }
    return CaseFact(**{**values, **more})


def random_facts(count: int, *, seed: int, until: date, days: int = 500, centres: tuple[UUID, ...] = (CENTRE,)) -> list[CaseFact]:
    """Facts with every kind of value, some of them absent, received on the days before `until`."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        day = until - timedelta(days=draw.randrange(days))
        found.append(
            fact(
                day,
                centre_id=draw.choice(centres),
                registered_on=day + timedelta(days=draw.randrange(40)),
                prefecture_code=draw.choice(["", "01", "13", "13", "27", "47"]),
                channel=draw.choice(["phone", "web", "visit", "mail"]),
                kind=draw.choice(["complaint", "complaint", "inquiry", "request"]),
                result=draw.choice(["advice", "mediation_settled", "mediation_failed", "unable"]),
                product=draw.choice(["", "P02", "P0210", "P021001", "P0302", "P030201"]),
                sales_form=draw.choice(["", "mail_order", "shop", "door_to_door", "unknown"]),
                age_band=draw.choice(["", "20s", "70s", "80plus", "unknown"]),
                amount=draw.choice([None, 0, 1, 148_000, 3_000_000_000]),
            )
        )
    return found


def save(rows: list[CaseFact]) -> list[CaseFact]:
    return CaseFact.objects.bulk_create(rows)
