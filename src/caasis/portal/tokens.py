"""Signed, short-lived tokens: what a browser holds of an unsent form and of an opened receipt. Nobody logs in here."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from caasis.channels.models import Contact
from caasis.channels.services import contact_of_receipt, receipt_mark
from caasis.kernel.errors import NotFound
from caasis.kernel.ids import normalise_spoken_code

DRAFT_COOKIE = "caasis_draft"
RECEIPT_COOKIE = "caasis_receipt"
DRAFT_PATH = "/consult/"
RECEIPT_PATH = "/receipt/"

#: A form stays open in a browser for half a day; later the code that was shown opens it again.
_DRAFT_AGE = timedelta(hours=12)
_RECEIPT_AGE = timedelta(minutes=30)
_DRAFT_SALT = "portal.draft"
_RECEIPT_SALT = "portal.receipt"
_NEWS_SALT = "portal.news"


def draft_token(code: str) -> str:
    """The code of a draft, signed: for the form's hidden field and the cookie."""
    return signing.dumps(code, salt=_DRAFT_SALT)


def draft_code(request: HttpRequest) -> str | None:
    """The code of the draft that this request works on: the form's own, else the browser's. None when there is none.

    The form's comes first, so that two forms in two windows don't write into each other.
    """
    given = request.POST.get("draft") or request.COOKIES.get(DRAFT_COOKIE) or ""
    try:
        code = signing.loads(given[:500], salt=_DRAFT_SALT, max_age=_DRAFT_AGE)
    except signing.BadSignature:
        return None
    return code if isinstance(code, str) else None


def keep_draft(response: HttpResponse, code: str, *, seconds: int | None = None) -> None:
    """Let the browser keep the draft's token: until it closes, or for some seconds."""
    response.set_cookie(
        DRAFT_COOKIE,
        draft_token(code),
        max_age=seconds,
        path=DRAFT_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.CAASIS_TLS,
    )


def drop_draft(response: HttpResponse) -> None:
    response.delete_cookie(DRAFT_COOKIE, path=DRAFT_PATH, samesite="Lax")


def sending_key(code: str) -> str:
    """The idempotency key of a draft: the same in every window, and made by nobody who lacks our secret."""
    return salted_hmac("portal.sending", normalise_spoken_code(code), algorithm="sha256").hexdigest()


def keep_receipt(response: HttpResponse, contact: Contact) -> None:
    """Let the browser keep an opened receipt for half an hour."""
    response.set_cookie(
        RECEIPT_COOKIE,
        signing.dumps([str(contact.id), receipt_mark(contact)], salt=_RECEIPT_SALT),
        max_age=int(_RECEIPT_AGE.total_seconds()),
        path=RECEIPT_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.CAASIS_TLS,
    )


def drop_receipt(response: HttpResponse) -> None:
    response.delete_cookie(RECEIPT_COOKIE, path=RECEIPT_PATH, samesite="Lax")


def opened_contact(request: HttpRequest) -> Contact | None:
    """The contact whose receipt this browser has opened within the last half hour; None when there is none."""
    given = request.COOKIES.get(RECEIPT_COOKIE, "")
    try:
        contact_id, mark = signing.loads(given[:500], salt=_RECEIPT_SALT, max_age=_RECEIPT_AGE)
        return contact_of_receipt(contact_id=UUID(contact_id), mark=str(mark))
    except (signing.BadSignature, ValueError, TypeError, NotFound):
        return None


def news_token(subscription_id: UUID) -> str:
    """What the links in a mail carry: which subscription, signed. How long it holds, the subscription itself says."""
    return signing.Signer(salt=_NEWS_SALT).sign_object(subscription_id.hex)


def subscription_of(token: str) -> UUID | None:
    """The subscription that a link speaks of; None for a token that isn't ours."""
    try:
        return UUID(signing.Signer(salt=_NEWS_SALT).unsign_object(token[:500]))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
