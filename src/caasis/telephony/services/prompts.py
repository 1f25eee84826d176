"""Recordings in the place of what would be spoken: one for each line of a flow, in the draft until it is published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from caasis.engines.ivr.editing import put_box
from caasis.engines.ivr.flow import NotAFlow, read_flow, write_flow
from caasis.engines.ivr.values import Line
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotFound
from caasis.platform.transactions import actor_transaction
from caasis.telephony.models import Flow, FlowVersion
from caasis.telephony.prompts import NotASound, open_store
from caasis.telephony.services.flows import MISSING, save_draft
from caasis.telephony.services.guards import require_manager

#: A minute of CD quality in stereo.
LARGEST = 12_000_000
NO_LINE = "この文は、もうありません。図を開き直してください。"


def record_line(
    *, actor: Actor, flow_id: UUID, box: str, field: str, language: str, data: bytes | None, base: Mapping[str, Any]
) -> tuple[FlowVersion, tuple[str, ...]]:
    """Play this recording (WAV) instead of speaking a line, or with None speak it again. Gives the draft, and the faults
    of the recording, a sentence each.

    A recording has a name of its own for what it holds: what callers hear changes when the draft is published, and an
    older version that is published again has its own recordings.

    :raises Invalid: no sound, or too large. :raises NotFound: hidden and absent alike; no such line.
    :raises NotAllowed: neither supervisor nor official. :raises VersionConflict: somebody else saved since `base`.
    """
    row = Flow.objects.filter(id=flow_id).first()
    if row is None:
        raise NotFound(MISSING)
    require_manager(actor, row.centre_id, MISSING)
    try:
        flow = read_flow(base)
    except NotAFlow:
        raise NotFound(NO_LINE) from None
    held = flow.box(box)
    words = getattr(held, field) if held is not None and field in held.spoken else {}
    if held is None or language not in words:
        raise NotFound(NO_LINE)
    prompt = ""
    faults: tuple[str, ...] = ()
    if data is not None:
        if len(data) > LARGEST:
            raise Invalid(fields={"file": ["ファイルが大きすぎます。1分までにしてください。"]})
        prompt = f"rec-{row.centre_id.hex[-12:]}-{hashlib.sha256(data).hexdigest()[:24]}"
        try:
            faults = open_store().record(prompt, data).faults
        except NotASound as error:
            raise Invalid(fields={"file": [str(error)]}) from None
    line = Line(words[language].text, prompt)
    values: dict[str, Any] = {field: {**words, language: line}}
    changed = put_box(flow, replace(held, **values))
    with actor_transaction(actor):
        return save_draft(actor=actor, flow_id=flow_id, document=write_flow(changed), base=base), faults
