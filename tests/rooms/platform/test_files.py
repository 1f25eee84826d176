"""The file store: what is taken, what is refused, what lies on the disk, and what is swept."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from caasis.kernel.errors import Invalid, NotFound
from caasis.platform.crypto.ciphers import WrongKeyOrPlace, new_key
from caasis.platform.files import store
from caasis.platform.files.models import StoredFile
from caasis.platform.files.names import clean_name
from caasis.platform.files.sealing import CHUNK, open_chunks, sealed_chunks
from caasis.platform.files.sniffing import sniff
from caasis.platform.files.store import delete_file, path_of, read_file, store_file, sweep_orphans
from caasis.platform.transactions import system_transaction

KEY = new_key()


def png(width: int = 2, height: int = 2) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0\0" * 2)) + chunk(b"IEND", b"")
    )


def jpeg(width: int = 2, height: int = 2) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    return b"\xff\xd8" + app + frame + b"\xff\xda" + b"\0" * 20 + b"\xff\xd9"


def webp(kind: bytes = b"VP8X", width: int = 2, height: int = 2) -> bytes:
    if kind == b"VP8X":
        body = b"\0" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        body = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    else:
        body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body + b"\0" * 8


def heic(width: int = 2, height: int = 2, brand: bytes = b"heic") -> bytes:
    ftyp = struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0" + b"mif1" + brand
    ispe = struct.pack(">I", 20) + b"ispe" + b"\0" * 4 + struct.pack(">II", width, height)
    return ftyp + struct.pack(">I", 8 + len(ispe)) + b"ipco" + ispe


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TEXT = "業者から「今日中に払え」と言われました。\n"


@pytest.mark.parametrize(
    ("content", "extension", "media_type"),
    [
        (jpeg(), "jpg", "image/jpeg"),
        (jpeg(), "jpeg", "image/jpeg"),
        (png(), "png", "image/png"),
        (webp(b"VP8X"), "webp", "image/webp"),
        (webp(b"VP8L"), "webp", "image/webp"),
        (webp(b"VP8 "), "webp", "image/webp"),
        (heic(), "heic", "image/heic"),
        (heic(brand=b"heix"), "heic", "image/heic"),
        (PDF, "pdf", "application/pdf"),
        (TEXT.encode(), "txt", "text/plain"),
        (TEXT.encode("cp932"), "txt", "text/plain"),
        (TEXT.encode("utf-16"), "txt", "text/plain"),
        ("BMWを買ったら".encode(), "txt", "text/plain"),
        (png(), "", "image/png"),
    ],
)
def test_allowed_files_are_told_by_their_content(content: bytes, extension: str, media_type: str) -> None:
    assert sniff(content, extension) == media_type


@pytest.mark.parametrize(
    ("content", "extension", "sentence"),
    [
        (b"", "jpg", "空です"),
        (PDF, "jpg", "名前と中身が合いません"),
        (png(), "jpg", "名前と中身が合いません"),
        (TEXT.encode(), "pdf", "名前と中身が合いません"),
        (png(), "exe", "を選んでください"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "svg", "を選んでください"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "txt", "を選んでください"),
        (b"\xef\xbb\xbf  <!-- x --><html><body>", "txt", "を選んでください"),
        ("<script>alert(1)</script>".encode("utf-16"), "txt", "を選んでください"),
        (b"<?xml version='1.0'?><a/>", "txt", "を選んでください"),
        (b"PK\x03\x04" + b"\0" * 60, "zip", "を選んでください"),
        (b"PK\x03\x04" + b"\0" * 60, "pdf", "を選んでください"),
        (b"MZ" + bytes(range(256)), "txt", "を選んでください"),
        (b"abc\0def", "txt", "を選んでください"),
        (b"\xff\xd8\xff\xe0 no frame", "jpg", "壊れている"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "png", "壊れている"),
        (heic()[:30], "heic", "壊れている"),
    ],
)
def test_other_files_are_refused_with_a_sentence(content: bytes, extension: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        sniff(content, extension)
    assert sentence in refused.value.message
    assert len(refused.value.message) <= 40


@pytest.mark.parametrize(
    "bomb",
    [
        png(60_000, 60_000),
        png(0x7FFFFFFF, 1),
        jpeg(65_535, 65_535),
        webp(b"VP8X", 16_000_000, 2),
        webp(b"VP8L", 16_384, 16_384),
        heic(40_000, 40_000),
    ],
)
def test_a_picture_that_would_unpack_into_memory_is_refused_by_its_header(bomb: bytes) -> None:
    with pytest.raises(Invalid, match="写真が大きすぎます"):
        sniff(bomb, "")


def test_a_heic_with_a_small_preview_and_a_huge_picture_is_refused() -> None:
    huge = heic(40_000, 40_000)
    with pytest.raises(Invalid, match="写真が大きすぎます"):
        sniff(heic(64, 64) + huge[24:], "heic")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("契約書.pdf", ("契約書", "pdf")),
        ("C:\\Users\\me\\契約書.PDF", ("契約書", "pdf")),
        ("../../etc/passwd", ("passwd", "")),
        ("写真\u202egpj.exe", ("写真gpj", "exe")),
        ("a\x00b\r\n.txt", ("ab", "txt")),
        ("　.jpg", ("ファイル", "jpg")),
        ("", ("ファイル", "")),
        ("写真．ＪＰＧ", ("写真", "jpg")),
        ('say"hi"<b>.png', ("say_hi__b_", "png")),
        ("領収書2026.10.03", ("領収書2026.10", "03")),
        ("あ" * 300 + ".heic", ("あ" * 120, "heic")),
    ],
)
def test_names_are_kept_but_made_harmless(name: str, expected: tuple[str, str]) -> None:
    assert clean_name(name) == expected


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_sealing_keeps_every_byte_at_every_chunk_border(size: int, tmp_path: Path) -> None:
    content, file_id = os.urandom(size), uuid4()
    path = tmp_path / "sealed"
    path.write_bytes(b"".join(sealed_chunks(KEY, file_id, content)))
    with path.open("rb") as file:
        assert b"".join(open_chunks(KEY, file_id, file)) == content


@pytest.mark.parametrize(
    "damage",
    [
        lambda sealed: sealed[: 11 + CHUNK + 16],  # the last chunk cut off, at its border
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:11] + sealed[11 + CHUNK + 16 :],  # the first chunk left out
        lambda sealed: (
            sealed[:11]
            + sealed[11 + CHUNK + 16 : 11 + 2 * (CHUNK + 16)]
            + sealed[11 : 11 + CHUNK + 16]
            + sealed[11 + 2 * (CHUNK + 16) :]
        ),  # two chunks swapped
        lambda sealed: sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:],
        lambda sealed: b"XXXX" + sealed[4:],
        lambda sealed: b"",
    ],
)
def test_a_changed_cut_or_reordered_file_does_not_open(damage, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file_id = uuid4()
    sealed = b"".join(sealed_chunks(KEY, file_id, os.urandom(2 * CHUNK + 100)))
    path = tmp_path / "sealed"
    path.write_bytes(damage(sealed))
    with path.open("rb") as file, pytest.raises(WrongKeyOrPlace):
        b"".join(open_chunks(KEY, file_id, file))


def keep(content: bytes = PDF, name: str = "契約書.pdf", key: bytes = KEY, centre_id: UUID | None = None) -> StoredFile:
    return store_file(content=content, name=name, key=key, record_key_id=uuid4(), centre_id=centre_id)


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.usefixtures("as_system")
class TestStore:
    def test_a_file_comes_back_with_its_name(self) -> None:
        stored = StoredFile.objects.get(id=keep().id)
        assert read_file(stored, key=KEY) == ("契約書.pdf", PDF)
        assert (stored.media_type, stored.size, stored.scanned) == ("application/pdf", len(PDF), "not_scanned")

    def test_neither_name_nor_content_is_readable_on_the_disk_or_in_the_row(self) -> None:
        content = TEXT.encode() * 50
        stored = keep(content, "山吹さくらの手紙.txt")
        raw = path_of(stored.id).read_bytes()
        assert TEXT.encode()[:12] not in raw
        assert "山吹さくら".encode() not in raw + bytes(stored.sealed_name)
        import hashlib

        assert hashlib.sha256(raw).hexdigest() == stored.sha256
        assert path_of(stored.id).stat().st_mode & 0o077 == 0

    def test_another_key_or_another_rows_bytes_do_not_open_it(self) -> None:
        one, two = keep(), keep()
        with pytest.raises(WrongKeyOrPlace):
            read_file(one, key=new_key())
        path_of(one.id).write_bytes(path_of(two.id).read_bytes())
        with pytest.raises(WrongKeyOrPlace):
            read_file(one, key=KEY)

    def test_a_name_without_extension_gets_the_contents_own(self) -> None:
        assert read_file(keep(png(), "image"), key=KEY)[0] == "image.png"

    def test_a_file_over_the_limit_is_refused_with_what_to_do(self, settings) -> None:  # type: ignore[no-untyped-def]
        settings.UPLOAD_MAX_BYTES = 10 * 1024 * 1024
        with pytest.raises(Invalid) as refused:
            keep(b"\xff\xd8" + b"\0" * settings.UPLOAD_MAX_BYTES, "a.jpg")
        assert refused.value.message == "写真は10MBまでです。小さくするか、別の写真を選んでください。"
        assert not StoredFile.objects.exists()

    def test_a_deleted_file_is_absent_and_forgets_its_name(self, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
        stored = keep()
        with django_capture_on_commit_callbacks(execute=True):
            delete_file(stored)
        assert not path_of(stored.id).exists()
        again = StoredFile.objects.get(id=stored.id)
        assert bytes(again.sealed_name) == b""
        with pytest.raises(NotFound):
            read_file(again, key=KEY)

    def test_a_file_lost_from_the_disk_is_said_to_be_absent(self) -> None:
        stored = keep()
        path_of(stored.id).unlink()
        with pytest.raises(NotFound):
            read_file(stored, key=KEY)

    def test_the_bytes_are_on_the_disk_before_the_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bool] = []
        save = StoredFile.save

        def watching(self: StoredFile, **kwargs: object) -> None:
            seen.append(path_of(self.id).exists())
            save(self, **kwargs)

        monkeypatch.setattr(StoredFile, "save", watching)
        keep()
        assert seen == [True]

    def test_a_disk_that_fails_leaves_neither_row_nor_half_a_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = set(store.folder().rglob("*.part"))

        def broken(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", broken)
        with pytest.raises(OSError):
            keep()
        assert not StoredFile.objects.exists()
        assert set(store.folder().rglob("*.part")) == before


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_sweep_deletes_what_no_row_owns_and_nothing_else() -> None:
    with system_transaction():
        kept = keep()
        deleted = keep()
    lost: list[StoredFile] = []
    with pytest.raises(RuntimeError), system_transaction():
        lost.append(keep())
        raise RuntimeError("the request fails after the upload")
    with system_transaction():
        # A crash between the commit and the deletion of the bytes.
        StoredFile.objects.filter(id=deleted.id).update(deleted_at="2026-01-01T00:00:00Z")
    half = path_of(kept.id).with_suffix(".part")
    half.write_bytes(b"x")
    assert path_of(lost[0].id).exists(), "a rolled-back upload leaves its bytes to the sweep"
    with system_transaction():
        assert sweep_orphans() == 0, "young files may belong to a transaction that is still open"
    for path in [path_of(kept.id), path_of(deleted.id), path_of(lost[0].id), half]:
        os.utime(path, (1, 1))
    with system_transaction():
        assert sweep_orphans() == 3
        assert read_file(StoredFile.objects.get(id=kept.id), key=KEY)[1] == PDF
    assert not path_of(lost[0].id).exists() and not half.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_deletion_that_is_rolled_back_keeps_the_file() -> None:
    with system_transaction():
        stored = keep()
    with system_transaction():
        delete_file(StoredFile.objects.get(id=stored.id))
        transaction.set_rollback(True)
    with system_transaction():
        assert read_file(StoredFile.objects.get(id=stored.id), key=KEY)[1] == PDF
