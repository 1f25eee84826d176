"""Users, roles, openings in an emergency: who may, what is told, what is logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from caasis.accounts.models import EmergencyAccess, Membership, User
from caasis.accounts.rules import may_manage_role, needs_second_factor, role_fits
from caasis.accounts.selectors import actor_of, emergency_accesses
from caasis.accounts.services import break_glass, create_user, end_role, grant_role, review_emergency_access
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM, Actor, Purpose, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.people.models import Person
from caasis.people.services import build_person, save_person
from caasis.platform.outbox.models import OutboxEvent
from caasis.platform.transactions import actor_transaction
from caasis.privacy import registry
from caasis.privacy.registry import PersonalData
from caasis.privacy.services import may_open, open_fields

pytestmark = pytest.mark.django_db
PASSWORD = "ながい あいことば 4つ"
REASON = "本人が倒れ、救急隊から連絡先を聞かれているため。"


def topics() -> list[str]:
    return list(OutboxEvent.objects.order_by("created_at").values_list("topic", flat=True))


class TestUsers:
    def test_an_administrator_makes_an_account(self, town: Any) -> None:
        user = create_user(actor=town.admin, username="hanako", display_name="見本 花子", password=PASSWORD)
        assert user.check_password(PASSWORD) and actor_of(user).roles == frozenset()
        assert AccessRecord.objects.get(object_id=user.pk).action == "create_user"
        assert topics() == ["accounts.user_created"]

    @pytest.mark.parametrize("role", ["counsellor", "supervisor", "ncac", "analyst", "outsider"])
    def test_others_make_none(self, role: str, town: Any) -> None:
        with pytest.raises(NotAllowed):
            create_user(actor=town.actors[role], username="x", display_name="x", password=PASSWORD)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"username": ""}, "username"),
            ({"username": "花子 さん"}, "username"),
            ({"username": "counsellor"}, "username"),
            ({"username": "a" * 151}, "username"),
            ({"display_name": " "}, "display_name"),
            ({"display_name": "あ" * 61}, "display_name"),
            ({"password": "short"}, "password"),
            ({"password": "123456789012345"}, "password"),
            ({"password": "password1234"}, "password"),
        ],
    )
    def test_what_can_not_be_taken_is_said_at_its_field(self, values: dict[str, str], field: str, town: Any) -> None:
        good = {"username": "hanako", "display_name": "見本 花子", "password": PASSWORD}
        before = User.objects.count()
        with pytest.raises(Invalid) as refused:
            create_user(actor=town.admin, **(good | values))
        assert list(refused.value.fields) == [field]
        assert User.objects.count() == before


class TestRoles:
    def test_a_role_is_given_ended_and_given_again(self, town: Any) -> None:
        user, centre = town.users["ncac"], town.centre_a.id
        grant_role(actor=town.admin, user_id=user.pk, role=Role.COUNSELLOR, centre_id=centre)
        assert Role.COUNSELLOR in actor_of(user).roles
        end_role(actor=town.admin, user_id=user.pk, role=Role.COUNSELLOR, centre_id=centre)
        assert Role.COUNSELLOR not in actor_of(user).roles, "at once, not tomorrow"
        with pytest.raises(NotFound):
            end_role(actor=town.admin, user_id=user.pk, role=Role.COUNSELLOR, centre_id=centre)
        grant_role(actor=town.admin, user_id=user.pk, role=Role.COUNSELLOR, centre_id=centre)
        assert Role.COUNSELLOR in actor_of(user).roles
        assert topics() == ["accounts.roles_changed"] * 3
        assert {event.subject for event in OutboxEvent.objects.all()} == {user.pk}
        rows = AccessRecord.objects.filter(object_id=user.pk).order_by("at")
        assert [row.action for row in rows] == ["grant_role", "end_role", "grant_role"]
        assert Membership.objects.filter(user=user, role="counsellor").count() == 1

    def test_a_role_held_already_changes_nothing(self, town: Any) -> None:
        grant_role(
            actor=town.admin, user_id=town.users["counsellor"].pk, role=Role.COUNSELLOR, centre_id=town.centre_a.id
        )
        assert topics() == []

    @pytest.mark.parametrize(
        ("role", "in_centre", "fits"),
        [
            (Role.COUNSELLOR, True, True),
            (Role.COUNSELLOR, False, False),
            (Role.OFFICIAL, True, True),
            (Role.NCAC, False, True),
            (Role.NCAC, True, False),
            (Role.ADMIN, False, True),
            (Role.ADMIN, True, False),
            (Role.CONSUMER, False, False),
            (Role.SYSTEM, False, False),
            (Role.SYSTEM, True, False),
        ],
    )
    def test_a_role_fits_a_centre_or_the_nation(self, role: Role, in_centre: bool, fits: bool) -> None:
        assert role_fits(role, uuid4() if in_centre else None) is fits

    def test_nobody_becomes_the_system(self, town: Any) -> None:
        with pytest.raises(Invalid):
            grant_role(actor=town.admin, user_id=town.users["counsellor"].pk, role=Role.SYSTEM)

    @pytest.mark.parametrize(
        ("who", "role", "centre", "may"),
        [
            ("admin", Role.NCAC, None, True),
            ("official", Role.COUNSELLOR, "a", True),
            ("official", Role.COUNSELLOR, "b", False),
            ("official", Role.NCAC, None, False),
            ("official", Role.ADMIN, None, False),
            ("supervisor", Role.COUNSELLOR, "a", False),
            ("counsellor", Role.COUNSELLOR, "a", False),
            ("outside_official", Role.COUNSELLOR, "a", False),
            ("ncac", Role.COUNSELLOR, "a", False),
            ("analyst", Role.ANALYST, None, False),
        ],
    )
    def test_who_may_give_which_role(self, who: str, role: Role, centre: str | None, may: bool, town: Any) -> None:
        centre_id = {"a": town.centre_a.id, "b": town.centre_b.id, None: None}[centre]
        assert may_manage_role(town.actors[who], user_id=uuid4(), role=role, centre_id=centre_id) is may
        if not may:
            for verb in (grant_role, end_role):
                with pytest.raises(NotAllowed):
                    verb(actor=town.actors[who], user_id=town.users["counsellor2"].pk, role=role, centre_id=centre_id)

    def test_an_official_gives_themselves_nothing(self, town: Any) -> None:
        with pytest.raises(NotAllowed):
            grant_role(actor=town.official, user_id=town.official.id, role=Role.COUNSELLOR, centre_id=town.centre_a.id)

    def test_a_user_that_does_not_exist(self, town: Any) -> None:
        with pytest.raises(NotFound):
            grant_role(actor=SYSTEM, user_id=uuid4(), role=Role.ADMIN)


def test_when_a_second_factor_is_demanded() -> None:
    def needs(*roles: Role, own: bool = False, centre: bool = False) -> bool:
        return needs_second_factor(roles, demanded=["admin", "ncac"], own=own, centre_demands=centre)

    assert needs(Role.ADMIN) and needs(Role.COUNSELLOR, Role.NCAC)
    assert not needs(Role.COUNSELLOR) and not needs()
    assert needs(Role.COUNSELLOR, own=True) and needs(Role.COUNSELLOR, centre=True)


class TestBreakGlass:
    @pytest.fixture
    def person(self, town: Any, as_system: None) -> Person:
        return save_person(
            build_person(centre_id=town.centre_a.id, values={"name": "見本 花子", "phone": "03-1234-5678"})
        )

    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A rule by which nobody of the centre may open a person: only the emergency is left."""
        from dataclasses import replace

        entry: PersonalData = registry._registered["people.Person"]
        monkeypatch.setitem(registry._registered, "people.Person", replace(entry, may_open=lambda *_: False))

    def open_now(self, person: Person, actor: Actor, purpose: Purpose = Purpose.BREAK_GLASS) -> dict[str, str]:
        with actor_transaction(actor):
            return open_fields(person, "name", actor=actor, purpose=purpose)

    def break_it(
        self, person: Person, actor: Actor, reason: str = REASON, object_id: UUID | None = None
    ) -> EmergencyAccess:
        return break_glass(
            actor=actor,
            object_kind="person",
            object_id=object_id or person.id,
            centre_id=person.centre_id,
            reason=reason,
        )

    def test_it_opens_what_is_closed_for_an_hour_to_one_person(self, person: Person, closed: None, town: Any) -> None:
        with pytest.raises(NotAllowed):
            self.open_now(person, town.counsellor, Purpose.OWN_CASE)
        with pytest.raises(NotAllowed):
            self.open_now(person, town.counsellor)
        access = self.break_it(person, town.counsellor)
        assert self.open_now(person, town.counsellor) == {"name": "見本 花子"}
        assert timedelta(minutes=59) < access.expires_at - timezone.now() <= timedelta(minutes=60)
        with pytest.raises(NotAllowed):
            self.open_now(person, town.counsellor2)
        with pytest.raises(NotAllowed):
            self.open_now(person, town.counsellor, Purpose.OWN_CASE), "the ordinary purposes stay closed"
        EmergencyAccess.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(NotAllowed):
            self.open_now(person, town.counsellor)

    def test_it_opens_that_record_and_no_other(self, person: Person, town: Any) -> None:
        self.break_it(person, town.counsellor, object_id=uuid4())
        assert not may_open(person, actor=town.counsellor, purpose=Purpose.BREAK_GLASS)

    def test_everything_stands_in_the_log_and_is_told(self, person: Person, town: Any) -> None:
        access = self.break_it(person, town.counsellor)
        self.open_now(person, town.counsellor)
        rows = list(AccessRecord.objects.filter(object_id=person.id).order_by("at"))
        assert [(row.action, row.purpose) for row in rows] == [
            ("break_glass", "break_glass"),
            ("open_personal_data", "break_glass"),
        ]
        assert rows[0].reason == REASON
        event = OutboxEvent.objects.get(topic="accounts.emergency_access_opened")
        assert (event.subject, event.centre_id) == (access.id, person.centre_id)
        assert event.payload == {"object_kind": "person", "object_id": str(person.id)}

    def test_personal_data_in_the_reason_are_masked(self, person: Person, town: Any) -> None:
        access = self.break_it(person, town.counsellor, "090-5821-7745から「助けて」と電話があったため。")
        assert "5821" not in access.reason and "［電話］" in access.reason

    @pytest.mark.parametrize("reason", ["", "急ぎ", "　　　　　　　　　　　　　　", "あ" * 501])
    def test_a_reason_is_needed(self, reason: str, person: Person, town: Any) -> None:
        with pytest.raises(Invalid) as refused:
            self.break_it(person, town.counsellor, reason)
        assert list(refused.value.fields) == ["reason"] and not EmergencyAccess.objects.exists()

    @pytest.mark.parametrize("role", ["outsider", "outside_official", "ncac", "analyst", "admin"])
    def test_no_emergency_looks_into_another_centre(self, role: str, person: Person, town: Any) -> None:
        with pytest.raises(NotFound):
            self.break_it(person, town.actors[role])
        # Nor does a row that somebody has put in by hand.
        EmergencyAccess.objects.create(
            user=town.users[role], centre_id=person.centre_id, object_kind="person", object_id=person.id, reason="x" * 10,
            expires_at=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
        assert not may_open(person, actor=town.actors[role], purpose=Purpose.BREAK_GLASS)

    def test_another_official_reviews_it_once(self, person: Person, town: Any) -> None:
        access = self.break_it(person, town.counsellor)
        assert list(emergency_accesses(actor=town.official)) == [access]
        for role in ("counsellor", "supervisor", "outside_official", "ncac", "analyst", "admin"):
            assert not emergency_accesses(actor=town.actors[role]).exists()
        for role, error in (("counsellor", NotAllowed), ("supervisor", NotAllowed), ("outside_official", NotFound)):
            with pytest.raises(error):
                review_emergency_access(actor=town.actors[role], access_id=access.id)
        review_emergency_access(actor=town.official, access_id=access.id)
        assert not emergency_accesses(actor=town.official).exists()
        assert emergency_accesses(actor=town.official, to_review=False).exists()
        with pytest.raises(WrongState):
            review_emergency_access(actor=town.official, access_id=access.id)

    def test_nobody_reviews_their_own(self, person: Person, town: Any) -> None:
        access = self.break_it(person, town.official)
        with pytest.raises(NotAllowed):
            review_emergency_access(actor=town.official, access_id=access.id)
