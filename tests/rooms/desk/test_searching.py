"""Finding over HTTP: the search page, the palette, saved searches, synonyms and exports as people use them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from caasis.businesses import services as businesses
from caasis.cases.exports import run_export
from caasis.cases.models import SavedSearch, SearchExport, SynonymList
from caasis.cases.subscriptions import match_at_once
from caasis.desk.searching import count_words
from caasis.kernel.actor import SYSTEM
from caasis.knowledge.services import load_seed_articles
from caasis.platform.search.ports import Count
from caasis.platform.transactions import system_transaction
from tests.support.searching import index, many_registered, opened, put, registered  # noqa: F401

pytestmark = pytest.mark.django_db

NAME, PHONE = "秘匿川 栞奈", "090-9876-1234"
PERSONAL = {"consumer_name": NAME, "consumer_phone": PHONE, "consumer_mail": "himitsu@mail.example"}


@pytest.fixture
def both(town: Any, put: Any) -> tuple[Any, Any]:  # noqa: F811
    at_work = opened(town.counsellor, title="給湯器の点検で解約したい", product="P0101", consumer_age=34, **PERSONAL)
    done = registered(town.counsellor, town.official, title="屋根の点検商法")
    put(at_work, done)
    return at_work, done


def page_of(client: Any, **query: Any) -> Any:
    return client.get("/desk/search", query)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# --- the page ---------------------------------------------------------------------------------------------------------


def test_words_are_led_on_to_an_address_and_numbers_never_are(client_for, both):
    client = client_for("counsellor")
    answer = client.post("/desk/search", {"q": "屋根 点検", "years": "all", "state": "registered"})
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query) == {"q": ["屋根 点検"], "years": ["all"], "state": ["registered"]}
    for typed in (PHONE, "himitsu@mail.example"):
        answer = client.post("/desk/search", {"q": typed})
        text = text_of(answer)
        assert answer.status_code == 200 and "過去1件" in text and "ご本人とはかぎりません" in text
        assert typed not in text and NAME not in text and "給湯器" not in text
    assert "過去の相談はありません" in text_of(client_for("outsider").post("/desk/search", {"q": PHONE}))
    assert "自分のセンターの相談だけ" in text_of(client_for("ncac").post("/desk/search", {"q": PHONE}))


def test_a_receipt_number_leads_to_its_case(client_for, both):
    at_work, done = both
    for method in ("get", "post"):
        answer = getattr(client_for("counsellor"), method)("/desk/search", {"q": at_work.receipt_number})
        assert answer.status_code == 302 and answer["Location"].endswith(f"/desk/cases/{at_work.id}/")
    assert client_for("outsider").get("/desk/search", {"q": done.receipt_number}).status_code == 302
    hidden = client_for("outsider").get("/desk/search", {"q": at_work.receipt_number})
    assert hidden.status_code == 200 and "見つかりませんでした" in text_of(hidden)


def test_facets_are_chosen_together_and_taken_off_one_by_one(client_for, both):
    client = client_for("counsellor")
    answer = page_of(client, q="点検")
    facet = next(one for one in answer.context["facets"] if one.name == "age_band")
    assert [(choice.label, choice.count) for choice in facet.choices] == [("30歳代", 1), ("70歳代", 1)]
    answer = client.get("/desk/search" + facet.choices[0].url)
    assert [row.case.id for row in answer.context["found"].rows] == [both[0].id]
    other = next(one for one in answer.context["facets"] if one.name == "age_band").choices[1]
    answer = client.get("/desk/search" + other.url)
    assert len(answer.context["found"].rows) == 2
    assert [chip.label for chip in answer.context["chips"]] == ["契約当事者の年代：30歳代", "契約当事者の年代：70歳代"]
    answer = client.get("/desk/search" + answer.context["chips"][1].url)
    assert [row.case.id for row in answer.context["found"].rows] == [both[0].id]


@pytest.mark.parametrize("role", ["outsider", "ncac", "analyst"])
def test_no_number_on_the_page_tells_of_hidden_cases(client_for, both, role):
    answer = page_of(client_for(role), q="点検")
    assert answer.context["count_words"] == "1件" and "給湯器" not in text_of(answer)
    assert not any(choice.label == "30歳代" for facet in answer.context["facets"] for choice in facet.choices)


def test_nothing_found_says_what_to_loosen_with_one_press(client_for, both):
    answer = page_of(client_for("counsellor"), q="「点検商法の屋根」 点検", state="advising", scope="own")
    labels = {chip.label: chip.url for chip in answer.context["looser"]}
    assert set(labels) == {
        "しぼりこみをすべて外す", "全国の登録済みの相談からさがす", "すべての年からさがす", "「」を外してさがす", "「「点検商法の屋根」」だけでさがす",
    }  # fmt: skip
    assert all(client_for("counsellor").get("/desk/search" + url).status_code == 200 for url in labels.values())


def test_synonyms_are_told_and_switched_off(client_for, town, put):  # noqa: F811
    put(opened(town.counsellor, title="クーリング・オフを断られた"))
    answer = page_of(client_for("counsellor"), q="クーオフ")
    assert "「クーオフ」は「クーリング・オフ」「クーリングオフ」もさがしました。" in text_of(answer)
    answer = client_for("counsellor").get("/desk/search" + answer.context["exact_url"])
    assert not answer.context["found"].rows and "入れたことばだけでさがしています。" in text_of(answer)


def test_a_quotation_that_stands_nowhere_is_told(client_for, town, put):  # noqa: F811
    put(opened(town.counsellor, title="定期購入の解約を断られた"))
    told = "と書いてある相談はないので、読みや語の近いものをさがしました。"
    answer = page_of(client_for("counsellor"), q="「ていきこうにゅう」の解約を断られた")
    assert len(answer.context["found"].rows) == 1 and "「ていきこうにゅう」" + told in text_of(answer)
    assert told not in text_of(page_of(client_for("counsellor"), q="「定期購入」の解約を断られた"))


def test_wrong_days_are_told_and_everything_typed_stays(client_for, both):
    answer = client_for("counsellor").post("/desk/search", {"q": "屋根", "from": "さいきん", "to": "2026/9/1", "sort": "newest"})
    text = text_of(answer)
    assert answer.status_code == 422 and "はじめの日を「2026/4/1」のように入れてください。" in text
    assert 'value="さいきん"' in text and 'value="2026/9/1"' in text and 'value="屋根"' in text


def test_a_page_follows_and_a_strange_cursor_is_told(client_for, town, put):  # noqa: F811
    put(*many_registered(town.counsellor, town.official, 35))
    client = client_for("outsider")
    first = page_of(client, q="屋根", sort="newest")
    assert first.context["count_words"] == "35件" and len(first.context["found"].rows) == 20 and first.context["figure"]
    second = client.get("/desk/search" + first.context["next_url"])
    assert len(second.context["found"].rows) == 15 and not second.context["next_url"]
    assert page_of(client, q="瓦", sort="newest", cursor=first.context["next_url"].split("cursor=")[1]).status_code == 422


def test_an_unfinished_index_is_told(client_for, both, index):  # noqa: F811
    index.start_rebuild(keep=True)
    assert "検索の索引を作り直しています" in text_of(page_of(client_for("counsellor"), q="点検"))


def test_an_index_that_is_far_behind_is_told(client_for, both, monkeypatch):
    from caasis.desk.views import search

    told = "結果がそろっていないことがあります。"
    for behind, said in ((search.MANY_NEW, False), (search.MANY_NEW + 1, True)):
        monkeypatch.setattr(search, "index_behind", lambda behind=behind: behind)
        assert (told in text_of(page_of(client_for("counsellor"), q="点検"))) is said


def test_a_page_takes_as_many_queries_for_twenty_hits_as_for_two(client_for, town, put):  # noqa: F811
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for("outsider")
    counts = []
    for count in (2, 20):
        put(*many_registered(town.counsellor, town.official, count, consumer_name=NAME))
        page_of(client, q="屋根")
        with CaptureQueriesContext(connection) as queries:
            assert page_of(client, q="屋根").status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1, counts


def test_how_many_is_said_in_words():
    said = [count_words(count) for count in (Count(0), Count(12), Count(1_000, exact=False), Count(80, exact=False))]
    assert said == ["0件", "12件", "1,000件以上", "約80件"]


# --- the palette ------------------------------------------------------------------------------------------------------


def quick(client: Any, q: str) -> dict[str, list[dict[str, str]]]:
    answer = client.post("/desk/search/quick", {"q": q})
    assert answer.status_code == 200, answer.content
    return {group["title"]: group["items"] for group in answer.json()["groups"]}


def test_the_palette_finds_cases_businesses_and_articles(client_for, town, both):
    with system_transaction():
        businesses.create_business(actor=SYSTEM, name="点検サービスみほん")
        load_seed_articles(actor=SYSTEM)
    found = quick(client_for("counsellor"), "点検")
    assert {item["label"] for item in found["相談"]} == {both[0].title, both[1].title}
    assert found["事業者"][0]["label"] == "点検サービスみほん" and found["FAQ・マニュアル"]
    for items in found.values():
        for item in items:
            assert client_for("counsellor").get(item["url"]).status_code == 200, item
    assert {item["label"] for item in quick(client_for("ncac"), "点検")["相談"]} == {both[1].title}


def test_the_palette_knows_receipt_numbers_and_tells_of_telephone_numbers_only_how_often(client_for, both):
    at_work, _ = both
    assert quick(client_for("counsellor"), at_work.receipt_number)["受付番号"][0]["url"].endswith(f"/desk/cases/{at_work.id}/")
    assert quick(client_for("outsider"), at_work.receipt_number)["受付番号"][0]["url"] == ""
    (items,) = quick(client_for("counsellor"), "０９０-９８７６-１２３４").values()
    assert items[0]["label"].startswith("過去1件・直近") and items[1]["label"] == at_work.receipt_number
    assert NAME not in str(items) and at_work.title not in str(items)
    for role in ("outsider", "ncac"):
        (items,) = quick(client_for(role), PHONE).values()
        assert len(items) == 1 and items[0]["url"] == ""


def test_the_palette_waits_for_two_characters_and_takes_anything(client_for, both):
    assert quick(client_for("counsellor"), "屋") == {} and quick(client_for("counsellor"), "") == {}
    for typed in ("\x00\x00\x00", "「", "−−−", "a" * 5_000, "😀😀", "%' OR 1=1", "𠮷" * 300):
        quick(client_for("counsellor"), typed)


# --- saved searches ---------------------------------------------------------------------------------------------------


def test_a_search_is_saved_run_renamed_deleted_and_put_back(client_for, town, both):
    client = client_for("counsellor")
    assert "「点検」" in text_of(client.get("/desk/search/save", {"q": "点検", "state": "registered"}))
    answer = client.post("/desk/search/save", {"q": "点検", "state": "registered", "name": "点検商法", "notice": "daily"})
    assert answer.status_code == 302
    answer = client.get("/desk/search/saved/")
    (row,) = answer.context["rows"]
    assert [one.case.id for one in client.get(row["url"]).context["found"].rows] == [both[1].id]
    url = f"/desk/search/saved/{row['kept'].id}/"
    assert client.post(url, {"name": "", "notice": "daily"}).status_code == 422
    assert client.post(url, {"name": "別の名前", "notice": "at_once"}).status_code == 302
    assert client.post(url + "delete").status_code == 302
    answer = client.get("/desk/search/saved/")
    assert answer.context["rows"] == [] and answer.context["undo"]["url"] == url + "restore"
    client.post(url + "restore")
    assert [row["kept"].name for row in client.get("/desk/search/saved/").context["rows"]] == ["別の名前"]


def test_what_was_typed_stays_when_a_search_cannot_be_saved(client_for, both):
    answer = client_for("counsellor").post("/desk/search/save", {"q": "点検", "name": "", "notice": "daily"})
    text = text_of(answer)
    assert answer.status_code == 422 and "検索の名前を入力してください。" in text and 'name="q" value="点検"' in text
    assert '<option value="daily" selected>' in text
    with system_transaction():
        assert not SavedSearch.objects.exists()


def test_new_hits_stand_on_the_home_page_until_they_are_seen(client_for, town, both):
    client = client_for("counsellor")
    assert "保存した検索の新着" not in text_of(client.get("/desk/"))
    client.post("/desk/search/save", {"q": "点検", "name": "点検商法", "notice": "at_once"})
    with system_transaction():
        match_at_once(both[1].id)
    text = text_of(client.get("/desk/"))
    assert "保存した検索の新着" in text and "新着 1件" in text
    assert "保存した検索の新着" not in text_of(client_for("counsellor2").get("/desk/"))
    with system_transaction():
        url = f"/desk/search/saved/{SavedSearch.objects.get().id}/"
    assert both[1].receipt_number in text_of(client.get(url + "new"))
    client.post(url + "seen")
    assert "保存した検索の新着" not in text_of(client.get("/desk/"))
    client.post(url + "unseen")
    assert "保存した検索の新着" in text_of(client.get("/desk/"))


# --- synonyms ---------------------------------------------------------------------------------------------------------


def test_a_list_is_edited_taken_along_brought_in_and_put_back(client_for, town):
    client = client_for("supervisor")
    url = "/desk/search/synonyms?list=centre"
    assert client.post(url, {"text": "ぴよ、ひよこ", "version": "0"}).status_code == 302
    assert text_of(client.get("/desk/search/synonyms.txt?list=centre")) == "\ufeffぴよ、ひよこ\n"
    for encoding in ("utf-8-sig", "cp932"):
        file = SimpleUploadedFile("words.txt", "わん、いぬ\r\nにゃん，ねこ".encode(encoding), "text/plain")
        version = client.get(url).context["version"]
        assert client.post(url, {"text": "むだ、無駄", "version": version, "file": file}).status_code == 302
        assert client.get(url).context["groups"] == (("わん", "いぬ"), ("にゃん", "ねこ"))
    version = client.get(url).context["version"]
    client.post(f"/desk/search/synonyms/restore?list=centre&version={version}")
    assert client.get(url).context["version"] == version + 1


def test_wrong_lines_are_named_and_everything_typed_stays(client_for, town):
    typed = "ぴよ、ひよこ\nひとりきり"
    answer = client_for("supervisor").post("/desk/search/synonyms?list=centre", {"text": typed, "version": "0"})
    text = text_of(answer)
    assert answer.status_code == 422 and "2行目：2つ以上のことばを「、」で区切ってください。" in text and typed in text
    binary = SimpleUploadedFile("x.txt", b"\xff\xfe\x00\x81\xff", "text/plain")
    answer = client_for("supervisor").post("/desk/search/synonyms?list=centre", {"text": "", "version": "0", "file": binary})
    assert answer.status_code == 422 and "ファイルを読めません。" in text_of(answer)
    answer = client_for("counsellor").post("/desk/search/synonyms?list=centre", {"text": "わん、いぬ", "version": "0"})
    assert answer.status_code == 403
    with system_transaction():
        assert not SynonymList.objects.exists()


# --- exports ----------------------------------------------------------------------------------------------------------


def test_an_export_is_asked_for_watched_and_fetched_once(client_for, town, both, django_capture_on_commit_callbacks):
    client = client_for("counsellor")
    asked = {"q": "点検", "format": "csv", "purpose": "training", "reason": "点検商法の事例研究会で使うため"}
    answer = client.post("/desk/search/export", {**asked, "reason": ""})
    assert answer.status_code == 422 and "理由を入力してください。" in text_of(answer) and 'name="q" value="点検"' in text_of(answer)
    assert client.post("/desk/search/export", asked).status_code == 302
    with system_transaction():
        export = SearchExport.objects.get()
    state = client.get("/desk/search/exports/state")
    assert "順番を待っています" in text_of(state) and "every 2s" in text_of(state) and "<html" not in text_of(state)
    run_export(export.id)
    assert "受け取る（1回だけ）" in text_of(client.get("/desk/search/exports/"))
    assert client_for("counsellor2").post(f"/desk/search/exports/{export.id}/fetch").status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/desk/search/exports/{export.id}/fetch")
        content = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''soudan-") and answer["Cache-Control"] == "no-store"
    assert content.count("\r\n") == 3 and NAME not in content and PHONE not in content
    again = client.post(f"/desk/search/exports/{export.id}/fetch")
    assert again.status_code == 302 and "受け取れません" in text_of(client.get(again["Location"]))


def test_an_export_is_stopped(client_for, town, both):
    client = client_for("counsellor")
    client.post("/desk/search/export", {"q": "点検", "format": "xlsx", "purpose": "statistics", "reason": "月の傾向をまとめるため"})
    with system_transaction():
        export = SearchExport.objects.get()
    answer = client.post(f"/desk/search/exports/{export.id}/stop", follow=True)
    assert "途中のファイルは残りません。" in text_of(answer) and "やめました" in text_of(answer)
