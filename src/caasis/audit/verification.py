"""Verifying the access log: every row against its link, every link against the chain, the chain against the anchor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from caasis.audit import anchor
from caasis.audit.chain import COLUMNS, GENESIS, Link, chain_digest, row_digest, rows_digest
from caasis.audit.models import AccessSeal
from caasis.platform.transactions import system_transaction

#: A row this young may still wait for the sealer.
UNSEALED_GRACE = timedelta(minutes=10)
#: At most so many findings are listed; they are all counted.
MOST_FINDINGS = 1000
_ROWS_AT_ONCE = 20_000
_LINKS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction. `kind` is one of: changed, deleted, inserted, unsealed, link, chain, anchor, missing."""

    kind: str
    text: str
    seal: int | None = None
    row: UUID | None = None


@dataclass(slots=True)
class Report:
    """What verify saw. `ok` is True only when nothing contradicts anything."""

    seals: int = 0
    rows: int = 0
    waiting: int = 0
    anchors: int = 0
    restores: int = 0
    count: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.count == 0

    def add(self, kind: str, text: str, *, seal: int | None = None, row: UUID | None = None) -> None:
        self.count += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, text, seal, row))


def verify(*, progress: Callable[[int], None] = lambda seals: None, now: datetime | None = None) -> Report:
    """Read the whole log and compare it with its seals and the anchor. Changes nothing.

    :param progress: is told the number of links that were just checked.
    """
    report = Report()
    chains: dict[int, str] = {}
    anchors = _read_anchors(report)
    wanted = {each.number for each in anchors}
    with system_transaction():
        before, expected = GENESIS, 1
        for links in _links():
            rows = _rows(links[0].number, links[-1].number)
            for link in links:
                if link.number != expected:
                    report.add("missing", f"記録の束{expected}〜{link.number - 1}がありません。", seal=expected)
                _check_link(report, link, rows.get(link.number, []), before)
                before, expected = link.chain_digest, link.number + 1
                if link.number in wanted:
                    chains[link.number] = link.chain_digest
                report.seals += 1
            progress(len(links))
        _check_strays(report, now or timezone.now())
    _check_anchors(report, anchors, chains, head=expected - 1)
    return report


def _links() -> Iterator[list[AccessSeal]]:
    """Links in order, in batches that hold a bounded number of rows."""
    after = 0
    while links := list(AccessSeal.objects.filter(number__gt=after).order_by("number")[:_LINKS_AT_ONCE]):
        after = links[-1].number
        batch, rows = [], 0
        for link in links:
            batch.append(link)
            rows += link.row_count
            if rows >= _ROWS_AT_ONCE:
                yield batch
                batch, rows = [], 0
        if batch:
            yield batch


@dataclass(frozen=True, slots=True)
class _Row:
    access_id: UUID
    digest: bytes
    #: None when the access row is gone.
    values: tuple[object, ...] | None


def _rows(first: int, last: int) -> dict[int, list[_Row]]:
    columns = ", ".join(f"a.{name}" for name in COLUMNS)
    found: dict[int, list[_Row]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.seal_number, s.access_id, s.digest, {columns}"  # noqa: S608 (constant column names)
            " FROM audit_sealed_row s LEFT JOIN audit_access a ON a.id = s.access_id AND a.at = s.at"
            " WHERE s.seal_number BETWEEN %s AND %s ORDER BY s.seal_number, s.access_id",
            [first, last],
        )
        for row in cursor:
            values = None if row[3] is None else tuple(row[3:])
            found.setdefault(row[0], []).append(_Row(row[1], bytes(row[2]), values))
    return found


def _check_link(report: Report, link: AccessSeal, rows: list[_Row], before: str) -> None:
    report.rows += len(rows)
    if rows_digest(row.digest for row in rows) != link.rows_digest or len(rows) != link.row_count:
        report.add(
            "link",
            f"束{link.number}の{link.row_count}件が、封をしたときと違います（今は{len(rows)}件）。",
            seal=link.number,
        )
    for row in rows:
        if row.values is None:
            report.add(
                "deleted", "封をしたあとに消されたか、日時を変えられました。", seal=link.number, row=row.access_id
            )
        elif row_digest(row.values) != row.digest:
            report.add("changed", "封をしたあとに書き換えられました。", seal=link.number, row=row.access_id)
    own = Link(link.number, link.sealed_at, link.row_count, link.rows_digest)
    if chain_digest(before, own) != link.chain_digest:
        report.add("chain", f"束{link.number}が、前の束とつながりません。", seal=link.number)


def _check_strays(report: Report, now: datetime) -> None:
    """Rows without a link: young ones wait for the sealer, older ones were put in behind its back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.at < %s FROM audit_access a"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_sealed_row s WHERE s.access_id = a.id) ORDER BY a.at",
            [now - UNSEALED_GRACE],
        )
        for row_id, is_old in cursor:
            if is_old:
                report.add(
                    "unsealed", "封がありません。あとから入れられたか、封をする処理が止まっています。", row=row_id
                )
            else:
                report.waiting += 1
        cursor.execute(
            "SELECT s.access_id, s.seal_number FROM audit_sealed_row s"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_seal k WHERE k.number = s.seal_number)"
        )
        for row_id, number in cursor:
            report.add("inserted", f"ない束{number}に入っています。", seal=number, row=row_id)


def _read_anchors(report: Report) -> list[anchor.Anchor]:
    try:
        return list(anchor.read_all())
    except anchor.AnchorUnreadable as error:
        report.add("anchor", f"控えのファイルに読めない行があります（{error}）。")
        return []


def _check_anchors(report: Report, anchors: list[anchor.Anchor], chains: dict[int, str], *, head: int) -> None:
    """Each anchor must stand in the chain, unless a later restore from a backup openly went back behind it."""
    report.anchors = len(anchors)
    report.restores = sum(each.restored for each in anchors)
    kept_up_to, went_back = head, False
    for each in reversed(anchors):
        if each.number > kept_up_to:
            if not went_back:
                report.add("anchor", f"控えにある束{each.number}がありません（最後は束{head}）。", seal=each.number)
            continue
        if each.number > 0 and chains.get(each.number) != each.chain:
            report.add(
                "anchor", f"束{each.number}が控えと違います。鎖ごと書き換えられたおそれがあります。", seal=each.number
            )
        if each.restored:
            kept_up_to, went_back = min(kept_up_to, each.number), True
    if head and not anchors:
        report.add("anchor", "控えのファイルがありません。")
