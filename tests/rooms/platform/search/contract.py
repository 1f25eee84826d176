"""What every search index does. A test module of an adapter inherits `SearchContract` and brings a fixture `index`.

The index counts its default range back from `documents.TODAY`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from caasis.kernel.errors import Invalid
from caasis.platform.search import EVERYTHING, AllOf, AnyOf, Days, Has
from caasis.platform.search.ports import COUNT_CAP, ProjectedIndex, SearchPage
from tests.rooms.platform.search.documents import TODAY, document, id_of

ROOF = document(
    "roof",
    "屋根瓦の点検商法",
    "突然訪問した業者に屋根瓦がずれていると言われ、高額な修理契約をした。",
    centre="a",
    status="open",
)
BEAUTY = document(
    "beauty", "エステの中途解約", "エステティックサロンに解約を申し出たが、違約金が高い。", centre="a", status="closed"
)
ONLINE = document(
    "online", "定期購入の解約", "お試しのつもりが定期購入だった。解約の電話がつながらない。", centre="b", status="open"
)
WATER = document(
    "water",
    "水漏れ修理",
    "トイレの水漏れで業者を呼んだら、広告よりはるかに高い請求を受けた。",
    centre="b",
    status="open",
)
ALL = (ROOF, BEAUTY, ONLINE, WATER)


def names(page: SearchPage) -> set[str]:
    known = {item.id: name for name, item in (("roof", ROOF), ("beauty", BEAUTY), ("online", ONLINE), ("water", WATER))}
    return {known.get(hit.id, hit.id) for hit in page.hits}


def texts_of(*documents: Any) -> Any:
    """A `fetch_text` over these documents."""
    texts = {item.id: f"{item.title}\n{item.body}\n{item.reading}" for item in documents}

    def fetch(ids: Sequence[str]) -> Mapping[str, str]:
        return {id: texts[id] for id in ids if id in texts}

    return fetch


class SearchContract:
    @pytest.fixture
    def filled(self, index: ProjectedIndex) -> ProjectedIndex:
        index.upsert(ALL)
        index.refresh()
        return index

    # --- writing -------------------------------------------------------------------------------------------------

    def test_a_document_is_found_after_refresh_and_not_before(self, index: ProjectedIndex) -> None:
        index.upsert([ROOF])
        assert index.search("屋根瓦", EVERYTHING).hits == ()
        index.refresh()
        assert names(index.search("屋根瓦", EVERYTHING)) == {"roof"}

    def test_upsert_replaces_the_document_of_the_same_id(self, filled: ProjectedIndex) -> None:
        filled.upsert([replace(ROOF, title="外壁塗装", body="外壁の塗装を勧められた。")])
        filled.refresh()
        assert names(filled.search("屋根瓦", EVERYTHING)) == set()
        assert names(filled.search("外壁", EVERYTHING)) == {"roof"}
        assert filled.stats().documents == 4

    def test_a_document_that_moves_to_another_year_is_there_once(self, filled: ProjectedIndex) -> None:
        moved = document("roof", ROOF.title, ROOF.body, day=date(2025, 5, 1), centre="a")
        filled.upsert([moved])
        filled.refresh()
        assert [hit.day for hit in filled.search("屋根瓦", EVERYTHING).hits] == [date(2025, 5, 1)]
        filled.upsert([ROOF])
        filled.upsert([moved])
        filled.refresh()
        assert filled.stats().documents == 4

    def test_a_deleted_document_is_gone_and_unknown_ids_are_ignored(self, filled: ProjectedIndex) -> None:
        filled.delete([ROOF.id, id_of("nobody")])
        filled.refresh()
        assert names(filled.search("業者", EVERYTHING)) == {"water"}

    def test_a_poison_row_is_quarantined_withdrawn_and_the_rest_goes_through(self, filled: ProjectedIndex) -> None:
        poison: list[Any] = [
            replace(ROOF, title=42),
            replace(document("when"), day=datetime(2026, 11, 21, 9)),  # noqa: DTZ001
            replace(document("terms"), terms={"centre": "a"}),
            replace(document("field"), terms={"a.b": ("x",)}),
            replace(document("surrogate"), body="\ud800"),
            replace(document("year"), fiscal_year=2019),
            replace(document("id"), id="17"),
        ]
        filled.upsert([*poison, document("fine", "墓石の契約")])
        filled.refresh()
        assert [hit.id for hit in filled.search("墓石", EVERYTHING).hits] == [id_of("fine")]
        assert names(filled.search("屋根瓦", EVERYTHING)) == set()
        reasons = {row.id: row.reason for row in filled.stats().quarantined}
        assert reasons[ROOF.id] == "title is no text"
        assert reasons[id_of("when")] == "day is no date"
        assert reasons[id_of("terms")] == "terms of centre are no tuple"
        assert len(reasons) == len(poison)

    def test_a_mended_row_leaves_the_quarantine(self, index: ProjectedIndex) -> None:
        wrong: Any = replace(ROOF, title=42)
        index.upsert([wrong])
        index.refresh()
        assert len(index.stats().quarantined) == 1
        index.upsert([ROOF])
        index.refresh()
        assert index.stats().quarantined == ()

    # --- the query language --------------------------------------------------------------------------------------

    def test_two_characters_are_found_inside_a_longer_word(self, filled: ProjectedIndex) -> None:
        assert names(filled.search("屋根", EVERYTHING)) == {"roof"}

    def test_a_blank_means_and(self, filled: ProjectedIndex) -> None:
        assert names(filled.search("業者", EVERYTHING)) == {"roof", "water"}
        assert names(filled.search("業者　水漏れ", EVERYTHING)) == {"water"}

    def test_quotation_marks_of_either_kind_make_a_phrase(self, filled: ProjectedIndex) -> None:
        assert names(filled.search("修理契約", EVERYTHING)) >= {"roof"}
        for phrase in ('"修理契約"', "「修理契約」", "＂修理契約"):
            assert names(filled.search(phrase, EVERYTHING)) == {"roof"}
        assert names(filled.search("「契約修理」", EVERYTHING)) == set()

    def test_a_phrase_does_not_run_from_the_title_into_the_body(self, index: ProjectedIndex) -> None:
        index.upsert([document("border", "解約", "電話がつながらない")])
        index.refresh()
        assert index.search("「解約電話」", EVERYTHING).hits == ()

    def test_a_hyphen_excludes(self, filled: ProjectedIndex) -> None:
        for typed in ("業者 -屋根", "業者　－屋根", "業者 -「屋根瓦」"):
            assert names(filled.search(typed, EVERYTHING)) == {"water"}
        assert names(filled.search("-業者", EVERYTHING)) == {"beauty", "online"}

    def test_width_and_case_and_old_characters_are_forgiven(self, index: ProjectedIndex) -> None:
        index.upsert([document("w", "ﾎﾟｲﾝﾄ還元", "ＡＢＣショップの髙額請求、渡邊通りの店")])
        index.refresh()
        for typed in ("ポイント", "ﾎﾟｲﾝﾄ", "abc", "ＡＢＣ", "高額", "髙額", "渡辺"):
            assert len(index.search(typed, EVERYTHING).hits) == 1, typed

    def test_words_typed_in_kana_are_found_by_their_sound(self, filled: ProjectedIndex) -> None:
        for typed in ("やねがわら", "ヤネガワラ", "やねが", "やね"):
            assert "roof" in names(filled.search(typed, EVERYTHING)), typed
        assert "roof" not in names(filled.search("みずもれ", EVERYTHING))

    def test_a_reading_that_is_not_in_the_text_is_found(self, index: ProjectedIndex) -> None:
        index.upsert([document("r", "東雲商会", reading="しののめしょうかい")])
        index.refresh()
        assert len(index.search("しののめしょうかい", EVERYTHING).hits) == 1

    def test_another_inflection_is_found(self, filled: ProjectedIndex) -> None:
        assert "water" in names(filled.search("呼ぶ", EVERYTHING))

    def test_a_whole_question_finds_what_shares_its_words(self, filled: ProjectedIndex) -> None:
        page = filled.search("屋根瓦がずれていると業者が突然訪問してきて修理契約をさせられました", EVERYTHING)
        assert page.hits[0].id == ROOF.id

    def test_a_question_with_few_answers_finds_what_shares_its_telling_word(self, index: ProjectedIndex) -> None:
        many = [document(f"m{n}", "契約の相談", "業者に電話をした") for n in range(40)]
        stone, sound = document("stone", "墓石", "石材店で買った"), document("sound", "撤去", "古い物を捨てる")
        index.upsert([*many, stone, sound])
        index.refresh()

        def found(query: str, **options: Any) -> set[str]:
            page = index.search(query, EVERYTHING, fetch_text=texts_of(*many, stone, sound), limit=100, **options)
            assert page.count is not None and (page.count.value, page.count.exact) == (len(page.hits), True)
            return names(page)

        assert found("墓石の納期は") == {stone.id}
        assert found("墓石の納期をてっきょ日にするか") == {stone.id, sound.id}
        # Not what most documents say, not sorted by day, not what means AND, not when there are answers enough.
        assert found("墓石の納期は", sort="newest") == found("墓石 納期") == found("墓石納期") == set()
        assert found("電話の納期は") == set()
        assert len(found("業者に墓石の電話を")) == 40

    def test_a_sentence_around_a_quotation_is_found_by_its_characters(self, index: ProjectedIndex) -> None:
        # 業者 is no word of this text, nor are its words half of those asked for.
        sample = document("quote", "墓石", "石材業者が「解約」はできないと言う")
        index.upsert([sample])
        index.refresh()
        for query in ("業者が「解約」はできない", "墓石の契約を「解約」できないと言う業者は", "石材業者が「解約」を拒む"):
            for fetch in (None, texts_of(sample)):
                assert names(index.search(query, EVERYTHING, fetch_text=fetch)) == {sample.id}, query

    def test_a_quotation_in_a_sentence_that_stands_nowhere_is_found_as_it_sounds(self, index: ProjectedIndex) -> None:
        sample, other = document("heard", "定期購入の解約", "保証金の電話がつながらない"), document("other", "屋根", "「雨樋」の修理")
        index.upsert([sample, other])
        index.refresh()
        for query in ("「ていきこうにゅう」を解約する電話", "「補償金」を解約する電話"):
            for fetch in (None, texts_of(sample, other)):
                page = index.search(query, EVERYTHING, fetch_text=fetch)
                assert names(page) == {sample.id} and page.heard == (query[1 : query.index("」")],), query
        # What stands somewhere means what is written, and so does a quotation that no sentence is around.
        for query in ("「あまどい」", "「雨樋」を解約する電話"):
            page = index.search(query, EVERYTHING)
            assert sample.id not in names(page) and not page.heard, query

    def test_a_filter_that_lets_little_through_hides_nothing_that_it_lets_through(self, index: ProjectedIndex) -> None:
        many = [document(f"many{number}", "解約", "定期購入の話", centre="many") for number in range(30)]
        rare = [document("rare", "解約", "定期購入の話", centre="rare"), document("bare", "屋根", "修理", centre="rare")]
        index.upsert([*many, *rare])
        index.refresh()
        # Characters that are no word, a word, a phrase, and what is excluded.
        for query in ("期購", "定期購入", "「期購入の」", "-屋根"):
            assert names(index.search(query, Has("centre", "rare"))) == {rare[0].id}, query
            assert names(index.search(query, AllOf(Has("kind", "case"), AnyOf(Has("centre", "rare"))))) == {rare[0].id}, query
        assert {hit.id for hit in index.similar("定期購入の解約", AnyOf(Has("centre", "rare"), Has("centre", "none")))} == {rare[0].id}

    def test_synonyms_are_searched_beside_the_term(self, filled: ProjectedIndex) -> None:
        assert names(filled.search("サブスク", EVERYTHING)) == set()
        page = filled.search("サブスク解約", EVERYTHING, synonyms={"サブスク解約": ("定期購入",)})
        assert names(page) == {"online"}
        assert names(filled.search("サブスクだった", EVERYTHING, synonyms={"ｻﾌﾞｽｸ": ("定期購入",)})) == {"online"}

    def test_an_empty_query_lists_everything_newest_first(self, filled: ProjectedIndex) -> None:
        filled.upsert([document("old", "昔の相談", day=TODAY - timedelta(days=300))])
        filled.refresh()
        page = filled.search(" 　", EVERYTHING)
        assert len(page.hits) == 5
        assert page.hits[-1].id == id_of("old")

    @pytest.mark.parametrize(
        "typed", ['"', "「", "-", "- -", "()", "a:b", "*", "AND OR", "\\", "\x00", "・", "。", "\U0001f600" * 3]
    )
    def test_no_input_is_an_error(self, filled: ProjectedIndex, typed: str) -> None:
        assert len(filled.search(typed, EVERYTHING).hits) <= 4

    # --- ranking, sorting, paging --------------------------------------------------------------------------------

    def test_a_word_in_the_title_outranks_one_in_the_body(self, index: ProjectedIndex) -> None:
        index.upsert(
            [document("body", "相談", "墓石の契約について聞いた"), document("title", "墓石", "契約について聞いた")]
        )
        index.refresh()
        assert [hit.id for hit in index.search("墓石", EVERYTHING).hits] == [id_of("title"), id_of("body")]

    def test_a_phrase_in_the_title_outranks_one_in_the_body(self, index: ProjectedIndex) -> None:
        index.upsert(
            [document("title", "墓石", "契約について聞いた"), document("body", "相談", "墓石の契約について聞いた")]
        )
        index.refresh()
        assert [hit.id for hit in index.search("「墓石」", EVERYTHING).hits] == [id_of("title"), id_of("body")]

    @pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
    def test_pages_follow_each_other_without_gap_or_repetition(self, index: ProjectedIndex, sort: Any) -> None:
        made = [document(f"n{n}", "墓石の契約", day=TODAY - timedelta(days=37 * (n // 2))) for n in range(45)]
        index.upsert(made)
        index.refresh()
        seen: list[str] = []
        days: list[date] = []
        cursor = None
        while True:
            page = index.search("墓石", EVERYTHING, sort=sort, limit=7, cursor=cursor, years=None)
            seen += [hit.id for hit in page.hits]
            days += [hit.day for hit in page.hits]
            assert page.count is not None and page.count.value == 45 and page.count.exact
            cursor = page.cursor
            if cursor is None:
                break
            assert len(page.hits) == 7
        assert len(seen) == 45 and set(seen) == {item.id for item in made}
        if sort != "relevance":
            assert days == sorted(days, reverse=sort == "newest")

    def test_a_cursor_of_another_search_is_refused(self, filled: ProjectedIndex) -> None:
        cursor = filled.search("業者", EVERYTHING, limit=1).cursor
        assert cursor
        for query, condition, given in (
            ("解約", EVERYTHING, cursor),
            ("業者", Has("centre", "a"), cursor),
            ("業者", EVERYTHING, "x"),
        ):
            with pytest.raises(Invalid):
                filled.search(query, condition, limit=1, cursor=given)

    def test_a_count_is_capped_unless_asked_exactly(self, index: ProjectedIndex) -> None:
        number = COUNT_CAP + 5
        index.upsert(document(f"c{n}", "電話") for n in range(number))
        index.refresh()
        capped = index.search("電話", EVERYTHING).count
        assert capped is not None and (capped.value, capped.exact) == (COUNT_CAP, False)
        exact = index.search("電話", EVERYTHING, count="exact", sort="newest").count
        assert exact is not None and (exact.value, exact.exact) == (number, True)
        assert index.search("電話", EVERYTHING, count="none").count is None

    # --- the range -----------------------------------------------------------------------------------------------

    def test_three_years_are_searched_unless_asked_for_more(self, index: ProjectedIndex) -> None:
        edge = date(2023, 11, 21)
        index.upsert(
            [
                document("now", "墓石", day=TODAY),
                document("edge", "墓石", day=edge),
                document("before", "墓石", day=edge - timedelta(days=1)),
                document("long ago", "墓石", day=date(2012, 4, 1)),
                document("article", "墓石", day=date(2012, 4, 1), timeless=True),
            ]
        )
        index.refresh()

        def found(**options: Any) -> set[str]:
            return {hit.id for hit in index.search("墓石", options.pop("filters", EVERYTHING), **options).hits}

        recent = {id_of("now"), id_of("edge"), id_of("article")}
        assert found() == found(sort="newest") == recent
        assert len(found(years=None)) == 5
        assert found(years=4) == recent | {id_of("before")}
        assert found(filters=Days(last=date(2013, 1, 1))) == {id_of("long ago"), id_of("article")}
        assert found(filters=AllOf(Days(first=date(2023, 11, 20)), Days(last=edge))) == {id_of("before"), id_of("edge")}

    # --- permission ----------------------------------------------------------------------------------------------

    def test_filters_combine_all_of_and_any_of(self, filled: ProjectedIndex) -> None:
        assert names(filled.search("", Has("centre", "a"))) == {"roof", "beauty"}
        assert names(filled.search("", AllOf(Has("centre", "a"), Has("status", "open")))) == {"roof"}
        assert names(filled.search("", AnyOf(Has("centre", "a"), Has("status", "open")))) == {
            "roof",
            "beauty",
            "online",
            "water",
        }
        assert names(filled.search("", Has("centre", "a", "b"))) == {"roof", "beauty", "online", "water"}
        assert names(filled.search("", Has("kind", "case"))) == {"roof", "beauty", "online", "water"}
        assert names(filled.search("", Has("kind", "article"))) == set()

    def test_an_empty_permission_shows_nothing(self, filled: ProjectedIndex) -> None:
        for nothing in (
            AnyOf(),
            Has("centre"),
            Has("centre", ""),
            Has("unknown", "a"),
            AllOf(Has("centre", "a"), AnyOf()),
        ):
            page = filled.search("業者", nothing, facets=("centre",))
            assert page.hits == () and page.count is not None and page.count.value == 0
            assert page.facets == {"centre": {}}

    def test_counts_and_facets_are_those_of_the_permitted_documents(self, filled: ProjectedIndex) -> None:
        page = filled.search("業者", Has("centre", "a"), facets=("centre", "status"), count="exact")
        assert page.count is not None and page.count.value == 1
        assert page.facets == {"centre": {"a": 1}, "status": {"open": 1}}
        assert filled.search("", EVERYTHING, facets=("status",)).facets == {"status": {"open": 3, "closed": 1}}

    def test_similar_and_suggested_documents_are_permitted_ones(self, filled: ProjectedIndex) -> None:
        only = Has("centre", "a")
        assert {hit.id for hit in filled.similar("業者に水漏れの修理を頼んだ", only)} == {ROOF.id}
        assert filled.suggest("水漏れ", filters=only) == ()
        assert [hit.id for hit in filled.suggest("水漏れ", filters=EVERYTHING)] == [WATER.id]

    def test_values_that_look_like_dates_and_numbers_stay_texts(self, index: ProjectedIndex) -> None:
        index.upsert([document("d", "墓石", code=("2026-01-01T00:00:00Z", "5", "true"))])
        index.refresh()
        for value in ("2026-01-01T00:00:00Z", "5", "true"):
            assert len(index.search("", Has("code", value)).hits) == 1
        assert index.search("", EVERYTHING, facets=("code",)).facets["code"] == {
            "2026-01-01T00:00:00Z": 1,
            "5": 1,
            "true": 1,
        }

    # --- verification --------------------------------------------------------------------------------------------

    def test_hits_are_verified_against_current_texts(self, filled: ProjectedIndex) -> None:
        changed = replace(ROOF, title="外壁", body="塗装")
        page = filled.search("業者", EVERYTHING, fetch_text=texts_of(changed, ONLINE, WATER))
        assert names(page) == {"water"} and page.verified
        assert page.count is not None and page.count.value == 1

    def test_a_phrase_over_a_blank_is_verified(self, index: ProjectedIndex) -> None:
        right, wrong = document("right", "緊急 連絡"), document("wrong", "連絡 緊急")
        index.upsert([right, wrong])
        index.refresh()
        page = index.search("「緊急 連絡」", EVERYTHING, fetch_text=texts_of(right, wrong))
        assert [hit.id for hit in page.hits] == [right.id]

    def test_verification_fills_the_page_from_further_candidates(self, index: ProjectedIndex) -> None:
        made = [document(f"v{n}", "墓石") for n in range(30)]
        index.upsert(made)
        index.refresh()
        newest = [hit.id for hit in index.search("墓石", EVERYTHING, sort="newest", limit=30).hits]
        gone = set(newest[:12])
        fetch = texts_of(*(item for item in made if item.id not in gone))
        seen: list[str] = []
        cursor = None
        while True:
            page = index.search("墓石", EVERYTHING, sort="newest", limit=5, cursor=cursor, fetch_text=fetch)
            seen += [hit.id for hit in page.hits]
            assert len(page.hits) in (5, 3)
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == newest[12:]

    # --- similar, suggest ----------------------------------------------------------------------------------------

    def test_similar_documents_share_telling_words(self, filled: ProjectedIndex) -> None:
        hits = filled.similar("屋根瓦の修理契約を業者とした", EVERYTHING, 2)
        assert hits[0].id == ROOF.id and len(hits) == 2
        assert ROOF.id not in {hit.id for hit in filled.similar(ROOF.body, EVERYTHING, exclude=[ROOF.id])}
        assert filled.similar("", EVERYTHING) == ()

    def test_suggestions_follow_the_typing(self, index: ProjectedIndex) -> None:
        index.upsert(
            [
                document("a", "屋根の点検を勧められたら", kind="article", timeless=True, day=date(2015, 4, 1)),
                document("b", "雨漏りと屋根の修理", kind="article", timeless=True),
                document("c", "クーリング・オフの手続き", kind="article", timeless=True),
            ]
        )
        index.refresh()

        def typed(text: str) -> list[str]:
            return [hit.id for hit in index.suggest(text, filters=EVERYTHING)]

        assert typed("屋") == [id_of("a")]
        assert typed("屋根") == typed("やね") == typed("屋根n")[:2] or typed("屋根")[0] == id_of("a")
        assert set(typed("屋根")) == set(typed("やね")) == set(typed("やねn")) == {id_of("a"), id_of("b")}
        assert typed("屋根")[0] == id_of("a")
        assert typed("く") == typed("クーリ") == typed("くーりんg") == [id_of("c")]
        assert typed("屋根 修理") == [id_of("b")]
        assert typed("") == typed("  ") == []

    # --- the projection ------------------------------------------------------------------------------------------

    def test_a_rebuild_empties_the_index_and_says_that_it_is_incomplete(self, filled: ProjectedIndex) -> None:
        filled.set_position(17)
        assert filled.position() == 17
        assert filled.search("業者", EVERYTHING).complete
        filled.start_rebuild()
        assert filled.is_rebuilding() and filled.position() == 0
        page = filled.search("業者", EVERYTHING)
        assert page.hits == () and not page.complete and not filled.stats().complete
        filled.upsert([ROOF])
        filled.refresh()
        page = filled.search("業者", EVERYTHING)
        assert names(page) == {"roof"} and not page.complete
        assert filled.missing([ROOF.id, WATER.id]) == [WATER.id]
        filled.finish_rebuild(["case"])
        assert filled.search("業者", EVERYTHING).complete
        assert filled.kinds() == {"case"} and filled.needs_rebuild() == ""
