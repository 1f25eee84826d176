"""Background work of the room: exports, and new hits of watched searches."""

from __future__ import annotations

import logging
from uuid import UUID

from caasis.cases.exports import expire_exports, run_export
from caasis.cases.subscriptions import match_daily
from caasis.platform.jobs import job
from caasis.platform.transactions import system_transaction

log = logging.getLogger(__name__)


@job(in_transaction=False)
def write_export(*, export_id: UUID) -> None:
    """Write the results of a search into a file."""
    if run_export(export_id):
        with system_transaction():
            write_export.defer(export_id=export_id)


@job(cron="*/15 * * * *")
def forget_unfetched_exports() -> None:
    """Delete files that nobody fetched within their time."""
    log.info("exports expired", extra={"count": expire_exports()})


@job(cron="0 21 * * *", in_transaction=False)
def match_saved_searches() -> None:
    """Every morning at six in Japan: what is new for the searches that want to be told daily."""
    log.info("new hits of saved searches", extra={"count": match_daily()})
