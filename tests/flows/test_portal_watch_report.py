"""見守り情報 through HTTP, as a browser without JavaScript sends it: by anybody, and by a member's own link."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.cases import services as cases
from caasis.channels import services
from caasis.channels.models import Contact
from caasis.channels.selectors import submission_answers
from caasis.channels.services.watching import ADDRESS_LIMIT, LINK_TRIES
from caasis.channels.watch_models import WatchMember, WatchReport
from caasis.kernel.actor import Purpose
from caasis.kernel.clock import day_in_japan
from caasis.people.models import Person
from caasis.platform.transactions import actor_transaction, system_transaction
from caasis.queues.selectors import waiting_items

pytestmark = pytest.mark.django_db
OPEN = "/watch-report/"
FORM: dict[str, Any] = {
    "signs": ["goods", "visitors"], "seen": "玄関に、開けていない箱が\r\nたくさんあります。", "consent": "no", "urgency": "money",
    "prefecture": "04", "area": "仙台市青葉区", "about": "elderly", "age_band": "75to84", "relation": "neighbour",
    "seen_on_y": "令和8年", "seen_on_m": "１１", "seen_on_d": "3日",
}  # fmt: skip
KNOWN = {"consumer_name": "見本 うめ", "consumer_phone": "022-000-0181", "consumer_address": "宮城県仙台市青葉区みほん町1-2-3"}


@pytest.fixture
def visitor(town: Any, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return Client()


@pytest.fixture
def link(town: Any) -> str:
    return f"/watch-report/member/{new_link(town).secret}/"


def new_link(town: Any) -> services.NewLink:
    return services.register_watch_member(
        actor=town.supervisor, kind="welfare", organisation="みほん町民生委員協議会", name="見本 一郎", contact="022-000-0001",
        valid_until=day_in_japan(timezone.now()) + timedelta(days=100),
    )  # fmt: skip


def fields(html: str) -> dict[str, list[str]]:
    """The hidden fields of the page, as a browser sends them on."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(unescape(value))
    return found


def checked(client: Client, url: str, **changes: Any) -> dict[str, list[str]]:
    """Fill the form in and come to the page that asks to look once more."""
    key = fields(client.get(url).content.decode())["key"]
    page = client.post(url, FORM | {"key": key[0]} | changes)
    assert page.status_code == 200, page.content.decode()
    return fields(page.content.decode())


def reports() -> list[WatchReport]:
    with system_transaction():
        return list(WatchReport.objects.select_related("contact").order_by("created_at"))


def told(town: Any, contact: Contact) -> dict[str, Any]:
    with actor_transaction(town.counsellor):
        return submission_answers(actor=town.counsellor, contact_id=contact.id, purpose=Purpose.OWN_CASE)


# --- anybody ----------------------------------------------------------------------------------------------------------


def test_anybody_reports_without_a_name_and_it_stands_in_the_queue(visitor: Client, town: Any) -> None:
    carried = checked(visitor, OPEN)
    assert reports() == [], "nothing is kept of what isn't sent"
    answer = visitor.post(OPEN, {**carried, "send": "1"}, follow=True)
    html = answer.content.decode()
    (report,) = reports()
    assert answer.status_code == 200 and report.contact.receipt_number in html and report.member_id is None
    assert told(town, report.contact)["seen"] == "玄関に、開けていない箱が\nたくさんあります。"
    assert told(town, report.contact)["seen_on"] == "2026-11-03"
    with actor_transaction(town.counsellor):
        (item,) = waiting_items(actor=town.counsellor)
    assert item.title.startswith("見守り情報：") and item.money_moving
    with actor_transaction(town.outsider):
        assert list(waiting_items(actor=town.outsider)) == []


def test_pressed_twice_it_is_one_report(visitor: Client) -> None:
    carried = checked(visitor, OPEN)
    first, second = (visitor.post(OPEN, {**carried, "send": "1"}, follow=True).content.decode() for _ in range(2))
    assert len(reports()) == 1 and re.findall(r"20\d\d-\d{4}-\d{5}", first) == re.findall(r"20\d\d-\d{4}-\d{5}", second)


def test_the_page_says_at_once_what_to_do_in_danger(visitor: Client) -> None:
    page = visitor.get(OPEN).content.decode().split("<main")[1]
    for words in ('href="tel:110"', 'href="tel:119"', 'href="tel:188"', "お名前、住所、電話番号は、書かないで"):
        assert words in page
    assert "person_name" not in page and "person_address" not in page


