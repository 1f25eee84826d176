"""An agent at a desk phone without a page: she is there while the phone is registered and she answers."""

from __future__ import annotations

import pytest

from caasis.queues.models import AgentStatus
from caasis.queues.services.switchboard import GONE_AFTER_SECONDS, PHONE_ALONE_SECONDS
from tests.rooms.telephony.hall import Hall, assert_true

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(town, as_system):
    made = Hall(town)
    yield made
    assert_true(made)


def alone(hall):
    """The counsellor closes the page; the desk phone stays registered."""
    hall.seat("counsellor")
    hall.at_their_desks.discard("counsellor")


def test_she_stays_and_is_rung(hall):
    alone(hall)
    hall.leap(20 * 60)
    assert hall.state("counsellor") == "available"
    hall.incoming()
    assert hall.state("counsellor") == "ringing"


def test_without_a_registered_phone_she_is_gone_as_before(hall):
    alone(hall)
    hall.world.unregister("counsellor")
    hall.leap(GONE_AFTER_SECONDS + 20)
    assert hall.state("counsellor") == "offline"


def test_who_does_not_answer_is_signed_out(hall):
    alone(hall)
    hall.leap(GONE_AFTER_SECONDS + 20)
    hall.incoming()
    hall.wait(25)
    assert hall.state("counsellor") in ("away:no_answer", "offline")
    hall.leap(20)
    assert hall.state("counsellor") == "offline"


def test_a_phone_that_stays_registered_at_night_holds_nobody_and_a_call_begins_the_time_anew(hall):
    alone(hall)
    hall.leap(PHONE_ALONE_SECONDS - 60)
    call = hall.connected()
    hall.wait(5)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    hall.leap(PHONE_ALONE_SECONDS - 60)
    assert hall.state("counsellor") == "available"
    ended = AgentStatus.objects.get(user_id=hall.town.counsellor.id).last_work_at
    hall.leap(120)
    assert hall.state("counsellor") == "offline"
    # In the figures she has worked until her last sign of life and no longer, as far as what came after allows.
    assert AgentStatus.objects.get(user_id=hall.town.counsellor.id).since >= ended
