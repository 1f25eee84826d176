"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval, what centres share."""

from caasis.cases.models.approval import (
    Approval,
    ApprovalDecision,
    ApprovalLook,
    ApproverAbsence,
    Digest,
    DigestSubscription,
)
from caasis.cases.models.asks import CaseAsk, CaseAskEntry
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, IdentityCheck, Party
from caasis.cases.models.conduct import ConductEntry, ConductFile, ConductRule
from caasis.cases.models.correction import Correction, CorrectionStep
from caasis.cases.models.evidence import Evidence, FileText
from caasis.cases.models.mediation import Mediation, MediationOffer, MediationOnward, MediationStep, Redress
from caasis.cases.models.merging import CaseMerge
from caasis.cases.models.referral import CaseVia, Introduction, Office, Referral, ReferralMessage, Share
from caasis.cases.models.safety import AccidentNotice
from caasis.cases.models.searching import SavedSearch, SearchExport, SearchHit, SynonymList
from caasis.cases.models.team import Absence, ClockEvent, HelpRequest, Mention, ResponseClock, TaskAttempt, TeamPolicy
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "Absence",
    "AccidentNotice",
    "Approval",
    "ApprovalDecision",
    "ApprovalLook",
    "ApproverAbsence",
    "Case",
    "CaseAsk",
    "CaseAskEntry",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "CaseMerge",
    "CaseVia",
    "ClockEvent",
    "ConductEntry",
    "ConductFile",
    "ConductRule",
    "Contract",
    "Correction",
    "CorrectionStep",
    "Digest",
    "DigestSubscription",
    "Draft",
    "Evidence",
    "FileText",
    "Harm",
    "HelpRequest",
    "IdentityCheck",
    "Introduction",
    "Mediation",
    "MediationOffer",
    "MediationOnward",
    "MediationStep",
    "Mention",
    "Note",
    "Office",
    "Party",
    "Redress",
    "Referral",
    "ReferralMessage",
    "ResponseClock",
    "SavedSearch",
    "SearchExport",
    "SearchHit",
    "Share",
    "SynonymList",
    "Task",
    "TaskAttempt",
    "TeamPolicy",
]
