"""The town in the database: same seed, same town; a second call adds nothing; accounts for every role."""

from __future__ import annotations

import json
from datetime import date

import pytest

from caasis.accounts.models import User
from caasis.analytics.models import CaseFact
from caasis.cases.models import Case, CaseBusiness
from caasis.cases.vocabulary import State
from caasis.platform.transactions import system_transaction
from caasis.twin import demo, seeding

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
TOWN = {"seed": 3, "count": 60, "months": 3, "until": date(2026, 10, 31)}


def content() -> list[tuple[object, ...]]:
    with system_transaction():
        return sorted(
            Case.objects.values_list("idempotency_key", "title", "summary", "state", "received_on", "prefecture_code")
        )


def test_a_second_call_adds_nothing(tmp_path):
    first = seeding.seed_town(**TOWN, truth_file=tmp_path / "truth.json")
    before = content()
    again = seeding.seed_town(**TOWN)
    assert (first.cases, again.cases) == (60, 0) and content() == before
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["surge"]["prefectures"] and truth["novelty"]["words"]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_several_writers_write_the_same_town() -> None:
    town = {**TOWN, "count": 1_100}
    told: list[int] = []
    seeded = seeding.seed_town(**town, writers=2, progress=lambda what, done, total: told.append(done))
    assert seeded.cases == 1_100 == told[-1] and told == sorted(told)
    with system_transaction():
        assert CaseFact.objects.count() == Case.objects.filter(state=State.REGISTERED.value).count() > 0
        assert Case.objects.values("receipt_number").distinct().count() == 1_100
    assert len(content()) == len(set(content())) == 1_100
    assert seeding.seed_town(**town, writers=2).cases == 0


def test_what_is_registered_counts_and_nothing_else(tmp_path):
    seeding.seed_town(**TOWN)
    with system_transaction():
        registered = Case.objects.filter(state=State.REGISTERED.value).count()
        assert CaseFact.objects.count() == registered > 0
        assert not Case.objects.filter(is_demo=False).exists()
        assert CaseBusiness.objects.exclude(business=None).exists()


def test_the_demos_people_have_accounts_and_a_full_desk(tmp_path):
    path = tmp_path / "demo-accounts.json"

    def seat(seeded: seeding.Seeded) -> None:
        demo.ensure_accounts(path, seeded)
        demo.seat_at_home(seeded)

    seeded = seeding.seed_town(**{**TOWN, "count": 120}, seat=seat)
    accounts = json.loads(path.read_text())
    assert set(accounts) == {"counsellor", "counsellor2", "supervisor", "official", "outsider", "ncac", "analyst", "admin"}
    assert path.stat().st_mode & 0o777 == 0o600
    for entry in accounts.values():
        assert User.objects.get(username=entry["username"]).check_password(entry["password"])
    assert demo.ensure_accounts(path, seeded) == accounts, "a second start keeps the passwords"
    home = seeded.home_centre.id
    mine = User.objects.get(username="counsellor").pk
    with system_transaction():
        assert Case.objects.filter(handling_centre_id=home, counsellor_id=mine).exists()
    assert demo.send_consultations(6, seeded) == 6
    assert demo.send_consultations(6, seeded) == 6
    from caasis.appointments.models import EducationEvent, LectureRequest, SignUp
    from caasis.channels.watch_models import WatchMember, WatchReport
    from caasis.operations.models import Matter
    from caasis.people.models import Consent, Person
    from caasis.queues.models import WorkItem
    from caasis.twin.education import add_education
    from caasis.twin.matters import add_matters
    from caasis.twin.people import show_people
    from caasis.twin.watching import add_watch

    assert (add_matters(seeded), add_matters(seeded)) == (2, 0)
    with system_transaction():
        assert sorted(Matter.objects.filter(centre_id=home).values_list("sort", "state")) == [
            ("complaint", "acting"),
            ("incident", "open"),
        ]

    assert (add_education(seeded), add_education(seeded)) == (4, 0)
    with system_transaction():
        events = EducationEvent.objects.filter(centre_id=home).order_by("starts_at")
        assert [row.state for row in events] == ["held", "open", "open", "open"]
        waiting = SignUp.objects.filter(centre_id=home, state="waiting").values_list("people", flat=True)
        assert list(waiting) == [3, 1]
        assert LectureRequest.objects.filter(centre_id=home, state="new").count() == 1
    from caasis.operations.models import SurveyRequest
    from caasis.twin.surveys import add_survey

    assert (add_survey(seeded), add_survey(seeded)) == (12, 0)
    with system_transaction():
        states = list(SurveyRequest.objects.filter(centre_id=home).values_list("state", flat=True))
    assert sorted(states) == ["answered"] * 10 + ["asked", "declined"]

    assert show_people(seeded) == show_people(seeded) == 3
    with system_transaction():
        assert Person.objects.filter(watch_over=True, centre_id=home).count() == 1
        assert Consent.objects.filter(centre_id=home).count() == 1

    assert WorkItem.objects.filter(centre_id=home, state="waiting").count() == 6
    assert (add_watch(seeded), add_watch(seeded)) == (2, 0)
    with system_transaction():
        assert WatchMember.objects.filter(centre_id=home, organisation__contains="見本").count() == 3
        assert sorted(WatchReport.objects.filter(centre_id=home).values_list("member__kind", flat=True), key=str) == [None, "welfare"]
        assert WorkItem.objects.filter(centre_id=home, state="waiting", title__startswith="見守り情報：").count() == 2
