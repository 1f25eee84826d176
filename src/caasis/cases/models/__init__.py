"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval."""

from caasis.cases.models.approval import Approval, ApprovalDecision
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, IdentityCheck, Party
from caasis.cases.models.evidence import Evidence, FileText
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "Approval",
    "ApprovalDecision",
    "Case",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "Contract",
    "Draft",
    "Evidence",
    "FileText",
    "Harm",
    "IdentityCheck",
    "Note",
    "Party",
    "Task",
]
