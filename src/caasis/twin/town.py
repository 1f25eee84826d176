"""The town itself: centres with their staff, traders, and the people who come with a trouble.

People are admitted when their first trouble comes up, with the household they live in; later troubles may come back to
them or to somebody of their household.  That keeps a small town small and gives each age, sex and prefecture the people
that its troubles need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from caasis.twin.businesses import Business, build_businesses
from caasis.twin.geography import Geography, Municipality
from caasis.twin.names import BUILDINGS, FAMILY_NAMES, GIVEN_NAMES_MEN, GIVEN_NAMES_WOMEN, TOWN_NAMES
from caasis.twin.stories import Stories
from caasis.twin.streams import Draw, Weighted, between, pick, stream

REPEATED_SHARE: Final = 0.09
"""Share of troubles that come to somebody who already had one (if there is one of that age, sex and prefecture)."""
RELATIVE_SHARE: Final = 0.30
"""Share of troubles that come to a relative of somebody known, where one fits."""

HABITS: Final = (
    "昼は家にいる", "一人暮らし", "スマートフォンで買い物をする", "留守番電話は聞かない", "SNSをよく見る", "通販番組をよく見る",
    "夜おそくしか話せない", "耳が遠い", "家族に知られたくない", "メモを取って話す", "話が長くなる", "インターネットは使わない",
)  # fmt: skip

_BAND_AGES: Final = ((11, 17), (18, 19), (20, 29), (30, 39), (40, 49), (50, 59), (60, 69), (70, 79), (80, 93))


@dataclass(frozen=True, slots=True)
class Counsellor:
    """A counsellor of one centre."""

    index: int
    name: str
    kana: str
    years: int
    demo: bool = True


@dataclass(frozen=True, slots=True)
class Centre:
    """A consumer centre; ``prefectural`` centres take the municipalities that have none."""

    index: int
    name: str
    municipality: Municipality
    prefectural: bool
    counsellors: tuple[Counsellor, ...]
    demo: bool = True


@dataclass(frozen=True, slots=True)
class Household:
    """People who share an address and a landline."""

    id: int
    family_name: str
    family_kana: str
    municipality: Municipality
    town_name: str
    address_line: str
    phone: str
    demo: bool = True


@dataclass(frozen=True, slots=True)
class Consumer:
    """A person of the town; ``sex`` is ``female`` or ``male``, ``occupation`` the key of an occupation code."""

    id: int
    household: Household
    given_name: str
    given_kana: str
    sex: str
    born: date
    occupation: str
    habits: tuple[str, ...]
    mobile: str
    mail: str
    demo: bool = True

    @property
    def name(self) -> str:
        """Family and given name with a space between them."""
        return f"{self.household.family_name} {self.given_name}"

    @property
    def kana(self) -> str:
        """The reading of the name, in hiragana."""
        return f"{self.household.family_kana} {self.given_kana}"

    def age_on(self, day: date) -> int:
        """Return the age in full years on ``day``."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


