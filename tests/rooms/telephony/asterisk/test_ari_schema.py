"""The check of requests and events finds what is not in Asterisk's interface."""

from __future__ import annotations

import json

import pytest

from tests.rooms.telephony.asterisk.model import stamp
from tests.rooms.telephony.asterisk.schema import SCHEMA, Violation, check_event, check_request, check_value


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "why"),
    [
        ("GET", "/channel", {}, "", "there is no"),
        ("PUT", "/channels/a/answer", {}, "", "there is no"),
        ("POST", "/channels/a/answer", {"now": ["1"]}, "", "no parameter now"),
        ("POST", "/channels/a/play/b", {}, "", "needs"),
        ("POST", "/channels/a/play/b", {"media": ["sound:x"], "offsetms": ["soon"]}, "", "is a number"),
        ("POST", "/channels/a/play/b", {"media": ["sound:x", "sound:y"]}, "", "twice"),
        ("POST", "/channels/a/snoop/b", {"app": ["x"], "spy": ["inwards"]}, "", "is one of"),
        ("POST", "/bridges/b", {"type": ["mixing,all"]}, "", "is one of"),
        ("POST", "/channels/a/record", {"name": ["n"], "format": ["wav"], "beep": ["1"]}, "", "true or false"),
        ("POST", "/channels/a/answer", {}, '{"variables": {}}', "no such body"),
        ("POST", "/channels/a", {"endpoint": ["x"]}, '{"variables": {"a": 1}}', "words"),
    ],
)
def test_what_is_not_in_the_interface_is_found(method, path, query, body, why):  # type: ignore[no-untyped-def]
    with pytest.raises(Violation, match=why):
        check_request(method, path, query, body.encode())


def test_a_request_is_understood():
    route = check_request("POST", "/channels/externalMedia", {"app": ["a"], "format": ["slin"]}, b"")
    assert (route.name, route.arguments) == ("POST /channels/externalMedia", {})
    route = check_request("POST", "/bridges/b1", {"type": ["mixing,proxy_media"]}, b"")
    assert route.arguments == {"bridgeId": "b1"}


def event(**fields: object) -> dict[str, object]:
    return {"type": "RecordingFinished", "application": "caasis", "timestamp": stamp(), **fields}


RECORDING = {"name": "r", "format": "wav", "target_uri": "channel:a", "state": "done"}


def test_an_event_is_as_published_or_found():
    check_event(event(recording=RECORDING))
    for wrong in (
        event(),
        event(recording=RECORDING, more=1),
        event(recording=RECORDING | {"state": "over"}),
        event(recording=RECORDING | {"duration": "1"}),
        event(recording=[]),
    ):
        with pytest.raises(Violation):
            check_event(wrong)
    with pytest.raises(Violation):
        check_value("x", "[string]", "a")


def test_every_type_that_is_used_is_known():
    known = {"string", "int", "float", "boolean", "date", "any", *SCHEMA["models"]}
    words = [
        *(kind for fields in (*SCHEMA["models"].values(), *SCHEMA["events"].values()) for kind in fields.values()),
        *(one["returns"] for one in SCHEMA["resources"].values() if "returns" in one),
    ]
    unknown = {bare for one in words if (bare := one.removesuffix("!").strip("[]")) not in known and "|" not in bare}
    assert not unknown
    assert json.dumps(SCHEMA)
