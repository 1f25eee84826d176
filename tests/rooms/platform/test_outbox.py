"""The outbox: positions for committed events only, delivery at least once, dead letters, forgetting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caasis.kernel.actor import SYSTEM
from caasis.kernel.events import Event
from caasis.kernel.ids import uuid7
from caasis.platform.outbox import handlers, relay
from caasis.platform.outbox.handlers import Consumer, Delivered
from caasis.platform.outbox.models import ConsumerCursor, DeadLetter, OutboxEvent
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import system_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Event):
    topic: ClassVar[str] = "test.happened"
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Event):
    """An event that nobody listens to."""

    topic: ClassVar[str] = "test.other"


@pytest.fixture(autouse=True)
def head_at_zero(transactional_db: None) -> None:
    """The head lies in a table that Django doesn't know and so doesn't empty."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE platform_outbox_head SET last_position = 0")


@pytest.fixture
def subscribe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Consumer]:
    """Only the test's own consumers listen."""
    monkeypatch.setattr(handlers, "_consumers", {})

    def add(handler: Callable[[Delivered], None], name: str = "test.reader", **more: Any) -> Consumer:
        handlers.subscribe(name, Happened.topic, **more)(handler)
        return handlers._consumers[name]

    return add


def tell(number: int = 0) -> UUID:
    event = Happened(subject=uuid7(), number=number)
    with system_transaction():
        publish(event, actor=SYSTEM)
    return event.subject


@pytest.fixture
def slow() -> Iterator[psycopg.Connection[Any]]:
    own = connection.settings_dict
    with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"]) as other:
        yield other


def insert(slow: psycopg.Connection[Any], number: int) -> None:
    slow.execute(
        "INSERT INTO platform_outbox (id, topic, subject, payload, created_at)"
        " VALUES (%s, 'test.happened', %s, %s, now())",
        [uuid7(), uuid7(), psycopg.types.json.Jsonb({"number": number})],
    )


def test_a_commit_that_comes_late_is_not_skipped(slow: psycopg.Connection[Any], subscribe: Any) -> None:
    seen: list[int] = []
    subscribe(lambda event: seen.append(event.payload["number"]))
    insert(slow, 1)
    tell(2)
    relay.run_once()
    assert seen == [2]
    tell(3)
    relay.run_once()
    slow.commit()
    relay.run_once()
    assert seen == [2, 3, 1], "its row is the oldest, its position the newest"
    assert list(OutboxEvent.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3]


def test_many_writers_with_delays_lose_nothing(subscribe: Any) -> None:
    """Eight writers commit at random moments while the relay runs: every event is delivered once, in order of position."""
    import random

    seen: list[tuple[int, int]] = []
    subscribe(lambda event: seen.append((event.position, event.payload["number"])))
    stop = threading.Event()
    running = threading.Thread(target=relay.run, args=(stop,))
    running.start()
    chance = random.Random(7)
    pauses = [[chance.random() * 0.03 for _ in range(15)] for _ in range(8)]

    def write(writer: int) -> None:
        for n, pause in enumerate(pauses[writer]):
            with system_transaction():
                publish(Happened(subject=uuid7(), number=writer * 100 + n), actor=SYSTEM)
                time.sleep(pause)
        connection.close()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    deadline = time.monotonic() + 15
    while len(seen) < 120 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    running.join(10)
    assert not running.is_alive()
    assert sorted(number for _, number in seen) == sorted(w * 100 + n for w in range(8) for n in range(15))
    assert [position for position, _ in seen] == sorted(position for position, _ in seen)


def test_an_event_leaves_only_with_its_change(subscribe: Any) -> None:
    seen: list[int] = []
    subscribe(lambda event: seen.append(1))
    with system_transaction():
        publish(Happened(subject=uuid7()), actor=SYSTEM)
        transaction.set_rollback(True)
    relay.run_once()
    assert seen == []
    with pytest.raises(RuntimeError, match="transaction"):
        publish(Happened(subject=uuid7()), actor=SYSTEM)


