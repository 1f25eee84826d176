"""What the desk asks for: each request is done, or refused with a sentence that says what to do instead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import DomainError, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.inserting import new_row
from caasis.platform.outbox.publish import publish
from caasis.privacy.keys import record_key_bytes
from caasis.privacy.services import read_sealed, seal
from caasis.telephony.commands import AcceptBrowser, Command, Hangup
from caasis.telephony.events import RequestAnswered
from caasis.telephony.models import DeskRequest, Order, Participant, Station
from caasis.telephony.switchboard import agents, callbacks, ending, follow_ups, legs, talking, videos
from caasis.telephony.switchboard.live import LiveCall, load_live
from caasis.telephony.switchboard.refusals import NotNow
from caasis.telephony.vocabulary import EndCause, MonitorMode, Part, RequestKind
from caasis.telephony.wire import dump

NOT_IN_CALL = "この通話には入っていません。画面を開き直してください。"


@dataclass(slots=True)
class Asked:
    """A request with what it is about."""

    row: DeskRequest
    live: LiveCall | None
    words: Mapping[str, str]
    now: datetime
    boot: str

    @property
    def call(self) -> LiveCall:
        if self.live is None or self.live.row.ended_at is not None:
            raise NotNow("この通話は、もう終わりました。")
        return self.live

    @property
    def me(self) -> Participant:
        """The actor's own part, connected with the customer."""
        one = self.call.by_agent(self.row.actor_id, Part.AGENT)
        if one is None or one.connected_at is None:
            raise NotNow(NOT_IN_CALL)
        return one


def carry_out(request_id: UUID, *, now: datetime, boot: str) -> None:
    """Do one request. Runs in a transaction of its own, in the system's scope."""
    row = DeskRequest.objects.select_for_update().get(id=request_id)
    if row.state != DeskRequest.State.WAITING:
        return
    live = load_live(row.call_id, now=now, boot=boot) if row.call_id else None
    text = read_sealed(row, "words")["words"]
    asked = Asked(row, live, json.loads(text) if text else {}, now, boot)
    try:
        # What was begun when it turns out that it can't be done is taken back.
        with transaction.atomic():
            waits = _DOERS[RequestKind(row.kind)](asked) is False
    except NotNow as error:
        answer(row, done=False, sentence=str(error), now=now)
        return
    if asked.live is not None:
        asked.live.save()
    if not waits:
        answer(row, done=True, sentence="", now=now)


def give_up(request_id: UUID, *, now: datetime) -> None:
    """A request that failed where nobody expected it."""
    row = DeskRequest.objects.select_for_update().get(id=request_id)
    answer(row, done=False, sentence="電話の操作ができませんでした。もう一度お試しください。", now=now)


def answer(row: DeskRequest, *, done: bool, sentence: str, now: datetime, reply: str = "") -> None:
    """Tell whoever asked what became of it."""
    row.state = DeskRequest.State.DONE if done else DeskRequest.State.REFUSED
    row.answer, row.answered_at = sentence, now
    # What was asked is needed no more.
    row.words = seal(row, "words", "", key=b"")
    if reply:
        row.reply = seal(row, "reply", reply, key=record_key_bytes(row.record_key_id))
    row.save()
    publish(RequestAnswered(subject=row.id, centre_id=row.centre_id, agent=row.actor_id, done=done), actor=SYSTEM)


def loose_order(make: Callable[..., Command], *, record_key_id: UUID, centre_id: UUID, boot: str) -> None:
    """An order that belongs to no call."""
    command = make(command_id=uuid7().hex)
    order = new_row(
        Order, command_id=command.command_id, record_key_id=record_key_id, centre_id=centre_id, boot=boot,
        kind=type(command).__name__, leg=getattr(command, "leg", ""),
    )  # fmt: skip
    order.command = seal(order, "command", dump(command).decode(), key=record_key_bytes(record_key_id))
    order.save(force_insert=True)


# --- one function for each kind; False: the answer comes later --------------------------------------------------------


def _answer(asked: Asked) -> None:
    one = asked.call.by_agent(asked.row.actor_id, Part.AGENT, Part.CONSULTED)
    if one is None or one.answered_at is not None:
        raise NotNow("この電話は、もう鳴っていません。")
    if not one.standing:
        raise NotNow("電話機の受話器を上げて出てください。")
    legs.answered(asked.call, one)


def _decline(asked: Asked) -> None:
    one = asked.call.by_agent(asked.row.actor_id, Part.AGENT, Part.CONSULTED)
    if one is None or one.answered_at is not None:
        raise NotNow("この電話は、もう鳴っていません。")
    legs.gone(asked.call, one, EndCause.REJECTED, hang_up=True)


