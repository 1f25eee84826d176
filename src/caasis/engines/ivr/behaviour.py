"""What each kind of box does: when it is entered, when its words are said, at a key, and when the time is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from caasis.engines.ivr.actions import GoOnWaiting, SetRecording
from caasis.engines.ivr.boxes import (
    Announce,
    Box,
    Collect,
    Emergency,
    HoursBranch,
    LanguageChoice,
    Menu,
    MessageSwitch,
    OriginBranch,
    Queue,
    RecordingNotice,
    RelayBranch,
    Start,
    Triage,
)
from caasis.engines.ivr.standing import TELL_AFTER_S, next_moment, told_minutes, told_place
from caasis.engines.ivr.turn import Turn
from caasis.engines.ivr.vocabulary import NEXT, NO_KEY, OTHER, NoteKind, Opening, Phase, Recording

B = TypeVar("B", bound=Box)


class Behaviour(Generic[B]):
    """A box that says its words and goes on. `key` is told only of keys that the flow itself has no use for."""

    def enter(self, turn: Turn, box: B) -> None:
        turn.go(box, NEXT)

    def played(self, turn: Turn, box: B) -> None:
        """The words were said, or there were none."""
        turn.go(box, NEXT)

    def key(self, turn: Turn, box: B, key: str) -> None:
        """Keys that mean nothing are not heard."""

    def timeout(self, turn: Turn, box: B) -> None:
        """The time is up; not told to boxes that set none."""

    def skipped(self, turn: Turn, box: B) -> None:
        """A reader chose nothing: as if the time were up for good."""
        self.timeout(turn, box)

    def entered(self, turn: Turn, box: B, digits: str) -> None:
        """A number came at once, and was not asked for."""

    def message_ended(self, turn: Turn, box: B) -> None:
        """A spoken message is over; told only while one is being recorded."""

    def done(self, turn: Turn, box: B) -> None:
        """What was asked for was done."""

    def failed(self, turn: Turn, box: B) -> None:
        """What was asked for can't be done."""


class _Announce(Behaviour[Announce]):
    def enter(self, turn: Turn, box: Announce) -> None:
        turn.say(box, box.say, until_key=box.skippable)

    def key(self, turn: Turn, box: Announce, key: str) -> None:
        if box.skippable:
            turn.hush(by_key=True)
            turn.go(box, NEXT)


class _RecordingNotice(Behaviour[RecordingNotice]):
    """attempt 1: the refusal is being confirmed."""

    def enter(self, turn: Turn, box: RecordingNotice) -> None:
        state = turn.state
        if not state.channel.is_heard or state.recording is not Recording.UNTOLD:
            turn.go(box, "refused" if state.recording is Recording.REFUSED else NEXT)
        else:
            turn.say(box, box.say, until_key=False)

    def played(self, turn: Turn, box: RecordingNotice) -> None:
        if turn.state.attempt:
            turn.go(box, "refused")
        else:
            turn.wait(box.wait_s)

    def key(self, turn: Turn, box: RecordingNotice, key: str) -> None:
        if key == box.key and not turn.state.attempt:
            turn.hush()
            turn.change(recording=Recording.REFUSED, attempt=1)
            turn.act(SetRecording(False))
            turn.note(NoteKind.RECORDING_REFUSED)
            turn.say(box, box.say_refused, until_key=False)

    def timeout(self, turn: Turn, box: RecordingNotice) -> None:
        turn.change(recording=Recording.ALLOWED)
        turn.act(SetRecording(True))
        turn.note(NoteKind.RECORDING_ALLOWED)
        turn.go(box, NEXT)


class _Origin(Behaviour[OriginBranch]):
    def enter(self, turn: Turn, box: OriginBranch) -> None:
        turn.go(box, next((case.value for case in box.cases if case in turn.state.origins), OTHER))


class _Relay(Behaviour[RelayBranch]):
    def enter(self, turn: Turn, box: RelayBranch) -> None:
        turn.go(box, "relay" if turn.state.relay else OTHER)


class _Hours(Behaviour[HoursBranch]):
    def enter(self, turn: Turn, box: HoursBranch) -> None:
        turn.go(box, turn.circumstances.hours.get(box.schedule, Opening.OPEN).value)


