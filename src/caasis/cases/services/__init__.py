"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.approving import decide, register_light, request_approval, withdraw_request
from caasis.cases.services.collecting import add_evidence, remove_evidence, restore_evidence
from caasis.cases.services.counterparties import confirm_business, release_business, split_business
from caasis.cases.services.directory import (
    check_office,
    hide_office,
    introduce_office,
    save_office,
    set_via,
    take_back_introduction,
)
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.handling import assign_case, change_state, reopen_case, take_case, take_contact, undo_step
from caasis.cases.services.identity import confirm_identity, link_person, unlink_person, withdraw_identity
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.merging import merge_cases, unmerge_case
from caasis.cases.services.noting import add_note, add_task, delete_note, finish_task
from caasis.cases.services.opening import open_case
from caasis.cases.services.parts import add_part, move_part_up, remove_part, restore_part, save_part
from caasis.cases.services.receiving import accept_referral, open_referral, return_referral, say
from caasis.cases.services.referring import end_sharing, send_referral, withdraw_referral
from caasis.cases.services.saving import SaveResult, save_card

__all__ = [
    "SaveResult",
    "accept_referral",
    "add_evidence",
    "add_note",
    "add_part",
    "add_task",
    "assign_case",
    "change_state",
    "check_office",
    "confirm_business",
    "confirm_identity",
    "decide",
    "delete_note",
    "discard_draft",
    "end_sharing",
    "finish_task",
    "hide_office",
    "introduce_office",
    "link_person",
    "merge_cases",
    "move_part_up",
    "open_case",
    "open_referral",
    "record_letter",
    "register_light",
    "release_business",
    "remove_evidence",
    "remove_part",
    "reopen_case",
    "request_approval",
    "restore_evidence",
    "restore_part",
    "return_referral",
    "save_card",
    "save_draft",
    "save_office",
    "save_part",
    "say",
    "send_referral",
    "set_via",
    "split_business",
    "take_back_introduction",
    "take_case",
    "take_contact",
    "undo_step",
    "unlink_person",
    "unmerge_case",
    "withdraw_identity",
    "withdraw_referral",
    "withdraw_request",
]
