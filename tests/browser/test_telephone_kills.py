"""kill -9 of the web process and of the database during a call, in a whole installation: people talk on, the records end
true, nobody is left in a call, and the counsellor's page comes back without being loaded anew."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from bench.installation import Installation
from bench.telephone_desk import Desk, desk
from playwright.sync_api import Page, expect

from caasis.platform.database import EmbeddedCluster
from tests.flows.test_kills import pid_of, wait_for
from tests.rooms.telephony.sip.phone import Call

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: Whether each call's record is the one that its log gives.
REBUILT = """
from caasis.config.bootstrap import start_django
start_django()
from caasis.platform.transactions import system_transaction
from caasis.telephony.models import Call
from caasis.telephony.selectors import rebuilt_record, stored_record
with system_transaction():
    for row in Call.objects.all():
        assert stored_record(row) == rebuilt_record(row), row.id
"""


class Hall(Desk):
    """The installation, and what its records say."""

    def ask(self, question: str, *values: Any) -> Any:
        """The first value of the first row that the database gives its owner."""
        with psycopg.connect(EmbeddedCluster(self.running.home).dsn("owner"), connect_timeout=3) as connection:
            row = connection.execute(question, values).fetchone()
            return row[0] if row else None

    def state(self) -> str:
        return str(
            self.ask(
                "SELECT state FROM queues_agent_status s JOIN accounts_user u ON u.id = s.user_id WHERE u.username = %s",
                self.running.accounts()["counsellor"]["username"],
            )
        )

    def phase(self) -> str:
        return str(self.ask("SELECT phase FROM telephony_call ORDER BY began_at DESC LIMIT 1"))

    def outcome(self) -> str:
        return str(self.ask("SELECT outcome FROM telephony_call ORDER BY began_at DESC LIMIT 1"))

    def left_talking(self) -> int:
        return int(self.ask("SELECT count(*) FROM telephony_call WHERE ended_at IS NULL"))

    def talk(self, page: Page) -> tuple[Call, Call]:
        """A call that the counsellor answers; both hear each other and the page says so."""
        wait_for("the counsellor is free", lambda: self.state() == "available")
        before = len(self.desk.calls)
        caller = self.public.call("0355550100")
        wait_for(
            "it rings at the desk", lambda: len(self.desk.calls) > before and self.desk.calls[-1].state == "ringing"
        )
        expect(page.locator("app-telephone [data-rings]")).to_be_attached(timeout=30_000)
        self.desk.answer()
        agent = self.desk.calls[-1]
        wait_for("both hear each other", lambda: hear_each_other(caller, agent), 30)
        expect(page.locator("app-telephone")).to_contain_text("通話中", timeout=30_000)
        return caller, agent


def hear_each_other(one: Call, two: Call) -> bool:
    return one.hears({"x": two.hz}) == {"x"} and two.hears({"x": one.hz}) == {"x"}


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    with desk(Hall) as made:
        yield made


@pytest.fixture
def counsellor(hall: Hall, page: Page) -> Page:
    """The counsellor's page, at work. What the browser says about a server that is away is no fault."""
    page.allow_console(".*")  # type: ignore[attr-defined]
    session = hall.running.client("counsellor")
    page.context.add_cookies(
        [{"name": name, "value": value, "url": hall.running.base} for name, value in session.cookies.items()]
    )
    page.goto(f"{hall.running.base}/desk/")
    bar = page.locator("app-telephone")
    if hall.state() in ("None", "offline"):
        bar.get_by_role("button", name="受付を始める").click()
    expect(bar).to_contain_text(re.compile("受付中|待機|後処理"), timeout=30_000)
    page.evaluate("window.loadedOnce = true")
    return page


def finish(hall: Hall, page: Page) -> None:
    """The wrap-up ends by the page's button; it is still the page that was loaded at first."""
    button = page.get_by_role("button", name="後処理を終える")
    expect(button).to_be_visible(timeout=60_000)
    button.click()
    wait_for("the counsellor is free again", lambda: hall.state() == "available", 30)
    assert page.evaluate("window.loadedOnce === true"), "the page was loaded anew"
    assert hall.left_talking() == 0 and hall.outcome() == "answered"
    hall.inside(REBUILT)


def kill_web(running: Installation) -> int:
    wait_for("a web process", lambda: pid_of(running, "web") is not None)
    victim = pid_of(running, "web")
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    return victim


def wait_for_web(running: Installation, former: int) -> None:
    wait_for("another web process", lambda: pid_of(running, "web") not in (None, former))
    wait_for("the web answers", lambda: running.client("counsellor2").get("/desk/").status_code == 200)


def supervises(process: psutil.Process, home: Path) -> bool:
    """Whether this is the supervisor of the home; a process that ends meanwhile is none."""
    try:
        named = any("supervisord" in word for word in process.cmdline())
        return named and process.environ().get("CAASIS_HOME") == str(home)
    except psutil.Error:
        return False


