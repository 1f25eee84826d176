"""What the portal's readers did: written by the serving processes each few seconds, read as K numbers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Sum

from caasis.analytics.models import CaseFact, ReaderDay, ReaderSalt, ReadingDay
from caasis.analytics.reading_definitions import K1, K2, K3, K15, K19
from caasis.analytics.rules.readers import GROUPS, Readings, Sketch
from caasis.analytics.selectors import MetricValue
from caasis.appointments.booking_selectors import count_booked
from caasis.kernel.actor import CENTRE_ROLES, NATIONAL_ROLES, Actor
from caasis.kernel.errors import NotAllowed
from caasis.kernel.metrics import ratio
from caasis.platform.transactions import system_transaction


def salt_of(day: date) -> bytes:
    """The day's salt, the same for every process of the installation. Those of earlier days are deleted: from then on no
    mark can be made again, and none can be compared with another day's."""
    with system_transaction():
        ReaderSalt.objects.filter(day__lt=day).delete()
        row, _ = ReaderSalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_bytes(32)})
        return bytes(row.salt)


def record_readings(readings: Readings) -> None:
    """Add what one process has seen since it was last written down."""
    with system_transaction():
        for (what, which), times in sorted(readings.counts.items()):
            row, new = ReadingDay.objects.get_or_create(
                day=readings.day, what=what, which=which, defaults={"times": times}
            )
            if not new:
                ReadingDay.objects.filter(pk=row.pk).update(times=F("times") + times)
        for group, sketch in sorted(readings.readers.items()):
            row_of_day, new = ReaderDay.objects.select_for_update().get_or_create(
                day=readings.day, group=group, defaults={"sketch": sketch.to_bytes()}
            )
            if not new:
                both = Sketch(bytes(row_of_day.sketch))
                both.merge(sketch)
                row_of_day.sketch = both.to_bytes()
                row_of_day.save(update_fields=["sketch"])


@dataclass(frozen=True, slots=True)
class Used:
    """One article's use in a period."""

    number: str
    reads: int
    useful: int
    not_useful: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What readers did between two days, both included.

    `visitors`: by group, the sum of the days' different readers: who comes on two days counts twice, for a person is not
    known again on the next day. `days`: (day, visitors of the site).
    """

    visitors: dict[str, int]
    days: list[tuple[date, int]]
    searches: int
    empty_searches: int
    articles: list[Used]
    metrics: dict[str, MetricValue]


def usage(start: date, end: date, *, actor: Actor, articles: int = 50) -> Usage:
    """:raises NotAllowed: unless the actor is staff of a centre, of the nation, or the system."""
    if not (actor.has_any(CENTRE_ROLES | NATIONAL_ROLES) or actor.is_system):
        raise NotAllowed("利用状況を見られるのは、センターと国の職員です。")
    per_day = _visitors(start, end)
    visitors = {group: sum(by_group.get(group, 0) for by_group in per_day.values()) for group in GROUPS}
    rows = ReadingDay.objects.filter(day__gte=start, day__lte=end)
    totals = {
        (row["what"], row["which"]): int(row["sum"]) for row in rows.values("what", "which").annotate(sum=Sum("times"))
    }
    numbers = {which for what, which in totals if what in ("article", "useful", "not_useful")}
    used = sorted(
        (
            Used(n, totals.get(("article", n), 0), totals.get(("useful", n), 0), totals.get(("not_useful", n), 0))
            for n in numbers
        ),
        key=lambda one: (-one.reads, one.number),
    )
    return Usage(
        visitors=visitors,
        days=[(day, per_day.get(day, {}).get("site", 0)) for day in _days(start, end)],
        searches=totals.get(("search", ""), 0),
        empty_searches=totals.get(("search_empty", ""), 0),
        articles=used[:articles],
        metrics=_metrics(start, end, visitors, used),
    )


def _metrics(start: date, end: date, visitors: dict[str, int], used: Iterable[Used]) -> dict[str, MetricValue]:
    cases = CaseFact.objects.filter(received_on__gte=start, received_on__lte=end)
    all_cases, from_article = cases.count(), cases.filter(from_article=True).count()
    useful, booked = sum(one.useful for one in used), count_booked(start, end)
    return {
        "K1": MetricValue(K1, visitors["faq"], {"visitors": visitors["faq"]}),
        "K2": MetricValue(K2, useful, {"useful": useful}),
        "K3": MetricValue(K3, visitors["knowledge"], {"visitors": visitors["knowledge"]}),
        "K15": MetricValue(K15, ratio(from_article, all_cases), {"from_article": from_article, "cases": all_cases}),
        "K19": MetricValue(K19, ratio(booked, all_cases), {"booked": booked, "cases": all_cases}),
    }


def _visitors(start: date, end: date) -> dict[date, dict[str, int]]:
    found: dict[date, dict[str, int]] = {}
    for row in ReaderDay.objects.filter(day__gte=start, day__lte=end):
        found.setdefault(row.day, {})[row.group] = Sketch(bytes(row.sketch)).count()
    return found


def _days(start: date, end: date) -> Iterable[date]:
    return (start + timedelta(days=number) for number in range((end - start).days + 1))
