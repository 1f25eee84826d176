"""Pages as pictures and the words in files, decoded by a process of its own."""

from __future__ import annotations

import io
import os

import pytest
from PIL import Image

from caasis.platform.documents import pictures, reading
from caasis.platform.documents.pictures import Unreadable, page_count, picture_of
from caasis.platform.documents.reading import How, NoReader, read_text
from caasis.platform.pdf import Sheet, make_pdf
from tests.support.papers import drawn, photo, scan


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.format == "PNG"
        return picture.size


def test_a_photo_becomes_a_smaller_picture_without_its_place() -> None:
    out = io.BytesIO()
    notes = Image.Exif()
    notes[0x010F] = "みほんカメラ"
    notes[0x0112] = 6  # lies on its side
    drawn("契約書").save(out, "JPEG", exif=notes)
    made = picture_of(out.getvalue(), "image/jpeg", longest=300)
    width, height = size_of(made)
    assert max(width, height) == 300 and height > width
    assert "みほんカメラ".encode() not in made and not Image.open(io.BytesIO(made)).getexif()


def test_pages_of_a_pdf_are_counted_and_drawn_one_by_one() -> None:
    content = scan(("1枚目",), ("2枚目",))
    assert page_count(content, "application/pdf") == 2
    assert picture_of(content, "application/pdf", page=0) != picture_of(content, "application/pdf", page=1)
    with pytest.raises(Unreadable):
        picture_of(content, "application/pdf", page=2)


def test_what_no_decoder_understands_is_said_plainly() -> None:
    broken = photo("契約書")[:200] + os.urandom(400)
    for content, kind in ((broken, "image/jpeg"), (b"%PDF-1.7 broken", "application/pdf"), (b"", "image/png")):
        with pytest.raises(Unreadable, match="開けません"):
            picture_of(content, kind)


def test_a_decoder_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(Unreadable):
        picture_of(photo("契約書"), "image/jpeg")


def test_the_process_that_decodes_is_told_nothing_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}
    real = pictures.subprocess.run

    def run(*arguments: object, **options: object) -> object:
        told.update(options)
        return real(*arguments, **options)

    monkeypatch.setattr(pictures.subprocess, "run", run)
    picture_of(photo("契約書"), "image/jpeg")
    assert set(told["env"]) == {"PATH", "PYTHONPATH", "LC_ALL"}  # type: ignore[call-overload]


def test_words_in_a_photo_and_in_a_scan_are_read() -> None:
    read = read_text(photo("屋根工事請負契約書", "契約金額 1480000円"), "image/jpeg")
    assert read.how is How.OCR and "屋根工事" in read.text and "1480000" in read.text
    read = read_text(scan(("訪問販売の契約書です",), ("工事代金は百万円です",)), "application/pdf")
    assert read.how is How.OCR and read.pages == 2
    assert "訪問販売の契約書" in read.text and "工事代金" in read.text


def test_the_text_of_a_pdf_is_taken_as_it_is() -> None:
    content = make_pdf([Sheet(210, 297, "通知書\n契約を解除します。", margin=25, size=11)], title="通知書")
    read = read_text(content, "application/pdf")
    assert read.how is How.PDF and "契約を解除します" in read.text.replace("\n", "")


def test_a_mail_gives_its_head_and_its_body_in_an_old_encoding() -> None:
    head = b"From: shop@mihon.example\r\nSubject: =?iso-2022-jp?B?GyRCJDRDbUo4GyhC?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    read = read_text(head + "定期購入のご案内".encode("iso-2022-jp"), "message/rfc822")
    assert read.how is How.MAIL
    assert "ご注文" in read.text and "定期購入のご案内" in read.text and "shop@mihon.example" in read.text


def test_without_tesseract_pictures_wait_and_texts_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ocr_command", lambda: None)
    for content, kind in ((photo("契約書"), "image/jpeg"), (scan(("契約書",)), "application/pdf")):
        with pytest.raises(NoReader):
            read_text(content, kind)
    assert read_text("振込先のメモ".encode("cp932"), "text/plain").text == "振込先のメモ"


def test_a_very_long_text_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_CHARACTERS", 10)
    read = read_text("あ".encode() * 11, "text/plain")
    assert len(read.text) == 10 and read.cut
