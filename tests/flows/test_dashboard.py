"""The dashboard as people of each role meet it: figures, files, refusals, and what a bad address gets."""

from __future__ import annotations

import csv
import gzip
import io
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.analytics.models import CaseFact
from caasis.desk.charts.board import CHARTS
from caasis.desk.charts.figure import Kind
from caasis.kernel.clock import day_in_japan
from tests.rooms.analytics.facts import fact, random_facts, save

pytestmark = pytest.mark.django_db

URL = "/desk/analysis/"


@pytest.fixture
def today() -> date:
    return day_in_japan(timezone.now())


class _Table(HTMLParser):
    """Cells of the body rows of one table, by the id of its body."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.body, self.inside, self.in_cell = body, False, False
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "tbody":
            self.inside = dict(attrs).get("id") == self.body
        elif self.inside and tag == "tr":
            self.rows.append([])
        elif self.inside and tag in ("td", "th"):
            self.in_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.in_cell = False
        elif tag == "tbody":
            self.inside = False

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data


def table_of(html: str, chart: str) -> list[list[str]]:
    parser = _Table(f"an-rows-{chart}")
    parser.feed(html)
    return parser.rows


def tile(html: str, code: str) -> str:
    return re.search(rf'id="an-{code}".*?<b>(.*?)</b>', html, re.S).group(1)


@pytest.mark.parametrize("who", ["counsellor", "counsellor2", "supervisor", "official", "outsider", "outside_official", "ncac", "analyst"])
def test_staff_and_national_roles_see_the_nation(client_for, town, today, who):
    save([fact(today, centre_id=town.centre_a.id)] + [fact(today, centre_id=town.centre_b.id) for _ in range(4)])
    response = client_for(who).get(URL)
    html = response.content.decode()
    assert response.status_code == 200
    assert tile(html, "K12") == "5"
    assert "<h1>全国の相談のようす</h1>" in html
    assert ("自分のセンター" in html) == (who not in ("ncac", "analyst"))


def test_own_centre_is_a_choice_of_its_staff_and_of_nobody_else(client_for, town, today):
    save([fact(today, centre_id=town.centre_a.id)] + [fact(today, centre_id=town.centre_b.id) for _ in range(4)])
    assert tile(client_for("counsellor").get(URL, {"area": "own"}).content.decode(), "K12") == "1"
    assert tile(client_for("outsider").get(URL, {"area": "own"}).content.decode(), "K12") == "4"
    assert client_for("analyst").get(URL, {"area": "own"}).status_code == 422


def test_the_public_is_led_to_the_login(client_for):
    client = client_for("public")
    for path in (URL, f"{URL}days.csv"):
        response = client.get(path)
        assert response.status_code == 302 and response["Location"].startswith("/accounts/login/?next=/desk/analysis/")
        assert client.get(path, headers={"HX-Request": "true"}).status_code == 401


def test_an_administrator_is_told_that_the_page_is_not_his(client_for, today):
    save([fact(today)])
    for path in (URL, f"{URL}days.csv"):
        response = client_for("admin").get(path)
        assert response.status_code == 403
        assert "センターの相談員と職員" in response.content.decode()
        assert "相談件数" not in response.content.decode()


def test_the_board_reads_the_same_number_of_times_however_many_cases(client_for, today):
    client = client_for("analyst")
    counts = []
    for more in (1, 400):
        save(random_facts(more, seed=more, until=today))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL).status_code == 200
        counts.append((len(queries), len([q for q in queries if '"analytics_case_fact"' in q["sql"]])))
    assert counts[0] == counts[1]
    assert counts[1][1] == 5, "one aggregated query a panel"


@pytest.mark.parametrize("query", ["", "compare=none", "period=4w&compare=previous", "period=52w&product=P02&age=70s"])
def test_every_file_equals_its_table(client_for, today, query):
    save(random_facts(600, seed=8, until=today, days=750))
    client = client_for("analyst")
    page = client.get(f"{URL}?{query}")
    html = page.content.decode()
    assert len(gzip.compress(page.content)) < 300_000
    for chart in CHARTS:
        link = re.search(rf'href="({URL}{chart}\.csv[^"]*)"', html).group(1).replace("&amp;", "&")
        response = client.get(link)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(rf'attachment; filename="{chart}-\d{{8}}-\d{{8}}\.csv"', response["Content-Disposition"])
        text = response.content.decode("utf-8")
        assert text.startswith("\ufeff")
        head, *rows = csv.reader(io.StringIO(text[1:]))
        figure = next(entry["figure"] for entry in page.context["figures"] if entry["figure"].key == chart)
        assert head == [column.file_label for column in figure.table.columns]
        shown = table_of(html, chart)
        assert len(rows) == len(shown) > 0
        for line, seen in zip(rows, shown, strict=True):
            for cell, words, column in zip(line, seen, figure.table.columns, strict=True):
                plain = words.replace(",", "").removesuffix("％")
                if column.kind is Kind.DAY:
                    day = date.fromisoformat(cell)
                    assert words.startswith(f"{day.month}月{day.day}日")
                elif column.is_number and words != "−":
                    assert float(cell) == float(plain.replace("−", "-").replace("±", "")), (chart, line)
                else:
                    assert cell == words
    assert sum(int(row[2].replace(",", "")) for row in table_of(html, "days")) == int(tile(html, "K12").replace(",", ""))


def test_small_cells_reach_neither_page_nor_file(client_for, today):
    save([fact(today, prefecture_code="31") for _ in range(2)] + [fact(today, prefecture_code="13") for _ in range(5)])
    client = client_for("counsellor")
    rows = {row[0]: row for row in table_of(client.get(URL).content.decode(), "prefectures")}
    assert rows["鳥取県"] == ["鳥取県", "−", "−", "−", "−"]
    assert rows["東京都"][2] == "5"
    assert "鳥取県,−,−,−,−" in client.get(f"{URL}prefectures.csv").content.decode()


def test_the_definition_stands_beside_the_figure(client_for, today):
    save([fact(today, channel="web"), fact(today)])
    html = client_for("analyst").get(URL).content.decode()
    assert "登録された相談のうち受付方法がWebのもの ÷ 登録された相談" in html
    assert "K10「Web相談率」第1版" in html
    assert "いま：Webの相談 1件 ÷ 登録された相談 2件" in html
    assert tile(html, "K10") == "50.0"


def test_the_conditions_narrow_every_figure(client_for, today):
    save(
        [fact(today, product="P021001", prefecture_code="13", age_band="70s", sales_form="shop") for _ in range(3)]
        + [fact(today, product="P0302"), fact(today, product="P0210", prefecture_code="27"), fact(today - timedelta(days=40))]
    )
    client = client_for("analyst")
    for query, expected in [
        ("", "6"), ("period=4w", "5"), ("product=P0210&period=4w", "4"), ("product=P02&area=13&period=4w", "3"),
        ("age=70s&form=shop", "3"), (f"period=dates&start={today}&end={today}", "5"), ("product=P0302&area=13", "1"),
    ]:  # fmt: skip
        assert tile(client.get(f"{URL}?{query}").content.decode(), "K12") == expected, query
    named = table_of(client.get(f"{URL}?product=P0210&compare=none").content.decode(), "products")
    assert ["1位", "酵素食品", "3"] in named, "within a product its own parts are ranked"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("period=dates&start=2026-02-30&end=2026-03-01", "始まりの日は、実際にある日付にしてください。"),
        ("period=dates&start=abc&end=", "終わりの日を入力してください。"),
        ("period=dates&start=2026-03-02&end=2026-03-01", "終わりの日を、始まりの日より後にしてください。"),
        ("period=dates&start=2020-01-01&end=2026-03-01", "期間は1年までです。終わりの日を早めてください。"),
        ("period=dates&start=0001-01-01&end=0001-01-05", "始まりの日は、2000年からの日付にしてください。"),
        ("period=dates&start=9999-12-30&end=9999-12-31", "終わりの日は、きょうまでの日にしてください。"),
        ("period=forever", "期間を、一覧から選びなおしてください。"),
        ("compare=%27+OR+1%3D1", "くらべる相手を、一覧から選びなおしてください。"),
        ("product=P9999", "商品・サービスを、一覧から選びなおしてください。"),
        ("area=99", "地域を、一覧から選びなおしてください。"),
        ("age=200s", "年代を、一覧から選びなおしてください。"),
        ("form=" + "x" * 3000, "販売のしかたを、一覧から選びなおしてください。"),
    ],
)
def test_a_bad_query_gets_a_sentence_and_keeps_the_form(client_for, today, query, sentence):
    save([fact(today)])
    client = client_for("analyst")
    for path in (URL, f"{URL}days.csv"):
        response = client.get(f"{path}?{query}&age=70s" if "age=" not in query else f"{path}?{query}")
        html = response.content.decode()
        assert response.status_code == 422
        assert html.count(sentence) == 2, "in the summary and at the field"
        assert "エラー：" in html.split("</title>")[0]
        assert "an-figures" not in html
        assert response["Content-Type"].startswith("text/html")
        if "age=" not in query:
            assert '<option value="70s" selected>' in html
        if "start=2020" in query:
            assert 'value="2020-01-01"' in html and '<option value="dates" selected>' in html


def test_unknown_parameters_and_charts(client_for, today):
    save([fact(today)])
    client = client_for("analyst")
    assert client.get(f"{URL}?utm=1&start=nonsense").status_code == 422
    assert client.get(f"{URL}?utm=1&start=2026-01-01").status_code == 200, "dates count only when they are asked for"
    assert client.get(f"{URL}passwords.csv").status_code == 404
    assert client.post(URL).status_code == 405


def test_an_empty_period_offers_a_way_on(client_for, today):
    save([fact(today - timedelta(days=200))])
    client = client_for("analyst")
    html = client.get(f"{URL}?product=P02&period=4w").content.decode()
    assert "この条件で登録された相談は、まだありません" in html and "<svg viewBox" not in html
    links = [link.replace("&amp;", "&") for link in re.findall(rf'<li><a href="({URL}[^"]*)"', html.split('id="an-figures"')[1])]
    assert links == [f"{URL}?period=4w", f"{URL}?period=52w&product=P02"]
    assert tile(client.get(links[1]).content.decode(), "K12") == "1"
    assert len(list(csv.reader(io.StringIO(client.get(f"{URL}days.csv?period=4w").content.decode())))) == 29


def test_a_page_that_follows_the_stream_gets_the_figures_alone(client_for, today):
    save([fact(today)])
    client = client_for("analyst")
    html = client.get(f"{URL}?age=60s").content.decode()
    address = re.search(r'hx-get="([^"]+)"', html).group(1).replace("&amp;", "&")
    parts = re.search(r'hx-select-oob="([^"]+)"', html).group(1).split(",")
    assert 'data-refresh-on="analytics.facts_changed"' in html and 'data-refresh-wait="2000"' in html
    response = client.get(address, headers={"HX-Request": "true"})
    fragment = response.content.decode()
    assert "<html" not in fragment and "HX-Refresh" not in response
    for part in parts:
        assert fragment.count(f'id="{part[1:]}"') == 1 == html.count(f'id="{part[1:]}"'), part
    CaseFact.objects.all().delete()
    assert client.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_no_personal_data_and_no_case_ids_are_on_the_page(client_for, today):
    row = fact(today, case_id=UUID(int=77), centre_id=UUID(int=78))
    save([row])
    html = client_for("outsider").get(URL).content.decode()
    assert str(row.case_id) not in html and str(row.centre_id) not in html
