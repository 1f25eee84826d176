"""Sentences, numbers and drawings of the charts, without a database."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caasis.analytics.selectors import Days, Pair, Totals
from caasis.cases.code_lists import code_lists
from caasis.desk.charts.ages import ages_figure
from caasis.desk.charts.days import days_figure, mean
from caasis.desk.charts.figure import Column, Kind, Table
from caasis.desk.charts.forms import forms_figure
from caasis.desk.charts.indicators import indicators
from caasis.desk.charts.ranking import ranking_figure
from caasis.desk.charts.scope import Scope
from caasis.desk.charts.svg import drawing, text, ticks
from caasis.desk.charts.tiles import map_figure, places
from caasis.desk.charts.words import Periods, change, direction, is_marked, signed, yen_short

TODAY = date(2026, 11, 20)
YEAR, NONE = Periods("今年", "前年"), Periods("この期間", "", compared=False)
FORMS = {"mail_order": "通信販売", "door_to_door": "訪問販売", "shop": "店舗購入"}
BANDS = [(term.code, term.label) for term in code_lists()["age_band"].terms()]


def scope(periods: Periods = YEAR, days: int = 84, end: date = TODAY) -> Scope:
    return Scope(end - timedelta(days=days - 1), end, TODAY, periods)


def per_day(where: Scope, now: int, then: int | None) -> Days:
    return Days(
        {day: Totals(cases=now) for day in where.days if now},
        None if then is None else {day: Totals(cases=then) for day in where.days if then},
    )


def days_take(now: int, then: int | None, forms: dict[str, tuple[int, int]] | None = None) -> str:
    where = scope(NONE if then is None else YEAR)
    by_form = {code: per_day(where, *pair) for code, pair in (forms or {}).items()}
    return days_figure(per_day(where, now, then), by_form, FORMS, where).take


def test_the_sentence_about_days_follows_the_data():
    assert days_take(120, 100, {"mail_order": (70, 55), "door_to_door": (30, 25), "shop": (20, 20)}) == (
        "最近の2週間は前年より20.0％多く、増えた分の多くは通信販売です。"
    )
    assert days_take(80, 100, {"mail_order": (30, 39), "door_to_door": (20, 31), "shop": (30, 30)}) == (
        "最近の2週間は前年より20.0％少なく、減った分の多くは訪問販売です。"
    )
    assert days_take(101, 100) == "最近の2週間は前年とほぼ同じ（+1.0％）です。"
    assert days_take(5, 0) == "最近の2週間は70件で、前年の同じ時期には登録された相談がありません。"
    assert days_take(3, None) == "最近の2週間は1日平均3.0件で、もっとも多かったのは11月19日（木）の3件です。"


def test_a_large_change_of_few_cases_is_told_in_cases():
    where = scope()
    daily = Days({where.days[-3]: Totals(cases=5)}, {where.days[-3]: Totals(cases=3)})
    assert days_figure(daily, {}, FORMS, where).take == "最近の2週間は5件、前年は3件で、偶然のゆれをこえる変化はありません。"


def test_a_rise_without_a_main_source_names_none():
    forms = {"mail_order": (41, 40), "door_to_door": (21, 20), "": (58, 40)}
    assert days_take(120, 100, forms) == "最近の2週間は前年より20.0％多くなっています。"


def ranking_take(pairs: list[Pair], periods: Periods = YEAR) -> str:
    return ranking_figure(pairs, {"A": "給湯器の点検", "B": "化粧品"}.__getitem__, scope(periods), 1000).take


def test_the_sentence_about_products_follows_the_data():
    assert ranking_take([Pair("A", 198, 100), Pair("B", 90, 95)]) == "給湯器の点検は、前年のおよそ2倍になりました。"
    assert ranking_take([Pair("A", 500, 400), Pair("B", 90, 95)]) == "給湯器の点検は、前年より25.0％増えました。"
    assert ranking_take([Pair("A", 300, 400), Pair("B", 90, 95)]) == "給湯器の点検は、前年より25.0％減りました。"
    assert ranking_take([Pair("A", 400, 401)]) == "もっとも多いのは給湯器の点検で、全体の40.0％です。前年から大きな変化はありません。"
    assert ranking_take([Pair("A", 400, None)], NONE) == "もっとも多いのは給湯器の点検で、全体の40.0％です。"
    assert ranking_take([Pair("A", 40, 0)]) == "給湯器の点検は、前年にはなく、40件ありました。"
    assert ranking_take([Pair("", 40, 0)]) == "商品・サービスのわかる相談は、まだありません。"


def ages_take(now: int, then: int | None) -> str:
    return ages_figure([Pair("70s", now, then), Pair("20s", 100, None if then is None else 100)], BANDS, scope(NONE if then is None else YEAR)).take


def test_the_sentence_about_ages_follows_the_data():
    assert ages_take(600, 400) == "70歳代は前年比+50.0％です。"
    assert ages_take(200, 400) == "70歳代は前年比−50.0％です。"
    assert ages_take(400, 401) == "年代のわかる人では70歳代がもっとも多く、80.0％です。前年から大きな変化はありません。"
    assert ages_take(400, None) == "年代のわかる人では70歳代がもっとも多く、80.0％です。"


def forms_take(**pairs: tuple[int, int | None]) -> str:
    where = scope(NONE if any(then is None for _, then in pairs.values()) else YEAR)
    return forms_figure({code: per_day(where, *pair) for code, pair in pairs.items()}, FORMS, where, 1000).take


def test_the_sentence_about_sales_forms_follows_the_data():
    assert forms_take(mail_order=(13, 10), door_to_door=(12, 10), shop=(5, 5)) == (
        "通信販売がもっとも大きく増え（前年比+30.0％）、訪問販売がつづいています。"
    )
    assert forms_take(mail_order=(10, 10), door_to_door=(6, 10)) == "訪問販売が減りました（前年比−40.0％）。"
    assert forms_take(mail_order=(10, 10)) == "もっとも多いのは通信販売で、全体の84.0％です。前年から大きな変化はありません。"
    assert forms_take(mail_order=(10, None)) == "もっとも多いのは通信販売で、全体の84.0％です。"


def test_the_lines_of_a_set_share_one_scale():
    where = scope()
    figure = forms_figure({"mail_order": per_day(where, 20, 10), "shop": per_day(where, 10, 10), "door_to_door": per_day(where, 0, 0)}, FORMS, where, 1)
    assert [panel.title for panel in figure.panels] == ["通信販売", "店舗購入"]
    heights = []
    for panel in figure.panels:
        root = ET.fromstring(panel.picture)
        line = next(node for node in root.iter("line"))
        heights.append(line.get("y1"))
    assert heights[0] == heights[1], "100 lies at the same height everywhere"
    assert [row[-1] for row in figure.table.rows] == [200.0, 100.0]


def test_too_few_cases_get_no_index():
    where = scope()
    daily = Days({where.days[0]: Totals(cases=2)}, {where.days[0]: Totals(cases=1)})
    figure = forms_figure({"shop": daily}, FORMS, where, 2)
    assert figure.panels[0].picture is None
    assert figure.table.rows == [["店舗購入", 2, 1, 1.0, None, None]]


def test_small_cells_are_hidden_in_tile_table_and_label():
    figure = map_figure([Pair("13", 4_000, 3_000), Pair("31", 2, 40), Pair("32", 40, 2), Pair("", 2, 0)], scope())
    rows = {row[0]: row for row in figure.table.rows}
    assert rows["鳥取県"] == ["鳥取県", None, None, 40, None]
    assert rows["島根県"][1:] == [pytest.approx(40 * 100_000 / 671_126), 40, None, None]
    assert rows["北海道"] == ["北海道", None, None, None, None]
    assert rows["東京都"][2:] == [4_000, 3_000, pytest.approx(1 / 3)]
    assert "鳥取" not in figure.take
    tiles = re.findall(r'<text[^>]*>([^<]+)</text><text[^>]*>([^<]+)</text>', str(figure.wide))
    assert dict(tiles)["鳥取"] == "−" and dict(tiles)["東京"] == "28"
    assert "地域のわからない" not in "".join(figure.notes), "two unknown ones would be a small cell too"
    assert len(places([])) == 47 and all(place.now is None for place in places([]))


def test_the_sentence_about_places_follows_the_data():
    def take(*pairs: Pair) -> str:
        return map_figure(list(pairs), scope()).take

    assert take(Pair("13", 4_000, 4_000), Pair("27", 3_000, 2_000)) == (
        "人口10万人あたりでは大阪がもっとも多く、東京がつづきます。前年からもっとも伸びたのは大阪（+50.0％）です。"
    )
    assert take(Pair("13", 4_000, 4_000), Pair("27", 3_000, 3_000)) == "人口10万人あたりでは大阪がもっとも多く、東京がつづきます。"
    # A place with nine cases is on the map; the sentence says that it leaves such places out.
    assert take(Pair("13", 400, 400), Pair("27", 300, 300), Pair("31", 9, 9)) == (
        "10件以上の県のうち、人口10万人あたりでは大阪がもっとも多く、東京がつづきます。"
    )
    assert take(Pair("13", 4_000, 4_000)) == "東京は人口10万人あたり28件です。"
    assert take(Pair("13", 4, 4), Pair("27", 3, 3)) == "県ごとの件数がまだ少ないため、県どうしをくらべることはできません。"
    assert take(Pair("13", 2, 2)) == "どの県も件数が少ないため、地図には出していません。"


@given(st.dictionaries(st.sampled_from([f"{n:02d}" for n in range(1, 48)]), st.integers(0, 50_000), max_size=47))
def test_every_shown_tile_lies_in_the_class_that_the_legend_names(cases):
    figure = map_figure([Pair(code, now, None) for code, now in cases.items()], scope(NONE))
    root = ET.fromstring(figure.wide)
    nodes = list(root)
    legend: dict[str, tuple[float, float]] = {}
    for index, node in enumerate(nodes):
        words = node.text or ""
        css = nodes[index - 2].get("class", "")
        if "以上" in words:
            legend[css] = (float(words.split()[0].replace(",", "")), float("inf"))
        elif "以下" in words:
            legend[css] = (float("-inf"), float(words.split()[0].replace(",", "")))
        elif "〜" in words:
            low, high = words.replace(",", "").split("〜")
            legend[css] = (float(low), float(high))
    shown = 0
    for index, node in enumerate(nodes[: 47 * 3]):
        if node.tag == "rect" and node.get("class") != "tile-none":
            low, high = legend[node.get("class", "")]
            assert low - 1e-6 <= float((nodes[index + 2].text or "").replace(",", "")) <= high + 1e-6
            shown += 1
    assert shown == len([now for now in cases.values() if now >= 3])


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_change_is_said_in_one_direction(now, then):
    way = direction(now, then)
    assert way in (-1, 0, 1) and (way == 0 or (way > 0) == (now > then))
    assert direction(then, now) in (-way, 0), "seen from the other side it is the opposite, or not worth a word"
    assert not is_marked(now, then) or way == 1
    words = change(now, then)
    assert words[0] in "+−±"
    assert (words[0] == "+" and now >= then) or (words[0] == "−" and now <= then) or words[0] == "±"


def test_numbers_in_words():
    assert [signed(value) for value in (0.0753, -0.026, 0.0001, -0.0001, None, 12.5)] == [
        "+7.5％", "−2.6％", "±0.0％", "±0.0％", "−", "+1,250.0％",
    ]  # fmt: skip
    assert [change(*pair) for pair in ((12, 10), (3, 1), (1, 3), (2, 2), (4, 0))] == ["+20.0％", "+2件", "−2件", "±0件", "+4件"]
    assert [yen_short(n) for n in (0, 99_999, 100_000, 1_234_567_890, 128_400_000_000)] == [
        ("0", "円"), ("99,999", "円"), ("10", "万円"), ("12.3", "億円"), ("1,284", "億円"),
    ]  # fmt: skip


@given(st.floats(0, 1e7), st.integers(1, 6))
def test_ticks_are_round_and_reach_the_top(top, parts):
    marks = ticks(top, parts)
    assert marks[0] == 0 and marks[-1] >= top and len(marks) >= 2
    assert len(marks) <= 2 * parts + 2
    assert str(marks[1]).strip("0") in ("1", "2", "5")


def test_the_seven_day_mean_reaches_back_before_the_period():
    counts = {TODAY - timedelta(days=back): back for back in range(10)}
    assert mean(counts, TODAY) == pytest.approx(sum(range(7)) / 7)


def test_indicators_compare_in_the_right_words():
    where = scope()
    day = where.days[0]
    daily = Days({day: Totals(120, 30, 100, 20, 300_000_000)}, {day: Totals(100, 20, 80, 16, 0)})
    tiles = {tile.definition.code: tile for tile in indicators(daily, where)}
    assert (tiles["K12"].value, tiles["K12"].compared) == ("120", "前年比 +20.0％")
    assert (tiles["K10"].value, tiles["K10"].compared) == ("25.0", "前年より5.0ポイント高い")
    assert (tiles["K14"].value, tiles["K14"].compared) == ("20.0", "前年とほぼ同じ")
    assert (tiles["K13"].value, tiles["K13"].unit, tiles["K13"].compared) == ("3.0", "億円", "前年は0円")
    assert tiles["K14"].made_of == "あっせんをした苦情 20件 ÷ 登録された苦情 100件"
    alone = {tile.definition.code: tile for tile in indicators(Days({day: Totals(1)}, None), scope(NONE))}
    assert alone["K12"].compared == "" and alone["K14"].value == "−"


def test_words_in_a_drawing_and_in_a_file_can_do_no_harm():
    assert "<script>" not in drawing(1, 1, [text(0, 0, "<script>alert(1)</script>")], label='"><script>')
    table = Table("表", [Column("名", Kind.TEXT), Column("数"), Column("比", Kind.CHANGE)], [["=HYPERLINK(1)", 2, -0.026], ["<b>", None, None]])
    assert "<b>" not in table.body()
    read = list(csv.reader(io.StringIO(table.csv().removeprefix("\ufeff"))))
    assert read == [["名", "数", "比（％）"], ["'=HYPERLINK(1)", "2", "-2.6"], ["<b>", "−", "−"]]


@pytest.mark.parametrize("days", [1, 2, 20, 21, 84, 190, 191, 366])
@pytest.mark.parametrize("periods", [YEAR, NONE])
def test_any_length_of_period_can_be_drawn(days, periods):
    where = scope(periods, days)
    daily = per_day(where, 3, 2 if periods.compared else None)
    figures = [days_figure(daily, {"shop": daily}, FORMS, where), forms_figure({"shop": daily}, FORMS, where, 3 * days)]
    for figure in figures:
        for picture in (figure.wide, figure.narrow, *(panel.picture for panel in figure.panels)):
            if picture is not None:
                numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", re.sub(r'aria-label="[^"]*"|<text.*?</text>', "", picture))]
                ET.fromstring(picture)
                assert all(-60 <= n <= 1400 for n in numbers)
    assert len(figures[0].table.rows) == days
