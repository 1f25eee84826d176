"""The published figures as a reader sees them, and as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from caasis.analytics.published import forget_published
from caasis.kernel.clock import day_in_japan, fiscal_year
from caasis.portal.page import PUBLIC_CACHE
from tests.rooms.analytics.facts import fact, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def last_month() -> date:
    """A day of the last whole month."""
    return day_in_japan(timezone.now()).replace(day=1) - timedelta(days=1)


@pytest.fixture
def visitor(town: Any, settings: Any, last_month: date) -> Iterator[Client]:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    save(
        [fact(last_month, sales_form="mail_order") for _ in range(1_240)]
        + [fact(last_month, sales_form="door_to_door") for _ in range(30)]
        + [fact(last_month, sales_form="purchase") for _ in range(12)]
        + [fact(last_month, sales_form="multilevel") for _ in range(2)]
    )
    forget_published()
    yield Client()
    forget_published()


def rows(html: str, table: str) -> dict[str, str]:
    part = html.split(f'id="t-{table}"')[1].split("</table>")[0]
    found = re.findall(r'<th scope="row">(.*?)</th><td[^>]*>(.*?)</td>', part)
    return dict(found)


def test_the_table_says_what_the_bars_show(visitor: Client, last_month: date) -> None:
    html = visitor.get("/statistics/").content.decode()
    assert "<b>1,284件</b>" in html and f"{last_month.year}年{last_month.month}月" in html
    forms = rows(html, "sales_form")
    assert forms["通信販売"] == "1,240" and forms["訪問販売"] == "30"
    assert rows(html, "product") == {"食料品": "1,284"}
    assert html.count('aria-hidden="true"><svg') >= 3 and "<caption" in html


def test_few_cases_and_what_would_give_them_away_are_not_shown(visitor: Client) -> None:
    forms = rows(visitor.get("/statistics/").content.decode(), "sales_form")
    assert forms["マルチ・マルチまがい"] == forms["訪問購入"] == "少数のため非表示"
    text = visitor.get("/statistics/data.csv").content.decode("utf-8-sig")
    hidden = [line for line in csv.DictReader(io.StringIO(text)) if line["備考"] == "少数のため非表示"]
    assert {line["項目"] for line in hidden} == {"マルチ・マルチまがい", "訪問購入"} and all(line["件数"] == "" for line in hidden)


def test_the_file_holds_the_same_figures(visitor: Client, last_month: date) -> None:
    answer = visitor.get("/statistics/data.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Cache-Control"] == PUBLIC_CACHE
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert found[0] | {"備考": ""} == {
        "年度": str(fiscal_year(last_month)), "分け方": "合計", "項目": "合計", "件数": "1284", "備考": "",
    }  # fmt: skip
    assert {"販売方法別", "品物・サービス別", "月別"} < {line["分け方"] for line in found}


def test_staff_see_nothing_more(visitor: Client, client_for: Any) -> None:
    assert client_for("analyst").get("/statistics/").content == visitor.get("/statistics/").content


def test_an_earlier_year_can_be_chosen(visitor: Client, last_month: date) -> None:
    year = fiscal_year(last_month) - 1
    save([fact(date(year, 6, 1), sales_form="shop") for _ in range(15)])
    html = visitor.get(f"/statistics/?year={year}").content.decode()
    assert rows(html, "sales_form") == {"店舗購入": "15"} and 'aria-current="page"' in html
    assert f"data.csv?year={year}" in html


@pytest.mark.parametrize("year", ["0000", "9999", "x", "<script>", "-1", "２０２６", "20260", "%00"])
def test_a_year_that_is_none_shows_the_newest(visitor: Client, year: str) -> None:
    for path in ("/statistics/", "/statistics/data.csv"):
        answer = visitor.get(f"{path}?year={year}")
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or "1,284" in answer.content.decode() or "1284" in answer.content.decode()


def test_a_sample_is_called_one(visitor: Client, last_month: date) -> None:
    assert "実際の件数ではありません" not in visitor.get("/statistics/").content.decode()
    forget_published()
    save([fact(last_month, is_demo=True)])
    assert "実際の件数ではありません" in visitor.get("/statistics/").content.decode()


def test_without_figures_it_is_said(town: Any, settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    forget_published()
    client = Client()
    assert "まだ、公表できる件数はありません" in client.get("/statistics/").content.decode()
    assert client.get("/statistics/data.csv").status_code == 200


def test_it_counts_once_for_many_readers(visitor: Client, django_assert_max_num_queries: Any) -> None:
    visitor.get("/statistics/")
    with django_assert_max_num_queries(4):
        visitor.get("/statistics/")
