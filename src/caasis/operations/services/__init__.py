"""Writing: complaints about ourselves and incidents; surveys, whom they ask, and what is answered."""

from caasis.operations.services.matters import (
    acknowledge,
    add_measure,
    check_measure,
    close_matter,
    finish_measure,
    note_progress,
    reason_against_closing,
    record_matter,
    reopen_matter,
    set_causes,
    set_duties,
)
from caasis.operations.services.survey_answering import answer_survey, decline_survey, expire_requests, forget_surveys
from caasis.operations.services.survey_asking import ask_for_answer
from caasis.operations.services.survey_writing import begin_survey, end_survey, publish_survey, save_survey

__all__ = [
    "acknowledge",
    "add_measure",
    "answer_survey",
    "ask_for_answer",
    "begin_survey",
    "check_measure",
    "close_matter",
    "decline_survey",
    "end_survey",
    "expire_requests",
    "finish_measure",
    "forget_surveys",
    "note_progress",
    "publish_survey",
    "reason_against_closing",
    "record_matter",
    "reopen_matter",
    "save_survey",
    "set_causes",
    "set_duties",
]
