"""Cases of the twin town, one after the other, as plain data.

The writer turns ``GeneratedCase`` into rows; nothing here knows a database.  Same arguments, same cases, on every
machine and whatever ``PYTHONHASHSEED`` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from caasis.twin.businesses import Business, as_heard
from caasis.twin.calendar_of_troubles import Cell, IsHoliday, TroubleCalendar, is_japanese_holiday, is_open
from caasis.twin.geography import Geography
from caasis.twin.ground_truth import GroundTruth
from caasis.twin.progress import Progress, progress_of
from caasis.twin.stories import Stories, StoryKind, load_stories
from caasis.twin.streams import Draw, Weighted, between, stream
from caasis.twin.telling import Happening, Teller
from caasis.twin.town import Consumer, Town, build_town

JST: Final = timezone(timedelta(hours=9), "JST")
MAX_KEYWORDS: Final = 5
WRITTEN_CHANNELS: Final = frozenset({"web", "mail", "sns", "letter", "fax", "chat"})

_CHANNELS: Final = ("phone", "visit", "web", "mail", "sns", "letter", "fax", "chat", "video")
_CHANNELS_OPEN: Final = (
    Weighted(_CHANNELS, (66, 3, 22, 3, 4, 0, 0, 2, 0)),  # under 40
    Weighted(_CHANNELS, (74, 7, 14, 3, 0.8, 0.4, 0.1, 0.5, 0.2)),  # 40 to 64
    Weighted(_CHANNELS, (80, 14, 3.5, 0.8, 0.1, 1, 0.5, 0, 0.1)),  # 65 and over
)
_CHANNELS_CLOSED: Final = (
    Weighted(_CHANNELS, (18, 0, 68, 6, 8, 0, 0, 0, 0)),
    Weighted(_CHANNELS, (30, 0, 62, 7, 1, 0, 0, 0, 0)),
    Weighted(_CHANNELS, (66, 0, 30, 4, 0, 0, 0, 0, 0)),
)
_DESK_HOURS: Final = Weighted((9, 10, 11, 12, 13, 14, 15, 16), (13, 18, 15, 6, 15, 14, 12, 7))
_HOME_HOURS: Final = Weighted(
    tuple(range(24)), (3, 2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 5, 6, 5, 5, 5, 5, 5, 6, 7, 9, 11, 10, 7)
)
_CASE_KINDS: Final = Weighted(("inquiry", "information", "request"), (80, 15, 5))
_SEVERE_SHARE: Final = 0.05
_DOCUMENTS: Final = Weighted(("paper", "electronic", "missing", ""), (66, 6, 11, 17))
_DOCUMENT_TYPES: Final = frozenset(
    {
        "door_to_door",
        "telephone_solicitation",
        "specified_continuous",
        "door_to_door_purchase",
        "multilevel",
        "business_opportunity",
    }
)
_TYPE_OF_FORM: Final = {
    "door_to_door": "door_to_door",
    "telephone": "telephone_solicitation",
    "mail_order": "mail_order",
    "purchase": "door_to_door_purchase",
    "multilevel": "multilevel",
    "negative_option": "negative_option",
    "shop": "shop",
}


@dataclass(frozen=True, slots=True)
class GeneratedCase:
    """One case of the twin town.

    Instants are aware, in JST; amounts are yen; ages are full years on the day of the contract (or of the event).
    ``consumer_id`` is the one who consults, ``contract_party_id`` whose contract it is: the same person when ``relation``
    is ``self``.  ``party_*`` describe the contract party.  All ``*_code`` fields hold codes of the code lists.
    """

    number: int
    story: str
    received_at: datetime
    closed_at: datetime | None
    registered_at: datetime | None
    state: str
    return_reason: str
    municipality_code: str
    prefecture_code: str
    centre_index: int
    counsellor_index: int | None
    channel_code: str
    kind_code: str
    title: str
    summary: str
    handling: str
    result_code: str
    product_code: str
    sales_form_code: str
    transaction_type_codes: tuple[str, ...]
    content_class_codes: tuple[str, ...]
    keyword_codes: tuple[str, ...]
    business_id: str | None
    business_as_heard: str
    contracted_on: date | None
    document_received_on: date | None
    document_means: str
    amount: int | None
    paid: int
    refunded: int
    payment_method_code: str
    consumer_id: int
    contract_party_id: int
    relation: str
    party_age: int
    party_sex: str
    party_occupation_code: str
    money_about_to_move: bool
    harm: str
    treatment_days: int
    consumer_text: str
    planted: str
    demo: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A town with what is planted in it, before any case is told."""

    town: Town
    calendar: TroubleCalendar
    stories: Stories

    @property
    def ground_truth(self) -> GroundTruth:
        """What is planted, for the ground-truth file."""
        return self.calendar.truth

    def cases(self) -> Iterator[GeneratedCase]:
        """Yield the cases in order of receipt.  The town's people are admitted on the way: call it once per plan."""
        if self.town.consumers:
            raise RuntimeError("the cases of this plan were told already; make a new plan")
        maker = _CaseMaker(self)
        number = 0
        for day, count in self.calendar.cases_by_day():
            if count == 0:
                continue
            draw = stream(self.town.seed, "cases", day.isoformat()).random
            cells = self.calendar.cells_on(day)
            opened = is_open(day, self.calendar.is_holiday)
            moments = sorted(
                (maker.moment(cells.draw(draw), day, opened, draw) for _ in range(count)), key=_received_at
            )
            for moment in moments:
                number += 1
                yield maker.case(number, moment, draw)


