"""Writing centres: who may, what is refused and with which words, what is told and logged."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.audit.models import AccessRecord
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.kernel.ids import uuid7
from caasis.organisations.models import Centre, CentreSettings, Jurisdiction, OpeningHours, SpecialDay
from caasis.organisations.rules import hours_error, steps_error
from caasis.organisations.selectors import centre_for_prefecture, is_enabled, policy_of
from caasis.organisations.services import (
    Particulars,
    Policy,
    change_centre,
    change_settings,
    open_centre,
    remove_special_day,
    set_opening_hours,
    set_special_day,
)
from caasis.platform.outbox.models import OutboxEvent

NEW = Particulars(name="新町消費生活センター", prefecture_code="04", municipality_code="04102", phone="022-000-0009")
POLICY = Policy(approval_steps=("official",), approval_deputies={"official": "supervisor"})
MORNING, AFTERNOON = (time(9), time(12)), (time(13), time(16, 30))
EVERYBODY_ELSE = ("counsellor", "supervisor", "official", "outsider", "ncac", "analyst")


def topics() -> list[str]:
    return list(OutboxEvent.objects.order_by("created_at").values_list("topic", flat=True))


@pytest.mark.django_db
class TestParticulars:
    def test_a_centre_is_entered_and_answers_for_its_place(self, town: Any) -> None:
        centre = open_centre(actor=town.admin, code=" c01 ", particulars=NEW)
        assert centre.code == "C01" and centre.phone == "022-000-0009"
        rows = Jurisdiction.objects.filter(centre=centre)
        assert [(row.municipality_code, row.prefecture_code) for row in rows] == [("04102", "04")]
        assert topics() == ["organisations.centre_opened"]
        record = AccessRecord.objects.get(object_id=centre.id)
        assert (record.action, record.actor_id) == ("open_centre", town.admin.id)

    @pytest.mark.parametrize("role", EVERYBODY_ELSE)
    def test_others_change_nothing(self, role: str, town: Any) -> None:
        actor, centre = town.actors[role], town.centre_a
        week = {0: [MORNING]}
        for attempt in (
            lambda: open_centre(actor=actor, code="C01", particulars=NEW),
            lambda: change_centre(actor=actor, centre_id=centre.id, version=centre.version, particulars=NEW),
            lambda: set_opening_hours(actor=actor, centre_id=centre.id, week=week),
            lambda: set_special_day(actor=actor, centre_id=centre.id, day=date(2026, 12, 1)),
            lambda: remove_special_day(actor=actor, centre_id=centre.id, day=date(2026, 12, 1)),
            lambda: change_settings(actor=actor, centre_id=centre.id, version=0, policy=POLICY),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        assert topics() == [] and not AccessRecord.objects.exists()

    @pytest.mark.parametrize(
        ("code", "values", "field"),
        [
            ("あ", {}, "code"),
            ("X", {}, "code"),
            ("A01", {}, "code"),
            ("C01", {"name": " "}, "name"),
            ("C01", {"name": "あ" * 81}, "name"),
            ("C01", {"prefecture_code": "99"}, "prefecture_code"),
            ("C01", {"municipality_code": "12101"}, "municipality_code"),
            ("C01", {"phone": "12"}, "phone"),
            ("C01", {"address": "あ" * 161}, "address"),
        ],
    )
    def test_what_can_not_be_taken_is_said_at_its_field(
        self, code: str, values: dict[str, str], field: str, town: Any
    ) -> None:
        given = {
            "name": NEW.name, "prefecture_code": "04", "municipality_code": "04102", "phone": "", "address": "", **values,
        }  # fmt: skip
        if field == "prefecture_code":
            given["municipality_code"] = ""
        with pytest.raises(Invalid) as refused:
            open_centre(actor=town.admin, code=code, particulars=Particulars(**given))
        assert list(refused.value.fields) == [field]
        assert all(len(text) <= 40 for texts in refused.value.fields.values() for text in texts)
        assert Centre.objects.count() == 2

    def test_a_centre_that_moves_takes_its_places_along_and_keeps_those_of_others(self, town: Any) -> None:
        centre = open_centre(actor=town.admin, code="C01", particulars=NEW)
        Jurisdiction.objects.create(centre=centre, municipality_code="04103", prefecture_code="04")
        moved = Particulars(name="移った", prefecture_code="04", municipality_code="04104", whole_prefecture=True)
        changed = change_centre(actor=town.admin, centre_id=centre.id, version=1, particulars=moved)
        assert (changed.name, changed.version) == ("移った", 2)
        places = set(Jurisdiction.objects.filter(centre=centre).values_list("municipality_code", flat=True))
        assert places == {"04104", "04103", ""}, "the municipality of a partnership stays"
        back = Particulars(name="移った", prefecture_code="04", municipality_code="04104")
        change_centre(actor=town.admin, centre_id=centre.id, version=2, particulars=back)
        assert not Jurisdiction.objects.filter(centre=centre, municipality_code="").exists()

    def test_the_nations_back_up_keeps_its_row(self, town: Any) -> None:
        before = Jurisdiction.objects.filter(centre=town.centre_a, municipality_code="", prefecture_code="")
        assert before.count() == 1
        same = Particulars(name="青葉", prefecture_code="04", municipality_code="04101")
        change_centre(actor=town.admin, centre_id=town.centre_a.id, version=1, particulars=same)
        assert before.count() == 1

    def test_a_closed_centre_answers_no_longer(self, town: Any) -> None:
        assert centre_for_prefecture("12") == town.centre_b
        gone = Particulars(name="閉じた", prefecture_code="12", municipality_code="12101", whole_prefecture=True, closed_on=date(2026, 4, 1))  # fmt: skip
        change_centre(actor=town.admin, centre_id=town.centre_b.id, version=1, particulars=gone)
        assert centre_for_prefecture("12") is None

    def test_the_second_of_two_administrators_is_told(self, town: Any) -> None:
        change_centre(actor=town.admin, centre_id=town.centre_a.id, version=1, particulars=NEW)
        with pytest.raises(VersionConflict):
            change_centre(actor=town.admin, centre_id=town.centre_a.id, version=1, particulars=NEW)
        with pytest.raises(NotFound):
            change_centre(actor=town.admin, centre_id=uuid7(), version=1, particulars=NEW)


@pytest.mark.django_db
class TestHours:
    def test_a_week_is_replaced(self, town: Any) -> None:
        set_opening_hours(actor=town.admin, centre_id=town.centre_a.id, week={5: [AFTERNOON, MORNING], 6: []})
        rows = OpeningHours.objects.filter(centre=town.centre_a)
        assert [(row.weekday, row.opens, row.closes) for row in rows] == [(5, *MORNING), (5, *AFTERNOON)]
        assert topics() == ["organisations.centre_changed"]
        assert AccessRecord.objects.get().fields == "hours"

    def test_a_wrong_week_leaves_the_old_one(self, town: Any) -> None:
        before = OpeningHours.objects.filter(centre=town.centre_a).count()
        with pytest.raises(Invalid):
            set_opening_hours(actor=town.admin, centre_id=town.centre_a.id, week={0: [(time(12), time(9))]})
        assert OpeningHours.objects.filter(centre=town.centre_a).count() == before

    def test_special_days_are_set_replaced_and_removed(self, town: Any) -> None:
        day, centre = date(2026, 12, 28), town.centre_a.id
        set_special_day(actor=town.admin, centre_id=centre, day=day, note="点検")
        set_special_day(actor=town.admin, centre_id=centre, day=day, opens=time(10), closes=time(12))
        row = SpecialDay.objects.get(centre=town.centre_a)
        assert (row.opens, row.note) == (time(10), "")
        remove_special_day(actor=town.admin, centre_id=centre, day=day)
        with pytest.raises(NotFound):
            remove_special_day(actor=town.admin, centre_id=centre, day=day)
        assert topics() == ["organisations.centre_changed"] * 3

    @pytest.mark.parametrize("times", [(time(9), None), (None, time(9)), (time(9), time(9)), (time(10), time(9))])
    def test_a_special_day_needs_both_times_or_none(self, times: Any, town: Any) -> None:
        with pytest.raises(Invalid):
            set_special_day(
                actor=town.admin, centre_id=town.centre_a.id, day=date(2026, 12, 28), opens=times[0], closes=times[1]
            )


@pytest.mark.django_db
class TestSettings:
    def test_settings_are_read_back_as_the_policy(self, town: Any) -> None:
        wanted = Policy(
            approval_steps=("supervisor", "official"), approval_deputies={}, light_path_for_inquiries=True,
            retention_years=5, second_factor=True, open_on_holidays=True,
        )  # fmt: skip
        row = change_settings(actor=town.admin, centre_id=town.centre_a.id, version=0, policy=wanted)
        policy = policy_of(town.centre_a.id)
        assert policy.approval_steps == ("supervisor", "official") and policy.approval_deputies == {}
        assert policy.light_path_for_inquiries and policy.retention_years == 5 and row.open_on_holidays
        assert is_enabled("second_factor", town.centre_a.id) and not is_enabled("second_factor", town.centre_b.id)
        assert row.version == 1
        with pytest.raises(VersionConflict):
            change_settings(actor=town.admin, centre_id=town.centre_a.id, version=0, policy=wanted)
        change_settings(actor=town.admin, centre_id=town.centre_a.id, version=1, policy=POLICY)
        assert not is_enabled("second_factor", town.centre_a.id)
        assert CentreSettings.objects.get().version == 2

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"approval_steps": ()}, "approval_steps"),
            ({"approval_steps": ("official", "official")}, "approval_steps"),
            ({"approval_steps": ("admin",)}, "approval_steps"),
            ({"retention_years": 0}, "retention_years"),
            ({"retention_years": 31}, "retention_years"),
            ({"approval_deputies": {"official": "official"}}, "approval_deputies"),
        ],
    )
    def test_settings_that_would_stop_the_work_are_refused(self, values: dict[str, Any], field: str, town: Any) -> None:
        given = {"approval_steps": ("official",), "approval_deputies": {}, **values}
        with pytest.raises(Invalid) as refused:
            change_settings(actor=town.admin, centre_id=town.centre_a.id, version=0, policy=Policy(**given))
        assert list(refused.value.fields) == [field]
        assert not CentreSettings.objects.exists()


_TIMES = st.times().map(lambda moment: moment.replace(microsecond=0, tzinfo=None))


class TestRules:
    @given(st.lists(_TIMES, min_size=2, max_size=8, unique=True))
    def test_spans_in_a_row_are_a_good_day(self, times: list[time]) -> None:
        ordered = sorted(times)
        spans = list(zip(ordered[::2], ordered[1::2], strict=False))
        assert hours_error({0: reversed(spans)}) == ""

    @given(st.lists(_TIMES, min_size=4, max_size=4, unique=True))
    def test_spans_that_overlap_are_not(self, times: list[time]) -> None:
        a, b, c, d = sorted(times)
        assert hours_error({3: [(a, c), (b, d)]}) and hours_error({3: [(a, d), (b, c)]})
        assert hours_error({3: [(b, a)]}) and hours_error({7: [(a, b)]})

    def test_a_span_may_begin_when_another_ends(self) -> None:
        assert hours_error({0: [MORNING, (time(12), time(13))]}) == ""

    def test_steps(self) -> None:
        assert steps_error(["official"]) == "" and steps_error(["supervisor", "official"]) == ""
        assert steps_error([]) and steps_error(["counsellor"]) and steps_error(["official"] * 2)
