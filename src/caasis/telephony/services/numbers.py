"""Numbers that can be called, and where an agent can be rung."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import IntegrityError, transaction

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_phone
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound, VersionConflict
from caasis.platform.transactions import actor_transaction
from caasis.telephony.models import Flow, Number, Station
from caasis.telephony.services.guards import require_agent, require_manager
from caasis.telephony.vocabulary import Toll

MISSING = "この番号は見つかりません。一覧を開き直してください。"
_PROMPT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_USER = re.compile(r"[A-Za-z0-9._-]{1,64}")


def save_number(
    *,
    actor: Actor,
    centre_id: UUID,
    number: str,
    label: str,
    toll: str = Toll.ORDINARY.value,
    flow_id: UUID | None = None,
    queue_id: UUID | None = None,
    music: str = "hold_music",
    records: bool = True,
    active: bool = True,
    number_id: UUID | None = None,
    version: int | None = None,
) -> Number:
    """Enter a number of a centre, or change one (`number_id` with the `version` that was read).

    :raises Invalid: no number, one that is entered already, a flow of another centre.
    :raises NotFound: another centre's. :raises NotAllowed: neither supervisor nor official.
    :raises VersionConflict: changed meanwhile.
    """
    require_manager(actor, centre_id, MISSING)
    errors: dict[str, list[str]] = {}
    e164, label = normalise_phone(number), label.strip()
    if e164 is None:
        errors["number"] = ["電話番号を、市外局番から入力してください。"]
    if not 1 <= len(label) <= 60:
        errors["label"] = ["名前を60字までで入力してください。"]
    if toll not in {one.value for one in Toll}:
        errors["toll"] = ["通話料金の種類を選んでください。"]
    if not _PROMPT.fullmatch(music):
        errors["music"] = ["保留音を選んでください。"]
    with actor_transaction(actor):
        if flow_id is not None and not Flow.objects.filter(id=flow_id, centre_id=centre_id).exists():
            errors["flow"] = ["このセンターの自動応答を選んでください。"]
        if errors or e164 is None:
            raise Invalid(fields=errors)
        row = Number(centre_id=centre_id) if number_id is None else _locked(number_id, centre_id, version)
        row.number, row.label, row.toll, row.music = e164, label, toll, music
        row.flow_id, row.queue_id, row.records, row.active = flow_id, queue_id, records, active
        if number_id is not None:
            row.version += 1
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise Invalid(fields={"number": ["この番号は、もう登録されています。"]}) from None
        record_access(
            actor=actor, action="save_number", object_kind="telephony_number", object_id=row.pk, centre_id=centre_id
        )
        return row


def _locked(number_id: UUID, centre_id: UUID, version: int | None) -> Number:
    row = Number.objects.select_for_update().filter(id=number_id, centre_id=centre_id).first()
    if row is None:
        raise NotFound(MISSING)
    if version is not None and row.version != version:
        raise VersionConflict(current=row)
    return row


def set_station(*, actor: Actor, user: str) -> Station:
    """Say by which name the actor's desk phone or browser registers with the engine.

    :raises Invalid: no such name can be, or somebody else has it. :raises NotAllowed: no counsellor of a centre.
    """
    agent_id, centre_id = require_agent(actor)
    if not _USER.fullmatch(user):
        raise Invalid(fields={"user": ["電話機の名前は、英数字で64字までです。"]})
    with actor_transaction(actor):
        if Station.objects.filter(user=user).exclude(agent_id=agent_id).exists():
            raise Invalid(fields={"user": ["この電話機は、ほかの人が使っています。"]})
        station, _ = Station.objects.get_or_create(agent_id=agent_id, defaults={"centre_id": centre_id, "user": user})
        if station.user != user or station.centre_id != centre_id:
            station.user, station.online, station.centre_id = user, False, centre_id
            station.save()
        return station