def test_a_name_and_a_number_are_pointed_out_before_sending_and_never_lost(visitor: Client, town: Any) -> None:
    words = "見本花子さんが、090-1234-5678の人にお金の話をされています。"
    page = visitor.post(OPEN, FORM | {"seen": words, "key": "k1"})
    html = page.content.decode()
    assert "のように見えるところがあります" in html and "<li>090-1234-5678</li>" in html
    back = visitor.post(OPEN, {**fields(html), "back": "1"}).content.decode()
    assert words in back and 'value="令和8年"' in back
    visitor.post(OPEN, {**fields(html), "send": "1"})
    (report,) = reports()
    assert told(town, report.contact)["seen"] == words
    assert "のように見える" not in visitor.post(OPEN, FORM | {"seen": "箱がたくさんあります。", "area": ""}).content.decode()


def test_name_and_address_of_the_person_are_not_taken_from_anybody(visitor: Client, town: Any) -> None:
    carried = checked(visitor, OPEN, person_name="見本 うめ", person_address="みほん町1-2-3")
    assert "person_name" not in carried
    visitor.post(OPEN, {**carried, "send": "1", "person_name": "見本 うめ", "person_address": "みほん町1-2-3"})
    (report,) = reports()
    assert "うめ" not in str(told(town, report.contact))


def test_what_is_missing_is_said_and_what_was_typed_stays(visitor: Client) -> None:
    page = visitor.post(OPEN, {"seen": "箱がたくさんあります。", "seen_on_y": "9999", "seen_on_m": "99", "seen_on_d": "0", "area": "青葉区"})
    html = page.content.decode()
    assert page.status_code == 422 and "<title>エラー：" in html and reports() == []
    for words in ("気づいたことを選んでください。", "都道府県を選んでください。", "ご本人が知っているかを選んでください。"):
        assert words in html
    assert "箱がたくさんあります。" in html and 'value="9999"' in html and 'value="青葉区"' in html


@pytest.mark.parametrize("button", ["check", "send", "back"])
@pytest.mark.parametrize(
    "changed",
    [
        {"seen": "あ" * 1_000_000}, {"seen": "あ" * 100_000}, {"signs": ["x' OR 1=1"]}, {"area": "\x00\ud83d"}, {"seen_on_y": "0000"}, {"prefecture": "٠٤"},
        {"reporter_phone": "9" * 500}, {"key": "\x00" * 500, "seen": "\x00"}, {"urgency": ["money", "calm"]}, {"consent": ""},
    ],
    ids=range(10),
)  # fmt: skip
def test_hostile_input_gets_a_sentence(visitor: Client, changed: dict[str, Any], button: str) -> None:
    body = urlencode(FORM | changed | {button: "1"}, doseq=True, errors="surrogatepass")
    page = visitor.post(OPEN, body, content_type="application/x-www-form-urlencoded")
    assert page.status_code in (200, 302, 422)
    assert page.status_code != 200 or "<main" in page.content.decode()
    if button != "back" and "seen" in changed:
        assert page.status_code == 422 and len(page.content) > len(changed["seen"]), "what was typed is kept"


def test_one_address_sends_only_so_much_and_loses_nothing(visitor: Client) -> None:
    for n in range(ADDRESS_LIMIT):
        visitor.post(OPEN, FORM | {"key": f"k{n}", "send": "1"})
    page = visitor.post(OPEN, FORM | {"key": "more", "send": "1"})
    assert page.status_code == 429 and "188へお電話ください。" in page.content.decode()
    assert "たくさんあります。" in page.content.decode() and len(reports()) == ADDRESS_LIMIT


