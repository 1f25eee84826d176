"""Telephone numbers, call flows and 臨時メッセージ on the screens, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from caasis.engines.ivr.comparing import differences
from caasis.engines.ivr.flow import read_flow
from caasis.telephony.models import Flow, FlowVersion, MessageSwitch, Number
from caasis.telephony.prompts import wav_bytes
from caasis.telephony.selectors import newest_versions
from caasis.telephony.services import add_flow, add_standard_flow, publish_version, save_draft, save_number, set_message
from tests.rooms.telephony.flow_document import flow_of

pytestmark = pytest.mark.django_db
FLOWS, NUMBERS = "/desk/telephone/flows/", "/desk/telephone/numbers/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def token(response: Any) -> str:
    found = re.search(r'name="token" value="(\w+)"', text_of(response))
    assert found
    return found[1]


def standard(town: Any) -> Flow:
    return add_standard_flow(actor=town.supervisor, centre_id=town.centre_a.id).flow


def small(town: Any, **more: Any) -> FlowVersion:
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    return save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main", **more))


def newest(flow: Flow) -> FlowVersion:
    return newest_versions([flow])[flow.id]


def box(flow: Flow, name: str) -> dict[str, Any]:
    return next(one for one in newest(flow).document["boxes"] if one["id"] == name)


def posted(page: Any, **changes: str) -> dict[str, Any]:
    """What the form of a page holds, with changes; what is posted is what a browser would post."""
    form = page.context["form"]
    data: dict[str, Any] = {"token": page.context.get("token", "")}
    for field in form:
        value = field.value()
        if value not in (None, False):
            data[field.html_name] = "on" if value is True else value
    return data | changes


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_centre_without_numbers_is_told_how_to_begin_and_begins_with_the_standard_flow(client_for: Any, town: Any) -> None:
    client = client_for("supervisor")
    empty = text_of(client.get(NUMBERS))
    assert "電話番号は、まだ入っていません。" in empty and "標準の自動応答から始める" in empty
    answer = client.post(f"{FLOWS}standard")
    flow = Flow.objects.get()
    assert answer["Location"] == f"{FLOWS}{flow.id}/" and flow.published is None
    assert newest(flow).document["boxes"][0]["id"] == "start"
    page = text_of(client.get(answer["Location"]))
    assert "公開する前に直すところ" not in page and page.count("app-fbox__name") == 39
    assert "この機関の電話番号が、名簿にありません。" in page, "what a caller would not be told is told to the author"
    client.post(f"{FLOWS}standard")
    assert set(Flow.objects.values_list("name", flat=True)) == {
        "消費生活センターの自動応答", "消費生活センターの自動応答（2）",
    }  # fmt: skip


def test_a_number_is_entered_changed_and_kept_on_error(client_for: Any, town: Any) -> None:
    client, flow = client_for("official"), standard(town)
    wrong = client.post(f"{NUMBERS}new", {"number": "12", "label": "代表", "toll": "free", "flow": str(flow.id)})
    assert wrong.status_code == 422 and "電話番号を、市外局番から入力してください。" in text_of(wrong)
    assert 'value="代表"' in text_of(wrong)
    saved = client.post(
        f"{NUMBERS}new", {"number": "0120-000-123", "label": "代表", "toll": "free", "flow": str(flow.id), "records": "on"}
    )
    line = Number.objects.get()
    assert saved.status_code == 302 and (line.number, line.toll, line.records, line.active) == ("+81120000123", "free", True, False)
    page = text_of(client.get(NUMBERS))
    assert "0120-000-123" in page and "まだ公開していません" in page and "フリーダイヤル（センターが払う）" in page
    stale = {"number": "0120-000-123", "label": "夜間", "toll": "ordinary", "flow": "", "active": "on"}
    assert client.post(f"{NUMBERS}{line.id}/", stale | {"version": "1"}).status_code == 302
    late = client.post(f"{NUMBERS}{line.id}/", stale | {"version": "1", "label": "わたしの名前"})
    assert late.status_code == 409 and "わたしの名前" in text_of(late)
    line.refresh_from_db()
    assert (line.label, line.toll, line.flow_id, line.records, line.active) == ("夜間", "ordinary", None, False, True)


def test_who_may_not_manage_reads_and_outsiders_see_nothing(client_for: Any, town: Any) -> None:
    version = small(town)
    flow = version.flow
    line = save_number(actor=town.supervisor, centre_id=town.centre_a.id, number="0221234567", label="代表", flow_id=flow.id)
    counsellor = client_for("counsellor")
    assert "0221234567" in text_of(counsellor.get(NUMBERS)) and "番号を入れる" not in text_of(counsellor.get(NUMBERS))
    assert counsellor.get(f"{FLOWS}{flow.id}/").status_code == 200
    assert "公開の確認へ" not in text_of(counsellor.get(f"{FLOWS}{flow.id}/"))
    for path in ("boxes/menu/", "settings", f"versions/{version.id}/publish", "boxes/new/announce"):
        assert counsellor.get(f"{FLOWS}{flow.id}/{path}").status_code == 403, path
        assert counsellor.post(f"{FLOWS}{flow.id}/{path}", {"token": "x"}).status_code == 403, path
    assert counsellor.post(f"{FLOWS}{flow.id}/boxes/menu/remove").status_code == 403
    assert counsellor.post(f"{FLOWS}standard").status_code == 403
    for name in ("outsider", "outside_official"):
        client = client_for(name)
        assert "代表" not in text_of(client.get(NUMBERS)) and "受付" not in re.sub("受付時間|受付は", "", text_of(client.get(FLOWS)).split("<main")[1].split("</main")[0])
        assert client.get(f"{NUMBERS}{line.id}/").status_code == 404
        for path in ("", "try", "paths", "settings", "boxes/menu/", "boxes/new/announce", f"versions/{version.id}/", f"versions/{version.id}/publish"):
            assert client.get(f"{FLOWS}{flow.id}/{path}").status_code == 404, path
        for path in ("undo", "boxes/menu/remove", "boxes/menu/", f"versions/{version.id}/publish"):
            assert client.post(f"{FLOWS}{flow.id}/{path}").status_code == 404, path
    assert newest(flow).document == version.document


# --- the drawing and its forms ----------------------------------------------------------------------------------------


def test_every_box_of_the_standard_flow_opens_and_saves_unchanged(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), standard(town)
    before = newest(flow).document
    for name in [one["id"] for one in before["boxes"]]:
        page = client.get(f"{FLOWS}{flow.id}/boxes/{name}/")
        assert page.status_code == 200, name
        answer = client.post(f"{FLOWS}{flow.id}/boxes/{name}/", posted(page))
        assert answer.status_code == 302, (name, answer.context["form"].errors)
    assert differences(read_flow(before), read_flow(newest(flow).document)) == ()
    assert read_flow(newest(flow).document) == read_flow(before)


def test_words_keys_and_arrows_are_changed_in_a_draft_and_taken_back(client_for: Any, town: Any) -> None:
    client, version = client_for("supervisor"), small(town)
    flow = version.flow
    publish_version(actor=town.supervisor, version_id=version.id)
    at = f"{FLOWS}{flow.id}/boxes/menu/"
    page = client.get(at)
    changed = posted(page, say__ja="相談は1を押してください。", choices__3__key="5", choices__3__to="booking", wait_s="9")
    assert client.post(at, changed).status_code == 302
    menu = box(flow, "menu")
    assert menu["say"]["ja"] == "相談は1を押してください。" and menu["wait_s"] == 9
    assert menu["next"] == {"1": "person", "2": "callback", "5": "booking", "no_key": "person"}
    flow.refresh_from_db()
    assert flow.published_id == version.id and newest(flow).number == 2, "callers hear what was published"
    shown = text_of(client.get(f"{FLOWS}{flow.id}/"))
    assert "公開する前に直すところ" in shown and "この箱に来る矢印がありません" in shown and "！直す" in shown
    assert client.post(f"{FLOWS}{flow.id}/undo").status_code == 302
    assert box(flow, "menu") == next(one for one in version.document["boxes"] if one["id"] == "menu")
    client.post(f"{FLOWS}{flow.id}/undo")
    assert box(flow, "menu") == menu, "once more is the way forward again"


def test_what_was_typed_stays_when_something_is_wrong_or_somebody_was_first(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    at = f"{FLOWS}{flow.id}/boxes/menu/"
    page = client.get(at)
    wrong = client.post(at, posted(page, say__ja="新しい文です。", choices__1__key="", wait_s="0"))
    assert wrong.status_code == 422 and "新しい文です。" in text_of(wrong)
    errors = wrong.context["form"].errors
    assert "3から60までの整数" in errors["wait_s"][0] and "choices__1__key" in errors
    client_for("official").post(f"{FLOWS}{flow.id}/boxes/bye/", posted(client.get(f"{FLOWS}{flow.id}/boxes/bye/"), say__ja="では。"))
    late = client.post(at, posted(page, say__ja="新しい文です。"))
    assert late.status_code == 409 and "新しい文です。" in text_of(late)
    # Saved again, now over what the other has saved: nobody's box is lost.
    assert client.post(at, posted(page, say__ja="新しい文です。") | {"token": token(late)}).status_code == 302
    assert box(flow, "menu")["say"]["ja"] == "新しい文です。" and box(flow, "bye")["say"]["ja"] == "では。"


def test_a_box_is_put_on_an_arrow_and_removed_again(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    at = f"{FLOWS}{flow.id}/boxes/new/announce?on=hours&outcome=open"
    page = client.get(at)
    assert "「受付時間」の「受付中」の矢印に入れます。" in text_of(page)
    assert client.post(at, posted(page)).status_code == 422
    made = client.post(at, posted(page, say__ja="ただいま、混み合っています。", name="混雑"))
    assert made["Location"] == f"{FLOWS}{flow.id}/boxes/announce_1/"
    assert box(flow, "hours")["next"]["open"] == "announce_1" and box(flow, "announce_1")["next"] == {"next": "message"}
    assert client.post(f"{FLOWS}{flow.id}/boxes/announce_1/remove").status_code == 302
    assert box(flow, "hours")["next"]["open"] == "message"
    assert client.post(f"{FLOWS}{flow.id}/boxes/start/remove").status_code == 409
    assert client.get(f"{FLOWS}{flow.id}/boxes/announce_1/").status_code == 404


@pytest.mark.parametrize("kind", ["recording_notice", "origin", "hours", "menu", "collect", "triage", "queue", "callback", "booking", "transfer", "hang_up", "language", "message", "web_link", "relay"])
def test_each_kind_of_box_has_a_form_that_says_what_is_missing(kind: str, client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    at = f"{FLOWS}{flow.id}/boxes/new/{kind}"
    page = client.get(at)
    assert page.status_code == 200
    answer = client.post(at, posted(page))
    assert answer.status_code in (302, 422) and (answer.status_code == 302 or answer.context["form"].errors)
    assert client.get(f"{FLOWS}{flow.id}/boxes/new/start").status_code == 404


# --- publishing -------------------------------------------------------------------------------------------------------


def test_publishing_lists_what_changes_asks_once_more_and_is_undone_by_an_older_version(client_for: Any, town: Any) -> None:
    client, first = client_for("supervisor"), small(town)
    flow = first.flow
    at = f"{FLOWS}{flow.id}/versions/{first.id}/publish"
    page = client.get(at)
    assert "はじめての公開です" in text_of(page)
    assert client.post(at, {"token": "old"}).status_code == 409
    assert client.post(at, {"token": token(page)}).status_code == 302
    bye = f"{FLOWS}{flow.id}/boxes/bye/"
    client.post(bye, posted(client.get(bye), say__ja="明日おかけ直しください。"))
    second = newest(flow)
    page = client.get(f"{FLOWS}{flow.id}/versions/{second.id}/publish")
    assert "受付時間におかけ直しください。" in text_of(page) and "明日おかけ直しください。" in text_of(page)
    client.post(f"{FLOWS}{flow.id}/versions/{second.id}/publish", {"token": token(page)})
    flow.refresh_from_db()
    assert flow.published_id == second.id
    assert "この版に戻す" in text_of(client.get(f"{FLOWS}{flow.id}/versions/{first.id}/"))
    client.post(at, {"token": token(client.get(at))})
    flow.refresh_from_db()
    assert flow.published_id == first.id


def test_a_flow_with_problems_is_not_published(client_for: Any, town: Any) -> None:
    client, version = client_for("supervisor"), small(town)
    flow = version.flow
    client.post(f"{FLOWS}{flow.id}/boxes/menu/remove")
    at = f"{FLOWS}{flow.id}/versions/{version.id}/publish"
    page = text_of(client.get(at))
    assert "直すところがあるため、公開できません。" in page and "行き先がありません" in page
    sent = client.post(at, {"token": client.get(at).context["shown"].token})
    assert sent.status_code == 422
    flow.refresh_from_db()
    assert flow.published is None


def test_a_document_that_is_no_flow_is_shown_as_such_and_can_be_taken_back(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    save_draft(actor=town.supervisor, flow_id=flow.id, document={"name": "x", "boxes": [{"kind": "teapot"}]})
    page = client.get(f"{FLOWS}{flow.id}/")
    assert page.status_code == 200 and "図として読み取れません" in text_of(page) and "この種類の箱はありません" in text_of(page)
    assert client.get(f"{FLOWS}{flow.id}/try").status_code == 200
    assert client.get(f"{FLOWS}{flow.id}/boxes/menu/").status_code == 422
    client.post(f"{FLOWS}{flow.id}/undo")
    assert "app-fbox__name" in text_of(client.get(f"{FLOWS}{flow.id}/"))


def test_another_language_asks_for_its_words_at_each_box(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    at = f"{FLOWS}{flow.id}/settings"
    page = client.get(at)
    assert client.post(at, posted(page) | {"languages": ["ja", "en"]}).status_code == 302
    assert newest(flow).document["languages"] == ["ja", "en"]
    assert "「en」の文がありません" in text_of(client.get(f"{FLOWS}{flow.id}/"))
    bye = f"{FLOWS}{flow.id}/boxes/bye/"
    client.post(bye, posted(client.get(bye), say__en="Please call again."))
    assert box(flow, "bye")["say"] == {"ja": "受付時間におかけ直しください。", "en": "Please call again."}


# --- the trial --------------------------------------------------------------------------------------------------------


def test_a_trial_goes_through_the_flow_as_a_caller(client_for: Any, town: Any) -> None:
    client, flow = client_for("counsellor"), small(town).flow
    at = f"{FLOWS}{flow.id}/try"
    around = {"hours": "open", "caller": "mobile", "script": "", "message": "on"}

    def go(page: Any, do: str) -> Any:
        script = page.context["script"]
        return client.get(at, around | {"script": script.text, "now": f"{script.now_s:g}", "do": do})

    assert "電話をかけてみる" in text_of(client.get(at))
    page = client.get(at, around)
    assert "大雨のため、つながりにくくなっています。" in text_of(page) and "いま：臨時メッセージ" in text_of(page)
    while page.context["course"].state.box != "menu":
        page = go(page, "wait")
    assert "ここからの通話は録音されます。" in text_of(page) and "いまここ" in text_of(page)
    page = go(page, "1")
    assert page.context["course"].state.phase == "queued" and "「電話番号ごとに決めた列」に並んで" in text_of(page)
    waiting = go(page, "wait")
    assert waiting.context["course"].state.box == "callback" and waiting.context["course"].seconds >= 60
    assert "人につながりました。" in text_of(go(page, "c"))
    assert go(page, "f").context["course"].state.box == "booking"


def test_a_trial_knows_night_hidden_numbers_and_the_emergency_key(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), standard(town)
    at = f"{FLOWS}{flow.id}/try"
    night = client.get(at, {"at": "2026-11-25T22:00", "hours": "", "caller": "hidden", "script": ""})
    assert night.context["hours"] == "受付時間外"
    relay = client.get(at, {"hours": "open", "caller": "relay", "script": "", "now": "15"})
    assert relay.context["course"].state.relay
    urgent = client.get(at, {"hours": "open", "caller": "mobile", "script": "1:*", "now": "30"})
    assert urgent.context["course"].state.emergency and "だれよりも先につなぎます。" in text_of(urgent)
    by_188 = client.get(at, {"hours": "open", "way": "188", "script": ""})
    assert "消費者ホットライン188から、おつなぎしました。" in text_of(by_188)
    for odd in ({"script": "x:1,2:q,-3:1,nan:1", "now": "inf"}, {"script": "1:1," * 200, "now": "9e9"}, {"script": "", "hours": "teatime"}):
        assert client.get(at, odd).status_code in (200, 422)


def test_all_ways_are_tried_and_their_ends_are_told(client_for: Any, town: Any) -> None:
    client, flow = client_for("supervisor"), small(town).flow
    page = client.get(f"{FLOWS}{flow.id}/paths")
    worlds = {one.world: one for one in page.context["worlds"]}
    assert worlds["受付中"].persons > 0 and worlds["受付中"].longest_s > 10
    assert worlds["休業日"].closings > 0 and {"closed", "person"} >= {end[0] for end in worlds["休業日"].ends}
    client.post(f"{FLOWS}{flow.id}/boxes/menu/remove")
    assert "すべての道を試せません" in text_of(client.get(f"{FLOWS}{flow.id}/paths"))


# --- 臨時メッセージ ---------------------------------------------------------------------------------------------------


def test_the_message_is_switched_on_after_a_question_and_says_who_and_when(client_for: Any, town: Any) -> None:
    client, version = client_for("supervisor"), small(town)
    at = "/desk/telephone/message/"
    assert "このスイッチの箱がありません" in text_of(client.get(at))
    publish_version(actor=town.supervisor, version_id=version.id)
    page = text_of(client.get(at))
    assert "storm：流れていません" in page and "自動応答の文：大雨のため、つながりにくくなっています。" in page
    asked = client.post(at, {"name": "storm", "do": "on", "words__ja": "停電のため、午後から受け付けます。"})
    assert asked.status_code == 200 and "よろしいですか。" in text_of(asked) and not MessageSwitch.objects.exists()
    sent = client.post(at, {"name": "storm", "do": "on", "sure": "yes", "words__ja": "停電のため、午後から受け付けます。"})
    assert sent.status_code == 302 and MessageSwitch.objects.get().on
    page = text_of(client.get(sent["Location"]))
    assert "storm：流れています" in page and "見本 supervisorが入れました。" in page and "停電のため" in page
    long = client.post(at, {"name": "storm", "do": "on", "sure": "yes", "words__ja": "あ" * 501})
    assert long.status_code == 422 and "あ" * 501 in text_of(long)
    client.post(at, {"name": "storm", "do": "off", "sure": "yes", "words__ja": ""})
    assert not MessageSwitch.objects.get().on


def test_only_who_manages_the_centre_switches_its_message(client_for: Any, town: Any) -> None:
    at = "/desk/telephone/message/"
    set_message(actor=town.supervisor, centre_id=town.centre_a.id, name="today", on=True, words={"ja": "停電です。"})
    counsellor = client_for("counsellor")
    assert "停電です。" in text_of(counsellor.get(at)) and "臨時メッセージを止める" not in text_of(counsellor.get(at))
    assert counsellor.post(at, {"name": "today", "do": "off", "sure": "yes"}).status_code == 403
    official = client_for("outside_official")
    assert "停電です。" not in text_of(official.get(at))
    official.post(at, {"name": "today", "do": "off", "sure": "yes"})
    assert MessageSwitch.objects.get(centre_id=town.centre_a.id).on


# --- sounds -----------------------------------------------------------------------------------------------------------


def test_lines_are_heard_recorded_and_spoken_again(client_for: Any, town: Any, settings: Any, tmp_path: Any) -> None:
    settings.TELEPHONY_PROMPTS = str(tmp_path)
    client, flow = client_for("supervisor"), small(town).flow
    at = f"{FLOWS}{flow.id}/prompts"
    page = client.get(at)
    assert "大雨のため、つながりにくくなっています。" in text_of(page) and "media-src 'self'" in page["Content-Security-Policy"]
    assert "Mei" in text_of(page) or "読み上げられません" in text_of(page), "whose voice it is, or that nothing speaks here"
    sound = client.get(f"{at}/bye/say/ja/sound.wav")
    assert sound["Content-Type"] == "audio/wav" and sound.content[:4] == b"RIFF" and sound["Cache-Control"] == "no-store"
    line = f"{at}/bye/say/ja/"
    refused = client.post(line, {"token": token(client.get(line)), "file": SimpleUploadedFile("a.wav", b"text")})
    assert refused.status_code == 422
    own = wav_bytes(np.full(800, 9000, np.int16))
    assert client.post(line, {"token": token(client.get(line)), "file": SimpleUploadedFile("a.wav", own)}).status_code == 302
    assert "いまは録音が流れます。" in text_of(client.get(line))
    assert len(client.get(f"{line}sound.wav").content) == len(own)
    assert client.post(f"{line}remove").status_code == 302
    assert "いまは読み上げます。" in text_of(client.get(line))


def test_sounds_are_for_editors_only(client_for: Any, town: Any, settings: Any, tmp_path: Any) -> None:
    settings.TELEPHONY_PROMPTS = str(tmp_path)
    flow = small(town).flow
    for name, status in (("counsellor", 403), ("outsider", 404), ("outside_official", 404)):
        client = client_for(name)
        for path in ("prompts", "prompts/bye/say/ja/", "prompts/bye/say/ja/sound.wav"):
            assert client.get(f"{FLOWS}{flow.id}/{path}").status_code == status, (name, path)
        assert client.post(f"{FLOWS}{flow.id}/prompts/bye/say/ja/remove").status_code == status


@pytest.mark.parametrize("name", ["menu", "person", "booking", "notice"])
def test_whatever_is_typed_into_a_box_is_saved_or_answered_with_a_sentence(name: str, client_for: Any, town: Any) -> None:
    client, flow = client_for("official"), small(town).flow
    at = f"{FLOWS}{flow.id}/boxes/{name}/"
    fields = [field for field in posted(client.get(at)) if field != "token"]
    odd = ["\x00", "あ" * 600, "<script>alert(1)</script>", "{x}", "〔", "-1", "１２", "9" * 40, "nobody", ""]
    for turn, field in enumerate(fields * 2):
        value = odd[turn % len(odd)]
        answer = client.post(at, posted(client.get(at), **{field: value}))
        assert answer.status_code in (302, 422), (field, value)
        assert "<script>alert" not in text_of(answer)
    read_flow(newest(flow).document)
