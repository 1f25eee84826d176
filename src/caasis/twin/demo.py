"""The demo's people: one account for each role, with passwords made for this installation."""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from datetime import time, timedelta
from importlib.resources import files
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from caasis.accounts.models import Membership, User
from caasis.accounts.selectors import actor_of
from caasis.cases.models import SavedSearch
from caasis.cases.rules.searching import CaseSearch
from caasis.cases.services import saved_searches
from caasis.cases.subscriptions import match_daily
from caasis.kernel.actor import SYSTEM, Role
from caasis.kernel.clock import day_in_japan
from caasis.knowledge.services import load_seed_articles
from caasis.organisations.models import Centre
from caasis.platform.transactions import system_transaction
from caasis.twin.seeding import Seeded

#: account → (name on screen, roles, home centre / other centre / none)
PEOPLE: dict[str, tuple[str, tuple[Role, ...], str]] = {
    "counsellor": ("架空 みらい", (Role.COUNSELLOR,), "home"),
    "counsellor2": ("例示 ゆき", (Role.COUNSELLOR,), "home"),
    "supervisor": ("見本 次郎", (Role.SUPERVISOR, Role.COUNSELLOR), "home"),
    "official": ("仮名 葉子", (Role.OFFICIAL,), "home"),
    "outsider": ("架空 となり", (Role.COUNSELLOR,), "other"),
    "ncac": ("見本 国子", (Role.NCAC,), "none"),
    "analyst": ("森野 あかり", (Role.ANALYST,), "none"),
    "admin": ("管理 太郎", (Role.ADMIN,), "none"),
}


def ensure_accounts(path: Path, seeded: Seeded) -> dict[str, dict[str, str]]:
    """Make the accounts and write `demo-accounts.json` (mode 0600): role → username, password. Existing ones stay."""
    if path.exists():
        known: dict[str, dict[str, str]] = json.loads(path.read_text())
        if User.objects.filter(username__in=[entry["username"] for entry in known.values()]).count() == len(PEOPLE):
            return known
    accounts: dict[str, dict[str, str]] = {}
    home = seeded.home_centre
    other = next(
        centre for centre in seeded.centres if centre.id != home.id and centre.prefecture_code != home.prefecture_code
    )
    with system_transaction():
        for username, (name, roles, where) in PEOPLE.items():
            password = f"demo-{secrets.token_urlsafe(9)}"
            user, _ = User.objects.update_or_create(
                username=username,
                defaults={"display_name": name, "password": make_password(password), "is_active": True},
            )
            centre: Centre | None = {"home": home, "other": other, "none": None}[where]
            for role in roles:
                Membership.objects.get_or_create(user=user, centre=centre, role=role.value)
            accounts[username] = {"username": username, "password": password, "name": name}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(accounts, file, ensure_ascii=False, indent=1)
    return accounts


def seat_at_home(seeded: Seeded) -> None:
    """The demo's own people work in the home centre: its cases are theirs, so that their desks aren't bare."""
    actors = {name: actor_of(User.objects.get(username=name)) for name in ("counsellor", "counsellor2", "official")}
    seeded.actors[seeded.home_index] = [actors["counsellor"], actors["counsellor2"]]
    seeded.officials[seeded.home_index] = actors["official"]
    home = seeded.home_centre.prefecture_code
    seeded.taken_over = frozenset(i for i, centre in enumerate(seeded.centres) if centre.prefecture_code == home)


def send_consultations(count: int, seeded: Seeded) -> int:
    """Web consultations that wait in the home centre's queue, sent through the portal's own service. A second call
    sends nothing twice."""
    from caasis.channels import services as channels

    stories: list[dict[str, object]] = tomllib.loads(
        files("caasis.twin").joinpath("consultations.toml").read_text(encoding="utf-8")
    )["consultation"]
    today = day_in_japan(timezone.now())
    for number, story in enumerate(stories[:count]):
        answers = dict(story)
        for name in ("contracted_on", "document_on"):
            # Days are told as "so many days ago", so that a deadline runs whenever the demo is started.
            if isinstance(answers.get(name), int):
                answers[name] = (today - timedelta(days=int(str(answers[name])))).isoformat()
        channels.submit(
            idempotency_key=f"twin-demo-{seeded.home_centre.id}-{number}", answers=answers, centre=seeded.home_centre
        )
    return min(count, len(stories))