def band_of(age: int) -> int:
    """Return the index of the age band in ``stories.AGE_BANDS`` (0 = under 18 … 8 = 80 and over)."""
    return (0 if age < 18 else 1) if age < 20 else min(age // 10, 8)


@dataclass(slots=True)
class Town:
    """Centres, traders and the people admitted so far."""

    seed: int
    until: date
    geography: Geography
    centres: tuple[Centre, ...]
    businesses: Mapping[str, tuple[Business, ...]]
    consumers: list[Consumer] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)
    _centre_of: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[str, int, str], list[Consumer]] = field(default_factory=dict)
    _kin: dict[int, list[Consumer]] = field(default_factory=dict)
    _relatives: dict[tuple[str, int, str], list[Consumer]] = field(default_factory=dict)

    def centre_for(self, municipality: Municipality) -> Centre:
        """Return the centre in charge: the municipality's own, else the prefecture's."""
        found = self._centre_of.get(municipality.code)
        return self.centres[self._centre_of[municipality.prefecture_code] if found is None else found]

    def who(self, prefecture_code: str, band: int, sex: str, day: date, draw: Draw) -> Consumer:
        """Return the person to whom a trouble comes: somebody known, a relative of theirs, or a new person."""
        key = (prefecture_code, band, sex)
        chance = draw()
        known = self._known.setdefault(key, [])
        if known and chance < REPEATED_SHARE:
            return pick(known, draw)
        waiting = self._relatives.get(key)
        if waiting and chance < REPEATED_SHARE + RELATIVE_SHARE:
            person = waiting.pop(int(draw() * len(waiting)))
        else:
            person = self._admit(prefecture_code, band, sex, day, draw)
        known.append(person)
        return person

    def consumer(self, consumer_id: int) -> Consumer:
        """Return a person by number (their place in ``consumers``); raise ``IndexError`` if nobody has it."""
        return self.consumers[consumer_id]

    def relative_of(self, person: Consumer, day: date, draw: Draw) -> Consumer:
        """Return an adult relative of the household who speaks for ``person``; one is admitted if there is none."""
        kin = self._kin.get(person.household.id, ())
        adults = [other for other in kin if other.id != person.id and other.age_on(day) >= 20]
        if adults:
            return pick(adults, draw)
        age = person.age_on(day)
        band = 4 if age < 20 else 5 if age >= 70 else band_of(age)
        return self._person(person.household, band, "female" if draw() < 0.68 else "male", day, draw)

    def _admit(self, prefecture_code: str, band: int, sex: str, day: date, draw: Draw) -> Consumer:
        place = self.geography.place_in(prefecture_code, draw)
        family_name, family_kana = pick(FAMILY_NAMES, draw)
        number = len(self.households) + 1
        building = pick(BUILDINGS, draw)
        room = f"{building}{between(1, 9, draw)}0{between(1, 8, draw)}" if building else ""
        household = Household(
            id=number,
            family_name=family_name,
            family_kana=family_kana,
            municipality=place,
            town_name=pick(TOWN_NAMES, draw),
            address_line=f"{between(1, 9, draw)}-{between(1, 30, draw)}-{between(1, 20, draw)}{room}",
            phone=_phone(0, number),
        )
        self.households.append(household)
        person = self._person(household, band, sex, day, draw)
        if draw() < 0.35:
            self._add_relative(household, prefecture_code, band, sex, day, draw)
        return person

    def _add_relative(
        self, household: Household, prefecture_code: str, band: int, sex: str, day: date, draw: Draw
    ) -> None:
        """Add a spouse, parent or child, who may have a trouble later."""
        chance = draw()
        if band >= 3 and chance < 0.6:
            other_band, other_sex = band, "male" if sex == "female" else "female"
        else:
            # A child is about thirty years younger, a parent as much older.
            other_band = 5 if band < 2 else band + 3 if band < 6 else band - 3
            other_sex = "female" if chance < 0.8 else "male"
        relative = self._person(household, other_band, other_sex, day, draw)
        self._relatives.setdefault((prefecture_code, other_band, other_sex), []).append(relative)

    def _person(self, household: Household, band: int, sex: str, day: date, draw: Draw) -> Consumer:
        age = between(*_BAND_AGES[band], draw)
        generation = 0 if age < 30 else 1 if age < 60 else 2
        given_name, given_kana = pick((GIVEN_NAMES_WOMEN if sex == "female" else GIVEN_NAMES_MEN)[generation], draw)
        number = len(self.consumers)
        birthday = (between(1, 12, draw), between(1, 28, draw))
        habits = (pick(HABITS, draw),) if draw() < 0.6 else ()
        person = Consumer(
            id=number,
            household=household,
            given_name=given_name,
            given_kana=given_kana,
            sex=sex,
            born=date(day.year - age - (birthday > (day.month, day.day)), *birthday),
            occupation=_OCCUPATIONS[band, sex].draw(draw),
            habits=habits,
            mobile=_phone(5000, number) if draw() < (0.96 if band < 7 else 0.7) else "",
            mail=f"person-{number:07d}@twin.example" if draw() < (0.9 if band < 6 else 0.35) else "",
        )
        self.consumers.append(person)
        self._kin.setdefault(household.id, []).append(person)
        return person


