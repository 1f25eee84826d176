"""A form that isn't sent yet: saved at every step, resumed by a code that can be said on the phone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from caasis.channels.models import DraftFile, IntakeDraft
from caasis.channels.services.attempts import attempts_so_far, count_attempt, keyed_hash, known_hashes
from caasis.kernel.errors import Invalid, NotFound, TooMany, WrongState
from caasis.kernel.ids import new_spoken_code, normalise_spoken_code
from caasis.platform.files.store import check_size, delete_file, read_name, store_file
from caasis.platform.transactions import system_transaction
from caasis.privacy.keys import create_record_key, destroy_record_key, record_key_bytes
from caasis.privacy.services import read_sealed, set_sealed

KEEP = timedelta(days=7)
STEPS = 5
FILES_PER_FORM = 5
#: A draft as ASCII JSON (six characters for a kanji): all answers at their limits come to less than this.
DRAFT_LIMIT = 128_000

NO_SUCH_CODE = "保存コードが見つかりません。コードと、7日の期限を確かめてください。"
TOO_MANY_FILES = f"写真は{FILES_PER_FORM}つまでです。送るものを選びなおしてください。"

_RESUME_WINDOW = timedelta(minutes=15)
_RESUME_LIMIT = 10
#: Wrong codes of all clients together: beyond this somebody guesses with many addresses.
_RESUME_LIMIT_ALL = 300
_START_WINDOW = timedelta(hours=1)
_START_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class DraftFileView:
    """A file of a draft, for the list under the form. `size` in bytes."""

    id: UUID
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as its holder sees it."""

    step: int
    answers: dict[str, Any]
    files: tuple[DraftFileView, ...]
    saved_at: datetime
    expires_at: datetime
    sent: bool


def start_draft(*, answers: Mapping[str, Any], step: int, client: str = "") -> tuple[IntakeDraft, str]:
    """Begin a draft. Returns it with its code, which is told this once and kept as a keyed hash only.

    `client` is the address that sends, for the limit on how many one may begin.

    :raises TooMany: when one address begins too many.
    """
    with system_transaction():
        count = count_attempt("draft_start", client, limit=_START_LIMIT, window=_START_WINDOW) if client else 0
    if count > _START_LIMIT:
        raise TooMany
    with system_transaction():
        key = create_record_key(None)
        draft = IntakeDraft(record_key_id=key.id, step=_step(step), expires_at=timezone.now() + KEEP)
        set_sealed(draft, answers=_dump(answers))
        for _ in range(20):
            code = new_spoken_code()
            draft.code_hash = _hash(code)
            try:
                with transaction.atomic():
                    draft.save(force_insert=True)
            except IntegrityError:
                # The code is in use. Nobody must get into another's form, so a fresh one is drawn.
                continue
            return draft, code
    raise TooMany


def save_draft(*, code: str, answers: Mapping[str, Any], step: int) -> None:
    """Put answers into a draft, beside those that it has; None takes one out. The seven days begin anew.

    :raises Invalid: no such draft. :raises WrongState: it is sent already.
    """
    with system_transaction():
        draft = _locked(code)
        merged = {**_answers(draft), **answers}
        set_sealed(draft, answers=_dump({name: value for name, value in merged.items() if value is not None}))
        draft.step = _step(step)
        draft.expires_at = timezone.now() + KEEP
        draft.save(update_fields=["answers", "step", "expires_at", "updated_at"])


def read_draft(*, code: str) -> DraftView:
    """A draft whose code the caller has from us (a signed cookie): not counted as a try.

    :raises Invalid: no such draft.
    """
    with system_transaction():
        draft = _find(code)
        if draft is None:
            raise Invalid(fields={"code": [NO_SUCH_CODE]})
        return _view(draft)


def resume_draft(*, code: str, client: str = "") -> DraftView:
    """Open a draft by a code that somebody typed. Tries are counted; all failures read alike.

    :raises Invalid: no such draft. :raises TooMany: too many wrong codes. :raises WrongState: it is sent already.
    """
    with system_transaction():
        locked = attempts_so_far("draft_resume", client) >= _RESUME_LIMIT
        locked = locked or attempts_so_far("draft_resume", "") >= _RESUME_LIMIT_ALL
        draft = None if locked else _find(code)
        view = _view(draft) if draft is not None else None
        if draft is None and not locked:
            if client:
                count_attempt("draft_resume", client, limit=_RESUME_LIMIT, window=_RESUME_WINDOW)
            count_attempt("draft_resume", "", limit=_RESUME_LIMIT_ALL, window=_RESUME_WINDOW)
    if locked:
        raise TooMany("コードのまちがいが続きました。15分ほど待つか、188へお電話ください。")
    if view is None:
        raise Invalid(fields={"code": [NO_SUCH_CODE]})
    if view.sent:
        raise WrongState("この相談は、もう送られています。受付番号で状況を見られます。")
    return view