def plan_town(
    seed: int,
    count: int,
    months: int,
    until: date,
    geography: Geography,
    products: Collection[str],
    *,
    is_holiday: IsHoliday = is_japanese_holiday,
) -> Plan:
    """Return the plan of a town with ``count`` cases in the ``months`` months up to and with ``until``.

    ``products`` are the product codes that exist; raises ``ValueError`` when a story uses another one.
    """
    stories = load_stories()
    used = {code for kind in stories.kinds.values() for code in kind.products.options}
    if missing := sorted(used - set(products)):
        raise ValueError(f"the product list lacks codes that the twin town uses: {missing}")
    town = build_town(seed, until, geography, stories)
    calendar = TroubleCalendar(seed, count, months, until, geography, stories, town.businesses, is_holiday)
    return Plan(town, calendar, stories)


def generate_cases(
    seed: int, count: int, months: int, until: date, geography: Geography, products: Collection[str]
) -> Iterator[GeneratedCase]:
    """Yield the cases of ``plan_town`` with the same arguments; use the plan where the people are needed too."""
    return plan_town(seed, count, months, until, geography, products).cases()


@dataclass(frozen=True, slots=True)
class _Moment:
    received_at: datetime
    cell: Cell
    party: Consumer
    opened: bool
    channel: str


def _received_at(moment: _Moment) -> datetime:
    return moment.received_at


