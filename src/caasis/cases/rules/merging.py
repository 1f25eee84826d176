"""統合: which two cases may become one, what can be chosen, and what an unmerge puts back. Pure.

The rules, in the order in which they are asked:

1. Two different cases of one centre, both owned and handled there. Another centre's case is never merged: 移送 is the way.
2. A case that was merged already, or handed over, is neither side: the sentence names where it went.
3. A case that others were merged into can only be the one that goes on, so that a family is never deeper than one step
   and no ring can arise.
4. While somebody decides on one of them (決裁待ち, 決裁済), neither changes.
5. What was registered once counts, and goes on: it can't be merged away, whether or not it was reopened. Two that were
   registered can't be merged; NCAC's 補正 is the way.
6. While a case is referred to another centre, it can't be merged away: its sharing ends first.
7. Into a registered case nothing is chosen: its card stays as it was approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caasis.cases.vocabulary import EDITABLE, State


@dataclass(frozen=True, slots=True)
class Side:
    """What the rules must know of one of the two cases."""

    id: str
    receipt_number: str
    state: State
    inside: bool
    merged_into: str = ""
    has_merged: bool = False
    registered_before: bool = False
    referred: bool = False


def why_not(survivor: Side, merged: Side) -> str:
    """Why these two can't be merged so, in one sentence; empty when they can."""
    if survivor.id == merged.id:
        return "同じ相談です。統合する別の相談を選んでください。"
    if not (survivor.inside and merged.inside):
        return "ほかのセンターの相談とは統合できません。移送を使ってください。"
    for side in (merged, survivor):
        if side.merged_into:
            return f"{side.receipt_number}は統合ずみです。{side.merged_into}を選んでください。"
        if side.state is State.TRANSFERRED:
            return f"{side.receipt_number}は移送ずみです。統合できません。"
    if merged.has_merged:
        return "統合先になっている相談です。そちらを残してください。"
    for side in (merged, survivor):
        if side.state in (State.WAITING_APPROVAL, State.APPROVED):
            return "決裁待ちの相談は統合できません。取り下げるか、決裁を待ってください。"
    if merged.registered_before and survivor.registered_before:
        return "登録した相談どうしは統合できません。国の補正に頼んでください。"
    if merged.registered_before:
        return "一度登録した相談は消せません。そちらを残す側にしてください。"
    if merged.referred:
        return "ほかのセンターと共有中です。共有を終えてから統合してください。"
    return ""


def may_choose(survivor: Side) -> bool:
    """Whether values of the merged case may be taken over into the survivor's card."""
    return survivor.state in EDITABLE


Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]


def differences(before: Rows, after: Rows) -> dict[str, Any]:
    """What changed between two pictures `{table: {row id: {column: value}}}`.

    :returns: `changed` {table: {id: {column: [before, after]}}}, `created` and `deleted` {table: {id: row}}.
    """
    changed: dict[str, Any] = {}
    created: dict[str, Any] = {}
    deleted: dict[str, Any] = {}
    for table in sorted({*before, *after}):
        old, new = before.get(table, {}), after.get(table, {})
        for row_id in old.keys() - new.keys():
            deleted.setdefault(table, {})[row_id] = dict(old[row_id])
        for row_id in new.keys() - old.keys():
            created.setdefault(table, {})[row_id] = dict(new[row_id])
        for row_id in old.keys() & new.keys():
            columns = {
                name: [old[row_id][name], value] for name, value in new[row_id].items() if old[row_id].get(name) != value
            }
            if columns:
                changed.setdefault(table, {})[row_id] = columns
    return {"changed": changed, "created": created, "deleted": deleted}


def to_put_back(changes: Mapping[str, Any], now: Rows) -> dict[str, Any]:
    """What an unmerge restores: every value that still is as the merge left it. What a person changed since stays.

    :returns: `set` {table: {id: {column: value}}}, `delete` {table: [ids]}, `insert` {table: {id: row}}.
    """
    put: dict[str, Any] = {"set": {}, "delete": {}, "insert": {}}
    for table, rows in changes.get("changed", {}).items():
        for row_id, columns in rows.items():
            current = now.get(table, {}).get(row_id)
            if current is None:
                continue
            values = {name: pair[0] for name, pair in columns.items() if current.get(name) == pair[1]}
            if values:
                put["set"].setdefault(table, {})[row_id] = values
    for table, rows in changes.get("created", {}).items():
        for row_id, row in rows.items():
            if now.get(table, {}).get(row_id) == row:
                put["delete"].setdefault(table, []).append(row_id)
    for table, rows in changes.get("deleted", {}).items():
        for row_id, row in rows.items():
            if row_id not in now.get(table, {}):
                put["insert"].setdefault(table, {})[row_id] = row
    return put
