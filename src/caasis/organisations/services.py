"""Writing centres: their particulars, opening hours, special days and settings. Done by the administrator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from django.db import IntegrityError, transaction

from caasis.audit.services import record_access
from caasis.engines.japanese import normalise_phone, normalise_text
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.organisations.events import CentreChanged, CentreOpened
from caasis.organisations.models import Centre, CentreSettings, FeatureFlag, Jurisdiction, OpeningHours, SpecialDay
from caasis.organisations.rules import (
    CODE,
    FEWEST_YEARS,
    MOST_YEARS,
    Span,
    hours_error,
    may_manage_centres,
    steps_error,
)
from caasis.platform.geography import municipality, prefecture
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

CODE_TAKEN = "この記号は使われています。別の記号にしてください。"
#: Ranks of a centre that answers for a municipality, and of one that backs up a whole prefecture.
OWN_RANK, PREFECTURE_RANK = 1, 2
SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a centre. `phone` as it is written in Japan or empty; codes by JIS X 0401 and 0402."""

    name: str
    prefecture_code: str
    municipality_code: str = ""
    address: str = ""
    phone: str = ""
    #: The centre also answers for places of its prefecture that have no centre of their own.
    whole_prefecture: bool = False
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a centre works, as the administrator sets it. `deputies`: role → who may decide in its place."""

    approval_steps: tuple[str, ...]
    approval_deputies: Mapping[str, str]
    self_approval: bool = False
    light_path_for_inquiries: bool = False
    open_on_holidays: bool = False
    retention_years: int = 10
    second_factor: bool = False


def open_centre(*, actor: Actor, code: str, particulars: Particulars) -> Centre:
    """Enter a new centre, with the places that it answers for. Hours and settings follow; until then defaults hold.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless an administrator.
    """
    _require_manager(actor)
    code = code.strip().upper()
    errors = _errors_of(particulars)
    if not CODE.fullmatch(code):
        errors["code"] = ["記号は、半角の英大文字と数字2〜20字で入力してください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        centre = Centre(code=code)
        _apply(centre, particulars)
        try:
            with transaction.atomic():
                centre.save(force_insert=True)
        except IntegrityError:
            raise Invalid(fields={"code": [CODE_TAKEN]}) from None
        _answer_for(centre, particulars)
        record_access(actor=actor, action="open_centre", object_kind="centre", object_id=centre.id, centre_id=centre.id)
        publish(CentreOpened(subject=centre.id, centre_id=centre.id), actor=actor)
        return centre


def change_centre(*, actor: Actor, centre_id: UUID, version: int, particulars: Particulars) -> Centre:
    """Change a centre's particulars, and with them the places that it answers for.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless an administrator. :raises NotFound.
    :raises VersionConflict: somebody saved since `version` was read.
    """
    _require_manager(actor)
    errors = _errors_of(particulars)
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        centre = _locked_centre(centre_id)
        if centre.version != version:
            raise VersionConflict(current=centre)
        before = centre.municipality_code
        _apply(centre, particulars)
        centre.version += 1
        centre.save()
        _answer_for(centre, particulars, before=before)
        _tell(actor, centre, "change_centre", "particulars")
        return centre


def set_opening_hours(*, actor: Actor, centre_id: UUID, week: Mapping[int, Iterable[Span]]) -> None:
    """Replace a centre's week. A lunch break is the gap between two spans of a day; a day without spans is closed.

    :param week: weekday (0 Monday … 6 Sunday) → spans (opens, closes) in Japan's time.
    :raises Invalid: spans that end before they begin or overlap. :raises NotAllowed: unless an administrator.
    """
    _require_manager(actor)
    spans = {weekday: sorted(listed) for weekday, listed in week.items()}
    if sentence := hours_error(spans):
        raise Invalid(sentence)
    with actor_transaction(actor):
        centre = _locked_centre(centre_id)
        OpeningHours.objects.filter(centre=centre).delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(centre=centre, weekday=weekday, opens=opens, closes=closes)
            for weekday, listed in sorted(spans.items())
            for opens, closes in listed
        )
        _tell(actor, centre, "set_opening_hours", "hours")


def set_special_day(
    *, actor: Actor, centre_id: UUID, day: date, opens: time | None = None, closes: time | None = None, note: str = ""
) -> SpecialDay:
    """Say that a centre is closed on a day (no hours), or open at other hours than in the week.

    :raises Invalid: only one of the two times, or the wrong way round. :raises NotAllowed: unless an administrator.
    """
    _require_manager(actor)
    if (opens is None) != (closes is None):
        raise Invalid("開く時刻と閉じる時刻を、両方入力してください。")
    if opens is not None and closes is not None and opens >= closes:
        raise Invalid("終わりの時刻は、始まりより後にしてください。")
    note = " ".join(note.split())
    if len(note) > 80:
        raise Invalid("理由は80字までです。短くしてください。")
    with actor_transaction(actor):
        centre = _locked_centre(centre_id)
        SpecialDay.objects.filter(centre=centre, day=day).delete()
        row = SpecialDay.objects.create(centre=centre, day=day, opens=opens, closes=closes, note=note)
        _tell(actor, centre, "set_special_day", "special_days")
        return row


def remove_special_day(*, actor: Actor, centre_id: UUID, day: date) -> None:
    """Let the week hold again on a day.

    :raises NotFound: nothing special was entered for it. :raises NotAllowed: unless an administrator.
    """
    _require_manager(actor)
    with actor_transaction(actor):
        centre = _locked_centre(centre_id)
        count, _ = SpecialDay.objects.filter(centre=centre, day=day).delete()
        if not count:
            raise NotFound("この日は、もう一覧にありません。")
        _tell(actor, centre, "remove_special_day", "special_days")


def change_settings(*, actor: Actor, centre_id: UUID, version: int, policy: Policy) -> CentreSettings:
    """Change how a centre works. `version` is 0 while nobody has set anything.

    :raises Invalid: with sentences by field. :raises NotAllowed: unless an administrator.
    :raises VersionConflict: somebody saved since `version` was read.
    """
    _require_manager(actor)
    errors: dict[str, list[str]] = {}
    if sentence := steps_error(policy.approval_steps):
        errors["approval_steps"] = [sentence]
    if not FEWEST_YEARS <= policy.retention_years <= MOST_YEARS:
        errors["retention_years"] = [f"保存の年数は{FEWEST_YEARS}から{MOST_YEARS}までです。"]
    if any(role == deputy for role, deputy in policy.approval_deputies.items()):
        errors["approval_deputies"] = ["代わりに決裁する人は、別の役割にしてください。"]
    if errors:
        raise Invalid(fields=errors)
    with actor_transaction(actor):
        centre = _locked_centre(centre_id)
        row = CentreSettings.objects.select_for_update().filter(centre=centre).first()
        if (row.version if row is not None else 0) != version:
            raise VersionConflict(current=row)
        row = row or CentreSettings(centre=centre, version=0)
        row.approval_steps = list(policy.approval_steps)
        row.approval_deputies = dict(policy.approval_deputies)
        row.self_approval = policy.self_approval
        row.light_path_for_inquiries = policy.light_path_for_inquiries
        row.open_on_holidays = policy.open_on_holidays
        row.retention_years = policy.retention_years
        row.version = version + 1
        row.save()
        FeatureFlag.objects.update_or_create(
            name=SECOND_FACTOR, centre=centre, defaults={"enabled": policy.second_factor}
        )
        _tell(actor, centre, "change_settings", "settings")
        return row


def _require_manager(actor: Actor) -> None:
    if not may_manage_centres(actor):
        raise NotAllowed("センターの設定を変えられるのは、システム管理者です。")


def _locked_centre(centre_id: UUID) -> Centre:
    centre = Centre.objects.select_for_update().filter(id=centre_id).first()
    if centre is None:
        raise NotFound("このセンターは見つかりません。一覧を開き直してください。")
    return centre


def _errors_of(particulars: Particulars) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    name = particulars.name.strip()
    if not name:
        errors["name"] = ["センターの名前を入力してください。"]
    elif len(name) > 80:
        errors["name"] = ["センターの名前は80字までです。短くしてください。"]
    if prefecture(particulars.prefecture_code) is None:
        errors["prefecture_code"] = ["都道府県を選んでください。"]
    place = municipality(particulars.municipality_code) if particulars.municipality_code else None
    if particulars.municipality_code and (place is None or place.prefecture_code != particulars.prefecture_code):
        errors["municipality_code"] = ["市区町村を、その都道府県の中から選んでください。"]
    if len(particulars.address.strip()) > 160:
        errors["address"] = ["住所は160字までです。短くしてください。"]
    phone = normalise_text(particulars.phone)
    if phone and (normalise_phone(phone) is None or len(phone) > 20):
        errors["phone"] = ["電話番号を、市外局番から入力してください。"]
    return errors


def _apply(centre: Centre, particulars: Particulars) -> None:
    centre.name = particulars.name.strip()
    centre.prefecture_code = particulars.prefecture_code
    centre.municipality_code = particulars.municipality_code
    centre.address = particulars.address.strip()
    # As people write it, with its hyphens: the portal shows it.
    centre.phone = normalise_text(particulars.phone)
    centre.closed_on = particulars.closed_on


def _answer_for(centre: Centre, particulars: Particulars, *, before: str = "") -> None:
    """Keep the rows that follow from the particulars. Other municipalities, which a centre may answer for as well
    (広域連携), and the nation's back-up are left as they are.

    :param before: the municipality in which the centre was.
    """
    rows = Jurisdiction.objects.filter(centre=centre)
    if before and before != particulars.municipality_code:
        rows.filter(municipality_code=before).delete()
    if particulars.municipality_code and not rows.filter(municipality_code=particulars.municipality_code).exists():
        Jurisdiction.objects.create(
            centre=centre,
            municipality_code=particulars.municipality_code,
            prefecture_code=particulars.prefecture_code,
            rank=OWN_RANK,
        )
    whole = rows.filter(municipality_code="").exclude(prefecture_code="")
    if not particulars.whole_prefecture:
        whole.delete()
        return
    whole.exclude(prefecture_code=particulars.prefecture_code).delete()
    if not whole.exists():
        Jurisdiction.objects.create(
            centre=centre, prefecture_code=particulars.prefecture_code, rank=PREFECTURE_RANK
        )


def _tell(actor: Actor, centre: Centre, action: str, what: str) -> None:
    record_access(
        actor=actor, action=action, object_kind="centre", object_id=centre.id, centre_id=centre.id, fields=[what]
    )
    publish(CentreChanged(subject=centre.id, centre_id=centre.id, what=what), actor=actor)
