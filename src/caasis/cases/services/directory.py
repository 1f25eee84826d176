"""The referral directory of a centre, naming an office to a consumer, and where a case came from (経由)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.cases.code_lists import code_lists
from caasis.cases.directory import common_offices, get_office
from caasis.cases.events import CaseTimelineGrew
from caasis.cases.models import Case, CaseVia, Introduction, Office
from caasis.cases.rules.offices import KINDS
from caasis.cases.services.guards import locked_case, log
from caasis.cases.services.rows import entry
from caasis.cases.vocabulary import EDITABLE, Entry, State
from caasis.kernel.actor import Actor
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

TEXTS = {
    "name": (80, "名前"), "handles": (200, "扱うこと"), "words": (400, "さがすことば"), "phone": (40, "電話"),
    "hours": (120, "受付時間"), "url": (200, "ホームページ"), "source": (120, "確かめた資料"),
}  # fmt: skip


def save_office(
    *, actor: Actor, code: str = "", version: int = 0, values: Mapping[str, str], checked: bool = False
) -> Office:
    """Add an office to the centre's directory, or write down what the centre knows better of a common one.

    With `checked` somebody compared it with its source today. `version` is that of the row as it was read; 0 for none.

    :raises Invalid: a field can't be taken. :raises VersionConflict: a colleague saved first.
    """
    cleaned = _clean(values)
    with actor_transaction(actor):
        centre_id = _centre_of(actor)
        if code:
            get_office(actor=actor, code=code)
        row = Office.objects.select_for_update().filter(centre_id=centre_id, code=code).first() if code else None
        if row is None:
            row = Office(centre_id=centre_id, code=code or f"own-{uuid7().hex[-12:]}")
            if code and version:
                raise VersionConflict
            version = 0
        elif row.version != version:
            raise VersionConflict
        for name, value in cleaned.items():
            setattr(row, name, value)
        if checked:
            row.checked_on, row.checked_by = day_in_japan(timezone.now()), actor.id
        row.version = version + 1
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            # Two people wrote their first word on the same common entry at once.
            raise VersionConflict from None
        _log(actor, row, "save_office", tuple(sorted(cleaned)))
        return row


def check_office(*, actor: Actor, code: str) -> Office:
    """確かめました: the entry was compared with its source today and is right as it stands."""
    found = get_office(actor=actor, code=code)
    values = {name: str(getattr(found, name)) for name in TEXTS} | {"kind": found.kind}
    return save_office(actor=actor, code=code, version=found.version, values=values, checked=True)


def hide_office(*, actor: Actor, code: str, hidden: bool = True) -> None:
    """Take an entry out of the centre's directory, or put it back: nothing is deleted."""
    with actor_transaction(actor):
        centre_id = _centre_of(actor)
        row = Office.objects.select_for_update().filter(centre_id=centre_id, code=code).first()
        if row is None:
            common = next((one for one in common_offices() if one.code == code), None)
            if common is None:
                raise NotFound("この機関は見つかりません。一覧を開き直してください。")
            row = Office(centre_id=centre_id, code=code, kind=common.kind, **{name: getattr(common, name) for name in TEXTS})
            row.checked_on = common.checked_on
        row.hidden = hidden
        row.version += 1
        row.save()
        _log(actor, row, "hide_office" if hidden else "show_office", ())


def introduce_office(*, actor: Actor, case_id: UUID, code: str) -> Introduction:
    """他機関を紹介: an office was named to the consumer; it stands in the timeline and is counted, once a case."""
    found = get_office(actor=actor, code=code)
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        known = case.introductions.filter(office_code=code, taken_back_at=None).first()
        if known is not None:
            return known
        at = timezone.now()
        row = Introduction.objects.create(
            case=case,
            centre_id=case.handling_centre_id,
            office_code=found.code,
            office_name=found.name,
            introduced_by=actor.id,
            introduced_at=at,
        )
        entry(case, Entry.OFFICE_INTRODUCED, actor=actor, at=at, office=found.code, name=found.name).save(force_insert=True)
        log(case, "introduce_office", actor=actor)
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="office"), actor=actor)
        return row


