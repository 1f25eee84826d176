"""The switchboard: reads what the engine tells, decides, writes it down, and tells the engine what to do."""

from caasis.telephony.switchboard.loop import Switchboard

__all__ = ["Switchboard"]
