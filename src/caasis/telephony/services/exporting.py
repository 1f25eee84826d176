"""Call detail records as CSV: one line for each centre, call and agent's part, with a purpose and a line in the log."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import JST
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import Forgotten
from caasis.privacy.services import open_fields
from caasis.telephony.models import Call
from caasis.telephony.rules.call_record import Part
from caasis.telephony.selectors import calls_of_centre, rebuilt_record, stored_record
from caasis.telephony.vocabulary import Toll, result_words

#: Purposes for which the other side's number may stand in the file.
WITH_NUMBERS = frozenset({Purpose.CONSUMER_REQUEST, Purpose.OWN_HANDLING})
LONGEST = timedelta(days=366)
COLUMNS = (
    "通話", "向き", "受けた番号", "料金の種類", "相手の番号", "番号の通知", "188などからの転送", "始まり", "終わり",
    "結果", "待機秒", "保留回数", "転送回数", "上位への引継ぎ", "録音の拒否",
    "担当者", "列", "つながった時刻", "通話秒", "保留秒", "後処理秒", "通話の結果", "後処理をのばした回数",
)  # fmt: skip
#: Cells that a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@")


def export_calls(*, actor: Actor, start: datetime, end: datetime, purpose: Purpose) -> str:
    """The centre's calls that began within [start, end), as CSV (UTF-8 with a byte-order mark, CRLF).

    The other side's number stands in it for a consumer's own request and for handling a complaint only, and each opening
    is logged. A call with several agents has a line for each, one without has one line.

    :raises NotAllowed: neither supervisor nor official of a centre. :raises Invalid: longer than a year, or empty.
    """
    if not actor.works_for(actor.centre_id) or not actor.has(Role.SUPERVISOR, Role.OFFICIAL):
        raise NotAllowed("通話の記録を書き出せるのは、主任とセンターの職員です。")
    if not start < end <= start + LONGEST:
        raise Invalid(fields={"end": ["期間は、1年までにしてください。"]})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with actor_transaction(actor):
        rows = list(calls_of_centre(actor=actor, start=start, end=end).order_by("began_at", "id"))
        for row in rows:
            for line in _lines(row, actor, purpose):
                writer.writerow([_safe(cell) for cell in line])
        record_access(
            actor=actor, action="export_calls", object_kind="call", object_id=None, centre_id=actor.centre_id,
            fields=("caller",) if purpose in WITH_NUMBERS else (), purpose=purpose, reason=f"{len(rows)}",
        )  # fmt: skip
    return "\ufeff" + out.getvalue()


def _lines(row: Call, actor: Actor, purpose: Purpose) -> Iterator[list[str]]:
    record = stored_record(row) if row.record is not None else rebuilt_record(row)
    number = row.number
    outcome = next((seen.outcome.value for seen in record.centres if seen.centre == str(actor.centre_id)), "")
    waited = sum(stay.wait_s or 0.0 for stay in record.stays if stay.centre == str(actor.centre_id))
    head = [
        str(row.id), row.direction, number.number if number else "", Toll(number.toll).label if number else "",
        _number_of(row, actor, purpose), row.presentation, "1" if row.diverted else "", _moment(row.began_at),
        _moment(row.ended_at), outcome, _seconds(waited), str(sum(part.holds for part in record.parts)),
        str(record.transfers), "1" if record.escalated else "", "1" if row.recording_refused else "",
    ]  # fmt: skip
    mine = [part for part in record.parts if part.centre == str(actor.centre_id)]
    if not mine:
        yield head + [""] * 8
    for part in mine:
        yield head + _part(part)


def _part(part: Part) -> list[str]:
    return [
        part.agent, part.queue, _moment(part.connected_at), _seconds(part.talk_s), _seconds(part.hold_s),
        _seconds(part.acw_s), result_words(part.result), str(part.prolonged),
    ]  # fmt: skip


def _number_of(row: Call, actor: Actor, purpose: Purpose) -> str:
    # What was handed to a partner is the partner's to open.
    if purpose not in WITH_NUMBERS or not row.caller or not actor.works_for(row.centre_id):
        return ""
    try:
        return open_fields(row, "caller", actor=actor, purpose=purpose)["caller"]
    except Forgotten:
        return ""


def _moment(at: datetime | None) -> str:
    return at.astimezone(JST).isoformat(timespec="seconds") if at else ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
