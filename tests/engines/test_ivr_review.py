"""What keeps a flow from being published, what is only warned of, and how long silence takes."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.engines.ivr import Findings, Known, Problem, Sound, estimated_seconds, review, review_json
from tests.engines.ivr_flows import BYE, QUEUE, START, box, flow_json, flow_of, ja

HELLO = box("announce", "first", {"next": "queue"}, say=ja("こんにちは。"))
URGENT = box("emergency", "urgent", {"next": "queue"}, key="*", say=ja("すぐに。"))
NOTICE = box("recording_notice", "notice", {"next": "queue", "refused": "queue"}, say=ja("録音します。"), key="9")
RELAY = box("relay", "relay", {"relay": "queue", "other": "queue"})


def ten_seconds(sound: Sound) -> float:
    return 10.0


def menu(id: str, next: dict[str, str], **fields: Any) -> dict[str, Any]:
    keys = [key for key in next if key != "no_key"]
    choices = fields.pop("choices", [{"key": key, "label": ja("選択")} for key in keys])
    return box("menu", id, next, say=ja("選んでください。"), choices=choices, **fields)


def found(*boxes: dict[str, Any], known: Known | None = None, **head: Any) -> Findings:
    return review(flow_of(*boxes, **head), length_of=ten_seconds, known=known)


def sentences(problems: tuple[Problem, ...], at: str, field: str) -> str:
    return " ".join(one.sentence for one in problems if (one.box, one.field) == (at, field))


def test_a_sound_flow_has_no_problem_and_no_warning() -> None:
    good = found(
        box("announce", "first", {"next": "notice"}, say=ja("こんにちは。")),
        NOTICE | {"next": {"next": "relay", "refused": "relay"}},
        RELAY | {"next": {"relay": "queue", "other": "menu"}},
        menu("menu", {"1": "queue", "no_key": "queue"}),
        URGENT,
    )
    assert good.problems == () and good.warnings == () and good.is_sound


def test_json_that_is_no_flow_is_reviewed_as_well() -> None:
    assert review_json({"name": "x"}).problems[0].field == "boxes"
    assert review_json(flow_json(HELLO)).is_sound


# --- starts and arrows ------------------------------------------------------------------------------------------------


def test_there_is_exactly_one_start() -> None:
    without = review_json({"name": "x", "boxes": [QUEUE, BYE]})
    assert "「着信」の箱を一つ置いて" in sentences(without.problems, "", "boxes")
    twice = found(HELLO, box("start", "again", {"next": "first"}))
    assert "一つだけ" in sentences(twice.problems, "again", "kind")


def test_one_emergency_key_and_one_relay_key_at_most() -> None:
    twice = found(HELLO, URGENT, box("emergency", "urgent2", {"next": "queue"}, key="0"))
    assert "一つだけ" in sentences(twice.problems, "urgent2", "kind")
    keyed = RELAY | {"key": "#"}
    relays = found(HELLO | {"next": {"next": "relay"}}, keyed, keyed | {"id": "relay2"})
    assert "一つの箱だけ" in sentences(relays.problems, "relay2", "kind")


@pytest.mark.parametrize(
    ("next", "sentence"),
    [
        ({}, "「次へ」の行き先がありません"),
        ({"next": "nowhere"}, "行き先の箱（nowhere）がありません"),
        ({"next": "start"}, "「着信」の箱に戻る"),
        ({"next": "queue", "no_key": "queue"}, "「no_key」という矢印"),
    ],
)
def test_every_outcome_leads_on(next: dict[str, str], sentence: str) -> None:
    assert sentence in sentences(found(HELLO | {"next": next}).problems, "first", "next")


def test_every_box_is_reached() -> None:
    lonely = box("announce", "lonely", {"next": "queue"}, say=ja("だれも来ません。"))
    assert "来る矢印がありません" in sentences(found(HELLO, lonely).problems, "lonely", "next")
    by_key = found(HELLO, box("relay", "relay", {"relay": "queue", "other": "queue"}, key="#"))
    assert by_key.is_sound, "a relay box with a key and the emergency box are reached by their keys"
    assert found(HELLO, URGENT).is_sound


def test_what_an_arrow_lacks_is_told_before_what_is_not_reached() -> None:
    cut = found(HELLO | {"next": {}}, box("announce", "second", {"next": "queue"}, say=ja("つぎ。")))
    assert sentences(cut.problems, "second", "next") == ""


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uses",
    [
        menu("first", {"*": "queue", "no_key": "queue"}),
        NOTICE | {"id": "first", "key": "*"},
        box(
            "collect",
            "first",
            {"collected": "queue", "no_key": "queue"},
            say=ja("番号を。"),
            stored_as="n",
            least=1,
            most=2,
            end_key="*",
        ),
        box(
            "callback",
            "first",
            dict.fromkeys(["taken", "declined", "impossible"], "queue"),
            say=ja("折り返し。"),
            key="*",
        ),
        box("language", "first", {"next": "queue"}, say=ja("日本語は。"), choices={"*": "ja"}),
        box(
            "triage",
            "first",
            dict.fromkeys(["next", "unknown", "person"], "queue"),
            say=ja("〔{number}〕"),
            office="tax",
            key="*",
        ),
    ],
    ids=lambda uses: str(uses["kind"]),
)
def test_the_emergency_key_is_used_for_nothing_else(uses: dict[str, Any]) -> None:
    assert "キー*は「緊急のキー」に決めて" in sentences(found(uses, URGENT).problems, "first", "key")
    other = URGENT | {"key": "0"} if uses["kind"] != "collect" else URGENT | {"key": "#"}
    assert found(uses, other).is_sound


def test_a_digit_cannot_be_the_emergency_key_where_a_number_is_asked_for() -> None:
    asks = box(
        "collect",
        "first",
        {"collected": "queue", "no_key": "queue"},
        say=ja("番号を。"),
        stored_as="n",
        least=1,
        most=2,
    )
    assert sentences(found(asks, URGENT | {"key": "5"}).problems, "first", "key")


def test_relay_and_emergency_have_different_keys() -> None:
    same = found(HELLO, URGENT, RELAY | {"key": "*"})
    assert "緊急のキーと同じ" in sentences(same.problems, "relay", "key")


def test_a_menu_has_no_key_twice() -> None:
    twice = menu(
        "first",
        {"1": "queue", "no_key": "queue"},
        choices=[{"key": "1", "label": ja("a")}, {"key": "1", "label": ja("b")}],
    )
    assert "同じキー" in sentences(found(twice).problems, "first", "choices")


# --- loops and silence ------------------------------------------------------------------------------------------------


def test_a_loop_without_a_key_is_found_and_named() -> None:
    loop = found(
        HELLO | {"next": {"next": "second"}},
        box("announce", "second", {"next": "first"}, say=ja("もう一度。"), name="二つ目"),
    )
    assert "お知らせ→二つ目→お知らせ" in sentences(loop.problems, "first", "next")
    assert loop.to_person is None


def test_a_queue_in_which_nobody_is_there_must_not_lead_back_to_itself() -> None:
    loop = found(
        HELLO,
        QUEUE | {"next": {"unavailable": "sorry"}},
        box("announce", "sorry", {"next": "queue"}, say=ja("あとで。")),
    )
    assert "回り続けます" in sentences(loop.problems, "queue", "next")


def test_a_loop_that_needs_a_key_is_fine_and_so_is_an_offer_to_who_waits() -> None:
    assert found(
        menu("first", {"1": "second", "no_key": "queue"}), menu("second", {"9": "first", "no_key": "queue"})
    ).is_sound
    offer = box("callback", "offer", {"taken": "bye", "declined": "queue", "impossible": "queue"}, say=ja("折り返し。"))
    assert found(
        HELLO, QUEUE | {"offer_after_s": 30, "next": {"unavailable": "bye", "waited": "offer"}}, offer
    ).is_sound


@pytest.mark.parametrize(
    "boxes",
    [
        [HELLO | {"next": {"next": "bye"}}],
        [menu("first", {"1": "queue", "no_key": "bye"})],
        [menu("first", {"1": "second", "no_key": "queue"}), menu("second", {"1": "queue", "no_key": "bye"})],
        [
            box(
                "collect",
                "first",
                {"collected": "queue", "no_key": "bye"},
                say=ja("番号を。"),
                stored_as="n",
                least=1,
                most=2,
            )
        ],
        [HELLO, URGENT | {"next": {"next": "bye"}}],
        [box("relay", "first", {"relay": "bye", "other": "queue"})],
        [box("transfer", "first", {"failed": "bye"}, number="188"), URGENT | {"next": {"next": "bye"}}],
    ],
)
def test_silence_while_the_centre_is_open_leads_to_a_person(boxes: list[dict[str, Any]]) -> None:
    assert "相談員につながらずに終わります" in " ".join(one.sentence for one in found(*boxes).problems)


def test_silence_may_end_when_the_centre_is_closed_or_a_message_says_so() -> None:
    hours = box("hours", "first", {"open": "message", "lunch": "bye", "closed": "bye", "holiday": "bye"})
    message = box("message", "message", {"on": "bye", "off": "queue"}, switch="today", say=ja("台風です。"))
    result = found(hours, message)
    assert result.is_sound
    assert result.to_closing is not None and result.to_closing.boxes == ("start", "first", "message", "bye")
    assert result.to_closing.seconds == 60 + 10, "a message of the day is taken for a minute"


def test_the_longest_silence_is_reported_box_by_box() -> None:
    result = found(
        NOTICE | {"id": "first", "next": {"next": "menu", "refused": "menu"}},
        menu("menu", {"1": "queue", "no_key": "number"}, tries=3, wait_s=7, say_again=ja("もう一度。")),
        box(
            "collect",
            "number",
            {"collected": "queue", "no_key": "language"},
            say=ja("番号を。"),
            stored_as="n",
            least=1,
            most=2,
            wait_s=8,
            tries=1,
        ),
        box(
            "language",
            "language",
            {"next": "away"},
            say={"ja": "1。", "en": "2."},
            choices={"1": "ja", "2": "en"},
            wait_s=4,
            tries=2,
        ),
        box(
            "triage",
            "away",
            {"next": "offer", "unknown": "offer", "person": "queue"},
            say={"ja": "〔{number}〕", "en": "〔{number}〕"},
            office="tax",
            times=2,
            key="0",
            wait_s=5,
        ),
        box(
            "callback",
            "offer",
            {"taken": "bye", "declined": "out", "impossible": "queue"},
            say=ja("折り返し。"),
            wait_s=6,
        ),
        box("transfer", "out", {"failed": "queue"}, number="188", say=ja("つなぎます。"), ring_s=20),
        QUEUE | {"say": ja("待って。")},
    )
    menu_s = 3 * (10 + 7) + 2 * 10
    expected = (10 + 3) + menu_s + (10 + 8) + 2 * (20 + 4) + (2 * (10 + 10) + 5) + (10 + 6) + (10 + 20 + 10) + 10
    assert result.to_person is not None and result.to_person.seconds == expected
    assert result.to_person.boxes == ("start", "first", "menu", "number", "language", "away", "offer", "out", "queue")
    assert result.to_closing is None


def test_silence_may_take_each_way_of_a_branch() -> None:
    way = box("origin", "first", {"free": "long", "other": "queue"}, cases=["free"])
    result = found(way, box("announce", "long", {"next": "queue"}, say=ja("長いお知らせです。")))
    assert result.to_person is not None and result.to_person.boxes == ("start", "first", "long", "queue")


def test_a_relay_call_is_waited_for_longer_and_asked_once() -> None:
    result = found(
        box("relay", "first", {"relay": "language", "other": "queue"}),
        box("language", "language", {"next": "menu"}, say=ja("日本語は。"), choices={"1": "ja"}, tries=3),
        menu("menu", {"1": "queue", "no_key": "queue"}, tries=5),
        relay_wait_s=45,
    )
    assert result.relay_to_person is not None
    assert result.relay_to_person.seconds == (10 + 45) + (10 + 45)
    closing = found(
        box("hours", "hours", {"open": "queue", "lunch": "bye", "closed": "bye", "holiday": "bye"}),
        box("relay", "first", {"relay": "hours", "other": "queue"}),
    )
    assert closing.is_sound


def test_a_silence_that_is_too_long_is_no_flow_to_publish_and_a_long_one_is_warned_of() -> None:
    long = found(menu("first", {"1": "queue", "no_key": "queue"}, tries=5, wait_s=60))
    assert "最長で350秒" in sentences(long.problems, "start", "next")
    middling = found(menu("first", {"1": "queue", "no_key": "queue"}, tries=3, wait_s=60))
    assert middling.is_sound and "最長で210秒" in sentences(middling.warnings, "start", "next")
    closing = found(
        box("hours", "first", {"open": "queue", "lunch": "second", "closed": "bye", "holiday": "bye"}),
        box("language", "second", {"next": "bye"}, say=ja("1。"), choices={"1": "ja"}, tries=5, wait_s=60),
    )
    assert "最長で360秒" in sentences(closing.problems, "start", "next")


def test_the_emergency_key_is_quick() -> None:
    slow = found(HELLO, URGENT | {"next": {"next": "more"}}, box("announce", "more", {"next": "last"}, say=ja("まだです。")),
        box("announce", "last", {"next": "queue"}, say=ja("もう少し。")))  # fmt: skip
    assert slow.emergency_to_person is not None and slow.emergency_to_person.seconds == 30
    assert "緊急のキーを押した人が、最長で30秒" in sentences(slow.problems, "urgent", "next")


# --- words ------------------------------------------------------------------------------------------------------------


def test_every_language_has_its_words() -> None:
    half = found(HELLO, languages=["ja", "en"])
    assert "「en」の文がありません" in sentences(half.problems, "first", "say.en")
    assert "「en」の文がありません" in sentences(half.problems, "bye", "say.en")
    page = found(HELLO | {"page": {"en": "Hello"}})
    assert sentences(page.problems, "first", "page.ja")
    choice = found(menu("first", {"1": "queue", "no_key": "queue"}), languages=["ja", "en"])
    assert sentences(choice.problems, "first", "choices.1.label.en")


def test_languages_that_are_offered_belong_to_the_flow_and_are_announced_in_themselves() -> None:
    ask = box("language", "first", {"next": "queue"}, say=ja("日本語は1。"), choices={"1": "ja", "2": "en"})
    assert "「en」は流れのことばにありません" in sentences(found(ask).problems, "first", "choices")
    silent = review(flow_of(ask, BYE | {"say": {"ja": "では。", "en": "Bye."}}, languages=["ja", "en"]))
    assert "「en」で案内する文" in sentences(silent.problems, "first", "say.en")


def test_only_what_is_known_can_be_filled_in() -> None:
    wrong = found(HELLO | {"say": ja("{name}さん、こんにちは。")})
    assert "{name}は、ここでは差し込めません" in sentences(wrong.problems, "first", "say.ja")
    numberless = box("triage", "first", {"next": "queue", "unknown": "queue"}, say=ja("{office}へ。"), office="tax")
    assert "〔{number}〕を入れて" in sentences(found(numberless).problems, "first", "say.ja")
    done = box(
        "collect",
        "first",
        {"collected": "queue", "no_key": "queue"},
        say=ja("番号を。"),
        stored_as="n",
        least=1,
        most=9,
        say_done=ja("〔{digits}〕ですね。"),
    )
    assert found(done).is_sound


def test_numbers_of_digits_and_fields_fit() -> None:
    ask = box(
        "collect",
        "first",
        {"collected": "queue", "no_key": "queue"},
        say=ja("番号を。"),
        stored_as="n",
        least=5,
        most=2,
    )
    assert "小さくはできません" in sentences(found(ask).problems, "first", "most")
    back = box(
        "callback",
        "first",
        dict.fromkeys(["taken", "declined", "impossible"], "queue"),
        say=ja("折り返し。"),
        number_field="phone",
    )
    assert "その番号を入力する箱がありません" in sentences(found(back).problems, "first", "number_field")
    usual = {key: value for key, value in back.items() if key != "number_field"}
    assert found(usual).is_sound


@pytest.mark.parametrize(
    ("given", "known", "field"),
    [
        (QUEUE | {"id": "first", "queue": "lost"}, Known(queues={"main"}), "queue"),
        (QUEUE | {"id": "first", "skills": {"magic": 1}}, Known(queues={"main"}, skills={"tax"}), "skills"),
        (
            box("triage", "first", {"next": "queue", "unknown": "queue"}, say=ja("〔{number}〕"), office="moon"),
            Known(offices={"tax"}),
            "office",
        ),
        (
            box("hours", "first", dict.fromkeys(["open", "lunch", "closed", "holiday"], "queue"), schedule="night"),
            Known(schedules={"day"}),
            "schedule",
        ),
        (
            box("message", "first", {"on": "queue", "off": "queue"}, switch="snow", say=ja("雪。")),
            Known(switches={"rain"}),
            "switch",
        ),
        (
            box(
                "web_link",
                "first",
                dict.fromkeys(["taken", "declined", "impossible"], "queue"),
                say=ja("送ります。"),
                link="map",
            ),
            Known(links={"form"}),
            "link",
        ),
    ],
    ids=["queue", "skill", "office", "schedule", "switch", "link"],
)
def test_what_a_flow_refers_to_exists(given: dict[str, Any], known: Known, field: str) -> None:
    assert "ありません。選び直して" in sentences(found(given, known=known).problems, "first", field)
    assert sentences(found(given).problems, "first", field) == "", "it is checked only where it is said what there is"


def test_the_centres_own_opening_hours_need_no_name() -> None:
    hours = box("hours", "first", dict.fromkeys(["open", "lunch", "closed", "holiday"], "queue"))
    assert found(hours, known=Known(schedules=())).is_sound


# --- warnings ---------------------------------------------------------------------------------------------------------


def test_what_a_flow_lacks_is_warned_of() -> None:
    bare = found(HELLO, BYE | {"say": {}})
    assert bare.is_sound
    told = " ".join(one.sentence for one in bare.warnings if one.box == "")
    assert "緊急のキー" in told and "電話リレーサービス" in told and "録音されません" in told
    assert "何も言わずに切れます" in sentences(bare.warnings, "bye", "say")


def test_words_that_will_not_sound_well_are_warned_of() -> None:
    known = Known(prompts={"hello"})
    say = {
        "ja": {"text": "こんにちは。", "prompt": "hello"},
        "en": "Hello.",
        "zh": {"text": "你好。", "prompt": "nihao"},
    }
    result = found(HELLO | {"say": say}, known=known)
    assert result.is_sound
    assert sentences(result.warnings, "first", "say.ja") == ""
    assert "読み上げられません" in sentences(result.warnings, "first", "say.en")
    assert "使われません" in sentences(result.warnings, "first", "say.en")
    assert "録音「nihao」がまだありません" in sentences(result.warnings, "first", "say.zh")
    long = found(HELLO | {"say": ja("あ" * 201)})
    assert "200字をこえて" in sentences(long.warnings, "first", "say.ja")
    filled = box(
        "triage",
        "first",
        {"next": "queue", "unknown": "queue"},
        office="tax",
        say={"ja": {"text": "〔{number}〕", "prompt": "tax"}},
    )
    assert "差し込みのある文" in sentences(found(filled).warnings, "first", "say.ja")


def test_a_line_is_estimated_by_its_length_pauses_and_language() -> None:
    def seconds(text: str, language: str = "ja") -> float:
        return estimated_seconds(Sound(text=text, language=language))

    assert seconds("こんにちは") < seconds("こんにちは。") < seconds("こんにちは。はい。")
    assert seconds("はい、はい") > seconds("はいはい")
    assert seconds("相談") > seconds("はい")
    assert seconds("3分") == seconds("さんぷん")
    assert seconds("Hello", "en") < seconds("Hello")
    assert seconds("") < 0.5


def test_a_start_that_leads_nowhere_has_no_times() -> None:
    result = review(flow_of(START | {"next": {"next": "lost"}}))
    assert not result.is_sound and result.to_person is None and result.to_closing is None


def test_who_waits_is_not_talked_to_all_the_time() -> None:
    def warned(seconds: int) -> list[str]:
        queue = QUEUE | {"say_place": ja("{place}番目です。"), "tell_every_s": seconds}
        return [one.sentence for one in review(flow_of(HELLO, queue)).warnings if one.field == "tell_every_s"]

    assert "30秒以上" in warned(29)[0] and warned(30) == warned(0) == []


def test_place_and_minutes_are_filled_in_where_they_belong() -> None:
    queue = QUEUE | {"say_place": ja("{minutes}分です。"), "say_wait": ja("約{minutes}分です。")}
    assert [one.field for one in review(flow_of(HELLO, queue)).problems] == ["say_place.ja"]