def _hang_up(asked: Asked) -> None:
    one = asked.call.by_agent(asked.row.actor_id)
    if one is None:
        raise NotNow(NOT_IN_CALL)
    legs.gone(asked.call, one, EndCause.NORMAL, hang_up=True)


def _hold(asked: Asked) -> None:
    talking.hold(asked.call, asked.me)


def _resume(asked: Asked) -> None:
    talking.resume(asked.call, asked.me)


def _mute(asked: Asked) -> None:
    talking.mute(asked.call, asked.me, asked.row.kind == RequestKind.MUTE)


def _transfer(asked: Asked) -> None:
    kind = asked.row.target_kind
    talking.transfer(
        asked.call, asked.me, kind=kind, target=_target(asked, kind), number=asked.words.get("number", ""),
        escalates=asked.row.option == "escalate",
    )  # fmt: skip


def _consult(asked: Asked) -> None:
    kind = asked.row.target_kind
    agent_id = _target(asked, kind) if kind == "agent" else None
    talking.consult(
        asked.call, asked.me, agent_id=agent_id, number=asked.words.get("number", ""),
        escalates=asked.row.option == "escalate",
    )  # fmt: skip


def _target(asked: Asked, kind: str) -> UUID | None:
    target = asked.row.target_id
    if kind == "agent" and target == asked.row.actor_id:
        raise NotNow("自分には転送できません。ほかの人を選んでください。")
    return target


def _complete(asked: Asked) -> None:
    talking.complete_transfer(asked.call, asked.me)


def _conference(asked: Asked) -> None:
    talking.conference(asked.call, asked.me)


def _cancel_consult(asked: Asked) -> None:
    talking.cancel_consult(asked.call, asked.me)


def _ask_help(asked: Asked) -> None:
    talking.ask_help(asked.call, asked.me)


def _keys(asked: Asked) -> None:
    assert asked.me
    talking.press_keys(asked.call, asked.words.get("digits", ""))


def _recording(asked: Asked) -> None:
    assert asked.me
    if asked.row.kind == RequestKind.REFUSE_RECORDING:
        talking.refuse_recording(asked.call)
    else:
        talking.pause_recording(asked.call, asked.row.kind == RequestKind.PAUSE_RECORDING)


def _monitor(asked: Asked) -> None:
    talking.monitor(asked.call, asked.row.actor_id, MonitorMode(asked.row.option))


def _stop_monitor(asked: Asked) -> None:
    one = asked.call.by_agent(asked.row.actor_id, Part.MONITOR)
    if one is None:
        raise NotNow("この通話は聞いていません。")
    ending.leave(asked.call, one)


def _wrap_up_done(asked: Asked) -> None:
    live, one = _to_wrap_up(asked)
    ending.wrapped_up(live, one)
    live.save()


def _to_wrap_up(asked: Asked) -> tuple[LiveCall, Participant]:
    """The call that the actor has to wrap up, and their part in it."""
    one = ending.waits_for_wrap_up(asked.row.actor_id)
    if one is None:
        raise NotNow("後処理中の通話はありません。")
    live = load_live(one.call_id, now=asked.now, boot=asked.boot)
    return live, next(mine for mine in live.everybody if mine.id == one.id)


def _result(asked: Asked) -> None:
    live, one = _to_wrap_up(asked)
    ending.give_result(live, one, asked.row.option)
    live.save()


def _wrap_up_longer(asked: Asked) -> None:
    live, one = _to_wrap_up(asked)
    try:
        ending.prolong(live, one)
    except WrongState as error:
        raise NotNow(error.message) from None
    live.save()


def _call(asked: Asked) -> None:
    actor_id = asked.row.actor_id
    if agents.is_in_a_call(actor_id):
        raise NotNow("通話中です。終わってからかけてください。")
    if agents.station_or_none(actor_id) is None:
        raise NotNow("電話機がつながっていません。電話機かブラウザの電話を用意してください。")
    callback_id = asked.row.target_id if asked.row.target_kind == "callback" else None
    if asked.row.target_kind == "follow_up" and asked.row.target_id is not None:
        entry = follow_ups.held_by(actor_id, asked.row.target_id, asked.row.centre_id)
        if entry is None:
            raise NotNow("この人は、ほかの人に移りました。次の人を開いてください。")
        asked.live = legs.dial(
            centre_id=asked.row.centre_id,
            agent_id=actor_id,
            other=follow_ups.number_of(entry),
            now=asked.now,
            boot=asked.boot,
            follow_up_for=entry,
        )
        asked.row.call = asked.live.row
        return
    asked.live = legs.dial(
        centre_id=asked.row.centre_id,
        agent_id=actor_id,
        other=_promised(callback_id, asked.row.centre_id) if callback_id else asked.words["number"], now=asked.now, boot=asked.boot,
        callback_for=callback_id,
    )  # fmt: skip
    asked.row.call = asked.live.row