_OCCUPATION_KEYS: Final = ("employee", "self_employed", "homemaker", "student", "unemployed")
_OCCUPATION_WEIGHTS: Final = {
    "female": (
        (1, 0, 0, 99, 0), (22, 0, 1, 73, 4), (62, 4, 5, 22, 7), (64, 7, 20, 0, 9), (63, 8, 21, 0, 8), (58, 9, 25, 0, 8), (30, 8, 32, 0, 30),
        (6, 5, 26, 0, 63), (1, 2, 11, 0, 86),
    ),
    "male": (
        (1, 0, 0, 99, 0), (26, 1, 0, 69, 4), (68, 5, 0, 20, 7), (82, 11, 0, 0, 7), (80, 13, 0, 0, 7), (76, 15, 0, 0, 9), (46, 17, 0, 0, 37),
        (11, 13, 0, 0, 76), (2, 6, 0, 0, 92),
    ),
}  # fmt: skip
_OCCUPATIONS: Final = {
    (band, sex): Weighted(_OCCUPATION_KEYS, weights)
    for sex, rows in _OCCUPATION_WEIGHTS.items()
    for band, weights in enumerate(rows)
}


def _phone(block: int, number: int) -> str:
    """Return a number that can't exist: no Japanese number begins with 000."""
    return f"000-{block + number // 10000 % 4000:04d}-{number % 10000:04d}"


def build_town(
    seed: int, until: date, geography: Geography, stories: Stories, *, centres_per_prefecture: int = 4
) -> Town:
    """Return the town before anybody has a trouble: centres, staff and traders, for the geography given."""
    draw = stream(seed, "centres").random
    centres: list[Centre] = []
    centre_of: dict[str, int] = {}
    for prefecture_code, places in geography.by_prefecture.items():
        ranked = sorted(zip(places.options, places.weights, strict=True), key=lambda pair: (-pair[1], pair[0].code))
        seat = ranked[0][0]
        centre_of[prefecture_code] = len(centres)
        centres.append(_centre(len(centres), seat, between(4, 9, draw), draw, prefectural=True))
        for place, weight in ranked[: centres_per_prefecture - 1]:
            centre_of[place.code] = len(centres)
            staff = (
                between(1, 2, draw)
                if weight < 60_000
                else between(2, 4, draw)
                if weight < 250_000
                else between(4, 8, draw)
            )
            centres.append(_centre(len(centres), place, staff, draw, prefectural=False))
    businesses: dict[str, tuple[Business, ...]] = {}
    number = 1
    for kind in stories.kinds.values():
        businesses[kind.key] = build_businesses(seed, kind, number)
        number += len(businesses[kind.key])
    return Town(
        seed=seed, until=until, geography=geography, centres=tuple(centres), businesses=businesses, _centre_of=centre_of
    )


def _centre(index: int, place: Municipality, staff: int, draw: Draw, *, prefectural: bool) -> Centre:
    counsellors = []
    for number in range(staff):
        family_name, family_kana = pick(FAMILY_NAMES, draw)
        given_name, given_kana = pick((GIVEN_NAMES_WOMEN if draw() < 0.8 else GIVEN_NAMES_MEN)[1], draw)
        counsellors.append(
            Counsellor(number, f"{family_name} {given_name}", f"{family_kana} {given_kana}", between(1, 25, draw))
        )
    name = f"{place.prefecture if prefectural else place.name}消費生活センター（見本）"
    return Centre(index, name, place, prefectural, tuple(counsellors))
