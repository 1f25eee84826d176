"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval."""

from caasis.cases.models.approval import (
    Absence,
    Approval,
    ApprovalDecision,
    ApprovalLook,
    Digest,
    DigestSubscription,
)
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, Party
from caasis.cases.models.correction import Correction, CorrectionStep
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "Absence",
    "Approval",
    "ApprovalDecision",
    "ApprovalLook",
    "Case",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "Contract",
    "Correction",
    "CorrectionStep",
    "Digest",
    "DigestSubscription",
    "Draft",
    "Harm",
    "Note",
    "Party",
    "Task",
]
