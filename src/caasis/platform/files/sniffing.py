"""What a file really is: told by its bytes, compared with its name. Nothing here decodes an image."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

import filetype

from caasis.kernel.errors import Invalid

#: Media type → extensions that may name it; the first one is given to a file without any.
ALLOWED: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif", "hif"),
    "application/pdf": ("pdf",),
    "text/plain": ("txt", "text"),
}
#: What a centre adds to a case itself: also recordings and saved mails.
EVIDENCE: dict[str, tuple[str, ...]] = ALLOWED | {
    "audio/mpeg": ("mp3",),
    "audio/x-wav": ("wav",),
    "audio/mp4": ("m4a",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "message/rfc822": ("eml",),
}
#: What a picture may measure. A 108-megapixel telephone camera passes; a bomb of 60,000 × 60,000 doesn't.
MAX_PIXELS = 120_000_000
MAX_SIDE = 30_000

NOT_ALLOWED = "写真（JPEG・PNG・WebP・HEIC）、PDF、テキストを選んでください。"
NOT_EVIDENCE = "写真、PDF、テキスト、メール（eml）、音声を選んでください。"
EMPTY = "ファイルが空です。別のファイルを選んでください。"
WRONG_NAME = "ファイルの名前と中身が合いません。元のファイルを選んでください。"
BROKEN = "ファイルが壊れているようです。別のファイルを選んでください。"
TOO_MANY_PIXELS = "写真が大きすぎます。小さくするか、別の写真を選んでください。"

# What a browser would take for a page or a script even when it is called text.
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|\?xml|html|head|body|svg|script|iframe|style|table|img|a\s|div|math|meta|\?php)",
    re.IGNORECASE | re.DOTALL,
)
#: RFC 5322, 2.2: header fields, one a line; a saved mail begins with some of these.
_MAIL_HEAD = re.compile(
    rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:From|Date|Received|Return-Path|Message-ID|Subject):", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TEXT_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")


def sniff(content: bytes, extension: str, allowed: Mapping[str, tuple[str, ...]] = ALLOWED) -> str:
    """The media type of a file whose name ends in `extension` (lower case, without the dot, may be empty).

    `allowed` says which media types are taken, and which extensions may name each.

    :raises Invalid: when it is empty, of another kind than allowed, not what its name says, or a picture beyond bounds.
    """
    if not content:
        raise Invalid(EMPTY)
    refusal = NOT_ALLOWED if allowed is ALLOWED else NOT_EVIDENCE
    media_type = _media_type(content)
    if media_type == "text/plain" and extension == "eml" and _MAIL_HEAD.match(content):
        # A saved mail is text; what makes it one is its head.
        media_type = "message/rfc822"
    if media_type not in allowed:
        raise Invalid(refusal)
    if extension and extension not in allowed[media_type]:
        known = any(extension in extensions for extensions in allowed.values())
        raise Invalid(WRONG_NAME if known else refusal)
    if media_type.startswith("image/"):
        _check_dimensions(content, media_type)
    return media_type


def _media_type(content: bytes) -> str:
    guess = filetype.guess(content)
    if guess is not None and guess.mime in EVIDENCE:
        return str(guess.mime)
    if guess is None and content[4:8] == b"ftyp":
        # Telephones write brands that the library doesn't list (heix, hevc, mif1 with an hevc item).
        brands = {content[8:12], *(content[16 + 4 * n : 20 + 4 * n] for n in range(min(8, len(content) // 4)))}
        return "image/heic" if brands & {b"heic", b"heix", b"heim", b"heis", b"mif1"} else ""
    # Two letters make the library see a bitmap in a text that begins with 「BMW」: what reads as text is text.
    return "text/plain" if _is_plain_text(content) else ""


def _is_plain_text(content: bytes) -> bool:
    text = decode_text(content)
    return text is not None and not _CONTROL.search(text) and not _MARKUP.match(text)


def decode_text(content: bytes) -> str | None:
    """A text file's text, in whichever encoding Japanese text files have; None when it is none."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _TEXT_ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _check_dimensions(content: bytes, media_type: str) -> None:
    reader = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp, "image/heic": _heic}[media_type]
    try:
        sizes = list(reader(content))
    except (struct.error, IndexError):
        sizes = []
    if not sizes:
        raise Invalid(BROKEN)
    for width, height in sizes:
        if width == 0 or height == 0:
            raise Invalid(BROKEN)
        if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
            raise Invalid(TOO_MANY_PIXELS)


Sizes = Iterator[tuple[int, int]]


def _png(content: bytes) -> Sizes:
    """Source: PNG (ISO/IEC 15948), 11.2.2 IHDR: the first chunk holds width and height."""
    if content[12:16] == b"IHDR":
        yield struct.unpack(">II", content[16:24])


def _jpeg(content: bytes) -> Sizes:
    """Source: ITU-T T.81, B.2.2: a frame header (SOF0 … SOF15 but DHT, JPG and DAC) holds height and width."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        if marker in (0xD9, 0xDA):
            return
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            yield width, height
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]


def _webp(content: bytes) -> Sizes:
    """Source: RFC 9649 (WebP): VP8X holds the canvas, VP8 and VP8L their own frame, each as stated there."""
    kind = content[12:16]
    if kind == b"VP8X":
        yield 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    elif kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        yield width & 0x3FFF, height & 0x3FFF


def _heic(content: bytes) -> Sizes:
    """Source: ISO/IEC 23008-12, 6.5.3: each `ispe` box holds width and height of an item. A picture has several
    (tiles, preview, whole), so all are looked at."""
    at = content.find(b"ispe", 0, 1 << 20)
    while at != -1:
        if struct.unpack(">I", content[at - 4 : at])[0] == 20:
            yield struct.unpack(">II", content[at + 8 : at + 16])
        at = content.find(b"ispe", at + 4, 1 << 20)
