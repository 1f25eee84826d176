"""Taking in the corporate-number register: read line by line, written by COPY, one transaction for each batch.

An import that was interrupted goes on where its last batch ended. The same file twice changes nothing; a newer file
changes what changed, and a name that is no longer the register's stays as an alias. Memory is that of one batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.db import connection, connections
from django.utils import timezone

from caasis.audit.services import record_access
from caasis.businesses.models import Business, BusinessAlias, BusinessKey, KeyCount, RegisterImport
from caasis.businesses.rules.register import RegisterRow, RowProblem, read_row, split_line
from caasis.businesses.services.keys import write_keys
from caasis.businesses.vocabulary import AliasKind, Source
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.kernel.ids import uuid7
from caasis.platform.transactions import actor_transaction

BATCH = 5_000
LONGEST_LINE = 65_536
#: A key in fewer rows than this counts as rare and is not counted at all.
COMMON = 50
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken: its number in the file (from 1) and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Progress:
    """How far an import is. `total` and `position` are bytes; `begun_at_line` is above 0 when it went on."""

    total: int
    position: int = 0
    lines: int = 0
    begun_at_line: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    rejected: int = 0
    finished: bool = False
    first_rejected: list[RejectedLine] = field(default_factory=list)


def import_register(
    path: Path,
    *,
    actor: Actor,
    on_rejected: Callable[[RejectedLine], None] | None = None,
    guess_readings: bool = True,
    afresh: bool = False,
    batch: int = BATCH,
) -> Iterator[Progress]:
    """Take a register file in; yields after each batch that is safe in the database.

    :param on_rejected: called for every line that is not taken, in order.
    :param guess_readings: read names without an official reading by the dictionary.
    :param afresh: begin at the first line even where an interrupted import of this file could go on.
    :raises Invalid: the file is empty, or neither UTF-8 nor Shift_JIS.
    :raises NotAllowed: the actor is not the system.
    """
    if not actor.is_system:
        raise NotAllowed
    total = path.stat().st_size
    with path.open("rb") as file:
        state = _begin(path, file, total, actor=actor, afresh=afresh)
        progress = Progress(
            total, state.position, state.lines, state.lines, state.added, state.changed, state.unchanged, rejected=state.rejected
        )
        file.seek(state.position)
        while True:
            rows, ended = _read_batch(file, state, progress, on_rejected, guess_readings, batch)
            with actor_transaction(actor):
                _write(rows, progress)
                state.position, state.lines, state.rejected = progress.position, progress.lines, progress.rejected
                state.added, state.changed, state.unchanged = progress.added, progress.changed, progress.unchanged
                state.save()
            yield progress
            if ended:
                break
    with actor_transaction(actor):
        count_keys()
        state.finished_at = timezone.now()
        state.save()
    progress.finished = True
    yield progress


def count_keys() -> None:
    """Count how many rows hold each common key: a name is looked up by its rarest parts."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {KeyCount._meta.db_table}")  # noqa: S608 - a constant
        cursor.execute(
            "INSERT INTO businesses_key_count (key, rows) SELECT key, count(*) FROM businesses_key, unnest(keys) AS key "
            "GROUP BY key HAVING count(*) >= %s",
            [COMMON],
        )


def analyse_tables() -> None:
    """Fresh statistics, for which the owner of the tables is asked. Outside of any transaction of the application."""
    with connections["owner"].cursor() as cursor:
        for model in (Business, BusinessKey, KeyCount):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


# --- reading ----------------------------------------------------------------------------------------------------------


def _begin(path: Path, file: IO[bytes], total: int, *, actor: Actor, afresh: bool) -> RegisterImport:
    if not total:
        raise Invalid("ファイルが空です。法人番号公表サイトのCSVを選んでください。")
    encoding = _encoding(file)
    fingerprint = _fingerprint(file, total)
    with actor_transaction(actor):
        begun = RegisterImport.objects.filter(fingerprint=fingerprint, finished_at=None).order_by("-created_at").first()
        if begun is not None and not afresh:
            return begun
        state = RegisterImport(file_name=path.name[:200], fingerprint=fingerprint, encoding=encoding)
        state.save(force_insert=True)
        record_access(actor=actor, action="import_businesses", object_kind="register_import", object_id=state.id)
    return state


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 when the first megabyte is that, else CP932. Later lines that don't fit are rejected one by one."""
    file.seek(0)
    start = file.read(_MEGABYTE)
    whole = start[: start.rfind(b"\n") + 1] or start
    for encoding in ("utf-8-sig", "cp932"):
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "utf-8" if encoding == "utf-8-sig" else encoding
    raise Invalid("文字コードがUTF-8でもShift_JISでもありません。保存し直してください。")


def _fingerprint(file: IO[bytes], total: int) -> str:
    digest = hashlib.sha256()
    for place in (0, max(0, total - _MEGABYTE)):
        file.seek(place)
        digest.update(file.read(_MEGABYTE))
    return f"{total}:{digest.hexdigest()}"