def test_a_relay_killed_in_the_middle_of_a_batch_delivers_it_again(subscribe: Any) -> None:
    class Killed(BaseException):
        """Like a kill: nothing in the relay catches it."""

    kill_at = 3
    seen: list[int] = []

    def handler(event: Delivered) -> None:
        DeadLetter.objects.create(
            consumer="effect", position=event.position, topic="x", subject=event.subject, error=""
        )
        seen.append(event.payload["number"])
        if event.payload["number"] == kill_at:
            raise Killed

    subscribe(handler)
    for number in range(1, 6):
        tell(number)
    with pytest.raises(Killed):
        relay.run_once()
    assert seen == [1, 2, 3]
    assert not DeadLetter.objects.filter(consumer="effect").exists(), "what the killed batch wrote is gone with it"
    kill_at = 0
    relay.run_once()
    assert seen == [1, 2, 3, 1, 2, 3, 4, 5], "at least once"
    assert DeadLetter.objects.filter(consumer="effect").count() == 5, "and once in the database"


def test_numbers_that_nobody_delivered_are_delivered_by_the_next_relay(subscribe: Any) -> None:
    seen: list[int] = []
    subscribe(lambda event: seen.append(event.payload["number"]))
    tell(1)
    assert relay.number_committed_events() == 1, "and then the relay dies"
    stop = threading.Event()
    running = threading.Thread(target=relay.run, args=(stop,))
    running.start()
    deadline = time.monotonic() + 10
    while not seen and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    running.join(10)
    assert seen == [1]


def test_a_failing_event_is_tried_again_then_set_aside_and_the_others_go_on(subscribe: Any) -> None:
    tries: list[int] = []
    broken = True

    def handler(event: Delivered) -> None:
        tries.append(event.payload["number"])
        if event.payload["number"] == 1 and broken:
            ConsumerCursor.objects.create(consumer="half", node="written")
            raise ValueError("山田花子さんの電話は090-1234-5678")

    subscribe(handler)
    tell(1)
    tell(2)
    relay.run_once()
    assert tries == [1] * relay.MAX_TRIES + [2]
    assert not ConsumerCursor.objects.filter(consumer="half").exists(), "a failed try leaves nothing behind"
    letter = DeadLetter.objects.get()
    assert (letter.consumer, letter.position, letter.tries) == ("test.reader", 1, relay.MAX_TRIES)
    assert letter.error.startswith("ValueError (test_outbox.py:") and "山田" not in letter.error
    assert relay.retry_dead_letter(letter) is False
    letter.refresh_from_db()
    assert letter.tries == relay.MAX_TRIES + 1 and letter.resolved_at is None
    broken = False
    assert relay.retry_dead_letter(letter) is True
    letter.refresh_from_db()
    assert letter.resolved_at is not None
    count = len(tries)
    assert relay.retry_dead_letter(letter) is True
    assert len(tries) == count, "what is settled is not handled again"


def test_a_portion_is_handled_together_and_one_by_one_where_that_fails(subscribe: Any) -> None:
    together: list[list[int]] = []
    single: list[int] = []

    def some(events: Sequence[Delivered]) -> None:
        DeadLetter.objects.create(consumer="effect", position=events[0].position, topic="x", subject=uuid7(), error="")
        numbers = [event.payload["number"] for event in events]
        if 9 in numbers:
            raise ValueError
        together.append(numbers)

    def one(event: Delivered) -> None:
        if event.payload["number"] == 9:
            raise ValueError
        single.append(event.payload["number"])

    subscribe(one, together=some)
    for number in (1, 2, 3):
        tell(number)
    relay.run_once()
    assert (together, single) == ([[1, 2, 3]], [])
    for number in (4, 9, 5):
        tell(number)
    relay.run_once()
    assert (together, single) == ([[1, 2, 3]], [4, 5])
    letters = DeadLetter.objects.values_list("consumer", flat=True)
    assert sorted(letters) == ["effect", "test.reader"], "what the failed portion wrote is gone; only 9 is set aside"


def test_a_dead_letter_is_tried_again_by_itself_after_a_while(subscribe: Any) -> None:
    broken = True

    def handler(event: Delivered) -> None:
        if broken:
            raise ValueError

    subscribe(handler)
    tell()
    relay.run_once()
    broken = False
    assert relay.retry_due_dead_letters() == 0, "too early"
    DeadLetter.objects.update(created_at=timezone.now() - timedelta(seconds=relay.FIRST_LATER_SECONDS + 1))
    assert relay.retry_due_dead_letters() == 1
    DeadLetter.objects.update(resolved_at=None, tries=relay.MAX_TRIES + relay.LATER_TRIES)
    assert relay.retry_due_dead_letters() == 0, "now only a person tries it again"


