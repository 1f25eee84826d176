"""Import and export of registered cases as CSV.

Layout (see docs/import.md): one header line; `receipt_number`, `centre` (code), `received_at` are columns of the
file, every other column is a field of the card. UTF-8 (with or without BOM) or Shift_JIS (CP932).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.utils import timezone

from caasis.cases.code_lists import label as label_of_code
from caasis.cases.models import Case
from caasis.cases.parts import further_parts
from caasis.cases.rules.card import BY_NAME, FIELDS, clean_card, show
from caasis.cases.rules.checks import missing_fields
from caasis.cases.rules.parts import PartKind, shown_part
from caasis.cases.selectors import read_card, visible_cases, with_parts
from caasis.cases.services.bulk import BulkCase, register_cases_in_bulk
from caasis.cases.services.opening import fill_place, further_or_raise, is_code
from caasis.cases.vocabulary import State
from caasis.kernel.actor import Actor, Role
from caasis.kernel.clock import JST, day_in_japan
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.kernel.ids import parse_receipt_number
from caasis.organisations.models import Centre
from caasis.platform.transactions import system_transaction

OWN_COLUMNS = ("receipt_number", "centre", "received_at")
#: What the card doesn't hold: further contracts, parties, businesses and harms, as one cell of JSON.
PARTS_COLUMN = "parts"
#: Personal fields are neither imported nor exported by this layout.
CARD_COLUMNS = tuple(f.name for f in FIELDS if not f.sealed)
LIMIT_OF_A_CELL = 20_000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken: its line in the file (the header is line 1), its number, and why in words."""

    line: int
    receipt_number: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did (or, as a dry run, would do)."""

    accepted: int = 0
    known: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    written: int = 0


def read_text(path: Path) -> str:
    """The file's text: UTF-8 when it is that, else Shift_JIS.

    :raises Invalid: it is neither.
    """
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("文字コードがUTF-8でもShift_JISでもありません。保存し直してください。")


def parse_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines of the file as dicts, with their line numbers.

    :raises Invalid: the header lacks a needed column or has an unknown one.
    """
    if "\x00" in text:
        raise Invalid("CSVに使えない文字（NUL）があります。保存し直してください。")
    csv.field_size_limit(LIMIT_OF_A_CELL * 10)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in OWN_COLUMNS if name not in header]
    unknown = [name for name in header if name not in (*OWN_COLUMNS, *CARD_COLUMNS, PARTS_COLUMN)]
    if missing:
        raise Invalid(f"見出しに {'・'.join(missing)} がありません。docs/import.md の並びを見てください。")
    if unknown:
        raise Invalid(f"知らない見出しがあります：{'・'.join(unknown)[:200]}")
    if len(set(header)) != len(header):
        raise Invalid("同じ見出しが2つあります。1つにしてください。")
    reader.fieldnames = header
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"{reader.line_num}行目のCSVの形を読めません（{error}）。") from error
        yield reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)} | (
            {"": "余分な列"} if None in row else {}
        )


def import_cases(
    text: str, *, actor: Actor, dry_run: bool = False, all_or_nothing: bool = False, batch: int = 500
) -> Iterator[ImportReport]:
    """Import a file. Yields the running report after each batch, so that a caller can show progress.

    A receipt number that exists is left alone: running the same file again changes nothing. With `all_or_nothing` one
    rejected row keeps the whole file out.

    :raises NotAllowed: only an administrator (or the system) imports.
    """
    if not (actor.is_system or actor.has(Role.ADMIN)):
        raise NotAllowed("取り込みができるのは、システム管理者です。")
    report = ImportReport()
    centres = {centre.code: centre.id for centre in Centre.objects.all()}
    if all_or_nothing and not dry_run:
        for checked in import_cases(text, actor=actor, dry_run=True, batch=batch):
            report = checked
        if report.rejected:
            yield report
            return
        report = ImportReport()
    ready: list[BulkCase] = []
    seen: set[str] = set()
    for line, row in parse_rows(text):
        result = _take_row(line, row, centres, actor, seen)
        if isinstance(result, Rejected):
            report.rejected.append(result)
        else:
            ready.append(result)
        if len(ready) >= batch:
            _write(ready, report, dry_run)
            ready = []
            yield report
    _write(ready, report, dry_run)
    yield report


def _write(ready: list[BulkCase], report: ImportReport, dry_run: bool) -> None:
    numbers = [one.receipt_number for one in ready]
    with system_transaction():
        known = set(Case.objects.filter(receipt_number__in=numbers).values_list("receipt_number", flat=True))
    fresh = [one for one in ready if one.receipt_number not in known]
    report.known += len(known)
    report.accepted += len(fresh)
    if not dry_run:
        for cases in register_cases_in_bulk(fresh):
            report.written += len(cases)


