"""`caasis audit verify`: finds what somebody with the owner's rights on the database did to the log."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection

from caasis.audit import anchor, sealer
from caasis.audit.chain import COLUMNS, GENESIS, Link, chain_digest, row_digest, rows_digest
from caasis.audit.models import AccessSeal
from caasis.audit.sealer import anchor_head, note_restore, seal_all
from caasis.audit.verification import Report, verify
from caasis.kernel.ids import uuid7

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
See = Callable[..., UUID]
Owner = Callable[..., None]


@pytest.fixture
def sealed(see: See) -> list[UUID]:
    """Three links of two rows, each anchored."""
    ids = []
    for _ in range(3):
        ids += [see("理由"), see()]
        seal_all()
        anchor_head()
    assert verify().ok
    return ids


def kinds(report: Report) -> set[str]:
    assert not report.ok
    return {finding.kind for finding in report.findings}


def test_an_untouched_log_is_in_order(sealed: list[UUID]) -> None:
    report = verify()
    assert (report.ok, report.seals, report.rows, report.anchors, report.waiting) == (True, 3, 6, 3, 0)


def test_an_empty_log_is_in_order() -> None:
    assert verify().ok


def test_progress_counts_every_link(sealed: list[UUID]) -> None:
    seen: list[int] = []
    verify(progress=seen.append)
    assert sum(seen) == 3


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'ほかの理由'",
        "actor_id = gen_random_uuid()",
        "actor_id = NULL",
        "fields = 'name'",
        "purpose = 'own_case'",
        "action = 'x'",
        "reference = 'x'",
        "object_id = NULL",
    ],
)
def test_a_changed_row_is_found_and_named(change: str, sealed: list[UUID], as_owner: Owner) -> None:
    as_owner(f"UPDATE audit_access SET {change} WHERE id = %s", sealed[2])
    report = verify()
    assert [(each.kind, each.row, each.seal) for each in report.findings] == [("changed", sealed[2], 2)]


def test_a_row_moved_in_time_is_found(sealed: list[UUID], as_owner: Owner) -> None:
    as_owner("UPDATE audit_access SET at = at - interval '1 hour' WHERE id = %s", sealed[0])
    assert "deleted" in kinds(verify())


def test_a_deleted_row_is_found(sealed: list[UUID], as_owner: Owner) -> None:
    as_owner("DELETE FROM audit_access WHERE id = %s", sealed[3])
    assert [(each.kind, each.row) for each in verify().findings] == [("deleted", sealed[3])]


def test_a_row_deleted_together_with_its_seal_entry_is_found(sealed: list[UUID], as_owner: Owner) -> None:
    as_owner("DELETE FROM audit_access WHERE id = %s", sealed[3])
    as_owner("DELETE FROM audit_sealed_row WHERE access_id = %s", sealed[3])
    assert [(each.kind, each.seal) for each in verify().findings] == [("link", 2)]


def test_a_row_put_in_behind_the_sealers_back_is_found(sealed: list[UUID], as_owner: Owner) -> None:
    new = uuid7()
    as_owner(
        "INSERT INTO audit_access (id, at, action, object_kind) VALUES (%s, now() - interval '2 days', 'x', 'case')",
        new,
    )
    assert [(each.kind, each.row) for each in verify().findings] == [("unsealed", new)]
    as_owner(
        "INSERT INTO audit_sealed_row (access_id, at, seal_number, digest)"
        " SELECT id, at, 2, %s FROM audit_access WHERE id = %s",
        b"x" * 32,
        new,
    )
    assert {"link", "changed"} <= kinds(verify())


def test_a_fresh_row_that_waits_for_the_sealer_is_no_contradiction(sealed: list[UUID], see: See) -> None:
    see()
    report = verify()
    assert report.ok and report.waiting == 1


def rewrite(as_owner: Owner, changed: UUID) -> None:
    """What a clever administrator does: change a row and make every digest after it true again."""
    as_owner("UPDATE audit_access SET actor_id = gen_random_uuid() WHERE id = %s", changed)
    before = GENESIS
    for seal in AccessSeal.objects.order_by("number"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join('a.' + name for name in COLUMNS)} FROM audit_access a"
                " JOIN audit_sealed_row s ON s.access_id = a.id WHERE s.seal_number = %s ORDER BY a.id",
                [seal.number],
            )
            rows = cursor.fetchall()
        digests = [row_digest(row) for row in rows]
        for row, digest in zip(rows, digests, strict=True):
            as_owner("UPDATE audit_sealed_row SET digest = %s WHERE access_id = %s", digest, row[0])
        total = rows_digest(digests)
        before = chain_digest(before, Link(seal.number, seal.sealed_at, len(rows), total))
        as_owner(
            "UPDATE audit_seal SET rows_digest = %s, chain_digest = %s WHERE number = %s", total, before, seal.number
        )


def test_a_rewritten_chain_contradicts_the_anchor(sealed: list[UUID], as_owner: Owner) -> None:
    rewrite(as_owner, sealed[2])
    report = verify()
    assert kinds(report) == {"anchor"}
    assert [each.seal for each in report.findings] == [3, 2], "the links before the changed one still agree"


def test_links_cut_off_at_the_end_contradict_the_anchor(sealed: list[UUID], as_owner: Owner) -> None:
    for table, column in (("audit_access", "id"), ("audit_sealed_row", "access_id")):
        as_owner(f"DELETE FROM {table} WHERE {column} = ANY(%s)", sealed[4:])
    as_owner("DELETE FROM audit_seal WHERE number = 3")
    report = verify()
    assert [(each.kind, each.seal) for each in report.findings] == [("anchor", 3)]
    assert anchor_head() is False, "a shortened chain is not anchored as if nothing had been"


def test_a_link_taken_from_the_middle_is_found(sealed: list[UUID], as_owner: Owner) -> None:
    as_owner("DELETE FROM audit_seal WHERE number = 2")
    assert {"missing", "chain", "inserted"} <= kinds(verify())


def test_an_anchor_that_was_deleted_or_damaged_is_told(sealed: list[UUID]) -> None:
    text = anchor.path().read_text()
    anchor.path().write_text("not a line\n" + text)
    assert kinds(verify()) == {"anchor"}
    anchor.path().unlink()
    assert kinds(verify()) == {"anchor"}


def test_a_restore_from_a_backup_is_told_and_not_taken_for_a_crime(
    sealed: list[UUID], as_owner: Owner, see: See
) -> None:
    # The backup held links 1 and 2; the third was written after it.
    for table, column in (("audit_access", "id"), ("audit_sealed_row", "access_id")):
        as_owner(f"DELETE FROM {table} WHERE {column} = ANY(%s)", sealed[4:])
    as_owner("DELETE FROM audit_seal WHERE number = 3")
    note_restore()
    report = verify()
    assert report.ok and report.restores == 1
    see()
    see()
    seal_all()
    anchor_head()
    assert verify().ok, "the chain goes on, with another link 3"
    rewrite(as_owner, sealed[0])
    assert kinds(verify()) == {"anchor"}, "what was kept is still guarded"


def test_a_big_log_is_read_in_bounded_pieces(see: See, monkeypatch: pytest.MonkeyPatch) -> None:
    from caasis.audit import verification

    monkeypatch.setattr(sealer, "BATCH", 1)
    monkeypatch.setattr(verification, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(verification, "_LINKS_AT_ONCE", 3)
    for _ in range(7):
        see()
    seal_all()
    anchor_head()
    seen: list[int] = []
    assert verify(progress=seen.append).ok
    assert seen == [2, 1, 2, 1, 1]
