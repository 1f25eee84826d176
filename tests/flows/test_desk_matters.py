"""Complaints about ourselves and incidents through HTTP."""

from __future__ import annotations

import pytest
from django.urls import reverse

from caasis.operations.models import Matter
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db

NEW = {
    "kind": "wait", "severity": "low", "channel": "phone", "noticed_on_y": "2026", "noticed_on_m": "4", "noticed_on_d": "1",
    "what": "秘匿川さんから、電話がつながらないと言われた。", "key": "flow-key-0001",
}  # fmt: skip


def written(client, **more):
    answer = client.post(reverse("desk:matter-new", args=["complaint"]), {**NEW, **more})
    assert answer.status_code == 302
    with system_transaction():
        return Matter.objects.latest("created_at")


def test_a_complaint_goes_its_whole_way(town, client_for):
    counsellor, official = client_for("counsellor"), client_for("official")
    matter = written(counsellor, concerned=str(town.counsellor2.id))
    written(counsellor)
    with system_transaction():
        assert Matter.objects.count() == 1
    page = reverse("desk:matter", args=[matter.id])
    shown = counsellor.get(page).content.decode()
    assert "秘匿川さんから" in shown and "まず、申し出た人に" in shown
    assert counsellor.post(f"{page}acknowledge").status_code == 302
    causes = {"version": "2", "why_1": "電話が重なった", "root_cause": "昼の人数が足りない"}
    assert counsellor.post(f"{page}causes", causes).status_code == 302
    stale = counsellor.post(f"{page}causes", {**causes, "why_1": "打ちかけの理由"})
    assert stale.status_code == 409 and "打ちかけの理由" in stale.content.decode()
    measure = {
        "what": "昼の当番を2人にする", "owner": str(town.supervisor.id), "due_on_y": "2099", "due_on_m": "4",
        "due_on_d": "1", "check_on_y": "2099", "check_on_m": "5", "check_on_d": "1",
    }  # fmt: skip
    wrong = counsellor.post(f"{page}measures", {**measure, "owner": ""})
    assert wrong.status_code == 422 and "昼の当番を2人にする" in wrong.content.decode()
    assert counsellor.post(f"{page}measures", measure).status_code == 302
    early = official.post(f"{page}close", {"answer": "お詫びしました"})
    assert early.status_code == 422 and "お詫びしました" in early.content.decode()
    with system_transaction():
        made = matter.measures.get()
    assert counsellor.post(reverse("desk:measure-done", args=[made.id])).status_code == 302
    assert counsellor.post(reverse("desk:measure-check", args=[made.id]), {"held": "yes"}).status_code == 302
    assert client_for("counsellor2").post(f"{page}close", {"answer": "お詫びしました"}).status_code == 403
    assert official.post(f"{page}close", {"answer": "お詫びしました"}).status_code == 302
    assert "お詫びしました" in counsellor.get(page).content.decode()
    listed = counsellor.get(reverse("desk:matters"), {"state": "closed"}).content.decode()
    assert matter.number in listed and "秘匿川" not in listed


def test_an_incident_shows_its_questions_with_article_and_doubt(client_for):
    counsellor = client_for("counsellor")
    given = {name: value for name, value in NEW.items() if name != "channel"} | {"kind": "misdirected"}
    answer = counsellor.post(reverse("desk:matter-new", args=["incident"]), given)
    page = counsellor.get(answer["Location"]).content.decode()
    assert "個人情報保護法68条1項" in page and "要確認" in page
    assert counsellor.post(f"{answer['Location']}duties", {"duty_leak": "yes"}).status_code == 302
    assert "下の質問で確かめます" in counsellor.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("who", ["outsider", "outside_official"])
def test_another_centre_finds_nothing(town, client_for, who):
    matter = written(client_for("counsellor"))
    other = client_for(who)
    assert other.get(reverse("desk:matter", args=[matter.id])).status_code == 404
    assert other.post(reverse("desk:matter-close", args=[matter.id])).status_code == 404
    assert matter.number not in other.get(reverse("desk:matters")).content.decode()


def test_what_was_typed_stays_and_the_wrong_sort_is_absent(client_for):
    counsellor = client_for("counsellor")
    answer = counsellor.post(reverse("desk:matter-new", args=["complaint"]), {**NEW, "kind": "", "what": "打ちかけ\x00の話です"})
    assert answer.status_code == 422
    assert counsellor.get(reverse("desk:matter-new", args=["other"])).status_code == 404
