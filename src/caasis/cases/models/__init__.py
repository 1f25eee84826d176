"""Tables of the record: the case, its parties, contracts and businesses, its work, its approval, what centres share."""

from caasis.cases.models.approval import Approval, ApprovalDecision
from caasis.cases.models.case import Case, CaseBusiness, CaseContact, Contract, Harm, IdentityCheck, Party
from caasis.cases.models.evidence import Evidence, FileText
from caasis.cases.models.merging import CaseMerge
from caasis.cases.models.referral import CaseVia, Introduction, Office, Referral, ReferralMessage, Share
from caasis.cases.models.work import CaseEntry, Draft, Note, Task

__all__ = [
    "Approval",
    "ApprovalDecision",
    "Case",
    "CaseBusiness",
    "CaseContact",
    "CaseEntry",
    "CaseMerge",
    "CaseVia",
    "Contract",
    "Draft",
    "Evidence",
    "FileText",
    "Harm",
    "IdentityCheck",
    "Introduction",
    "Note",
    "Office",
    "Party",
    "Referral",
    "ReferralMessage",
    "Share",
    "Task",
]
