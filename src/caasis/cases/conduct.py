"""Reads of conduct files and of the centre's rule: inside the centre only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from caasis.accounts.selectors import names_of
from caasis.cases.models import Case, ConductEntry, ConductFile, ConductRule
from caasis.cases.rules.conduct import ConductState, ConductStep, Criterion, Policy, warnings_missing
from caasis.cases.selectors import is_insider
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import NotFound
from caasis.privacy.services import open_rows


def policy_of(centre_id: UUID) -> Policy:
    """The centre's rule, or the defaults."""
    row = ConductRule.objects.filter(centre_id=centre_id).first()
    if row is None:
        return Policy()
    return Policy(row.warnings_needed, row.longest_days, row.warning, row.ending, row.appeal_to)


def standing_file(case: Case) -> ConductFile | None:
    """The file of a case that is not over."""
    return case.conduct_files.exclude(state__in=[ConductState.LIFTED.value, ConductState.CLOSED.value]).first()


@dataclass(frozen=True, slots=True)
class ShownConduct:
    """A line in words. `words` is None where this actor may not read it, or no purpose is stated."""

    entry: ConductEntry
    kind: str
    who: str
    witness: str
    criteria: list[str]
    words: str | None


@dataclass(frozen=True, slots=True)
class FileOfConduct:
    file: ConductFile
    state: str
    entries: list[ShownConduct]
    warnings: int
    missing: int
    in_force: bool


def read_conduct(case: Case, *, actor: Actor, purpose: Purpose | None, today: date) -> FileOfConduct | None:
    """The newest file of a case with its log. :raises NotFound: outside the centre."""
    if not is_insider(case, actor):
        raise NotFound
    file = case.conduct_files.order_by("-opened_at").first()
    if file is None:
        return None
    lines = list(file.entries.all())
    names = names_of({one for line in lines for one in (line.by, line.witness) if one})
    words: Sequence[str | None] = [None] * len(lines)
    if purpose is not None:
        words = open_rows(lines, "words", key_id=case.record_key_id, object_id=file.id, actor=actor, purpose=purpose)
    warnings = sum(1 for line in lines if line.kind == ConductStep.WARNING)
    return FileOfConduct(
        file=file,
        state=ConductState.words(file.state),
        entries=[
            ShownConduct(
                line,
                ConductStep.words(line.kind),
                names.get(line.by, "") if line.by else "",
                names.get(line.witness, "") if line.witness else "",
                [Criterion.words(code) for code in line.criteria],
                text,
            )
            for line, text in zip(lines, words, strict=True)
        ],
        warnings=warnings,
        missing=warnings_missing(policy_of(file.centre_id), warnings=warnings, criteria=criteria_of(lines)),
        in_force=is_in_force(file, today=today),
    )


def criteria_of(lines: Sequence[ConductEntry]) -> set[str]:
    return {code for line in lines for code in line.criteria}


def is_in_force(file: ConductFile, *, today: date) -> bool:
    """Whether an ending stands today; one that is appealed against stands until it is lifted."""
    ended = file.state in (ConductState.ENDED, ConductState.APPEALED)
    return ended and file.ended_until is not None and today <= file.ended_until
