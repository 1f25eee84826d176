"""Asking the consumer of a closed case: by the way they came, once a month at most, or not at all and for which reason."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.cases.models import Case, CaseContact, ConductFile
from caasis.cases.rules.conduct import ConductState
from caasis.cases.selectors import consumer_of
from caasis.channels import sms
from caasis.channels.models import Contact, Submission, TextMessage
from caasis.channels.rules.texting import is_mobile
from caasis.channels.services.attempts import keyed_hash, known_hashes
from caasis.channels.services.texting import send_text
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, WrongState
from caasis.operations.code_lists import product_group
from caasis.operations.events import SurveyAsked
from caasis.operations.models import SurveyEdition, SurveyPerson, SurveyRequest
from caasis.operations.rules.survey_asking import (
    OPEN_FOR,
    CaseFacts,
    LastAsked,
    in_sample,
    way_of,
    why_not_again,
)
from caasis.operations.survey_selectors import first_published_at, hash_of, running_edition
from caasis.operations.vocabulary import NotAsked, RequestState, SurveyChannel
from caasis.organisations.selectors import get_centre
from caasis.people.models import Consent, ContactPoint, Person
from caasis.people.selectors import family_ids, root_id, standing_consents
from caasis.people.vocabulary import ConsentKind
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten, create_record_key
from caasis.privacy.services import read_sealed, set_sealed

#: With these files a consumer is not asked: whether the ending was taken back or not, a question would be no help.
_CONDUCT = frozenset(one.value for one in ConductState) - {ConductState.CLOSED.value}
_QUIET_WORDS = ("内密", "知られない", "内緒")


@dataclass(slots=True)
class _Known:
    """What the machine reads of a closed case to decide. Nothing of it is kept but keyed marks."""

    facts: CaseFacts
    contact_id: UUID | None = None
    number: str = ""
    marks: list[str] = field(default_factory=list)


def ask_for_answer(*, case_id: UUID, now: datetime | None = None) -> SurveyRequest | None:
    """Ask the consumer of a closed case, or write down why not. Once a case, however often it is closed.

    None when no survey runs, the case is gone or goes on again, or it was closed before the survey was published: whoever
    was done with long ago is not written to because a survey begins today.
    """
    at = now or timezone.now()
    with system_transaction():
        case = Case.objects.select_for_update().filter(id=case_id).first()
        if case is None or case.handled_at is None:
            return None
        known_request = SurveyRequest.objects.filter(case=case).first()
        if known_request is not None:
            return known_request
        edition = running_edition(centre_id=case.handling_centre_id, day=day_in_japan(at))
        if edition is None or case.handled_at < first_published_at(edition):
            return None
        known = _known(case, edition, at)
        way = way_of(known.facts)
        if isinstance(way, SurveyChannel):
            way = _take_turn(known.marks, centre_id=case.handling_centre_id, now=at) or way
        return _write(case, edition, known, way, at)


def _write(case: Case, edition: SurveyEdition, known: _Known, way: SurveyChannel | NotAsked, at: datetime) -> SurveyRequest:
    contract = case.contracts.order_by("position").first()
    request = SurveyRequest(
        centre_id=case.handling_centre_id,
        survey_id=edition.survey_id,
        edition=edition,
        case=case,
        state=RequestState.NOT_ASKED.value,
        product_group=product_group(contract.product) if contract else "",
        sales_form=contract.sales_form if contract else "",
        asked_at=at,
        is_demo=case.is_demo,
    )
    if isinstance(way, NotAsked):
        request.not_asked = way.value
    else:
        secret = secrets.token_urlsafe(24)
        request.record_key_id = create_record_key(case.handling_centre_id).id
        request.state, request.channel = RequestState.ASKED.value, way.value
        request.contact_id = known.contact_id if way is SurveyChannel.STATUS else None
        request.secret_hash, request.marks, request.expires_at = hash_of(secret), known.marks, at + OPEN_FOR
        set_sealed(request, secret=secret if way is SurveyChannel.STATUS else "")
        if way is SurveyChannel.SMS:
            _send(request, known.number, secret)
    request.save(force_insert=True)
    publish(
        SurveyAsked(subject=request.id, centre_id=request.centre_id, state=request.state, not_asked=request.not_asked),
        actor=SYSTEM,
    )
    return request


def _send(request: SurveyRequest, number: str, secret: str) -> None:
    """The link by SMS. What can't be sent after all is a request that was not made."""
    name = get_centre(request.centre_id).name
    text = f"【{name}】ご相談のあとのアンケートです（1分・任意）。\n{sms.portal_address()}/survey/{secret}/\nこのSMSに返信はできません。"
    try:
        send_text(
            actor=SYSTEM, centre_id=request.centre_id, number=number, text=text, purpose=TextMessage.Purpose.SURVEY
        )
    except (Invalid, WrongState):
        request.state, request.not_asked = RequestState.NOT_ASKED.value, NotAsked.NO_SMS.value
        request.channel, request.secret_hash, request.expires_at = "", None, None


