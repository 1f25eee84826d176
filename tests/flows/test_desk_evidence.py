"""資料 over HTTP: adding, looking, listening, taking away; what may be kept, and what a refusal says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from caasis.cases.evidence import build_documents
from caasis.cases.models import FileText
from caasis.cases.services.collecting import read_case_files
from caasis.platform.search.access import search_index
from caasis.platform.transactions import system_transaction
from tests.support.desk import phone_case
from tests.support.papers import photo, scan
from tests.support.searching import own_folder  # noqa: F401

pytestmark = pytest.mark.django_db
Clients = Callable[[str], Any]


def upload(client: Any, case: Any, *files: tuple[str, bytes], **more: str) -> Any:
    chosen = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(f"/desk/cases/{case.id}/files/", {"files": chosen, "note": "", **more})


def file_ids(client: Any, case: Any) -> list[str]:
    page = client.get(f"/desk/cases/{case.id}/files/")
    return [str(one.id) for one, _ in page.context["files"]]


def test_a_photo_is_added_shown_and_read(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    client = client_for("counsellor")
    answer = upload(client, case, ("契約書.jpg", photo("屋根工事請負契約書")), note="14日に受け取った書面")
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "契約書.jpg" in page and "14日に受け取った書面" in page and "文字を読み取っています" in page
    read_case_files(case.id)
    (one,) = file_ids(client, case)
    page = client.get(f"/desk/cases/{case.id}/files/{one}/").content.decode()
    assert "屋根工事" in page and "誤りがあります" in page


def test_nothing_that_is_shown_may_be_stored(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    client = client_for("counsellor")
    upload(client, case, ("契約書.pdf", scan(("1枚目",), ("2枚目",))))
    (one,) = file_ids(client, case)
    for address in ("", "picture", "picture?page=2&size=small", "original"):
        answer = client.get(f"/desk/cases/{case.id}/files/{one}/{address}")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    picture = client.get(f"/desk/cases/{case.id}/files/{one}/picture?page=2")
    assert picture["Content-Type"] == "image/png"
    assert picture["Content-Security-Policy"].startswith("default-src 'none'")
    saved = client.get(f"/desk/cases/{case.id}/files/{one}/original")
    assert saved["Content-Disposition"].startswith("attachment") and saved["Content-Type"] == "application/octet-stream"
    page = client.get(f"/desk/cases/{case.id}/files/{one}/?page=2").content.decode()
    assert "2／2ページ" in page
    assert client.get(f"/desk/cases/{case.id}/files/{one}/picture?page=3").status_code == 422


def test_a_refused_file_keeps_the_note_and_adds_nothing(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    client = client_for("counsellor")
    answer = upload(client, case, ("よい.txt", "よいメモ".encode()), ("悪い.exe", b"MZ\x90\x00" * 9), note="残る説明")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "悪い.exe" in page and "残る説明" in page and "エラー：" in page
    assert file_ids(client, case) == []
    assert upload(client, case).status_code == 422
    assert upload(client, case, *[(f"{n}.txt", b"a") for n in range(11)]).status_code == 413


def test_a_colleague_states_a_purpose_first(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    upload(client_for("counsellor"), case, ("メモ.txt", "オオルリの話".encode()))
    (one,) = file_ids(client_for("counsellor"), case)
    client = client_for("counsellor2")
    page = client.get(f"/desk/cases/{case.id}/files/").content.decode()
    assert "メモ.txt" not in page and "目的" in page
    assert client.get(f"/desk/cases/{case.id}/files/{one}/").status_code == 302
    assert client.get(f"/desk/cases/{case.id}/files/{one}/original").status_code == 403
    page = client.get(f"/desk/cases/{case.id}/files/?purpose=advice").content.decode()
    assert "メモ.txt" in page and f"/files/{one}/?purpose=advice" in page


def test_taking_away_is_undone_and_never_forgotten_by_the_list(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    client = client_for("counsellor")
    upload(client, case, ("メモ.txt", "振込先".encode()))
    (one,) = file_ids(client, case)
    page = client.post(f"/desk/cases/{case.id}/files/{one}/remove", follow=True).content.decode()
    assert "資料を外しました" in page and "外した資料 1件" in page
    assert file_ids(client, case) == []
    client.post(f"/desk/cases/{case.id}/files/{one}/restore")
    assert file_ids(client, case) == [one]


def test_outsiders_meet_nothing(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    upload(client_for("counsellor"), case, ("メモ.txt", "オオルリの話".encode()))
    (one,) = file_ids(client_for("counsellor"), case)
    for role in ("outsider", "outside_official"):
        for address in ("", f"{one}/", f"{one}/picture", f"{one}/original"):
            answer = client_for(role).get(f"/desk/cases/{case.id}/files/{address}?purpose=advice")
            assert answer.status_code == 404 and "オオルリ" not in answer.content.decode()


@pytest.mark.usefixtures("own_folder")
def test_the_search_page_finds_words_in_papers_of_the_own_centre(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor, title="屋根の工事")
    upload(client_for("counsellor"), case, ("メモ.txt", "カワラヒワ商会の口座に振り込んだ".encode()))
    read_case_files(case.id)
    with system_transaction():
        ids = [str(one) for one in FileText.objects.values_list("id", flat=True)]
    index = search_index()
    index.upsert(build_documents(ids))
    index.refresh()
    page = client_for("counsellor2").get("/desk/search?q=カワラヒワ").content.decode()
    assert "資料の中の文字" in page and f"/desk/cases/{case.id}/files/" in page
    page = client_for("outsider").get("/desk/search?q=カワラヒワ").content.decode()
    assert "資料の中の文字" not in page


def test_the_workspace_says_how_many_there_are(town: Any, client_for: Clients) -> None:
    case = phone_case(town.counsellor)
    client = client_for("counsellor")
    assert "資料を付ける" in client.get(f"/desk/cases/{case.id}/").content.decode()
    upload(client, case, ("メモ.txt", "振込先".encode()))
    assert "資料 1件を見る・付ける" in client.get(f"/desk/cases/{case.id}/").content.decode()
