"""Health: is the process alive, is it ready, and the figures that tell why not."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from caasis.kernel.actor import SYSTEM
from caasis.platform.outbox.models import ConsumerCursor, DeadLetter
from caasis.platform.outbox.relay import head_position
from caasis.platform.search.access import search_index
from caasis.platform.transactions import set_scope


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow database does not get it killed."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready to serve: the database answers, migrations are applied, the key ring is there."""
    from caasis.platform.crypto.keyring import keyring_path

    problems: list[str] = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            problems.append("migrations")
    except Exception:
        problems.append("database")
    if not keyring_path(Path(settings.CAASIS_HOME)).exists():
        problems.append("keys")
    answer = {"status": "ok" if not problems else "not ready", "missing": problems, "search": _search_words()}
    return JsonResponse(answer, status=503 if problems else 200)


def _search_words() -> str:
    """The state of this machine's search index. Being rebuilt is no reason to take a machine out of service."""
    ready = search_index().readiness()
    if ready.complete:
        return "ok"
    return "incomplete" if ready.progress is None else f"rebuilding, {ready.progress}%"


def lag() -> dict[str, float]:
    """Figures of the outbox: events without a position, seconds the oldest waits, and how far each reader is behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)"
            " FROM platform_outbox WHERE position IS NULL"
        )
        waiting, oldest = cursor.fetchone()
        cursor.execute("SELECT last_position FROM platform_outbox_head")
        head = cursor.fetchone()[0]
    figures = {"outbox_unnumbered": float(waiting), "outbox_oldest_seconds": float(oldest), "outbox_head": float(head)}
    for row in ConsumerCursor.objects.all():
        figures[f"behind:{row.consumer}:{row.node}"] = float(head - row.position)
    figures["dead_letters"] = float(DeadLetter.objects.filter(resolved_at=None).count())
    return figures


def index_position() -> int | None:
    """How far this node's search index has come, or None when there is none."""
    from caasis.platform.search.adapters.tantivy.folder import IndexFolder

    folder = Path(settings.CAASIS_HOME) / "index"
    return IndexFolder(folder).position() if (folder / "state.json").exists() else None


def index_behind() -> int:
    """Events that this node's search index has yet to see; 0 without an index of its own."""
    position = index_position()
    return 0 if position is None else max(0, head_position() - position)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics. Answers on loopback and to the addresses in CAASIS_METRICS_FROM only."""
    allowed = {"127.0.0.1", "::1", *settings.METRICS_FROM}
    if request.META.get("REMOTE_ADDR", "") not in allowed:
        return HttpResponse(status=404)
    set_scope(SYSTEM)
    began = time.perf_counter()
    registry = CollectorRegistry()
    figures = lag()
    Gauge("caasis_outbox_unnumbered", "Committed events that have no position yet", registry=registry).set(
        figures["outbox_unnumbered"]
    )
    Gauge("caasis_outbox_oldest_seconds", "Age of the oldest event without a position", registry=registry).set(
        figures["outbox_oldest_seconds"]
    )
    Gauge("caasis_dead_letters", "Events that a handler refused after all tries", registry=registry).set(
        figures["dead_letters"]
    )
    behind = Gauge("caasis_consumer_behind", "Events that a reader has yet to see", ["consumer"], registry=registry)
    for name, value in figures.items():
        if name.startswith("behind:"):
            behind.labels(name.split(":")[1]).set(value)
    position = index_position()
    if position is not None:
        Gauge("caasis_index_behind", "Events that the search index has yet to see", registry=registry).set(
            max(0.0, figures["outbox_head"] - position)
        )
    ready = search_index().readiness()
    Gauge("caasis_index_complete", "1 when every search covers all there is", registry=registry).set(ready.complete)
    Gauge("caasis_index_rebuilt_percent", "How much of the index is built", registry=registry).set(
        100 if ready.complete else ready.progress or 0
    )
    Gauge("caasis_index_quarantined", "Rows that could not be indexed", registry=registry).set(
        len(search_index().stats().quarantined)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(arrived_at)), 0)"
            " FROM queues_work_item WHERE state = 'waiting'"
        )
        waiting, oldest = cursor.fetchone()
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
        jobs = cursor.fetchall()
    Gauge("caasis_queue_waiting", "Work items that wait", registry=registry).set(waiting)
    Gauge("caasis_queue_oldest_seconds", "Age of the oldest waiting work item", registry=registry).set(float(oldest))
    by_status = Gauge("caasis_jobs", "Jobs by status", ["status"], registry=registry)
    for status, count in jobs:
        by_status.labels(status).set(count)
    Gauge("caasis_metrics_seconds", "Time that this page took", registry=registry).set(time.perf_counter() - began)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
