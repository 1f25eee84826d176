"""What the boxes do that offer another way than waiting, or end the flow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from caasis.engines.ivr.actions import HangUp as HangUpNow
from caasis.engines.ivr.actions import RecordMessage, SendLink, StopMessage, TakeCallback
from caasis.engines.ivr.actions import Transfer as TransferNow
from caasis.engines.ivr.behaviour import Behaviour
from caasis.engines.ivr.boxes import Box
from caasis.engines.ivr.endings import Booking, CallbackOffer, HangUp, Offer, Transfer, WebLinkOffer
from caasis.engines.ivr.turn import Turn
from caasis.engines.ivr.vocabulary import End, NoteKind, Phase, Recording

#: How long a request may go unanswered before it counts as impossible. Whoever runs the flow answers within the same
#: second.
ANSWER_S = 10
#: What is added to the ringing of a transfer, for an engine that says nothing.
PATIENCE_S = 10

O = TypeVar("O", bound=Offer)  # noqa: E741


class _Offer(Behaviour[O], ABC):
    """Taken by one key; silence and other keys decline."""

    note: ClassVar[NoteKind]

    def enter(self, turn: Turn, box: O) -> None:
        if self.is_possible(turn):
            turn.say(box, box.say, until_key=True)
        else:
            turn.go(box, "declined")

    def played(self, turn: Turn, box: O) -> None:
        turn.wait(box.wait_s)

    def key(self, turn: Turn, box: O, key: str) -> None:
        turn.hush(by_key=True)
        if key == box.key:
            self.take(turn, box)
        else:
            turn.go(box, "declined")

    def timeout(self, turn: Turn, box: O) -> None:
        if turn.state.phase is Phase.ASKING:
            self.failed(turn, box)
        else:
            turn.go(box, "declined")

    def done(self, turn: Turn, box: O) -> None:
        turn.hush()
        turn.note(self.note)
        turn.change(waiting_in="")
        turn.go(box, "taken")

    def failed(self, turn: Turn, box: O) -> None:
        turn.hush()
        turn.note(NoteKind.IMPOSSIBLE, box.kind)
        turn.go(box, "impossible")

    def is_possible(self, turn: Turn) -> bool:
        """Whether it is offered at all."""
        return turn.circumstances.offers_callback

    @abstractmethod
    def take(self, turn: Turn, box: O) -> None:
        """The key was pressed."""


def _ask_for_callback(turn: Turn, box: CallbackOffer | Booking) -> bool:
    """Ask for a call back, if there is a number for it."""
    number = turn.state.collected.get(box.number_field, "") if box.number_field else ""
    if not number and (box.number_field or not turn.state.has_number):
        return False
    turn.act(TakeCallback(number=number, after_hours=isinstance(box, Booking)))
    turn.change(phase=Phase.ASKING)
    turn.timer(ANSWER_S)
    return True


class _Callback(_Offer[CallbackOffer]):
    note = NoteKind.CALLBACK

    def take(self, turn: Turn, box: CallbackOffer) -> None:
        if not _ask_for_callback(turn, box):
            self.failed(turn, box)


class _WebLink(_Offer[WebLinkOffer]):
    note = NoteKind.LINK_SENT

    def is_possible(self, turn: Turn) -> bool:
        """Not for who is on the web already, nor for a telephone that shows no messages."""
        return turn.circumstances.offers_web_link and turn.state.is_mobile and turn.state.channel.is_heard

    def take(self, turn: Turn, box: WebLinkOffer) -> None:
        turn.act(SendLink(box.link))
        turn.change(phase=Phase.ASKING)
        turn.timer(ANSWER_S)


class _Booking(_Offer[Booking]):
    """attempt 1: it was accepted, and the matter may be told."""

    note = NoteKind.BOOKED

    def take(self, turn: Turn, box: Booking) -> None:
        state = turn.state
        if box.message_s and state.channel.is_heard and state.recording is not Recording.REFUSED:
            turn.change(attempt=1)
            turn.say(box, box.say_message, until_key=False)
        elif not _ask_for_callback(turn, box):
            self.failed(turn, box)

    def played(self, turn: Turn, box: Booking) -> None:
        if turn.state.attempt:
            turn.act(RecordMessage(box.message_s))
            turn.change(phase=Phase.MESSAGE)
            turn.timer(box.message_s)
        else:
            super().played(turn, box)

    def key(self, turn: Turn, box: Booking, key: str) -> None:
        if turn.state.phase is Phase.MESSAGE:
            self.message_ended(turn, box)
        elif not turn.state.attempt:
            super().key(turn, box, key)

    def timeout(self, turn: Turn, box: Booking) -> None:
        if turn.state.phase is Phase.MESSAGE:
            self.message_ended(turn, box)
        else:
            super().timeout(turn, box)

    def message_ended(self, turn: Turn, box: Booking) -> None:
        turn.hush()
        turn.act(StopMessage())
        if not _ask_for_callback(turn, box):
            self.failed(turn, box)


class _Transfer(Behaviour[Transfer]):
    def enter(self, turn: Turn, box: Transfer) -> None:
        turn.say(box, box.say, until_key=False)

    def played(self, turn: Turn, box: Transfer) -> None:
        turn.act(TransferNow(box.number, box.ring_s))
        turn.change(phase=Phase.TRANSFERRING)
        turn.timer(box.ring_s + PATIENCE_S)

    def timeout(self, turn: Turn, box: Transfer) -> None:
        self.failed(turn, box)

    def failed(self, turn: Turn, box: Transfer) -> None:
        turn.hush()
        turn.go(box, "failed")


class _HangUp(Behaviour[HangUp]):
    def enter(self, turn: Turn, box: HangUp) -> None:
        turn.say(box, box.say, until_key=False)

    def played(self, turn: Turn, box: HangUp) -> None:
        state, flow = turn.state, turn.flow
        if state.relay and state.channel.is_heard and box.say and state.attempt + 1 < flow.relay_repeats:
            turn.change(phase=Phase.LINGERING, attempt=state.attempt + 1)
            turn.timer(flow.relay_pause_s)
        else:
            turn.act(HangUpNow(box.counts_as))
            turn.end(End.HUNG_UP)

    def timeout(self, turn: Turn, box: HangUp) -> None:
        turn.say(box, box.say, until_key=False)


ENDINGS: Mapping[type[Box], Behaviour[Any]] = {
    CallbackOffer: _Callback(),
    WebLinkOffer: _WebLink(),
    Booking: _Booking(),
    Transfer: _Transfer(),
    HangUp: _HangUp(),
}
