"""Taking in a 見守り情報. Nobody is looked up: whether the person is known to a centre changes nothing here, not even how
many questions the database is asked."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.channels.events import ContactReceived
from caasis.channels.models import Contact, Message, Submission
from caasis.channels.rules.promise import answer_due_at
from caasis.channels.rules.watching import clean_report, report_facts
from caasis.channels.services.attempts import attempts_so_far, count_attempt, keyed_hash, known_hashes
from caasis.channels.services.placing import centre_of_area
from caasis.channels.vocabulary import label_of
from caasis.channels.watch_models import WatchMember, WatchReport
from caasis.channels.watch_selectors import hash_of_link, link_holds
from caasis.channels.watch_terms import SIGNS
from caasis.kernel.actor import PUBLIC
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, TooMany
from caasis.kernel.ids import Series, new_receipt_number
from caasis.organisations.models import Centre
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import create_record_key
from caasis.privacy.services import set_sealed
from caasis.queues.services import enqueue
from caasis.queues.vocabulary import PriorityReason

#: Reports of one address in an hour, and of one member in a day: more is no watching over.
ADDRESS_LIMIT, ADDRESS_WINDOW = 20, timedelta(hours=1)
MEMBER_LIMIT, MEMBER_WINDOW = 50, timedelta(days=1)
TOO_MANY = "続けて送れる数をこえました。お急ぎの方は188へお電話ください。"
NO_LINK = "このリンクは見つかりません。届いたリンクを、もう一度確かめてください。"
TRIED = "まちがいが続いたので、15分のあいだ開けません。お急ぎの方は188へ。"
LINK_TRIES, LINK_WINDOW = 30, timedelta(minutes=15)
MEMBER_ENDED = "このリンクは、もう使えません。センターにお電話ください。"
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Reported:
    """What whoever reported takes home: a number to name on the phone, and nothing that opens anything."""

    number: str
    contact_id: UUID
    repeated: bool = False


def report_watch(
    *, idempotency_key: str, answers: Mapping[str, Any], member_id: UUID | None = None, client: str = ""
) -> Reported:
    """Take in a report: of a member of the council by the id of their link, or of anybody.

    The same key with the same answers is one report.

    :raises Invalid: an answer is missing or can't be taken (`fields`), or no centre answers. :raises NotAllowed: the
        member's link is over. :raises TooMany: one address, or one member, sends too much.
    """
    with system_transaction():
        count = count_attempt("watch", client, limit=ADDRESS_LIMIT, window=ADDRESS_WINDOW) if client else 0
        of_member = (
            count_attempt("watch_member", str(member_id), limit=MEMBER_LIMIT, window=MEMBER_WINDOW) if member_id else 0
        )
    # Members of one office share an address: for them counts the member.
    if of_member > MEMBER_LIMIT or (member_id is None and count > ADDRESS_LIMIT):
        raise TooMany(TOO_MANY)
    with system_transaction():
        now = timezone.now()
        today = day_in_japan(now)
        cleaned, errors = clean_report(answers, member=member_id is not None, today=today)
        if errors:
            raise Invalid(fields=errors)
        key = _whole_key(idempotency_key, cleaned, member_id)
        known = _repeated(key)
        if known is not None:
            return known
        member = WatchMember.objects.filter(id=member_id).first() if member_id else None
        if member_id is not None and (member is None or not link_holds(member, today)):
            raise NotAllowed(MEMBER_ENDED)
        try:
            with transaction.atomic():
                return _create(cleaned, key, member)
        except IntegrityError:
            # The same was sent twice at once: the other one won.
            known = _repeated(key)
            if known is None:
                raise
            return known


def member_of_link(*, secret: str, client: str = "") -> WatchMember:
    """The member whose link this is, over or not: the caller asks `link_holds`.

    Wrong ones are counted for each address. The caller must let its transaction commit, or they are not.

    :raises NotFound: no such link. :raises TooMany: too many wrong ones.
    """
    with system_transaction():
        locked = bool(client) and attempts_so_far("watch_link", client) >= LINK_TRIES
        wanted = hash_of_link(secret) if _SECRET.fullmatch(secret) else ""
        member = WatchMember.objects.filter(secret_hash=wanted).first() if wanted and not locked else None
        if member is not None and not hmac.compare_digest(member.secret_hash, wanted):
            member = None
        if member is None and client and not locked:
            count_attempt("watch_link", client, limit=LINK_TRIES, window=LINK_WINDOW)
    if locked:
        raise TooMany(TRIED)
    if member is None:
        raise NotFound(NO_LINK)
    return member


def _create(answers: dict[str, Any], key: str, member: WatchMember | None) -> Reported:
    now = timezone.now()
    place = (
        Centre.objects.get(id=member.centre_id)
        if member is not None
        else centre_of_area(str(answers.get("prefecture", "")), str(answers.get("area", "")))
    )
    contact = Contact(
        centre_id=place.id,
        record_key_id=create_record_key(place.id).id,
        channel=Contact.Channel.WEB,
        party_role="helper",
        offered_at=now,
        facts=report_facts(answers, member=member is not None),
        idempotency_key=keyed_hash("idempotency", key).hex(),
        # A number without a secret: it names the report on the phone and opens nothing.
        receipt_number=_free_number(day_in_japan(now).year),
    )
    contact.save(force_insert=True)
    submission = Submission(contact=contact, centre_id=place.id)
    set_sealed(submission, answers=json.dumps(answers, ensure_ascii=True))
    submission.save(force_insert=True)
    message = Message(
        contact=contact, centre_id=place.id, author=Message.Author.CONSUMER, written_at=now, leaves_at=now
    )
    set_sealed(message, body=str(answers["seen"]))
    message.save(force_insert=True)
    WatchReport.objects.create(contact=contact, centre_id=place.id, member=member)
    enqueue(
        centre_id=place.id,
        subject_kind="contact",
        subject_id=contact.id,
        title=f"見守り情報：{label_of(SIGNS, answers['signs'][0])}",
        arrived_at=now,
        money_moving=answers["urgency"] == "money",
        due_at=answer_due_at(now),
        priority_reasons=[PriorityReason.WATCH_OVER.value],
    )
    record_access(actor=PUBLIC, action="report_watch", object_kind="contact", object_id=contact.id, centre_id=place.id)
    publish(ContactReceived(subject=contact.id, centre_id=place.id, channel=contact.channel), actor=PUBLIC)
    return Reported(contact.receipt_number or "", contact.id)


def _repeated(key: str) -> Reported | None:
    prints = [value.hex() for value in known_hashes("idempotency", key)]
    contact = Contact.objects.filter(idempotency_key__in=prints).only("id", "receipt_number").first()
    return Reported(contact.receipt_number or "", contact.id, repeated=True) if contact is not None else None


def _whole_key(idempotency_key: str, answers: Mapping[str, Any], member_id: UUID | None) -> str:
    digest = hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()
    return f"watch:{idempotency_key[:80]}:{member_id or ''}:{digest}"


def _free_number(year: int) -> str:
    for _ in range(20):
        number = new_receipt_number(year, Series.CONTACT)
        if not Contact.objects.filter(receipt_number=number).exists():
            return number
    raise TooMany
