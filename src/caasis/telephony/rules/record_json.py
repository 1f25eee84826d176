"""A call's record as JSON values, and back: what is stored equals what the log gives."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from caasis.telephony.rules.call_record import CallRecord

_RECORD: TypeAdapter[CallRecord] = TypeAdapter(CallRecord)


def to_json(record: CallRecord) -> dict[str, Any]:
    """The record as JSON values; moments are ISO 8601 with their offset."""
    dumped: dict[str, Any] = _RECORD.dump_python(record, mode="json")
    return dumped


def from_json(data: Any) -> CallRecord:
    """The record that `to_json` gave. Raises pydantic.ValidationError for anything else."""
    return _RECORD.validate_python(data)
