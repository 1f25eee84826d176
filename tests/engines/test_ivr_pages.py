"""The visual IVR: the same flow, read instead of heard."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.engines.ivr import (
    Arrived,
    Channel,
    Circumstances,
    Done,
    End,
    Enqueue,
    Entered,
    Entry,
    HangUp,
    Key,
    Line,
    NoteKind,
    Office,
    Page,
    PageChoice,
    Play,
    Recording,
    Skipped,
    StartTimer,
    State,
    TakeCallback,
    happening_of,
    page_of,
)
from tests.engines.ivr_flows import BYE, QUEUE, Call, box, flow_of, ja

HELLO = box("announce", "first", {"next": "notice"}, say=ja("お電話ありがとうございます。"), page=ja("ようこそ。"))
NOTICE = box("recording_notice", "notice", {"next": "message", "refused": "bye"}, say=ja("録音します。"), key="9")
MESSAGE = box("message", "message", {"on": "menu", "off": "menu"}, switch="today", say=ja("混んでいます。"))
MENU = box(
    "menu", "menu", {"1": "number", "2": "away", "3": "offer", "no_key": "queue"}, say=ja("1、2、3です。"), name="ご用件",
    choices=[{"key": "1", "label": ja("番号")}, {"key": "2", "label": ja("税金")}, {"key": "3", "label": ja("折り返し")}],
)  # fmt: skip
NUMBER = box("collect", "number", {"collected": "queue", "no_key": "queue"}, say=ja("13けたの番号を押してください。"),
    page=ja("番号を入力してください。"), stored_as="receipt", least=3, most=4, say_again=ja("もう一度。"))  # fmt: skip
AWAY = box("triage", "away", {"next": "bye", "unknown": "queue", "person": "queue"}, say=ja("{office}へ。〔{number}〕です。"),
    office="tax", key="0")  # fmt: skip
OFFER = box(
    "callback", "offer", {"taken": "bye", "declined": "menu", "impossible": "queue"}, say=ja("折り返しますか。")
)
URGENT = box("emergency", "urgent", {"next": "queue"}, key="*", say=ja("払わないでください。"))
AROUND = Circumstances(offices={"tax": Office("税務署", "03-1234-5678")})
FLOW = flow_of(
    HELLO, NOTICE, MESSAGE, MENU, NUMBER, AWAY, OFFER, URGENT, QUEUE | {"page": ja("相談員がうかがいます。")}
)


def reader(around: Circumstances = AROUND, **facts: Any) -> Call:
    return Call(FLOW, around).tell(Arrived(channel=Channel.WEB, **facts))


def page(one: Call) -> Page:
    return page_of(one.flow, one.state)


def choose(one: Call, value: str, entered: str = "") -> Call:
    happening = happening_of(value, entered)
    assert happening is not None
    return one.tell(happening)


def test_a_page_shows_what_leads_to_the_first_choice() -> None:
    one = reader(Circumstances(messages={"today": {"ja": Line("本日は〔188〕も混んでいます。")}}))
    assert page(one) == Page(
        heading="ご用件",
        language="ja",
        text=("ようこそ。", "本日は188も混んでいます。"),
        choices=(PageChoice("1", "番号"), PageChoice("2", "税金"), PageChoice("3", "折り返し")),
        skip=PageChoice("skip", "選ばずに、相談員と話す"),
        urgent=PageChoice("*", "いま、お金を払うように言われている"),
    )
    assert one.never(Play) and one.never(StartTimer), "a page neither speaks nor hurries"
    assert one.state.recording is Recording.UNTOLD, "nothing is recorded of who reads"
    assert not page(one).is_end


def test_a_number_is_typed() -> None:
    one = choose(reader(), "1")
    assert page(one).entry == Entry("番号", 3, 4) and page(one).text == ("番号を入力してください。",)
    assert page(one).heading == "番号の入力"
    wrong = choose(one, "", "12")
    assert page(wrong).entry and page(wrong).text == ("番号を入力してください。",)
    for _ in range(5):
        choose(wrong, "", "1")
    assert page(wrong).entry, "a reader may try as often as they like"
    assert choose(wrong, "", "1234").did(Enqueue).collected == {"receipt": "1234"}
    assert page(one).person and page(one).queue == "main" and page(one).text == ("相談員がうかがいます。",)
    assert page(one).is_end and page(one).urgent is None


def test_a_number_is_not_demanded() -> None:
    one = choose(reader(), "1")
    assert page(one).skip == PageChoice("skip", "入力せずに進む")
    assert choose(one, "skip").did(Enqueue).collected == {}


def test_another_office_is_shown_once_with_its_number() -> None:
    one = choose(reader(), "2")
    assert page(one).text == ("税務署へ。03-1234-5678です。",)
    assert [choice.label for choice in page(one).choices] == ["それでも相談員と話す", "わかりました"]
    choose(one, "skip")
    assert one.state.end is End.HUNG_UP and one.did(HangUp) and page(one).text == ("さようなら。",)
    assert page(one).is_end and not page(one).person
    assert choose(choose(reader(), "2"), "0").did(Enqueue)
    plain = flow_of(
        {name: held for name, held in AWAY.items() if name != "key"}
        | {"id": "first", "next": {"next": "bye", "unknown": "queue"}}
    )
    ended = Call(plain, AROUND).tell(Arrived(channel=Channel.CHAT))
    assert page(ended).text == ("税務署へ。03-1234-5678です。", "さようなら。")


def test_a_page_stands_for_what_a_box_says_and_for_nothing_else() -> None:
    message = MESSAGE | {"id": "first", "page": ja("混んでいます（画面）。"), "next": {"on": "queue", "off": "queue"}}
    usual = Call(flow_of(message), Circumstances(messages={"today": {}})).tell(Arrived(channel=Channel.WEB))
    assert page(usual).text == ("混んでいます（画面）。",)
    of_the_day = Circumstances(messages={"today": {"ja": Line("台風です。")}})
    assert page(Call(flow_of(message), of_the_day).tell(Arrived(channel=Channel.WEB))).text == ("台風です。",)
    says = NUMBER | {"id": "first", "say_done": ja("〔{digits}〕ですね。")}
    typed = choose(Call(flow_of(says)).tell(Arrived(channel=Channel.WEB)), "", "123")
    assert page(typed).text == ("123ですね。",)


def test_what_a_page_of_its_own_has_filled_in() -> None:
    away = AWAY | {"id": "first", "page": ja("{office}（{number}）")}
    assert page(Call(flow_of(away), AROUND).tell(Arrived(channel=Channel.WEB))).text == ("税務署（03-1234-5678）",)


def test_an_offer_is_a_yes_or_a_no() -> None:
    one = choose(reader(caller="+819012345678"), "3")
    assert page(one).choices == (PageChoice("1", "はい"), PageChoice("skip", "いいえ")) and page(one).skip is None
    assert page(choose(one, "skip")).heading == "ご用件"
    assert choose(choose(one, "3"), "1").did(TakeCallback)
    assert page(one.tell(Done())).text == ("さようなら。",)


def test_who_chooses_nothing_talks_to_a_person() -> None:
    one = choose(reader(), "skip")
    assert one.did(Enqueue) and one.notes == [(NoteKind.NO_KEY, "")]


def test_the_emergency_is_on_every_page_until_it_is_pressed() -> None:
    one = choose(reader(), "1")
    assert page(one).urgent == PageChoice("*", "いま、お金を払うように言われている")
    choose(one, "*")
    assert one.did(Enqueue).reasons == ("emergency",)
    assert page(one).text == ("払わないでください。", "相談員がうかがいます。")


@pytest.mark.parametrize(
    ("value", "happening"),
    [("1", Key("1")), ("*", Key("*")), ("skip", Skipped()), ("A", None), ("12", None), ("", None)],
)
def test_only_what_a_page_shows_can_be_chosen(value: str, happening: object) -> None:
    assert happening_of(value) == happening


def test_a_typed_number_is_an_entry() -> None:
    assert happening_of("", "123") == Entered("123")


def test_pages_speak_the_readers_language() -> None:
    words = {"ja": "はい。", "en": "Yes."}
    flow = flow_of(
        box("language", "first", {"next": "menu"}, say=words, choices={"1": "ja", "2": "en", "3": "xx"}),
        MENU
        | {
            "choices": [{"key": "1", "label": {"ja": "番号", "en": "Number"}}, {"key": "2", "label": ja("税金")}],
            "next": {"1": "bye"},
        },
        BYE | {"say": words},
        languages=["ja", "en", "xx"],
    )
    one = Call(flow).tell(Arrived(channel=Channel.WEB))
    assert [choice.label for choice in page(one).choices] == ["日本語", "English", "xx"]
    assert page(one).skip == PageChoice("skip", "選ばずに進む") and page(one).text == ()
    choose(one, "2")
    assert page(one).language == "en"
    assert [choice.label for choice in page(one).choices] == ["Number", "税金"]
    assert page(one).skip == PageChoice("skip", "Talk to a counsellor without choosing")
    assert page(choose(one, "1")).text == ("Yes.",)
    assert page(choose(Call(flow).tell(Arrived(channel=Channel.WEB)), "skip")).language == "ja"


def test_the_designer_sees_the_page_of_a_call_that_is_heard() -> None:
    heard = Call(FLOW, AROUND).arrive()
    assert page(heard).text == ("ようこそ。",) and page(heard).heading == "お知らせ"
    assert page_of(FLOW, State(box="queue", language="ja")).text == ("相談員がうかがいます。",)
    assert page_of(FLOW, State(box="bye", language="en")).text == ("さようなら。",)
    assert page_of(FLOW, State(box="start", language="ja")).text == ()
    assert page_of(FLOW, State(box="menu", language="ja")).text == (), "a menu's page has its choices"


def test_a_transfer_shows_its_number_and_a_lost_box_the_flows_name() -> None:
    flow = flow_of(box("transfer", "first", {"failed": "queue"}, number="+81312345678"))
    one = Call(flow).tell(Arrived(channel=Channel.WEB))
    assert page(one).number == "+81312345678" and page(one).person
    lost = page_of(flow, State(box="lost", language="ja"))
    assert lost.heading == "試し" and lost.is_end
