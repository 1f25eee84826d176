"""What a flow says is in the engine's folder before anybody calls, and the switchboard plays just that."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from caasis.telephony.jobs import prepare_everything, prepare_flow
from caasis.telephony.models import Order
from caasis.telephony.prompts import PromptStore, Samples, Tones, Voice, open_store
from caasis.telephony.services import add_flow, publish_version, save_draft, save_number, set_message
from tests.rooms.telephony.flow_document import flow_of, ja
from tests.rooms.telephony.hall import LINE, Hall, assert_true

pytestmark = pytest.mark.django_db


class Speaker(Tones):
    """Tones that write down what they were asked to say."""

    asked: list[str] = []

    def speak(self, text: str, *, voice: Voice) -> Samples:
        self.asked.append(text)
        return super().speak(text, voice=voice)


@pytest.fixture
def asked(settings, tmp_path):
    settings.TELEPHONY_PROMPTS = tmp_path / "prompts"
    settings.TELEPHONY_SPEECH = f"{__name__}.Speaker"
    Speaker.asked.clear()
    return Speaker.asked


@pytest.fixture
def hall(town, as_system, asked):
    made = Hall(town)
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    version = save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of(str(made.queue.id)))
    publish_version(actor=town.supervisor, version_id=version.id)
    save_number(
        actor=town.supervisor, centre_id=town.centre_a.id, number=LINE, label="代表", flow_id=flow.id,
        queue_id=made.queue.id, number_id=made.number.id,
    )  # fmt: skip
    made.version = version
    yield made
    assert_true(made)
    assert made.refused_orders() == []


def waiting_jobs(name: str) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s", [f"telephony.jobs.{name}"])
        return [args if isinstance(args, dict) else json.loads(args) for (args,) in cursor.fetchall()]


def test_publishing_has_every_line_spoken_by_a_job(hall, asked):
    assert waiting_jobs("prepare_flow") == [{"version_id": str(hall.version.id)}] and asked == []
    prepare_flow(version_id=hall.version.id)
    assert "相談は1、折り返しは2、案内は3を押してください。" in asked and len(asked) == len(set(asked)) == 9


def test_a_prepared_call_waits_for_no_speech_and_plays_files_that_are_there(hall, asked):
    prepare_flow(version_id=hall.version.id)
    asked.clear()
    hall.seat("counsellor")
    call = hall.incoming()
    hall.wait(8)
    hall.world.press(hall.leg(call), "1")
    hall.turn()
    assert asked == []
    names = {source.removeprefix("prompt:") for source in hall.world.hears(hall.leg(call))}
    assert names and all(open_store().path_of(name).exists() for name in names)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_what_was_not_prepared_is_spoken_when_it_is_needed(hall, asked):
    call = hall.incoming()
    assert asked == ["録音します。いやなら9を押してください。"]
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_the_words_of_the_day_are_spoken_before_the_switch_is_thrown(hall, asked):
    town = hall.town
    set_message(actor=town.official, centre_id=town.centre_a.id, name="storm", on=True, words=ja("停電しています。"))
    assert asked == ["停電しています。"]
    prepare_flow(version_id=hall.version.id)
    asked.clear()
    call = hall.incoming()
    assert asked == [] and any(note[1] == "message_told" for note in hall.read(call).flow_notes)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()


def test_words_that_are_kept_for_later_are_not_spoken_yet(hall, asked):
    town = hall.town
    set_message(actor=town.official, centre_id=town.centre_a.id, name="storm", on=False, words=ja("停電しています。"))
    assert asked == []


def test_a_start_has_everything_made_ready(hall, asked, settings):
    town = hall.town
    set_message(actor=town.official, centre_id=town.centre_a.id, name="storm", on=True, words=ja("停電しています。"))
    asked.clear()
    for file in settings.TELEPHONY_PROMPTS.glob("*.wav"):
        file.unlink()
    prepare_everything()
    assert asked == ["停電しています。"] and len(waiting_jobs("prepare_flow")) == 2
    store: PromptStore = open_store()
    assert {path.stem.rpartition("-")[0] for path in settings.TELEPHONY_PROMPTS.glob("*.wav")} >= {"hold_music", "beep"}
    assert store.named("hold_music").seconds > 20


def test_a_message_for_us_begins_after_a_tone(hall):
    document = flow_of(str(hall.queue.id))
    booking = next(box for box in document["boxes"] if box["kind"] == "booking")
    booking |= {"message_s": 60, "say_message": ja("ご用件をどうぞ。")}
    version = save_draft(actor=hall.town.supervisor, flow_id=hall.version.flow_id, document=document)
    publish_version(actor=hall.town.supervisor, version_id=version.id)
    call = hall.incoming()
    hall.wait(8)
    hall.world.press(hall.leg(call), "1")
    hall.wait(3)
    hall.world.press(hall.leg(call), "1")
    hall.wait(3)
    kinds = list(Order.objects.filter(call=call).order_by("created_at", "id").values_list("kind", flat=True))
    assert kinds[-2:] == ["Play", "StartRecording"]
    hall.wait(70)
    assert hall.outcome(call) == ["callback"]
