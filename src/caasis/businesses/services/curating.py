"""Two businesses are one, or one is two. Nothing is copied or deleted, so that each can be taken back."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from caasis.businesses.events import BusinessesMerged, BusinessSplit
from caasis.businesses.models import Business, BusinessAlias, BusinessChange
from caasis.businesses.rules.changes import Side, why_not_merge
from caasis.businesses.services.guards import CURATORS, locked, log, note_change, require
from caasis.businesses.services.keys import write_keys
from caasis.businesses.vocabulary import AliasKind, Change, Source
from caasis.engines.identity import read_name
from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.outbox.publish import publish

SHORTEST_REASON = 5
LONGEST_REASON = 200


def merge_businesses(*, actor: Actor, keep_id: UUID, other_id: UUID, reason: str) -> BusinessChange:
    """`other` is read as `keep` from now on: names, numbers and cases of both stand together.

    :raises Invalid: no reason. :raises WrongState: the two can't be one (two legal persons, already merged).
    """
    require(actor, CURATORS)
    told = _reason(reason)
    with transaction.atomic():
        rows = locked({keep_id, other_id})
        keep, other = rows[keep_id], rows[other_id]
        problem = why_not_merge(_side(keep), _side(other))
        if problem:
            raise WrongState(problem)
        other.merged_into = keep
        other.version += 1
        other.save(update_fields=["merged_into", "version", "updated_at"])
        keep.version += 1
        keep.save(update_fields=["version", "updated_at"])
        change = note_change(Change.MERGED, keep, actor=actor, other=other, reason=told)
        publish(BusinessesMerged(subject=keep.id, other=other.id), actor=actor)
    return change


def split_business(
    *, actor: Actor, business_id: UUID, alias_ids: Collection[UUID], name: str, reason: str
) -> BusinessChange:
    """Some of the aliases belong to another business: a new one takes them. Returns the change; `other` is the new one.

    Cases are led over by the room above, which knows them.

    :raises Invalid: no name, no reason or no alias chosen. :raises WrongState: the business was merged away.
    """
    require(actor, CURATORS)
    told = _reason(reason)
    shown = normalise_text(name)
    core = read_name(shown, guess_reading=False).core
    errors: dict[str, list[str]] = {}
    if not core or len(shown) > 160:
        errors["name"] = ["分ける事業者の名前を160字までで入れてください。"]
    if not alias_ids:
        errors["alias"] = ["分ける呼び名・電話・URLを選んでください。"]
    if errors:
        raise Invalid(fields=errors)
    with transaction.atomic():
        business = locked([business_id])[business_id]
        if business.merged_into_id is not None:
            raise WrongState
        family = family_ids(business_id)
        moved = list(BusinessAlias.objects.select_for_update().filter(id__in=list(alias_ids), business_id__in=family))
        if len(moved) != len(set(alias_ids)):
            raise WrongState("選んだ呼び名が変わりました。画面を開き直してください。")
        new = Business(
            name=shown,
            normalised_name=core[:160],
            source=business.source if business.source == Source.DEMO.value else Source.CASE.value,
            is_demo=business.is_demo,
            confirmed_count=sum(alias.times for alias in moved if alias.kind == AliasKind.NAME.value),
        )
        new.save(force_insert=True)
        touched = {alias.business_id for alias in moved}
        for alias in moved:
            alias.business = new
            alias.save(update_fields=["business", "updated_at"])
        business.version += 1
        business.confirmed_count = max(0, business.confirmed_count - new.confirmed_count)
        business.save(update_fields=["version", "confirmed_count", "updated_at"])
        write_keys({*touched, new.id})
        change = note_change(Change.SPLIT, business, actor=actor, other=new, alias_ids=[a.id for a in moved], reason=told)
        publish(BusinessSplit(subject=business.id, other=new.id), actor=actor)
    return change


def undo_change(*, actor: Actor, change_id: UUID) -> BusinessChange:
    """Take a merge or a split back. After a split is taken back, the new business is read as the old one again.

    :raises WrongState: already taken back, or another change rests on it.
    """
    require(actor, CURATORS)
    with transaction.atomic():
        change = (
            BusinessChange.objects.select_for_update(of=("self",))
            .filter(id=change_id, kind__in=[Change.MERGED.value, Change.SPLIT.value])
            .first()
        )
        if change is None or change.other_id is None:
            raise NotFound("この変更は見つかりません。画面を開き直してください。")
        if change.undone_at is not None:
            raise WrongState("もう取り消されています。画面を開き直してください。")
        rows = locked({change.business_id, change.other_id})
        business, other = rows[change.business_id], rows[change.other_id]
        merged = change.kind == Change.MERGED.value
        if (other.merged_into_id != business.id) if merged else other.merged_into_id is not None:
            raise WrongState("このあとに別の変更があります。新しいほうから取り消してください。")
        if not merged and business.merged_into_id is not None:
            raise WrongState("このあとに別の変更があります。新しいほうから取り消してください。")
        other.merged_into = None if merged else business
        other.version += 1
        other.save(update_fields=["merged_into", "version", "updated_at"])
        change.undone_at, change.undone_by = timezone.now(), actor.id
        change.save(update_fields=["undone_at", "undone_by", "updated_at"])
        log(business, f"business_{change.kind}_taken_back", actor=actor)
        event = BusinessesMerged if merged else BusinessSplit
        publish(event(subject=business.id, other=other.id, taken_back=True), actor=actor)
    return change


def family_ids(business_id: UUID) -> list[UUID]:
    """The business and all that were merged into it, however deep."""
    found, fresh = [business_id], [business_id]
    while fresh:
        fresh = list(
            Business.objects.filter(merged_into_id__in=fresh).exclude(id__in=found).values_list("id", flat=True)
        )
        found += fresh
    return found


def _side(business: Business) -> Side:
    return Side(
        id=business.id,
        corporate_number=business.corporate_number,
        closed=business.closed_on is not None,
        merged=business.merged_into_id is not None,
    )


def _reason(reason: str) -> str:
    told = normalise_text(reason)
    if len(told) < SHORTEST_REASON:
        raise Invalid(fields={"reason": [f"理由を{SHORTEST_REASON}字以上で書いてください。"]})
    return told[:LONGEST_REASON]


