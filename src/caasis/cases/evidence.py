"""資料: reads of a case's files and of the words in them, and their place in the search index.

Evidence never leaves the centre: a word in it is found by the centre's own people only, while the case's card, once
registered, is found by every centre.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from caasis.audit.services import record_access
from caasis.cases.family import family_ids
from caasis.cases.models import Case, CaseContact, Evidence, FileText
from caasis.cases.search import known_names
from caasis.cases.selectors import is_insider, own_cases, with_parts
from caasis.channels.models import Attachment
from caasis.channels.selectors import attachment_content
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import day_in_japan
from caasis.kernel.errors import NotAllowed, NotFound
from caasis.platform.files.store import read_file, read_name
from caasis.platform.search.access import search_index
from caasis.platform.search.conditions import AllOf, Condition, Has
from caasis.platform.search.documents import SearchDocument
from caasis.platform.search.highlight import Segment, snippet
from caasis.platform.search.outbox import follow_topics
from caasis.platform.search.sources import register_kind
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import Forgotten, record_key_bytes
from caasis.privacy.masking import masked_projection
from caasis.privacy.services import open_fields, read_sealed

KIND = "evidence"
FILTERS = ("centre",)
PORTION = 300
SHOWN = 5


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of a case. `origin` is `consumer` (came with a contact) or `centre` (added here); `size` in bytes."""

    id: UUID
    origin: str
    name: str
    note: str
    media_type: str
    size: int
    added_at: datetime
    added_by: UUID | None
    removed: bool
    text_state: str
    text_how: str
    pages: int
    cut: bool

    @property
    def kind(self) -> str:
        """What a person calls it: picture, pdf, sound, mail, text."""
        head, _, tail = self.media_type.partition("/")
        return {"image": "picture", "audio": "sound", "message": "mail"}.get(head, "pdf" if tail == "pdf" else "text")


def count_files(case: Case, *, actor: Actor) -> int:
    """How many files a case has; nothing is opened for it."""
    if not is_insider(case, actor):
        return 0
    return int(_evidence(case).filter(removed_at=None).count() + _attachments(case).count())


def _evidence(case: Case) -> QuerySet[Evidence]:
    """Files of the case and of those that were merged into it, each under its own case's key."""
    return Evidence.objects.filter(case_id__in=family_ids(case)).select_related("file", "case")


def _attachments(case: Case) -> Any:
    contacts = CaseContact.objects.filter(case_id__in=family_ids(case)).values("contact_id")
    return Attachment.objects.filter(contact_id__in=contacts, removed_at=None, file__deleted_at=None)


def files_of(case: Case, *, actor: Actor, purpose: Purpose | None) -> list[FileView]:
    """Everything that belongs to a case, oldest first, with names and notes opened for the purpose.

    :raises NotFound: outside the centre. :raises NotAllowed: without a purpose.
    """
    if not is_insider(case, actor):
        raise NotFound
    if purpose is None:
        raise NotAllowed("資料を開く目的を選んでください。")
    read = {row.file_id: row for row in FileText.objects.filter(case_id__in=family_ids(case))}
    found = []
    for row in _attachments(case).select_related("file", "contact"):
        name = read_name(row.file, key=record_key_bytes(row.contact.record_key_id))
        found.append(_view(row, "consumer", name, "", read.get(row.file_id)))
    for one in _evidence(case).filter(file__deleted_at=None):
        note = open_fields(one, "note", actor=actor, purpose=purpose)["note"] if one.note else ""
        # What nobody of the centre has added was sent by the consumer, during a talk by video.
        origin = "centre" if one.added_by else "consumer"
        found.append(_view(one, origin, read_name(one.file, key=record_key_bytes(one.case.record_key_id)), note, read.get(one.file_id)))
    return sorted(found, key=lambda view: (view.added_at, str(view.id)))


def names_of_files(case_id: UUID, ids: Sequence[str]) -> list[str]:
    """Names of files that a consumer sent herself, for the page on which she did, in the order in which they came."""
    with system_transaction():
        rows = Evidence.objects.filter(case_id=case_id, id__in=ids, file__deleted_at=None, removed_at=None)
        found = list(rows.select_related("file", "case").order_by("created_at"))
        return [read_name(one.file, key=record_key_bytes(one.case.record_key_id)) for one in found]


def _view(row: Any, origin: str, name: str, note: str, text: FileText | None) -> FileView:
    return FileView(
        id=row.id,
        origin=origin,
        name=name,
        note=note,
        media_type=row.file.media_type,
        size=row.file.size,
        added_at=row.created_at,
        added_by=getattr(row, "added_by", None),
        removed=row.removed_at is not None,
        text_state=text.state if text else "",
        text_how=text.how if text else "",
        pages=text.pages if text else 1,
        cut=bool(text and text.cut),
    )


