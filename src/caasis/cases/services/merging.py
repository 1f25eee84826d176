"""統合 and taking it apart again, with nothing lost. The rules of who may become one stand in `rules/merging.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone

from caasis.cases.events import CaseMerged, CaseUnmerged
from caasis.cases.models import Case, CaseBusiness, CaseMerge, Contract, Harm, Party, Referral
from caasis.cases.rules.fields import BY_NAME, CASE_NAMES, SEALED_NAMES
from caasis.cases.rules.merging import Side, differences, may_choose, to_put_back, why_not
from caasis.cases.rules.referring import RUNNING
from caasis.cases.selectors import consumer_of, get_case, is_insider, read_card, with_parts
from caasis.cases.services.guards import WORKERS, log
from caasis.cases.services.opening import clean_or_raise
from caasis.cases.services.rows import entry
from caasis.cases.services.saving import apply_card
from caasis.cases.services.tasking import show_next_task
from caasis.cases.vocabulary import Entry, State
from caasis.kernel.actor import Actor
from caasis.kernel.errors import Invalid, NotAllowed, WrongState
from caasis.platform.outbox.publish import publish
from caasis.platform.transactions import actor_transaction

#: Texts where both may be kept, one below the other.
JOINABLE = ("summary", "handling")
#: The consumer's name and contact points are taken over as a whole: the person's row, never a copy of sealed values.
PERSON = "consumer_person"
_TABLES: dict[str, type[Model]] = {
    "case": Case, "party": Party, "contract": Contract, "business": CaseBusiness, "harm": Harm,
}  # fmt: skip
#: A lock only goes forward: a page that was open meanwhile must notice.
_KEPT = ("version",)


def merge_cases(*, actor: Actor, survivor_id: UUID, merged_id: UUID, choices: Mapping[str, str] | None = None) -> CaseMerge:
    """Merge `merged` into `survivor`. Its rows stay, it leaves the lists, and it is read through the survivor.

    `choices` maps a card field to `merged` (take its value) or `both` (texts, one below the other); everything else stays
    as the survivor has it. `consumer_person` takes the consumer's name and contact points over.

    :raises WrongState: the rules forbid it; the sentence says why. :raises NotFound: one of them is hidden or absent.
    """
    choices = choices or {}
    with actor_transaction(actor):
        survivor, merged = _locked_pair(actor, survivor_id, merged_id)
        sides = side_of(survivor, actor), side_of(merged, actor)
        if problem := why_not(*sides):
            raise WrongState(problem)
        wanted = {name: how for name, how in choices.items() if how in ("merged", "both")}
        if wanted and not may_choose(sides[0]):
            raise WrongState("登録ずみのカードは変わりません。選ばずに統合してください。")
        at = timezone.now()
        before, picture = _frozen(merged), _picture(survivor)
        _take_values(survivor, merged, wanted, actor=actor)
        survivor = with_parts(Case.objects.filter(id=survivor.id)).get()
        merged.merged_into = survivor
        merged.state = State.MERGED.value
        merged.version += 1
        merged.save(update_fields=["merged_into", "state", "version", "updated_at"])
        show_next_task(survivor)
        survivor.version += 1
        survivor.touched_at = at
        survivor.save(update_fields=["version", "touched_at", "updated_at"])
        done = CaseMerge.objects.create(
            survivor=survivor,
            merged=merged,
            centre_id=survivor.handling_centre_id,
            before=before,
            changes=differences(picture, _picture(survivor)),
            chosen=sorted(wanted),
            merged_by=actor.id,
            merged_at=at,
        )
        _tell(done, Entry.MERGED, actor=actor)
        log(survivor, "merge_cases", actor=actor, fields=tuple(sorted(wanted)))
        log(merged, "merge_cases", actor=actor)
        publish(CaseMerged(subject=merged.id, centre_id=merged.handling_centre_id, into=survivor.id), actor=actor)
        return done


def unmerge_case(*, actor: Actor, merged_id: UUID) -> CaseMerge:
    """Take a merge apart: the merged case is as it was, and so is the survivor but for what people changed since.

    :raises WrongState: it isn't merged (any more), or the survivor is being decided on or registered.
    """
    with actor_transaction(actor):
        merged = get_case(actor=actor, case_id=merged_id)
        if merged.merged_into_id is None:
            raise WrongState("この相談は統合されていません。画面を開き直してください。")
        survivor, merged = _locked_pair(actor, merged.merged_into_id, merged_id)
        done = CaseMerge.objects.select_for_update().filter(merged=merged, undone_at=None).first()
        if done is None or merged.merged_into_id != survivor.id:
            raise WrongState("この相談は統合されていません。画面を開き直してください。")
        state = State(survivor.state)
        if state in (State.WAITING_APPROVAL, State.APPROVED):
            raise WrongState("統合先が決裁待ちです。取り下げるか、決裁を待ってください。")
        if done.chosen and state is State.REGISTERED:
            raise WrongState("統合先が登録ずみです。再開してから取り消してください。")
        merged.merged_into = None
        merged.state = done.before["state"]
        merged.version += 1
        merged.save(update_fields=["merged_into", "state", "version"])
        Case.objects.filter(id=merged.id).update(updated_at=done.before["updated_at"])
        _put_back(survivor, done.changes)
        survivor.refresh_from_db()
        survivor.version += 1
        survivor.save(update_fields=["version"])
        show_next_task(survivor)
        done.undone_by, done.undone_at = actor.id, timezone.now()
        done.save(update_fields=["undone_by", "undone_at", "updated_at"])
        _tell(done, Entry.UNMERGED, actor=actor)
        log(survivor, "unmerge_case", actor=actor)
        log(merged, "unmerge_case", actor=actor)
        publish(CaseUnmerged(subject=merged.id, centre_id=merged.handling_centre_id, of=survivor.id), actor=actor)
        return done


def side_of(case: Case, actor: Actor) -> Side:
    """What the rules ask of a case."""
    return Side(
        id=str(case.id),
        receipt_number=case.receipt_number,
        state=State(case.state),
        inside=case.owning_centre_id == case.handling_centre_id == actor.centre_id,
        merged_into=case.merged_into.receipt_number if case.merged_into else "",
        has_merged=case.merged.exists(),
        registered_before=case.registered_at is not None,
        referred=Referral.objects.filter(case=case, state__in=[state.value for state in RUNNING]).exists(),
    )


def _locked_pair(actor: Actor, survivor_id: UUID, merged_id: UUID) -> tuple[Case, Case]:
    """Both cases, locked in the order of their ids, so that two people who merge crosswise don't wait for ever."""
    for case_id in sorted({survivor_id, merged_id}):
        case = get_case(actor=actor, case_id=case_id, for_update=True)
        if is_insider(case, actor) and not actor.has(*WORKERS):
            raise NotAllowed
    rows = {case.id: case for case in with_parts(Case.objects.filter(id__in=(survivor_id, merged_id)))}
    return rows[survivor_id], rows[merged_id]


