"""What people do with the telephone: numbers, flows, stations, requests to the switchboard, recordings, exports."""

from caasis.telephony.services.alarms import acknowledge_alarm, set_alarm_limits, watch_alarms
from caasis.telephony.services.asking import ask
from caasis.telephony.services.exporting import export_calls
from caasis.telephony.services.flows import (
    add_flow,
    add_standard_flow,
    findings_of,
    message_faults,
    problems_of,
    publish_version,
    save_draft,
    set_message,
    undo_draft,
)
from caasis.telephony.services.linking import contact_of_call
from caasis.telephony.services.listening import begin_listening, open_sound
from caasis.telephony.services.numbers import save_number, set_station
from caasis.telephony.services.prompts import record_line
from caasis.telephony.services.recordings import set_legal_hold
from caasis.telephony.services.video import leave_talk, offer_sound, reply_to_consumer

__all__ = [
    "acknowledge_alarm",
    "add_flow",
    "add_standard_flow",
    "ask",
    "begin_listening",
    "contact_of_call",
    "export_calls",
    "findings_of",
    "leave_talk",
    "message_faults",
    "offer_sound",
    "open_sound",
    "problems_of",
    "publish_version",
    "record_line",
    "reply_to_consumer",
    "save_draft",
    "save_number",
    "set_alarm_limits",
    "set_legal_hold",
    "set_message",
    "set_station",
    "undo_draft",
    "watch_alarms",
]
