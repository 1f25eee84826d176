"""How commands are carried out on an Asterisk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from caasis.telephony.adapters.asterisk.ari import AriError, AriLost
from caasis.telephony.adapters.asterisk.calls import WITH_SOUND, Calls, Leg, Refused
from caasis.telephony.adapters.lines import dialled_number
from caasis.telephony.commands import (
    Answer,
    Command,
    Endpoint,
    Hangup,
    Join,
    Leave,
    Originate,
    PauseRecording,
    Play,
    Reject,
    Ring,
    SendDigits,
    SetAudibility,
    StartRecording,
    StopPlay,
    StopRecording,
    TransferAtCarrier,
)  # fmt: skip
from caasis.telephony.vocabulary import Direction, EndCause, LegPhase, Refusal

if TYPE_CHECKING:
    from caasis.telephony.adapters.asterisk.life import Life

#: How Asterisk is told why a channel is ended; what is not here is told as normal.
_REASONS = {
    EndCause.BUSY: "busy",
    EndCause.NO_ANSWER: "no_answer",
    EndCause.REJECTED: "rejected",
    EndCause.FAILED: "failure",
}
#: Asterisk gives up by itself after so much longer than we do, in case that we can't.
_LONGER_S = 10
#: An end that was not answered is ordered again after so long.
AGAIN_S = 1.0
_log = logging.getLogger(__name__)


def carry_out(command: Command, life: Life) -> None:
    """Do what a command says. Raises Refused, AriError, AriLost."""
    calls = life.calls
    match command:
        case Ring() | Answer() | Reject():
            _take(command, life)
        case Originate():
            _originate(command, life)
        case Hangup():
            leg = calls.leg(command.leg)
            given_up = leg.direction is Direction.OUTBOUND and leg.phase is not LegPhase.ANSWERED
            cancelled = given_up and command.cause is EndCause.NORMAL
            _end(life, leg, EndCause.CANCELLED if cancelled else command.cause)
        case TransferAtCarrier():
            _hand_over(command, calls)
        case SendDigits():
            leg = calls.leg(command.leg, *WITH_SOUND)
            calls.ari.post("channels", leg.channel, "dtmf", dtmf=command.digits)
        case Play():
            life.plays.play(command)
        case StopPlay():
            life.plays.stop(command)
        case Join():
            life.rooms.join(command)
        case SetAudibility():
            life.rooms.set_audibility(command)
        case Leave():
            life.rooms.take_out(command)
        case StartRecording():
            life.recordings.start(command)
        case PauseRecording():
            life.recordings.pause(command)
        case StopRecording():
            life.recordings.stop(command)
        case _:
            raise Refused(Refusal.NOT_CAPABLE, type(command).__name__)


def _take(command: Ring | Answer | Reject, life: Life) -> None:
    """What is done with an incoming call that waits."""
    calls = life.calls
    leg = calls.leg(command.leg, LegPhase.NEW, LegPhase.RINGING)
    if leg.direction is Direction.OUTBOUND:
        raise Refused(Refusal.WRONG_PHASE, "the leg was called, it did not call")
    if isinstance(command, Reject):
        _end(life, leg, command.cause)
    elif isinstance(command, Answer):
        calls.ari.post("channels", leg.channel, "answer")
        life.answered(leg)
    elif leg.phase is LegPhase.NEW:
        calls.ari.post("channels", leg.channel, "ring")
        calls.enter(leg, LegPhase.RINGING)
    else:
        raise Refused(Refusal.WRONG_PHASE, "it rings already")


def _end(life: Life, leg: Leg, cause: EndCause) -> None:
    """End a leg; its end is told when Asterisk tells of it."""
    if leg.phase is LegPhase.ENDED:
        return
    leg.ending, leg.going = cause, True
    try:
        life.calls.ari.delete("channels", leg.channel, reason=_REASONS.get(cause, "normal"))
    except AriError as error:
        if error.status != 404:
            raise
        # Asterisk has nothing more to tell of it, or what it told is not yet read and then comes too late.
        life.over(leg, cause=0)
    except AriLost:
        life.calls.later(AGAIN_S, lambda: _end(life, leg, cause))


def _originate(command: Originate, life: Life) -> None:
    calls = life.calls
    if command.leg in calls.legs:
        raise Refused(Refusal.WRONG_PHASE, "there is such a leg")
    if len(calls.legs) >= calls.setup.lines:
        raise Refused(Refusal.FULL)
    endpoint = _endpoint(command.to, calls)
    leg = Leg(leg=command.leg, call=command.call, channel=f"leg-{command.leg}", direction=Direction.OUTBOUND)
    variables = {f"PJSIP_HEADER(add,{name})": value for name, value in command.headers.items()}
    if command.to.kind == "sip_user":
        # A phone's own transfer key is told to us, instead of being obeyed by Asterisk.
        variables["PJSIP_TRANSFER_HANDLING()"] = "ari-only"
    if command.auto_answer:
        # What most desk phones understand; those of Yealink, Polycom and Snom need it switched on.
        variables["PJSIP_HEADER(add,Call-Info)"] = "<sip:caasis>;answer-after=0"
        variables["PJSIP_HEADER(add,Alert-Info)"] = "info=alert-autoanswer"
    caller = {"callerId": dialled_number(command.caller, national=calls.setup.national)} if command.caller else {}
    # The leg is there before Asterisk can tell of it.
    calls.add(leg)
    try:
        calls.ari.post(
            "channels", leg.channel, endpoint=endpoint, app=calls.setup.app, appArgs="ours",
            timeout=command.timeout_s + _LONGER_S, variables=variables, **caller,
        )  # fmt: skip
    except AriError as error:
        calls.remove(leg)
        raise Refused(Refusal.UNREACHABLE, str(error)) from error
    except AriLost:
        # It may have been made all the same; if not, there is nothing to end when the time is over.
        _log.warning("asterisk: no answer to a call that was ordered")
    calls.later(command.timeout_s, lambda: _give_up(life, leg))


def _give_up(life: Life, leg: Leg) -> None:
    if leg.phase in (LegPhase.NEW, LegPhase.RINGING) and not leg.going:
        _end(life, leg, EndCause.NO_ANSWER)


def _endpoint(to: Endpoint, calls: Calls) -> str:
    """Where Asterisk calls. Raises Refused for a number that may not be called and for whom nobody can reach now."""
    if to.kind == "sip_user":
        if to.address not in calls.users:
            raise Refused(Refusal.UNREACHABLE, to.address)
        return f"PJSIP/{to.address}"
    _may_call(to.address, calls)
    trunk = to.trunk or next((one for one in calls.setup.trunks if one in calls.trunks), "")
    if trunk not in calls.trunks:
        raise Refused(Refusal.UNREACHABLE, trunk)
    return f"PJSIP/{dialled_number(to.address, national=calls.setup.national)}@{trunk}"


def _may_call(number: str, calls: Calls) -> None:
    if not number.startswith(calls.setup.may_call):
        raise Refused(Refusal.NOT_PERMITTED)


def _hand_over(command: TransferAtCarrier, calls: Calls) -> None:
    if not calls.setup.carrier_uri:
        raise Refused(Refusal.NOT_CAPABLE, "the carrier takes no calls over")
    leg = calls.leg(command.leg, LegPhase.ANSWERED)
    _may_call(command.target, calls)
    number = dialled_number(command.target, national=calls.setup.national)
    calls.ari.post(
        "channels", leg.channel, "redirect", endpoint=f"PJSIP/{calls.setup.carrier_uri.format(number=number)}"
    )
    leg.handed_over = True
