"""Tables of the telephone: numbers and flows; calls, who is in them and what happened; what goes to and from the desk."""

from caasis.telephony.models.alarms import Alarm, AlarmLimit
from caasis.telephony.models.calls import Call, CallStep, Participant, Recording
from caasis.telephony.models.lines import Flow, FlowVersion, MessageSwitch, Number
from caasis.telephony.models.work import Cursor, DeskRequest, Order, Station, Timer

__all__ = [
    "Alarm",
    "AlarmLimit",
    "Call",
    "CallStep",
    "Cursor",
    "DeskRequest",
    "Flow",
    "FlowVersion",
    "MessageSwitch",
    "Number",
    "Order",
    "Participant",
    "Recording",
    "Station",
    "Timer",
]