def choosable(survivor: Case) -> list[str]:
    """Fields whose value may come from the merged case. Sealed ones go as a whole person; a trader that somebody
    confirmed stays, because its other names hang on the confirmation."""
    confirmed = any(row.business_id for row in survivor.businesses.all())
    return [
        name
        for name, field in BY_NAME.items()
        if name not in SEALED_NAMES and not (confirmed and field.owner == "business") and name not in ("channel", "route")
    ]


def _take_values(survivor: Case, merged: Case, wanted: Mapping[str, str], *, actor: Actor) -> None:
    mine, other = read_card(survivor), read_card(merged)
    if not set(wanted) <= {PERSON, *choosable(survivor)}:
        raise Invalid("選んだ項目を読めません。画面を開き直してください。")
    changes: dict[str, Any] = {}
    for name, how in wanted.items():
        if name == PERSON:
            continue
        if how == "both" and name in JOINABLE:
            changes[name] = "\n".join(filter(None, (str(mine[name] or ""), str(other[name] or ""))))
        elif how == "merged":
            changes[name] = other[name]
    texts = {name: changes[name] for name in changes if name in CASE_NAMES and isinstance(changes[name], str)}
    clean_or_raise(texts)
    changes = {name: value for name, value in changes.items() if mine[name] != value}
    if changes:
        apply_card(survivor, changes, before=mine, actor=actor, at=timezone.now())
    if PERSON in wanted:
        to, source = consumer_of(survivor), consumer_of(merged)
        if to is not None and source is not None and source.person_id is not None:
            to.person = source.person
            to.save(update_fields=["person", "updated_at"])


def _frozen(case: Case) -> dict[str, Any]:
    return _plain({"state": case.state, "updated_at": case.updated_at})


def _picture(case: Case) -> dict[str, dict[str, dict[str, Any]]]:
    """Every column of the survivor's own rows, those that were taken out included, as JSON has them."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for table, model in _TABLES.items():
        rows = model._base_manager.filter(id=case.pk) if model is Case else model._base_manager.filter(case=case)
        found[table] = {str(row.pk): _row(row) for row in rows}
    return found


def _row(row: Model) -> dict[str, Any]:
    return _plain(
        {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields if column.attname not in ("id",)}
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(values, cls=_Exact))
    return plain


class _Exact(DjangoJSONEncoder):
    """Instants with all their digits: what comes back is equal to what went."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _put_back(survivor: Case, changes: Mapping[str, Any]) -> None:
    put = to_put_back(_without_locks(changes), _picture(survivor))
    for table, ids in put["delete"].items():
        _TABLES[table]._base_manager.filter(id__in=ids).delete()
    for table, rows in put["insert"].items():
        model = _TABLES[table]
        for row_id, values in rows.items():
            model(id=row_id, **_typed(model, values)).save(force_insert=True)
            model._base_manager.filter(id=row_id).update(**_typed(model, values))
    for table, rows in put["set"].items():
        model = _TABLES[table]
        for row_id, values in rows.items():
            model._base_manager.filter(id=row_id).update(**_typed(model, values))


def _without_locks(changes: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in changes.items() if key != "changed"}
    cleaned = {
        table: {
            row_id: {name: pair for name, pair in columns.items() if not (table == "case" and name in _KEPT)}
            for row_id, columns in rows.items()
        }
        for table, rows in changes.get("changed", {}).items()
    }
    return {**kept, "changed": cleaned}


def _typed(model: type[Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as the columns hold them."""
    by_name = {column.attname: column for column in model._meta.concrete_fields}
    return {name: value if value is None else by_name[name].to_python(value) for name, value in values.items()}


def _tell(done: CaseMerge, kind: Entry, *, actor: Actor) -> None:
    at = timezone.now()
    lines: Iterable[tuple[Case, Case]] = ((done.survivor, done.merged), (done.merged, done.survivor))
    for case, other in lines:
        entry(case, kind, actor=actor, at=at, other=other.receipt_number, other_id=str(other.id)).save(force_insert=True)
