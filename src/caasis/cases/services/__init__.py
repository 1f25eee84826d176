"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.alerting import (
    close_notice,
    record_sent,
    save_notice,
    start_notice,
    supplement_notice,
    undo_sent,
)
from caasis.cases.services.approving import decide, register_light, request_approval, withdraw_request
from caasis.cases.services.asking import (
    ask_cooperation,
    decide_cooperation,
    log_ask,
    open_ask,
    record_consumer_answer,
)
from caasis.cases.services.conducting import (
    care_for_staff,
    decide_ending,
    lift_ending,
    note_incident,
    propose_ending,
    record_appeal,
    record_ending_letter,
    save_conduct_rule,
    warn,
)
from caasis.cases.services.counterparties import confirm_business, release_business, split_business
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.handling import assign_case, change_state, reopen_case, take_case, take_contact, undo_step
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.mediating import (
    begin_mediation,
    go_onward,
    log_contact,
    record_business_letter,
    record_consent,
    record_onward,
    set_answer_deadline,
    withdraw_consent,
)
from caasis.cases.services.noting import add_note, add_task, delete_note, finish_task
from caasis.cases.services.opening import open_case
from caasis.cases.services.saving import SaveResult, save_card
from caasis.cases.services.settling import (
    answer_offer,
    counter_redress,
    end_mediation,
    make_offer,
    undo_mediation_step,
    write_redress,
)

__all__ = [
    "SaveResult",
    "add_note",
    "add_task",
    "answer_offer",
    "ask_cooperation",
    "assign_case",
    "begin_mediation",
    "care_for_staff",
    "change_state",
    "close_notice",
    "confirm_business",
    "counter_redress",
    "decide",
    "decide_cooperation",
    "decide_ending",
    "delete_note",
    "discard_draft",
    "end_mediation",
    "finish_task",
    "go_onward",
    "lift_ending",
    "log_ask",
    "log_contact",
    "make_offer",
    "note_incident",
    "open_ask",
    "open_case",
    "propose_ending",
    "record_appeal",
    "record_business_letter",
    "record_consent",
    "record_consumer_answer",
    "record_ending_letter",
    "record_letter",
    "record_onward",
    "record_sent",
    "register_light",
    "release_business",
    "reopen_case",
    "request_approval",
    "save_card",
    "save_conduct_rule",
    "save_draft",
    "save_notice",
    "set_answer_deadline",
    "split_business",
    "start_notice",
    "supplement_notice",
    "take_case",
    "take_contact",
    "undo_mediation_step",
    "undo_sent",
    "undo_step",
    "warn",
    "withdraw_consent",
    "withdraw_request",
    "write_redress",
]