def work_together(seeded: Seeded) -> int:
    """A few requests, notes and 予定 among the demo's people, through the cases' own services. Returns on how many cases;
    none when it was done before, or when nobody works on a case."""
    from caasis.cases import services as cases
    from caasis.cases.models import Case, HelpRequest
    from caasis.cases.vocabulary import State

    people = {name: actor_of(User.objects.get(username=name)) for name in ("counsellor", "counsellor2", "supervisor")}
    home = seeded.home_centre.id
    with system_transaction():
        if HelpRequest.objects.filter(centre_id=home).exists():
            return 0
        worked = Case.objects.filter(handling_centre_id=home, state__in=[State.ADVISING.value, State.MEDIATING.value])
        found = {
            name: list(worked.filter(counsellor_id=actor.id).order_by("-received_at")[:2])
            for name, actor in people.items()
        }
    now = timezone.now()
    for case in found["counsellor2"][:1]:
        cases.ask_help(
            actor=people["counsellor2"],
            case_id=case.id,
            reason_code="business",
            text="業者が返金に応じません。（見本）",
        )
    for number, case in enumerate(found["counsellor"]):
        cases.add_note(
            actor=people["supervisor"],
            case_id=case.id,
            text=f"@{people['counsellor'].name} さん、期限を確かめてください。（見本）",
        )
        cases.add_task(
            actor=people["counsellor"],
            case_id=case.id,
            what="折り返しの電話（見本）",
            kind="call",
            due_at=now + timedelta(hours=2 + 24 * number),
            until_at=now + timedelta(hours=3 + 24 * number),
        )
    return len(found["counsellor"]) + len(found["counsellor2"][:1])


#: Invented people who have booked a time in the demo: name, number (of no subscriber), what it is about.
BOOKERS = (
    ("見本 はな", "022-000-1001", "屋根の工事の契約をやめたい。（見本）"),
    ("見本 まさる", "022-000-1002", "定期購入の請求が続いている。（見本）"),
    ("例示 とも子", "022-000-1003", ""),
    ("架空 健一", "022-000-1004", "点検のあとの高い請求について。（見本）"),
)


def book_times(seeded: Seeded) -> int:
    """The home centre takes bookings, and a few people have booked. Returns how many; none when it was done before."""
    from caasis.appointments import services as appointments
    from caasis.appointments.booking_selectors import offer_of, slots_of
    from caasis.appointments.rules.booking_hours import Span
    from caasis.kernel.actor import PUBLIC

    home = seeded.home_centre.id
    if offer_of(home).spans:
        return 0
    week = range(5)
    spans = [Span("visit", day, time(9, 30), time(12)) for day in week]
    spans += [Span("visit", day, time(13), time(16), 60) for day in week]
    spans += [Span("phone", day, time(13), time(16, 30), 30, 2) for day in week]
    appointments.set_booking_hours(actor=SYSTEM, centre_id=home, spans=spans)
    now, booked = timezone.now(), 0
    for number, (name, phone, matter) in enumerate(BOOKERS):
        way = "phone" if number % 2 else "visit"
        free = slots_of(centre_id=home, way=way, now=now)
        if free:
            appointments.book_slot(
                actor=PUBLIC, centre_id=home, way=way, starts_at=free[min(number, len(free) - 1)].starts_at, name=name,
                phone=phone, matter=matter, now=now,
            )  # fmt: skip
            booked += 1
    return booked


#: Searches that the demo's counsellor has kept: name → what is looked for.
SEARCHES = {
    "屋根・給湯器の点検商法": CaseSearch(text="点検", filters=(("sales_form", ("door_to_door",)),)),
    "70歳以上の定期購入": CaseSearch(text="定期購入", filters=(("age_band", ("70s", "80plus")),)),
}
#: As far back as their news of the first morning reach.
NEWS = timedelta(days=7)


def keep_searches() -> int:
    """Saved searches of the demo's counsellor, with what was found in the last days as new. A second call keeps nothing
    twice. Returns the number of new hits."""
    with system_transaction():
        counsellor = actor_of(User.objects.get(username="counsellor"))
        known = set(saved_searches.own_searches(actor=counsellor).values_list("name", flat=True))
    for name, search in SEARCHES.items():
        if name not in known:
            saved_searches.save_search(actor=counsellor, name=name, search=search, notice="daily")
    with system_transaction():
        assert counsellor.id is not None
        SavedSearch.objects.filter(user_id=counsellor.id).update(matched_at=timezone.now() - NEWS)
    return match_daily()


def load_demo_alerts() -> None:
    """Alerts of the demo, marked as such."""
    load_seed_articles(actor=SYSTEM, alerts=True)
