"""Ending an abusive consultation by rule: warnings, witness, another person's decision, appeal; and care for staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from caasis.cases import conduct
from caasis.cases import services as cases
from caasis.cases.models import CaseEntry, ConductEntry, ConductFile, Task
from caasis.cases.rules.conduct import Policy, is_turned_away, warnings_missing
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.cards import COMPLETE

TODAY = day_in_japan(timezone.now())


@pytest.mark.parametrize(
    ("more", "turned_away"),
    [
        ({}, True),
        ({"injury": True}, False),
        ({"danger": True}, False),
        ({"other_matter": True}, False),
        ({"until": TODAY - timedelta(days=1)}, False),
        ({"until": None}, False),
    ],
)
def test_injury_danger_and_other_matters_are_never_turned_away(more, turned_away):
    given: dict[str, Any] = {"until": TODAY, "today": TODAY, "injury": False, "danger": False, "other_matter": False, **more}
    assert is_turned_away(**given) is turned_away


@pytest.mark.parametrize(("warnings", "criteria", "missing"), [(0, {"abuse"}, 2), (1, {"abuse"}, 1), (3, {"abuse"}, 0), (0, {"threat"}, 1), (1, {"sexual"}, 0)])
def test_a_threat_needs_one_warning_only(warnings, criteria, missing):
    assert warnings_missing(Policy(), warnings=warnings, criteria=criteria) == missing


@pytest.fixture
def case(town: Any) -> Any:
    with actor_transaction(town.counsellor):
        return cases.open_case(actor=town.counsellor, card=COMPLETE)


def note(town: Any, case: Any, *criteria: str, **more: Any) -> ConductEntry:
    return cases.note_incident(actor=town.counsellor, case_id=case.id, criteria=criteria or ["abuse"], words="ヒタキと言われた", **more)


def ended(town: Any, case: Any) -> ConductFile:
    note(town, case, "threat", witness=town.counsellor2.id)
    on = {"actor": town.counsellor, "case_id": case.id}
    cases.warn(**on, words="落ち着いてください。")
    cases.propose_ending(**on, words="続けられない。", witness=None)
    with actor_transaction(town.supervisor):
        return cases.decide_ending(actor=town.supervisor, case_id=case.id, end=True, days=30, words="やむを得ない。")


@pytest.mark.django_db
def test_the_rule_is_followed_step_by_step(town, case):
    on = {"actor": town.counsellor, "case_id": case.id}
    with pytest.raises(WrongState):
        cases.warn(**on, words="x")
    note(town, case)
    with pytest.raises(WrongState):
        cases.propose_ending(**on, words="x", witness=town.counsellor2.id)
    cases.warn(**on, words="一度目")
    cases.warn(**on, words="二度目")
    with pytest.raises(Invalid):
        cases.propose_ending(**on, words="x", witness=None)
    cases.propose_ending(**on, words="続けられない。", witness=town.counsellor2.id)
    with pytest.raises(NotAllowed):
        cases.decide_ending(**on, end=True, days=30, words="x")
    with actor_transaction(town.supervisor):
        with pytest.raises(Invalid):
            cases.decide_ending(actor=town.supervisor, case_id=case.id, end=True, days=91, words="x")
        file = cases.decide_ending(actor=town.supervisor, case_id=case.id, end=True, days=30, words="やむを得ない。")
    assert (file.state, file.ended_until) == ("ended", TODAY + timedelta(days=29))
    assert conduct.is_in_force(file, today=TODAY) and not conduct.is_in_force(file, today=TODAY + timedelta(days=30))


@pytest.mark.django_db
def test_nobody_decides_ones_own_proposal(town, case):
    with actor_transaction(town.supervisor):
        on = {"actor": town.supervisor, "case_id": case.id}
        cases.note_incident(**on, criteria=["threat"], words="x", witness=town.counsellor.id)
        cases.warn(**on, words="x")
        cases.propose_ending(**on, words="x", witness=None)
        with pytest.raises(NotAllowed):
            cases.decide_ending(**on, end=True, days=3, words="x")
    with actor_transaction(town.official):
        assert cases.decide_ending(actor=town.official, case_id=case.id, end=False, words="続ける。").state == "closed"


@pytest.mark.django_db
def test_an_appeal_is_heard_by_somebody_else(town, case):
    ended(town, case)
    cases.record_appeal(actor=town.counsellor, case_id=case.id, words="納得できない。")
    with actor_transaction(town.supervisor), pytest.raises(NotAllowed):
        cases.lift_ending(actor=town.supervisor, case_id=case.id, uphold=True, words="x")
    with actor_transaction(town.official):
        assert cases.lift_ending(actor=town.official, case_id=case.id, uphold=False, words="言い分を認める。").state == "lifted"
    with system_transaction():
        assert conduct.standing_file(case) is None


@pytest.mark.django_db
def test_how_the_counsellor_is_only_a_supervisor_reads(town, case):
    note(town, case)
    cases.care_for_staff(actor=town.counsellor, case_id=case.id, kind="care", words="眠れない")

    def words(who: str) -> str | None:
        actor = town.actors[who]
        with actor_transaction(actor):
            file = conduct.read_conduct(case, actor=actor, purpose=Purpose.ADVICE, today=TODAY)
        assert file is not None
        return next(line.words for line in file.entries if line.entry.kind == "care")

    assert (words("supervisor"), words("counsellor"), words("counsellor2"), words("official")) == ("眠れない", "眠れない", None, None)
    with system_transaction():
        assert Task.objects.filter(case=case, kind="debrief", assigned_to=town.supervisor.id).exists()
        assert "ヒタキ" not in str(list(CaseEntry.objects.values_list("data", flat=True)))


@pytest.mark.django_db
def test_the_centres_rule_is_its_officials(town, case):
    values = {"warnings_needed": 1, "longest_days": 10, "warning": "やめてください。", "ending": "終わります。", "appeal_to": "市長"}
    with actor_transaction(town.supervisor), pytest.raises(NotAllowed):
        cases.save_conduct_rule(actor=town.supervisor, **values)
    with actor_transaction(town.official):
        cases.save_conduct_rule(actor=town.official, **values)
        with pytest.raises(Invalid):
            cases.save_conduct_rule(actor=town.official, **{**values, "longest_days": 400})
        assert conduct.policy_of(town.centre_a.id).longest_days == 10
    with actor_transaction(town.outsider):
        assert conduct.policy_of(town.centre_a.id) == Policy()


@pytest.mark.django_db
def test_the_letter_is_one_line_and_needs_an_ending(town, case):
    note(town, case)
    with pytest.raises(WrongState):
        cases.record_ending_letter(actor=town.counsellor, case_id=case.id)
    cases.warn(actor=town.counsellor, case_id=case.id, words="x")
    cases.warn(actor=town.counsellor, case_id=case.id, words="x")
    cases.propose_ending(actor=town.counsellor, case_id=case.id, words="x", witness=town.counsellor2.id)
    with actor_transaction(town.supervisor):
        cases.decide_ending(actor=town.supervisor, case_id=case.id, end=True, days=1, words="x")
    assert cases.record_ending_letter(actor=town.counsellor, case_id=case.id) is not None
    assert cases.record_ending_letter(actor=town.counsellor, case_id=case.id) is None


@pytest.mark.django_db
def test_who_is_outside_reads_and_writes_nothing(town, case):
    note(town, case)
    for who in ("outsider", "outside_official", "ncac", "analyst", "admin"):
        actor = town.actors[who]
        with actor_transaction(actor):
            with pytest.raises(NotFound):
                conduct.read_conduct(case, actor=actor, purpose=Purpose.ADVICE, today=TODAY)
            with pytest.raises(NotFound):
                cases.note_incident(actor=actor, case_id=case.id, criteria=["abuse"], words="x")
            assert not ConductFile.objects.exists() and not ConductEntry.objects.exists()
