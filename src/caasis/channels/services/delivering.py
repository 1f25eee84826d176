"""Handing texts over to the provider of SMS, each at most once."""

from __future__ import annotations

import logging
from uuid import UUID

from django.utils import timezone

from caasis.channels import sms
from caasis.channels.models import TextMessage
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import read_sealed

log = logging.getLogger(__name__)
#: Tries at a provider that does not answer; the job's own waits lie between them.
MOST_TRIES = 6
State = TextMessage.State


def hand_over(message_id: UUID) -> None:
    """One try to hand a text to the provider. Runs outside of a transaction.

    A text whose fate is not known (the process died, or the answer never came) is not sent again: nobody gets it twice.

    :raises SmsUnreachable: it may be tried again.
    """
    port = sms.open_sms()
    with system_transaction():
        row = TextMessage.objects.select_for_update().filter(id=message_id).first()
        if row is None or row.state not in (State.WAITING, State.SENDING):
            return
        if row.state == State.SENDING:
            return _close(row, State.UNKNOWN, "interrupted")
        if port is None:
            return _close(row, State.FAILED, "no provider")
        try:
            told = read_sealed(row, "number", "text")
        except Forgotten:
            told = {"number": ""}
        if not told["number"]:
            return _close(row, State.FAILED, "erased")
        row.state, row.tries = State.SENDING, row.tries + 1
        row.save(update_fields=["state", "tries", "updated_at"])
    state, failure, name, again = State.SENT, "", "", None
    try:
        name = port.send(number=told["number"], text=told["text"])
    except sms.SmsRefused as error:
        state, failure = State.FAILED, error.code
    except sms.SmsLost as error:
        state, failure = State.UNKNOWN, str(error)
    except sms.SmsUnreachable as error:
        again = error if row.tries < MOST_TRIES else None
        state, failure = State.WAITING if again else State.FAILED, str(error)
    with system_transaction():
        row.provider_name = name
        _close(row, state, failure)
    if again is not None:
        raise again


def _close(row: TextMessage, state: TextMessage.State, failure: str) -> None:
    row.state, row.failure = state, failure[:40]
    if state != State.WAITING:
        row.done_at = timezone.now()
    row.save(update_fields=["state", "failure", "done_at", "provider_name", "updated_at"])
    if failure:
        log.warning("a text was not sent", extra={"check": f"{state} {row.failure}"})
