"""Registration of the room's personal data."""

from __future__ import annotations

from caasis.operations.models import Matter, SurveyAnswer, SurveyRequest
from caasis.operations.survey_selectors import may_edit
from caasis.privacy.registry import PersonalData, register_personal_data


def register() -> None:
    register_personal_data(
        PersonalData(
            model=Matter,
            kind="matter",
            fields={"what": "あったこと", "complainant": "申し出た人", "answer": "伝えた答え"},
            centre_of=lambda matter: matter.centre_id,
            key_of=lambda matter: matter.record_key_id,
            key_path="record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=SurveyRequest,
            kind="survey_request",
            fields={"secret": "アンケートのリンク"},
            centre_of=lambda request: request.centre_id,
            key_of=lambda request: request.record_key_id,
            may_open=lambda request, actor, purpose: actor.is_system,
            key_path="record_key_id",
        )
    )
    register_personal_data(
        PersonalData(
            model=SurveyAnswer,
            kind="survey_answer",
            fields={"words": "アンケートの自由記述"},
            centre_of=lambda answer: answer.centre_id,
            key_of=lambda answer: answer.record_key_id,
            may_open=lambda answer, actor, purpose: actor.is_system or may_edit(actor, answer.centre_id),
            key_path="record_key_id",
        )
    )
