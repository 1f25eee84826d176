"""A line of a flow is replaced by a recording in the draft, and spoken again without it."""

from __future__ import annotations

import numpy as np
import pytest

from caasis.kernel.errors import Invalid, NotAllowed, NotFound, VersionConflict
from caasis.telephony.prompts import RATE, open_store, wav_bytes
from caasis.telephony.selectors import newest_versions
from caasis.telephony.services import add_flow, publish_version, record_line, save_draft, undo_draft
from tests.rooms.telephony.flow_document import flow_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.TELEPHONY_PROMPTS = str(tmp_path)


def tone(seconds: float = 1.0) -> bytes:
    at = np.arange(int(seconds * RATE)) / RATE
    return wav_bytes((np.sin(2 * np.pi * 440 * at) * 12000).astype(np.int16))


def draft(town):
    flow = add_flow(actor=town.supervisor, centre_id=town.centre_a.id, name="受付")
    return save_draft(actor=town.supervisor, flow_id=flow.id, document=flow_of("main"))


def recorded(town, version, data, **more):
    given = {"box": "bye", "field": "say", "language": "ja", "base": version.document, "actor": town.supervisor} | more
    return record_line(flow_id=version.flow_id, data=data, **given)


def said(version):
    return next(one for one in version.document["boxes"] if one["id"] == "bye")["say"]["ja"]


def test_callers_hear_a_recording_only_when_its_draft_is_published(town):
    first = draft(town)
    publish_version(actor=town.supervisor, version_id=first.id)
    first.refresh_from_db()
    second, faults = recorded(town, first, tone())
    assert faults == () and second.number == 2 and said(second)["text"] == "受付時間におかけ直しください。"
    ready = open_store().ready("受付時間におかけ直しください。", prompt=said(second)["prompt"])
    assert ready[0].recorded and ready[0].seconds == pytest.approx(1.0)
    assert isinstance(said(first), str), "what is published has no recording"
    third, _ = recorded(town, second, tone(2.0))
    assert open_store().ready("x", prompt=said(third)["prompt"])[0].seconds == pytest.approx(2.0)
    fourth, _ = recorded(town, third, None)
    assert said(fourth) == "受付時間におかけ直しください。"
    assert said(undo_draft(actor=town.supervisor, flow_id=first.flow_id))["prompt"], "taken back, the recording is there"


def test_what_is_no_sound_is_refused_and_a_faint_one_is_told(town):
    version = draft(town)
    for data in (b"", b"RIFF", b"no sound at all" * 100):
        with pytest.raises(Invalid) as error:
            recorded(town, version, data)
        assert error.value.fields["file"]
    _, faults = recorded(town, version, wav_bytes(np.zeros(RATE, np.int16)))
    assert any("音がほとんど入っていません" in fault for fault in faults)


def test_only_who_manages_the_centre_records_its_lines(town):
    version = draft(town)
    with pytest.raises(NotAllowed):
        recorded(town, version, tone(), actor=town.counsellor)
    for name in ("outsider", "outside_official", "ncac"):
        with pytest.raises(NotFound):
            recorded(town, version, tone(), actor=town.actors[name])
    for wrong in ({"box": "nothing"}, {"field": "id"}, {"language": "en"}, {"box": "start"}):
        with pytest.raises(NotFound):
            recorded(town, version, tone(), **wrong)
    assert newest_versions([version.flow])[version.flow_id].document == version.document
    assert open_store().recordings() == ()


def test_a_recording_is_not_put_into_a_state_that_is_over(town):
    version = draft(town)
    old = dict(version.document)
    save_draft(actor=town.official, flow_id=version.flow_id, document=flow_of("main", name="別の名"))
    with pytest.raises(VersionConflict):
        recorded(town, version, tone(), base=old)
