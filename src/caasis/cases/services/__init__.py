"""One function for each verb: permission, transaction, change, audit, event.

Screens, API, commands and the twin all go through these; nothing else writes the tables of the room.
"""

from caasis.cases.services.absences import end_approver_absence, enter_approver_absence
from caasis.cases.services.alerting import (
    close_notice,
    record_sent,
    save_notice,
    start_notice,
    supplement_notice,
    undo_sent,
)
from caasis.cases.services.approving import register_light, request_approval, withdraw_request
from caasis.cases.services.asking import ask_cooperation, decide_cooperation, log_ask, open_ask, record_consumer_answer
from caasis.cases.services.clocks import go_on, wait_for
from caasis.cases.services.collecting import add_evidence, remove_evidence, restore_evidence
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
from caasis.cases.services.directory import (
    check_office,
    hide_office,
    introduce_office,
    save_office,
    set_via,
    take_back_introduction,
)
from caasis.cases.services.drafting import discard_draft, save_draft
from caasis.cases.services.following import fill_list, undo_follow_up, write_follow_up
from caasis.cases.services.handling import (
    assign_case,
    change_state,
    link_contact,
    reopen_case,
    take_case,
    take_contact,
    undo_step,
)
from caasis.cases.services.helping import answer_help, ask_help, decline_help, take_over_help, withdraw_help
from caasis.cases.services.identity import confirm_identity, link_person, unlink_person, withdraw_identity
from caasis.cases.services.lettering import record_letter
from caasis.cases.services.looking import note_look
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
from caasis.cases.services.merging import merge_cases, unmerge_case
from caasis.cases.services.noting import add_note, delete_note, read_mention
from caasis.cases.services.opening import open_case
from caasis.cases.services.parts import add_part, move_part_up, remove_part, restore_part, save_part
from caasis.cases.services.receiving import accept_referral, open_referral, return_referral, say
from caasis.cases.services.referring import end_sharing, send_referral, withdraw_referral
from caasis.cases.services.saving import SaveResult, save_card
from caasis.cases.services.settling import (
    answer_offer,
    counter_redress,
    end_mediation,
    make_offer,
    undo_mediation_step,
    write_redress,
)
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
    "accept_referral",
    "add_evidence",
    "add_note",
    "add_part",
    "add_task",
    "answer_dispute",
    "answer_help",
    "answer_offer",
    "ask_cooperation",
    "ask_help",
    "assign_case",
    "begin_mediation",
    "care_for_staff",
    "change_state",
    "change_team_policy",
    "check_office",
    "close_notice",
    "confirm_business",
    "confirm_identity",
    "correct_case",
    "correct_many",
    "counter_redress",
    "decide",
    "decide_cooperation",
    "decide_ending",
    "decide_many",
    "decline_help",
    "delete_note",
    "discard_draft",
    "dispute_correction",
    "end_approver_absence",
    "end_mediation",
    "end_sharing",
    "enter_absence",
    "enter_approver_absence",
    "fill_list",
    "finish_task",
    "go_on",
    "go_onward",
    "hide_office",
    "introduce_office",
    "lift_ending",
    "link_contact",
    "link_person",
    "log_ask",
    "log_contact",
    "make_offer",
    "merge_cases",
    "move_part_up",
    "move_task_back",
    "note_incident",
    "note_look",
    "note_seen",
    "open_ask",
    "open_case",
    "open_referral",
    "propose_ending",
    "read_mention",
    "reassign_task",
    "record_appeal",
    "record_attempt",
    "record_business_letter",
    "record_consent",
    "record_consumer_answer",
    "record_ending_letter",
    "record_letter",
    "record_onward",
    "record_sent",
    "register_light",
    "release_business",
    "remove_absence",
    "remove_evidence",
    "remove_part",
    "reopen_case",
    "request_approval",
    "restore_evidence",
    "restore_part",
    "return_referral",
    "save_card",
    "save_conduct_rule",
    "save_draft",
    "save_notice",
    "save_office",
    "save_part",
    "say",
    "send_referral",
    "set_answer_deadline",
    "set_digest",
    "set_via",
    "snooze_task",
    "split_business",
    "start_notice",
    "supplement_notice",
    "take_back_corrections",
    "take_back_introduction",
    "take_case",
    "take_contact",
    "take_over_help",
    "undo_follow_up",
    "undo_mediation_step",
    "undo_sent",
    "undo_step",
    "unfinish_task",
    "unlink_person",
    "unmerge_case",
    "wait_for",
    "warn",
    "withdraw_consent",
    "withdraw_help",
    "withdraw_identity",
    "withdraw_referral",
    "withdraw_request",
    "write_digests",
    "write_follow_up",
    "write_redress",
]
