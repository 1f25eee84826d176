"""What the administrator does to the running system: looks at its state, and settles dead letters.

The installation's own checks lie above the faces (`caasis doctor`); settings name them, so that the desk needn't know them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from caasis.audit.services import record_access
from caasis.engines.masking import find_personal, mask
from caasis.kernel.actor import Actor, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.outbox.letters import give_up, open_letters
from caasis.platform.outbox.models import DeadLetter
from caasis.platform.outbox.relay import retry_dead_letter
from caasis.platform.transactions import actor_transaction

SHORTEST_REASON, LONGEST_REASON = 5, 200

#: What the readers of the outbox do, in words that tell the administrator what is missing while a letter lies.
READERS = {
    "analytics.facts": "統計の集計",
    "cases.saved_searches": "保存した検索の新着",
    "cases.timeline": "相談の経過の記録",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What one check of the installation found: `state` is ok, warn or problem; `remedy` says what to do."""

    name: str
    state: str
    text: str
    remedy: str


def system_checks(*, actor: Actor) -> list[Check]:
    """Run the installation's checks.

    :raises NotAllowed: unless an administrator.
    """
    _require_administrator(actor)
    run: Callable[[], Iterable[tuple[str, str, str, str]]] = import_string(settings.SYSTEM_CHECKS)
    return [Check(*found) for found in run()]


def dead_letters(*, actor: Actor, size: int) -> tuple[list[DeadLetter], int]:
    """The oldest unsettled letters, and how many there are.

    :raises NotAllowed: unless an administrator.
    """
    _require_administrator(actor)
    rows = open_letters()
    return list(rows[:size]), rows.count()


def dead_letter(*, actor: Actor, letter_id: UUID) -> DeadLetter:
    """One unsettled letter.

    :raises NotAllowed: unless an administrator. :raises NotFound: none, or settled already.
    """
    _require_administrator(actor)
    letter = open_letters().filter(id=letter_id).first()
    if letter is None:
        raise NotFound("この処理は、もう一覧にありません。")
    return letter


def try_letter_again(*, actor: Actor, letter_id: UUID) -> bool:
    """Hand a letter to its reader once more. True when it is settled now.

    :raises NotAllowed: unless an administrator. :raises NotFound: none, or settled already.
    """
    letter = dead_letter(actor=actor, letter_id=letter_id)
    with actor_transaction(actor):
        settled = retry_dead_letter(letter)
        _record(actor, "retry_dead_letter", letter)
    return settled


def discard_letter(*, actor: Actor, letter_id: UUID, reason: str) -> None:
    """Give a letter up for good: its reader never gets it. The reason goes to the access log, without personal data.

    :raises Invalid: the reason is too short or too long. :raises NotAllowed: unless an administrator. :raises NotFound.
    """
    letter = dead_letter(actor=actor, letter_id=letter_id)
    text = " ".join(reason.split())
    if len(text) < SHORTEST_REASON:
        raise Invalid(fields={"reason": [f"捨てる理由を{SHORTEST_REASON}字以上で入力してください。"]})
    if len(text) > LONGEST_REASON:
        raise Invalid(fields={"reason": [f"理由は{LONGEST_REASON}字までです。短くしてください。"]})
    with actor_transaction(actor):
        if not give_up(letter_id):
            raise NotFound("この処理は、もう一覧にありません。")
        _record(actor, "discard_dead_letter", letter, mask(text, find_personal(text)))


def _record(actor: Actor, action: str, letter: DeadLetter, reason: str = "") -> None:
    record_access(
        actor=actor,
        action=action,
        object_kind="dead_letter",
        object_id=letter.id,
        centre_id=letter.centre_id,
        fields=[letter.consumer, letter.topic],
        reason=reason,
    )


def _require_administrator(actor: Actor) -> None:
    if not actor.has(Role.ADMIN):
        raise NotAllowed("この画面は、システム管理者のものです。")
