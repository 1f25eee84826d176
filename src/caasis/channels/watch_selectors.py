"""Reads of 見守り情報: members of the council and their reports, for the centre."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from caasis.channels.models import Contact
from caasis.channels.rules.watching import CODED, LABELS, MEMBER_NAMES, OPEN_NAMES
from caasis.channels.vocabulary import UNKNOWN, label_of
from caasis.channels.watch_models import WatchMember, WatchReport
from caasis.channels.watch_terms import SIGNS
from caasis.engines.japanese import format_date_ja
from caasis.kernel.actor import Actor, Purpose, Role
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotFound
from caasis.platform.geography import prefecture
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name
from caasis.privacy.services import open_fields, read_sealed

GONE = "この構成員は見つかりません。一覧を開き直してください。"


def hash_of_link(secret: str) -> str:
    """By what a link is found. The secret has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(f"watch:{secret}".encode()).hexdigest()


def link_holds(member: WatchMember, today: date) -> bool:
    """Whether the link lets somebody in."""
    return member.ended_at is None and member.erased_at is None and today <= member.valid_until


def may_lead_members(actor: Actor) -> bool:
    """Who registers members and gives them links."""
    return actor.works_for(actor.centre_id) and actor.has(Role.SUPERVISOR, Role.OFFICIAL)


# --- the centre -------------------------------------------------------------------------------------------------------


def watch_members(*, actor: Actor) -> QuerySet[WatchMember]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return WatchMember.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return WatchMember.objects.none()
    return WatchMember.objects.filter(centre_id=actor.centre_id)


def get_watch_member(*, actor: Actor, member_id: UUID, for_update: bool = False) -> WatchMember:
    """One member.

    :raises NotFound: hidden and absent alike.
    """
    rows = watch_members(actor=actor).filter(id=member_id)
    member = (rows.select_for_update() if for_update else rows).first()
    if member is None:
        raise NotFound(GONE)
    return member


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A line of the list; the name is masked."""

    member: WatchMember
    name: str
    reports: int
    last_report_at: datetime | None
    holds: bool


def member_lines(*, actor: Actor, now: datetime, limit: int = 300) -> list[MemberLine]:
    """The centre's members with how often they reported; those whose link holds first. Two queries, however many."""
    rows = watch_members(actor=actor).annotate(n=Count("reports"), last=Max("reports__created_at"))
    found = list(rows.order_by("organisation", "id")[:limit])
    keys = record_keys_bytes(row.record_key_id for row in found)
    today = day_in_japan(now)
    lines = [
        MemberLine(
            row,
            mask_name(read_sealed(row, "name", key=keys[row.record_key_id])["name"]) if row.record_key_id in keys else "",
            row.n,
            row.last,
            link_holds(row, today),
        )
        for row in found
    ]
    return sorted(lines, key=lambda line: not line.holds)


def member_texts(member: WatchMember, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """Name and contact, opened for a purpose and logged."""
    return open_fields(member, "name", "contact", actor=actor, purpose=purpose)


def reports_of_member(member: WatchMember, *, actor: Actor, limit: int = 50) -> list[Contact]:
    """The contacts of a member's reports, the newest first.

    :raises NotFound: not the actor's centre.
    """
    get_watch_member(actor=actor, member_id=member.id)
    rows = WatchReport.objects.filter(member=member).select_related("contact").order_by("-created_at")[:limit]
    return [row.contact for row in rows]


def report_of_contact(contact: Contact) -> WatchReport | None:
    """The report that this contact is, with its member; None for a consultation. The caller may see the contact."""
    if not (contact.facts or {}).get("watch"):
        return None
    return WatchReport.objects.filter(contact=contact).select_related("member").first()


# --- in words ---------------------------------------------------------------------------------------------------------


def report_lines(answers: Mapping[str, Any], *, member: bool) -> list[tuple[str, str, str]]:
    """(name, label, words) of each answer in the order of the form; words are empty where nothing was given."""
    return [(name, LABELS[name], words_of(name, answers.get(name))) for name in (MEMBER_NAMES if member else OPEN_NAMES)]


def words_of(name: str, value: Any) -> str:
    """One answer as people read it."""
    if value in (None, "", []):
        return ""
    if name == "signs":
        return "\n".join(label_of(SIGNS, str(item)) for item in value)
    if name in CODED:
        return label_of(CODED[name], str(value))
    if value == UNKNOWN:
        return "わからない"
    if name == "seen_on":
        return format_date_ja(date.fromisoformat(str(value)), with_year=True)
    if name == "prefecture":
        place = prefecture(str(value))
        return place.name if place else str(value)
    if name == "reporter_phone":
        return "0" + str(value)[3:] if str(value).startswith("+81") else str(value)
    return str(value)