class _Message(Behaviour[MessageSwitch]):
    def enter(self, turn: Turn, box: MessageSwitch) -> None:
        words = turn.circumstances.messages.get(box.switch)
        if words is None:
            turn.go(box, "off")
        else:
            turn.note(NoteKind.MESSAGE_TOLD, box.switch)
            turn.say(box, words or box.say, until_key=True)

    def played(self, turn: Turn, box: MessageSwitch) -> None:
        turn.go(box, "on")

    def key(self, turn: Turn, box: MessageSwitch, key: str) -> None:
        turn.hush(by_key=True)
        turn.go(box, "on")


class _Language(Behaviour[LanguageChoice]):
    def enter(self, turn: Turn, box: LanguageChoice) -> None:
        turn.say_lines(box, box.say.items(), until_key=True)

    def played(self, turn: Turn, box: LanguageChoice) -> None:
        turn.wait(box.wait_s)

    def key(self, turn: Turn, box: LanguageChoice, key: str) -> None:
        turn.hush(by_key=True)
        if key not in box.choices:
            self.timeout(turn, box)
            return
        turn.change(language=box.choices[key])
        turn.note(NoteKind.LANGUAGE, box.choices[key])
        turn.go(box, NEXT)

    def timeout(self, turn: Turn, box: LanguageChoice) -> None:
        if ask_again(turn, box.tries):
            self.enter(turn, box)
        else:
            turn.go(box, NEXT)

    def skipped(self, turn: Turn, box: LanguageChoice) -> None:
        turn.go(box, NEXT)


class _Menu(Behaviour[Menu]):
    def enter(self, turn: Turn, box: Menu) -> None:
        turn.say(box, box.say, until_key=True)

    def played(self, turn: Turn, box: Menu) -> None:
        turn.wait(box.wait_s)

    def key(self, turn: Turn, box: Menu, key: str) -> None:
        turn.hush(by_key=True)
        if key in box.keys:
            turn.note(NoteKind.CHOSE, key)
            turn.go(box, key)
        else:
            self.timeout(turn, box)

    def timeout(self, turn: Turn, box: Menu) -> None:
        if ask_again(turn, box.tries):
            turn.say(box, box.say_again, box.say, until_key=True)
        else:
            self.skipped(turn, box)

    def skipped(self, turn: Turn, box: Menu) -> None:
        turn.note(NoteKind.NO_KEY)
        turn.go(box, NO_KEY)


class _Collect(Behaviour[Collect]):
    """attempt counts the questions; -1: it is being said what was entered."""

    def enter(self, turn: Turn, box: Collect) -> None:
        turn.say(box, box.say, until_key=True)

    def played(self, turn: Turn, box: Collect) -> None:
        if turn.state.attempt < 0:
            turn.go(box, "collected")
        else:
            turn.wait(box.wait_s)

    def key(self, turn: Turn, box: Collect, key: str) -> None:
        if turn.state.attempt < 0:
            turn.hush(by_key=True)
            turn.go(box, "collected")
            return
        turn.hush(by_key=True)
        if key == box.end_key:
            self._take(turn, box)
            return
        if key.isdigit():
            turn.change(digits=turn.state.digits + key)
        if len(turn.state.digits) == box.most:
            self._take(turn, box)
        else:
            turn.wait(box.gap_s)

    def timeout(self, turn: Turn, box: Collect) -> None:
        self._take(turn, box)

    def skipped(self, turn: Turn, box: Collect) -> None:
        turn.note(NoteKind.NO_KEY)
        turn.go(box, NO_KEY)

    def entered(self, turn: Turn, box: Collect, digits: str) -> None:
        turn.hush()
        turn.change(digits=digits)
        self._take(turn, box)

    def _take(self, turn: Turn, box: Collect) -> None:
        digits = turn.state.digits
        if digits.isascii() and digits.isdigit() and box.least <= len(digits) <= box.most:
            turn.change(collected={**turn.state.collected, box.stored_as: digits}, attempt=-1)
            turn.note(NoteKind.COLLECTED, box.stored_as)
            turn.say(box, box.say_done, until_key=True, digits=digits)
        elif not turn.state.channel.is_heard or ask_again(turn, box.tries):
            turn.change(digits="")
            turn.say(box, box.say_again, box.say, until_key=True)
        else:
            self.skipped(turn, box)


