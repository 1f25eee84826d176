"""What the administrator does to accounts: one-time passwords, sessions, locks; who may, and what is told and logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from caasis.accounts.jobs import forget_unused_one_time_passwords
from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.accounts.services import (
    end_role,
    end_sessions,
    forget_late_one_time_passwords,
    issue_one_time_password,
    open_account,
    unlock_user,
)
from caasis.accounts.staff import NATIONAL, NOBODY, members_by_centre, staff_account, staff_accounts
from caasis.audit.models import AccessRecord
from caasis.kernel.actor import SYSTEM, Role
from caasis.kernel.errors import Invalid, NotAllowed, NotFound, WrongState
from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import OutboxEvent

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
OWN = "じぶんで きめた ことば"


@pytest.fixture(autouse=True)
def no_memory() -> None:
    """The limits of tries count in the cache."""
    cache.clear()


def topics() -> list[str]:
    return list(OutboxEvent.objects.order_by("created_at").values_list("topic", flat=True))


def log_in(username: str, password: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(LOGIN, {"login": username, "password": password})


class TestOneTimePasswords:
    def test_an_account_comes_with_its_role_and_a_password_for_one_login(self, town: Any) -> None:
        user, password = open_account(
            actor=town.admin, username="hanako", display_name="見本 花子", role=Role.COUNSELLOR, centre_id=town.centre_a.id
        )
        assert actor_of(user).roles == {Role.COUNSELLOR} and actor_of(user).centre_id == town.centre_a.id
        assert len(password) == 19 and User.objects.get(pk=user.pk).check_password(password)
        assert topics() == ["accounts.user_created", "accounts.roles_changed", "accounts.one_time_password_issued"]
        actions = AccessRecord.objects.filter(object_id=user.pk).order_by("at").values_list("action", flat=True)
        assert list(actions) == ["create_user", "grant_role", "issue_one_time_password"]
        assert not AccessRecord.objects.filter(reason__contains=password).exists()

    def test_two_are_never_alike(self, town: Any) -> None:
        one = issue_one_time_password(actor=town.admin, user_id=town.counsellor.id)
        assert one != issue_one_time_password(actor=town.admin, user_id=town.counsellor.id)

    def test_nothing_is_made_of_what_can_not_be_taken(self, town: Any) -> None:
        with pytest.raises(Invalid) as refused:
            open_account(actor=town.admin, username="x", display_name="見本", role=Role.COUNSELLOR)
        assert list(refused.value.fields) == ["role"]
        with pytest.raises(Invalid):
            open_account(actor=town.admin, username="counsellor", display_name="見本", role=Role.NCAC)
        assert topics() == []

    @pytest.mark.parametrize("role", ["counsellor", "supervisor", "official", "ncac", "analyst", "outsider"])
    def test_others_may_nothing(self, role: str, town: Any) -> None:
        actor, victim = town.actors[role], town.counsellor2.id
        for attempt in (
            lambda: open_account(actor=actor, username="x", display_name="x", role=Role.NCAC),
            lambda: issue_one_time_password(actor=actor, user_id=victim),
            lambda: end_sessions(actor=actor, user_id=victim),
            lambda: unlock_user(actor=actor, user_id=victim),
            lambda: forget_late_one_time_passwords(actor=actor),
            lambda: staff_accounts(actor=actor),
            lambda: staff_account(actor=actor, user_id=victim),
            lambda: members_by_centre(actor=actor),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        assert topics() == []

    def test_one_login_then_a_password_of_ones_own(self, town: Any) -> None:
        user, password = open_account(
            actor=town.admin, username="hanako", display_name="見本 花子", role=Role.COUNSELLOR, centre_id=town.centre_a.id
        )
        client, answer = log_in("hanako", password)
        assert answer.status_code == 302 and answer["Location"] == "/accounts/password/set/"
        page = client.get(answer["Location"])
        assert page.status_code == 200 and "新しいパスワードを決めてください" in page.content.decode()
        assert log_in("hanako", password)[1].status_code == 422, "it served once"
        answer = client.post("/accounts/password/set/", {"password1": OWN, "password2": OWN})
        assert answer.status_code == 302 and answer["Location"] == "/desk/"
        assert client.get("/desk/").status_code == 200
        assert log_in("hanako", OWN)[1]["Location"] == "/desk/"
        assert UserSession.objects.filter(user=user).exists()

    def test_where_the_login_should_have_led_makes_no_difference(self, town: Any) -> None:
        password = issue_one_time_password(actor=town.admin, user_id=town.counsellor.id)
        client = Client()
        answer = client.post(f"{LOGIN}?next=/desk/cases/", {"login": "counsellor", "password": password, "next": "/desk/cases/"})
        assert answer["Location"] == "/accounts/password/set/"

    def test_a_new_one_shuts_out_the_old_password_and_its_sessions(self, town: Any) -> None:
        user = town.users["counsellor"]
        user.set_password(OWN)
        user.save()
        client, answer = log_in("counsellor", OWN)
        assert answer["Location"] == "/desk/"
        issue_one_time_password(actor=town.admin, user_id=user.pk)
        assert client.get("/desk/").status_code == 302
        assert log_in("counsellor", OWN)[1].status_code == 422
        assert not UserSession.objects.filter(user=user).exists()

    def test_one_that_nobody_used_in_time_is_gone(self, town: Any) -> None:
        late = issue_one_time_password(actor=town.admin, user_id=town.counsellor.id)
        fresh = issue_one_time_password(actor=town.admin, user_id=town.counsellor2.id)
        User.objects.filter(username="counsellor").update(one_time_password_until=timezone.now() - timedelta(minutes=1))
        forget_unused_one_time_passwords()
        assert log_in("counsellor", late)[1].status_code == 422
        assert log_in("counsellor2", fresh)[1].status_code == 302
        assert forget_late_one_time_passwords(actor=SYSTEM) == 0

    def test_not_for_oneself_and_not_for_nobody(self, town: Any) -> None:
        with pytest.raises(NotAllowed):
            issue_one_time_password(actor=town.admin, user_id=town.admin.id)
        with pytest.raises(NotFound):
            issue_one_time_password(actor=town.admin, user_id=uuid7())


class TestSessionsLocksAndRoles:
    def test_every_session_ends(self, town: Any) -> None:
        user = town.users["counsellor"]
        user.set_password(OWN)
        user.save()
        clients = [log_in("counsellor", OWN)[0] for _ in range(2)]
        assert staff_account(actor=town.admin, user_id=user.pk).sessions == 2
        assert end_sessions(actor=town.admin, user_id=user.pk) == 2
        assert [client.get("/desk/").status_code for client in clients] == [302, 302]
        assert staff_account(actor=town.admin, user_id=user.pk).sessions == 0
        assert end_sessions(actor=town.admin, user_id=user.pk) == 0
        assert AccessRecord.objects.filter(action="end_sessions", object_id=user.pk).count() == 1

    def test_a_locked_account_opens_at_once(self, town: Any, settings: Any) -> None:
        user = town.users["counsellor"]
        user.set_password(OWN)
        user.save()
        for _ in range(settings.AXES_FAILURE_LIMIT):
            cache.clear()
            log_in("counsellor", "wrong")
        cache.clear()
        assert staff_account(actor=town.admin, user_id=user.pk).locked
        assert log_in("counsellor", OWN)[1].status_code != 302
        assert unlock_user(actor=town.admin, user_id=user.pk) == 1
        cache.clear()
        assert not staff_account(actor=town.admin, user_id=user.pk).locked
        assert log_in("counsellor", OWN)[1].status_code == 302
        assert "accounts.user_unlocked" in topics()
        assert unlock_user(actor=town.admin, user_id=user.pk) == 0

    def test_a_lock_that_is_over_is_none(self, town: Any, settings: Any) -> None:
        attempt = AccessAttempt.objects.create(
            username="counsellor", ip_address="127.0.0.1", failures_since_start=settings.AXES_FAILURE_LIMIT
        )
        assert staff_account(actor=town.admin, user_id=town.counsellor.id).locked
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=timezone.now() - timedelta(hours=1))
        assert not staff_account(actor=town.admin, user_id=town.counsellor.id).locked

    def test_nobody_ends_their_own_role_of_administrator(self, town: Any) -> None:
        with pytest.raises(WrongState):
            end_role(actor=town.admin, user_id=town.admin.id, role=Role.ADMIN)
        assert actor_of(town.users["admin"]).has(Role.ADMIN)


class TestList:
    def test_by_centre_nation_and_none(self, town: Any) -> None:
        user = User.objects.create(username="zzz", display_name="見本 zzz")

        def names(**given: Any) -> set[str]:
            rows, total = staff_accounts(actor=town.admin, **given)
            assert total == len(rows)
            return {row.user.username for row in rows}

        assert names(where=town.centre_b.id) == {"outsider", "outside_official"}
        assert names(where=NATIONAL) == {"ncac", "analyst", "admin"}
        assert names(where=NOBODY) == {user.username}
        assert names(words="見本 zz") == {user.username}
        assert len(names()) == 10
        end_role(actor=town.admin, user_id=town.outsider.id, role=Role.COUNSELLOR, centre_id=town.centre_b.id)
        assert names(where=town.centre_b.id) == {"outside_official"}
        assert members_by_centre(actor=town.admin) == {town.centre_a.id: 4, town.centre_b.id: 1}

    def test_a_page_takes_as_many_queries_as_a_longer_one(self, town: Any, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(5):
            rows, total = staff_accounts(actor=town.admin, size=2)
        assert (len(rows), total) == (2, 9)
        with django_assert_num_queries(5):
            rows, _ = staff_accounts(actor=town.admin, size=50)
        assert len(rows) == 9
        assert {role.role for row in rows if row.user.username == "supervisor" for role in row.roles} == {
            Role.SUPERVISOR,
            Role.COUNSELLOR,
        }
