"""Import and export: Shift_JIS, dry run, rejected rows with reasons, idempotent, round trip."""

from __future__ import annotations

import io

import pytest

from caasis.cases.models import Case
from caasis.cases.services import importing
from caasis.kernel.actor import SYSTEM
from caasis.kernel.errors import Invalid, NotAllowed
from caasis.kernel.ids import check_digit, format_receipt_number
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

HEADER = "receipt_number,centre,received_at,kind,title,summary,handling,result,product,sales_form,amount,contract_party_is_consumer,consumer_age"


def number(n: int) -> str:
    body = f"2025{n:08d}"
    return format_receipt_number(body + check_digit(body))


def line(n: int, **more: str) -> str:
    values = {
        "number": number(n), "centre": "A01", "at": "2025-06-02T10:00", "kind": "complaint", "title": "屋根工事の契約",
        "summary": "訪問販売で屋根工事を契約した。", "handling": "助言した。", "result": "advice", "product": "P1301",
        "form": "door_to_door", "amount": "１４８万円", "same": "true", "age": "72",
    } | more  # fmt: skip
    return ",".join(values.values())


def take(text: str, **options):
    *_, report = importing.import_cases(text, actor=SYSTEM, **options)
    return report


def cases() -> int:
    with system_transaction():
        return Case.objects.count()


def test_a_file_is_taken_once(town):
    text = "\n".join([HEADER, line(1), line(2)])
    assert take(text).written == 2
    again = take(text)
    assert (again.written, again.known, cases()) == (0, 2, 2)
    with system_transaction():
        case = Case.objects.get(receipt_number=number(1))
    assert case.state == "registered" and case.contracts.get().amount == 1_480_000


def test_a_dry_run_writes_nothing(town):
    report = take("\n".join([HEADER, line(1)]), dry_run=True)
    assert (report.accepted, report.written, cases()) == (1, 0, 0)


def test_every_rejected_row_has_its_line_and_reason(town):
    rows = [
        line(1),
        line(2, number="2025-0000-00000"),
        line(3, centre="Z99"),
        line(4, at="きのう"),
        line(5, amount="たくさん"),
        line(6, form="nowhere"),
        line(7, title=""),
        line(1),
        line(8) + ",余分",
    ]
    report = take("\n".join([HEADER, *rows]))
    assert report.written == 1
    assert [one.line for one in report.rejected] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert all(one.reason.endswith("。") for one in report.rejected)


def test_all_or_nothing_keeps_a_bad_file_out(town):
    report = take("\n".join([HEADER, line(1), line(2, centre="Z99")]), all_or_nothing=True)
    assert report.rejected and cases() == 0


def test_shift_jis_is_read(town, tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes("\r\n".join([HEADER, line(1, title="①髙額な工事")]).encode("cp932"))
    assert take(importing.read_text(path)).written == 1
    path.write_bytes(b"\x81\x00\xff\xfe\xfd")
    with pytest.raises(Invalid):
        importing.read_text(path)


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3", HEADER + ",consumer_name\n", HEADER + ",title\n", "\x00"])
def test_a_wrong_header_is_refused_in_words(town, text):
    with pytest.raises(Invalid):
        take(text)


def test_only_an_administrator_imports(town):
    for actor in (town.counsellor, town.official, town.analyst):
        with pytest.raises(NotAllowed):
            list(importing.import_cases(HEADER, actor=actor))


def test_what_is_exported_can_be_imported(town):
    take("\n".join([HEADER, line(1, title="=SUM(A1)"), line(2)]))
    out = io.StringIO()
    with system_transaction():
        assert list(importing.export_cases(out, actor=SYSTEM)) == [2]
    text = out.getvalue()
    assert "'=SUM(A1)" in text and "consumer_name" not in text
    assert take(text).known == 2
    fresh = text.replace(number(1), number(11)).replace(number(2), number(12))
    assert take(fresh).written == 2
    with system_transaction():
        assert Case.objects.get(receipt_number=number(11)).title == "=SUM(A1)"