@contextlib.contextmanager
def without_database(hall: Hall) -> Iterator[None]:
    """All of PostgreSQL is killed, and whoever starts it again stands still meanwhile."""
    home = hall.running.home
    supervisor = next(one for one in psutil.Process().children(recursive=True) if supervises(one, home))
    postmaster = psutil.Process(EmbeddedCluster(home).pid)
    supervisor.suspend()
    try:
        for one in [postmaster, *postmaster.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                one.kill()
        with pytest.raises(psycopg.OperationalError):
            hall.ask("SELECT 1")
        yield
    finally:
        supervisor.resume()
    wait_for("the database is back", lambda: hall.ask("SELECT 1") == 1)


def keep_hearing(one: Call, two: Call, seconds: float) -> None:
    """They hear each other all the time; a late packet on a busy machine is no silence."""
    until, silent_since = time.monotonic() + seconds, 0.0
    while (now := time.monotonic()) < until:
        if hear_each_other(one, two):
            silent_since = 0.0
        else:
            silent_since = silent_since or now
            assert now - silent_since < 1.5, "they hear each other no more"
        time.sleep(0.1)


def over(*calls: Call) -> Callable[[], bool]:
    return lambda: {one.state for one in calls} == {"over"}


def test_a_call_goes_on_while_the_web_is_killed_and_its_page_works_again(hall: Hall, counsellor: Page) -> None:
    caller, agent = hall.talk(counsellor)
    former = kill_web(hall.running)
    keep_hearing(caller, agent, 3)
    wait_for_web(hall.running, former)
    assert hear_each_other(caller, agent)
    bar = counsellor.locator("app-telephone")
    bar.get_by_role("button", name="保留").first.click()
    wait_for("on hold nobody hears the other", lambda: not agent.hears({"x": caller.hz}), 30)
    bar.get_by_role("button", name=re.compile("保留を解除|保留をやめる|戻る|再開")).first.click()
    wait_for("and again they do", lambda: hear_each_other(caller, agent), 30)
    hall.public.hang_up(caller)
    finish(hall, counsellor)


def test_a_call_that_ends_while_the_web_is_away_ends_on_the_page_too(hall: Hall, counsellor: Page) -> None:
    caller, agent = hall.talk(counsellor)
    former = kill_web(hall.running)
    hall.public.hang_up(caller)
    wait_for("the desk phone is told", over(caller, agent), 15)
    wait_for("the call is over in the records", lambda: hall.phase() == "ended", 15)
    wait_for_web(hall.running, former)
    finish(hall, counsellor)


def test_a_call_goes_on_while_the_database_is_killed(hall: Hall, counsellor: Page) -> None:
    caller, agent = hall.talk(counsellor)
    with without_database(hall):
        keep_hearing(caller, agent, 5)
    assert hear_each_other(caller, agent)
    wait_for("the records know the call", lambda: (hall.phase(), hall.state()) == ("talking", "talking"))
    hall.public.hang_up(caller)
    wait_for("the call is over in the records", lambda: hall.phase() == "ended", 60)
    finish(hall, counsellor)


def test_a_call_that_ends_while_the_database_is_away_ends_in_the_records(hall: Hall, counsellor: Page) -> None:
    caller, agent = hall.talk(counsellor)
    with without_database(hall):
        hall.public.hang_up(caller)
        wait_for("the caller's phone is told", lambda: caller.state == "over", 5)
        time.sleep(3)
    wait_for("the call is over in the records", lambda: hall.phase() == "ended", 60)
    wait_for("the desk phone is told", over(caller, agent), 15)
    finish(hall, counsellor)


def test_database_and_switchboard_killed_together_come_back_to_a_call_that_is_over(
    hall: Hall, counsellor: Page
) -> None:
    caller, agent = hall.talk(counsellor)
    former = pid_of(hall.running, "switchboard")
    assert former is not None
    with without_database(hall):
        os.kill(former, signal.SIGKILL)
        hall.public.hang_up(caller)
        time.sleep(1)
    wait_for("another switchboard", lambda: pid_of(hall.running, "switchboard") not in (None, former))
    wait_for("the call is over in the records", lambda: hall.phase() == "ended", 60)
    wait_for("the desk phone is told", over(caller, agent), 15)
    finish(hall, counsellor)


def test_a_caller_who_comes_while_the_database_is_away_is_rung_through_afterwards(hall: Hall, counsellor: Page) -> None:
    wait_for("the counsellor is free", lambda: hall.state() == "available")
    before = len(hall.desk.calls)
    with without_database(hall):
        caller = hall.public.call("0355550100")
        time.sleep(2)
        assert caller.state != "over"
    wait_for(
        "it rings at the desk", lambda: len(hall.desk.calls) > before and hall.desk.calls[-1].state == "ringing", 60
    )
    hall.desk.answer()
    wait_for("both hear each other", lambda: hear_each_other(caller, hall.desk.calls[-1]), 30)
    hall.public.hang_up(caller)
    finish(hall, counsellor)
