"""Sorts, states and steps: the product's own terms. What a complaint or an incident is about is data, see `codes/`."""

from __future__ import annotations

from enum import StrEnum


class Sort(StrEnum):
    """A complaint about our own handling (F61), or an incident (F64)."""

    COMPLAINT = "complaint"
    INCIDENT = "incident"

    @property
    def label(self) -> str:
        return {"complaint": "応対への苦情", "incident": "事故・障害"}[self.value]


class MatterState(StrEnum):
    """The four steps, in order."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ACTING = "acting"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    MatterState.OPEN: "受けた",
    MatterState.ACKNOWLEDGED: "受け止めを伝えた",
    MatterState.ACTING: "対策中",
    MatterState.CLOSED: "終了",
}


class Step(StrEnum):
    """Kinds of lines in the timeline of a matter."""

    RECORDED = "recorded"
    ACKNOWLEDGED = "acknowledged"
    CAUSES = "causes"
    DUTIES = "duties"
    MEASURE_ADDED = "measure_added"
    MEASURE_DONE = "measure_done"
    MEASURE_CHECKED = "measure_checked"
    NOTE = "note"
    RESTORED = "restored"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def label(self) -> str:
        return _STEP_LABELS[self]


_STEP_LABELS = {
    Step.RECORDED: "記録しました",
    Step.ACKNOWLEDGED: "受け止めを伝えました",
    Step.CAUSES: "原因を書きました",
    Step.DUTIES: "報告の要否を確かめました",
    Step.MEASURE_ADDED: "対策を決めました",
    Step.MEASURE_DONE: "対策を終えました",
    Step.MEASURE_CHECKED: "対策の効き目を確かめました",
    Step.NOTE: "経過を書きました",
    Step.RESTORED: "元に戻りました",
    Step.CLOSED: "終えました",
    Step.REOPENED: "もう一度開きました",
}