def attach_file(*, code: str, upload: Upload) -> DraftFileView:
    """Add a file to a draft.

    :raises Invalid: wrong kind, too large, too many; the sentence stands at `files`.
    """
    try:
        check_size(len(upload.content))
        with system_transaction():
            draft = _locked(code)
            if draft.files.filter(removed_at=None).count() >= FILES_PER_FORM:
                raise Invalid(TOO_MANY_FILES)
            stored = store_file(
                content=upload.content,
                name=upload.name,
                key=record_key_bytes(draft.record_key_id),
                record_key_id=draft.record_key_id,
                centre_id=None,
            )
            link = DraftFile.objects.create(draft=draft, file=stored)
            return DraftFileView(link.id, read_name(stored, key=record_key_bytes(draft.record_key_id)), stored.size)
    except Invalid as error:
        if error.fields:
            raise
        raise Invalid(fields={"files": [error.message]}) from None


def remove_file(*, code: str, file_id: UUID) -> None:
    """Take a file out of a draft and delete it. A file that is gone already is no error: a second press does nothing."""
    with system_transaction():
        draft = _locked(code)
        link = draft.files.filter(id=file_id, removed_at=None).select_related("file").first()
        if link is None:
            return
        link.removed_at = timezone.now()
        link.save(update_fields=["removed_at", "updated_at"])
        delete_file(link.file)


def discard_draft(*, code: str) -> None:
    """Forget a draft now, at its holder's wish."""
    with system_transaction():
        draft = _find(code)
        if draft is not None:
            forget_draft(draft)


def forget_draft(draft: IntakeDraft) -> None:
    """Delete a draft. Of an unsent one the files and the key go with it; a sent one's belong to its contact now."""
    if draft.sent_contact_id is None:
        for link in draft.files.filter(removed_at=None).select_related("file"):
            delete_file(link.file)
        destroy_record_key(draft.record_key_id)
    draft.delete()


# --- inside -----------------------------------------------------------------------------------------------------


def _hash(code: str) -> bytes:
    return keyed_hash("draft_code", normalise_spoken_code(code))


def _find(code: str, *, lock: bool = False) -> IntakeDraft | None:
    rows = IntakeDraft.objects.select_for_update() if lock else IntakeDraft.objects.all()
    hashes = known_hashes("draft_code", normalise_spoken_code(code[:60]))
    return rows.filter(code_hash__in=hashes, expires_at__gt=timezone.now()).first()


def _locked(code: str) -> IntakeDraft:
    draft = _find(code, lock=True)
    if draft is None:
        raise NotFound(NO_SUCH_CODE)
    if draft.sent_contact_id is not None:
        raise WrongState("この相談は、もう送られています。受付番号で状況を見られます。")
    return draft


def locked_draft(code: str) -> IntakeDraft | None:
    """The draft, locked, sent or not: for sending it exactly once."""
    return _find(code, lock=True)


def answers_of(draft: IntakeDraft) -> dict[str, Any]:
    """The answers that a draft holds."""
    return _answers(draft)


def _answers(draft: IntakeDraft) -> dict[str, Any]:
    text = read_sealed(draft, "answers")["answers"]
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}


def _view(draft: IntakeDraft) -> DraftView:
    sent = draft.sent_contact_id is not None
    files: tuple[DraftFileView, ...] = ()
    if not sent:
        links = list(draft.files.filter(removed_at=None).select_related("file").order_by("created_at"))
        if links:
            key = record_key_bytes(draft.record_key_id)
            files = tuple(DraftFileView(link.id, read_name(link.file, key=key), link.file.size) for link in links)
    return DraftView(
        step=draft.step,
        answers={} if sent else _answers(draft),
        files=files,
        saved_at=draft.updated_at,
        expires_at=draft.expires_at,
        sent=sent,
    )


def _dump(answers: Mapping[str, Any]) -> str:
    # ASCII only, so that half a surrogate pair in hostile input is kept as an escape and breaks nothing.
    text = json.dumps(dict(answers), ensure_ascii=True)
    if len(text) > DRAFT_LIMIT:
        raise Invalid("入力が長すぎます。短くしてください。")
    return text


def _step(step: int) -> int:
    return min(max(int(step), 1), STEPS)
