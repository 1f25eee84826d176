"""The lists of cases: what to do next in groups, pages by cursor, counts up to a limit, a fixed number of queries."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case as When_
from django.db.models import (
    Count,
    DateTimeField,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from caasis.accounts.selectors import names_of
from caasis.cases.code_lists import code_lists
from caasis.cases.models import Case, Contract, Draft, Party, ResponseClock
from caasis.cases.rules.clocks import ClockWords
from caasis.cases.selectors import own_cases, registered_cases
from caasis.cases.team_selectors import clocks_of
from caasis.cases.vocabulary import OPEN, PartyRole, State
from caasis.desk.presence import Looker, lookers
from caasis.kernel.actor import Actor
from caasis.kernel.clock import JST, day_in_japan
from caasis.queues.models import WorkItem
from caasis.queues.selectors import waiting_items
from caasis.queues.vocabulary import PriorityReason

PAGE = 30
#: Counts go no further than this: a figure over it decides nothing, and counting it costs time.
MOST = 1000
NEAR_DAYS = 3
#: Stands where a case has neither a near deadline nor a promise: equal for all of its group.
NOT_DUE = datetime(2000, 1, 1, tzinfo=UTC)
_OPEN_CODES = [state.value for state in OPEN]
#: States in which a legal deadline still presses the counsellor.
_PRESSING = [s.value for s in (State.RECEIVED, State.ADVISING, State.MEDIATING, State.RETURNED)]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the lists. `nation` lists hold registered cases of all centres."""

    code: str
    label: str
    icon: str
    empty: str
    nation: bool = False


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("mine", "自分の担当", "inbox", "担当している相談はありません。受付の列から引き受けるか、新しい相談を始めてください。"),
        Kind("due", "目標の近い順", "timer", "目標の時計が動いている相談はありません。"),
        Kind("today", "きょうの連絡", "call", "きょう連絡する約束はありません。"),
        Kind("drafts", "下書き", "edit_note", "保存していない下書きはありません。"),
        Kind("returned", "差戻し", "undo", "差し戻された相談はありません。"),
        Kind("waiting", "確認待ち", "schedule", "決裁を待っている相談はありません。"),
        Kind("centre", "センター全体", "group", "センターに、対応中の相談はありません。"),
        Kind("registered", "全国の登録済み", "task_alt", "条件に合う登録済みの相談はありません。", nation=True),
    )
}


@dataclass(frozen=True, slots=True)
class Group:
    """A heading inside a list: what to do next, and in which order."""

    number: int
    label: str
    order: str


GROUPS = (
    Group(0, "期限が近い", f"期限まで{NEAR_DAYS}日以内"),
    Group(1, "きょう連絡する", "お約束の時刻の順"),
    Group(2, "手直しする", "理由を読んで直し、もう一度送る"),
    Group(3, "決裁を頼む", "処理が終わったもの"),
    Group(4, "確認を待つ", "決裁者が見ています"),
    Group(5, "そのほか", "最後の動きの新しい順"),
)
#: Groups of the list by response clocks, whose numbers go on from those above.
DUE_GROUPS = (
    Group(6, "目標を過ぎた", "過ぎたものから"),
    Group(7, "目標まで", "近い順"),
    Group(8, "返事を待っている", "時計は止まっています"),
)
_ALL_GROUPS = (*GROUPS, *DUE_GROUPS)
REGISTERED = Group(9, "登録済み", "登録の新しい順・個人情報はありません")


@dataclass(slots=True)
class Filters:
    """What the reader narrowed the list to."""

    state: str = ""
    words: str = ""
    since_days: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.state or self.words or self.since_days)


SINCE = ((0, "すべて"), (7, "この7日"), (30, "この30日"), (90, "この90日"), (365, "この1年"))


def read_filters(data: Mapping[str, str]) -> Filters:
    """Filters from the address; what can't be one is left out."""
    state = data.get("state", "")
    since = data.get("since", "")
    return Filters(
        state=state if state in State._value2member_map_ else "",
        words=" ".join(data.get("product", "").replace("\x00", "").split())[:60],
        since_days=next((days for days, _ in SINCE if str(days) == since), 0),
    )


