"""Consultations from the public: sent, and read again with receipt number and secret."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Status

from caasis.channels import services as channels
from caasis.channels.models import Contact
from caasis.channels.rules.deadlines import deadline_facts
from caasis.engines.deadlines import assess, summary_for_consumer
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, NotFound, TooMany
from caasis.organisations.models import Centre
from caasis.platform.errors import problem
from caasis.platform.lawfiles import current_law
from caasis.platform.transactions import system_transaction
from caasis.provision.schemas import ConsultationIn, ConsultationReceipt, ConsultationStatus, Problem, ShortText

router = Router()


@router.post(
    "",
    response={201: ConsultationReceipt, 429: Problem},
    operation_id="send_consultation",
    summary="相談を送る",
)
def send_consultation(
    request: HttpRequest, payload: ConsultationIn, idempotency_key: ShortText = Header("", alias="Idempotency-Key")
) -> Any:
    """Send a consultation. With an `Idempotency-Key` header a repeated request gives the same receipt; from a day after
    the first one on, without the secret."""
    answers = {name: value for name, value in payload.dict().items() if value not in (None, "")}
    receipt = channels.submit(
        idempotency_key=idempotency_key or secrets.token_urlsafe(24),
        answers=answers,
        client=request.META.get("REMOTE_ADDR", ""),
    )
    today = day_in_japan(timezone.now())
    with system_transaction():
        contact = Contact.objects.get(id=receipt.contact_id)
        centre = Centre.objects.get(id=receipt.centre_id)
    assessments = assess(deadline_facts(contact.facts), current_law(), today)
    told = {
        "receipt_number": receipt.receipt_number,
        # A day after sending nothing is left that the secret could be told from.
        "secret": receipt.secret or None,
        "repeated": receipt.repeated,
        "centre": centre.name,
        "deadlines": summary_for_consumer(assessments, today),
    }
    return Status(201, told)


@router.get(
    "/{receipt_number}",
    response={200: ConsultationStatus, 429: Problem},
    operation_id="read_consultation",
    summary="相談の状況とやりとり",
)
def read_consultation(
    request: HttpRequest, receipt_number: str, secret: ShortText = Header("", alias="X-Consultation-Secret")
) -> Any:
    """Status and messages. The secret travels percent-encoded (UTF-8) in the header `X-Consultation-Secret`; wrong
    number and wrong secret are answered alike."""
    try:
        contact = channels.open_receipt(
            receipt_number=receipt_number, secret=unquote(secret), client=request.META.get("REMOTE_ADDR", "")
        )
    except TooMany as error:
        # The try that reached the limit must stay counted: answered here, because a raised error rolls back.
        return problem(429, error.message, code=error.code, reference=getattr(request, "reference", ""))
    except Invalid as error:
        # The try must stay counted, so the answer is made here and the transaction commits.
        return problem(404, error.message, code=NotFound.code, reference=getattr(request, "reference", ""))
    with system_transaction():
        centre = Centre.objects.get(id=contact.centre_id)
    return {
        "receipt_number": contact.receipt_number,
        "state": contact.state,
        "state_label": Contact.State(contact.state).label,
        "centre": centre.name,
        "received_at": contact.offered_at,
        "messages": [
            {
                "author": "consumer" if message.from_consumer else "centre",
                "written_at": message.written_at,
                "text": message.text,
            }
            for message in channels.messages_for_consumer(contact)
        ],
    }
