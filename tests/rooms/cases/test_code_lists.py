"""Code lists: what the product carries, and how versions, validity and search behave."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from caasis.engines.deadlines.vocabulary import SALES_FORMS
from caasis.kernel.terms import Term
from caasis.platform.codelists import CodeList, CodeListError, fold, load_code_lists, load_code_lists_from

LISTS = load_code_lists("caasis.cases", "codes")
LIST_HEADER = "list,version,file,title,title_en,source\n"
TERM_HEADER = "code,label,label_en,parent,valid_from,valid_to,source,verified\n"


def test_all_lists_of_the_record_are_there() -> None:
    assert set(LISTS) == {
        "kind", "route", "channel", "result", "sales_form", "transaction_type", "product", "content_class", "keyword",
        "occupation", "sex", "age_band", "residence", "party_role", "business_role", "payment_method", "harm_kind",
        "harm_degree", "ended_reason", "language", "contact_means", "led_by", "notice_means", "contact_care", "consumable_used",
        "referral_basis", "guardian_kind",
    }  # fmt: skip
    assert all(code_list.version and code_list.title and code_list.title_en for code_list in LISTS.values())


@pytest.mark.parametrize("list_id", sorted(LISTS))
def test_every_term_has_both_labels_and_a_source_and_unverified_ones_say_so(list_id: str) -> None:
    for term in LISTS[list_id].terms():
        assert term.label_en
        assert term.source
        assert term.verified is ("要確認" not in term.source), f"{term.code} {term.label}"


def test_the_sales_forms_are_the_statistical_ones() -> None:
    assert [term.code for term in LISTS["sales_form"].terms()] == [
        "shop", "door_to_door", "mail_order", "multilevel", "telephone", "negative_option", "purchase",
        "other_nonstore", "unknown",
    ]  # fmt: skip
    assert LISTS["sales_form"].label("multilevel") == "マルチ・マルチまがい"
    assert all(term.verified for term in LISTS["sales_form"].terms())


def test_the_lists_know_every_code_that_the_deadline_engine_decides_with() -> None:
    assert {term.code for term in LISTS["sales_form"].terms()} == set(SALES_FORMS)
    law = tomllib.loads(files("caasis.engines.deadlines").joinpath("law.toml").read_text(encoding="utf-8"))
    types = set(_values(law, "transaction_type"))
    assert "door_to_door" in types
    assert types <= {term.code for term in LISTS["transaction_type"].terms()}


def _values(table: object, key: str) -> Iterator[str]:
    """Values of a key in the tables of an array, wherever the array stands."""
    if isinstance(table, dict):
        for inner in table.values():
            yield from _values(inner, key)
    elif isinstance(table, list):
        yield from (entry[key] for entry in table if isinstance(entry, dict) and key in entry)


def test_the_large_classes_of_products_are_those_of_the_statistics() -> None:
    assert [term.label for term in LISTS["product"].children()] == [
        "商品一般", "食料品", "住居品", "光熱水品", "被服品", "保健衛生品", "教養娯楽品", "車両・乗り物", "土地・建物・設備", "他の商品",
        "クリーニング", "レンタル・リース・貸借", "工事・建築・加工", "修理・補修", "管理・保管", "役務一般", "金融・保険サービス",
        "運輸・通信サービス", "教育サービス", "教養・娯楽サービス", "保健・福祉サービス", "他の役務", "内職・副業・ねずみ講",
        "他の行政サービス", "他の相談",
    ]  # fmt: skip


def test_every_large_class_can_be_narrowed_down_and_paths_lead_back() -> None:
    products = LISTS["product"]
    assert all(products.children(term.code) for term in products.children())
    for term in products.terms():
        path = products.path(term.code)
        assert path[0].parent == ""
        assert path[-1] == term
        assert [narrow.parent for narrow in path[1:]] == [broad.code for broad in path[:-1]]
    assert products.path("nothing") == ()


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("屋根", "屋根工事"),
        ("瓦", "屋根工事"),
        ("給湯器", "給湯器"),
        ("きゅうとうき", "給湯器"),
        ("エコキュート", "給湯器"),
        ("光回線", "光回線"),
        ("ひかりかいせん", "光回線"),
        ("化粧品", "化粧品"),
        ("サプリ", "健康食品"),
        ("ｴｽﾃ", "エステティックサービス"),
        ("えすて", "エステティックサービス"),
        ("結婚相談所", "結婚相手紹介サービス"),
        ("敷金", "賃貸アパート"),
        ("トイレつまり", "水回り修理"),
        ("ＳＮＳ型投資詐欺", "投資顧問・投資情報"),
        ("屋根　瓦", "屋根工事"),
        ("water heater", "給湯器"),
    ],
)
def test_everyday_words_lead_to_the_product(words: str, label: str) -> None:
    assert LISTS["product"].search(words, limit=1)[0].label == label


def test_a_sentence_finds_the_product_that_stands_in_it() -> None:
    assert "給湯器" in [term.label for term in LISTS["product"].search("給湯器の点検だと言って人が来ました")]


def test_search_respects_its_limit_and_finds_nothing_for_nothing() -> None:
    assert len(LISTS["product"].search("サービス", limit=3)) == 3
    assert LISTS["product"].search("サービス", limit=0) == ()
    assert LISTS["product"].search("・　") == ()
    assert LISTS["product"].search("ぬぬぬ") == ()


def test_folding_ignores_width_case_kana_and_punctuation() -> None:
    assert fold("ｸｰﾘﾝｸﾞ・オフ（Ｗｅｂ）") == fold("くーりんぐおふweb") == "くーりんぐおふweb"


def test_labels_speak_both_languages_and_unknown_codes_stay_readable() -> None:
    assert LISTS["kind"].label("complaint") == "苦情"
    assert LISTS["kind"].label("complaint", lang="en") == "Complaint"
    assert LISTS["kind"].label("gone") == "gone"
    assert not LISTS["kind"].is_valid("gone")


def test_a_second_version_leaves_the_old_one_readable(tmp_path: Path) -> None:
    """The official list changes: one code gets a new label, one disappears, one is new."""
    _write(
        tmp_path,
        "sales_form,2025-1,old.csv,販売購入形態,Sales form,a\nsales_form,2027-1,new.csv,販売購入形態,Sales form,b\n",
        old="shop,店舗購入,Shop,,,,s,true\nnegative_option,ネガティブ・オプション,Unsolicited goods,,,,s,true\n",
        new="shop,店舗,Shop,,,,s,true\nlive,ライブ配信販売,Live selling,,2027-04-01,,s,true\n",
    )
    newest = load_code_lists_from(tmp_path)["sales_form"]
    assert newest.version == "2027-1"
    assert newest.versions == ("2027-1", "2025-1")
    assert newest.label("shop") == "店舗"
    assert newest.at_version("2025-1").label("shop") == "店舗購入", "a case shows the label it was coded with"
    assert newest.label("negative_option") == "ネガティブ・オプション", "a code that was dropped is still readable"
    assert not newest.is_valid("negative_option"), "but it can't be entered any more"
    assert newest.at_version("2025-1").is_valid("negative_option")
    assert newest.at_version("2025-1").label("live") == "live"
    assert newest.at_version("2027-1") is newest
    with pytest.raises(KeyError):
        newest.at_version("2030-1")


def test_versions_are_ordered_by_number_and_not_by_the_order_of_the_lines(tmp_path: Path) -> None:
    lists = "".join(f"x,{version},x.csv,X,X,s\n" for version in ("2025-10", "2024-11", "2025-2"))
    _write(tmp_path, lists, x="a,あ,A,,,,s,true\n")
    assert load_code_lists_from(tmp_path)["x"].versions == ("2025-10", "2025-2", "2024-11")


def test_a_code_may_change_its_label_within_a_version(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "age,1,age.csv,年代,Age,s\n",
        age="adult,成年（20歳以上）,Adult,,,2022-03-31,s,true\nadult,成年（18歳以上）,Adult,,2022-04-01,,s,true\n"
        "minor,未成年,Minor,,,2022-03-31,s,true\n",
    )
    ages = load_code_lists_from(tmp_path)["age"]
    assert ages.label("adult", on=date(2022, 3, 31)) == "成年（20歳以上）"
    assert ages.label("adult", on=date(2022, 4, 1)) == "成年（18歳以上）"
    assert ages.label("adult") == "成年（18歳以上）"
    assert ages.is_valid("minor", on=date(2022, 3, 31))
    assert not ages.is_valid("minor", on=date(2022, 4, 1))
    assert ages.label("minor", on=date(2025, 1, 1)) == "未成年", "an expired term stays readable"
    assert [term.label for term in ages.terms(on=date(2023, 1, 1))] == ["成年（18歳以上）"]
    assert [term.label for term in ages.children(on=date(2020, 1, 1))] == ["成年（20歳以上）", "未成年"]
    assert ages.search("未成年") == ()
    assert [term.code for term in ages.search("未成年", on=date(2020, 1, 1))] == ["minor"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a,,A,,,,s,true\n", "line 2.*label"),
        ("a,あ,A,,,,s,yes\n", "line 2.*verified"),
        ("a,あ,A,,2025-4-1,,s,true\n", "line 2.*2025-4-1"),
        ("a,あ,A,b,,,s,true\n", "parent b of a"),
        ("a,あ,A,,,,s,true\na,い,A,,,,s,true\n", "a stands twice"),
        ("a,あ,A,,,2025-01-01,s,true\na,い,A,,2025-01-01,,s,true\n", "a stands twice"),
        ("b,び,B,,,,s,true\na,あ,A,,,2025-01-01,s,true\na,い,A,b,2025-01-02,,s,true\n", "two parents"),
        ("a,あ,A,b,,,s,true\nb,い,B,a,,,s,true\n", "own ancestor"),
        ("a,あ,A,,,,s\n", "line 2.*columns"),
        ("a,あ,A,,,,s,true,more\n", "line 2.*columns"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, lines: str, message: str) -> None:
    _write(tmp_path, "x,1,x.csv,X,X,s\n", x=lines)
    with pytest.raises(CodeListError, match=message):
        load_code_lists_from(tmp_path)


def test_a_missing_file_a_missing_column_and_a_version_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeListError, match=r"lists\.csv is missing"):
        load_code_lists_from(tmp_path)
    _write(tmp_path, "x,1,x.csv,X,X,s\nx,1,x.csv,X,X,s\n", x="")
    with pytest.raises(CodeListError, match="twice"):
        load_code_lists_from(tmp_path)
    _write(tmp_path, "x,1,x.csv,X,X,s\n")
    (tmp_path / "x.csv").write_text("code,label\n", encoding="utf-8")
    with pytest.raises(CodeListError, match="no column label_en"):
        load_code_lists_from(tmp_path)


def test_terms_are_valid_from_their_first_to_their_last_day() -> None:
    term = Term(code="a", label="あ", valid_from=date(2025, 4, 1), valid_to=date(2026, 3, 31))
    assert [term.is_valid_on(day) for day in (date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 31), date(2026, 4, 1))] == [
        False, True, True, False,
    ]  # fmt: skip
    assert Term(code="a", label="あ").is_valid_on(date.min)
    assert Term(code="a", label="あ").label_in("en") == "あ"


def test_a_better_match_comes_first() -> None:
    terms = [Term("1", "水道修理"), Term("2", "修理一般"), Term("3", "工事", search_words=("修理",)), Term("4", "修理")]
    code_list = CodeList(list_id="x", version="1", title="X", terms=terms)
    assert [term.code for term in code_list.search("修理")] == ["4", "3", "2", "1"]


def _write(folder: Path, lists: str, **files: str) -> None:
    (folder / "lists.csv").write_text(LIST_HEADER + lists, encoding="utf-8")
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text(TERM_HEADER + lines, encoding="utf-8")
