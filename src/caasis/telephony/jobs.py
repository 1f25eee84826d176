"""Work that comes by itself: what callers are to hear is spoken before anybody calls."""

from __future__ import annotations

import logging
from uuid import UUID

from caasis.engines.ivr import Sound, read_flow
from caasis.platform.jobs import job, stop_requested
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Flow, FlowVersion, MessageSwitch
from caasis.telephony.prompts import BUILT_IN, open_store, prepare, prepare_line
from caasis.telephony.switchboard.around import offices_of

log = logging.getLogger(__name__)


@job(in_transaction=False, lock="telephony.prompts")
def prepare_flow(*, version_id: UUID) -> None:
    """Speak all that a published version can say. What is there already costs nothing; safe to run again."""
    with system_transaction():
        version = FlowVersion.objects.filter(id=version_id).first()
        offices = offices_of(version.centre_id) if version else {}
    if version is None:
        return
    made = faulty = 0
    for prepared in prepare(open_store(), read_flow(version.document), offices=offices):
        made, faulty = made + 1, faulty + (not prepared.seconds)
        if stop_requested():
            with system_transaction():
                prepare_flow.defer(version_id=version_id)
            return
    log.info("the lines of a flow are ready", extra={"count": made, "check": f"{faulty} can't be said"})


@job(in_transaction=False)
def prepare_everything() -> None:
    """Sounds without words, messages that are switched on, and every flow that callers hear: after a start of the
    switchboard, because its voice may be another one since."""
    store = open_store()
    for name in BUILT_IN:
        store.named(name)
    with system_transaction():
        messages = [words for row in MessageSwitch.objects.filter(on=True) for words in row.words.items()]
        for version_id in Flow.objects.exclude(published=None).values_list("published_id", flat=True):
            prepare_flow.defer(version_id=version_id)
    for language, text in messages:
        prepare_line(store, Sound(text=text, language=language))
