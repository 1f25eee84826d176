"""What the room does when a lower room tells something."""

from __future__ import annotations

from django.utils import timezone

from caasis.cases.vocabulary import State
from caasis.operations.services.survey_answering import forget_surveys
from caasis.operations.services.survey_asking import ask_for_answer
from caasis.operations.survey_selectors import any_running
from caasis.platform.outbox.handlers import Delivered, subscribe
from caasis.privacy.erasure import Reason


@subscribe("operations.surveys", "cases.state_changed", wanted=any_running)
def ask_after_closing(event: Delivered) -> None:
    """A case whose handling is finished: its consumer is asked, or it is written down why not. Once a case."""
    if event.payload.get("after") == State.HANDLED:
        ask_for_answer(case_id=event.subject)


@subscribe("operations.forget", "privacy.record_erased")
def forget_what_was_written(event: Delivered) -> None:
    """Whoever was erased is asked nothing more, and what they wrote freely goes, too."""
    told = event.payload.get("reason", "")
    reason = Reason(told) if told in Reason._value2member_map_ else Reason.RETENTION
    forget_surveys(key_id=event.subject, reason=reason, now=timezone.now())
