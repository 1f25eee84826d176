"""The tracking flag, with what due process asks: grounds, an end, a review, and whether the business was heard."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from caasis.businesses.events import TrackingChanged
from caasis.businesses.models import TrackingFlag
from caasis.businesses.rules.changes import flag_errors
from caasis.businesses.services.guards import FLAGGERS, locked, log, require, root_of
from caasis.engines.japanese import normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.platform.outbox.publish import publish


def set_flag(
    *, actor: Actor, business_id: UUID, grounds: str, heard: str, until: date | None, review_on: date | None
) -> TrackingFlag:
    """Have a business watched. A flag that ended by itself makes room for a new one.

    :raises Invalid: what the flag needs is missing. :raises WrongState: it is watched already.
    """
    require(actor, FLAGGERS)
    now = timezone.now()
    today = day_in_japan(now)
    told = normalise_text(grounds)
    errors = flag_errors(grounds=told, heard=heard, until=until, review_on=review_on, today=today)
    if errors:
        raise Invalid(fields=errors)
    assert until is not None and review_on is not None
    with transaction.atomic():
        business = locked([root_of(business_id)]).popitem()[1]
        standing = TrackingFlag.objects.select_for_update().filter(business=business, lifted_at=None).first()
        if standing is not None and standing.until >= today:
            raise WrongState("もう注視しています。先に、いまの注視を解いてください。")
        if standing is not None:
            standing.lifted_at = now
            standing.lifted_reason = "期限が来たため"
            standing.save(update_fields=["lifted_at", "lifted_reason", "updated_at"])
        flag = TrackingFlag(
            business=business,
            grounds=told,
            heard=heard,
            set_by=actor.id,
            set_by_centre=actor.centre_id,
            set_at=now,
            until=until,
            review_on=review_on,
        )
        flag.save(force_insert=True)
        log(business, "tracking_set", actor=actor, reason=told)
        publish(TrackingChanged(subject=business.id, tracked=True), actor=actor)
    return flag


def review_flag(*, actor: Actor, flag_id: UUID, review_on: date | None, heard: str) -> TrackingFlag:
    """Somebody looked whether the grounds still hold: the next review is set.

    :raises Invalid: no day, or one outside of the flag's time. :raises WrongState: the flag is over.
    """
    require(actor, FLAGGERS)
    now = timezone.now()
    with transaction.atomic():
        flag = _standing(flag_id)
        errors = flag_errors(
            grounds=flag.grounds, heard=heard, until=flag.until, review_on=review_on, today=day_in_japan(now)
        )
        errors.pop("until", None)
        if errors:
            raise Invalid(fields=errors)
        assert review_on is not None
        flag.review_on, flag.heard = review_on, heard
        flag.reviewed_at, flag.reviewed_by = now, actor.id
        flag.version += 1
        flag.save()
        log(flag.business, "tracking_reviewed", actor=actor)
    return flag


def lift_flag(*, actor: Actor, flag_id: UUID, reason: str) -> TrackingFlag:
    """Watch the business no longer.

    :raises Invalid: no reason. :raises WrongState: the flag is over.
    """
    require(actor, FLAGGERS)
    told = normalise_text(reason)
    if len(told) < 5:
        raise Invalid(fields={"reason": ["解く理由を5字以上で書いてください。"]})
    with transaction.atomic():
        flag = _standing(flag_id)
        flag.lifted_at, flag.lifted_by, flag.lifted_reason = timezone.now(), actor.id, told[:200]
        flag.version += 1
        flag.save()
        log(flag.business, "tracking_lifted", actor=actor, reason=told)
        publish(TrackingChanged(subject=flag.business_id, tracked=False), actor=actor)
    return flag


def _standing(flag_id: UUID) -> TrackingFlag:
    flag = TrackingFlag.objects.select_for_update(of=("self",)).select_related("business").filter(id=flag_id).first()
    if flag is None:
        raise NotFound("この注視は見つかりません。画面を開き直してください。")
    if flag.lifted_at is not None:
        raise WrongState("この注視は、もう解かれています。")
    return flag
