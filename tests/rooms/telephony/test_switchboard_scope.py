"""The switchboard as its process runs it: in nobody's scope, with real commits. What it sends must not depend on a test's."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Order
from caasis.telephony.vocabulary import RequestKind
from tests.rooms.telephony.hall import Hall
from tests.support.cast import make_town

pytestmark = pytest.mark.django_db(transaction=True)


def test_orders_reach_the_engine_outside_of_any_scope() -> None:
    hall: Any = Hall(make_town())
    hall.seat_at_browser("counsellor")
    assert hall.station("counsellor").leg_ready, "the browser's offer reached the engine and its answer came back"
    call = hall.incoming()
    assert hall.ask("counsellor", RequestKind.ANSWER, call).state == "done"
    assert hall.state("counsellor") == "talking" and not hall.refused_orders()
    with system_transaction():
        assert not Order.objects.filter(sent_at=None).exists()