def test_a_letter_without_a_handler_stays_for_the_operator(subscribe: Any) -> None:
    letter = DeadLetter.objects.create(consumer="gone", position=1, topic="x", subject=uuid7(), error="")
    assert relay.retry_dead_letter(letter) is False
    assert DeadLetter.objects.get().resolved_at is None


def test_a_slow_statement_of_one_handler_does_not_hold_up_the_consumer(subscribe: Any) -> None:
    """A timeout is an OperationalError like a lost connection, and only the lost connection stops the batch."""
    seen: list[int] = []

    def handler(event: Delivered) -> None:
        if event.payload["number"] == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 20")
                cursor.execute("SELECT pg_sleep(1)")
        seen.append(event.payload["number"])

    subscribe(handler)
    tell(1)
    tell(2)
    relay.run_once()
    assert seen == [2]
    assert DeadLetter.objects.get().error.startswith("OperationalError")


def test_a_lost_connection_stops_the_batch_and_nothing_is_set_aside(subscribe: Any) -> None:
    seen: list[int] = []
    dropped = False

    def handler(event: Delivered) -> None:
        nonlocal dropped
        if event.payload["number"] == 2 and not dropped:
            dropped = True
            own = connection.settings_dict
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            with psycopg.connect(dbname=own["NAME"], user=own["USER"], host=own["HOST"]) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            ConsumerCursor.objects.count()
        seen.append(event.payload["number"])

    subscribe(handler)
    for number in (1, 2, 3):
        tell(number)
    with pytest.raises(OperationalError):
        relay.run_once()
    connection.close()
    assert not DeadLetter.objects.exists()
    relay.run_once()
    assert seen == [1, 1, 2, 3]


def test_a_reader_that_nothing_concerns_is_moved_on_and_hears_of_what_does(subscribe: Any) -> None:
    """Its cursor follows the head, or old events could never be deleted; and nothing of its own is skipped."""

    seen: list[int] = []
    subscribe(lambda event: seen.append(event.payload["number"]))
    passed: dict[str, int] = {}
    never = threading.Event()
    tell(1)
    relay._turn(passed, never)
    with system_transaction():
        publish(Nothing(subject=uuid7()), actor=SYSTEM)
    with CaptureQueriesContext(connection) as quiet:
        relay._turn(passed, never)
    cursor = ConsumerCursor.objects.get(consumer="test.reader")
    assert (seen, cursor.position, passed) == ([1], 2, {"test.reader": 2})
    assert not any("FOR UPDATE" in query["sql"] for query in quiet), "no delivery was begun for it"
    with system_transaction():
        publish(Nothing(subject=uuid7()), actor=SYSTEM)
    tell(3)
    relay._turn(passed, never)
    assert seen == [1, 3] and passed == {"test.reader": 4}


def test_a_cursor_that_was_set_back_is_not_skipped_over(subscribe: Any) -> None:
    """To have events handed over again, an operator sets a reader's cursor back."""
    seen: list[int] = []
    subscribe(lambda event: seen.append(event.payload["number"]))
    passed: dict[str, int] = {}
    never = threading.Event()
    tell(1)
    relay._turn(passed, never)
    ConsumerCursor.objects.filter(consumer="test.reader").update(position=0)
    with system_transaction():
        publish(Nothing(subject=uuid7()), actor=SYSTEM)
    relay._turn(passed, never)
    assert seen == [1, 1]


def test_a_reader_whom_nobody_waits_for_passes_over_and_a_question_that_fails_is_a_yes(subscribe: Any) -> None:
    seen: list[int] = []
    consumer = subscribe(lambda event: seen.append(event.payload["number"]))
    consumer.wanted = lambda: False
    tell(1)
    relay.run_once()
    consumer.wanted = lambda: 1 / 0  # type: ignore[return-value]
    tell(2)
    relay.run_once()
    consumer.wanted = lambda: True
    tell(3)
    relay.run_once()
    assert seen == [2, 3]


