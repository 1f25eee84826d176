"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.approving import decide, register_light, request_approval, withdraw_request
from caasis.cases.services.clocks import go_on, wait_for
from caasis.cases.services.counterparties import confirm_business, release_business, split_business
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.handling import assign_case, change_state, reopen_case, take_case, take_contact, undo_step
from caasis.cases.services.helping import answer_help, ask_help, decline_help, take_over_help, withdraw_help
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.noting import add_note, delete_note, read_mention
from caasis.cases.services.opening import open_case
from caasis.cases.services.saving import SaveResult, save_card
from caasis.cases.services.tasking import (
    add_task,
    finish_task,
    move_task_back,
    reassign_task,
    record_attempt,
    snooze_task,
    unfinish_task,
)
from caasis.cases.services.team import change_team_policy, enter_absence, remove_absence

__all__ = [
    "SaveResult",
    "add_note",
    "add_task",
    "answer_help",
    "ask_help",
    "assign_case",
    "change_state",
    "change_team_policy",
    "confirm_business",
    "decide",
    "decline_help",
    "delete_note",
    "discard_draft",
    "enter_absence",
    "finish_task",
    "go_on",
    "move_task_back",
    "open_case",
    "read_mention",
    "reassign_task",
    "record_attempt",
    "record_letter",
    "register_light",
    "release_business",
    "remove_absence",
    "reopen_case",
    "request_approval",
    "save_card",
    "save_draft",
    "snooze_task",
    "split_business",
    "take_case",
    "take_contact",
    "take_over_help",
    "undo_step",
    "unfinish_task",
    "wait_for",
    "withdraw_help",
    "withdraw_request",
]
