"""Complaints about ourselves (F61) and incidents (F64): from the record to the close."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from caasis.audit.models import AccessRecord
from caasis.cases import services as cases
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict, WrongState
from caasis.operations import services
from caasis.operations.models import Matter
from caasis.operations.rules.duties import clean_answers, duties_for
from caasis.operations.rules.life import clean_whys
from caasis.operations.selectors import (
    by_month,
    complaints_about_us,
    get_matter,
    narrowed,
    open_measures,
    open_texts,
    visible_matters,
)
from caasis.operations.vocabulary import MatterState, Sort
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import refresh

pytestmark = pytest.mark.django_db

STORY = "見本 花子さんから、言い方がきついと電話があった。"


def day() -> date:
    return day_in_japan(timezone.now())


def recorded(town, sort=Sort.COMPLAINT, **more):
    given = {
        "kind": "manner" if sort is Sort.COMPLAINT else "leak",
        "severity": "middle",
        "channel": "phone",
        "what": STORY,
        "noticed_on": day(),
        **more,
    }
    return services.record_matter(actor=town.counsellor, sort=sort, **given)


def understood(town, matter):
    """Everything that closing asks for, but the answer."""
    refresh(matter)
    services.set_causes(
        actor=town.counsellor, matter_id=matter.id, version=matter.version, whys=["忙しかった"], root_cause="人数の不足",
        lessons="昼の当番を増やす",
    )  # fmt: skip
    measure = services.add_measure(
        actor=town.counsellor, matter_id=matter.id, what="当番を2人にする", owner_id=town.supervisor.id, due_on=day(), check_on=day()
    )
    services.finish_measure(actor=town.supervisor, measure_id=measure.id)
    return services.check_measure(actor=town.supervisor, measure_id=measure.id, held=True)


def test_what_happened_is_sealed_and_opened_with_a_row_in_the_log(town):
    matter = recorded(town, complainant="見本 花子 090-1234-5678")
    with actor_transaction(town.official):
        row = get_matter(actor=town.official, matter_id=matter.id)
        assert str(row.what) == "［封］"
        assert open_texts(row, actor=town.official)["what"] == STORY
        log = AccessRecord.objects.filter(action="open_personal_data", object_kind="matter").latest("at")
        assert log.purpose == "own_handling" and log.actor_id == town.official.id
    with system_transaction():
        event = OutboxEvent.objects.get(topic="operations.matter_recorded")
        assert event.payload == {"sort": "complaint", "severity": "middle"}


def test_a_matter_that_is_sent_twice_is_one(town):
    first = recorded(town, idempotency_key="abc")
    assert recorded(town, idempotency_key="abc").id == first.id


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "leak"}, "kind"),
        ({"severity": "?"}, "severity"),
        ({"channel": ""}, "channel"),
        ({"what": "短"}, "what"),
        ({"what": "あ" * 4001}, "what"),
        ({"noticed_on": None}, "noticed_on"),
        ({"happened_on": date(2999, 1, 1)}, "happened_on"),
        ({"receipt_number": "2026-XXXX"}, "receipt_number"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(town, more, field):
    with pytest.raises(Invalid) as error:
        recorded(town, **more)
    assert field in error.value.fields and len(error.value.fields[field][0]) <= 40


def test_a_case_of_another_centre_is_not_linked(town):
    other = cases.open_case(actor=town.outsider, card={})
    own = cases.open_case(actor=town.counsellor, card={})
    with pytest.raises(Invalid):
        recorded(town, receipt_number=other.receipt_number)
    assert recorded(town, receipt_number=own.receipt_number.lower()).case_id == own.id


def test_the_way_to_the_close(town):
    matter = recorded(town, concerned_id=town.counsellor.id)
    services.acknowledge(actor=town.counsellor, matter_id=matter.id)
    with pytest.raises(Invalid, match="原因"):
        services.close_matter(actor=town.official, matter_id=matter.id, answer="お詫びしました")
    understood(town, matter)
    with pytest.raises(Invalid, match="答え"):
        services.close_matter(actor=town.official, matter_id=matter.id)
    closed = services.close_matter(actor=town.official, matter_id=matter.id, answer="お詫びしました")
    assert closed.state == MatterState.CLOSED and closed.closed_by == town.official.id
    with pytest.raises(WrongState):
        services.note_progress(actor=town.counsellor, matter_id=matter.id, words="あとから")
    services.reopen_matter(actor=town.supervisor, matter_id=matter.id, reason="また起きたため")
    with system_transaction():
        kinds = [step.kind for step in Matter.objects.get(id=matter.id).steps.all()]
    assert kinds == [
        "recorded", "acknowledged", "causes", "measure_added", "measure_done", "measure_checked", "closed", "reopened",
    ]  # fmt: skip


def test_who_is_complained_about_does_not_decide_alone(town):
    matter = recorded(town, concerned_id=town.supervisor.id)
    understood(town, matter)
    with pytest.raises(NotAllowed, match="ほかの主任か職員"):
        services.close_matter(actor=town.supervisor, matter_id=matter.id, answer="お詫びしました")
    with pytest.raises(NotAllowed):
        services.close_matter(actor=town.counsellor2, matter_id=matter.id, answer="お詫びしました")
    assert services.close_matter(actor=town.official, matter_id=matter.id, answer="お詫びしました").state == "closed"
    with pytest.raises(NotAllowed):
        services.reopen_matter(actor=town.supervisor, matter_id=matter.id, reason="やはり")


def test_a_measure_that_did_not_hold_needs_another(town):
    matter = recorded(town)
    measure = understood(town, matter)
    services.check_measure(actor=town.supervisor, measure_id=measure.id, held=False)
    with pytest.raises(Invalid, match="効いていません"):
        services.close_matter(actor=town.official, matter_id=matter.id, answer="お詫びしました")
    with actor_transaction(town.official):
        assert not open_measures(actor=town.official).exists()


def test_a_measure_is_checked_after_it_is_done(town):
    matter = recorded(town)
    measure = services.add_measure(
        actor=town.counsellor, matter_id=matter.id, what="研修をする", owner_id=town.official.id, due_on=day(), check_on=day()
    )
    with pytest.raises(WrongState):
        services.check_measure(actor=town.official, measure_id=measure.id, held=True)
    for wrong in ({"owner_id": town.outsider.id}, {"due_on": day() - timedelta(days=1)}, {"check_on": day() - timedelta(days=1)}):
        given = {"what": "研修をする", "owner_id": town.official.id, "due_on": day(), "check_on": day(), **wrong}
        with pytest.raises(Invalid):
            services.add_measure(actor=town.counsellor, matter_id=matter.id, **given)


def test_open_words_name_nobody(town):
    matter = recorded(town)
    with pytest.raises(Invalid):
        services.note_progress(actor=town.counsellor, matter_id=matter.id, words="090-1234-5678 に電話した")
    with pytest.raises(Invalid) as error:
        services.set_causes(
            actor=town.counsellor, matter_id=matter.id, version=1, whys=["090-1234-5678"], root_cause="人数の不足"
        )
    assert "why_1" in error.value.fields


def test_two_people_who_write_causes_do_not_overwrite_each_other(town):
    matter = recorded(town)
    services.set_causes(actor=town.counsellor, matter_id=matter.id, version=1, whys=[], root_cause="人数の不足")
    with pytest.raises(VersionConflict):
        services.set_causes(actor=town.counsellor2, matter_id=matter.id, version=1, whys=[], root_cause="道具の不足")


def test_an_incident_asks_about_reporting_and_says_what_is_unsure(town):
    matter = recorded(town, sort=Sort.INCIDENT)
    services.set_duties(actor=town.counsellor, matter_id=matter.id, answers={"leak": "yes", "many": "?", "foreign": "yes"})
    refresh(matter)
    assert matter.duties == {"leak": "yes"}
    services.note_progress(actor=town.counsellor, matter_id=matter.id, words="送信を止めた", restored=True)
    refresh(matter)
    assert matter.restored_at is not None
    understood(town, matter)
    assert services.close_matter(actor=town.official, matter_id=matter.id).state == "closed"
    complaint = recorded(town)
    with pytest.raises(WrongState):
        services.set_duties(actor=town.counsellor, matter_id=complaint.id, answers={})


def test_every_duty_has_its_article_and_unsure_ones_say_so():
    for kind in ("leak", "safety", "wrong_advice", "outage"):
        for duty in duties_for(kind):
            assert duty.article and ("要確認" in duty.article or duty.verified)
    assert clean_answers("outage", {"own_rules": "no", "leak": "yes"}) == {"own_rules": "no"}
    assert clean_whys(["  a  b ", "", *"cdefg"]) == ["a b", "c", "d", "e", "f"]


@pytest.mark.parametrize("who", ["outsider", "outside_official", "ncac", "analyst", "admin"])
def test_nobody_outside_sees_or_changes_a_matter(town, who):
    matter = recorded(town)
    measure = services.add_measure(
        actor=town.counsellor, matter_id=matter.id, what="研修をする", owner_id=town.official.id, due_on=day(), check_on=day()
    )
    actor = town.actors[who]
    with actor_transaction(actor):
        assert not Matter.objects.exists() and not visible_matters(actor=actor).exists()
    for work in (
        lambda: services.acknowledge(actor=actor, matter_id=matter.id),
        lambda: services.close_matter(actor=actor, matter_id=matter.id),
        lambda: services.reopen_matter(actor=actor, matter_id=matter.id, reason="理由です"),
        lambda: services.finish_measure(actor=actor, measure_id=measure.id),
    ):
        with pytest.raises(NotFound):
            work()


def test_k5_counts_complaints_about_us_and_the_months_have_no_gap(town):
    recorded(town)
    recorded(town, sort=Sort.INCIDENT)
    recorded(town, noticed_on=day() - timedelta(days=400), severity="high")
    with actor_transaction(town.official):
        found = complaints_about_us(actor=town.official, start=day() - timedelta(days=30), end=day())
        assert (found.value, found.definition.code) == (1, "K5")
        months = by_month(actor=town.official, until=day())
        assert len(months) == 12 and (months[-1].complaints, months[-1].incidents) == (1, 1)
        assert sum(one.complaints + one.incidents for one in months[:-1]) == 0
        rows = visible_matters(actor=town.official)
        assert narrowed(rows, sort="incident").count() == 1 and narrowed(rows, severity="high").count() == 1
        assert narrowed(rows, state="unfinished").count() == 3 and narrowed(rows, state="closed").count() == 0
    with actor_transaction(town.outsider):
        assert complaints_about_us(actor=town.outsider, start=day(), end=day()).value == 0
