"""What the desk asks of the switchboard. Checked here as far as a screen can know; the switchboard decides."""

from __future__ import annotations

import json
import re
from uuid import UUID

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed
from caasis.telephony.models import Call, DeskRequest
from caasis.telephony.services.guards import require_agent
from caasis.telephony.vocabulary import CallResult, MonitorMode, RequestKind

#: These need no call.
ALONE = frozenset(
    {
        RequestKind.WRAP_UP_DONE, RequestKind.WRAP_UP_LONGER, RequestKind.RESULT, RequestKind.CALL,
        RequestKind.VIDEO, RequestKind.CONNECT_BROWSER, RequestKind.DISCONNECT_BROWSER,
    }
)  # fmt: skip
#: Asked by the page of whoever has the link of a talk by video (`services.video`).
OF_CONSUMERS = frozenset({RequestKind.VIDEO_SOUND, RequestKind.VIDEO_END})
TARGETS = frozenset({"agent", "queue", "number"})
#: Whom these call stands in a list of the centre: the number is read there.
PROMISED = frozenset({"callback", "follow_up"})
LONGEST_OFFER = 20_000
#: What may be called from the desk: subscriber numbers in Japan. Premium services and other countries are not.
_MAY_CALL = re.compile(r"\+81(?!990)[0-9]{9,10}")
_CODE = re.compile(r"[a-z_]{0,10}")
_OPTION = re.compile(r"[a-z_]{0,20}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")
_DIGITS = re.compile(r"[0-9*#]{1,32}")


def ask(
    *,
    actor: Actor,
    kind: RequestKind,
    call_id: UUID | None = None,
    target_kind: str = "",
    target_id: UUID | None = None,
    number: str = "",
    digits: str = "",
    offer: str = "",
    option: str = "",
    idempotency_key: str | None = None,
) -> DeskRequest:
    """Ask the switchboard for something; the answer is the event `telephony.request_answered` and the request's row.

    `target_kind` with `target_id` or `number`: of a transfer or a consultation; "case" with a call says from which case. `number`: whom to call. `digits`: keys to
    press. `offer`: a browser's SDP. `option`: the mode of monitoring, "escalate", or a code of CallResult. Under one key it is asked once.

    :raises NotAllowed: no counsellor or supervisor of a centre; monitoring by anybody but a supervisor.
    :raises NotFound: a call of another centre. :raises Invalid: what was given can't be used.
    """
    agent_id, centre_id = require_agent(actor)
    if kind in OF_CONSUMERS:
        raise NotAllowed("この操作は、相談者の画面からだけできます。")
    if kind is RequestKind.MONITOR and not actor.has(Role.SUPERVISOR):
        raise NotAllowed("通話をモニタリングできるのは、主任だけです。")
    if idempotency_key and not _KEY.fullmatch(idempotency_key):
        idempotency_key = None
    words = _words(kind, target_kind, target_id, number, digits, offer, option)
    with actor_transaction(actor):
        if idempotency_key:
            known = DeskRequest.objects.filter(idempotency_key=idempotency_key, actor_id=agent_id).first()
            if known is not None:
                return known
        call = Call.objects.filter(id=call_id, centre_id=centre_id).first() if call_id and kind not in ALONE else None
        if kind not in ALONE and call is None:
            raise NotFound("この通話は見つかりません。画面を開き直してください。")
        row = DeskRequest(
            centre_id=centre_id,
            actor_id=agent_id,
            kind=kind.value,
            call=call,
            target_kind=target_kind,
            target_id=target_id,
            option=option,
            idempotency_key=idempotency_key,
            record_key_id=call.record_key_id if call else create_record_key(centre_id).id,
        )
        if words:
            set_sealed(row, words=json.dumps(words))
        row.save(force_insert=True)
        if kind in (RequestKind.MONITOR, RequestKind.CALL, RequestKind.VIDEO):
            record_access(
                actor=actor, action=f"telephone_{kind.value}", object_kind="call", object_id=call_id, reason=option
            )
        return row


def _words(
    kind: RequestKind, target_kind: str, target_id: UUID | None, number: str, digits: str, offer: str, option: str
) -> dict[str, str]:
    errors: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    if kind in (RequestKind.TRANSFER, RequestKind.CONSULT):
        allowed = TARGETS if kind is RequestKind.TRANSFER else TARGETS - {"queue"}
        if target_kind not in allowed or (target_kind != "number" and target_id is None):
            errors["target"] = ["転送先を選んでください。"]
    if (kind is RequestKind.CALL and target_kind not in PROMISED) or target_kind == "number":
        e164 = normalise_phone(number)
        if e164 is None or not _MAY_CALL.fullmatch(e164):
            errors["number"] = ["かけられる番号ではありません。国内の番号を、市外局番から入力してください。"]
        else:
            words["number"] = e164
    if kind is RequestKind.KEYS:
        if not _DIGITS.fullmatch(digits):
            errors["digits"] = ["数字と＊＃だけ、32桁まで押せます。"]
        words["digits"] = digits
    if kind is RequestKind.VIDEO and target_id is None:
        errors["target"] = ["ビデオ相談を選び直してください。"]
    if kind is RequestKind.CONNECT_BROWSER:
        if not offer.startswith("v=0") or len(offer) > LONGEST_OFFER:
            errors["offer"] = ["ブラウザの電話を始められません。ページを読み込み直してください。"]
        words["offer"] = offer
    if not _CODE.fullmatch(target_kind):
        errors["target"] = ["相手を選び直してください。"]
    if kind is RequestKind.RESULT and option not in {"", *(one.value for one in CallResult)}:
        errors["option"] = ["通話の結果を選び直してください。"]
    elif not _OPTION.fullmatch(option) or (
        kind is RequestKind.MONITOR and option not in {mode.value for mode in MonitorMode}
    ):
        errors["option"] = ["モニタリングのしかたを選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    return words
