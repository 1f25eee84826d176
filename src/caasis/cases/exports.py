"""Writing an export: portion by portion, each in a transaction of its own, so that it can be watched and stopped."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from caasis.accounts.models import User
from caasis.accounts.selectors import actor_of
from caasis.audit.services import record_access
from caasis.cases.code_lists import label
from caasis.cases.models import Case, SearchExport
from caasis.cases.rules.checks import age_band
from caasis.cases.rules.searching import read_pairs
from caasis.cases.search import MaskedText, find_portions
from caasis.cases.selectors import contract_party_of
from caasis.cases.services.export_life import MOST_ROWS, State, end
from caasis.cases.services.spreadsheets import Cell, CsvFile, Spreadsheet, XlsxFile
from caasis.cases.services.synonyms import widening_for
from caasis.cases.vocabulary import State as CaseState
from caasis.kernel.actor import Actor, Purpose
from caasis.kernel.clock import JST, day_in_japan
from caasis.organisations.models import Centre
from caasis.platform.files.making import MadeFile, discard
from caasis.platform.files.models import StoredFile
from caasis.platform.files.store import delete_file
from caasis.platform.jobs import stop_requested
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.privacy.keys import record_key_bytes

log = logging.getLogger(__name__)

#: Heading and width (characters) of each column.
COLUMNS: tuple[tuple[str, int], ...] = (
    ("受付番号", 18), ("受付日", 12), ("センター", 24), ("状態", 10), ("相談の種類", 10), ("受付方法", 10), ("都道府県", 10),
    ("件名", 40), ("契約当事者の年代", 14), ("商品・役務", 24), ("販売購入形態", 14), ("契約金額", 14), ("既支払額", 14),
    ("相手方事業者", 24), ("処理結果", 16), ("相談概要", 60), ("処理概要", 60),
)  # fmt: skip


class _Stopped(Exception):
    """The person, or the worker that is to stop, wants no more."""


def run_export(export_id: UUID, *, portion: int = 100) -> bool:
    """Write one export. Repeatable: a run after a killed one starts anew and removes what that one left.

    Returns True when it has to be run again, because this worker is to stop.
    """
    export = _begin(export_id)
    if export is None:
        discard_leftovers(export_id)
        return False
    try:
        with system_transaction():
            key = record_key_bytes(export.record_key_id)
        with MadeFile(export.file_id, key=key) as file:
            sheet = _sheet(export, file)
            written = _write_rows(export, sheet, portion)
            sheet.close()
            _finish(export, file, sheet, written)
    except _Stopped:
        return _stop(export)
    except Exception:
        _close(export, State.FAILED)
        raise
    return False


def discard_leftovers(export_id: UUID) -> None:
    """Remove the bytes of an export that is over without a file."""
    with system_transaction():
        export = SearchExport.objects.filter(id=export_id).exclude(state__in=(State.READY, State.RUNNING, State.WAITING)).first()
        if export is not None:
            discard(export.file_id)


def _begin(export_id: UUID) -> SearchExport | None:
    """The export, now running; None when it is over already, or was stopped before."""
    with system_transaction():
        export = SearchExport.objects.select_for_update().filter(id=export_id).first()
        if export is None or export.state not in (State.WAITING, State.RUNNING):
            return None
        if export.stop_asked_at is not None:
            end(export, State.STOPPED)
            export.save()
            return None
        export.state, export.written = State.RUNNING, 0
        export.save(update_fields=["state", "written", "updated_at"])
        return export


def _sheet(export: SearchExport, file: MadeFile) -> Spreadsheet:
    sheet: Spreadsheet
    if export.format == SearchExport.Format.XLSX:
        sheet = XlsxFile(file, widths=[width for _, width in COLUMNS])
    else:
        sheet = CsvFile(file, shift_jis=export.format == SearchExport.Format.CSV_SJIS)
    sheet.row([words for words, _ in COLUMNS])
    return sheet


def _write_rows(export: SearchExport, sheet: Spreadsheet, portion: int) -> int:
    """Write the rows that the asker may see at this moment. Returns how many."""
    asker = _asker(export)
    with actor_transaction(asker):
        search = read_pairs(export.query, today=day_in_japan(timezone.now()))
        synonyms = widening_for(actor=asker, text=search.text).mapping if search.widen else {}
        centres = dict(Centre.objects.values_list("id", "name"))
    portions = find_portions(actor=asker, search=search, synonyms=synonyms, size=portion)
    written = 0
    while written < MOST_ROWS:
        _look_up(export, asker, written)
        with actor_transaction(asker):
            rows = next(portions, None)
        if rows is None:
            break
        for case, text in rows:
            sheet.row(row_of(case, text, centres))
        written += len(rows)
    return written


def _asker(export: SearchExport) -> Actor:
    """The person who asked, with the rights of this moment."""
    with system_transaction():
        user = User.objects.filter(id=export.user_id, is_active=True).first()
        asker = actor_of(user) if user is not None else None
        if asker is None or asker.centre_id != export.centre_id:
            raise _Stopped
        return asker


def _look_up(export: SearchExport, asker: Actor, written: int) -> None:
    """Between two portions: tell how far it is, and stop when somebody wants that or the asker's rights have changed."""
    with system_transaction():
        SearchExport.objects.filter(id=export.id).update(written=written)
        asked = SearchExport.objects.filter(id=export.id, stop_asked_at__isnull=False).exists()
    if asked or stop_requested() or _asker(export) != asker:
        raise _Stopped