@dataclass(slots=True)
class Row:
    """One line of a list, without any name."""

    case: Case
    group: Group
    age: int | None
    sex: str
    product: str
    counsellor: str
    lookers: list[Looker]
    url: str
    clock: ClockWords | None = None


@dataclass(slots=True)
class Block:
    group: Group
    count: int
    rows: list[Row]


@dataclass(slots=True)
class Page:
    """One page of a list. `total` is capped at MOST + 1."""

    kind: Kind
    blocks: list[Block]
    total: int
    next_cursor: str

    @property
    def total_words(self) -> str:
        return count_words(self.total)

    @property
    def rows(self) -> list[Row]:
        return [row for block in self.blocks for row in block.rows]


def count_words(count: int) -> str:
    return f"{MOST:,}件以上" if count > MOST else f"{count:,}件"


def base_query(kind: Kind, *, actor: Actor) -> QuerySet[Case]:
    """The cases of a list, before filters."""
    if kind.nation:
        return registered_cases(actor=actor)
    own = own_cases(actor=actor)
    mine = own.filter(counsellor_id=actor.id)
    match kind.code:
        case "today":
            return mine.filter(state__in=_OPEN_CODES, next_contact_at__lt=_tomorrow())
        case "drafts":
            return own.filter(id__in=Draft.objects.filter(user_id=actor.id).values("case_id"), merged_into=None)
        case "returned":
            return mine.filter(state=State.RETURNED.value)
        case "waiting":
            return mine.filter(state=State.WAITING_APPROVAL.value)
        case "centre":
            return own.filter(state__in=_OPEN_CODES)
        case "due":
            running = ResponseClock.objects.filter(centre_id=actor.centre_id, stopped_at=None)
            return own.filter(state__in=_OPEN_CODES, id__in=running.values("case_id"))
        case _:
            return mine.filter(state__in=_OPEN_CODES)


def narrowed(rows: QuerySet[Case], filters: Filters) -> QuerySet[Case]:
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.since_days:
        rows = rows.filter(received_on__gte=_today() - timedelta(days=filters.since_days))
    if filters.words:
        found = code_lists()["product"].search(filters.words, limit=30)
        codes = {term.code for term in found} | {child.code for term in found for child in code_lists()["product"].children(term.code)}
        products = Contract.objects.filter(Q(product__in=codes) | Q(product_text__icontains=filters.words))
        rows = rows.filter(Q(id__in=products.values("case_id")) | Q(title__icontains=filters.words))
    return rows


def ordered(rows: QuerySet[Case], kind: Kind) -> QuerySet[Case]:
    """Annotates group and day, and sorts: `grp`, `due` (the deadline or the promise), the last touched first, `id`."""
    if kind.nation:
        return rows.annotate(grp=Value(REGISTERED.number, IntegerField())).order_by("-registered_at", "-id")
    if kind.code == "due":
        return _ordered_by_clock(rows)
    today, tomorrow = _today(), _tomorrow()
    near = Q(deadline_on__gte=today, deadline_on__lte=today + timedelta(days=NEAR_DAYS), state__in=_PRESSING)
    call = Q(next_contact_at__lt=tomorrow, state__in=_OPEN_CODES)
    group = When_(
        When(near, then=Value(0)),
        When(call, then=Value(1)),
        When(state=State.RETURNED.value, then=Value(2)),
        When(state=State.HANDLED.value, then=Value(3)),
        When(state=State.WAITING_APPROVAL.value, then=Value(4)),
        default=Value(5),
        output_field=IntegerField(),
    )
    due = When_(
        When(near, then=Cast("deadline_on", DateTimeField())),
        When(call, then=F("next_contact_at")),
        default=Value(NOT_DUE),
        output_field=DateTimeField(),
    )
    return rows.annotate(grp=group, due=due).order_by("grp", "due", "-touched_at", "id")


def _ordered_by_clock(rows: QuerySet[Case]) -> QuerySet[Case]:
    """The case whose consumer has waited longest over the target first; those that stand still last."""
    first = ResponseClock.objects.filter(case_id=OuterRef("id"), stopped_at=None).order_by("due_at").values("due_at")[:1]
    now = timezone.now()
    rows = rows.annotate(clock_due=Subquery(first))
    group = When_(
        When(clock_due__lt=now, then=Value(6)),
        When(clock_due__isnull=False, then=Value(7)),
        default=Value(8),
        output_field=IntegerField(),
    )
    due = Coalesce("clock_due", "received_at")
    return rows.annotate(grp=group, due=due).order_by("grp", "due", "-touched_at", "id")


