"""Setting up queues: a centre's default, others, and where they overflow to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.organisations.models import Centre, Partnership
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.queues.events import QueueChanged
from caasis.queues.models import Queue
from caasis.queues.models.queue import RING_SECONDS, TARGET_SECONDS, WRAP_UP_EXTENSIONS, WRAP_UP_SECONDS
from caasis.queues.rules.overflow import NotARule, OverflowRule, read_overflow
from caasis.queues.rules.setup import may_set_up, queue_errors
from caasis.queues.selectors import queues_of_centre
from caasis.queues.vocabulary import GIVEN_OUT, ChannelKind

DEFAULT_NAME = "相談の電話"
HELPS = "overflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSetup:
    """A queue as somebody sets it up. Times are seconds; `overflow` is the JSON of `rules.overflow`."""

    name: str
    channels: Collection[str] = field(default_factory=lambda: sorted(GIVEN_OUT))
    priority: int = 0
    target_seconds: int = TARGET_SECONDS
    ring_seconds: int = RING_SECONDS
    wrap_up_seconds: int | None = WRAP_UP_SECONDS
    wrap_up_extensions: int = WRAP_UP_EXTENSIONS
    overflow: Sequence[Any] = ()
    offers_web_link: bool = False
    offers_callback: bool = True
    active: bool = True


def default_queue(*, centre_id: UUID) -> Queue:
    """The centre's default queue, made when it is first asked for. Two who ask at once get the same.

    :raises NotFound: no such centre.
    """
    queue = Queue.objects.filter(centre_id=centre_id, is_default=True).first()
    if queue is not None:
        return queue
    if not Centre.objects.filter(id=centre_id).exists():
        raise NotFound("このセンターは見つかりません。")
    try:
        with transaction.atomic():
            taken = Queue.objects.filter(centre_id=centre_id, name=DEFAULT_NAME).exists()
            return Queue.objects.create(
                centre_id=centre_id,
                name=f"{DEFAULT_NAME}（標準）" if taken else DEFAULT_NAME,
                channels=sorted(GIVEN_OUT),
                is_default=True,
            )
    except IntegrityError:
        return Queue.objects.get(centre_id=centre_id, is_default=True)


def add_queue(*, actor: Actor, centre_id: UUID, setup: QueueSetup) -> Queue:
    """Set up another queue of a centre.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless a supervisor or an official of the centre, or an
        administrator. :raises NotFound: no such centre.
    """
    _require(actor, centre_id)
    if not Centre.objects.filter(id=centre_id).exists():
        raise NotFound("このセンターは見つかりません。")
    with actor_transaction(actor):
        queue = Queue(centre_id=centre_id)
        _apply(queue, setup)
        _save(queue, new=True)
        _tell(actor, queue, "add_queue")
        return queue


def change_queue(*, actor: Actor, queue_id: UUID, version: int, setup: QueueSetup) -> Queue:
    """Set a queue up anew. A call that waits in it follows the new rules from now on.

    :raises Invalid: with sentences by field. :raises NotAllowed: as `add_queue`. :raises NotFound: hidden and absent alike.
    :raises VersionConflict: somebody saved since `version` was read.
    """
    with actor_transaction(actor):
        queue = queues_of_centre(actor=actor).select_for_update().filter(id=queue_id).first()
        if queue is None:
            raise NotFound("この列は見つかりません。一覧を開き直してください。")
        _require(actor, queue.centre_id)
        if queue.version != version:
            raise VersionConflict(current=queue)
        _apply(queue, setup)
        queue.version += 1
        _save(queue, new=False)
        _tell(actor, queue, "change_queue")
        return queue


def _require(actor: Actor, centre_id: UUID) -> None:
    if not may_set_up(actor, centre_id):
        raise NotAllowed("列を設定できるのは、センターの主任と職員、システム管理者です。")


def _apply(queue: Queue, setup: QueueSetup) -> None:
    """:raises Invalid: with sentences by field."""
    name = " ".join(setup.name.split())
    errors = queue_errors(
        name=name,
        channels=setup.channels,
        priority=setup.priority,
        target_seconds=setup.target_seconds,
        ring_seconds=setup.ring_seconds,
        wrap_up_seconds=setup.wrap_up_seconds,
        wrap_up_extensions=setup.wrap_up_extensions,
    )
    rules: tuple[OverflowRule, ...] = ()
    try:
        rules = read_overflow(list(setup.overflow))
    except NotARule as error:
        errors["overflow"] = [str(error)]
    if not _reachable(queue, rules):
        errors["overflow"] = [
            "あふれたときの行き先は、自分のセンターか、応援の取り決めがあるセンターの列から選んでください。"
        ]
    if queue.is_default and not setup.active:
        errors["active"] = ["標準の列は止められません。"]
    if errors:
        raise Invalid(fields=errors)
    queue.name = name
    queue.channels = sorted(ChannelKind(kind).value for kind in set(setup.channels))
    queue.priority, queue.target_seconds, queue.ring_seconds = setup.priority, setup.target_seconds, setup.ring_seconds
    queue.wrap_up_seconds, queue.wrap_up_extensions = setup.wrap_up_seconds, setup.wrap_up_extensions
    queue.overflow = [rule.to_json() for rule in rules]
    queue.offers_web_link, queue.offers_callback = setup.offers_web_link, setup.offers_callback
    queue.active = setup.active


def _reachable(queue: Queue, rules: tuple[OverflowRule, ...]) -> bool:
    """Whether each target is another living queue, of the centre itself or of a partner who helps today."""
    wanted = {rule.queue for rule in rules}
    if not wanted:
        return True
    today = day_in_japan(timezone.now())
    partners = Partnership.objects.filter(centre_id=queue.centre_id, kind=HELPS, valid_from__lte=today).filter(
        Q(valid_to=None) | Q(valid_to__gte=today)
    )
    allowed = Queue.objects.filter(id__in=wanted, active=True).exclude(id=queue.id)
    allowed = allowed.filter(Q(centre_id=queue.centre_id) | Q(centre_id__in=partners.values("partner_id")))
    return allowed.count() == len(wanted)


def _save(queue: Queue, *, new: bool) -> None:
    try:
        with transaction.atomic():
            queue.save(force_insert=new)
    except IntegrityError:
        raise Invalid(fields={"name": ["同じ名前の列があります。別の名前にしてください。"]}) from None


def _tell(actor: Actor, queue: Queue, action: str) -> None:
    record_access(actor=actor, action=action, object_kind="queue", object_id=queue.id, centre_id=queue.centre_id)
    publish(QueueChanged(subject=queue.id, centre_id=queue.centre_id), actor=actor)
