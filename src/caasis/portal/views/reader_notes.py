"""「どこがわかりにくかったですか」: a reader's words after the vote."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from caasis.channels.services.attempts import count_attempt
from caasis.kernel.errors import Invalid
from caasis.knowledge.reader_notes import note_difficulty
from caasis.knowledge.selectors import article_by_number
from caasis.platform.transactions import system_transaction
from caasis.portal.forms.public import NoteForm
from caasis.portal.page import client_of
from caasis.portal.views.articles import article_page

_WINDOW = timedelta(hours=1)
_NOTES_A_WINDOW = 10


@csrf_exempt
@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Like the vote: without cookie and token, so that the page can be kept, and limited for one address."""
    found = article_by_number(number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return article_page(request, found.number, note=form, refused=422)
    with system_transaction():
        count = count_attempt("reader_note", client_of(request), limit=_NOTES_A_WINDOW, window=_WINDOW)
    if count > _NOTES_A_WINDOW:
        form.add_error("text", "何度も送られました。1時間たってから送ってください。")
        return article_page(request, found.number, note=form, refused=429)
    try:
        note_difficulty(number=found.number, text=form.cleaned_data["text"])
    except Invalid as error:
        form.add_domain_fields(error.fields)
        return article_page(request, found.number, note=form, refused=422)
    return HttpResponseRedirect(reverse("portal:article", args=[found.number]) + "?noted=1#vote")
