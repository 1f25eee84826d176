"""Writes the twin town into the database, through the same services as everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from uuid import UUID

from django.contrib.auth.hashers import make_password

from caasis.accounts.models import Membership, User
from caasis.analytics.facts import store_facts_of
from caasis.businesses.models import Business as BusinessRow
from caasis.businesses.models import BusinessAlias
from caasis.businesses.services import write_keys
from caasis.cases.code_lists import code_lists
from caasis.cases.services.bulk import BATCH, BulkCase, analyse_tables, register_cases_in_bulk
from caasis.cases.services.counterparties import count_confirmations
from caasis.cases.vocabulary import State
from caasis.engines.japanese import normalise_name
from caasis.kernel.actor import SYSTEM, Actor, Role
from caasis.knowledge.services import load_seed_articles, load_seed_phrases
from caasis.knowledge.translation_services import load_seed_translations
from caasis.organisations.models import Centre, CentreSettings, Jurisdiction, OpeningHours
from caasis.platform.geography import municipalities, prefectures
from caasis.platform.transactions import system_transaction
from caasis.twin.generate import GeneratedCase, Plan, plan_town
from caasis.twin.geography import Geography, Municipality
from caasis.twin.side_by_side import side_by_side
from caasis.twin.town import Centre as TownCentre

Progress = Callable[[str, int, int], None]
#: The prefecture whose first municipal centre is the demo's own.
HOME_PREFECTURE = "13"
RELATIONS = {"family": "家族"}


@dataclass(slots=True)
class Seeded:
    """What was written, and where the demo's people sit."""

    centres: list[Centre] = field(default_factory=list)
    actors: list[list[Actor]] = field(default_factory=list)
    officials: list[Actor] = field(default_factory=list)
    home_index: int = 0
    cases: int = 0
    #: Centres whose cases the home centre has taken over: the demo's people then have a full desk.
    taken_over: frozenset[int] = frozenset()

    @property
    def home_centre(self) -> Centre:
        return self.centres[self.home_index]


def geography() -> Geography:
    """The real municipalities, as data for the town."""
    names = {entry.code: entry.name for entry in prefectures()}
    return Geography(
        tuple(
            Municipality(place.code, place.name, place.prefecture_code, names[place.prefecture_code])
            for place in municipalities()
        )
    )


def plan(*, seed: int, count: int, months: int, until: date) -> Plan:
    products = [term.code for term in code_lists()["product"].terms()]
    return plan_town(seed, count, months, until, geography(), products)


def seed_town(
    *,
    seed: int,
    count: int,
    months: int,
    until: date,
    truth_file: Path | None = None,
    progress: Progress | None = None,
    seat: Callable[[Seeded], None] | None = None,
    writers: int = 1,
) -> Seeded:
    """Write centres, staff, businesses and cases of a town. A second call with the same seed adds nothing twice.

    `truth_file` gets the ground truth of what was planted. `seat` may put other people on the desks before cases are
    written (the demo's accounts). With several `writers`, each in a process of its own, the caller holds no transaction.
    """
    say = progress or (lambda what, done, total: None)
    town_plan = plan(seed=seed, count=count, months=months, until=until)
    seeded = write_people(town_plan)
    if seat is not None:
        seat(seeded)
    businesses = write_businesses(town_plan)
    if truth_file is not None:
        truth_file.write_text(town_plan.ground_truth.to_json(), encoding="utf-8")
    say("相談", 0, count)
    known = _known_numbers(seed)

    def write(share: int) -> Iterator[int]:
        for batch in register_cases_in_bulk(_cases(town_plan, seeded, businesses, seed, known, share, writers)):
            store_facts_of(case for case in batch if case.registered_at)
            yield len(batch)

    for written in side_by_side(writers, write):
        seeded.cases += written
        say("相談", seeded.cases + len(known), count)
    if seeded.cases:
        with system_transaction():
            count_confirmations(list(businesses.values()))
        analyse_tables()
    return seeded


def _known_numbers(seed: int) -> set[str]:
    from caasis.cases.models import Case

    with system_transaction():
        keys = Case.objects.filter(idempotency_key__startswith=f"twin:{seed}:").values_list(
            "idempotency_key", flat=True
        )
        return {key for key in keys if key}


