"""Members of the council who report by a link of their own: registering one, a new link, the end of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.events import WatchMemberChanged
from caasis.channels.rules.questionnaire import clean_text
from caasis.channels.rules.watching import LONGEST_LINK, NAME_LIMIT
from caasis.channels.vocabulary import codes
from caasis.channels.watch_models import WatchMember
from caasis.channels.watch_selectors import get_watch_member, hash_of_link, may_lead_members
from caasis.channels.watch_terms import MEMBER_KINDS
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, VersionConflict
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed

ORGANISATION_LIMIT, CONTACT_LIMIT = 80, 120
ONLY_LEADERS = "構成員を登録できるのは、主任とセンター職員です。"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A member with the secret of the link, which is told this once."""

    member: WatchMember
    secret: str


def register_watch_member(
    *, actor: Actor, kind: str, organisation: str, name: str, contact: str = "", valid_until: date, now: datetime | None = None
) -> NewLink:
    """Register a member of the centre's council, and make their link.

    :raises NotAllowed: neither supervisor nor official of a centre. :raises Invalid: with sentences by field.
    """
    at = now or timezone.now()
    if actor.id is None or actor.centre_id is None or not may_lead_members(actor):
        raise NotAllowed(ONLY_LEADERS)
    organisation, name, contact = (" ".join(clean_text(text).split()) for text in (organisation, name, contact))
    errors: dict[str, list[str]] = {}
    if kind not in codes(MEMBER_KINDS):
        errors["kind"] = ["種類を一覧から選んでください。"]
    for field, label, text, limit in (
        ("organisation", "所属", organisation, ORGANISATION_LIMIT), ("name", "氏名", name, NAME_LIMIT),
        ("contact", "連絡先", contact, CONTACT_LIMIT),
    ):  # fmt: skip
        if not text and field != "contact":
            errors[field] = [f"{label}を入力してください。"]
        elif len(text) > limit:
            errors[field] = [f"{label}は{limit}字までです。いまは{len(text):,}字です。"]
    if sentence := _day_error(valid_until, day_in_japan(at)):
        errors["valid_until"] = [sentence]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        secret = secrets.token_urlsafe(24)
        member = WatchMember(
            centre_id=actor.centre_id, record_key_id=create_record_key(actor.centre_id).id, kind=kind,
            organisation=organisation, secret_hash=hash_of_link(secret), valid_until=valid_until, made_by=actor.id,
        )  # fmt: skip
        set_sealed(member, name=name, contact=contact)
        member.save(force_insert=True)
        _tell(member, "registered", actor=actor)
        return NewLink(member, secret)


def renew_watch_link(
    *, actor: Actor, member_id: UUID, version: int, valid_until: date, now: datetime | None = None
) -> NewLink:
    """A new link, valid until a new day; the old one lets nobody in any more. A member who was ended is one again.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    :raises Invalid: the day. :raises VersionConflict: somebody else has changed it meanwhile.
    """
    at = now or timezone.now()
    if not may_lead_members(actor):
        raise NotAllowed(ONLY_LEADERS)
    if sentence := _day_error(valid_until, day_in_japan(at)):
        raise Invalid(fields={"valid_until": [sentence]})
    with actor_transaction(actor):
        member = get_watch_member(actor=actor, member_id=member_id, for_update=True)
        if member.version != version:
            raise VersionConflict
        if member.erased_at is not None:
            raise Invalid("氏名と連絡先が消えています。新しく登録してください。")
        secret = secrets.token_urlsafe(24)
        member.secret_hash, member.valid_until = hash_of_link(secret), valid_until
        member.renewed_at, member.ended_at = at, None
        member.version += 1
        member.save(update_fields=["secret_hash", "valid_until", "renewed_at", "ended_at", "version", "updated_at"])
        _tell(member, "renewed", actor=actor)
        return NewLink(member, secret)


def end_watch_member(*, actor: Actor, member_id: UUID, now: datetime | None = None) -> WatchMember:
    """The link lets nobody in any more; the reports stay. Twice does no harm.

    :raises NotFound: hidden and absent alike. :raises NotAllowed: neither supervisor nor official.
    """
    if not may_lead_members(actor):
        raise NotAllowed(ONLY_LEADERS)
    with actor_transaction(actor):
        member = get_watch_member(actor=actor, member_id=member_id, for_update=True)
        if member.ended_at is not None:
            return member
        member.ended_at = now or timezone.now()
        member.version += 1
        member.save(update_fields=["ended_at", "version", "updated_at"])
        _tell(member, "ended", actor=actor)
        return member


def _day_error(day: date, today: date) -> str:
    if day < today:
        return "きょうより後の日を入力してください。"
    return "期限は、2年より近い日にしてください。" if day - today > LONGEST_LINK else ""


def _tell(member: WatchMember, what: str, *, actor: Actor) -> None:
    record_access(
        actor=actor, action=f"watch_member_{what}", object_kind="watch_member", object_id=member.id, centre_id=member.centre_id
    )
    publish(WatchMemberChanged(subject=member.id, centre_id=member.centre_id, what=what), actor=actor)
