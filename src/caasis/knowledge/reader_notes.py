"""Where readers found an article hard to understand: writing it down, and reading it (F4)."""

from __future__ import annotations

from caasis.engines.japanese import normalise_text
from caasis.engines.masking import find_personal, mask
from caasis.kernel.actor import CENTRE_ROLES, Actor
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.knowledge.reader_note_models import ReaderNote
from caasis.knowledge.selectors import article_by_number
from caasis.platform.transactions import system_transaction

#: Longest note, in characters.
LONGEST = 400
#: The newest notes of an article that are kept; what is older was read, or never will be.
KEPT = 200
#: Masking a note writes words in place of numbers and names, and may make it longer.
_COLUMN = 600


def note_difficulty(*, number: str, text: str) -> ReaderNote:
    """Keep a reader's words on an article, with names, numbers and addresses masked. The caller limits how often one
    address writes.

    :raises NotFound: no such article, or not the public's. :raises Invalid: nothing, or too much.
    """
    words = normalise_text(text)
    if not words:
        raise Invalid(fields={"text": ["わかりにくかったところを書いてください。"]})
    if len(words) > LONGEST:
        raise Invalid(fields={"text": [f"{LONGEST}字までにしてください。"]})
    article = article_by_number(number)
    spans = find_personal(words, read_names=True)
    with system_transaction():
        note = ReaderNote.objects.create(
            article=article,
            article_version=article.version,
            text=mask(words, spans)[:_COLUMN],
            was_masked=bool(spans),
        )
        kept = ReaderNote.objects.filter(article=article).order_by("-created_at").values_list("pk", flat=True)[:KEPT]
        ReaderNote.objects.filter(article=article).exclude(pk__in=list(kept)).delete()
    return note


def reader_notes(*, actor: Actor, number: str = "", limit: int = 100) -> list[ReaderNote]:
    """Notes of all articles or of one, the newest first, for whoever writes articles.

    :raises NotAllowed: unless somebody of a centre or of the nation.
    """
    if not (actor.has_any(CENTRE_ROLES) or actor.is_national):
        raise NotAllowed("読者の声を見られるのは、センターと国の職員です。")
    rows = ReaderNote.objects.select_related("article")
    if number:
        rows = rows.filter(article__number=number)
    return list(rows[:limit])