def test_looking_through_the_words_is_limited_too(visitor: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("caasis.portal.views.watch.CHECKS", 2)
    assert [visitor.post(OPEN, FORM | {"key": "k"}).status_code for _ in range(3)] == [200, 200, 429]
    assert "たくさんあります。" in visitor.post(OPEN, FORM | {"key": "k"}).content.decode()


def test_a_form_without_its_token_is_refused(town: Any) -> None:
    assert Client(enforce_csrf_checks=True).post(OPEN, FORM | {"send": "1"}).status_code == 403


def test_pages_with_a_form_or_a_number_are_kept_nowhere(visitor: Client, link: str) -> None:
    done = visitor.post(OPEN, {**checked(visitor, OPEN), "send": "1"})
    for url in (OPEN, link, done["Location"]):
        assert visitor.get(url)["Cache-Control"] == "no-store", url
    assert "noindex" in visitor.get(link)["X-Robots-Tag"]


def test_the_number_opens_nothing(visitor: Client) -> None:
    done = visitor.post(OPEN, {**checked(visitor, OPEN), "send": "1"})
    (report,) = reports()
    for secret in ("", "みかん 482153"):
        page = visitor.post("/receipt/", {"receipt_number": report.contact.receipt_number, "secret": secret})
        assert page.status_code == 422
    assert visitor.get("/watch-report/done/?r=x").status_code == 302
    assert visitor.get("/watch-report/done/").status_code == 302
    assert visitor.get(done["Location"]).status_code == 200


def test_the_way_here_stands_on_the_top_page_at_the_office_finder_and_in_the_foot(visitor: Client) -> None:
    for path in ("/", "/offices/", "/help-without-internet/", "/guide/", "/privacy/"):
        main, foot = visitor.get(path).content.decode().split("<main")[1].split("<footer")
        assert f'href="{OPEN}"' in main and f'href="{OPEN}"' in foot, path


# --- nothing is told --------------------------------------------------------------------------------------------------


def test_the_answer_is_the_same_for_a_known_and_an_unknown_person(visitor: Client, town: Any, link: str) -> None:
    cases.open_case(actor=town.counsellor, card=KNOWN | {"channel": "phone", "title": "屋根の工事"})
    with system_transaction():
        assert Person.objects.count() == 1, "one of the two is known to the centre"
    pages, asked = [], []
    # The first one warms what is read once.
    for n, (name, address) in enumerate([("見本 さき", "別の町9"), ("見本 うめ", KNOWN["consumer_address"]), ("見本 きく", "別の町5")]):
        data = FORM | {"person_name": name, "person_address": address, "key": f"k{n}", "send": "1"}
        with CaptureQueriesContext(connection) as queries:
            answer = visitor.post(link, data)
            page = visitor.get(answer["Location"])
        html = page.content.decode()
        pages.append((answer.status_code, page.status_code, len(html), re.sub(r"20\d\d-\d{4}-\d{5}", "NUMBER", html)))
        asked.append([query["sql"].split(" ")[0] for query in queries])
    assert pages[1] == pages[2] and "うめ" not in pages[1][3]
    assert asked[1] == asked[2]


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_member_names_the_person_and_the_report_is_theirs(visitor: Client, town: Any, link: str) -> None:
    page = visitor.get(link).content.decode().split("<main")[1]
    assert "みほん町民生委員協議会" in page and "見本 一郎" not in page and "消費者安全法11条の3から11条の5" in page and "要確認" in page
    carried = checked(visitor, link, person_name="見本 うめ", person_address="みほん町1-2-3", prefecture="12", area="千葉市")
    visitor.post(link, {**carried, "send": "1"})
    (report,) = reports()
    with system_transaction():
        assert report.member_id == WatchMember.objects.get().id
    # The member's own centre answers, wherever the person lives.
    assert report.centre_id == town.centre_a.id
    answers = told(town, report.contact)
    assert (answers["person_name"], answers["person_address"]) == ("見本 うめ", "みほん町1-2-3")


def test_a_wrong_link_is_not_found_and_counted(visitor: Client, link: str) -> None:
    for n in range(LINK_TRIES):
        assert visitor.get(f"/watch-report/member/{n:032}/").status_code == 404
    page = visitor.get(link)
    assert page.status_code == 429 and "15分" in page.content.decode()
    assert visitor.get("/watch-report/member/%00%F0/").status_code == 400


def test_an_ended_link_refuses_politely_also_a_form_that_is_open(visitor: Client, town: Any) -> None:
    new = new_link(town)
    url = f"/watch-report/member/{new.secret}/"
    carried = checked(visitor, url)
    services.end_watch_member(actor=town.supervisor, member_id=new.member.id)
    for answer in (visitor.get(url), visitor.post(url, {**carried, "send": "1"})):
        html = answer.content.decode()
        assert answer.status_code == 410 and "もう使えません" in html and town.centre_a.name in html and f'href="{OPEN}"' in html
    assert reports() == []


def test_a_link_that_ran_out_refuses_too(visitor: Client, town: Any) -> None:
    new = new_link(town)
    with system_transaction():
        WatchMember.objects.update(valid_until=day_in_japan(timezone.now()) - timedelta(days=1))
    assert visitor.get(f"/watch-report/member/{new.secret}/").status_code == 410
