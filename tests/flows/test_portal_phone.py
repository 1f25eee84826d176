"""The visual IVR: a number's published flow as pages, without a script and without a trace of the reader."""

from __future__ import annotations

import re
from typing import Any

import pytest

from caasis.telephony.models import Call, DeskRequest
from caasis.telephony.services import add_flow, add_standard_flow, publish_version, save_draft, save_number, set_message

pytestmark = pytest.mark.django_db
AT = "/phone/0221234567/"


def published(town: Any, document: dict[str, Any] | None = None, **more: Any) -> Any:
    if document is None:
        version = add_standard_flow(actor=town.supervisor, centre_id=town.centre_a.id)
    else:
        flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
        version = save_draft(actor=town.supervisor, flow_id=flow.id, document=document)
    publish_version(actor=town.supervisor, version_id=version.id)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=version.flow_id, **more
    )
    return version


def text_of(page: Any) -> str:
    return str(page.content.decode())


def choose(client: Any, page: Any, **chosen: str) -> Any:
    state = re.search(r'name="state" value="([^"]+)"', text_of(page))
    assert state
    return client.post(AT, {"state": state[1], "language": "ja", **chosen})


@pytest.fixture
def open_now(monkeypatch: pytest.MonkeyPatch, town: Any) -> None:
    """A centre that has entered no hours counts as open."""
    from caasis.organisations.models import OpeningHours
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        OpeningHours.objects.all().delete()


def test_a_reader_goes_from_the_menu_to_the_telephone(client_for: Any, town: Any, open_now: None) -> None:
    published(town)
    client = client_for("public")
    page = client.get(AT)
    assert page.status_code == 200 and "契約・解約・請求の相談" in text_of(page) and "＊を押して" not in text_of(page)
    assert "いま、お金を払うように言われている" in text_of(page) and "<script>" not in text_of(page)
    person = choose(client, page, choice="1")
    assert 'href="tel:+81221234567"' in text_of(person) and "電話をかける" in text_of(person)
    assert "文章で相談を送る" in text_of(person)
    urgent = choose(client, page, choice="*")
    assert "お金を払う前に、相談員と話してください。" in text_of(urgent) and "tel:" in text_of(urgent)


def test_a_number_that_was_typed_is_checked_and_stands_in_no_address(client_for: Any, town: Any, open_now: None) -> None:
    published(town)
    client = client_for("public")
    asked = choose(client, client.get(AT), choice="3")
    wrong = choose(client, asked, entered="12")
    assert wrong.status_code == 422 and "13けたから13けたの数字を入れてください。" in text_of(wrong) and 'value="12"' in text_of(wrong)
    done = choose(client, asked, entered="1234-5678-9012-3")
    assert done.status_code == 200 and done.request["QUERY_STRING"] == "" and "電話をかける" in text_of(done)
    assert not Call.objects.exists() and not DeskRequest.objects.exists()


def test_other_offices_are_told_with_their_numbers(client_for: Any, town: Any, open_now: None) -> None:
    published(town)
    client = client_for("public")
    others = choose(client, client.get(AT), choice="4")
    legal = text_of(choose(client, others, choice="2"))
    assert "法律の相談は、法テラス" in legal and "0570" in legal and "{office}" not in legal
    assert "それでも相談員と話す" in legal and "〔" not in legal.split("<main")[1]


def test_when_the_centre_is_closed_it_says_so_and_promises_no_call(client_for: Any, town: Any) -> None:
    from caasis.organisations.models import OpeningHours
    from caasis.platform.transactions import system_transaction

    with system_transaction():
        OpeningHours.objects.exclude(weekday=0, opens="09:00").delete()
        OpeningHours.objects.update(opens="03:00", closes="03:01")
    published(town)
    page = text_of(client_for("public").get(AT))
    assert "折り返しを希望しますか" not in page and "警察相談専用電話" in page
    assert "電話をかける" in page and "文章で相談を送る" in page


def test_the_message_of_the_day_is_read_as_well(client_for: Any, town: Any, open_now: None) -> None:
    published(town)
    assert "停電のため" not in text_of(client_for("public").get(AT))
    set_message(actor=town.supervisor, centre_id=town.centre_a.id, name="today", on=True, words={"ja": "停電のため、混み合っています。"})
    assert "停電のため、混み合っています。" in text_of(client_for("public").get(AT))


def test_what_was_changed_by_hand_or_is_old_begins_anew(client_for: Any, town: Any, open_now: None) -> None:
    version = published(town)
    client = client_for("public")
    page = client.get(AT)
    for state in ("", "x", "a:b:c", "あ" * 9000):
        answer = client.post(AT, {"state": state, "choice": "1", "language": "ja"})
        assert answer.status_code == 200 and "はじめからご案内します。" in text_of(answer)
    for choice in ("9", "99", "skip;", ""):
        assert choose(client, page, choice=choice).status_code == 422, choice
    document = version.document | {"name": "新しい名前"}
    second = save_draft(actor=town.supervisor, flow_id=version.flow_id, document=document)
    publish_version(actor=town.supervisor, version_id=second.id)
    assert "はじめからご案内します。" in text_of(choose(client, page, choice="1"))


def test_another_language_is_chosen_without_a_script(client_for: Any, town: Any, open_now: None) -> None:
    document = {
        "name": "受付", "languages": ["ja", "en"],
        "boxes": [
            {"kind": "start", "id": "start", "next": {"next": "menu"}},
            {"kind": "menu", "id": "menu", "say": {"ja": "相談は1です。", "en": "Press 1."},
             "page": {"ja": "選んでください。", "en": "Please choose."},
             "choices": [{"key": "1", "label": {"ja": "相談", "en": "Consultation"}}], "next": {"1": "person", "no_key": "person"}},
            {"kind": "queue", "id": "person", "queue": "main", "next": {"unavailable": "end"}},
            {"kind": "hang_up", "id": "end", "say": {"ja": "では。", "en": "Good bye."}, "counts_as": "after_hours"},
        ],
    }  # fmt: skip
    published(town, document)
    client = client_for("public")
    assert "選んでください。" in text_of(client.get(AT)) and "English" in text_of(client.get(AT))
    page = client.get(f"{AT}?lang=en")
    assert "Please choose." in text_of(page) and "Talk to a counsellor without choosing" in text_of(page)
    assert "Call now" in text_of(choose(client, page, choice="1"))


@pytest.mark.parametrize("line", ["0229999999", "188", "abc", "0" * 60])
def test_what_is_no_answered_number_is_absent(line: str, client_for: Any, town: Any) -> None:
    assert client_for("public").get(f"/phone/{line}/").status_code == 404


def test_a_number_that_is_stopped_or_whose_flow_is_a_draft_is_absent(client_for: Any, town: Any) -> None:
    client = client_for("public")
    version = add_standard_flow(actor=town.supervisor, centre_id=town.centre_a.id)
    line = save_number(actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=version.flow_id)
    assert client.get(AT).status_code == 404
    publish_version(actor=town.supervisor, version_id=version.id)
    assert client.get(AT).status_code == 200 and client.get("/phone/81221234567/").status_code == 200
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=version.flow_id,
        active=False, number_id=line.id,
    )  # fmt: skip
    assert client.get(AT).status_code == 404
