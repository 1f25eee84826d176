"""記事 at the desk: write, look, submit, approve, publish, withdraw; and what others may not."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from caasis.kernel.actor import SYSTEM
from caasis.knowledge import revision_services as services
from caasis.knowledge.models import Article
from caasis.knowledge.revision_models import ArticleComment, ArticleRevision
from caasis.knowledge.services import load_seed_articles
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

BODY = "## すること\n\n- 店に電話する\n- 写真をとる"


def text_of(answer):
    return answer.content.decode()


def fields(version, **more):
    return {"version": version, "title": "ラクダを借りた", "lead": "返せます。", "body": BODY, "search_words": "駱駝", **more}


@pytest.fixture
def ncac(town, client_for):
    return client_for("ncac")


def started(client) -> ArticleRevision:
    answer = client.post("/desk/articles/new", {"kind": "faq", "title": "ラクダ", "search_words": ""})
    assert answer.status_code == 302
    with system_transaction():
        return ArticleRevision.objects.get(pk=re.search(r"revisions/([0-9a-f-]+)/edit", answer["Location"])[1])


def test_from_a_draft_to_the_portal_and_back(town, client_for, ncac, client):
    counsellor = client_for("counsellor")
    revision = started(counsellor)
    edit = f"/desk/articles/revisions/{revision.pk}/edit"
    preview = text_of(counsellor.post(edit, fields(1, preview="1")))
    assert "仕上がり" in preview and "<li>店に電話する</li>" in preview
    assert counsellor.post(edit, fields(2, submit="1"))["Location"] == f"/desk/articles/revisions/{revision.pk}/"
    waiting = text_of(counsellor.get(f"/desk/articles/revisions/{revision.pk}/"))
    assert "国民生活センターの確認を待っています" in waiting
    decide = f"/desk/articles/revisions/{revision.pk}/decide"
    assert counsellor.post(decide, {"decision": "approve"}).status_code == 403
    assert client.get(f"/articles/{revision.article.number}/").status_code == 404
    ncac.post(decide, {"decision": "approve"})
    ncac.post(decide, {"decision": "publish"})
    assert "ラクダを借りた" in text_of(client.get(f"/articles/{revision.article.number}/"))
    assert "ラクダを借りた" in text_of(client.get("/search/?q=駱駝"))

    page = text_of(ncac.get(f"/desk/articles/{revision.article_id}/"))
    assert "この記事を取り下げる" in page and "この記事を取り下げる" not in text_of(counsellor.get(f"/desk/articles/{revision.article_id}/"))
    ncac.post(f"/desk/articles/{revision.article_id}/withdraw", {"reason": "まちがい"})
    assert client.get(f"/articles/{revision.article.number}/").status_code == 404
    assert "ラクダを借りた" not in text_of(client.get("/search/?q=駱駝"))
    undo = text_of(ncac.get(f"/desk/articles/{revision.article_id}/"))
    assert "記事を取り下げました" in undo
    ncac.post(f"/desk/articles/{revision.article_id}/restore")
    assert client.get(f"/articles/{revision.article.number}/").status_code == 200


def test_what_was_typed_is_kept_with_what_is_wrong(town, client_for):
    counsellor = client_for("counsellor")
    revision = started(counsellor)
    edit = f"/desk/articles/revisions/{revision.pk}/edit"
    page = text_of(counsellor.post(edit, fields(1, body="<script>alert(1)</script>", submit="1")))
    assert "1行目" in page and "&lt;script&gt;alert" in page and "<script>alert" not in page
    # A refused press saves nothing: what was typed stands in the form.
    assert 'name="version" value="1"' in page
    assert counsellor.post(edit, fields(1, body="本文です。", save="1")).status_code == 302
    answer = counsellor.post(edit, fields(1, title="おそい"))
    assert answer.status_code == 409 and "ほかの人が先に保存しました" in text_of(answer) and "おそい" in text_of(answer)
    too_long = counsellor.post(edit, fields(2, title="長" * 121))
    assert too_long.status_code == 422 and "長" * 121 in text_of(too_long)


def test_differences_side_by_side_and_an_opinion(town, client_for, ncac):
    counsellor = client_for("counsellor")
    with system_transaction():
        article = Article.objects.create(
            number="F-9001", kind="faq", state="published", title="見本", lead="7日まで返せます。聞きます。", body="見本です。"
        )
    begun = counsellor.post(f"/desk/articles/{article.pk}/begin")
    revision = re.search(r"revisions/([0-9a-f-]+)/", begun["Location"])[1]
    counsellor.post(f"/desk/articles/revisions/{revision}/edit", fields(1, title="見本", lead="8日まで返せます。聞きます。", body="見本です。"))
    page = text_of(counsellor.get(f"/desk/articles/revisions/{revision}/"))
    assert "第1版との違い" in page and re.search(r"<del[^>]*>.*7日まで返せます。", page) and re.search(r"<ins[^>]*>.*8日まで返せます。", page)
    wrong = counsellor.post(f"/desk/articles/revisions/{revision}/comment", {"passage": "ない文", "text": "？"})
    assert wrong.status_code == 422 and "ない文" in text_of(wrong)
    counsellor.post(f"/desk/articles/revisions/{revision}/comment", {"passage": "8日まで返せます。", "text": "起算日は？"})
    assert "起算日は？" in text_of(ncac.get(f"/desk/articles/revisions/{revision}/"))
    with system_transaction():
        comment = ArticleComment.objects.get()
    ncac.post(f"/desk/articles/comments/{comment.pk}/resolve")
    assert "対応した</span>" in text_of(counsellor.get(f"/desk/articles/revisions/{revision}/"))


def test_searches_that_found_nothing_become_a_draft(town, client_for, client):
    for _ in range(2):
        client.get("/search/?q=ラクダのかばん")
    client.get("/search/?q=090-1234-5678の番号")
    page = text_of(client_for("counsellor").get("/desk/articles/misses"))
    assert "2回" in page and "090" not in page
    link = re.search(r'href="(/desk/articles/new\?words=[^"]+)"', page)[1]
    assert 'value="ラクダのかばん"' in text_of(client_for("counsellor").get(link))


def test_a_long_list_comes_in_pages(town, client_for):
    with system_transaction():
        load_seed_articles(actor=SYSTEM)
    counsellor = client_for("counsellor")
    first = text_of(counsellor.get("/desk/articles/?kind=faq"))
    assert "次の50件" in first and first.count('href="/desk/articles/') >= 50
    assert "前の50件" in text_of(counsellor.get("/desk/articles/?kind=faq&page=2"))


def test_lists_find_and_say_when_there_is_nothing(town, client_for, ncac):
    counsellor = client_for("counsellor")
    started(counsellor)
    assert "ラクダ" in text_of(counsellor.get("/desk/articles/?q=ラクダ&state=at_work"))
    assert "合う記事はありません" in text_of(counsellor.get("/desk/articles/?q=クジャク"))
    assert "ラクダ" in text_of(counsellor.get("/desk/articles/?mine=1"))
    assert "いま見直す記事はありません" in text_of(counsellor.get("/desk/articles/due"))
    assert counsellor.get("/desk/articles/?page=999&kind=<x>").status_code == 200


def test_files_go_out_and_in(town, client_for, ncac):
    with system_transaction():
        article = Article.objects.create(
            number="F-9001", kind="faq", state="published", title="見本", lead="見本です。", body="見本です。", published_on="2026-11-01"
        )
    counsellor = client_for("counsellor")
    one = counsellor.get(f"/desk/articles/{article.pk}/file")
    assert one["Content-Disposition"].endswith('filename="F-9001.md"') and "見本です。" in one.content.decode()
    packed = zipfile.ZipFile(io.BytesIO(counsellor.get("/desk/articles/files.zip").content))
    assert packed.read("F-9001.md") == one.content
    changed = one.content.replace("見本です。".encode(), "直しました。".encode())
    counsellor.post("/desk/articles/files", {"files": [SimpleUploadedFile("F-9001.md", changed)]})
    with system_transaction():
        assert ArticleRevision.objects.get(state="draft").body == "直しました。"
    bad = counsellor.post("/desk/articles/files", {"files": [SimpleUploadedFile("F-9002.md", b"<script>")]})
    assert bad.status_code == 422 and "F-9002.md:1" in text_of(bad)


def test_who_writes_nothing_reads_nothing(town, client_for):
    counsellor = client_for("counsellor")
    revision = started(counsellor)
    analyst = client_for("analyst")
    assert analyst.get(f"/desk/articles/{revision.article_id}/").status_code == 404
    assert analyst.get(f"/desk/articles/revisions/{revision.pk}/").status_code == 404
    assert "ラクダ" not in text_of(analyst.get("/desk/articles/"))
    assert analyst.post("/desk/articles/new", {"kind": "faq"}).status_code == 403
    assert client_for("admin").get("/desk/articles/").status_code == 403
    # Articles are the nation's: a counsellor of another centre writes with them.
    assert client_for("outsider").get(f"/desk/articles/{revision.article_id}/").status_code == 200
    assert services.may_write(town.outsider)
