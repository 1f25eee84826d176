"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.approving import decide, register_light, request_approval, withdraw_request
from caasis.cases.services.collecting import add_evidence, remove_evidence, restore_evidence
from caasis.cases.services.counterparties import confirm_business, release_business, split_business
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.handling import assign_case, change_state, reopen_case, take_case, take_contact, undo_step
from caasis.cases.services.identity import confirm_identity, link_person, unlink_person, withdraw_identity
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.noting import add_note, add_task, delete_note, finish_task
from caasis.cases.services.opening import open_case
from caasis.cases.services.parts import add_part, move_part_up, remove_part, restore_part, save_part
from caasis.cases.services.saving import SaveResult, save_card

__all__ = [
    "SaveResult",
    "add_evidence",
    "add_note",
    "add_part",
    "add_task",
    "assign_case",
    "change_state",
    "confirm_business",
    "confirm_identity",
    "decide",
    "delete_note",
    "discard_draft",
    "finish_task",
    "link_person",
    "move_part_up",
    "open_case",
    "record_letter",
    "register_light",
    "release_business",
    "remove_evidence",
    "remove_part",
    "reopen_case",
    "request_approval",
    "restore_evidence",
    "restore_part",
    "save_card",
    "save_draft",
    "save_part",
    "split_business",
    "take_case",
    "take_contact",
    "undo_step",
    "unlink_person",
    "withdraw_identity",
    "withdraw_request",
]