class _CaseMaker:
    """Makes single cases; holds what all of them share."""

    def __init__(self, plan: Plan) -> None:
        self._town, self._teller, self._until = plan.town, Teller(plan.stories), plan.calendar.until
        self._traders = {
            key: Weighted(traders, [1 / (rank + 1) for rank in range(len(traders))])
            for key, traders in plan.town.businesses.items()
        }

    def moment(self, cell: Cell, day: date, opened: bool, draw: Draw) -> _Moment:
        """Return who has the trouble, and when and how it reaches the centre."""
        kind = cell.kind
        party = self._town.who(
            cell.prefectures.draw(draw), kind.ages.draw(draw), "female" if draw() < kind.women else "male", day, draw
        )
        age = party.age_on(day)
        group = 0 if age < 40 else 1 if age < 65 else 2
        channel = (_CHANNELS_OPEN if opened else _CHANNELS_CLOSED)[group].draw(draw)
        hours = _HOME_HOURS if channel in WRITTEN_CHANNELS else _DESK_HOURS
        received_at = datetime(
            day.year, day.month, day.day, hours.draw(draw), between(0, 59, draw), between(0, 59, draw), tzinfo=JST
        )
        return _Moment(received_at, cell, party, opened, channel)

    def case(self, number: int, moment: _Moment, draw: Draw) -> GeneratedCase:
        """Return the whole case of one moment."""
        kind, party, received_at = moment.cell.kind, moment.party, moment.received_at
        written = moment.channel in WRITTEN_CHANNELS
        what = self._happening(moment, draw)
        progress = progress_of(received_at, what.result, written, self._until, draw)
        consultant = self._consultant(what, party, draw)
        centre = self._town.centre_for(party.household.municipality)
        business = self._business(moment.cell, draw)
        facts = self._teller.facts(what, draw)
        told = progress.state != "received"
        name, phone = (consultant.name, consultant.household.phone) if written else ("", "")
        kind_key = "complaint" if what.harm != "none" or draw() < kind.complaint else _CASE_KINDS.draw(draw)
        return GeneratedCase(
            number=number,
            story=kind.key,
            received_at=received_at,
            closed_at=progress.closed_at,
            registered_at=progress.registered_at,
            state=progress.state,
            return_reason=self._teller.return_reason(draw) if progress.state == "returned" else "",
            municipality_code=party.household.municipality.code,
            prefecture_code=party.household.municipality.prefecture_code,
            centre_index=centre.index,
            counsellor_index=int(draw() * len(centre.counsellors)) if told else None,
            channel_code=moment.channel,
            kind_code=kind_key,
            title=self._teller.title(what, facts, draw),
            summary=self._teller.summary(what, facts, draw) if told else "",
            handling=self._handling(what, progress, facts, draw),
            result_code=what.result if progress.closed_at else "",
            product_code=kind.products.draw(draw),
            sales_form_code=what.sales_form,
            transaction_type_codes=what.transaction_types,
            content_class_codes=kind.content_classes,
            keyword_codes=_keywords(kind, draw),
            business_id=business.id if business else None,
            business_as_heard=as_heard(business, draw) if business else "",
            contracted_on=what.contracted_on,
            document_received_on=what.contracted_on if what.documents in ("paper", "electronic") else None,
            document_means=what.documents,
            amount=what.amount,
            paid=what.paid,
            refunded=what.refunded if progress.closed_at else 0,
            payment_method_code=what.payment_method,
            consumer_id=consultant.id,
            contract_party_id=party.id,
            relation=what.relation,
            party_age=what.age,
            party_sex=what.sex,
            party_occupation_code=party.occupation,
            money_about_to_move=what.money_moving,
            harm=what.harm,
            treatment_days=what.treatment_days,
            consumer_text=self._teller.voice(what, facts, written, name, phone, draw),
            planted="surge" if moment.cell.surge else "new_kind" if kind.novel else "",
        )

    def _handling(self, what: Happening, progress: Progress, facts: dict[str, str], draw: Draw) -> str:
        if progress.state == "received":
            return ""
        if progress.closed_at is None:
            return self._teller.under_way(progress.state, facts, draw)
        return self._teller.handling(what, facts, draw)

    def _business(self, cell: Cell, draw: Draw) -> Business | None:
        """Return the trader; in a surge one trader is behind most cases."""
        kind = cell.kind
        if draw() < kind.trader_unknown:
            return None
        if cell.surge and draw() < 0.7:
            return self._town.businesses[kind.key][0]
        return self._traders[kind.key].draw(draw)

    def _consultant(self, what: Happening, party: Consumer, draw: Draw) -> Consumer:
        """Return who consults: the party, or a relative of the same household who is of age."""
        if what.relation == "self":
            return party
        return self._town.relative_of(party, what.received_on, draw)

    def _happening(self, moment: _Moment, draw: Draw) -> Happening:
        kind, party = moment.cell.kind, moment.party
        received_on = moment.received_at.date()
        event_on = received_on - timedelta(days=_quantile(kind.delay_days, draw))
        age = party.age_on(event_on)
        family = min(0.97, kind.family + (0.25 if age >= 80 else 0.08 if age >= 70 else 0.0))
        if age < 18:
            family = 0.9
        contracted = draw() < kind.contracted
        amount = _amount(kind, draw)
        state = kind.paid.draw(draw)
        paid = amount if amount and state == "all" else 0
        if amount and state == "part":
            paid = _rounded(amount * (0.05 + 0.5 * draw()))
        result = kind.results.draw(draw)
        refunded = _rounded(paid * (0.4 + 0.6 * draw())) if result == "mediation_settled" and paid else 0
        if refunded > paid * 0.85:
            refunded = paid
        chance = draw()
        harm = "injury" if chance < kind.injury else "hazard" if chance < kind.injury + kind.hazard else "none"
        sales_form = kind.sales_forms.draw(draw)
        transaction_types = _transaction_types(kind, sales_form)
        documents = ""
        if contracted and transaction_types and transaction_types[0] in _DOCUMENT_TYPES:
            documents = _DOCUMENTS.draw(draw)
        return Happening(
            kind=kind,
            received_on=received_on,
            event_on=event_on,
            contracted_on=event_on if contracted else None,
            amount=amount,
            paid=paid,
            payment_method=kind.payments.draw(draw),
            sales_form=sales_form,
            transaction_types=transaction_types,
            relation="family" if draw() < family else "self",
            age=age,
            sex=party.sex,
            result=result,
            refunded=refunded,
            money_moving=bool(amount) and paid == 0 and draw() < kind.money_moving,
            harm=harm,
            treatment_days=_treatment_days(draw) if harm == "injury" else 0,
            documents=documents,
        )


