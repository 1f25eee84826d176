"""Health, readiness and metrics."""

from __future__ import annotations

import pytest
from django.test import Client

from caasis.kernel.ids import uuid7
from caasis.platform.outbox.models import DeadLetter, OutboxEvent
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db


def figures(client: Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if line and not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_the_process_says_that_it_lives_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db(databases=["default", "owner"])
def test_ready_means_database_migrations_and_keys(client, settings, tmp_path, monkeypatch):
    from caasis.platform import health
    from caasis.platform.search.adapters.memory import MemoryIndex

    monkeypatch.setattr(health, "search_index", MemoryIndex)
    assert client.get("/readyz").json() == {"status": "ok", "missing": [], "search": "ok"}
    settings.CAASIS_HOME = tmp_path
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["missing"] == ["keys"]


def test_metrics_tell_what_waits_and_what_was_given_up(client):
    before = figures(client)
    with system_transaction():
        OutboxEvent.objects.create(topic="cases.opened", subject=uuid7())
        DeadLetter.objects.create(consumer="c", position=1, topic="t", subject=uuid7(), error="ValueError")
    after = figures(client)
    assert after["caasis_outbox_unnumbered"] == before["caasis_outbox_unnumbered"] + 1
    assert after["caasis_dead_letters"] == before["caasis_dead_letters"] + 1
    assert "caasis_queue_oldest_seconds" in after and "caasis_outbox_oldest_seconds" in after


def test_a_search_index_that_is_incomplete_is_told_with_its_progress(client, monkeypatch):
    from caasis.platform import health
    from caasis.platform.search.adapters.memory import MemoryIndex

    index = MemoryIndex()
    monkeypatch.setattr(health, "search_index", lambda: index)
    assert client.get("/readyz").json()["search"] == "ok"
    assert figures(client)["caasis_index_complete"] == 1
    index.start_rebuild()
    index.note_progress(42)
    index.quarantine("case", str(uuid7()), "building failed: KeyError")
    assert client.get("/readyz").json()["search"] == "rebuilding, 42%"
    after = figures(client)
    assert (after["caasis_index_complete"], after["caasis_index_rebuilt_percent"]) == (0, 42)
    assert after["caasis_index_quarantined"] == 1


def test_metrics_are_for_this_machine_and_named_addresses_only(client, settings):
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    settings.METRICS_FROM = ["203.0.113.9"]
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 200
