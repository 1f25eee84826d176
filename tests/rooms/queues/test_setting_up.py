"""Queues and skills: the default one, who sets them up, partners who help, levels from a day on."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.kernel.ids import uuid7
from caasis.organisations.models import Centre, Partnership
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues import services as queues
from caasis.queues.models import AgentSkill, Queue, Skill
from caasis.queues.rules.overflow import read_overflow
from caasis.queues.selectors import get_queue, queues_of_centre, skill_levels, skills
from caasis.queues.services import QueueSetup

pytestmark = pytest.mark.django_db
TODAY = day_in_japan(timezone.now())


def add(town: Any, name: str = "外国語", **more: Any) -> Queue:
    return queues.add_queue(actor=town.supervisor, centre_id=town.centre_a.id, setup=QueueSetup(name=name, **more))


def levels(town: Any, on: date = TODAY, name: str = "counsellor") -> dict[str, int]:
    with system_transaction():
        return skill_levels([town.centre_a.id], on=on).get((town.actors[name].id, town.centre_a.id), {})


# --- queues -----------------------------------------------------------------------------------------------------------


def test_the_default_queue_is_made_once(town):
    one = queues.default_queue(centre_id=town.centre_a.id)
    assert one.is_default and queues.default_queue(centre_id=town.centre_a.id) == one
    assert one.name == "相談の電話" and {"phone", "callback"} <= set(one.channels)
    assert queues.default_queue(centre_id=town.centre_b.id) != one
    with pytest.raises(NotFound):
        queues.default_queue(centre_id=uuid7())


def test_a_queue_of_the_default_name_is_not_in_the_way(town):
    add(town, "相談の電話")
    assert queues.default_queue(centre_id=town.centre_a.id).name == "相談の電話（標準）"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_who_ask_for_the_default_queue_at_once_get_the_same(town):
    barrier, found, errors = threading.Barrier(4), [], []

    def ask() -> None:
        try:
            barrier.wait(10)
            with system_transaction():
                found.append(queues.default_queue(centre_id=town.centre_a.id).id)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == [] and len(found) == 4 and len(set(found)) == 1


def test_who_may_set_queues_up(town):
    for actor in (town.supervisor, town.official, town.admin, SYSTEM):
        queues.add_queue(actor=actor, centre_id=town.centre_a.id, setup=QueueSetup(name=f"列{actor.name}"))
    for actor in (town.counsellor, town.outsider, town.outside_official, town.ncac, town.analyst):
        with pytest.raises(NotAllowed):
            queues.add_queue(actor=actor, centre_id=town.centre_a.id, setup=QueueSetup(name="だめ"))
    queue = add(town)
    for actor in (town.outsider, town.outside_official, town.ncac):
        with pytest.raises(NotFound):
            queues.change_queue(actor=actor, queue_id=queue.id, version=1, setup=QueueSetup(name="だめ"))
        with pytest.raises(NotFound):
            get_queue(actor=actor, queue_id=queue.id)
        assert not queues_of_centre(actor=actor, centre_id=town.centre_a.id).exists()
    with pytest.raises(NotAllowed):
        queues.change_queue(actor=town.counsellor, queue_id=queue.id, version=1, setup=QueueSetup(name="だめ"))
    assert get_queue(actor=town.counsellor, queue_id=queue.id) == queue
    assert queues_of_centre(actor=town.admin, centre_id=town.centre_a.id).count() == 5
    assert not queues_of_centre(actor=town.admin, centre_id=town.centre_b.id).exists()
    with pytest.raises(NotFound):
        queues.add_queue(actor=town.admin, centre_id=uuid7(), setup=QueueSetup(name="なし"))


def test_a_queue_is_set_up_anew_and_two_who_do_it_at_once_are_told(town):
    queue = add(town, target_seconds=30, wrap_up_seconds=None, channels=["phone"], offers_callback=False)
    setup = QueueSetup(name=" 外国語の　電話 ", ring_seconds=15, priority=5, offers_web_link=True)
    changed = queues.change_queue(actor=town.official, queue_id=queue.id, version=1, setup=setup)
    assert (changed.name, changed.ring_seconds, changed.priority, changed.version) == ("外国語の 電話", 15, 5, 2)
    assert changed.offers_web_link and changed.offers_callback and changed.wrap_up_seconds == 300
    with pytest.raises(VersionConflict):
        queues.change_queue(actor=town.supervisor, queue_id=queue.id, version=1, setup=setup)


def test_what_can_not_be_taken_is_told_by_field(town):
    add(town)
    with pytest.raises(Invalid) as error:
        add(town)
    assert list(error.value.fields) == ["name"]
    with pytest.raises(Invalid) as error:
        add(town, "", ring_seconds=1, overflow=[{"queue": "x", "waited_s": 1}])
    assert set(error.value.fields) == {"name", "ring_seconds", "overflow"}
    default = queues.default_queue(centre_id=town.centre_a.id)
    with pytest.raises(Invalid) as error:
        queues.change_queue(actor=town.official, queue_id=default.id, version=1, setup=QueueSetup(name="標準", active=False))
    assert list(error.value.fields) == ["active"]
    assert Queue.objects.count() == 2


def test_calls_overflow_to_the_own_centre_and_to_partners_who_help(town):
    own, theirs = queues.default_queue(centre_id=town.centre_a.id), queues.default_queue(centre_id=town.centre_b.id)
    rules = [{"queue": str(theirs.id), "expected_wait_s": 600}, {"queue": str(own.id), "waited_s": 60}]
    third = Centre.objects.create(code="C01", name="三番市消費生活センター", prefecture_code="04")
    Partnership.objects.create(centre=third, partner=town.centre_b, valid_from=TODAY)
    with pytest.raises(Invalid, match="応援の取り決め"):
        add(town, overflow=rules)
    partnership = Partnership.objects.create(centre=town.centre_a, partner=town.centre_b, valid_from=TODAY)
    queue = add(town, overflow=rules)
    assert queue.overflow == rules and [rule.queue for rule in read_overflow(queue.overflow)] == [theirs.id, own.id]
    # The other way round nobody has promised to help.
    with pytest.raises(Invalid):
        queues.add_queue(
            actor=town.outside_official,
            centre_id=town.centre_b.id,
            setup=QueueSetup(name="x", overflow=[{"queue": str(own.id), "waited_s": 1}]),
        )
    partnership.valid_from = partnership.valid_to = TODAY - timedelta(days=1)
    partnership.save()
    with pytest.raises(Invalid):
        add(town, "過ぎた約束", overflow=rules)


def test_no_queue_overflows_into_itself_or_into_one_that_is_closed(town):
    queue = add(town)
    for target in (queue.id, uuid7(), add(town, "閉じた列", active=False).id):
        with pytest.raises(Invalid) as error:
            queues.change_queue(
                actor=town.official,
                queue_id=queue.id,
                version=1,
                setup=QueueSetup(name="外国語", overflow=[{"queue": str(target), "waited_s": 9}]),
            )
        assert list(error.value.fields) == ["overflow"]


# --- skills -----------------------------------------------------------------------------------------------------------


def test_the_seed_comes_once_and_keeps_what_somebody_edited(town):
    written = queues.load_seed_skills()
    assert written > 20 and queues.load_seed_skills() == 0
    labels = {skill.label for skill in skills(centre_id=None)}
    assert {"多重債務", "金融・保険", "通信・IT", "不動産・住宅", "高齢者", "英語", "中国語", "手話通訳"} <= labels
    assert all(skill.is_seed for skill in skills(centre_id=None))
    debt = Skill.objects.get(code="debt")
    edited = queues.change_skill(actor=town.admin, skill_id=debt.id, version=1, label="借金・多重債務")
    assert not edited.is_seed
    Skill.objects.filter(code="english").update(label="えいご")
    assert queues.load_seed_skills() == 1, "an untouched seed follows the file"
    assert set(Skill.objects.filter(code__in=["debt", "english"]).values_list("label", flat=True)) == {"借金・多重債務", "英語"}
    with pytest.raises(NotAllowed):
        queues.load_seed_skills(actor=town.admin)


def test_a_centre_has_skills_of_its_own(town):
    queues.load_seed_skills()
    with pytest.raises(Invalid) as error:
        queues.add_skill(actor=town.supervisor, code="農業", label="", centre_id=town.centre_a.id)
    assert set(error.value.fields) == {"code", "label"}
    mine = queues.add_skill(actor=town.supervisor, code="farming", label="農業", centre_id=town.centre_a.id)
    assert mine in skills(centre_id=town.centre_a.id) and mine not in skills(centre_id=town.centre_b.id)
    queues.add_skill(actor=town.outside_official, code="farming", label="農業", centre_id=town.centre_b.id)
    for code in ("farming", "debt"):
        with pytest.raises(Invalid, match="使われています"):
            queues.add_skill(actor=town.official, code=code, label="二つめ", centre_id=town.centre_a.id)
    with pytest.raises(Invalid, match="使われています"):
        queues.add_skill(actor=town.admin, code="farming", label="全国の農業", centre_id=None)
    for actor in (town.counsellor, town.outsider, town.outside_official):
        with pytest.raises(NotAllowed):
            queues.add_skill(actor=actor, code="fishing", label="漁業", centre_id=town.centre_a.id)
    for actor in (town.official, town.ncac):
        with pytest.raises(NotAllowed):
            queues.add_skill(actor=actor, code="fishing", label="漁業", centre_id=None)
    with pytest.raises(NotFound):
        queues.change_skill(actor=town.outside_official, skill_id=mine.id, version=1, label="よその農業")
    with pytest.raises(VersionConflict):
        queues.change_skill(actor=town.supervisor, skill_id=mine.id, version=0, label="農業")
    with pytest.raises(Invalid):
        queues.change_skill(actor=town.supervisor, skill_id=mine.id, version=1, label=" ")
    queues.change_skill(actor=town.supervisor, skill_id=mine.id, version=1, label="農業", active=False)
    assert mine not in skills(centre_id=town.centre_a.id)


def test_a_level_ends_where_the_next_begins(town):
    queues.load_seed_skills()
    here = {"actor": town.supervisor, "centre_id": town.centre_a.id, "user_id": town.counsellor.id, "code": "debt"}
    queues.set_agent_skill(**here, level=2, valid_from=TODAY - timedelta(days=30))
    queues.set_agent_skill(**here, level=4)
    assert levels(town, TODAY - timedelta(days=31)) == {}
    assert levels(town, TODAY - timedelta(days=1)) == {"debt": 2}
    assert levels(town) == {"debt": 4}
    # What was planned for later is gone when something is said for a day before it.
    queues.set_agent_skill(**here, level=5, valid_from=TODAY + timedelta(days=9))
    queues.set_agent_skill(**here, level=3, valid_from=TODAY + timedelta(days=2))
    assert [levels(town, TODAY + timedelta(days=n)).get("debt") for n in (0, 1, 2, 30)] == [4, 4, 3, 3]
    queues.end_agent_skill(actor=town.supervisor, centre_id=town.centre_a.id, user_id=town.counsellor.id, code="debt")
    assert levels(town) == {} and levels(town, TODAY - timedelta(days=1)) == {"debt": 2}


def test_a_level_said_twice_for_one_day_is_the_later_one(town):
    queues.load_seed_skills()
    here = {"actor": town.official, "centre_id": town.centre_a.id, "user_id": town.counsellor.id, "code": "debt"}
    queues.set_agent_skill(**here, level=2)
    queues.set_agent_skill(**here, level=3)
    assert levels(town) == {"debt": 3}
    with system_transaction():
        assert AgentSkill.objects.count() == 1


def test_who_may_say_what_somebody_can(town):
    queues.load_seed_skills()
    here = {"centre_id": town.centre_a.id, "user_id": town.counsellor.id, "code": "debt", "level": 3}
    for actor in (town.counsellor, town.outsider, town.outside_official, town.ncac, town.admin):
        with pytest.raises(NotAllowed):
            queues.set_agent_skill(actor=actor, **here)
    for level in (0, 6, True):
        with pytest.raises(Invalid):
            queues.set_agent_skill(actor=town.supervisor, **(here | {"level": level}))
    with pytest.raises(NotFound):
        queues.set_agent_skill(actor=town.supervisor, **(here | {"code": "juggling"}))
    with pytest.raises(NotFound):
        queues.set_agent_skill(actor=town.supervisor, **(here | {"user_id": town.outsider.id}))


def test_the_database_keeps_levels_between_one_and_five(town):
    queues.load_seed_skills()
    row = {"user_id": uuid7(), "centre_id": town.centre_a.id, "skill": Skill.objects.first(), "valid_from": TODAY}
    for more in ({"level": 0}, {"level": 6}, {"level": 3, "valid_to": TODAY - timedelta(days=1)}):
        with pytest.raises(IntegrityError), actor_transaction(SYSTEM), transaction.atomic():
            AgentSkill.objects.create(**row, **more)
