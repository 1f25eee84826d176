"""No personal data in the clear: every table by value, every file, every log line, after a whole consultation."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone

from caasis.cases.services.drafting import save_draft
from caasis.cases.services.handling import take_contact
from caasis.cases.services.noting import add_note
from caasis.cases.services.saving import save_card
from caasis.channels.services.answers import write_answer
from caasis.channels.services.drafts import Upload, start_draft
from caasis.channels.services.drafts import save_draft as save_form
from caasis.channels.services.intake import submit
from caasis.kernel.clock import day_in_japan
from caasis.platform.outbox.relay import run_once
from caasis.platform.transactions import system_transaction
from caasis.privacy.services import read_sealed

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

#: Words that stand nowhere else in the town, so that finding one means that it leaked.
NAME, KANA = "鵯越 曙光", "ひよどりごえ しょこう"
PHONE, MAIL = "090-5821-7745", "hiyodori.shokou@example.jp"
ADDRESS = "国分町3-7-1 曙ハイツ903"
STORY = "孫の曙太郎にも内緒にしている。"
ANSWER, NOTE, TYPED = "鵯越様、まず書面を出しましょう。", "曙さんの姪から電話。", "下書き中の曙光さん"
NEEDLES = [
    "鵯越", "曙光", "曙太郎", "曙さん", "曙ハイツ", "ひよどりごえ", "ヒヨドリゴエ", "しょこう",
    "58217745", "5821-7745", "5821 7745", "hiyodori", "国分町3",
]  # fmt: skip


@pytest.fixture
def answers() -> dict[str, Any]:
    day = (day_in_japan(timezone.now()) - timedelta(days=2)).isoformat()
    return {
        "topic": "cancel", "injury": "no", "money_moving": "soon", "who": "self", "story": STORY, "wish": "やめたい",
        "how": "visit", "product": "給湯器", "business": "あおぞら設備", "contracted_on": day, "document": "yes",
        "document_on": day, "exceptions": ["none"], "amount": 480000, "paid": "none", "name": NAME, "age": 72,
        "postcode": "9800811", "reply_by": "phone", "phone": PHONE,
    }  # fmt: skip


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Every line as the product's own formatter writes it."""
    from caasis.platform.logs import JsonFormatter

    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonFormatter().format(record))

    handler = Keep(level=logging.DEBUG)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)


def forms_of(needle: str) -> list[str]:
    """A word as it may stand in a table's text: plain, as hexadecimal bytes, and escaped in JSON."""
    escaped = json.dumps(needle)[1:-1]
    forms = [needle, needle.encode().hex(), needle.encode("utf-16-le").hex(), needle.encode("cp932", "replace").hex()]
    return forms if escaped == needle else [*forms, escaped, escaped.replace("\\", "\\\\"), escaped.encode().hex()]


def tables() -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
        return [row[0] for row in cursor.fetchall()]


def leaks() -> list[tuple[str, str]]:
    found = []
    forms = {form: needle for needle in NEEDLES for form in forms_of(needle)}
    with connections["owner"].cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = "\n".join(row[0] for row in cursor.fetchall())
            found += [(table, needle) for form, needle in forms.items() if form in text]
    return found


def test_the_search_by_value_finds_a_leak_in_every_kind_of_column(town: Any) -> None:
    """A search that can't find anything would prove nothing."""
    with system_transaction():
        town.users["counsellor"].first_name = NAME
        town.users["counsellor"].save()
        Session.objects.create(session_key="a" * 32, session_data=KANA, expire_date=timezone.now())
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_outbox (id, topic, subject, payload, created_at)"
            " VALUES (gen_random_uuid(), 'x', gen_random_uuid(), %s, now())",
            [json.dumps({"phone": PHONE, "story": STORY})],
        )
        cursor.execute(
            "INSERT INTO privacy_record_key (id, wrapped, version) VALUES (gen_random_uuid(), %s, 1)",
            [ADDRESS.encode()],
        )
    assert {table for table, _ in leaks()} == {
        "accounts_user", "django_session", "platform_outbox", "privacy_record_key",
    }  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM privacy_record_key")


def test_a_whole_consultation_leaves_nothing_readable(
    own_home: Path, town: Any, answers: dict[str, Any], log_lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    _, code = start_draft(answers={**answers, "topic": "cancel"}, step=2)
    save_form(code=code, answers=answers, step=4)
    upload = Upload(name="鵯越の契約書.txt", content=f"{NAME} {PHONE}".encode())
    receipt = submit(idempotency_key="one", answers=answers, files=[upload], centre=town.centre_a)
    counsellor = town.counsellor
    case = take_contact(actor=counsellor, contact_id=receipt.contact_id)
    case = save_card(
        actor=counsellor,
        case_id=case.id,
        version=case.version,
        changes={"consumer_name": NAME, "consumer_kana": KANA, "consumer_phone": PHONE, "consumer_address": ADDRESS},
    ).case
    case = save_card(actor=counsellor, case_id=case.id, version=case.version, changes={"consumer_mail": MAIL}).case
    save_draft(actor=counsellor, case_id=case.id, base_version=case.version, body=json.dumps({"x": TYPED}), sequence=1)
    add_note(actor=counsellor, case_id=case.id, text=NOTE)
    write_answer(actor=counsellor, contact_id=receipt.contact_id, text=ANSWER)
    run_once()

    with system_transaction():
        from caasis.channels.models import Message

        bodies = [read_sealed(message, "body")["body"] for message in Message.objects.all()]
    assert any(STORY in body for body in bodies) and ANSWER in bodies, "it is there, only not readable"
    assert leaks() == []
    for path in own_home.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not [needle for needle in NEEDLES if needle.encode() in raw], path.name
    lines = "\n".join([*log_lines, *capfd.readouterr()])
    assert not [needle for needle in NEEDLES if needle in lines]


def test_an_exception_that_quotes_a_person_leaves_no_words_in_the_log(log_lines: list[str]) -> None:
    try:
        raise ValueError(f"{NAME} {PHONE}")
    except ValueError:
        logging.getLogger("caasis.test").exception("it failed")
    logging.getLogger("some.library").warning("can't parse %s", NAME)
    lines = "\n".join(log_lines)
    assert "ValueError" in lines and "can't parse" in lines
    assert not [needle for needle in NEEDLES if needle in lines]
