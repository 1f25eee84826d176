"""The fixed cast: two centres and the people whom every permission test needs, the outsider among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

import pytest

from caasis.kernel.actor import SYSTEM, Actor, Role

#: role name → (roles, centre key or None for a national role)
CAST: dict[str, tuple[tuple[Role, ...], str | None]] = {
    "counsellor": ((Role.COUNSELLOR,), "a"),
    "counsellor2": ((Role.COUNSELLOR,), "a"),
    "supervisor": ((Role.SUPERVISOR, Role.COUNSELLOR), "a"),
    "official": ((Role.OFFICIAL,), "a"),
    "outsider": ((Role.COUNSELLOR,), "b"),
    "outside_official": ((Role.OFFICIAL,), "b"),
    "ncac": ((Role.NCAC,), None),
    "analyst": ((Role.ANALYST,), None),
    "admin": ((Role.ADMIN,), None),
}
PASSWORD = "みほんのあいことば2026"


@dataclass
class Town:
    """Two centres and the cast. `actors['counsellor']` is an Actor, `users['counsellor']` a User."""

    centre_a: Any
    centre_b: Any
    users: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["actors"][name]
        except KeyError:
            raise AttributeError(name) from None


def make_town() -> Town:
    """Create the cast in the current transaction."""
    from caasis.accounts.models import Membership, User
    from caasis.accounts.selectors import actor_of
    from caasis.organisations.models import Centre, Jurisdiction, OpeningHours
    from caasis.platform.transactions import actor_transaction

    with actor_transaction(SYSTEM):
        centre_a = Centre.objects.create(
            code="A01", name="青葉市消費生活センター", prefecture_code="04", municipality_code="04101", is_demo=True
        )
        centre_b = Centre.objects.create(
            code="B01", name="若葉市消費生活センター", prefecture_code="12", municipality_code="12101", is_demo=True
        )
        jurisdictions, hours = [], []
        for centre in (centre_a, centre_b):
            jurisdictions += [
                Jurisdiction(centre=centre, municipality_code=centre.municipality_code, prefecture_code=centre.prefecture_code),
                Jurisdiction(centre=centre, prefecture_code=centre.prefecture_code, rank=2),
            ]
            for weekday in range(5):
                hours.append(OpeningHours(centre=centre, weekday=weekday, opens=time(9), closes=time(12)))
                hours.append(OpeningHours(centre=centre, weekday=weekday, opens=time(13), closes=time(16, 30)))
        # The national back-up centre: answers for whoever can't name a place.
        jurisdictions.append(Jurisdiction(centre=centre_a, rank=9))
        town = Town(centre_a, centre_b)
        centres, memberships = {"a": centre_a, "b": centre_b, None: None}, []
        for name, (roles, key) in CAST.items():
            user = town.users[name] = User(username=name, display_name=f"見本 {name}")
            user.set_unusable_password()
            memberships += [Membership(user=user, centre=centres[key], role=role.value) for role in roles]
        # Together: sixty inserts one by one were most of the time of most tests.
        Jurisdiction.objects.bulk_create(jurisdictions)
        OpeningHours.objects.bulk_create(hours)
        User.objects.bulk_create(town.users.values())
        Membership.objects.bulk_create(memberships)
        town.actors |= {name: actor_of(user) for name, user in town.users.items()}
        return town


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def client_for(town: Town) -> Callable[[str], Any]:
    """`client_for('counsellor')` is a logged-in test client; `client_for('public')` an anonymous one."""
    from django.test import Client

    def make(name: str) -> Any:
        client = Client()
        if name != "public":
            client.force_login(town.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


@pytest.fixture
def as_system(db: None):  # type: ignore[no-untyped-def]
    """The whole test body runs in the system's scope."""
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        yield


def uid(text: str) -> UUID:
    """A fixed id for tests that need one."""
    return UUID(int=int.from_bytes(text.encode()[:16].ljust(16, b"0"), "big"))
