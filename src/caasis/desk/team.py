"""What the screens of working together show: requests in words, a week of tasks as a picture, the home's part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from caasis.accounts.selectors import names_of
from caasis.cases import team_selectors as team
from caasis.cases.models import HelpRequest, Mention, ResponseClock, Task
from caasis.cases.rules.clocks import ClockWords
from caasis.cases.rules.team_words import Attempt, HelpReason, HelpState, TaskKind, Trigger
from caasis.channels.selectors import receipt_numbers_of
from caasis.desk.presence import Looker, lookers
from caasis.engines.japanese import WEEKDAYS
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.organisations.schedules import working_schedule

#: As many of each on the home; the rest stands on its own page.
SHOWN = 4


@dataclass(frozen=True, slots=True)
class ShownHelp:
    """A request for help in words, without what was typed."""

    request: HelpRequest
    title: str
    number: str
    why: str
    who: str
    to: str
    state: str
    by_policy: bool
    late: bool
    lookers: list[Looker]


def shown_help(rows: Iterable[HelpRequest], *, actor: Actor, now: datetime) -> list[ShownHelp]:
    """Requests for a list; four queries, however many there are."""
    found = list(rows)
    people = {one for row in found for one in (row.asked_by, row.asked_of, row.settled_by) if one}
    names = names_of(people) if people else {}
    contacts = {row.contact_id for row in found if row.contact_id and row.case_id is None}
    numbers = receipt_numbers_of(actor=actor, contact_ids=contacts) if contacts else {}
    cases = [row.case_id for row in found if row.case_id]
    looking = lookers(actor=actor, case_ids=cases) if cases else {}
    return [_help(row, names, numbers, looking, now) for row in found]


def _help(
    row: HelpRequest,
    names: dict[UUID, str],
    numbers: dict[UUID, str],
    looking: dict[UUID, list[Looker]],
    now: datetime,
) -> ShownHelp:
    trigger = Trigger(row.trigger)
    why = HelpReason(row.reason_code).label if row.reason_code else trigger.label
    state = HelpState(row.state)
    settled = names.get(row.settled_by, "") if row.settled_by else ""
    return ShownHelp(
        request=row,
        title=(row.case.title or "件名のない相談") if row.case is not None else "届いたばかりの相談",
        number=row.case.receipt_number if row.case is not None else numbers.get(row.contact_id, ""),  # type: ignore[arg-type]
        why=why,
        who=names.get(row.asked_by, "") if row.asked_by else "",
        to=names.get(row.asked_of, "") if row.asked_of else f"{Role(row.role).label}のだれか",
        state=f"{state.label}（{settled}さん）" if settled else state.label,
        by_policy=trigger is not Trigger.ASKED,
        late=row.due_at is not None and row.due_at < now and state is HelpState.OPEN,
        lookers=looking.get(row.case_id, []) if row.case_id else [],
    )


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task in words."""

    task: Task
    kind: TaskKind
    when: str
    late: bool
    attempts: str
    who: str = ""


def shown_task(task: Task, *, now: datetime, who: str = "") -> ShownTask:
    due = task.due_at.astimezone(JST)
    when = f"{due:%H:%M}".removeprefix("0")
    if task.until_at is not None:
        until = task.until_at.astimezone(JST)
        when += f"〜{until.hour}:{until:%M}"
    tried = [Attempt(one.result).label for one in task.attempts.all()]
    return ShownTask(
        task=task,
        kind=TaskKind(task.kind) if task.kind in TaskKind._value2member_map_ else TaskKind.REMINDER,
        when=when,
        late=(task.until_at or task.due_at) < now,
        attempts=f"{len(tried)}回かけました（{'・'.join(tried[-3:])}）" if tried else "",
        who=who,
    )


@dataclass(slots=True)
class Day:
    """One day of the week strip. `x` is its left edge in the picture, `bar` the height of its bar (0–44)."""

    day: date
    x: int
    count: int
    closed: bool
    today: bool
    bar: int = 0

    @property
    def weekday(self) -> str:
        return f"（{WEEKDAYS[self.day.weekday()]}）"

    @property
    def label(self) -> str:
        return f"{self.day.day}{self.weekday}"

    @property
    def y(self) -> int:
        return 52 - self.bar


@dataclass(slots=True)
class TaskBoard:
    """One person's tasks, and for supervisors those of absent colleagues."""

    overdue: list[ShownTask] = field(default_factory=list)
    today: list[ShownTask] = field(default_factory=list)
    week: list[ShownTask] = field(default_factory=list)
    later: list[ShownTask] = field(default_factory=list)
    absent: list[ShownTask] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    sentence: str = ""

    @property
    def total(self) -> int:
        return len(self.overdue) + len(self.today) + len(self.week) + len(self.later)


