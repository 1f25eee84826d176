"""Rows that are inserted together stand in the database as the ORM would have written them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from django.test.utils import CaptureQueriesContext, isolate_apps

from caasis.cases.models import Case, CaseEntry, Contract, Party
from caasis.cases.vocabulary import Entry, State
from caasis.kernel.ids import uuid7
from caasis.people.models import Person
from caasis.platform.inserting import insert_together, new_row
from caasis.platform.transactions import actor_transaction
from caasis.privacy.keys import new_record_key

pytestmark = pytest.mark.django_db

TEXTS = (
    "",
    "「かぎ」と\"引用符\"と'一重'",
    "円記号 \\ と \\u0041 と \\n",
    "一行目\r\n二行目\t",
    "𠮷野家 葛󠄀 👨‍👩‍👧 ½",
    "{not: json} [1, 2] NULL %s %(x)s",
)


def _case(town: Any, key: str, **values: Any) -> Case:
    at = datetime(2026, 4, 1, 0, 0, 0, 123456, tzinfo=UTC)
    record_key, _ = new_record_key(town.centre_a.id)
    insert_together([record_key])
    return Case(
        record_key_id=record_key.id,
        receipt_number=key,
        owning_centre_id=town.centre_a.id,
        handling_centre_id=town.centre_a.id,
        received_at=at,
        received_on=date(2026, 4, 1),
        fiscal_year=2026,
        touched_at=at,
        **values,
    )


@pytest.mark.parametrize("text", TEXTS)
def test_every_column_reads_like_the_orms(town: Any, text: str) -> None:
    parts: dict[str, Any] = {
        "product_text": text,
        "keywords": [text, "二つ目"],
        "contracted_on": date(2026, 3, 2),
        "amount": 1_480_000,
        "document_faulty": None,
    }
    with actor_transaction(town.counsellor):
        mine = _case(town, "A-1", title=text[:40], summary=text, state=State.ADVISING)
        theirs = _case(town, "A-2", title=text[:40], summary=text, state=State.ADVISING)
        line = CaseEntry(id=uuid7(), case=mine, at=mine.received_at, kind=Entry.OPENED, data={"text": text, "n": [1, None, True]})
        own = Contract(case=mine, position=1, **parts)
        insert_together([mine], [Party(case=mine, position=1, roles=["consumer"])], [own], [line])
        theirs.save(force_insert=True)
        other = Contract(case=theirs, position=1, **parts)
        other.save(force_insert=True)

        assert mine._state.adding is False
        for written, by_orm in ((mine, theirs), (own, other)):
            a, b = type(written).objects.get(pk=written.pk), type(by_orm).objects.get(pk=by_orm.pk)
            for field in a._meta.concrete_fields:
                if field.name in ("id", "case", "receipt_number", "created_at", "updated_at", "record_key_id"):
                    continue
                assert getattr(a, field.attname) == getattr(b, field.attname), field.name
            assert a.created_at is not None
        assert CaseEntry.objects.get(pk=line.pk).data == {"text": text, "n": [1, None, True]}
        # One save with the optimistic lock works on a row that came in this way.
        mine.title = "題"
        mine.save()


def test_more_rows_than_one_statement_takes(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caasis.platform.inserting.ROWS_AT_ONCE", 7)
    with actor_transaction(town.counsellor):
        insert_together([_case(town, f"B-{number}") for number in range(20)], [])
        assert Case.objects.filter(receipt_number__startswith="B-").count() == 20


def test_one_row_that_cannot_be_written_leaves_none(town: Any) -> None:
    with actor_transaction(town.counsellor):
        with pytest.raises(IntegrityError), transaction.atomic():
            first, second = _case(town, "C-1"), _case(town, "C-1")
            insert_together([first, second], [Party(case=first, position=1, roles=[])])
        assert not Case.objects.filter(receipt_number="C-1").exists(), "and the transaction goes on"


def test_row_level_security_holds(town: Any) -> None:
    """Another centre's counsellor can't slip a case in."""
    with actor_transaction(town.counsellor):
        case = _case(town, "D-1")
    with actor_transaction(town.outsider), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        insert_together([case])


@isolate_apps("caasis.platform")
def test_a_field_it_does_not_know_is_refused() -> None:
    class Odd(models.Model):
        share = models.FloatField()

        class Meta:
            app_label = "platform"
            managed = False

    with pytest.raises(TypeError, match="share"):
        insert_together([Odd(share=0.5)])


def test_nothing_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_together([], [])
    assert len(queries) == 0


@pytest.mark.parametrize("model", [Case, CaseEntry, Contract, Party, Person])
def test_a_new_row_starts_like_a_constructed_one(model: type[models.Model]) -> None:
    made, constructed = new_row(model), model()
    own = {field.attname for field in model._meta.concrete_fields if field.default is uuid7}
    for field in model._meta.concrete_fields:
        if field.attname not in own:
            assert getattr(made, field.attname) == getattr(constructed, field.attname), field.attname
    assert made._state.adding and made._state.db is None and not made.get_deferred_fields()


def test_two_new_rows_share_neither_key_nor_list() -> None:
    first, second = new_row(Party), new_row(Party)
    first.roles.append("consumer")
    assert first.id != second.id and second.roles == []


def test_a_new_row_knows_its_relation_by_object_and_by_key(town: Any) -> None:
    with actor_transaction(town.counsellor):
        case = _case(town, "N-1")
    line = new_row(CaseEntry, case=case, kind=Entry.OPENED.value)
    assert line.case is case and line.case_id == case.id
    assert new_row(CaseEntry, case_id=case.id).case_id == case.id
    assert new_row(Party, person=None).person_id is None


def test_a_new_row_refuses_a_name_that_is_no_field() -> None:
    with pytest.raises(TypeError, match="no field tilte"):
        new_row(Case, tilte="x")
