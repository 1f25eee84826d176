"""What a caller goes through in each kind of box."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from caasis.engines.ivr import (
    Arrived,
    CancelTimer,
    Channel,
    Circumstances,
    Connected,
    CountsAs,
    Done,
    End,
    Enqueue,
    Entered,
    Failed,
    GoOnWaiting,
    HangUp,
    Key,
    Left,
    Line,
    MessageEnded,
    NoteKind,
    Office,
    Opening,
    Origin,
    Phase,
    Play,
    Played,
    Recording,
    RecordMessage,
    SendLink,
    SetRecording,
    Skipped,
    Sound,
    StartTimer,
    StopMessage,
    StopPlay,
    TakeCallback,
    TimerDue,
    Transfer,
    advance,
)
from tests.engines.ivr_flows import BYE, NOW, QUEUE, Call, box, call, flow_of, ja

MOBILE = "+819012345678"
LANDLINE = "+81312345678"
HOURS = box("hours", "first", {"open": "queue", "lunch": "lunch", "closed": "bye", "holiday": "bye"})
LUNCH = box("announce", "lunch", {"next": "bye"}, say=ja("昼休みです。"))
MENU = box(
    "menu",
    "first",
    {"1": "one", "no_key": "queue"},
    say=ja("1を押してください。"),
    say_again=ja("もう一度ご案内します。"),
    choices=[{"key": "1", "label": ja("一つ目")}],
    wait_s=6,
    tries=2,
)
ONE = box("announce", "one", {"next": "queue"}, say=ja("一つ目です。"))
URGENT = box("emergency", "urgent", {"next": "fast"}, key="*", say=ja("払わないでください。"))
FAST = box("queue", "fast", {"unavailable": "bye"}, queue="main", say=ja("すぐにつなぎます。"), reasons=["watch_over"])


# --- arriving and ending ----------------------------------------------------------------------------------------------


def test_a_flow_begins_with_an_arrival_at_a_moment_with_a_zone() -> None:
    flow = flow_of(ONE | {"id": "first"})
    with pytest.raises(ValueError, match="begins with Arrived"):
        advance(flow, None, Key("1"), NOW)
    with pytest.raises(ValueError, match="time zone"):
        advance(flow, None, Arrived(), datetime(2026, 1, 5))  # noqa: DTZ001
    state, _ = advance(flow, None, Arrived(), NOW)
    assert state.since == "2026-01-05T01:00:00+00:00"
    assert advance(flow, state, Arrived(caller=MOBILE), NOW)[0].has_number is False, "nobody arrives twice"


def test_the_language_of_a_call_is_the_flows_first_unless_it_is_known() -> None:
    words = {"ja": "はい。", "en": "Yes."}
    flow = flow_of(ONE | {"id": "first", "say": words}, BYE | {"say": words}, languages=["ja", "en"])
    assert Call(flow).arrive().said == ["はい。"]
    assert Call(flow).arrive(language="en").said == ["Yes."]
    assert Call(flow).arrive(language="fr").state.language == "ja"


def test_words_that_lack_the_language_are_said_in_the_first_one_or_in_any() -> None:
    flow = flow_of(ONE | {"id": "first", "say": {"ja": "はい。"}}, languages=["ja", "en"])
    assert Call(flow).arrive(language="en").said == ["はい。"]
    flow = flow_of(ONE | {"id": "first", "say": {"zh": "是。"}})
    sound = Call(flow).arrive().did(Play).sounds[0]
    assert sound.text == "是。"


def test_who_leaves_is_gone_and_nothing_happens_after() -> None:
    gone = call(ONE | {"id": "first"}).tell(Left())
    assert gone.state.end is End.LEFT and gone.state.is_over and gone.actions == ()
    before = gone.state
    assert gone.press("1").tell(Connected()).tell(Failed()).state == before and gone.actions == ()


def test_a_person_may_answer_at_any_moment() -> None:
    talking = call(ONE | {"id": "first"}).tell(Connected())
    assert talking.state.end is End.PERSON and talking.did(StopPlay).play == "p1"


def test_what_comes_late_changes_nothing() -> None:
    one = call(MENU, ONE)
    before = one.state
    for late in (
        Played("p9"),
        Played(""),
        TimerDue("t9"),
        TimerDue(""),
        MessageEnded(),
        Done(),
        Skipped(),
        Entered("1"),
        Key("A"),
        Key("12"),
        Key(""),
    ):
        assert one.tell(late).state == before and one.actions == ()
    assert one.tell(Failed()).state == before


# --- announcements and branches ---------------------------------------------------------------------------------------


def test_an_announcement_is_said_and_a_key_skips_it() -> None:
    one = call(ONE | {"id": "first"})
    assert one.did(Play) == Play(play="p1", sounds=(Sound(text="一つ目です。"),), until_key=True)
    assert one.hear().did(Enqueue).queue == "main"
    skipped = call(ONE | {"id": "first"}).press("5")
    assert skipped.did(Enqueue) and skipped.never(StopPlay), "the play has ended at the key by itself"


def test_what_must_be_heard_is_not_skipped() -> None:
    heard = call(ONE | {"id": "first", "skippable": False}).press("5")
    assert heard.actions == () and heard.state.phase is Phase.PLAYING
    assert call(ONE | {"id": "first", "skippable": False}).did(Play).until_key is False


def test_a_prompt_that_cannot_be_heard_is_noted_and_the_flow_goes_on() -> None:
    mute = call(ONE | {"id": "first"}).tell(Played("p1", failed=True))
    assert (NoteKind.PROMPT_FAILED, "") in mute.notes and mute.did(Enqueue)


def test_a_recording_is_named_beside_its_text() -> None:
    line = {"ja": {"text": "はい。", "prompt": "yes"}}
    assert call(ONE | {"id": "first", "say": line}).did(Play).sounds == (Sound(text="はい。", prompt="yes"),)


@pytest.mark.parametrize(
    ("origins", "where"),
    [
        (set(), "other"),
        ({Origin.FREE}, "free"),
        ({Origin.FREE, Origin.HOTLINE_188}, "hotline_188"),
        ({Origin.IP}, "other"),
    ],
)
def test_calls_are_parted_by_the_first_case_that_holds(origins: set[Origin], where: str) -> None:
    say = [box("announce", one, {"next": "queue"}, say=ja(one)) for one in ("hotline_188", "free", "other")]
    way = box("origin", "first", {one["id"]: one["id"] for one in say}, cases=["hotline_188", "free"])
    assert call(way, *say, origins=frozenset(origins)).said == [where]


@pytest.mark.parametrize(
    ("opening", "phase"),
    [(Opening.OPEN, Phase.QUEUED), (Opening.LUNCH, Phase.PLAYING), (Opening.CLOSED, Phase.PLAYING)],
)
def test_opening_hours_are_told_to_the_flow(opening: Opening, phase: Phase) -> None:
    assert call(HOURS, LUNCH, around=Circumstances(hours={"": opening})).state.phase is phase


def test_hours_that_nobody_knows_count_as_open() -> None:
    assert call(HOURS, LUNCH).state.phase is Phase.QUEUED
    assert (
        call(HOURS | {"schedule": "night"}, LUNCH, around=Circumstances(hours={"": Opening.CLOSED})).state.phase
        is Phase.QUEUED
    )


def test_a_message_is_told_while_it_is_switched_on_in_the_words_of_the_day() -> None:
    message = box("message", "first", {"on": "bye", "off": "queue"}, switch="today", say=ja("混んでいます。"))
    assert call(message).said == []
    usual = call(message, around=Circumstances(messages={"today": {}}))
    assert usual.said == ["混んでいます。"] and usual.notes == [(NoteKind.MESSAGE_TOLD, "today")]
    words = {"ja": Line("台風のため、13時に終わります。")}
    of_the_day = call(message, around=Circumstances(messages={"today": words}))
    assert of_the_day.said == ["台風のため、13時に終わります。"]
    assert of_the_day.hear().state.box == "bye"
    assert usual.press("1").state.box == "bye"


# --- recording --------------------------------------------------------------------------------------------------------

NOTICE = box(
    "recording_notice", "first", {"next": "queue", "refused": "one"}, say=ja("録音します。"), key="9", wait_s=4,
    say_refused=ja("録音しません。"),
)  # fmt: skip


def test_silence_after_the_notice_lets_the_call_be_recorded() -> None:
    one = call(NOTICE, ONE)
    assert one.state.recording is Recording.UNTOLD and one.never(SetRecording)
    assert one.hear().waits_s == 4
    one.wait()
    assert one.did(SetRecording).allowed is True and one.state.recording is Recording.ALLOWED
    assert one.state.box == "queue" and (NoteKind.RECORDING_ALLOWED, "") in one.notes


@pytest.mark.parametrize("heard", [False, True])
def test_a_refusal_is_kept_and_the_call_goes_on(heard: bool) -> None:
    one = call(NOTICE, ONE)
    if heard:
        one.hear()
    one.press("1")
    assert one.actions == (), "only the key that refuses means something"
    one.press("9")
    assert one.did(SetRecording).allowed is False
    assert one.never(StopPlay) if heard else one.did(StopPlay)
    assert one.said[-1] == "録音しません。"
    assert one.press("9").never(SetRecording), "once is enough"
    assert one.hear().state.box == "one" and one.state.recording is Recording.REFUSED


def test_a_refusal_needs_no_words() -> None:
    assert call(NOTICE | {"say_refused": {}}, ONE).press("9").state.box == "one"


def test_who_has_answered_is_not_asked_again() -> None:
    twice = NOTICE | {"next": {"next": "second", "refused": "second"}}
    second = NOTICE | {"id": "second"}
    agreed = call(twice, second, ONE).hear().wait()
    assert agreed.state.box == "queue" and agreed.said == ["録音します。"]
    refused = call(twice, second, ONE).press("9").hear()
    assert refused.state.box == "one"


# --- language ---------------------------------------------------------------------------------------------------------

LANGUAGE = box(
    "language", "first", {"next": "queue"}, say={"ja": "日本語は1。", "en": "For English, press 2."},
    choices={"1": "ja", "2": "en"}, wait_s=5, tries=2,
)  # fmt: skip
IN_BOTH = [QUEUE | {"say": {"ja": "どうぞ。", "en": "Please."}}, BYE | {"say": {"ja": "では。", "en": "Bye."}}]


def languages(**facts: Any) -> Call:
    return Call(flow_of(LANGUAGE, *IN_BOTH, languages=["ja", "en"])).arrive(**facts)


def test_each_language_is_offered_in_itself() -> None:
    assert [(sound.language, sound.text) for sound in languages().did(Play).sounds] == [
        ("ja", "日本語は1。"), ("en", "For English, press 2."),
    ]  # fmt: skip


def test_the_language_that_is_chosen_is_spoken_from_then_on() -> None:
    chosen = languages().press("2")
    assert chosen.said[-1] == "Please." and chosen.notes == [(NoteKind.LANGUAGE, "en")]
    assert chosen.hear().did(Enqueue).language == "en"


def test_without_a_choice_the_first_language_stays() -> None:
    silent = languages().hear()
    assert silent.waits_s == 5
    silent.wait()
    assert silent.state.attempt == 1 and len(silent.said) == 4
    assert silent.press("7").state.box == "queue", "a wrong key is a question without an answer"
    assert silent.said[-1] == "どうぞ。"


# --- menu -------------------------------------------------------------------------------------------------------------


def test_a_key_leads_on_at_once() -> None:
    one = call(MENU, ONE).press("1")
    assert one.state.box == "one" and one.notes == [(NoteKind.CHOSE, "1")] and one.never(StopPlay)
    later = call(MENU, ONE).hear()
    timer = later.state.timer
    assert later.press("1").did(CancelTimer).timer == timer


def test_no_key_is_asked_again_and_then_led_to_a_person() -> None:
    silent = call(MENU, ONE).hear()
    assert silent.waits_s == 6
    assert silent.wait().said[-2:] == ["もう一度ご案内します。", "1を押してください。"]
    assert silent.did(Play).until_key, "who has heard enough may press"
    assert silent.hear().wait().did(Enqueue).queue == "main"
    assert silent.notes == [(NoteKind.NO_KEY, "")]


def test_wrong_keys_are_asked_again_and_then_led_to_a_person() -> None:
    assert call(MENU, ONE).press("7").state.attempt == 1
    assert call(MENU, ONE).press("77").did(Enqueue)


# --- collecting digits ------------------------------------------------------------------------------------------------

COLLECT = box(
    "collect", "first", {"collected": "queue", "no_key": "bye"}, say=ja("番号を。"), say_again=ja("もう一度。"),
    stored_as="receipt", least=3, most=5, end_key="#", wait_s=9, gap_s=4, tries=2,
)  # fmt: skip


def test_a_number_ends_with_its_key() -> None:
    one = call(COLLECT).press("123#")
    assert one.did(Enqueue).collected == {"receipt": "123"} and one.notes == [(NoteKind.COLLECTED, "receipt")]


def test_a_number_ends_with_its_last_digit() -> None:
    assert call(COLLECT).press("12345").did(Enqueue).collected == {"receipt": "12345"}


def test_a_number_ends_with_a_pause_if_it_is_long_enough() -> None:
    one = call(COLLECT).hear()
    assert one.waits_s == 9
    assert one.press("1").waits_s == 4
    assert one.press("23").wait().did(Enqueue).collected == {"receipt": "123"}


@pytest.mark.parametrize("keys", ["12#", "#"])
def test_a_number_that_is_too_short_is_asked_for_again(keys: str) -> None:
    one = call(COLLECT).press(keys)
    assert one.said[-2:] == ["もう一度。", "番号を。"] and one.state.digits == ""
    assert one.press(keys).state.box == "bye" and one.notes == [(NoteKind.NO_KEY, "")]


def test_a_star_among_the_digits_is_not_one() -> None:
    assert call(COLLECT).press("1*23#").did(Enqueue).collected == {"receipt": "123"}


def test_silence_is_no_number() -> None:
    silent = call(COLLECT).hear().wait().hear().wait()
    assert silent.state.box == "bye" and silent.notes == [(NoteKind.NO_KEY, "")]


def test_the_number_is_said_back_and_a_key_skips_that() -> None:
    says = COLLECT | {"say_done": ja("〔{digits}〕ですね。")}
    one = call(says).press("123#")
    assert one.said[-1] == "〔123〕ですね。" and one.state.box == "first"
    assert one.did(Play).sounds[0].personal, "what a caller entered is not kept as sound"
    assert one.hear().did(Enqueue)
    assert call(says).press("123#1").did(Enqueue).collected == {"receipt": "123"}


def test_a_number_may_come_at_once_when_it_is_waited_for() -> None:
    waiting = call(COLLECT).hear()
    assert waiting.tell(Entered("1234")).did(Enqueue).collected == {"receipt": "1234"}
    for wrong in ("12", "123456", "12a", "１２３", ""):
        assert call(COLLECT).hear().tell(Entered(wrong)).said[-1] == "番号を。"
    assert call(MENU, ONE).hear().tell(Entered("1")).actions == (), "a menu takes no number"


def test_somebody_may_go_on_without_a_number() -> None:
    skipped = call(COLLECT).hear().tell(Skipped())
    assert skipped.state.box == "bye" and skipped.did(CancelTimer)


# --- matters of others ------------------------------------------------------------------------------------------------

AWAY = box(
    "triage", "first", {"next": "bye", "unknown": "queue", "person": "queue"}, office="tax", times=2, key="0", wait_s=5,
    say=ja("{office}へ。電話は〔{number}〕です。"),
)  # fmt: skip
KNOWN = Circumstances(offices={"tax": Office("税務署", "03-1234-5678"), "empty": Office("空の窓口", "")})


def test_the_other_office_is_told_twice_with_its_number() -> None:
    told = call(AWAY, around=KNOWN).hear()
    assert told.said == ["税務署へ。電話は〔03-1234-5678〕です。"] * 2
    assert told.hear().waits_s == 5
    assert told.wait().state.box == "bye" and told.notes == [(NoteKind.REFERRED, "tax")]


def test_a_key_ends_the_telling_and_another_leads_to_a_person() -> None:
    assert call(AWAY, around=KNOWN).press("5").state.box == "bye"
    person = call(AWAY, around=KNOWN).press("0")
    assert person.did(Enqueue) and person.notes == [(NoteKind.CHOSE, "0")]
    plain = {name: held for name, held in AWAY.items() if name != "key"} | {"next": {"next": "bye", "unknown": "queue"}}
    assert call(plain, around=KNOWN).hear().hear().state.box == "bye"
    assert call(plain, around=KNOWN).press("0").state.box == "bye"


def test_nobody_is_sent_away_without_a_number() -> None:
    assert call(AWAY).did(Enqueue)
    assert call(AWAY | {"office": "empty"}, around=KNOWN).did(Enqueue)


def test_a_line_with_something_filled_in_is_never_a_recording() -> None:
    away = AWAY | {"say": {"ja": {"text": "〔{number}〕です。", "prompt": "tax"}}}
    sound = call(away, around=KNOWN).did(Play).sounds[0]
    assert sound.prompt == "" and not sound.personal, "an office's number is nobody's secret"


# --- the emergency key ------------------------------------------------------------------------------------------------


def asked_for_number() -> Call:
    return call(COLLECT, URGENT, FAST).press("12")


def in_queue() -> Call:
    return call(ONE | {"id": "first"}, URGENT, FAST).hear()


@pytest.mark.parametrize(
    "begin",
    [
        lambda: call(ONE | {"id": "first", "skippable": False}, URGENT, FAST),
        lambda: call(NOTICE, ONE, URGENT, FAST),
        lambda: call(MENU, ONE, URGENT, FAST),
        lambda: call(MENU, ONE, URGENT, FAST).hear(),
        asked_for_number,
        in_queue,
        lambda: call(BYE | {"id": "first"}, URGENT, FAST),
    ],
)
def test_the_emergency_key_works_at_every_moment(begin: Any) -> None:
    one: Call = begin()
    play, until_key = one.state.play, one.state.until_key
    one.press("*")
    assert one.said[-1] == "払わないでください。" and one.state.emergency
    assert (NoteKind.EMERGENCY, "") in one.notes
    assert one.never(StopPlay) if until_key or not play else one.did(StopPlay).play == play
    one.hear().hear()
    assert one.did(Enqueue) == Enqueue(queue="main", reasons=("emergency", "watch_over"), collected=one.state.collected)


def test_the_emergency_key_moves_who_waits_already_to_the_front_of_the_same_queue() -> None:
    waits = call(FAST | {"id": "first", "say": {}}, URGENT | {"next": {"next": "first"}})
    assert waits.did(Enqueue).reasons == ("watch_over",)
    assert waits.press("*").hear().did(Enqueue).reasons == ("emergency", "watch_over")
    assert waits.press("*").actions == (), "once is enough"


def test_the_emergency_key_ends_a_spoken_message_and_leaves_a_transfer_alone() -> None:
    speaking = call(BOOKING, URGENT, FAST, caller=MOBILE).press("1").hear()
    assert speaking.press("*").did(StopMessage)
    outside = call(OUT, URGENT, FAST).hear()
    assert outside.press("*").actions == () and outside.state.phase is Phase.TRANSFERRING


# --- relay service ----------------------------------------------------------------------------------------------------

RELAY = box("relay", "first", {"relay": "menu", "other": "one"}, key="#")
RELAY_MENU = MENU | {"id": "menu", "tries": 3}
PREFIXES = Circumstances(relay_prefixes=("+815000", ""))


def test_a_relay_call_is_known_by_its_number() -> None:
    one = call(RELAY, RELAY_MENU, ONE, around=PREFIXES, caller="+815000001111")
    assert one.state.relay and one.state.box == "menu" and one.notes == [(NoteKind.RELAY, "")]
    other = call(RELAY, RELAY_MENU, ONE, around=PREFIXES, caller=MOBILE)
    assert not other.state.relay and other.state.box == "one"
    assert not call(RELAY, RELAY_MENU, ONE, around=PREFIXES).state.relay


def test_a_relay_call_makes_itself_known_by_a_key_at_any_moment() -> None:
    one = call(RELAY, RELAY_MENU, ONE).press("#")
    assert one.state.relay and one.state.box == "menu" and one.notes == [(NoteKind.RELAY, "")]
    assert one.press("#").state.attempt == 0 and one.state.box == "queue", "from then on the key is one like others"


def test_a_relay_call_is_waited_for_and_led_to_a_person_without_being_asked_twice() -> None:
    one = call(RELAY, RELAY_MENU, ONE, around=PREFIXES, caller="+815000001111").hear()
    assert one.waits_s == 60
    assert one.wait().did(Enqueue).relay is True


def test_a_relay_call_is_not_hung_up_on() -> None:
    flow = flow_of(RELAY | {"next": {"relay": "bye", "other": "one"}}, ONE, relay_repeats=3, relay_pause_s=25)
    one = Call(flow, PREFIXES).arrive(caller="+815000001111")
    for _ in range(2):
        assert one.hear().waits_s == 25 and one.state.phase is Phase.LINGERING
        assert one.press("5").actions == ()
        assert one.wait().said[-1] == "さようなら。"
    assert one.hear().did(HangUp)
    assert len(one.said) == 3
    silent = Call(flow_of(RELAY | {"next": {"relay": "bye", "other": "one"}}, ONE, BYE | {"say": {}}), PREFIXES)
    assert silent.arrive(caller="+815000001111").did(HangUp), "there is nothing to say again"


# --- the queue --------------------------------------------------------------------------------------------------------

OFFERING = QUEUE | {
    "id": "first",
    "offer_after_s": 30,
    "next": {"unavailable": "bye", "waited": "offer"},
    "skills": {"tax": 2},
    "reasons": ["repeat_caller"],
    "say": ja("お待ちください。"),
}
OFFER = box(
    "callback",
    "offer",
    {"taken": "bye", "declined": "first", "impossible": "sorry"},
    say=ja("折り返します。"),
    wait_s=7,
)
SORRY = box("announce", "sorry", {"next": "first"}, say=ja("できません。"))


def waiting(**facts: Any) -> Call:
    return call(OFFERING, OFFER, SORRY, **({"caller": MOBILE} | facts)).hear()


def test_a_call_waits_for_a_person_with_what_the_box_says() -> None:
    one = waiting()
    assert one.did(Enqueue) == Enqueue(queue="main", skills={"tax": 2}, reasons=("repeat_caller",))
    assert one.state.phase is Phase.QUEUED and one.waits_s == 30
    assert one.press("1").actions == (), "in a queue only the keys of the whole flow mean something"
    assert one.tell(Connected()).state.end is End.PERSON


def test_an_offer_is_made_once_and_the_place_is_kept() -> None:
    one = waiting().wait()
    assert one.said[-1] == "折り返します。" and one.state.waiting_in == "first"
    assert one.hear().wait().actions == (GoOnWaiting(),)
    assert one.state.phase is Phase.QUEUED and one.state.timer == ""
    assert one.tell(Connected()).state.end is End.PERSON


def test_a_person_may_answer_during_the_offer() -> None:
    assert waiting().wait().tell(Connected()).state.end is End.PERSON


def test_a_queue_that_closes_sends_on() -> None:
    one = waiting().tell(Failed())
    assert one.state.box == "bye" and one.did(CancelTimer) and one.state.waiting_in == ""


def test_a_queue_that_closes_during_the_offer_is_asked_again_afterwards() -> None:
    one = waiting().wait().tell(Failed())
    assert one.actions == () and one.state.waiting_in == ""
    assert one.press("5").said[-1] == "お待ちください。"
    assert one.hear().did(Enqueue) and one.state.timer == "", "the offer was made already"


# --- place and wait (F75) ---------------------------------------------------------------------------------------------

TELLING = OFFERING | {
    "offer_after_s": 0, "next": {"unavailable": "bye"}, "tell_every_s": 60,
    "say_place": ja("{place}番目です。"), "say_wait": ja("約{minutes}分です。"),
}  # fmt: skip


def told(place: int | None, expected_wait_s: float | None, queue: dict[str, Any] = TELLING) -> list[str]:
    """What is said to who has waited for so long that it is told."""
    one = call(queue, around=Circumstances(place=place, expected_wait_s=expected_wait_s)).hear()
    before = len(one.said)
    return one.wait().said[before:]


def test_who_waits_is_told_place_and_wait_at_the_beginning_and_again() -> None:
    one = call(TELLING, around=Circumstances(place=3, expected_wait_s=250.0)).hear()
    assert one.state.phase is Phase.QUEUED and one.waits_s == 5
    assert one.wait().said[-2:] == ["3番目です。", "約5分です。"] and one.state.waiting_in == "first"
    assert one.hear().actions[0] == GoOnWaiting() and one.waits_s == 60 and one.state.phase is Phase.QUEUED
    one.around = Circumstances(place=1, expected_wait_s=20.0)
    assert one.wait().said[-2:] == ["1番目です。", "約1分です。"]
    assert one.hear().waits_s == 60


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0"), (1.0, "1"), (60.0, "1"), (61.0, "2"), (600.0, "10"), (601.0, "15"), (3600.0, "60"), (3601.0, "90"),
     (7200.0, "120")],
)  # fmt: skip
def test_a_wait_is_rounded_up_and_never_promised_under_a_minute(seconds: float, said: str) -> None:
    assert told(None if said == "0" else 2, seconds, TELLING | {"say_place": {}}) == (
        [] if said == "0" else [f"約{said}分です。"]
    )


def test_what_nobody_can_know_is_not_told() -> None:
    assert told(2, None) == ["2番目です。"]
    assert told(2, 7201.0) == ["2番目です。"], "nobody is told of hours"
    assert told(51, 300.0) == ["約5分です。"], "far back only the wait is told"
    assert told(None, 300.0) == [], "a call that is being rung for is told nothing"
    assert told(1, 0.0) == ["1番目です。", "約1分です。"]


def test_a_queue_without_such_words_tells_nothing() -> None:
    one = call(OFFERING | {"offer_after_s": 0, "next": {"unavailable": "bye"}}, around=Circumstances(place=1)).hear()
    assert one.state.timer == ""
    assert told(1, 60.0, TELLING | {"tell_every_s": 0}) == ["1番目です。", "約1分です。"]
    one = call(TELLING | {"tell_every_s": 0}, around=Circumstances(place=1)).hear().wait().hear()
    assert one.state.timer == "" and one.state.phase is Phase.QUEUED, "once is enough"


def test_the_offer_keeps_its_moment_beside_what_is_told() -> None:
    offering = TELLING | {"offer_after_s": 30, "tell_every_s": 20, "next": OFFERING["next"]}
    one = call(offering, OFFER, SORRY, around=Circumstances(place=4), caller=MOBILE).hear()
    assert one.waits_s == 5 and one.wait().said[-1] == "4番目です。"
    assert one.hear().waits_s == 20 and one.wait().said[-1] == "4番目です。"
    assert one.hear().waits_s == 5 and one.wait().said[-1] == "折り返します。"
    assert one.hear().wait().actions[0] == GoOnWaiting() and one.waits_s == 20, "back, and told again after its time"


def test_a_person_the_emergency_key_and_a_queue_that_closes_come_through_what_is_told() -> None:
    def one() -> Call:
        return call(TELLING, URGENT, FAST, around=Circumstances(place=3)).hear().wait()

    assert one().tell(Connected()).state.end is End.PERSON
    urgent = one().press("*")
    assert urgent.state.emergency and urgent.did(StopPlay)
    closed = one().tell(Failed())
    assert closed.state.waiting_in == "" and closed.hear().did(Enqueue)
    assert closed.tell(Failed()).state.box == "bye"


def test_words_in_another_language_than_the_callers_are_spoken_as_what_they_are() -> None:
    flow = flow_of(box("message", "first", {"on": "queue", "off": "queue"}, switch="storm", say={"ja": "嵐。", "en": "Storm."}),
                   languages=["ja", "en"])  # fmt: skip
    around = Circumstances(messages={"storm": {"ja": Line("停電しています。")}})
    one = Call(flow, around).arrive(language="en")
    assert one.did(Play).sounds == (Sound(text="停電しています。", language="ja"),), "not read by an English voice"


# --- offers -----------------------------------------------------------------------------------------------------------


def test_a_call_back_is_promised_before_it_is_told() -> None:
    one = waiting().wait().press("1")
    assert one.did(TakeCallback) == TakeCallback(number="", after_hours=False)
    assert one.state.phase is Phase.ASKING and one.waits_s == 10 and one.state.box == "offer"
    assert one.press("1").actions == ()
    one.tell(Done())
    assert one.state.box == "bye" and one.state.waiting_in == "" and (NoteKind.CALLBACK, "") in one.notes
    assert one.hear().did(HangUp).counts_as is CountsAs.SERVED_ITSELF


@pytest.mark.parametrize("refuse", [lambda one: one.tell(Failed()), lambda one: one.wait()])
def test_a_call_back_that_cannot_be_promised_is_not_told(refuse: Any) -> None:
    one = refuse(waiting().wait().press("1"))
    assert one.said[-1] == "できません。" and (NoteKind.IMPOSSIBLE, "callback") in one.notes
    assert one.hear().actions == (GoOnWaiting(),)


def test_without_a_number_there_is_no_call_back() -> None:
    assert waiting(caller="").wait().press("1").said[-1] == "できません。"


def test_a_number_that_was_entered_is_called_back() -> None:
    offer = OFFER | {
        "id": "second",
        "number_field": "receipt",
        "next": dict.fromkeys(["taken", "declined", "impossible"], "bye"),
    }
    one = call(COLLECT | {"next": {"collected": "second", "no_key": "second"}}, offer, caller=MOBILE)
    assert one.press("12345").press("1").did(TakeCallback).number == "12345"
    none = call(COLLECT | {"next": {"collected": "second", "no_key": "second"}}, offer, caller=MOBILE)
    assert none.press("##").press("1").never(TakeCallback), "the number that calls is not the one that was asked for"


def test_what_cannot_be_had_is_not_offered() -> None:
    offer = OFFER | {"id": "first", "next": {"taken": "bye", "declined": "queue", "impossible": "bye"}}
    assert call(offer, around=Circumstances(offers_callback=False), caller=MOBILE).did(Enqueue)


LINK = box(
    "web_link", "first", {"taken": "bye", "declined": "queue", "impossible": "sorry"}, say=ja("送ります。"), link="form"
)
LINK_SORRY = box("announce", "sorry", {"next": "queue"}, say=ja("送れません。"))


@pytest.mark.parametrize(
    ("caller", "offered"),
    [(MOBILE, True), ("+816012345678", True), (LANDLINE, False), ("", False), ("+815012345678", False)],
)
def test_a_link_is_offered_to_mobile_numbers(caller: str, offered: bool) -> None:
    assert call(LINK, LINK_SORRY, caller=caller).said == (["送ります。"] if offered else [])


def test_a_link_is_sent_on_request() -> None:
    one = call(LINK, LINK_SORRY, caller=MOBILE).press("1")
    assert one.did(SendLink).link == "form"
    assert one.tell(Done()).state.box == "bye" and one.notes == [(NoteKind.LINK_SENT, "")]
    assert call(LINK, LINK_SORRY, caller=MOBILE).press("1").tell(Failed()).said[-1] == "送れません。"
    assert call(LINK, LINK_SORRY, caller=MOBILE, around=Circumstances(offers_web_link=False)).did(Enqueue)


BOOKING = box(
    "booking", "first", {"taken": "bye", "declined": "queue", "impossible": "queue"}, say=ja("予約は1。"), message_s=30,
    say_message=ja("ご用件を。"),
)  # fmt: skip


@pytest.mark.parametrize(
    "end", [lambda one: one.press("1"), lambda one: one.wait(), lambda one: one.tell(MessageEnded())]
)
def test_outside_of_hours_the_matter_can_be_told_and_a_call_back_booked(end: Any) -> None:
    one = call(BOOKING, caller=MOBILE).press("1")
    assert one.said[-1] == "ご用件を。" and one.press("5").actions == ()
    assert one.hear().did(RecordMessage).seconds == 30 and one.waits_s == 30 and one.state.phase is Phase.MESSAGE
    end(one)
    assert one.did(StopMessage) and one.did(TakeCallback).after_hours is True
    assert one.tell(Done()).state.box == "bye" and one.notes == [(NoteKind.BOOKED, "")]


def test_a_booking_may_come_without_a_message() -> None:
    assert call(BOOKING | {"message_s": 0}, caller=MOBILE).press("1").did(TakeCallback).after_hours
    assert call(BOOKING | {"say_message": {}}, caller=MOBILE).press("1").did(RecordMessage)


def test_who_refused_to_be_recorded_leaves_no_message() -> None:
    notice = NOTICE | {"next": {"next": "book", "refused": "book"}, "say_refused": {}}
    one = call(notice, BOOKING | {"id": "book"}, caller=MOBILE).press("9").press("1")
    assert one.did(TakeCallback) and one.never(RecordMessage)


def test_a_booking_needs_a_number_and_a_yes() -> None:
    one = call(BOOKING | {"message_s": 0}).press("1")
    assert one.did(Enqueue) and one.notes == [(NoteKind.IMPOSSIBLE, "booking")]
    spoken = call(BOOKING).press("1").hear().wait()
    assert spoken.did(Enqueue) and spoken.did(StopMessage)
    assert call(BOOKING, caller=MOBILE).hear().wait().did(Enqueue)
    assert call(BOOKING, caller=MOBILE).press("2").did(Enqueue)
    late = call(BOOKING, caller=MOBILE).press("1").hear().wait()
    assert late.wait().did(Enqueue), "an answer that does not come is none"


# --- outside ----------------------------------------------------------------------------------------------------------

OUT = box("transfer", "first", {"failed": "queue"}, number="+81312345678", say=ja("おつなぎします。"), ring_s=20)


def test_a_call_is_handed_to_a_number_outside() -> None:
    one = call(OUT).hear()
    assert one.did(Transfer) == Transfer("+81312345678", 20) and one.waits_s == 30
    assert one.tell(Connected()).state.end is End.PERSON


@pytest.mark.parametrize("fail", [lambda one: one.tell(Failed()), lambda one: one.wait()])
def test_a_number_that_does_not_answer_leads_back(fail: Any) -> None:
    assert fail(call(OUT).hear()).did(Enqueue)


def test_the_last_words_are_said_and_the_call_ends() -> None:
    one = call(BYE | {"id": "first", "counts_as": "after_hours"})
    assert one.press("1").actions == ()
    assert one.hear().did(HangUp).counts_as is CountsAs.AFTER_HOURS
    assert one.state.end is End.HUNG_UP


# --- a flow that was not reviewed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "boxes",
    [
        [ONE | {"id": "first", "next": {}}],
        [box("hours", "first", {"open": "second"}), box("hours", "second", {"open": "first"})],
    ],
    ids=["no arrow", "endless"],
)
def test_a_flow_that_fails_leads_to_a_person(boxes: list[dict[str, Any]]) -> None:
    one = call(*boxes)
    if one.state.play:
        one.hear()
    assert one.did(Enqueue).queue == "" and one.notes[-1][0] is NoteKind.FLOW_FAILED
    assert one.tell(Connected()).state.end is End.PERSON


def test_a_flow_that_fails_where_nobody_is_there_ends() -> None:
    one = call(ONE | {"id": "first", "next": {}}).hear()
    assert one.press("1").actions == ()
    assert one.tell(Failed()).did(HangUp).counts_as is CountsAs.AFTER_HOURS
    assert one.state.end is End.HUNG_UP


def test_a_flow_without_a_start_leads_to_a_person() -> None:
    flow = flow_of(box("announce", "start", {"next": "queue"}, say=ja("x")))
    assert Call(flow).arrive().did(Enqueue).queue == ""


def test_the_web_is_not_offered_to_who_is_there() -> None:
    assert call(LINK, LINK_SORRY, caller=MOBILE, channel=Channel.WEB).did(Enqueue)
    assert call(LINK, LINK_SORRY, caller=MOBILE, channel=Channel.WEB).never(StartTimer)