def test_two_relays_take_turns(subscribe: Any) -> None:
    lock = threading.Lock()
    seen: list[int] = []

    def handler(event: Delivered) -> None:
        with lock:
            seen.append(event.position)

    subscribe(handler)
    stop = threading.Event()
    relays = [threading.Thread(target=relay.run, args=(stop,)) for _ in range(2)]
    for each in relays:
        each.start()
    for number in range(40):
        tell(number)
    deadline = time.monotonic() + 15
    while len(seen) < 40 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for each in relays:
        each.join(10)
    assert seen == list(range(1, 41)), "each position once, in order, whoever delivers"


def test_a_new_consumer_begins_with_what_is_kept(subscribe: Any) -> None:
    tell(1)
    relay.run_once()
    seen: list[int] = []
    subscribe(lambda event: seen.append(event.payload["number"]), "test.later")
    relay.run_once()
    assert seen == [1]


def test_a_consumer_has_one_handler_for_a_topic(subscribe: Any) -> None:
    subscribe(lambda event: None)
    with pytest.raises(ValueError, match="two handlers"):
        subscribe(lambda event: None)


class TestForgetting:
    def age(self, days: float, *numbers: int) -> None:
        OutboxEvent.objects.filter(payload__number__in=numbers).update(created_at=timezone.now() - timedelta(days=days))

    def positions(self) -> list[int]:
        return list(OutboxEvent.objects.order_by("position").values_list("position", flat=True))

    def test_old_events_go_when_every_reader_has_passed(self, subscribe: Any) -> None:
        subscribe(lambda event: None)
        for number in range(1, 5):
            tell(number)
        relay.run_once()
        self.age(8, 1, 2, 3)
        ConsumerCursor.objects.create(consumer="search", node="other machine", position=2)
        assert relay.forget_old_events() == 2, "the index of the other machine has yet to see the third"
        assert self.positions() == [3, 4]
        ConsumerCursor.objects.filter(consumer="search").update(position=4)
        assert relay.forget_old_events() == 1
        assert self.positions() == [4]
        tell(5)
        relay.run_once()
        assert self.positions() == [4, 5], "numbers go on after old events are gone"

    def test_what_is_left_has_no_gap(self, subscribe: Any) -> None:
        """A slow commit has an old time and a new position: it must not go before those with lower positions."""
        subscribe(lambda event: None)
        for number in (1, 2, 3):
            tell(number)
        relay.run_once()
        self.age(8, 1, 3)
        assert relay.forget_old_events() == 1
        assert self.positions() == [2, 3]

    def test_without_any_reader_nothing_goes(self, subscribe: Any) -> None:
        tell(1)
        relay.number_committed_events()
        self.age(8, 1)
        assert relay.forget_old_events() == 0

    def test_a_reader_that_is_gone_for_a_month_holds_nothing_back(self, subscribe: Any) -> None:
        subscribe(lambda event: None)
        tell(1)
        relay.run_once()
        self.age(40, 1)
        gone = ConsumerCursor.objects.create(consumer="search", node="old machine", position=0)
        assert relay.forget_old_events() == 0
        ConsumerCursor.objects.filter(id=gone.id).update(
            updated_at=timezone.now() - relay.ABANDONED - timedelta(days=1)
        )
        assert relay.forget_old_events() == 1

    def test_an_event_without_a_position_never_goes(self, subscribe: Any) -> None:
        subscribe(lambda event: None)
        tell(1)
        relay.run_once()
        tell(2)
        self.age(8, 1, 2)
        assert relay.forget_old_events() == 1
        assert OutboxEvent.objects.get().position is None


def test_an_idle_relay_stops_at_once_and_asks_little(subscribe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        subscribe(lambda event: None, f"test.reader{n}")
    delivered: list[str] = []
    original = relay._deliver
    monkeypatch.setattr(relay, "_deliver", lambda consumer, limit: delivered.append(consumer.name) or original(consumer, limit))
    stop = threading.Event()
    running = threading.Thread(target=relay.run, args=(stop,))
    running.start()
    time.sleep(1)
    began = time.monotonic()
    stop.set()
    running.join(5)
    assert not running.is_alive() and time.monotonic() - began < 1
    assert len(delivered) == 20, "each consumer is asked once, not twenty times a second"
