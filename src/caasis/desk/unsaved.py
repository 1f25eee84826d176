"""What somebody typed into a card that can't be changed any more: it was sent or approved while they were typing."""

from __future__ import annotations

from caasis.cases import selectors as cases
from caasis.cases.models import Case
from caasis.cases.rules.card import BY_NAME
from caasis.cases.vocabulary import EDITABLE, State
from caasis.desk.card import Posted, read_body
from caasis.kernel.actor import Actor


def unsaved_rows(case: Case, *, actor: Actor, posted: Posted | None, opened: bool) -> list[tuple[str, str]]:
    """(label, words) of the fields that this person changed and could not save, from what was just posted or from their
    draft. Personal fields only where the page has them open."""
    if State(case.state) in EDITABLE:
        return []
    if posted is None:
        draft = cases.draft_of(case, actor=actor)
        if draft is None:
            return []
        text = cases.read_draft(draft, actor=actor)
        posted = read_body(text, version=draft.base_version, sequence=draft.sequence)
    rows = []
    for name, value in posted.changes(case.id).items():
        if BY_NAME[name].sealed and not opened:
            continue
        words = "・".join(value) if isinstance(value, list) else str(value)
        rows.append((BY_NAME[name].label, words or "（空欄）"))
    return rows
