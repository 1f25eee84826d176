"""Publishing a flow: it refers to what its centre has, and what its publisher should weigh comes back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import caasis
from caasis.cases.services import hide_office, save_office
from caasis.engines.ivr import happenings
from caasis.kernel.errors import Invalid, NotAllowed, NotFound
from caasis.platform.transactions import system_transaction
from caasis.queues.models import Queue
from caasis.telephony.offices import offices_of as read_offices
from caasis.telephony.prompts import OpenJTalk, Samples, Tones, Voice, open_store, wav_bytes
from caasis.telephony.services import add_flow, findings_of, message_faults, publish_version, save_draft
from caasis.telephony.services.flows import Published
from tests.rooms.telephony.flow_document import flow_of, ja
from tests.rooms.telephony.test_prompts_store import tone

pytestmark = pytest.mark.django_db
SEED = Path(caasis.__file__).parent / "telephony" / "data" / "flows" / "consumer_centre.toml"


class JapaneseOnly(Tones):
    """Speaks what Open JTalk speaks, without its voice."""

    def speaks(self, language: str) -> bool:
        return OpenJTalk().speaks(language)

    def speak(self, text: str, *, voice: Voice) -> Samples:
        return super().speak(text, voice=voice)


@pytest.fixture(autouse=True)
def voice(settings, tmp_path):
    settings.TELEPHONY_PROMPTS = tmp_path / "prompts"
    settings.TELEPHONY_SPEECH = f"{__name__}.JapaneseOnly"


def publish(town: Any, document: dict[str, Any], name: str = "受付") -> Published:
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name=name)
    version = save_draft(actor=town.supervisor, flow_id=flow.id, document=document)
    return publish_version(actor=town.supervisor, version_id=version.id)


def offices_of(centre_id: Any) -> dict[str, happenings.Office]:
    """As the switchboard reads them."""
    with system_transaction():
        return dict(read_offices(centre_id))


def fields(found: Any) -> list[tuple[str, str]]:
    return [(one.box, one.field) for one in found]


def with_triage(code: str) -> dict[str, Any]:
    document = flow_of("main")
    menu = next(box for box in document["boxes"] if box["id"] == "menu")
    menu["next"] |= {"3": "away"}
    document["boxes"] = [box for box in document["boxes"] if box["id"] != "info"]
    document["boxes"] += [
        {"kind": "triage", "id": "away", "office": code, "say": ja("{office}は〔{number}〕です。"),
         "next": {"next": "bye", "unknown": "person"}},
    ]  # fmt: skip
    return document


def test_a_flow_names_a_queue_of_its_own_centre(town):
    with system_transaction():
        mine = Queue.objects.create(centre_id=town.centre_a.id, name="電話相談", channels=["phone"])
        theirs = Queue.objects.create(centre_id=town.centre_b.id, name="応援", channels=["phone"], is_default=False)
    publish(town, flow_of(str(mine.id)), "番号で")
    publish(town, flow_of("main"), "主")
    for nobodys in (str(theirs.id), "gone"):
        with pytest.raises(Invalid) as error:
            publish(town, flow_of(nobodys), f"だめ {nobodys[:8]}")
        assert ("person", "queue") in fields(error.value.details["problems"])
    with system_transaction():
        Queue.objects.filter(id=mine.id).update(active=False)
    with pytest.raises(Invalid):
        publish(town, flow_of(str(mine.id)), "使わない")


def test_a_flow_sends_callers_to_offices_of_the_centres_directory(town):
    assert offices_of(town.centre_a.id)["police-9110"] == happenings.Office("警察相談専用電話", "#9110")
    publish(town, with_triage("police-9110"), "警察")
    own = save_office(
        actor=town.counsellor, values={"name": "見本市民相談室", "kind": "other", "phone": "03-5555-0123"}
    )
    assert offices_of(town.centre_a.id)[own.code] == happenings.Office("見本市民相談室", "03-5555-0123")
    assert own.code not in offices_of(town.centre_b.id)
    publish(town, with_triage(own.code), "相談室")
    hide_office(actor=town.counsellor, code="police-9110")
    with pytest.raises(Invalid) as error:
        publish(town, with_triage("police-9110"), "隠した")
    assert fields(error.value.details["problems"]) == [("away", "office")]


def test_a_skill_that_nobody_can_have_is_a_mistake(town):
    document = flow_of("main")
    next(box for box in document["boxes"] if box["id"] == "person")["skills"] = {"juggling": 1}
    with pytest.raises(Invalid) as error:
        publish(town, document)
    assert fields(error.value.details["problems"]) == [("person", "skills")]


def test_a_language_without_a_voice_and_a_missing_recording_are_told_to_the_publisher(town):
    document = flow_of("main", languages=["ja", "en"])
    for box in document["boxes"]:
        for name in ("say",):
            if name in box:
                box[name] = {"ja": box[name]["ja"], "en": {"text": "Hello.", "prompt": f"{box['id']}-en"}}
        for choice in box.get("choices", ()):
            choice["label"] |= {"en": "Choice"}
    open_store().record("menu-en", wav_bytes(tone(1.0)))
    next(box for box in document["boxes"] if box["id"] == "bye")["say"]["en"] = "Bye."
    published = publish(town, document)
    told = fields(published.warnings)
    assert published.flow.published_id and ("bye", "say.en") in told, "no voice, no recording"
    assert ("notice", "say.en") in told and ("menu", "say.en") not in told, "a recording is missing, the other is there"


def test_a_short_message_that_nobody_can_send_is_told_to_the_publisher(town):
    published = publish(town, tomllib.loads(SEED.read_text(encoding="utf-8"))["flow"])
    told = [one for one in published.warnings if one.field == "link"]
    assert told and all("SMS" in one.sentence for one in told)
    assert fields(published.warnings) == fields(told), "the flow that comes with the product has no other warning"


def test_findings_are_for_who_manages_the_centre(town):
    document = flow_of("gone")
    found = findings_of(actor=town.supervisor, centre_id=town.centre_a.id, document=document)
    assert ("person", "queue") in fields(found.problems)
    with pytest.raises(NotAllowed):
        findings_of(actor=town.counsellor, centre_id=town.centre_a.id, document=document)
    for name in ("outsider", "outside_official"):
        with pytest.raises(NotFound):
            findings_of(actor=town.actors[name], centre_id=town.centre_a.id, document=document)


def test_a_message_of_the_day_in_a_language_without_a_voice_is_told_to_its_author():
    assert list(message_faults({"ja": "停電しています。", "en": "No power.", "zh": " "})) == ["en"]
