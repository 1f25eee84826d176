"""How an export ends: what the verbs and the job share."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from caasis.cases.models import SearchExport
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import destroy_record_key

State = SearchExport.State
#: Rows that one file may hold.
MOST_ROWS = 200_000
#: How long a finished file waits to be fetched.
KEPT = timedelta(hours=24)


def end(export: SearchExport, state: str) -> None:
    """The export is over (not yet saved): its key is destroyed, unless there is a file to be fetched."""
    now = timezone.now()
    export.state, export.finished_at = state, now
    if state == State.READY:
        export.expires_at = now + KEPT
        return
    with system_transaction():
        destroy_record_key(export.record_key_id)