def _video(asked: Asked) -> None:
    """Like a call; whom it leads to is the consumer's page."""
    actor_id, talk_id = asked.row.actor_id, asked.row.target_id
    assert talk_id is not None
    if agents.is_in_a_call(actor_id):
        raise NotNow("通話中です。終わってから始めてください。")
    if agents.station_or_none(actor_id) is None:
        raise NotNow("電話機がつながっていません。「電話の準備」で、つないでください。")
    asked.live = legs.dial(
        centre_id=asked.row.centre_id, agent_id=actor_id, other="", now=asked.now, boot=asked.boot, talk_id=talk_id
    )
    asked.row.call = asked.live.row


def _video_sound(asked: Asked) -> bool:
    asked.row.leg = videos.offer_sound(asked.call, asked.words["offer"])
    asked.row.save(update_fields=["leg", "updated_at"])
    return False


def _video_end(asked: Asked) -> None:
    one = asked.call.customer
    if one is not None:
        legs.gone(asked.call, one, EndCause.NORMAL, hang_up=True)


def _promised(callback_id: UUID, centre_id: UUID) -> str:
    try:
        return callbacks.number_of(callback_id, centre_id)
    except DomainError as error:
        raise NotNow(error.message) from None


def _connect_browser(asked: Asked) -> bool:
    row, station = asked.row, Station.objects.select_for_update().filter(agent_id=asked.row.actor_id).first()
    if station is None:
        raise NotNow("電話の名前がまだありません。設定の「電話」で決めてください。")
    if station.leg and agents.is_in_a_call(row.actor_id):
        raise NotNow("ほかの画面で通話中です。その画面で続けてください。")
    if station.leg:
        old = station.leg
        loose_order(
            partial(Hangup, leg=old), record_key_id=row.record_key_id, centre_id=row.centre_id,
            boot=asked.boot,
        )  # fmt: skip
    station.leg, station.leg_ready = f"browser-{uuid7().hex}", False
    station.save()
    row.leg = station.leg
    row.save(update_fields=["leg", "updated_at"])
    loose_order(
        partial(AcceptBrowser, leg=station.leg, call=station.leg, user=station.user, offer=asked.words["offer"]
        ),
        record_key_id=row.record_key_id, centre_id=row.centre_id, boot=asked.boot,
    )  # fmt: skip
    return False


def _disconnect_browser(asked: Asked) -> None:
    row, station = asked.row, Station.objects.select_for_update().filter(agent_id=asked.row.actor_id).first()
    if station is None or not station.leg:
        return
    if agents.is_in_a_call(row.actor_id):
        raise NotNow("通話中です。終わってから閉じてください。")
    leg = station.leg
    station.leg, station.leg_ready = "", False
    station.save()
    loose_order(
        partial(Hangup, leg=leg), record_key_id=row.record_key_id, centre_id=row.centre_id,
        boot=asked.boot,
    )  # fmt: skip


_DOERS: dict[RequestKind, Callable[[Asked], bool | None]] = {
    RequestKind.ANSWER: _answer,
    RequestKind.DECLINE: _decline,
    RequestKind.HANG_UP: _hang_up,
    RequestKind.HOLD: _hold,
    RequestKind.RESUME: _resume,
    RequestKind.MUTE: _mute,
    RequestKind.UNMUTE: _mute,
    RequestKind.TRANSFER: _transfer,
    RequestKind.CONSULT: _consult,
    RequestKind.COMPLETE_TRANSFER: _complete,
    RequestKind.CONFERENCE: _conference,
    RequestKind.CANCEL_CONSULT: _cancel_consult,
    RequestKind.ASK_HELP: _ask_help,
    RequestKind.KEYS: _keys,
    RequestKind.PAUSE_RECORDING: _recording,
    RequestKind.RESUME_RECORDING: _recording,
    RequestKind.REFUSE_RECORDING: _recording,
    RequestKind.MONITOR: _monitor,
    RequestKind.STOP_MONITOR: _stop_monitor,
    RequestKind.WRAP_UP_DONE: _wrap_up_done,
    RequestKind.WRAP_UP_LONGER: _wrap_up_longer,
    RequestKind.RESULT: _result,
    RequestKind.CALL: _call,
    RequestKind.CONNECT_BROWSER: _connect_browser,
    RequestKind.DISCONNECT_BROWSER: _disconnect_browser,
    RequestKind.VIDEO: _video,
    RequestKind.VIDEO_SOUND: _video_sound,
    RequestKind.VIDEO_END: _video_end,
}
