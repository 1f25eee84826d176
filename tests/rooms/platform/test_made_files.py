"""Files that the product makes: sealed while they are written, kept whole or not at all."""

from __future__ import annotations

import secrets
import zipfile
from io import BytesIO
from typing import Any

import pytest

from caasis.kernel.errors import NotFound
from caasis.kernel.ids import uuid7
from caasis.platform.files.making import MadeFile, discard, open_file
from caasis.platform.files.sealing import CHUNK
from caasis.platform.files.store import delete_file, path_of, read_file
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db
KEY = secrets.token_bytes(32)


def left(file_id: Any) -> list[str]:
    """Names of the bytes that lie on the disk for a file."""
    return sorted(path.suffix for path in path_of(file_id).parent.glob(f"{file_id.hex}*"))


def keep(file: MadeFile) -> Any:
    return file.keep(name="結果.csv", media_type="text/csv", record_key_id=uuid7(), centre_id=None)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_what_was_written_in_pieces_reads_back_whole(size: int) -> None:
    content = secrets.token_bytes(size)
    with system_transaction(), MadeFile(uuid7(), key=KEY) as file:
        for start in range(0, size, 7_001):
            file.write(content[start : start + 7_001])
        stored = keep(file)
        assert read_file(stored, key=KEY) == ("結果.csv", content)
        assert stored.size == size and stored.scanned == "made_here"


def test_no_plain_byte_reaches_the_disk_and_nobody_else_may_look() -> None:
    file_id = uuid7()
    with MadeFile(file_id, key=KEY) as file:
        file.write("ひみつの行".encode() * 40_000)
        path = path_of(file_id).with_suffix(".part")
        assert path.stat().st_size > CHUNK and path.stat().st_mode & 0o077 == 0
        assert "ひみつ".encode() not in path.read_bytes()
    assert left(file_id) == []


def test_without_keeping_it_or_after_an_error_nothing_is_left() -> None:
    file_id = uuid7()
    with pytest.raises(RuntimeError), MadeFile(file_id, key=KEY) as file:
        file.write(b"x" * CHUNK * 2)
        raise RuntimeError
    assert left(file_id) == []


def test_the_next_run_removes_what_a_killed_one_left() -> None:
    file_id = uuid7()
    killed = MadeFile(file_id, key=KEY)
    killed.write(b"x" * CHUNK * 2)
    assert left(file_id) == [".part"]
    with system_transaction(), MadeFile(file_id, key=KEY) as file:
        file.write(b"again")
        stored = keep(file)
    assert left(file_id) == [""] and read_file(stored, key=KEY)[1] == b"again"
    discard(file_id)
    assert left(file_id) == []


def test_an_opened_file_is_still_read_when_it_is_deleted_meanwhile(django_capture_on_commit_callbacks: Any) -> None:
    content = secrets.token_bytes(CHUNK * 2)
    with system_transaction(), MadeFile(uuid7(), key=KEY) as file:
        file.write(content)
        stored = keep(file)
    name, pieces = open_file(stored, key=KEY)
    with django_capture_on_commit_callbacks(execute=True), system_transaction():
        delete_file(stored)
    assert left(stored.id) == [] and (name, b"".join(pieces)) == ("結果.csv", content)
    with pytest.raises(NotFound):
        open_file(stored, key=KEY)


def test_an_archive_can_be_written_into_it() -> None:
    with system_transaction(), MadeFile(uuid7(), key=KEY) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
            archive.writestr("a.txt", "中身")
        stored = keep(file)
    assert zipfile.ZipFile(BytesIO(read_file(stored, key=KEY)[1])).read("a.txt").decode() == "中身"
