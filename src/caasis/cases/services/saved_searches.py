"""Saved searches: keeping one under a name, having new hits told, and having seen them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.cases.models import SavedSearch, SearchHit
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.search import may_search
from caasis.cases.selectors import visible_cases
from caasis.engines.masking import find_personal
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import actor_transaction

#: Saved searches of one person.
MOST = 50
LONGEST_NAME = 60


def own_searches(*, actor: Actor) -> QuerySet[SavedSearch]:
    """The actor's own saved searches by name, with `new`: hits that weren't looked at yet, of cases that may be seen now."""
    if actor.id is None or not may_search(actor):
        return SavedSearch.objects.none()
    unseen = Q(hits__seen_at=None, hits__case__in=visible_cases(actor=actor).values("id"))
    rows = SavedSearch.objects.filter(user_id=actor.id, deleted_at=None)
    return rows.annotate(new=Count("hits", filter=unseen)).order_by("name", "id")


def get_search(*, actor: Actor, search_id: UUID) -> SavedSearch:
    """One of the actor's own. :raises NotFound: absent, or somebody else's."""
    found = own_searches(actor=actor).filter(id=search_id).first()
    if found is None:
        raise NotFound("この保存した検索は見つかりません。一覧から選んでください。")
    return found


def new_hits(*, actor: Actor, search: SavedSearch) -> QuerySet[SearchHit]:
    """Hits of a search that weren't seen yet, the newest first; only cases that the actor may see now."""
    rows = SearchHit.objects.filter(search=search, seen_at=None, case__in=visible_cases(actor=actor))
    return rows.select_related("case").order_by("-found_at", "-id")


def save_search(*, actor: Actor, name: str, search: CaseSearch, notice: str = SavedSearch.Notice.NONE) -> SavedSearch:
    """Keep a search under a name.

    :raises Invalid: no name, nothing to look for, too many, or personal data in the words: a search is kept for long.
    """
    if actor.id is None or not may_search(actor):
        raise NotAllowed
    name = _checked_name(actor, name)
    if search.is_blank:
        raise Invalid(fields={"name": ["ことばか条件を入れてさがしてから、保存してください。"]})
    if find_personal(search.text):
        raise Invalid(fields={"name": ["電話番号やメールアドレスをさがす検索は、保存できません。"]})
    with actor_transaction(actor):
        if own_searches(actor=actor).count() >= MOST:
            raise Invalid(fields={"name": [f"保存できるのは{MOST}件までです。使わないものを消してください。"]})
        kept = SavedSearch(user_id=actor.id, name=name, query=[list(pair) for pair in search.pairs()], notice=_notice(notice))
        kept.matched_at = timezone.now() if kept.notice != SavedSearch.Notice.NONE else None
        kept.save(force_insert=True)
        _log(actor, "save_search", kept)
        return kept


def change_search(*, actor: Actor, search_id: UUID, name: str, notice: str) -> SavedSearch:
    """Rename it, and say whether new hits are told. Who asks for it again starts anew: what came before isn't told."""
    with actor_transaction(actor):
        kept = get_search(actor=actor, search_id=search_id)
        kept.name = _checked_name(actor, name, besides=kept.id)
        before, kept.notice = kept.notice, _notice(notice)
        if kept.notice == SavedSearch.Notice.NONE:
            kept.matched_at = None
        elif before == SavedSearch.Notice.NONE:
            kept.matched_at = timezone.now()
        kept.save(update_fields=["name", "notice", "matched_at", "updated_at"])
        _log(actor, "change_search", kept)
        return kept


def delete_search(*, actor: Actor, search_id: UUID) -> SavedSearch:
    """Take it off the list (soft)."""
    with actor_transaction(actor):
        kept = get_search(actor=actor, search_id=search_id)
        kept.deleted_at = timezone.now()
        kept.save(update_fields=["deleted_at", "updated_at"])
        _log(actor, "delete_search", kept)
        return kept


def undo_delete_search(*, actor: Actor, search_id: UUID) -> SavedSearch:
    """Put it back. Hits that came in between are found by the next run, because `matched_at` stayed."""
    with actor_transaction(actor):
        kept = SavedSearch.objects.filter(id=search_id, user_id=actor.id).first() if actor.id else None
        if kept is None:
            raise NotFound
        if kept.deleted_at is not None:
            kept.deleted_at = None
            kept.save(update_fields=["deleted_at", "updated_at"])
            _log(actor, "undo_delete_search", kept)
        return kept


def mark_seen(*, actor: Actor, search_id: UUID) -> datetime | None:
    """All new hits of a search have been seen. Returns the moment by which this is taken back, or None without any."""
    with actor_transaction(actor):
        kept = get_search(actor=actor, search_id=search_id)
        at = timezone.now()
        return at if SearchHit.objects.filter(search=kept, seen_at=None).update(seen_at=at) else None


def unmark_seen(*, actor: Actor, search_id: UUID) -> int:
    """Take the last `mark_seen` back. Returns how many hits are new again."""
    with actor_transaction(actor):
        kept = get_search(actor=actor, search_id=search_id)
        last = SearchHit.objects.filter(search=kept).exclude(seen_at=None).order_by("-seen_at").values_list("seen_at", flat=True).first()
        return SearchHit.objects.filter(search=kept, seen_at=last).update(seen_at=None) if last else 0


def _checked_name(actor: Actor, name: str, *, besides: UUID | None = None) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise Invalid(fields={"name": ["検索の名前を入れてください。"]})
    if len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": [f"名前は{LONGEST_NAME}字までです。短くしてください。"]})
    if find_personal(name):
        raise Invalid(fields={"name": ["名前に電話番号やメールアドレスは入れられません。"]})
    assert actor.id is not None
    others = SavedSearch.objects.filter(user_id=actor.id, deleted_at=None, name=name)
    if besides is not None:
        others = others.exclude(id=besides)
    if others.exists():
        raise Invalid(fields={"name": ["同じ名前の検索があります。別の名前にしてください。"]})
    return name


def _notice(value: str) -> str:
    if value not in SavedSearch.Notice.values:
        raise Invalid(fields={"notice": ["知らせ方を一覧から選んでください。"]})
    return value


def _log(actor: Actor, action: str, kept: SavedSearch) -> None:
    record_access(actor=actor, action=action, object_kind="saved_search", object_id=kept.id)
