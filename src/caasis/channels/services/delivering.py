"""Handing messages over to the provider of SMS or the mail server, each at most once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from caasis.channels import mail, sms
from caasis.channels.models import MailMessage, Outgoing, TextMessage
from caasis.channels.ports import Lost, Refused, Unreachable
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import read_sealed

log = logging.getLogger(__name__)
#: Tries at a provider that does not answer; the job's own waits lie between them.
MOST_TRIES = 6
State = Outgoing.State
#: Hands the opened fields of a row over and returns the provider's own name of it.
Hand = Callable[[dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class _Way:
    """What a way of sending needs: its rows, their sealed fields (the receiver first), and who takes them now."""

    rows: type[TextMessage] | type[MailMessage]
    sealed: tuple[str, ...]
    open: Callable[[Outgoing], Hand | None]


def _texts(row: Outgoing) -> Hand | None:
    port = sms.open_sms()
    return (lambda told: port.send(number=told["number"], text=told["text"])) if port else None


def _mails(row: Outgoing) -> Hand | None:
    port = mail.open_mail()
    if port is None or not isinstance(row, MailMessage):
        return None
    subject = row.subject
    return lambda told: port.send(
        to=told["address"], letter=mail.Letter(subject=subject, text=told["text"], stop_url=told["stop_url"])
    )


_TEXT = _Way(TextMessage, ("number", "text"), _texts)
_MAIL = _Way(MailMessage, ("address", "text", "stop_url"), _mails)


def hand_over(message_id: UUID) -> None:
    """One try to hand a text to the provider of SMS. Runs outside of a transaction.

    A text whose fate is not known (the process died, or the answer never came) is not sent again: nobody gets it twice.

    :raises Unreachable: it may be tried again.
    """
    _hand_over(_TEXT, message_id)


def hand_over_mail(message_id: UUID) -> None:
    """The same with a mail.

    :raises Unreachable: it may be tried again.
    """
    _hand_over(_MAIL, message_id)


def _hand_over(way: _Way, message_id: UUID) -> None:
    with system_transaction():
        row: Outgoing | None = way.rows.objects.select_for_update().filter(id=message_id).first()
        if row is None or row.state not in (State.WAITING, State.SENDING):
            return
        if row.state == State.SENDING:
            return _close(row, State.UNKNOWN, "interrupted")
        hand = way.open(row)
        if hand is None:
            return _close(row, State.FAILED, "no provider")
        try:
            told = read_sealed(row, *way.sealed)
        except Forgotten:
            told = {}
        if not told.get(way.sealed[0]):
            return _close(row, State.FAILED, "erased")
        row.state, row.tries = State.SENDING, row.tries + 1
        row.save(update_fields=["state", "tries", "updated_at"])
    state, failure, name, again = State.SENT, "", "", None
    try:
        name = hand(told)
    except Refused as error:
        state, failure = State.FAILED, error.code
    except Lost as error:
        state, failure = State.UNKNOWN, str(error)
    except Unreachable as error:
        again = error if row.tries < MOST_TRIES else None
        state, failure = State.WAITING if again else State.FAILED, str(error)
    with system_transaction():
        row.provider_name = name[:64]
        _close(row, state, failure)
    if again is not None:
        raise again


def _close(row: Outgoing, state: Outgoing.State, failure: str) -> None:
    row.state, row.failure = state, failure[:40]
    if state != State.WAITING:
        row.done_at = timezone.now()
    row.save(update_fields=["state", "failure", "done_at", "provider_name", "updated_at"])
    if failure:
        log.warning("a message was not sent", extra={"check": f"{row._meta.db_table} {state} {row.failure}"})
