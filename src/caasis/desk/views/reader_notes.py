"""読者の声: where readers found the public's articles hard to understand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from caasis.desk.access import actor_of_request, for_staff_and_nation
from caasis.desk.views.parts import page
from caasis.knowledge.reader_notes import reader_notes
from caasis.knowledge.rules.body import canonical_number


@require_safe
@for_staff_and_nation
def reader_note_list(request: HttpRequest) -> HttpResponse:
    """The newest notes, of all articles or of one."""
    asked = request.GET.get("number", "")
    number = canonical_number(asked)
    rows = reader_notes(actor=actor_of_request(request), number=number) if number or not asked.strip() else []
    return page(request, "desk/reader_notes.html", {"rows": rows, "number": number or asked[:20]})
