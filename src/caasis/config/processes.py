"""The long-running processes of an installation beside the database.

Each is a function ``run(stop: threading.Event)`` that returns soon after ``stop`` is set. ``caasis process NAME`` runs
one of them; the supervisor of ``caasis up`` runs all of them.
"""

PROCESSES: dict[str, str] = {
    "web": "caasis.config.web:run",
    "relay": "caasis.platform.outbox.relay:run",
    "jobs": "caasis.platform.jobs.worker:run",
    "indexer": "caasis.platform.search.indexer:run",
    "sealer": "caasis.audit.sealer:run",
}

#: How much each gives way to what a person waits for (added to the process's nice value).
NICENESS: dict[str, int] = {"relay": 4, "jobs": 8, "indexer": 10, "sealer": 12}