def write_people(town_plan: Plan) -> Seeded:
    """Centres with opening hours and jurisdictions, their counsellors and one official each."""
    seeded = Seeded()
    with system_transaction():
        load_seed_articles(actor=SYSTEM)
        load_seed_translations(actor=SYSTEM)
        load_seed_phrases(actor=SYSTEM)
        for place in town_plan.town.centres:
            seeded.centres.append(_centre(place))
            seeded.actors.append([])
        users, members = _staff(town_plan.town.centres, seeded)
        User.objects.bulk_create(users, ignore_conflicts=True)
        ids = dict(User.objects.filter(username__startswith="twin-").values_list("username", "id"))
        rows = []
        for username, centre, roles in members:
            user_id = ids[username]
            rows += [Membership(user_id=user_id, centre=centre, role=role.value) for role in roles]
            actor = Actor(id=user_id, centre_id=centre.id, roles=frozenset(roles))
            index = seeded.centres.index(centre)
            if Role.OFFICIAL in roles:
                seeded.officials.append(actor)
            else:
                seeded.actors[index].append(actor)
        Membership.objects.bulk_create(rows, ignore_conflicts=True)
    seeded.home_index = next(
        (
            index
            for index, place in enumerate(town_plan.town.centres)
            if place.municipality.prefecture_code == HOME_PREFECTURE and not place.prefectural
        ),
        0,
    )
    return seeded


def _centre(place: TownCentre) -> Centre:
    code = f"T{place.index:03d}"
    known = Centre.objects.filter(code=code).first()
    if known is not None:
        return known
    centre = Centre.objects.create(
        code=code,
        name=place.name,
        prefecture_code=place.municipality.prefecture_code,
        municipality_code=place.municipality.code,
        phone="188",
        is_demo=True,
    )
    prefecture = place.municipality.prefecture_code
    if place.prefectural:
        Jurisdiction.objects.create(centre=centre, prefecture_code=prefecture)
    Jurisdiction.objects.create(
        centre=centre,
        municipality_code=place.municipality.code,
        prefecture_code=prefecture,
        rank=2 if place.prefectural else 1,
    )
    if place.index == 0:
        # The national back-up: for whoever can't say where they live.
        Jurisdiction.objects.create(centre=centre, rank=9)
    OpeningHours.objects.bulk_create(
        [
            OpeningHours(centre=centre, weekday=weekday, opens=opens, closes=closes)
            for weekday in range(5)
            for opens, closes in ((time(9), time(12)), (time(13), time(16, 30)))
        ]
    )
    if len(place.counsellors) == 1:
        CentreSettings.objects.create(centre=centre, self_approval=True, approval_steps=["official"])
    return centre


def _staff(
    places: tuple[TownCentre, ...], seeded: Seeded
) -> tuple[list[User], list[tuple[str, Centre, tuple[Role, ...]]]]:
    nobody = make_password(None)
    users: list[User] = []
    members: list[tuple[str, Centre, tuple[Role, ...]]] = []
    for place, centre in zip(places, seeded.centres, strict=True):
        for person in place.counsellors:
            username = f"twin-{place.index:03d}-{person.index:02d}"
            users.append(User(username=username, display_name=person.name, password=nobody))
            members.append((username, centre, (Role.COUNSELLOR,)))
        username = f"twin-{place.index:03d}-official"
        users.append(User(username=username, display_name=f"{place.municipality.name} 決裁者", password=nobody))
        members.append((username, centre, (Role.OFFICIAL,)))
    return users, members


def write_businesses(town_plan: Plan) -> dict[str, UUID]:
    """The town's traders with their aliases: twin id → row id."""
    traders = [trader for group in town_plan.town.businesses.values() for trader in group]
    with system_transaction():
        known = dict(
            BusinessRow.objects.filter(
                normalised_name__in=[normalise_name(t.name) for t in traders], is_demo=True
            ).values_list("normalised_name", "id")
        )
        rows: dict[str, BusinessRow] = {}
        aliases: list[BusinessAlias] = []
        ids: dict[str, UUID] = {}
        for trader in traders:
            name = normalise_name(trader.name)
            if name in known:
                ids[trader.id] = known[name]
                continue
            row = rows.get(name)
            if row is None:
                row = rows[name] = BusinessRow(name=trader.name, normalised_name=name, is_demo=True)
                for kind, values in (("name", trader.aliases), ("phone", trader.phones), ("url", (trader.url,))):
                    seen: set[str] = set()
                    for value in values:
                        normalised = normalise_name(value) if kind == "name" else re.sub(r"[^0-9A-Za-z.:/]", "", value)
                        if value and normalised not in seen:
                            seen.add(normalised)
                            aliases.append(BusinessAlias(business=row, kind=kind, value=value, normalised=normalised))
            ids[trader.id] = row.id
        BusinessRow.objects.bulk_create(rows.values(), batch_size=1000)
        BusinessAlias.objects.bulk_create(aliases, batch_size=2000, ignore_conflicts=True)
        write_keys([row.id for row in rows.values()])
    return ids


