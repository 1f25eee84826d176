"""The daily digest of an approver: numbers and days, never a name, a title or a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.cases.approval_record import APPROVERS, approvals_waiting, today
from caasis.cases.models import Approval, Case, Correction, Digest, DigestSubscription
from caasis.cases.services.deciding import right_of, rules_of
from caasis.cases.vocabulary import State
from caasis.kernel.actor import SYSTEM, Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotAllowed
from caasis.platform.transactions import actor_transaction


def set_digest(*, actor: Actor, wanted: bool) -> None:
    """Ask for the daily digest, or stop it. Old ones are deleted with it.

    :raises NotAllowed: unless an approver of a centre.
    """
    if actor.id is None or actor.centre_id is None or not actor.has(*APPROVERS):
        raise NotAllowed("毎朝のまとめを受け取れるのは、職員と主任です。")
    with actor_transaction(actor):
        if wanted:
            DigestSubscription.objects.update_or_create(user_id=actor.id, defaults={"centre_id": actor.centre_id})
        else:
            DigestSubscription.objects.filter(user_id=actor.id).delete()
            Digest.objects.filter(user_id=actor.id).delete()


def figures_of(approvals: Iterable[Approval], *, actor: Actor, day: date) -> dict[str, int]:
    """What the digest says of the requests that wait: how many are the actor's to decide, how many carry a flag, how many
    days the oldest waits."""
    mine = flagged = others = oldest = 0
    rules = rules_of(actor.centre_id) if actor.centre_id else None
    for approval in approvals:
        if not right_of(approval, actor, rules).allowed:
            others += 1
            continue
        mine += 1
        flagged += any(check["verdict"] == "flagged" for check in approval.checks)
        oldest = max(oldest, (day - day_in_japan(approval.requested_at)).days)
    return {"waiting": mine, "flagged": flagged, "others": others, "oldest_days": oldest}


def write_digests(*, day: date | None = None) -> int:
    """Write the digest of a day for everybody who wants one. Repeatable: a second run writes the same rows anew."""
    day = day or today()
    written = 0
    for subscription in DigestSubscription.objects.order_by("user_id"):
        user = User.objects.filter(id=subscription.user_id, is_active=True).first()
        actor = actor_of(user) if user is not None else None
        if actor is None or actor.centre_id != subscription.centre_id or not actor.has(*APPROVERS):
            # Who has left the centre or the role gets nothing more of it.
            subscription.delete()
            continue
        waiting = approvals_waiting(actor=actor).select_related(None).defer("snapshot")
        figures = figures_of(waiting, actor=actor, day=day)
        figures |= _of_the_centre(subscription.centre_id)
        with actor_transaction(SYSTEM):
            Digest.objects.update_or_create(
                user_id=subscription.user_id, day=day, defaults={"centre_id": subscription.centre_id, "figures": figures}
            )
        written += 1
    return written


def _of_the_centre(centre_id: UUID) -> dict[str, int]:
    return {
        "returned": Case.objects.filter(handling_centre_id=centre_id, state=State.RETURNED.value).count(),
        "corrections": Correction.objects.filter(centre_id=centre_id, state="applied").count(),
    }


def digest_text(digest: Digest) -> str:
    """The digest as plain text, as a mail would carry it: it may leave the house, for it names nobody and no case."""
    n = digest.figures
    lines = [
        f"決裁のまとめ（{digest.day.month}月{digest.day.day}日）",
        "",
        f"あなたの決裁を待っている相談：{n.get('waiting', 0)}件",
        f"　うち機械の指摘があるもの：{n.get('flagged', 0)}件",
        f"　いちばん古い依頼：{n.get('oldest_days', 0)}日前" if n.get("waiting") else "　いま待っているものはありません。",
        f"ほかの決裁者を待っている相談：{n.get('others', 0)}件",
        f"差戻し中の相談（センター全体）：{n.get('returned', 0)}件",
        f"確かめていない補正：{n.get('corrections', 0)}件",
        "",
        "個人情報と件名は入っていません。くわしくは、ログインして「決裁」で確かめてください。",
    ]
    return "\n".join(lines) + "\n"