class _Triage(Behaviour[Triage]):
    def enter(self, turn: Turn, box: Triage) -> None:
        office = turn.circumstances.offices.get(box.office)
        if office is None or not office.number:
            turn.go(box, "unknown")
        else:
            turn.say(box, box.say, until_key=True, office=office.name, number=office.number)

    def played(self, turn: Turn, box: Triage) -> None:
        if turn.state.channel.is_heard and turn.state.attempt + 1 < box.times:
            turn.change(attempt=turn.state.attempt + 1)
            self.enter(turn, box)
        elif box.key:
            turn.wait(box.wait_s)
        else:
            self.timeout(turn, box)

    def key(self, turn: Turn, box: Triage, key: str) -> None:
        turn.hush(by_key=True)
        if box.key and key == box.key:
            turn.note(NoteKind.CHOSE, key)
            turn.go(box, "person")
        else:
            self.timeout(turn, box)

    def timeout(self, turn: Turn, box: Triage) -> None:
        turn.note(NoteKind.REFERRED, box.office)
        turn.go(box, NEXT)


class _Emergency(Behaviour[Emergency]):
    def enter(self, turn: Turn, box: Emergency) -> None:
        turn.say(box, box.say, until_key=False)


class _Queue(Behaviour[Queue]):
    """attempt: after how many seconds of waiting the box last had something to say."""

    def enter(self, turn: Turn, box: Queue) -> None:
        if turn.state.waiting_in == box.id:
            # Back from an offer; what was told before it is not told again at once.
            turn.change(attempt=min(TELL_AFTER_S, box.offer_after_s))
            self._go_on(turn, box)
        else:
            turn.say(box, box.say, until_key=False)

    def played(self, turn: Turn, box: Queue) -> None:
        if turn.state.waiting_in == box.id:
            self._go_on(turn, box)
        else:
            turn.to_person(box.queue, waiting_in=box.id, skills=box.skills, reasons=box.reasons)
            turn.change(attempt=0)
            self._wait(turn, box)

    def timeout(self, turn: Turn, box: Queue) -> None:
        moment = self._next(turn, box)
        if moment is None:
            return
        waited_s, is_offer = moment
        turn.change(attempt=waited_s)
        if is_offer:
            turn.change(offered=(*turn.state.offered, box.id))
            turn.go(box, "waited")
        else:
            self._tell(turn, box)

    def failed(self, turn: Turn, box: Queue) -> None:
        turn.stop_timer()
        turn.change(waiting_in="")
        turn.go(box, "unavailable")

    def _tell(self, turn: Turn, box: Queue) -> None:
        around = turn.circumstances
        place = told_place(around.place)
        minutes = "" if around.place is None else told_minutes(around.expected_wait_s)
        words = [words for words, known in ((box.say_place, place), (box.say_wait, minutes)) if words and known]
        if words:
            turn.say(box, *words, until_key=False, place=place, minutes=minutes)
        else:
            self._wait(turn, box)

    def _go_on(self, turn: Turn, box: Queue) -> None:
        turn.act(GoOnWaiting())
        turn.change(phase=Phase.QUEUED)
        self._wait(turn, box)

    def _wait(self, turn: Turn, box: Queue) -> None:
        moment = self._next(turn, box)
        if moment is not None and turn.state.channel.is_heard:
            turn.timer(moment[0] - turn.state.attempt)

    def _next(self, turn: Turn, box: Queue) -> tuple[int, bool] | None:
        return next_moment(box, turn.state.attempt, offers=box.id not in turn.state.offered)


def ask_again(turn: Turn, tries: int) -> bool:
    """Count a question that found no answer: whether it is asked once more. 電話リレーサービス is asked once, and waited for."""
    if turn.state.relay or turn.state.attempt + 1 >= tries:
        return False
    turn.change(attempt=turn.state.attempt + 1)
    return True


BEHAVIOURS: Mapping[type[Box], Behaviour[Any]] = {
    Start: Behaviour(),
    Announce: _Announce(),
    RecordingNotice: _RecordingNotice(),
    OriginBranch: _Origin(),
    RelayBranch: _Relay(),
    HoursBranch: _Hours(),
    MessageSwitch: _Message(),
    LanguageChoice: _Language(),
    Menu: _Menu(),
    Collect: _Collect(),
    Triage: _Triage(),
    Emergency: _Emergency(),
    Queue: _Queue(),
}
