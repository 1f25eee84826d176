"""The consumer's own page: opened by receipt number and secret for half an hour; status, messages, reply, withdrawal."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from caasis.cases.sharing import moved_to
from caasis.channels import services
from caasis.channels.models import Contact
from caasis.channels.selectors import outlook_of
from caasis.channels.services import Upload
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import Invalid, TooMany, WrongState
from caasis.kernel.ids import uuid7
from caasis.operations.survey_selectors import link_for_contact
from caasis.platform.files.store import check_size
from caasis.portal.advice import advice
from caasis.portal.forms.receipt import OpenReceiptForm, ReplyForm
from caasis.portal.page import client_of, render_page
from caasis.portal.tokens import drop_receipt, keep_receipt, opened_contact

_NOTICES = {
    "sent": "この相談は、もう送られています。受付番号と暗証番号で開いてください。",
    "over": "受付番号と暗証番号を入れると、相談の状況を見られます。",
    "closed": "閉じました。また見るときは、受付番号と暗証番号を入れてください。",
    "timeout": "時間がたったので閉じました。もう一度、受付番号で開いてください。",
    "replied": "返事を送りました。",
    "withdrawn": "相談を取り下げました。",
}


@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """Ask for number and secret."""
    form = OpenReceiptForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                contact = services.open_receipt(
                    receipt_number=form.cleaned_data["receipt_number"],
                    secret=form.cleaned_data["secret"],
                    client=client_of(request),
                )
            except Invalid as error:
                form.add_domain_fields(error.fields)
            except TooMany as error:
                form.add_error(None, error.message)
                status = error.status
            else:
                response = HttpResponseRedirect(reverse("portal:receipt_status"))
                keep_receipt(response, contact)
                return response
    return render_page(
        request,
        "portal/receipt_open.html",
        {"form": form, "notice": _notice(request)},
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Where the consultation stands, what was said, and a reply."""
    contact = opened_contact(request)
    if contact is None:
        return HttpResponseRedirect(reverse("portal:receipt") + "?notice=timeout")
    form = ReplyForm(initial={"message_id": uuid7()})
    code = 200
    if request.method == "POST":
        form = ReplyForm(request.POST, request.FILES)
        code = _reply(contact, form)
        if code == 302:
            response: HttpResponse = HttpResponseRedirect(reverse("portal:receipt_status") + "?notice=replied#talk")
            keep_receipt(response, contact)
            return response
    withdrawn = contact.state == Contact.State.WITHDRAWN
    context = {
        "contact": contact,
        "steps": services.status_of(contact),
        "talk": services.messages_for_consumer(contact),
        "form": form,
        "withdrawn": withdrawn,
        "moved_to": moved_to(contact.id),
        "notice": _notice(request),
        "survey": "" if withdrawn else link_for_contact(contact_id=contact.id, now=timezone.now()),
        "advice": None
        if withdrawn
        else advice(outlook_of(contact.facts), contact.facts, today=day_in_japan(timezone.now())),
    }
    response = render_page(request, "portal/receipt_status.html", context, status=code)
    keep_receipt(response, contact)
    return response


def _reply(contact: Contact, form: ReplyForm) -> int:
    """Send a reply; 302 when it is sent, else the status of the page that shows what is wrong."""
    if not form.is_valid():
        return 422
    uploads: list[UploadedFile[Any]] = form.cleaned_data["files"]
    try:
        for upload in uploads:
            check_size(upload.size or 0)
        services.write_again(
            contact=contact,
            text=form.cleaned_data["text"],
            files=[Upload(upload.name or "", upload.read()) for upload in uploads],
            message_id=form.cleaned_data["message_id"],
        )
    except Invalid as error:
        form.add_domain_fields(error.fields or {"files": [error.message]})
        return 422
    except (TooMany, WrongState) as error:
        form.add_error(None, error.message)
        return error.status
    return 302


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask once, then take the consultation back."""
    contact = opened_contact(request)
    if contact is None:
        return HttpResponseRedirect(reverse("portal:receipt") + "?notice=timeout")
    if request.method == "POST":
        contact = services.withdraw(contact=contact)
        response: HttpResponse = HttpResponseRedirect(reverse("portal:receipt_status") + "?notice=withdrawn")
    elif contact.state == Contact.State.WITHDRAWN:
        response = HttpResponseRedirect(reverse("portal:receipt_status"))
    else:
        response = render_page(request, "portal/receipt_withdraw.html", {"contact": contact})
    keep_receipt(response, contact)
    return response


@require_http_methods(["POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Forget in this browser that the receipt was opened."""
    response = HttpResponseRedirect(reverse("portal:receipt") + "?notice=closed")
    drop_receipt(response)
    return response


def _notice(request: HttpRequest) -> str:
    return _NOTICES.get(request.GET.get("notice", ""), "") if request.method != "POST" else ""