def row_of(case: Case, text: MaskedText, centres: Mapping[UUID, str]) -> Sequence[Cell]:
    """One case as `COLUMNS`. Nothing in it is personal."""
    contract = next(iter(case.contracts.all()), None)
    business = next(iter(case.businesses.all()), None)
    party = contract_party_of(case)
    return (
        case.receipt_number,
        case.received_on,
        centres.get(case.handling_centre_id, ""),
        CaseState(case.state).label,
        label("kind", case.kind),
        label("channel", case.channel),
        label("prefecture", case.prefecture_code),
        text.title,
        label("age_band", age_band(party.age if party else None)),
        label("product", contract.product) if contract else "",
        label("sales_form", contract.sales_form) if contract else "",
        contract.amount if contract else None,
        contract.paid if contract else None,
        business.name_as_heard if business else "",
        label("result", case.result),
        text.summary,
        text.handling,
    )


def _finish(export: SearchExport, file: MadeFile, sheet: Spreadsheet, written: int) -> None:
    day = timezone.now().astimezone(JST)
    with system_transaction():
        row = SearchExport.objects.select_for_update().get(id=export.id)
        if row.stop_asked_at is not None:
            raise _Stopped
        file.keep(
            name=f"soudan-{day:%Y%m%d-%H%M}.{sheet.extension}", media_type=sheet.media_type,
            record_key_id=row.record_key_id, centre_id=row.centre_id,
        )  # fmt: skip
        end(row, State.READY)
        row.written = written
        row.save()
        asker = Actor(id=row.user_id, centre_id=row.centre_id, purpose=Purpose.IMPORT_EXPORT)
        record_access(actor=asker, action="write_export", object_kind="search_export", object_id=row.id, reason=f"{written:,}件")


def _stop(export: SearchExport) -> bool:
    """Somebody stopped it; or the worker is to stop: then it waits for the next worker, which starts anew (True)."""
    with system_transaction():
        row = SearchExport.objects.select_for_update().get(id=export.id)
        if row.stop_asked_at is None and stop_requested():
            row.state, row.written = State.WAITING, 0
            row.save(update_fields=["state", "written", "updated_at"])
            return True
    _close(export, State.STOPPED)
    return False


def _close(export: SearchExport, state: str) -> None:
    with system_transaction():
        row = SearchExport.objects.select_for_update().get(id=export.id)
        end(row, state)
        row.written = 0
        row.save()
    discard(export.file_id)
    log.info("an export ended without a file", extra={"state": str(state)})


def expire_exports(*, now: datetime | None = None) -> int:
    """Delete files that nobody fetched in time. Runs in the system's scope. Returns how many."""
    rows = SearchExport.objects.select_for_update(skip_locked=True).filter(state=State.READY, expires_at__lte=now or timezone.now())
    count = 0
    for export in rows:
        stored = StoredFile.objects.filter(id=export.file_id, deleted_at=None).first()
        if stored is not None:
            delete_file(stored)
        end(export, State.EXPIRED)
        export.save()
        count += 1
    return count
