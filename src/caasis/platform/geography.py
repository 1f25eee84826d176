"""Prefectures, municipalities and postcodes, read from the files that `tools/build_geography.py` makes.

Everything is read on first use and only as far as needed: the postcode file is cut into blocks by the first two digits,
and a look-up decompresses one block (about 28 kB of text). No Django, no network.

Codes are those of JIS X 0401 (prefecture, two digits) and JIS X 0402 (municipality, five digits). The six villages of
the Northern Territories have no postcode and are absent.
"""

from __future__ import annotations

import csv
import lzma
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

_PUNCTUATION = re.compile(r"[\s〒〠\-‐‑‒–—―−ーｰ─]")
_SEVEN_DIGITS = re.compile(r"[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Prefecture:
    """One of the 47 prefectures.

    `tile_column` (0–13) and `tile_row` (0–10) place it on the 47-tile map; `population` is the number of persons on
    1 October 2020 (令和2年国勢調査, final count).
    """

    code: str
    name: str
    short_name: str
    kana: str
    name_en: str
    tile_column: int
    tile_row: int
    population: int
    population_source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality, or a ward of a designated city (`kind` "ward", with the city's code in `parent_code`).

    `kind` is one of designated_city, ward, special_ward, city, town, village. `name` is without the county (郡).
    """

    code: str
    prefecture_code: str
    parent_code: str
    kind: str
    county: str
    name: str
    county_kana: str
    kana: str

    @property
    def name_in_address(self) -> str:
        """The name as addresses write it, with the county: 「石狩郡当別町」."""
        return self.county + self.name


@dataclass(frozen=True, slots=True)
class PostcodePlace:
    """What a postcode stands for.

    `town` is the town's name when the postcode stands for exactly one, else empty; `towns` holds all of them.
    134 postcodes lie in several municipalities: the fields describe the first that Japan Post lists, and
    `other_municipality_codes` names the rest, so that a form can ask instead of guessing.
    """

    postcode: str
    municipality_code: str
    prefecture_code: str
    prefecture_name: str
    municipality_name: str
    municipality_name_in_address: str
    town: str
    towns: tuple[str, ...]
    other_municipality_codes: tuple[str, ...]

    @property
    def address(self) -> str:
        """The beginning of the address, as far as the postcode settles it."""
        if self.other_municipality_codes:
            return ""
        return self.prefecture_name + self.municipality_name_in_address + self.town


def prefectures() -> tuple[Prefecture, ...]:
    """The 47 prefectures in order of code."""
    return tuple(_prefectures().values())


def prefecture(code: str) -> Prefecture | None:
    """The prefecture with this two-digit code."""
    return _prefectures().get(code)


def municipalities(prefecture_code: str | None = None) -> tuple[Municipality, ...]:
    """All municipalities, or those of one prefecture, in order of code; wards follow their city."""
    everything = _municipalities().values()
    return tuple(m for m in everything if prefecture_code is None or m.prefecture_code == prefecture_code)


def municipality(code: str) -> Municipality | None:
    """The municipality or ward with this five-digit code."""
    return _municipalities().get(code)


def normalise_postcode(text: str) -> str | None:
    """The seven digits of a postcode written in any usual way (〒, hyphens, full width, spaces), or None."""
    digits = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    return digits if _SEVEN_DIGITS.fullmatch(digits) else None


def look_up_postcode(text: str) -> PostcodePlace | None:
    """The place of a postcode; None when it is no postcode, or none that is in use."""
    postcode = normalise_postcode(text)
    if postcode is None:
        return None
    line = _block(postcode[:2]).get(postcode[2:])
    if line is None:
        return None
    parts = [field.split("|") for field in line.split("\t")]
    (code, *towns), others = parts[0], parts[1:]
    place = _municipalities()[code]
    return PostcodePlace(
        postcode=postcode,
        municipality_code=code,
        prefecture_code=place.prefecture_code,
        prefecture_name=_prefectures()[place.prefecture_code].name,
        municipality_name=place.name,
        municipality_name_in_address=place.name_in_address,
        town=towns[0] if len(towns) == 1 else "",
        towns=tuple(towns),
        other_municipality_codes=tuple(other[0] for other in others),
    )


def _data() -> Traversable:
    # The files belong to the room above; only their place is known here, nothing of that room is imported.
    return files("caasis").joinpath("organisations", "data")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_data().joinpath(name).read_text(encoding="utf-8").splitlines()))


@cache
def _prefectures() -> Mapping[str, Prefecture]:
    return MappingProxyType(
        {
            row["code"]: Prefecture(
                code=row["code"],
                name=row["name"],
                short_name=row["short_name"],
                kana=row["kana"],
                name_en=row["name_en"],
                tile_column=int(row["tile_column"]),
                tile_row=int(row["tile_row"]),
                population=int(row["population"]),
                population_source=row["population_source"],
                verified=row["verified"] == "true",
            )
            for row in _rows("prefectures.csv")
        }
    )


@cache
def _municipalities() -> Mapping[str, Municipality]:
    return MappingProxyType({row["code"]: Municipality(**row) for row in _rows("municipalities.csv")})


@cache
def _postcode_file() -> tuple[bytes, Mapping[str, slice]]:
    """The compressed file, and where in it the block for two first digits stands."""
    data = _data().joinpath("postcodes.xz").read_bytes()
    index = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    entries = index.decompress(data).decode().split()
    position = len(data) - len(index.unused_data)
    blocks = {}
    for key, length in zip(entries[::2], map(int, entries[1::2]), strict=True):
        blocks[key] = slice(position, position + length)
        position += length
    return data, MappingProxyType(blocks)


@lru_cache(maxsize=16)
def _block(key: str) -> Mapping[str, str]:
    """Lines of one block by the last five digits of the postcode; empty for two digits that are not in use."""
    data, blocks = _postcode_file()
    if key not in blocks:
        return MappingProxyType({})
    text = lzma.decompress(data[blocks[key]]).decode()
    return MappingProxyType(dict(line.split("\t", 1) for line in text.splitlines()))
