"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval."""

from caasis.cases.models.approval import Approval, ApprovalDecision
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, Party
from caasis.cases.models.team import (
    Absence,
    ClockEvent,
    HelpRequest,
    Mention,
    ResponseClock,
    TaskAttempt,
    TeamPolicy,
)
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "Absence",
    "Approval",
    "ApprovalDecision",
    "Case",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "ClockEvent",
    "Contract",
    "Draft",
    "Harm",
    "HelpRequest",
    "Mention",
    "Note",
    "Party",
    "ResponseClock",
    "Task",
    "TaskAttempt",
    "TeamPolicy",
]
