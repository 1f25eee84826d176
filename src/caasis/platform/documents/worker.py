"""The process that decodes what strangers sent: pictures and PDF never enter the memory of the product itself.

    python -m caasis.platform.documents.worker TASK MEDIA_TYPE PAGE LONGEST < file > result

TASK is `picture` (one page as PNG), `pages` (how many there are) or `text` (the text that a PDF carries, pages divided by
a form feed). The process limits itself before it reads the first byte; the caller limits its time. Exit codes: 0, or 3 for
a file that can't be decoded.
"""

from __future__ import annotations

import io
import resource
import sys

#: What one decoding may use. A photo of 120 megapixels needs 480 MB as plain pixels.
MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 30
#: Pixels that are decoded at most; the same bound as at the door (platform/files/sniffing.py).
MAX_PIXELS = 120_000_000
#: Pages of which text is read; the rest is looked at by a person.
MAX_PAGES = 40
UNREADABLE = 3


def main(arguments: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task, media_type, page, longest = arguments[0], arguments[1], int(arguments[2]), int(arguments[3])
    content = sys.stdin.buffer.read()
    try:
        if media_type == "application/pdf":
            answer = _of_pdf(task, content, page, longest)
        else:
            answer = _of_picture(task, content, longest)
    except Exception:
        # Whatever a decoder stumbles over, the file is what is wrong; its words may be anything and are not told.
        return UNREADABLE
    sys.stdout.buffer.write(answer)
    return 0


def _of_pdf(task: str, content: bytes, page: int, longest: int) -> bytes:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    if task == "pages":
        return str(len(document)).encode()
    if task == "text":
        texts = [document[number].get_textpage().get_text_bounded() for number in range(min(len(document), MAX_PAGES))]
        return "\f".join(texts).encode("utf-8", "replace")
    sheet = document[page]
    width, height = sheet.get_size()
    scale = longest / max(width, height, 1)
    # More than 300 dots an inch only blurs what a scanner saw.
    picture = sheet.render(scale=min(scale, 300 / 72), draw_annots=True).to_pil()
    return _png(picture)


def _of_picture(task: str, content: bytes, longest: int) -> bytes:
    from PIL import Image, ImageOps

    if task == "pages":
        return b"1"
    if content[4:8] == b"ftyp":
        import pi_heif

        pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(io.BytesIO(content)) as opened:
        opened.draft("RGB", (longest, longest))
        # Telephones turn the picture by a note in the file.
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((longest, longest))
        return _png(picture.convert("RGB"))


def _png(picture: object) -> bytes:
    out = io.BytesIO()
    # A new file from plain pixels: place, owner and camera that the original names stay behind.
    picture.save(out, "PNG", optimize=False, compress_level=3)  # type: ignore[attr-defined]
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
