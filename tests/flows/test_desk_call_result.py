"""What a call came to, given with one click in the wrap-up band, found again in the list of calls and in the figures."""

from __future__ import annotations

from typing import Any

import pytest

from caasis.queues.models import Queue
from tests.flows.test_desk_telephone import bar, hall, press  # noqa: F401
from tests.rooms.telephony.hall import Hall

pytestmark = pytest.mark.django_db
FILE = "/desk/telephone/figures.csv"


def wrapping_up(hall: Hall) -> Any:  # noqa: F811
    hall.seat("counsellor")
    call = hall.connected()
    hall.wait(5)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    return call


def test_the_wrap_up_band_offers_the_results_and_shows_the_chosen_one(client_for: Any, hall: Hall) -> None:  # noqa: F811
    client = client_for("counsellor")
    hall.seat("counsellor")
    call = hall.connected()
    assert "通話の結果" not in bar(client)
    hall.world.peer_hangs_up(hall.leg(call))
    hall.turn()
    shown = bar(client)
    for words in (
        "相談を受けた",
        "続きの相談",
        "案内のみ",
        "他機関を案内",
        "無言・いたずら",
        "間違い電話",
        "途中で切れた",
        "その他",
    ):
        assert f">{words}</button>" in shown
    assert 'aria-pressed="true"' not in shown
    shown = press(client, hall, None, "result", option="referred")
    assert shown.count('aria-pressed="true"') == 1 and 'value="" aria-pressed="true"' in shown
    assert hall.read(call).result == "referred"
    press(client, hall, None, "result", option="")
    assert hall.read(call).result == ""


def test_the_wrap_up_is_prolonged_from_the_band_until_the_queue_says_no(client_for: Any, hall: Hall) -> None:  # noqa: F811
    Queue.objects.filter(id=hall.queue.id).update(wrap_up_extensions=1)
    wrapping_up(hall)
    client = client_for("counsellor")
    assert "後処理を2分のばす" in bar(client)
    assert "後処理を2分のばす" not in press(client, hall, None, "wrap_up_longer")
    assert "後処理をのばせるのは1回までです。" in press(client, hall, None, "wrap_up_longer")


def test_the_list_of_calls_is_narrowed_to_a_result(client_for: Any, hall: Hall) -> None:  # noqa: F811
    call = wrapping_up(hall)
    client = client_for("counsellor")
    press(client, hall, None, "result", option="wrong_number")
    # The bar links to the call as well.
    link = f'<td data-label="日時"><a href="/desk/calls/{call.id}/">'

    def listed(name: str, **query: str) -> bool:
        answer = client_for(name).get("/desk/calls/", {"tab": "all", **query})
        assert answer.status_code == 200
        return link in answer.content.decode()

    assert listed("counsellor") and listed("counsellor", result="wrong_number")
    assert not listed("counsellor", result="consulted") and not listed("counsellor", result="none")
    assert listed("counsellor", result="no such code")
    assert not listed("outsider", result="wrong_number")
    press(client, hall, None, "result", option="")
    assert listed("counsellor", result="none")


def test_the_figures_count_the_results_and_what_is_missing(client_for: Any, hall: Hall, monkeypatch: Any) -> None:  # noqa: F811
    from caasis.desk.views import wallboard

    monkeypatch.setattr(wallboard, "moment", hall.now)
    wrapping_up(hall)
    day = {"start": f"{hall.now():%Y-%m-%d}", "end": f"{hall.now():%Y-%m-%d}", "by": "result"}
    lines = client_for("counsellor").get(FILE, day).content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[-1:]] == [["未入力", "1"]]
    press(client_for("counsellor"), hall, None, "result", option="informed")
    text = client_for("counsellor").get(FILE, day).content.decode("utf-8-sig")
    assert "案内のみ,1," in text and "未入力,0," in text
    elsewhere = client_for("outsider").get(FILE, day).content.decode("utf-8-sig")
    assert "案内のみ,0," in elsewhere