def after(rows: QuerySet[Case], cursor: str, kind: Kind) -> QuerySet[Case]:
    """Rows behind a cursor; a cursor that can't be read is no cursor."""
    place = _decode(cursor)
    if place is None:
        return rows
    try:
        if kind.nation:
            at, last = _moment(place[0]), UUID(str(place[1]))
            return rows.filter(Q(registered_at__lt=at) | Q(registered_at=at, id__lt=last))
        number, last = int(place[0]), UUID(str(place[3]))
        due, touched = _moment(place[1]), _moment(place[2])
    except (ValueError, TypeError, IndexError, OverflowError):
        return rows
    if not 0 <= number < len(_ALL_GROUPS):
        return rows
    same_day = Q(grp=number, due=due)
    return rows.filter(
        Q(grp__gt=number)
        | Q(grp=number, due__gt=due)
        | (same_day & (Q(touched_at__lt=touched) | Q(touched_at=touched, id__gt=last)))
    )


def _moment(text: Any) -> datetime:
    """A moment of a cursor, in UTC: PostgreSQL knows no distances from it of more than sixteen hours.

    :raises ValueError: none, or one without a zone. :raises OverflowError: outside the years that there are.
    """
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return at.astimezone(UTC)


def read_page(kind: Kind, *, actor: Actor, filters: Filters, cursor: str = "", size: int = PAGE) -> Page:
    """One page: six queries, two more for who is looking and four for the response clocks, however many cases."""
    rows = narrowed(base_query(kind, actor=actor), filters)
    found = _sorted_cases(after(ordered(rows, kind), cursor, kind)[: size + 1], kind)
    more = len(found) > size
    found = found[:size]
    counts = count_groups(rows, kind)
    total = sum(counts.values())
    if total > MOST and not kind.nation:
        # Beyond the limit only a part was counted: no group's figure would be true.
        counts = {}
    looking = lookers(actor=actor, case_ids=[case.id for case in found]) if not kind.nation else {}
    names = names_of({case.counsellor_id for case in found if case.counsellor_id}) if not kind.nation else {}
    clocks = {} if kind.nation else clocks_of(actor=actor, case_ids=[case.id for case in found], now=timezone.now())
    blocks: list[Block] = []
    for case in found:
        group = REGISTERED if kind.nation else _ALL_GROUPS[int(getattr(case, "grp", 5))]
        if not blocks or blocks[-1].group is not group:
            blocks.append(Block(group, counts.get(group.number, 0), []))
        blocks[-1].rows.append(_row(case, group, looking, names))
        blocks[-1].rows[-1].clock = clocks.get(case.id)
    return Page(
        kind=kind,
        blocks=blocks,
        total=total,
        next_cursor=_encode(found[-1], kind) if more and found else "",
    )


def _sorted_cases(rows: QuerySet[Case], kind: Kind) -> list[Case]:
    """Cases of a sorted and cut query, with the parts of a row and their place in the order (`grp`, `due`).

    Sorted by key and order alone, then read: carrying whole rows through the sort of a long list doubles its time.
    """
    # The order's own values, so that the cursor says where the row stood when it was sorted.
    names = ("grp",) if kind.nation else ("grp", "due", "touched_at")
    places = list(rows.values_list("id", *names))
    read = (
        Case.objects.filter(id__in=[place[0] for place in places])
        .defer("summary", "handling")
        .prefetch_related(
            Prefetch("parties", Party.objects.order_by("position")),
            Prefetch("contracts", Contract.objects.order_by("position")),
        )
    )
    cases = {case.id: case for case in read}
    # A case that was merged away between the two queries is left out.
    places = [place for place in places if place[0] in cases]
    for case_id, *place in places:
        for name, value in zip(names, place, strict=True):
            setattr(cases[case_id], name, value)
    return [cases[place[0]] for place in places]


