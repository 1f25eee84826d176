"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.absences import end_absence, enter_absence
from caasis.cases.services.approving import register_light, request_approval, withdraw_request
from caasis.cases.services.correcting import (
    answer_dispute,
    correct_case,
    correct_many,
    dispute_correction,
    note_seen,
    take_back_corrections,
)
from caasis.cases.services.counterparties import confirm_business, release_business, split_business
from caasis.cases.services.deciding import decide, decide_many
from caasis.cases.services.digesting import set_digest, write_digests
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.handling import assign_case, change_state, reopen_case, take_case, take_contact, undo_step
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.looking import note_look
from caasis.cases.services.noting import add_note, add_task, delete_note, finish_task
from caasis.cases.services.opening import open_case
from caasis.cases.services.saving import SaveResult, save_card

__all__ = [
    "SaveResult",
    "add_note",
    "add_task",
    "answer_dispute",
    "assign_case",
    "change_state",
    "confirm_business",
    "correct_case",
    "correct_many",
    "decide",
    "decide_many",
    "delete_note",
    "discard_draft",
    "dispute_correction",
    "end_absence",
    "enter_absence",
    "finish_task",
    "note_look",
    "note_seen",
    "open_case",
    "record_letter",
    "register_light",
    "release_business",
    "reopen_case",
    "request_approval",
    "save_card",
    "save_draft",
    "set_digest",
    "split_business",
    "take_back_corrections",
    "take_case",
    "take_contact",
    "undo_step",
    "withdraw_request",
    "write_digests",
]
