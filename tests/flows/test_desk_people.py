"""Finding a person, the history pop with its deliberate step, consents, 見守り, merging: as counsellors use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from caasis.audit.models import AccessRecord
from caasis.cases.models import Case, Party
from caasis.desk.workspace import today_in_japan
from caasis.people.models import Consent, ContactPoint, Person
from caasis.people.selectors import consent_for
from caasis.people.services import build_person, merge_people, save_person
from caasis.platform.transactions import actor_transaction, system_transaction
from tests.support.desk import card_page, form_of, phone_case

pytestmark = pytest.mark.django_db
HANAKO = {
    "consumer_name": "見本 花子", "consumer_kana": "みほん はなこ", "consumer_phone": "022-000-0009",
    "consumer_address": "架空県みほん市1-2-3",
}  # fmt: skip


def person_of(case: Case) -> Any:
    with system_transaction():
        return Party.objects.get(case=case, position=1).person_id


def test_the_pop_tells_a_count_and_a_day_and_the_deliberate_step_shows_the_past(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    old = phone_case(town.counsellor, title="前の相談の件名", **HANAKO)
    case = phone_case(town.counsellor, **{**HANAKO, "consumer_address": ""})
    page = card_page(client, case.id).content.decode()
    assert "同じ番号 1件・直近" in page and "前の相談の件名" not in page
    saved = client.post(f"/desk/cases/{case.id}/past/open", form_of(card_page(client, case.id)))
    assert saved.status_code == 302 and saved["Location"].endswith("/past")
    past = client.get(f"/desk/cases/{case.id}/past").content.decode()
    assert "氏名と住所を聞いて" in past and "見○○" in past and "前の相談の件名" not in past and "花子" not in past
    client.post(f"/desk/cases/{case.id}/past/open", form_of(card_page(client, case.id), consumer_address="みほん市1-2-3"))
    past = client.get(f"/desk/cases/{case.id}/past").content.decode()
    assert "氏名と住所を確かめました" in past and "カードと同じ" in past and "前の相談の件名" not in past
    act, known = f"/desk/cases/{case.id}/past/act", str(person_of(old))
    refused = client.post(act, {"do": "confirm", "person": known})
    assert refused.status_code == 422 and "印を付けてください" in refused.content.decode()
    assert client.post(act, {"do": "confirm", "person": known, "heard": "on"}).status_code == 302
    assert "前の相談の件名" in client.get(f"/desk/cases/{case.id}/past").content.decode()
    assert "前の相談の件名" in card_page(client, case.id).content.decode()
    with system_transaction():
        assert AccessRecord.objects.filter(action="confirm_identity", object_id=case.id).count() == 1
    assert client.post(act, {"do": "link", "person": known}).status_code == 302
    assert "件目です。くり返しの被害かもしれません。" in card_page(client, case.id).content.decode()
    assert client.post(act, {"do": "unlink"}).status_code == 302
    assert client.post(act, {"do": "withdraw", "person": known}).status_code == 302
    assert "前の相談の件名" not in card_page(client, case.id).content.decode()
    assert client.post(act, {"do": "dance"}).status_code == 422
    assert client.post(act, {"do": "confirm", "person": "x", "heard": "on"}).status_code == 404


def test_another_centre_sees_no_pop_for_the_same_number(client_for: Any, town: Any) -> None:
    phone_case(town.counsellor, title="前の相談の件名", **HANAKO)
    theirs = phone_case(town.outsider, **HANAKO)
    client = client_for("outsider")
    page = card_page(client, theirs.id).content.decode()
    assert "同じ番号" not in page and "くり返し" not in page
    past = client.get(f"/desk/cases/{theirs.id}/past").content.decode()
    assert "同じ番号の相談は、ほかにありません" in past and "前の相談の件名" not in past


def test_a_person_is_found_by_the_whole_number_and_shown_masked(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor, title="屋根工事", **HANAKO)
    found = client.post("/desk/people/", {"phone": "０２２-０００-０００９"})
    text = found.content.decode()
    assert "見○○" in text and "電話番号が同じ" in text and "花子" not in text
    assert "見つかりません" in client.post("/desk/people/", {"name": "見本"}).content.decode()
    assert client.post("/desk/people/", {}).status_code == 422
    place = f"/desk/people/{person_of(case)}/"
    page = client.get(place).content.decode()
    assert "見○○さん" in page and "末尾09" in page and "屋根工事" in page and "花子" not in page and "0009" not in page
    opened = client.get(f"{place}?purpose=advice").content.decode()
    assert "見本 花子さん" in opened and "022-000-0009" in opened
    with system_transaction():
        assert AccessRecord.objects.filter(action="open_personal_data", object_id=person_of(case)).exists()


def test_consents_are_recorded_withdrawn_and_shown_on_the_card(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor, **HANAKO)
    place = f"/desk/people/{person_of(case)}/"
    assert "同意の記録はありません" in card_page(client, case.id).content.decode()
    wrong = client.post(f"{place}consents", {"consent-kind": "", "consent-means": "phone", "consent-note": "書きかけの同意"})
    assert wrong.status_code == 422 and "書きかけの同意" in wrong.content.decode()
    given = {
        "consent-kind": "pass_on", "consent-given_by": "self", "consent-means": "phone",
        "consent-recipient": str(town.centre_b.id), "consent-note": "契約の内容だけ",
    }  # fmt: skip
    assert client.post(f"{place}consents", given).status_code == 302
    page = client.get(f"{place}?purpose=advice").content.decode()
    assert "ほかのセンターへの引継ぎ" in page and "若葉市消費生活センターだけ" in page and "契約の内容だけ" in page
    assert "契約の内容だけ" not in client.get(place).content.decode()
    assert "同意：ほかのセンターへの引継ぎ" in card_page(client, case.id).content.decode()
    with system_transaction():
        row = Consent.objects.get()
    with actor_transaction(town.counsellor):
        assert consent_for(actor=town.counsellor, person_id=row.person_id, kind="pass_on", recipient_centre_id=town.centre_b.id)
    assert client.post(f"{place}consents/withdraw", {"consent": str(row.id), "withdraw-means": "phone"}).status_code == 302
    assert "同意の記録はありません" in card_page(client, case.id).content.decode()
    assert client.post(f"{place}consents/withdraw", {"consent": "x", "withdraw-means": "phone"}).status_code == 422


def test_watching_has_a_reason_and_a_day_and_shows_on_the_card(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    case = phone_case(town.counsellor, **HANAKO)
    place = f"/desk/people/{person_of(case)}/"
    day = today_in_japan() + timedelta(days=60)
    typed = {"watch-reason": "訪問販売が続く", "watch-review_on_y": str(day.year), "watch-review_on_m": str(day.month), "watch-review_on_d": str(day.day)}
    wrong = client.post(f"{place}watch", {**typed, "watch-review_on_y": "2020"})
    assert wrong.status_code == 422 and "訪問販売が続く" in wrong.content.decode()
    assert client.post(f"{place}watch", typed).status_code == 302
    page = card_page(client, case.id).content.decode()
    assert "<b>見守り</b>" in page and "訪問販売が続く" not in page
    assert "訪問販売が続く" in client.get(f"{place}?purpose=advice").content.decode()
    assert client.post(f"{place}watch/end").status_code == 302
    assert "<b>見守り</b>" not in card_page(client, case.id).content.decode()
    assert client.post(f"{place}watch/end").status_code == 409


def test_contact_points_are_added_and_marked_dead(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    place = f"/desk/people/{person_of(phone_case(town.counsellor, **HANAKO))}/"
    assert client.post(f"{place}points", {"point-kind": "mail", "point-value": "x"}).status_code == 422
    assert client.post(f"{place}points", {"point-kind": "mail", "point-value": "hanako@example.jp"}).status_code == 302
    with system_transaction():
        point = ContactPoint.objects.get(kind="phone")
    assert client.post(f"{place}points/usable", {"point": str(point.id), "usable": "no"}).status_code == 302
    page = client.get(place).content.decode()
    assert "h○○@…" in page and "使えない" in page


def test_two_rows_are_merged_and_parted_on_the_screen(client_for: Any, town: Any) -> None:
    client = client_for("counsellor")
    one = phone_case(town.counsellor, title="一つめの相談", **HANAKO)
    other = phone_case(town.counsellor, title="二つめの相談", **{**HANAKO, "consumer_phone": "022-000-0010"})
    place = f"/desk/people/{person_of(one)}/"
    looked = client.post(f"{place}merge", {"look": "1", "name": "見本 花子"})
    assert looked.status_code == 200 and str(person_of(other)) in looked.content.decode()
    wrong = client.post(f"{place}merge", {"other": str(person_of(other)), "reason": ""})
    assert wrong.status_code == 422 and str(person_of(other)) in wrong.content.decode()
    assert client.post(f"{place}merge", {"other": str(person_of(other)), "reason": "同じ住所と生年月日"}).status_code == 302
    assert client.get(f"/desk/people/{person_of(other)}/")["Location"] == place
    page = client.get(place).content.decode()
    assert "一つめの相談" in page and "二つめの相談" in page
    with system_transaction():
        merge = Person.objects.get(id=person_of(other)).merges_away.get()
    assert client.post(f"{place}unmerge", {"merge": str(merge.id)}).status_code == 302
    assert "二つめの相談" not in client.get(place).content.decode()
    assert client.post(f"{place}unmerge", {"merge": str(merge.id)}).status_code in (409, 422)


def test_outsiders_find_nobody_and_officials_only_read(client_for: Any, town: Any) -> None:
    case = phone_case(town.counsellor, **HANAKO)
    place = f"/desk/people/{person_of(case)}/"
    outsider = client_for("outsider")
    for path in (place, f"{place}merge"):
        assert outsider.get(path).status_code == 404
    for path in ("consents", "watch", "watch/end", "points", "points/usable", "unmerge", "consents/withdraw", "merge"):
        assert outsider.post(f"{place}{path}").status_code == 404, path
    assert "見つかりません" in outsider.post("/desk/people/", {"phone": HANAKO["consumer_phone"]}).content.decode()
    official = client_for("official")
    assert official.get(place).status_code == 200
    assert official.post(f"{place}watch/end").status_code == 403 and official.get(f"{place}merge").status_code == 403
    assert client_for("ncac").get(place).status_code == 403


def test_a_person_who_was_merged_twice_reads_as_one(client_for: Any, town: Any) -> None:
    with system_transaction():
        people = [save_person(build_person(centre_id=town.centre_a.id, values={"name": f"見本 {n}子"})) for n in "一二三"]
    for other in people[1:]:
        merge_people(actor=town.counsellor, keep_id=people[0].id, other_id=other.id, reason="同じ人と分かった")
    page = client_for("counsellor").get(f"/desk/people/{people[2].id}/", follow=True).content.decode()
    assert page.count("をまとめました") == 2