def _cases(
    town_plan: Plan, seeded: Seeded, businesses: dict[str, UUID], seed: int, known: set[str], share: int, writers: int
) -> Iterator[BulkCase]:
    """The cases of one share: whole batches in turn. Every writer tells itself the whole town, which costs little."""
    for told in town_plan.cases():
        key = f"twin:{seed}:{told.number}"
        if told.number // BATCH % writers != share or key in known:
            continue
        yield bulk_case(told, town_plan, seeded, businesses, key)


def bulk_case(told: GeneratedCase, town_plan: Plan, seeded: Seeded, businesses: dict[str, UUID], key: str) -> BulkCase:
    """One generated case as the bulk service takes it."""
    index = seeded.home_index if told.centre_index in seeded.taken_over else told.centre_index
    centre = seeded.centres[index]
    staff = seeded.actors[index]
    actor = staff[(told.counsellor_index or 0) % len(staff)]
    state = State(told.state)
    return BulkCase(
        actor=actor,
        centre_id=centre.id,
        card=card_of(told, town_plan),
        received_at=told.received_at,
        state=state,
        handled_at=told.closed_at,
        registered_at=told.registered_at,
        official=seeded.officials[index],
        idempotency_key=key,
        business_id=businesses.get(told.business_id or ""),
        is_demo=True,
    )


def card_of(told: GeneratedCase, town_plan: Plan) -> dict[str, object]:
    """The card of a generated case, with typed values."""
    consumer = town_plan.town.consumers[told.consumer_id]
    same = told.consumer_id == told.contract_party_id
    born = consumer.born
    day = told.received_at.date()
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    own = (
        (told.party_age, told.party_sex, told.party_occupation_code)
        if same
        else (age, consumer.sex, consumer.occupation)
    )
    card: dict[str, object] = {
        "kind": told.kind_code,
        "channel": told.channel_code,
        "title": told.title,
        "summary": told.summary,
        "handling": told.handling,
        "result": told.result_code,
        "injury": told.harm == "injury",
        "money_moving": told.money_about_to_move,
        "consumer_name": f"{consumer.household.family_name} {consumer.given_name}",
        "consumer_kana": f"{consumer.household.family_kana} {consumer.given_kana}",
        "consumer_phone": consumer.mobile or consumer.household.phone,
        "consumer_address": f"{consumer.household.municipality.name}{consumer.household.town_name}{consumer.household.address_line}",
        "prefecture_code": told.prefecture_code,
        "municipality_code": told.municipality_code,
        "consumer_age": own[0],
        "consumer_sex": own[1],
        "consumer_occupation": own[2],
        "contract_party_is_consumer": same,
        "product": told.product_code,
        "sales_form": told.sales_form_code,
        "transaction_types": list(told.transaction_type_codes),
        "content_classes": list(told.content_class_codes),
        "keywords": [code_lists()["keyword"].label(code) for code in told.keyword_codes],
        "contracted_on": told.contracted_on,
        "contract_document_on": told.document_received_on,
        "document_faulty": True if told.document_means == "missing" else None,
        "amount": told.amount,
        "paid": told.paid if told.amount is not None else None,
        "payment_method": told.payment_method_code,
        "business_name": told.business_as_heard,
    }
    if not same:
        card |= {
            "party_relation": RELATIONS.get(told.relation, ""),
            "party_age": told.party_age,
            "party_sex": told.party_sex,
            "party_occupation": told.party_occupation_code,
        }
    return card


def default_until(today: date) -> date:
    """A town's last day: yesterday, so that today is the visitor's own."""
    return today - timedelta(days=1)