def _read_batch(
    file: IO[bytes],
    state: RegisterImport,
    progress: Progress,
    on_rejected: Callable[[RejectedLine], None] | None,
    guess_readings: bool,
    batch: int,
) -> tuple[dict[str, RegisterRow], bool]:
    """The next rows by number (the last one of a number counts), and whether the file ends here."""
    rows: dict[str, RegisterRow] = {}
    for _ in range(batch):
        raw = file.readline(LONGEST_LINE)
        if not raw:
            return rows, True
        long = len(raw) == LONGEST_LINE and not raw.endswith(b"\n")
        while long and raw and not raw.endswith(b"\n"):
            raw = file.readline(LONGEST_LINE)
        progress.lines += 1
        progress.position = file.tell()
        try:
            if long:
                raise RowProblem("1行が長すぎます。")
            row = _row_of(raw, state.encoding, first=progress.lines == 1, guess=guess_readings)
        except RowProblem as problem:
            progress.rejected += 1
            line = RejectedLine(progress.lines, str(problem))
            if len(progress.first_rejected) < 20:
                progress.first_rejected.append(line)
            if on_rejected is not None:
                on_rejected(line)
            continue
        if row is None:
            progress.left_out += 1
            continue
        rows.pop(row.number, None)
        rows[row.number] = row
    return rows, False


def _row_of(raw: bytes, encoding: str, *, first: bool, guess: bool) -> RegisterRow | None:
    try:
        line = raw.decode("utf-8-sig" if first and encoding == "utf-8" else encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        raise RowProblem("文字コードが読めません。") from None
    if not line.strip():
        return None
    if "\x00" in line:
        raise RowProblem("使えない文字（NUL）があります。")
    return read_row(split_line(line), guess_reading=guess)


# --- writing ----------------------------------------------------------------------------------------------------------

_STAGE = """
CREATE TEMPORARY TABLE register_rows (
    id uuid, number varchar, name varchar, core varchar, form varchar, kana varchar, readings varchar,
    prefecture_code varchar, address varchar, closed_on date, keys int[]
)
"""
#: A row differs when anything that the register says differs from what stands.
_CHANGED = """
SELECT b.id, b.name, b.normalised_name, b.name <> r.name OR b.kana <> r.kana
FROM register_rows r JOIN businesses_business b ON b.corporate_number = r.number
WHERE (b.name, b.kana, b.prefecture_code, b.address, b.closed_on, b.source)
      IS DISTINCT FROM (r.name, r.kana, r.prefecture_code, r.address, r.closed_on, %s)
FOR UPDATE OF b
"""
_UPDATE = """
UPDATE businesses_business b SET name = r.name, normalised_name = r.core, kana = r.kana,
    prefecture_code = r.prefecture_code, address = r.address, closed_on = r.closed_on, source = %s,
    version = b.version + 1, updated_at = now()
FROM register_rows r WHERE b.corporate_number = r.number AND b.id = ANY(%s)
"""
_INSERT = """
WITH made AS (
    INSERT INTO businesses_business (id, created_at, updated_at, version, name, normalised_name, kana, corporate_number,
        prefecture_code, address, source, closed_on, confirmed_count, is_demo)
    SELECT r.id, now(), now(), 1, r.name, r.core, r.kana, r.number, r.prefecture_code, r.address, %s, r.closed_on, 0, false
    FROM register_rows r WHERE NOT EXISTS (SELECT FROM businesses_business b WHERE b.corporate_number = r.number)
    RETURNING id
), keyed AS (
    INSERT INTO businesses_key (business_id, kind, value, form, readings, met, keys)
    SELECT r.id, %s, r.core, r.form, r.readings, false, r.keys FROM register_rows r JOIN made ON made.id = r.id
    WHERE cardinality(r.keys) > 0
)
SELECT count(*) FROM made
"""


def _write(rows: dict[str, RegisterRow], progress: Progress) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy("COPY register_rows FROM STDIN") as copy:
            for row in rows.values():
                copy.write_row(_staged(row))
        cursor.execute(_CHANGED, [Source.REGISTER.value])
        changed = cursor.fetchall()
        if changed:
            _keep_old_names(changed)
            cursor.execute(_UPDATE, [Source.REGISTER.value, [one[0] for one in changed]])
        cursor.execute(_INSERT, [Source.REGISTER.value, AliasKind.NAME.value])
        added = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE register_rows")
    renamed = [business_id for business_id, _, _, other_name in changed if other_name]
    if renamed:
        write_keys(renamed)
    progress.added += added
    progress.changed += len(changed)
    progress.unchanged += len(rows) - added - len(changed)


def _staged(row: RegisterRow) -> tuple[UUID, str, str, str, str, str, str, str, str, date | None, str]:
    return (
        uuid7(), row.number, row.name, row.core, row.form, row.kana, " ".join(row.readings)[:480], row.prefecture_code,
        row.address, row.closed_on, "{" + ",".join(map(str, row.keys.all())) + "}",
    )  # fmt: skip


def _keep_old_names(changed: list[tuple[Any, ...]]) -> None:
    """A name that is not the register's any more is what some consumers still say."""
    BusinessAlias.objects.bulk_create(
        [
            BusinessAlias(
                business_id=business_id,
                kind=AliasKind.NAME.value,
                value=name,
                normalised=core or name,
                source=Source.REGISTER.value,
                times=0,
            )
            for business_id, name, core, other_name in changed
            if other_name
        ],
        ignore_conflicts=True,
        batch_size=1_000,
    )
