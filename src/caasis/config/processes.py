"""The long-running processes of an installation beside the database.

Each is a function ``run(stop: threading.Event)`` that returns soon after ``stop`` is set. ``caasis process NAME`` runs
one of them; the supervisor of ``caasis up`` runs those that are `wanted`.
"""

import os
from collections.abc import Mapping

PROCESSES: dict[str, str] = {
    "web": "caasis.config.web:run",
    "relay": "caasis.platform.outbox.relay:run",
    "jobs": "caasis.platform.jobs.worker:run",
    "indexer": "caasis.platform.search.indexer:run",
    "sealer": "caasis.audit.sealer:run",
    "telephone": "caasis.telephony.adapters.embedded.process:run",
    "switchboard": "caasis.telephony.switchboard.process:run",
}

#: How much each gives way to what a person waits for (added to the process's nice value).
NICENESS: dict[str, int] = {"relay": 4, "jobs": 8, "indexer": 10, "sealer": 12}

#: What `CAASIS_TELEPHONE` says where the telephone engine is our own.
OWN_ENGINE = "embedded"


def wanted(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The processes of this installation: without a telephone neither engine nor switchboard, with an engine of somebody
    else only the switchboard."""
    telephone = environment.get("CAASIS_TELEPHONE", "")
    left_out = {"telephone", "switchboard"} if not telephone else {"telephone"} if telephone != OWN_ENGINE else set()
    return [name for name in PROCESSES if name not in left_out]
