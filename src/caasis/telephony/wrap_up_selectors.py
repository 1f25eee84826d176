"""What an agent has said and done in the wrap-up of a call, as the call's log knows it."""

from __future__ import annotations

from dataclasses import dataclass

from caasis.kernel.actor import Actor
from caasis.queues.models import Queue
from caasis.queues.models.queue import WRAP_UP_EXTENSIONS
from caasis.telephony.models import Participant
from caasis.telephony.rules.call_log import Step


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What the call came to (CallResult, "" for 未入力), and how often the wrap-up may still be prolonged."""

    result: str
    prolongs: int


def my_wrap_up(*, actor: Actor, mine: Participant) -> WrapUp | None:
    """The actor's wrap-up of this part; None for another's part, and for one that is not over."""
    if actor.id is None or mine.agent_id != actor.id or mine.gone_at is None:
        return None
    told = [Step.RESULT.value, Step.WRAP_UP_LONGER.value]
    lines = list(mine.call.steps.filter(step__in=told, agent=str(actor.id), at__gte=mine.gone_at).order_by("counter"))
    queue_id = mine.call.queue_id
    most = Queue.objects.filter(id=queue_id).values_list("wrap_up_extensions", flat=True).first() if queue_id else None
    used = sum(line.step == Step.WRAP_UP_LONGER for line in lines)
    return WrapUp(
        result=next((line.detail for line in reversed(lines) if line.step == Step.RESULT), ""),
        prolongs=max(0, (WRAP_UP_EXTENSIONS if most is None else most) - used),
    )