def _transaction_types(kind: StoryKind, sales_form: str) -> tuple[str, ...]:
    """Return the legal types: those of the kind, or the one that follows from how this case was sold."""
    if kind.transaction_types and all(name in _TYPE_OF_FORM.values() for name in kind.transaction_types):
        return (_TYPE_OF_FORM[sales_form],) if sales_form in _TYPE_OF_FORM else ()
    return kind.transaction_types


def _treatment_days(draw: Draw) -> int:
    return between(30, 75, draw) if draw() < _SEVERE_SHARE else between(1, 21, draw)


def _quantile(points: tuple[int, ...], draw: Draw) -> int:
    place = draw() * (len(points) - 1)
    index = int(place)
    return int(points[index] + (points[index + 1] - points[index]) * (place - index))


def _amount(kind: StoryKind, draw: Draw) -> int | None:
    """Return an amount from the kind's quartiles; the last quarter is bent so that large amounts are rare."""
    points = kind.amounts
    if not points:
        return None
    place = draw() * (len(points) - 1)
    index = int(place)
    within = place - index
    if index == len(points) - 2:
        within *= within * within
    return _rounded(points[index] + (points[index + 1] - points[index]) * within)


def _rounded(amount: float) -> int:
    """Round as prices are: tens, hundreds, thousands or ten thousands by size."""
    step = 10 if amount < 3_000 else 100 if amount < 30_000 else 1_000 if amount < 400_000 else 10_000
    return max(step, int(amount / step + 0.5) * step)


def _keywords(kind: StoryKind, draw: Draw) -> tuple[str, ...]:
    """Return two to five of the kind's keywords, without repeats, in the kind's order."""
    wanted = min(between(2, MAX_KEYWORDS, draw), len(kind.keywords))
    left = len(kind.keywords)
    chosen: list[str] = []
    for keyword in kind.keywords:
        if draw() * left < wanted - len(chosen):
            chosen.append(keyword)
        left -= 1
    return tuple(chosen)
