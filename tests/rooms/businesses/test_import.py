"""The corporate-number register: taken in row by row, every bad row named, gone on with after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caasis.businesses.models import Business, BusinessAlias, BusinessKey, KeyCount, RegisterImport
from caasis.businesses.selectors import suggest
from caasis.businesses.services import importing
from caasis.businesses.services.importing import Progress, RejectedLine, import_register
from caasis.engines.identity import corporate_check_digit
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_system")]


def number(place: int) -> str:
    body = f"{place:012d}"
    return f"{corporate_check_digit(body)}{body}"


def line(place: int, name: str, *, kana: str = "", process: str = "01", latest: str = "1", hidden: str = "0", closed: str = "", no: str = "") -> str:
    cells = [
        "1", no or number(place), process, "0", "2026-10-01", "2026-10-01", name, "", "301", "東京都", "見本区", f"架空{place}丁目", "", "13", "101",
        "1000001", "", "", closed, "", "", "", "2015-10-05", latest, "", "", "", "", kana, hidden,
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells) + "\r\n"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def make(*lines: str, encoding: str = "utf-8", name: str = "register.csv") -> Path:
        path = tmp_path / name
        path.write_bytes("".join(lines).encode(encoding))
        return path

    return make


def run(path: Path, **more: Any) -> Progress:
    *_, progress = import_register(path, actor=SYSTEM, **more)
    assert progress.finished
    return progress


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_rows_become_businesses_that_are_found(write, encoding):
    done = run(write(line(1, "株式会社カクウルーフ", kana="カクウルーフ"), line(2, "見本工業有限会社"), encoding=encoding))
    assert (done.lines, done.added, done.rejected) == (2, 2, 0)
    business = Business.objects.get(corporate_number=number(1))
    assert (business.name, business.kana, business.address, business.source) == ("株式会社カクウルーフ", "カクウルーフ", "東京都見本区架空1丁目", "register")
    assert suggest(actor=SYSTEM, name="かくーるーふ")[0].business == business
    assert suggest(actor=SYSTEM, name="みほんこうぎょう")[0].business.corporate_number == number(2)


def test_every_bad_row_is_named_with_its_line_and_the_rest_is_taken(write):
    rejected: list[RejectedLine] = []
    path = write(
        line(1, "株式会社見本"), "ただの文\r\n", line(2, "", no=number(2)), line(3, "見本", no="1234567890123"), line(4, "見本四", closed="令和"),
        "\r\n", "\x00" + line(5, "見本五"), "あ" * 40_000 + "\r\n", line(6, "見本六"),
    )  # fmt: skip
    done = run(path, on_rejected=rejected.append)
    assert [one.line for one in rejected] == [2, 3, 4, 5, 7, 8] and done.rejected == 6 and done.added == 2 and done.lines == 9
    assert all(one.reason.endswith("。") for one in rejected) and done.first_rejected == rejected


def test_a_byte_that_is_no_character_spoils_its_row_only(write, tmp_path):
    path = tmp_path / "spoiled.csv"
    path.write_bytes(line(1, "見本一").encode() * 1 + b'"\xff\xfe"\r\n' + line(2, "見本二").encode())
    # The first megabyte is not UTF-8 as a whole, and no CP932 either.
    with pytest.raises(Invalid):
        run(path)
    path.write_bytes("".join(line(place, f"見本{place}") for place in range(1, 9_000)).encode() + b'"\xff\xfe"\r\n')
    rejected: list[RejectedLine] = []
    assert run(path, on_rejected=rejected.append).added == 8_999 and rejected[0].line == 9_000


def test_what_is_no_present_entry_is_left_out(write):
    done = run(write(line(1, "見本", latest="0"), line(2, "見本", process="99"), line(3, "見本", hidden="1"), line(4, "見本")))
    assert (done.added, done.left_out, done.rejected) == (1, 3, 0)


def test_the_same_file_twice_changes_nothing(write):
    path = write(line(1, "株式会社見本", kana="ミホン"), line(1, "株式会社見本改", kana="ミホンカイ"))
    assert run(path).added == 1 and Business.objects.get().name == "株式会社見本改"
    again = run(path)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1) and BusinessKey.objects.count() == 1
    assert RegisterImport.objects.filter(finished_at=None).count() == 0


def test_a_newer_file_changes_what_changed_and_the_old_name_stays_an_alias(write):
    run(write(line(1, "株式会社見本"), line(2, "株式会社架空")))
    done = run(write(line(1, "株式会社ベツメイ", kana="ベツメイ"), line(2, "株式会社架空", closed="2026-09-30"), name="newer.csv"))
    assert (done.changed, done.added) == (2, 0)
    renamed = Business.objects.get(corporate_number=number(1))
    assert renamed.name == "株式会社ベツメイ" and renamed.version == 2 and BusinessAlias.objects.get().value == "株式会社見本"
    assert {one.business for one in suggest(actor=SYSTEM, name="見本") if one.confidence > 0.7} == {renamed}
    assert str(Business.objects.get(corporate_number=number(2)).closed_on) == "2026-09-30"


def test_a_business_that_was_met_before_the_register_came_becomes_the_registers(write):
    met = Business.objects.create(name="カクウ", normalised_name="カクウ", corporate_number=number(1))
    run(write(line(1, "株式会社カクウルーフ", kana="カクウルーフ")))
    met.refresh_from_db()
    assert met.name == "株式会社カクウルーフ" and met.source == "register" and met.aliases.get().value == "カクウ"


def test_an_interrupted_import_goes_on_where_it_stopped(write):
    path = write(*(line(place, f"株式会社見本{place}") for place in range(1, 8)))
    stopped = import_register(path, actor=SYSTEM, batch=3)
    next(stopped)
    stopped.close()
    assert Business.objects.count() == 3
    done = run(path, batch=3)
    assert done.begun_at_line == 3 and done.added == 7 and done.lines == 7 and Business.objects.count() == 7
    assert RegisterImport.objects.get().finished_at is not None


def test_an_interrupted_import_can_begin_afresh(write):
    path = write(*(line(place, f"株式会社見本{place}") for place in range(1, 8)))
    next(import_register(path, actor=SYSTEM, batch=3))
    done = run(path, batch=3, afresh=True)
    assert done.begun_at_line == 0 and (done.added, done.unchanged) == (4, 3)


def test_common_keys_are_counted_at_the_end(write, monkeypatch):
    monkeypatch.setattr(importing, "COMMON", 3)
    run(write(*(line(place, f"見本{place}商店") for place in range(1, 6))))
    assert KeyCount.objects.filter(rows__gte=5).exists() and not KeyCount.objects.filter(rows__lt=3).exists()


def test_an_empty_file_is_refused_in_words(write):
    with pytest.raises(Invalid, match="空です"):
        run(write())


def test_only_the_system_imports(write, town):
    with pytest.raises(NotAllowed):
        next(import_register(write(line(1, "見本")), actor=town.official))


def test_the_command_shows_what_was_taken_and_where_the_bad_rows_are(write, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from caasis.config.command import import_businesses

    monkeypatch.setattr("caasis.config.bootstrap.start_django", lambda: None)
    monkeypatch.setattr(importing, "analyse_tables", lambda: None)
    bad = tmp_path / "bad.csv"
    outcome = CliRunner().invoke(import_businesses.command, [str(write(line(1, "見本商会"), "ちがう\r\n")), "--rejected", str(bad)])
    assert outcome.exit_code == 1 and "新しい事業者1件" in outcome.output and "2行目" in outcome.output
    assert bad.read_text(encoding="utf-8-sig").startswith("2,列が1あります")
    rebuilt = CliRunner().invoke(import_businesses.command, ["--rebuild-keys"])
    assert rebuilt.exit_code == 0 and "手がかりを作りました" in rebuilt.output
    assert CliRunner().invoke(import_businesses.command, []).exit_code == 2
