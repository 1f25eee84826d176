"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval."""

from caasis.cases.models.approval import Approval, ApprovalDecision
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, Party
from caasis.cases.models.searching import SavedSearch, SearchExport, SearchHit, SynonymList
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
    "Harm",
    "Note",
    "Party",
    "SavedSearch",
    "SearchExport",
    "SearchHit",
    "SynonymList",
    "Task",
]