def _take_row(
    line: int, row: Mapping[str, str], centres: Mapping[str, UUID], actor: Actor, seen: set[str]
) -> BulkCase | Rejected:
    given = row.get("receipt_number", "").strip()

    def reject(reason: str) -> Rejected:
        return Rejected(line, given[:40], reason)

    if "" in row:
        return reject("見出しより列が多い行です。カンマや改行を「\"」で囲んでください。")
    number = parse_receipt_number(given)
    if number is None:
        return reject("受付番号が正しくありません（西暦4桁＋8桁＋検査数字1桁）。")
    if number in seen:
        return reject("同じ受付番号が、この前の行にあります。")
    centre_id = centres.get(row.get("centre", "").strip())
    if centre_id is None:
        return reject("センターの番号が登録されていません。")
    received_at = _instant(row.get("received_at", ""))
    if received_at is None or received_at > timezone.now():
        return reject("受付日時は「2026-04-01T09:00」か「2026-04-01」で、きょうまでの日にしてください。")
    raw: dict[str, Any] = {name: unsafe_cell(row[name]) for name in CARD_COLUMNS if row.get(name, "") != ""}
    for name in raw:
        if BY_NAME[name].kind.value in ("codes", "words"):
            raw[name] = [part for part in raw[name].replace("、", ";").replace(" ", ";").split(";") if part]
    values, errors = clean_card(raw, today=day_in_japan(timezone.now()), is_code=is_code)
    if errors:
        return reject(" ".join(sentence for sentences in errors.values() for sentence in sentences))
    values.setdefault("channel", "phone")
    missing = missing_fields(values)
    if missing:
        return reject(f"{'・'.join(label for _, label in missing)}がありません。")
    try:
        cell = unsafe_cell(row.get(PARTS_COLUMN, ""))
        further = further_or_raise(json.loads(cell) if cell.strip() else None, values, sealed=False)
    except (json.JSONDecodeError, RecursionError):
        return reject("parts の列を読めません。書き出したままの形にしてください。")
    except Invalid as error:
        return reject(" ".join(sentence for sentences in error.fields.values() for sentence in sentences))
    seen.add(number)
    return BulkCase(
        actor=actor,
        centre_id=centre_id,
        card=fill_place(values),
        received_at=received_at,
        state=State.REGISTERED,
        official=actor,
        receipt_number=number,
        handled_at=received_at,
        registered_at=received_at,
        further=tuple(further),
    )


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=JST)


def export_cases(
    file: IO[str], *, actor: Actor, since: datetime | None = None, codes: bool = True
) -> Iterator[int]:
    """Write the registered cases that the actor sees, without personal data, in the layout of the import. Yields the
    running count. With `codes=False` labels stand in place of codes, for reading."""
    writer = csv.writer(file)
    writer.writerow([*OWN_COLUMNS, *CARD_COLUMNS, PARTS_COLUMN])
    centre_codes = dict(Centre.objects.values_list("id", "code"))
    rows = visible_cases(actor=actor).filter(state=State.REGISTERED.value).order_by("id")
    if since is not None:
        rows = rows.filter(received_at__gte=since)
    count, last = 0, None
    while True:
        page = list(with_parts(rows.filter(id__gt=last) if last else rows)[:500])
        if not page:
            return
        for case in page:
            card = read_card(case)
            writer.writerow(
                [
                    case.receipt_number,
                    centre_codes.get(case.handling_centre_id, ""),
                    case.received_at.astimezone(JST).isoformat(timespec="minutes"),
                    *(safe_cell(_cell(card[name]) if codes else show(name, card[name], label_of_code)) for name in CARD_COLUMNS),
                    safe_cell(_parts_cell(further_parts(case), codes=codes)),
                ]
            )
        count += len(page)
        last = page[-1].id
        yield count


def _parts_cell(further: Mapping[str, list[dict[str, Any]]], *, codes: bool) -> str:
    """The parts beside the card: as JSON to be imported, or in words for reading."""
    if not further:
        return ""
    if codes:
        return json.dumps(further, ensure_ascii=False, sort_keys=True)
    lines = []
    for kind in PartKind:
        for entry in further.get(kind.value, []):
            shown = shown_part(kind, entry, label_of_code)
            lines.append(f"{kind.label}　" + "、".join(f"{words}：{value}" for _, words, value in shown))
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(value)
    return str(value)


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet doesn't take for a formula (a leading = + - @ or tab gets an apostrophe before it)."""
    return f"'{text}" if text[:1] in "=+-@\t\r" and text[:1] else text


def unsafe_cell(text: str) -> str:
    """What `safe_cell` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in "=+-@\t\r" else text


def write_rejected(file: IO[str], rejected: Iterable[Rejected]) -> None:
    """The list of rows that were not taken, for mending."""
    writer = csv.writer(file)
    writer.writerow(["行", "受付番号", "理由"])
    for one in rejected:
        writer.writerow([one.line, safe_cell(one.receipt_number), one.reason])
