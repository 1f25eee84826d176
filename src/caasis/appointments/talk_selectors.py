"""Reads of talks by video: staff inside the centre, and the consumer by the secret of her link."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from caasis.appointments.models import VideoTalk
from caasis.appointments.vocabulary import OPEN_TALKS, Side, TalkState
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import record_keys_bytes
from caasis.privacy.masking import mask_name
from caasis.privacy.services import open_fields, read_sealed

GONE = "このビデオ相談は見つかりません。一覧を開き直してください。"
NO_LINK = "このリンクは使えません。センターにお電話ください。"
#: A page that has not asked for so long is gone.
SEEN_FOR = timedelta(seconds=15)
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def hash_of(secret: str) -> str:
    """By what a link is found. The secret has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(f"video:{secret}".encode()).hexdigest()


def visible_talks(*, actor: Actor) -> QuerySet[VideoTalk]:
    """Those of the actor's centre; all for the system, none for anybody else."""
    if actor.is_system:
        return VideoTalk.objects.all()
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return VideoTalk.objects.none()
    return VideoTalk.objects.filter(centre_id=actor.centre_id)


def get_talk(*, actor: Actor, talk_id: UUID, for_update: bool = False) -> VideoTalk:
    """One talk.

    :raises NotFound: hidden and absent alike.
    """
    rows = visible_talks(actor=actor).filter(id=talk_id)
    talk = (rows.select_for_update() if for_update else rows).first()
    if talk is None:
        raise NotFound(GONE)
    return talk


def open_talk_of_case(*, actor: Actor, case_id: UUID) -> VideoTalk | None:
    """The talk of a case that goes on or is next."""
    rows = visible_talks(actor=actor).filter(case_id=case_id, state__in=sorted(OPEN_TALKS))
    return rows.order_by("begins_at").first()


def talk_of_link(*, secret: str, now: datetime) -> VideoTalk:
    """The talk whose link this is, while it lets somebody in or has just ended.

    :raises NotFound: no such link, or one that is over.
    """
    if not _SECRET.fullmatch(secret):
        raise NotFound(NO_LINK)
    with system_transaction():
        talk = VideoTalk.objects.filter(secret_hash=hash_of(secret), erased_at=None).first()
    if talk is None or (now >= talk.expires_at and talk.state != TalkState.TALKING):
        raise NotFound(NO_LINK)
    return talk


def is_there(talk: VideoTalk, now: datetime) -> bool:
    """Whether the consumer's page is open just now."""
    return talk.seen_at is not None and now - talk.seen_at < SEEN_FOR


def secret_of(talk: VideoTalk, *, actor: Actor, purpose: Purpose) -> str:
    """The secret of the link, opened for a purpose and logged.

    :raises NotAllowed: outside the centre. :raises caasis.privacy.keys.Forgotten: erased.
    """
    return open_fields(talk, "secret", actor=actor, purpose=purpose)["secret"]


def talk_texts(talk: VideoTalk, *, actor: Actor, purpose: Purpose) -> dict[str, str]:
    """Name, contact and the name shown, opened for a purpose and logged."""
    return open_fields(talk, "name", "contact", "shown_name", actor=actor, purpose=purpose)


@dataclass(frozen=True, slots=True)
class TalkLine:
    """A line of the list; the name is masked."""

    talk: VideoTalk
    name: str
    there: bool


def talks_between(*, actor: Actor, start: datetime, end: datetime, now: datetime, limit: int = 200) -> list[TalkLine]:
    """Talks of the centre that begin in [start, end). Two queries, however many."""
    rows = list(visible_talks(actor=actor).filter(begins_at__gte=start, begins_at__lt=end).order_by("begins_at", "id")[:limit])
    keys = record_keys_bytes(row.record_key_id for row in rows)
    return [
        TalkLine(row, mask_name(read_sealed(row, "name", key=keys[row.record_key_id])["name"]) if row.record_key_id in keys else "", is_there(row, now))
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Said:
    """What the other side said."""

    number: int
    kind: str
    body: str


def said_by(talk: VideoTalk, side: Side, *, after: int) -> list[Said]:
    """What one side said after a number, the oldest first. Called for one who may take part in this talk."""
    with system_transaction():
        rows = list(talk.signals.filter(side=side.value, number__gt=after)[:20])
        keys = record_keys_bytes({row.record_key_id for row in rows})
        return [Said(row.number, row.kind, read_sealed(row, "body", key=keys[row.record_key_id])["body"]) for row in rows if row.record_key_id in keys]
