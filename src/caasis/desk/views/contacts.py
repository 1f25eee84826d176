"""A contact before it is taken: what the consumer wrote, its files, what may run out, and taking it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from caasis.accounts.selectors import names_of
from caasis.cases import selectors as cases
from caasis.cases import services
from caasis.cases.rules.deadlines import RUNNING
from caasis.cases.services.guards import WORKERS
from caasis.cases.services.handling import case_of_contact
from caasis.channels import selectors as channels
from caasis.channels.models import Attachment, Contact
from caasis.channels.rules.deadlines import deadline_facts
from caasis.channels.watch_selectors import report_lines, report_of_contact
from caasis.channels.watch_terms import CONSENT_SHORT
from caasis.desk.access import OFFERED_PURPOSES, access_contact, actor_of_request, for_staff, stated_purpose
from caasis.desk.clock import Clock, clock_of
from caasis.desk.views.parts import offer_undo, page
from caasis.desk.workspace import today_in_japan
from caasis.engines.deadlines import assess
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.errors import WrongState
from caasis.platform.lawfiles import current_law
from caasis.queues.models import WorkItem

#: Shown in the page itself; everything else is offered for saving.
INLINE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf", "text/plain"})


@require_safe
@for_staff
def contact_page(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """The contact: coded answers at once, the consumer's words and name for a stated purpose, which is logged."""
    contact = access_contact(request, contact_id)
    return _show(request, contact)


def _show(request: HttpRequest, contact: Contact, *, taken_by: str = "", status: int = 200) -> HttpResponse:
    actor = actor_of_request(request)
    case = case_of_contact(actor=actor, contact_id=contact.id)
    item = WorkItem.objects.filter(subject_kind="contact", subject_id=contact.id).first()
    purpose = stated_purpose(request) or (cases.implied_purpose(case, actor) if case else None)
    context: dict[str, Any] = {
        "contact": contact,
        "item": item,
        "case": case,
        "facts": channels.facts_of(contact),
        "clock": clock_of_contact(contact),
        "purpose": purpose,
        "purposes": OFFERED_PURPOSES,
        "attachments": channels.attachments_of(actor=actor, contact_ids=[contact.id]) if purpose else [],
        "messages_of": [],
        "card": {},
        "taken_by": taken_by or _holder(item, actor),
        "waits": item is not None and item.state == WorkItem.State.WAITING,
        "may_take": actor.has(*WORKERS),
        "watch": report_of_contact(contact),
        "watch_consent": CONSENT_SHORT.get(str((contact.facts or {}).get("consent", "")), ""),
    }
    if purpose is not None:
        context["messages_of"] = channels.messages_of(actor=actor, contact_ids=[contact.id], purpose=purpose)
        answers = channels.submission_answers(actor=actor, contact_id=contact.id, purpose=purpose)
        context["card"] = channels.card_from_answers(answers)
        if context["watch"] is not None:
            lines = report_lines(answers, member=context["watch"].member_id is not None)
            context["watch_lines"] = [(label, words) for name, label, words in lines if words and name != "seen"]
    return page(request, "desk/contacts/page.html", context, status=status)


def _holder(item: WorkItem | None, actor: Actor) -> str:
    if item is None or item.state != WorkItem.State.TAKEN or item.assigned_to in (None, actor.id):
        return ""
    return names_of({item.assigned_to}).get(item.assigned_to, "ほかの職員")


def clock_of_contact(contact: Contact) -> Clock:
    """The deadline strip from the coded answers alone."""
    today = today_in_japan()
    found = assess(deadline_facts(contact.facts or {}), current_law(), today)
    found.sort(key=lambda item: (item.status not in RUNNING, item.judgement, item.deadline is None, item.deadline or today))
    return clock_of(found, today=today)


@require_POST
@for_staff
def take(request: HttpRequest, contact_id: UUID) -> HttpResponse:
    """引き受ける. Who was slower hears who has it, and finds the way back to the queue."""
    contact = access_contact(request, contact_id)
    actor = actor_of_request(request)
    try:
        with transaction.atomic():
            case = services.take_contact(actor=actor, contact_id=contact_id)
    except WrongState as error:
        who = error.details.get("assigned_to")
        name = names_of({who}).get(who, "ほかの職員") if who else "ほかの職員"
        return _show(request, contact, taken_by=name, status=409)
    offer_undo(
        request,
        message="相談を引き受けました。",
        url=reverse("desk:case-undo", kwargs={"case_id": case.id}),
        then=reverse("desk:home"),
    )
    return redirect("desk:case", case_id=case.id)


@require_safe
@for_staff
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """A file that came with a contact: looked at in the browser and kept nowhere; opening it is logged."""
    actor = actor_of_request(request)
    purpose = stated_purpose(request) or _purpose_for_file(actor, attachment_id)
    name, media_type, content = channels.attachment_content(actor=actor, attachment_id=attachment_id, purpose=purpose)
    inline = media_type in INLINE_TYPES
    response = HttpResponse(content, content_type=media_type if inline else "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response["Cache-Control"] = "no-store"
    # A file is looked at alone: it may neither run nor load anything.
    response["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; frame-ancestors 'none'"
    return response


def _purpose_for_file(actor: Actor, attachment_id: UUID) -> Purpose | None:
    """On one's own case the purpose is implied for its files too."""
    row = Attachment.objects.filter(id=attachment_id, centre_id=actor.centre_id).first()
    case = case_of_contact(actor=actor, contact_id=row.contact_id) if row else None
    return cases.implied_purpose(case, actor) if case else None
