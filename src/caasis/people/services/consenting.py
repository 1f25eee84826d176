"""What a person agreed to, and that they agree no more."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, WrongState
from caasis.organisations.models import Centre
from caasis.people.events import ConsentChanged
from caasis.people.models import Consent
from caasis.people.services.guards import MISSING, locked_person, log
from caasis.people.vocabulary import ConsentKind, GivenBy, Means
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction
from caasis.privacy.services import set_sealed

LONGEST_NOTE = 500


def record_consent(
    *,
    actor: Actor,
    person_id: UUID,
    kind: str,
    means: str,
    given_by: str = GivenBy.SELF.value,
    given_at: datetime | None = None,
    until: date | None = None,
    recipient_centre_id: UUID | None = None,
    note: str = "",
    case_id: UUID | None = None,
) -> Consent:
    """Write down a consent. It stands on the row of the person who was asked, so that it parts with that row again.

    :raises Invalid: a field can't be taken. :raises NotFound: of another centre, or absent. :raises WrongState: erased.
    """
    at = given_at or timezone.now()
    errors: dict[str, list[str]] = {}
    if kind not in ConsentKind._value2member_map_:
        errors["kind"] = ["何への同意かを選んでください。"]
    if means not in Means._value2member_map_:
        errors["means"] = ["どのように聞いたかを選んでください。"]
    if given_by not in GivenBy._value2member_map_:
        errors["given_by"] = ["だれの同意かを選んでください。"]
    if at > timezone.now():
        errors["given_at"] = ["同意の日は、きょうまでの日にしてください。"]
    if until is not None and until < day_in_japan(at):
        errors["until"] = ["期限は、同意の日から後の日にしてください。"]
    if recipient_centre_id is not None and (
        kind != ConsentKind.PASS_ON or not Centre.objects.filter(id=recipient_centre_id).exists()
    ):
        errors["recipient"] = ["引き継ぐ先のセンターを選んでください。"]
    words = note.strip()
    if len(words) > LONGEST_NOTE:
        errors["note"] = [f"内容は{LONGEST_NOTE}字までです。短くしてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        person = locked_person(actor=actor, person_id=person_id)
        consent = Consent(
            person=person,
            centre_id=person.centre_id,
            kind=kind,
            given_at=at,
            given_by=given_by,
            given_by_means=means,
            recipient_centre_id=recipient_centre_id,
            until=until,
            case_id=case_id,
            recorded_by=actor.id,
        )
        set_sealed(consent, note=words)
        consent.save(force_insert=True)
        log(person, "record_consent", actor=actor, fields=(kind,))
        publish(ConsentChanged(subject=person.pk, centre_id=person.centre_id, kind=kind), actor=actor)
        return consent


def withdraw_consent(*, actor: Actor, consent_id: UUID, means: str) -> Consent:
    """They agree no more. Whatever of the same kind was agreed to before is over with it; what comes later stands.

    :raises Invalid: no means. :raises NotFound: of another centre, or absent. :raises WrongState: withdrawn already.
    """
    if means not in Means._value2member_map_:
        raise Invalid(fields={"means": ["どのように聞いたかを選んでください。"]})
    with actor_transaction(actor):
        consent = Consent.objects.select_for_update(of=("self",)).filter(id=consent_id).select_related("person").first()
        if consent is None:
            raise NotFound(MISSING)
        person = locked_person(actor=actor, person_id=consent.person_id, living=False)
        if consent.withdrawn_at is not None:
            raise WrongState("この同意は、もう取り消されています。")
        consent.withdrawn_at = timezone.now()
        consent.withdrawn_by_means = means
        consent.withdrawn_recorded_by = actor.id
        consent.save()
        log(person, "withdraw_consent", actor=actor, fields=(consent.kind,))
        publish(
            ConsentChanged(subject=person.pk, centre_id=person.centre_id, kind=consent.kind, withdrawn=True), actor=actor
        )
        return consent