#: As many tasks as one page shows.
MOST_TASKS = 200
_DAY_WIDTH = 88


def task_board(*, actor: Actor, now: datetime) -> TaskBoard:
    """予定 of the actor at a moment."""
    assert actor.id is not None and actor.centre_id is not None
    today = day_in_japan(now)
    board = TaskBoard()
    rows = list(team.tasks_of(actor=actor, user_ids=[actor.id])[:MOST_TASKS])
    for row in rows:
        task, day = shown_task(row, now=now), day_in_japan(row.due_at)
        if task.late:
            board.overdue.append(task)
        elif day <= today:
            board.today.append(task)
        elif day < today + timedelta(days=7):
            board.week.append(task)
        else:
            board.later.append(task)
    absent = list(team.tasks_of_absent(actor=actor, day=today)[:MOST_TASKS])
    names = names_of({row.assigned_to for row in absent if row.assigned_to}) if absent else {}
    board.absent = [
        shown_task(row, now=now, who=names.get(row.assigned_to, "") if row.assigned_to else "") for row in absent
    ]
    board.days = week_strip(rows, centre_id=actor.centre_id, today=today)
    board.sentence = _sentence(board)
    return board


def week_strip(tasks: Iterable[Task], *, centre_id: UUID, today: date) -> list[Day]:
    """Seven days from today, with how many tasks each holds; what is overdue stands on today."""
    schedule = working_schedule(centre_id)
    counts: dict[date, int] = {}
    for task in tasks:
        day = max(today, day_in_japan(task.due_at))
        counts[day] = counts.get(day, 0) + 1
    days = []
    for number in range(7):
        day = today + timedelta(days=number)
        count = counts.get(day, 0)
        days.append(Day(day, number * _DAY_WIDTH, count, not schedule.plan(day).hours, number == 0))
    most = max((day.count for day in days), default=0)
    for one in days:
        one.bar = max(6, round(44 * one.count / most)) if one.count else 0
    return days


def _sentence(board: TaskBoard) -> str:
    if board.overdue:
        return f"時刻を過ぎた予定が{len(board.overdue)}件あります。上から片づけましょう。"
    if board.today:
        return f"きょうの予定は{len(board.today)}件です。"
    return "きょうの予定はありません。"


@dataclass(slots=True)
class HomePart:
    """What a colleague or the centre's policy asks of the reader, for the home."""

    help: list[ShownHelp]
    help_more: int
    asked: list[ShownHelp]
    mentions: list[tuple[Mention, str]]
    late: list[tuple[ResponseClock, ClockWords]]
    tasks: list[ShownTask]
    counts: team.DeskCounts


def home_part(*, actor: Actor, now: datetime | None = None) -> HomePart:
    """Requests for me and by me, notes that name me, missed targets of my cases, tasks until tonight."""
    now = now or timezone.now()
    assert actor.id is not None and actor.centre_id is not None
    counts = team.desk_counts(actor=actor, now=now)
    waiting = list(team.help_for(actor=actor)[:SHOWN])
    mine = list(team.help_requests(actor=actor).filter(asked_by=actor.id, state=HelpState.OPEN.value)[:SHOWN])
    shown = shown_help([*waiting, *mine], actor=actor, now=now) if waiting or mine else []
    mentions = list(team.unread_mentions(actor=actor)[:SHOWN])
    authors = names_of({one.note.author_id for one in mentions}) if mentions else {}
    late = list(team.overdue_clocks(actor=actor, now=now)[:SHOWN])
    schedule = working_schedule(actor.centre_id) if late else None
    end = datetime.combine(day_in_japan(now) + timedelta(days=1), datetime.min.time(), JST)
    tasks = team.tasks_of(actor=actor, user_ids=[actor.id]).filter(due_at__lt=end)[:SHOWN]
    return HomePart(
        help=shown[: len(waiting)],
        help_more=max(0, counts.help - len(waiting)),
        asked=shown[len(waiting) :],
        mentions=[(one, authors.get(one.note.author_id, "")) for one in mentions],
        late=[(one, team.words_of(one, schedule, now=now, short=True)) for one in late if schedule is not None],
        tasks=[shown_task(row, now=now) for row in tasks],
        counts=counts,
    )


def workspace_clocks(case: Any, *, actor: Actor) -> list[ClockWords]:
    """The clocks of a case for its page."""
    return team.clocks_of_case(case, actor=actor, now=timezone.now())