def take_back_introduction(*, actor: Actor, introduction_id: UUID) -> Introduction:
    """The office wasn't named after all: it counts no more. :raises WrongState: it was taken back already."""
    with actor_transaction(actor):
        row = Introduction.objects.select_for_update(of=("self",)).filter(id=introduction_id).first()
        if row is None:
            raise NotFound
        case = locked_case(actor=actor, case_id=row.case_id)
        at = timezone.now()
        if row.taken_back_at is not None:
            raise WrongState("この紹介は、もう取り消されています。画面を開き直してください。")
        row.taken_back_at = at
        row.save(update_fields=["taken_back_at", "updated_at"])
        entry(case, Entry.OFFICE_TAKEN_BACK, actor=actor, at=at, office=row.office_code, name=row.office_name).save(
            force_insert=True
        )
        log(case, "take_back_introduction", actor=actor)
        return row


def set_via(
    *, actor: Actor, case_id: UUID, route: str, office: str, contact_person: str = "", phone: str = "", version: int = 0
) -> CaseVia:
    """経由: which office brought the case, how (助言・共同処理・移送・経由), and whom to ask there.

    :raises Invalid: no office, or a route that is none. :raises VersionConflict: a colleague saved first.
    """
    office, contact_person, phone = office.strip(), contact_person.strip(), phone.strip()
    problems: dict[str, list[str]] = {}
    term = code_lists()["route"].find(route)
    if term is None or (term.code != "via" and term.parent != "via"):
        problems["route"] = ["経由のしかたを選んでください。"]
    if not office or len(office) > 80:
        problems["office"] = ["経由した窓口の名前を80字までで入れてください。"]
    if len(contact_person) > 40:
        problems["contact_person"] = ["担当者は40字までで入れてください。"]
    if len(phone) > 20:
        problems["phone"] = ["電話は20字までで入れてください。"]
    if problems:
        raise Invalid(fields=problems)
    with actor_transaction(actor):
        case = locked_case(actor=actor, case_id=case_id)
        if State(case.state) not in EDITABLE:
            raise WrongState(f"「{State(case.state).label}」の相談は書き換えられません。")
        row = CaseVia.objects.select_for_update().filter(case=case).first()
        if (row.version if row else 0) != version:
            raise VersionConflict
        row = row or CaseVia(case=case, centre_id=case.handling_centre_id, version=0)
        row.office, row.contact_person, row.phone = office, contact_person, phone
        row.version += 1
        row.save()
        at = timezone.now()
        Case.objects.filter(id=case.id).update(route=route, version=case.version + 1, touched_at=at)
        entry(case, Entry.VIA_SET, actor=actor, at=at, route=route).save(force_insert=True)
        log(case, "set_via", actor=actor, fields=("route",))
        publish(CaseTimelineGrew(subject=case.id, centre_id=case.handling_centre_id, kind="via"), actor=actor)
        return row


def _clean(values: Mapping[str, str]) -> dict[str, str]:
    cleaned = {name: " ".join(str(values.get(name, "")).replace("\x00", "").split()) for name in TEXTS}
    cleaned["kind"] = str(values.get("kind", ""))
    problems = {
        name: [f"{words}は{most}字までです。短くしてください。"]
        for name, (most, words) in TEXTS.items()
        if len(cleaned[name]) > most
    }
    if not cleaned["name"]:
        problems["name"] = ["機関の名前を入れてください。"]
    if cleaned["kind"] not in KINDS:
        problems["kind"] = ["分野を選んでください。"]
    if cleaned["url"] and not _is_address(cleaned["url"]):
        problems["url"] = ["http:// か https:// で始まるURLを入れてください。"]
    if problems:
        raise Invalid(fields=problems)
    return cleaned


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _centre_of(actor: Actor) -> UUID:
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        raise NotAllowed
    return actor.centre_id


def _log(actor: Actor, row: Office, action: str, fields: tuple[str, ...]) -> None:
    record_access(actor=actor, action=action, object_kind="office", object_id=row.id, centre_id=row.centre_id, fields=fields)


__all__ = [
    "check_office",
    "hide_office",
    "introduce_office",
    "save_office",
    "set_via",
    "take_back_introduction",
]
