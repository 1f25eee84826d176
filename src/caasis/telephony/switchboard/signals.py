"""Each signal of the engine and what it means for calls, stations and recordings."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction

from caasis.engines.japanese import normalise_phone
from caasis.organisations.selectors import policy_of
from caasis.telephony.jobs import delete_recording
from caasis.telephony.models import DeskRequest, Order, Participant, Recording, Station
from caasis.telephony.signals import (
    BrowserAnswer,
    CommandDone,
    CommandRefused,
    DigitPressed,
    HoldChanged,
    IncomingCall,
    LegChanged,
    PlayEnded,
    RecordingReady,
    Signal,
    TransferRequested,
    TrunkChanged,
    UserPresence,
)
from caasis.telephony.switchboard import flows, legs, talking
from caasis.telephony.switchboard.live import LiveCall, load_live
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.switchboard.requests import answer
from caasis.telephony.vocabulary import EndCause, LegPhase, Part

log = logging.getLogger(__name__)


def apply(signal: Signal, *, boot: str) -> None:
    """Do what a signal calls for, in the caller's transaction."""
    match signal:
        case IncomingCall():
            legs.arrive(signal, boot=boot)
        case LegChanged():
            _leg_changed(signal, boot=boot)
        case DigitPressed():
            for live, one in _calls_of(signal.leg, signal, boot):
                if one.part == Part.CUSTOMER:
                    flows.key_pressed(live, signal.digit)
                    live.save()
        case PlayEnded():
            for live, one in _calls_of(signal.leg, signal, boot):
                if one.part == Part.CUSTOMER and signal.play == live.row.play:
                    flows.play_ended(live, signal.reason)
                    live.save()
        case CommandDone():
            Order.objects.filter(command_id=signal.command_id, answered_at=None).update(answered_at=signal.at)
        case CommandRefused():
            _refused(signal, boot=boot)
        case BrowserAnswer():
            for request in DeskRequest.objects.filter(leg=signal.leg, state=DeskRequest.State.WAITING):
                answer(request, done=True, sentence="", now=signal.at, reply=signal.answer)
        case HoldChanged():
            _hold_changed(signal, boot=boot)
        case TransferRequested():
            _transfer_requested(signal, boot=boot)
        case RecordingReady():
            _recording_ready(signal)
        case UserPresence():
            Station.objects.filter(user=signal.user).update(online=signal.online, device=signal.device[:80])
        case TrunkChanged():
            log.log(
                logging.INFO if signal.up else logging.WARNING,
                "a trunk is up" if signal.up else "a trunk is down",
                extra={"check": signal.trunk},
            )
        case _:
            pass


def _calls_of(leg: str, signal: Signal, boot: str) -> Iterable[tuple[LiveCall, Participant]]:
    """The living call of a leg, if any; a browser's leg may be between two calls."""
    rows = Participant.objects.filter(leg=leg, gone_at=None, call__ended_at=None).values_list("call_id", flat=True)
    for call_id in rows:
        live = load_live(call_id, now=signal.at, boot=boot)
        one = live.by_leg(leg)
        if one is not None and live.row.ended_at is None:
            yield live, one


def _leg_changed(signal: LegChanged, *, boot: str) -> None:
    if signal.phase is LegPhase.ANSWERED:
        Station.objects.filter(leg=signal.leg).update(leg_ready=True)
        for live, one in _calls_of(signal.leg, signal, boot):
            legs.answered(live, one)
            live.save()
    elif signal.phase is LegPhase.ENDED:
        leg_is_gone(signal.leg, signal, signal.cause or EndCause.NORMAL, boot=boot)


def leg_is_gone(leg: str, signal: Signal, cause: EndCause, *, boot: str) -> None:
    """A leg lives no more, in the call that it was in and at the station that it belonged to."""
    Station.objects.filter(leg=leg).update(leg="", leg_ready=False)
    for live, one in list(_calls_of(leg, signal, boot)):
        legs.gone(live, one, cause)
        live.save()


def _refused(signal: CommandRefused, *, boot: str) -> None:
    order = Order.objects.filter(command_id=signal.command_id, answered_at=None).first()
    if order is None:
        return
    order.answered_at, order.refusal = signal.at, signal.refusal.value
    order.save(update_fields=["answered_at", "refusal", "updated_at"])
    log.warning("the engine refused a command", extra={"check": f"{order.kind} {signal.refusal.value}"})
    match order.kind:
        case "Originate":
            leg_is_gone(order.leg, signal, EndCause.FAILED, boot=boot)
        case "Answer":
            leg_is_gone(order.leg, signal, EndCause.FAILED, boot=boot)
        case "Play":
            # A prompt that is missing must not keep the caller in silence.
            for live, _ in _calls_of(order.leg, signal, boot):
                if live.row.play:
                    flows.play_ended(live, None)
                    live.save()
        case "StartRecording":
            Recording.objects.filter(leg=order.leg, ready_at=None).update(
                ready_at=signal.at, failed=signal.refusal.value
            )
        case "AcceptBrowser":
            Station.objects.filter(leg=order.leg).update(leg="", leg_ready=False)
            for request in DeskRequest.objects.filter(leg=order.leg, state=DeskRequest.State.WAITING):
                sentence = "ブラウザの電話をつなげませんでした。ページを読み込み直してください。"
                answer(request, done=False, sentence=sentence, now=signal.at)


def _hold_changed(signal: HoldChanged, *, boot: str) -> None:
    """The hold key of a desk phone does what the button on the screen does."""
    for live, one in _calls_of(signal.leg, signal, boot):
        if one.part == Part.AGENT and one.connected_at:
            try:
                (talking.hold if signal.on_hold else talking.resume)(live, one)
                live.save()
            except NotNow:
                log.info("a desk phone's hold key came at the wrong moment")


def _transfer_requested(signal: TransferRequested, *, boot: str) -> None:
    """A desk phone's transfer key: to a colleague's phone or to a number."""
    for live, one in _calls_of(signal.leg, signal, boot):
        if one.part != Part.AGENT or not one.connected_at:
            continue
        station = Station.objects.filter(user=signal.target).first()
        if station is not None and station.centre_id != live.row.centre_id:
            station = None
        number = normalise_phone(signal.target)
        try:
            with transaction.atomic():
                if station is not None:
                    talking.transfer(live, one, kind="agent", target=station.agent_id)
                elif number is not None:
                    talking.transfer(live, one, kind="number", target=None, number=number)
                else:
                    raise NotNow("neither a colleague nor a number")
                live.save()
        except NotNow:
            log.info("a desk phone's transfer was not possible")


def _recording_ready(signal: RecordingReady) -> None:
    row = Recording.objects.select_related("call").filter(recording=signal.recording).first()
    if row is None:
        return
    row.file, row.sha256, row.seconds = signal.file, signal.sha256, signal.seconds
    row.failed, row.ready_at = signal.failed[:120], signal.at
    if row.centre_id is not None:
        years = policy_of(row.centre_id).retention_years
        row.keep_until = (signal.at + timedelta(days=365 * years)).date()
    row.save()
    if row.removed_at is not None:
        # It was refused or erased while the engine still wrote it.
        delete_recording.defer(recording_id=row.id)