def _take_turn(marks: Iterable[str], *, centre_id: UUID, now: datetime) -> NotAsked | None:
    """Ask the table whether this person's turn has come, and take it: None when it is taken, else why not.

    The rows of all marks are made and locked in one order, so that of two cases of one person that close at the same
    moment exactly one is asked.
    """
    wanted = sorted(bytes.fromhex(mark) for mark in set(marks))
    SurveyPerson.objects.bulk_create(
        [SurveyPerson(mark=mark, centre_id=centre_id) for mark in wanted], ignore_conflicts=True
    )
    rows = list(SurveyPerson.objects.select_for_update().filter(mark__in=wanted).order_by("mark"))
    reason = why_not_again([LastAsked(row.asked_at, row.refused_at is not None) for row in rows], now=now)
    if reason is None:
        SurveyPerson.objects.filter(mark__in=wanted).update(asked_at=now)
    return reason


# --- what is read to decide -------------------------------------------------------------------------------------------


def _known(case: Case, edition: SurveyEdition, at: datetime) -> _Known:
    consumer = consumer_of(case)
    person = consumer.person if consumer is not None else None
    if person is not None and person.erased_at is not None:
        person = None
    contact = _web_contact(case)
    form = _form_of(contact)
    numbers, mails = _points(person)
    # As typed, a number may be written in many ways; as a mark it must be one.
    numbers = [normal for one in [*numbers, str(form.get("phone") or "")] if (normal := normalise_phone(one))]
    mails = [one for one in [*mails, str(form.get("mail") or "")] if one]
    care = set(consumer.care if consumer is not None else [])
    quiet = form.get("quiet")
    if (isinstance(quiet, list) and "family_secret" in quiet) or _asks_for_quiet(person):
        care.add("secret")
    number = next((one for one in numbers if is_mobile(one)), "")
    facts = CaseFacts(
        ended_reason=case.ended_reason,
        conduct=ConductFile.objects.filter(case=case, state__in=_CONDUCT).exists(),
        care=frozenset(care),
        watched=bool(person is not None and Person.objects.filter(id__in=family_ids(person.id), watch_over=True).exists()),
        sampled=in_sample(keyed_hash("survey_sample", str(case.id)), edition.survey.sample_percent),
        web=contact is not None,
        phone_wanted=case.channel == "phone",
        mobile=bool(number),
        consent=person is not None and _agrees(person, case, at),
        sms_ready=sms.is_available() and bool(sms.portal_address()),
    )
    return _Known(facts, contact.id if contact else None, number, _marks(case, person, contact, numbers, mails))


def _web_contact(case: Case) -> Contact | None:
    """The consumer's own contact with a page of its own: the newest one that was not taken back."""
    ids = CaseContact.objects.filter(case=case).values("contact_id")
    rows = Contact.objects.filter(id__in=ids, channel=Contact.Channel.WEB, centre_id=case.handling_centre_id)
    rows = rows.exclude(secret_hash="").exclude(receipt_number=None).exclude(state=Contact.State.WITHDRAWN)
    return rows.order_by("-offered_at").first()


def _form_of(contact: Contact | None) -> dict[str, object]:
    """What was typed in the form; empty without one, or when it is erased."""
    submission = Submission.objects.filter(contact=contact).select_related("contact").first() if contact else None
    try:
        loaded = json.loads(read_sealed(submission, "answers")["answers"] or "{}") if submission is not None else {}
    except Forgotten:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _points(person: Person | None) -> tuple[list[str], list[str]]:
    """Numbers and mail addresses of a human that may be used."""
    found: dict[str, list[str]] = {"phone": [], "mail": []}
    if person is not None:
        rows = ContactPoint.objects.filter(person_id__in=family_ids(person.id), usable=True).select_related("person")
        for point in rows.order_by("created_at", "id"):
            try:
                found.setdefault(point.kind, []).append(read_sealed(point, "value")["value"])
            except Forgotten:
                continue
    return [one for one in found["phone"] if one], [one for one in found["mail"] if one]


def _asks_for_quiet(person: Person | None) -> bool:
    """Whether the note on how to reach the person asks for secrecy in words."""
    try:
        note = read_sealed(person, "contact_note")["contact_note"] if person is not None else ""
    except Forgotten:
        return True
    return any(word in note for word in _QUIET_WORDS)


def _agrees(person: Person, case: Case, at: datetime) -> bool:
    """Whether a consent to surveys stands that was given on this case, or on no case at all."""
    rows = Consent.objects.filter(person_id__in=family_ids(person.id), kind=ConsentKind.SURVEY.value)
    mine = [row for row in rows if row.recipient_centre_id in (None, case.handling_centre_id)]
    return any(row.case_id in (None, case.id) for row in standing_consents(mine, on=day_in_japan(at), at=at))


def _marks(
    case: Case, person: Person | None, contact: Contact | None, numbers: Iterable[str], mails: Iterable[str]
) -> list[str]:
    """Keyed hashes by which the same human is known again inside the centre: by who it is, by number, by address.

    A family that shares a number is asked once, which is the safer mistake. A hash under every version of the key, so that
    a refusal outlives a change of keys.
    """
    subjects = [f"phone:{one}" for one in numbers] + [f"mail:{one.lower()}" for one in mails]
    if person is not None:
        subjects.append(f"person:{root_id(person.id)}")
    if not subjects:
        subjects.append(f"contact:{contact.id}" if contact is not None else f"case:{case.id}")
    centre = case.handling_centre_id
    found = {mark.hex() for subject in subjects for mark in known_hashes("survey_person", f"{centre}:{subject}")}
    return sorted(found)