def count_groups(rows: QuerySet[Case], kind: Kind) -> dict[int, int]:
    """Cases in each group, counting MOST + 1 cases at the most."""
    if kind.nation:
        return {REGISTERED.number: rows.order_by()[: MOST + 1].count()}
    some = ordered(rows, kind).order_by()[: MOST + 1]
    found = some.aggregate(**{f"n{group.number}": Count("id", filter=Q(grp=group.number)) for group in _ALL_GROUPS})
    return {group.number: found[f"n{group.number}"] for group in _ALL_GROUPS}


def side_counts(*, actor: Actor) -> dict[str, int]:
    """The figures beside the lists, in three queries; each counted up to MOST."""
    own = own_cases(actor=actor)
    mine = own.filter(counsellor_id=actor.id, state__in=_OPEN_CODES)[: MOST + 1].aggregate(
        mine=Count("id"),
        today=Count("id", filter=Q(next_contact_at__lt=_tomorrow())),
        returned=Count("id", filter=Q(state=State.RETURNED.value)),
        waiting=Count("id", filter=Q(state=State.WAITING_APPROVAL.value)),
    )
    return {
        **mine,
        "drafts": Draft.objects.filter(user_id=actor.id, case__merged_into=None)[: MOST + 1].count(),
        "centre": own.filter(state__in=_OPEN_CODES)[: MOST + 1].count(),
    }


def _row(case: Case, group: Group, looking: dict[UUID, list[Looker]], names: dict[UUID, str]) -> Row:
    consumer = next((party for party in case.parties.all() if PartyRole.CONSUMER in party.roles), None)
    contract = next(iter(case.contracts.all()), None)
    product = ""
    if contract is not None:
        product = code_lists()["product"].label(contract.product) if contract.product else contract.product_text
    return Row(
        case=case,
        group=group,
        age=consumer.age if consumer else None,
        sex=code_lists()["sex"].label(consumer.sex) if consumer and consumer.sex else "",
        product=product,
        counsellor=names.get(case.counsellor_id, "") if case.counsellor_id else "",
        lookers=looking.get(case.id, []),
        url=f"{reverse('desk:cases')}{case.id}/",
    )


# --- the queue --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact in the queue with the word of why it stands where it stands."""

    item: WorkItem
    reason: str
    tone: str
    icon: str
    days: int | None


QUEUE_ROWS = 30


def read_queue(*, actor: Actor, limit: int = QUEUE_ROWS) -> tuple[list[Waiting], int]:
    """What waits, the most urgent first, and how many (capped). Two queries."""
    rows = list(waiting_items(actor=actor)[:limit])
    total = len(rows) if len(rows) < limit else waiting_items(actor=actor).order_by()[: MOST + 1].count()
    return [_waiting(item) for item in rows], total


def _waiting(item: WorkItem) -> Waiting:
    days = (item.deadline_on - _today()).days if item.deadline_on else None
    if item.injury:
        return Waiting(item, "けが・事故", "stop", "warning-fill", days)
    if item.money_moving:
        return Waiting(item, "お金が動く", "due", "alarm", days)
    if days is not None and days >= 0:
        return Waiting(item, "今日が期限" if days == 0 else f"期限まで{days}日", "due", "schedule", days)
    if PriorityReason.WATCH_OVER in item.priority_reasons:
        return Waiting(item, "見守り情報", "plain", "visibility", days)
    return Waiting(item, "届いた順", "plain", "inbox", days)


# --- cursor -----------------------------------------------------------------------------------------------------------


def _encode(case: Any, kind: Kind) -> str:
    if kind.nation:
        place = [case.registered_at.isoformat(), str(case.id)]
    else:
        place = [case.grp, case.due.isoformat(), case.touched_at.isoformat(), str(case.id)]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[Any] | None:
    if not cursor or len(cursor) > 300:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    return place if isinstance(place, list) else None


def _today() -> date:
    return day_in_japan(timezone.now())


def _tomorrow() -> datetime:
    return datetime.combine(_today() + timedelta(days=1), time(0), tzinfo=JST)


__all__ = ["GROUPS", "KINDS", "MOST", "Filters", "Page", "read_filters", "read_page", "read_queue", "side_counts"]
