"""Slots of a centre and the calendar file, on plain objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from caasis.appointments.rules.calendar_file import Entry, calendar_file
from caasis.appointments.rules.slots import Capacity, free_slots, nearest

NOW = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)
OPENS = datetime(2026, 4, 8, 0, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)


def starts(slots):
    return [slot.starts_at for slot in slots]


def test_a_rest_shorter_than_a_slot_is_not_offered():
    slots = free_slots([(OPENS, OPENS + timedelta(minutes=80))], Capacity(), (), NOW)
    assert starts(slots) == [OPENS, OPENS + HALF]


def test_a_full_slot_is_not_offered_and_the_lowest_free_seat_is():
    span, two = [(OPENS, OPENS + HALF * 2)], Capacity(seats=2)
    slots = free_slots(span, two, [(OPENS, OPENS + HALF, 0), (OPENS, OPENS + HALF, 1), (OPENS + HALF, OPENS + HALF * 2, 0)], NOW)
    assert [(slot.starts_at, slot.seat) for slot in slots] == [(OPENS + HALF, 1)]


def test_slots_inside_the_lead_time_or_too_far_ahead_are_not_offered():
    spans = [(NOW + timedelta(days=n), NOW + timedelta(days=n) + HALF) for n in (0, 1, 14, 15)]
    assert starts(free_slots(spans, Capacity(), (), NOW)) == [NOW + timedelta(days=1), NOW + timedelta(days=14)]


def test_the_nearest_slots_come_in_order_of_time():
    slots = free_slots([(OPENS, OPENS + HALF * 6)], Capacity(), [(OPENS + HALF * 3, OPENS + HALF * 4, 0)], NOW)
    assert starts(nearest(slots, OPENS + HALF * 3)) == [OPENS + HALF * n for n in (1, 2, 4)]


def test_a_capacity_without_length_or_seat_is_refused():
    for wrong in ({"length": timedelta(0)}, {"seats": 0}):
        with pytest.raises(ValueError):
            Capacity(**wrong)


def entry(**changes):
    japan = timezone(timedelta(hours=9))
    start = datetime(2026, 4, 8, 10, 0, tzinfo=japan)
    told = {"uid": "b1@example.jp", "sequence": 0, "starts_at": start, "ends_at": start + HALF, "written_at": NOW}
    return Entry(**{**told, "title": "相談の予約", **changes})


def test_times_are_utc_and_every_line_ends_with_crlf():
    text = calendar_file(entry())
    assert "DTSTART:20260408T010000Z\r\nDTEND:20260408T013000Z\r\n" in text
    assert text.endswith("END:VCALENDAR\r\n") and "\n" not in text.replace("\r\n", "")


def test_long_japanese_lines_are_folded_at_75_octets_without_loss():
    note = "契約書と身分証をお持ちください。" * 20
    text = calendar_file(entry(note=note))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert f"DESCRIPTION:{note}\r\n" in text.replace("\r\n ", "")


def test_signs_with_a_meaning_are_escaped():
    text = calendar_file(entry(place="a,b;c\\d\r\nBEGIN:VEVENT"))
    assert "LOCATION:a\\,b\\;c\\\\d\\nBEGIN:VEVENT\r\n" in text
    assert text.split("\r\n").count("BEGIN:VEVENT") == 1


def test_a_cancelled_appointment_says_so_under_the_same_uid():
    text = calendar_file(entry(sequence=2, cancelled=True))
    for line in ("METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", "UID:b1@example.jp"):
        assert f"{line}\r\n" in text
