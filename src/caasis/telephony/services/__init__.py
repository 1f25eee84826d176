"""What people do with the telephone: numbers, flows, stations, requests to the switchboard, recordings, exports."""

from caasis.telephony.services.asking import ask
from caasis.telephony.services.exporting import export_calls
from caasis.telephony.services.flows import (
    add_flow,
    findings_of,
    message_faults,
    problems_of,
    publish_version,
    save_draft,
    set_message,
)
from caasis.telephony.services.numbers import save_number, set_station
from caasis.telephony.services.recordings import set_legal_hold

__all__ = [
    "add_flow",
    "ask",
    "export_calls",
    "findings_of",
    "message_faults",
    "problems_of",
    "publish_version",
    "save_draft",
    "save_number",
    "set_legal_hold",
    "set_message",
    "set_station",
]