def file_content(case: Case, *, actor: Actor, file_id: UUID, purpose: Purpose | None) -> tuple[str, str, bytes]:
    """Name, media type and bytes of one file of a case, opened for a purpose and logged.

    `file_id` is that of the evidence or of the contact's attachment.

    :raises NotFound: it isn't the case's, was taken away or erased, or the case is another centre's.
    """
    if not is_insider(case, actor):
        raise NotFound
    if purpose is None:
        raise NotAllowed("資料を開く目的を選んでください。")
    row = _evidence(case).filter(id=file_id, removed_at=None).first()
    if row is None:
        if not _attachments(case).filter(id=file_id).exists():
            raise NotFound("この資料は見つかりません。")
        return attachment_content(actor=actor, attachment_id=file_id, purpose=purpose)
    name, content = read_file(row.file, key=record_key_bytes(row.case.record_key_id))
    record_access(
        actor=actor,
        action="open_file",
        object_kind="evidence",
        object_id=row.id,
        centre_id=row.centre_id,
        fields=("file",),
        purpose=purpose,
    )
    return name, row.file.media_type, content


def text_of_file(case: Case, *, actor: Actor, file_id: UUID, purpose: Purpose) -> str:
    """The words that were read in a file, opened for a purpose and logged; empty where there are none."""
    if not is_insider(case, actor):
        raise NotFound
    stored = _evidence(case).filter(id=file_id).values_list("file_id", flat=True).first()
    stored = stored or _attachments(case).filter(id=file_id).values_list("file_id", flat=True).first()
    row = FileText.objects.filter(case_id__in=family_ids(case), file_id=stored).first() if stored else None
    return open_fields(row, "text", actor=actor, purpose=purpose)["text"] if row is not None else ""


# --- search -----------------------------------------------------------------------------------------------------------


def register() -> None:
    register_kind(KIND, build_documents, all_ids, fetch_texts, filters=FILTERS, count=_count)
    follow_topics("cases.file_read", KIND)


def _living(ids: Sequence[str]) -> list[FileText]:
    """Texts whose file is still shown: neither taken away nor erased."""
    rows = FileText.objects.filter(id__in=list(ids), state=FileText.State.READ, file__deleted_at=None)
    gone = set(Evidence.objects.filter(file_id__in=rows.values("file_id")).exclude(removed_at=None).values_list("file_id", flat=True))
    return [row for row in rows.select_related("case") if row.file_id not in gone]


def _masked(row: FileText) -> str:
    """What may stand in the index: without the names, numbers and addresses of consumers."""
    try:
        text = read_sealed(row, "text")["text"]
    except Forgotten:
        return ""
    case = with_parts(Case.objects.filter(id=row.case_id)).get()
    allowed = [value for one in case.businesses.all() for value in (one.name_as_heard, one.phone) if value]
    return masked_projection(text, known_names(case), allowed=allowed)


def build_documents(ids: Sequence[str]) -> list[SearchDocument]:
    with system_transaction():
        return [
            SearchDocument.of_day(
                id=row.id,
                kind=KIND,
                title="",
                body=text,
                day=day_in_japan(row.created_at),
                terms={"centre": tuple({str(row.case.handling_centre_id), str(row.case.owning_centre_id)})},
            )
            for row in _living(ids)
            if (text := _masked(row))
        ]


def all_ids() -> Iterator[list[str]]:
    """Every read text, the newest first."""
    last: UUID | None = None
    while True:
        with system_transaction():
            rows = FileText.objects.filter(state=FileText.State.READ).order_by("-id").values_list("id", flat=True)
            portion = list(rows.filter(id__lt=last)[:PORTION] if last else rows[:PORTION])
        if not portion:
            return
        yield [str(one) for one in portion]
        last = portion[-1]


def _count() -> int:
    with system_transaction():
        return FileText.objects.filter(state=FileText.State.READ).count()


def fetch_texts(ids: Sequence[str]) -> Mapping[str, str]:
    with system_transaction():
        return {str(row.id): _masked(row) for row in _living(ids)}


def may_find(actor: Actor) -> Condition | None:
    """Evidence is found inside the centre only; None for everybody else."""
    if actor.centre_id is None or not actor.works_for(actor.centre_id):
        return None
    return Has("centre", str(actor.centre_id))


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in which the words stand, with its case and the masked excerpt that shows them."""

    case: Case
    excerpt: list[Segment]


def find_in_files(*, actor: Actor, text: str, limit: int = SHOWN) -> list[FoundFile]:
    """Files of the own centre's cases in which the words stand, best first.

    :raises Invalid: the query can't be read.
    """
    allowed = may_find(actor)
    if allowed is None or not text.strip():
        return []
    page = search_index().search(
        text, AllOf(Has("kind", KIND), allowed), limit=limit, years=None, fetch_text=fetch_texts
    )
    ids = [hit.id for hit in page.hits]
    rows = {str(row.id): row for row in FileText.objects.filter(id__in=ids).only("id", "case_id")}
    cases = {case.id: case for case in own_cases(actor=actor).filter(id__in=[row.case_id for row in rows.values()])}
    texts = fetch_texts(ids)
    return [
        FoundFile(cases[row.case_id], snippet(texts.get(one, ""), text))
        for one in ids
        if (row := rows.get(one)) is not None and row.case_id in cases
    ]
