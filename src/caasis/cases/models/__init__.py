"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval."""

from caasis.cases.models.approval import Approval, ApprovalDecision
from caasis.cases.models.asks import CaseAsk, CaseAskEntry
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, Party
from caasis.cases.models.conduct import ConductEntry, ConductFile, ConductRule
from caasis.cases.models.mediation import Mediation, MediationOffer, MediationOnward, MediationStep, Redress
from caasis.cases.models.safety import AccidentNotice
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "AccidentNotice",
    "Approval",
    "ApprovalDecision",
    "Case",
    "CaseAsk",
    "CaseAskEntry",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "ConductEntry",
    "ConductFile",
    "ConductRule",
    "Contract",
    "Draft",
    "Harm",
    "Mediation",
    "MediationOffer",
    "MediationOnward",
    "MediationStep",
    "Note",
    "Party",
    "Redress",
    "Task",
]
